package invite

import (
	"strings"

	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/text"
	"github.com/stewardhq/steward/internal/user"
)

// Addresses that are opened for one page of a search, and how many rows are read at a time.
const (
	opened = 1000
	batch  = 100
)

// find gives the invitations of a page, and notes on it where the next one begins.
func (in Ask) find(v *op.View, limit int, p *Page) ([]Invitation, error) {
	words, err := text.Words(in.Search)
	if err != nil {
		return nil, err
	}
	at, err := in.openCursor(v)
	if err != nil {
		return nil, err
	}
	if len(words) == 0 {
		rows, err := in.read(v, at, limit+1)
		if len(rows) > limit {
			rows = rows[:limit]
			p.Next = in.sealCursor(v, rows[limit-1].place())
		}
		return rows, err
	}
	s := search{View: v, words: words, names: map[user.ID]string{}}
	var found []Invitation
	for seen := 0; ; {
		rows, err := in.read(v, at, batch)
		if err != nil {
			return nil, err
		}
		for i := range rows {
			fits, err := s.fits(&rows[i])
			if err != nil {
				return nil, err
			}
			if fits && len(found) == limit {
				p.Next = in.sealCursor(v, found[limit-1].place())
				return found, nil
			}
			if fits {
				found = append(found, rows[i])
			}
		}
		if len(rows) < batch {
			return found, nil
		}
		last := rows[batch-1].place()
		at = &last
		if seen += batch; seen >= opened {
			p.Next, p.Searched = in.sealCursor(v, last), last.sent
			return found, nil
		}
	}
}

// read reads the next rows behind a place, last sent first.
func (in Ask) read(v *op.View, behind *place, n int) ([]Invitation, error) {
	c, err := in.conditions(v)
	if err != nil {
		return nil, err
	}
	if behind != nil {
		at := c.arg(behind.sent)
		c.and("(sent_at < " + at + " or sent_at = " + at + " and id < " + c.arg(behind.id) + ")")
	}
	return Table.All(v, c.where()+" order by sent_at desc, id desc limit "+c.arg(n), c.args...)
}

// search looks for words in what the list shows of an invitation.
type search struct {
	*op.View
	words []string
	names map[user.ID]string // of who invited
}

func (s *search) fits(i *Invitation) (bool, error) {
	by, known := s.names[i.Inviter]
	if !known {
		var err error
		if by, err = sender(s.View, i.Inviter); err != nil {
			return false, err
		}
		s.names[i.Inviter] = by
	}
	shown := text.Fold(i.address(s.View) + " " + by)
	for _, w := range s.words {
		if !strings.Contains(shown, w) {
			return false, nil
		}
	}
	return true, nil
}
