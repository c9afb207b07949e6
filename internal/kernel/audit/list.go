package audit

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/store"
)

// Entry is an event as it stands in its chain.
type Entry struct {
	Event
	Hash []byte // 32 bytes; see Hash
}

// Filter says which entries. Empty fields do not restrict, except Chains.
type Filter struct {
	Chains  []string // those the caller may read; none of them: nothing
	Op      string   // one operation ("user.suspend"), or an area with its dot at the end ("user.")
	Outcome Outcome
	Actor   string // id of the user or key, or the name of the system actor
	Person  string // the person who acted, by whatever key or in whoever's name
	Subject string // what it was done to, or the person it tells about
	From    int64  // epoch ms, inclusive
	To      int64  // epoch ms, exclusive; 0 is open
	After   Cursor // the end of the page before
	Limit   int    // entries in a page, 1 to 200 (50)
}

// Cursor is a place in the list: the last entry of a page. It is not secret, but whoever hands it out signs it.
type Cursor struct {
	At    int64  `json:"at"`
	Chain string `json:"chain"`
	N     int64  `json:"n"`
}

// List gives a page of entries, the latest first, and where the next one begins; a zero Cursor is the end. Each walk goes along
// one index, and the walks are merged by time, then chain, then number. Only the entries of the page are decoded.
func List(r store.Reader, f Filter) (page []Entry, next Cursor, err error) {
	limit := 50
	if f.Limit > 0 {
		limit = min(f.Limit, 200)
	}
	walks, err := f.walks(r)
	if err != nil {
		return nil, next, err
	}
	var found []stored
	for _, w := range walks {
		some, err := store.All(r, scanStored, fmt.Sprintf("select e.at, e.chain, e.n, e.body, e.hash from %s order by %s desc limit %d", w.from, w.number, limit+1), w.args...)
		if err != nil {
			return nil, next, fmt.Errorf("list audit entries: %w", err)
		}
		found = append(found, some...)
	}
	slices.SortFunc(found, func(a, b stored) int {
		return -cmp.Or(cmp.Compare(a.at.At, b.at.At), cmp.Compare(a.at.Chain, b.at.Chain), cmp.Compare(a.at.N, b.at.N))
	})
	if len(found) > limit {
		found = found[:limit]
		next = found[limit-1].at
	}
	page = make([]Entry, len(found))
	for i, s := range found {
		if page[i], err = s.entry(); err != nil {
			return nil, Cursor{}, err
		}
	}
	return page, next, nil
}

// Count is the exact number of entries of a filter, over all pages.
func Count(r store.Reader, f Filter) (total int64, err error) {
	f.After = Cursor{}
	walks, err := f.walks(r)
	if err != nil {
		return 0, err
	}
	for _, w := range walks {
		n, err := store.Value[int64](r.QueryRow("select count(*) from "+w.from, w.args...))
		if err != nil {
			return 0, fmt.Errorf("count audit entries: %w", err)
		}
		total += n
	}
	return total, nil
}

// Get finds an entry by its id, in the chains that the caller may read. Elsewhere it is not found.
func Get(r store.Reader, entry string, chains ...string) (*Entry, error) {
	s, err := scanStored(r.QueryRow("select at, chain, n, body, hash from audit_events where id = $1", entry))
	if errors.Is(err, store.ErrNoRows) || err == nil && !slices.Contains(chains, s.at.Chain) {
		return nil, errs.ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("read audit entry: %w", err)
	}
	e, err := s.entry()
	return &e, err
}

// stored is an entry as it is stored, not decoded yet.
type stored struct {
	at   Cursor
	body string
	hash []byte
}

func scanStored(row store.Row) (s stored, err error) {
	return s, row.Scan(&s.at.At, &s.at.Chain, &s.at.N, &s.body, &s.hash)
}

func (s stored) entry() (Entry, error) {
	event, err := Decode([]byte(s.body))
	if err != nil {
		return Entry{}, fmt.Errorf("entry %d of audit chain %s: %w", s.at.N, s.at.Chain, err)
	}
	return Entry{Event: *event, Hash: s.hash}, nil
}
