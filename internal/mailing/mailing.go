// Package mailing is the outbox: mail is written in the transaction that needs it, and sent by a job after it.
//
// A letter is plain data: a subject, sentences, facts, a code or a link. It is sealed for its recipient while it waits and after,
// so that it goes when their key goes, and it is put into words and HTML only when it is sent or shown. Links in it are paths; the
// configured public URL is put before them then, never the host of a request.
package mailing

import (
	"encoding/json"
	"time"

	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/id"
	"github.com/stewardhq/steward/internal/kernel/jobs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/user"
)

// Letter is what a mail says.
type Letter struct {
	Subject string   `json:"subject"`
	Lines   []string `json:"lines"`             // paragraphs
	Facts   []Fact   `json:"facts,omitempty"`   // a small table
	Code    string   `json:"code,omitempty"`    // a code to type, shown large
	Button  string   `json:"button,omitempty"`  // what the link does
	Path    string   `json:"path,omitempty"`    // where it leads, below the public URL
	After   []string `json:"after,omitempty"`   // what stands below code and link
	Expires int64    `json:"expires,omitempty"` // after this it is no use sending; epoch ms, 0 never

	// Bulk is set for what nobody looks out for, such as reminders: whatever somebody waits for overtakes it.
	Bulk bool `json:"-"`

	// About are persons, other than the recipient, whom the letter tells about: it is emptied when one of them is archived.
	About []string `json:"-"`
}

// Fact is a labelled value in a letter.
type Fact struct {
	Label string `json:"label"`
	Value string `json:"value"`
}

// State is where a mail is on its way.
type State string

// The states. Uncertain: the server took the whole message and did not answer, so it may have been delivered.
const (
	Waiting   State = "waiting"
	Sent      State = "sent"
	Failed    State = "failed"
	Expired   State = "expired"
	Uncertain State = "uncertain"
)

// Mail is one message to one person, in the outbox.
type Mail struct {
	ID        string `db:"id,key"`
	Brand     string `db:"brand_id"`
	User      string `db:"user_id"`
	Kind      string `db:"kind"`
	ToBox     string `db:"to_box"`
	LetterBox string `db:"letter_box"`
	State     State  `db:"state"`
	Tries     int64  `db:"tries"`
	Problem   string `db:"problem"` // what went wrong, without the address
	MadeAt    int64  `db:"made_at"`
	ExpiresAt int64  `db:"expires_at"`
	SentAt    int64  `db:"sent_at"`
}

// Mails is the outbox.
var Mails = op.Bookkeeping[Mail]("mails")

// Deliver is the job that sends one mail.
type Deliver struct {
	Mail string `json:"mail"`
}

// Kind names the job.
func (Deliver) Kind() string { return "mail.deliver" }

// Post writes a letter to a person into the outbox, to the address that their account has now.
func Post(tx *op.Tx, to *user.User, kind string, l Letter) error {
	return PostTo(tx, to, to.Email, kind, l)
}

// PostTo writes a letter about a person's account to another address of theirs: the old one, when it changes. Without an
// address there is nobody to tell, and nothing is written.
func PostTo(tx *op.Tx, to *user.User, address, kind string, l Letter) error {
	if address == "" {
		return nil
	}
	return post(tx, Mail{Brand: string(to.Brand), User: string(to.ID), Kind: kind, State: Waiting}, address, l)
}

// Nobody is whom a letter goes to that only looks like one.
const Nobody = "nobody"

// PostNobody does all that Post does, and nothing is sent: for an address without an account, so that the time of an answer does not
// tell that there is none. The row belongs to no brand, and no list shows it.
func PostNobody(tx *op.Tx, kind string, l Letter) error {
	return post(tx, Mail{User: Nobody, Kind: kind, State: Expired}, Nobody, l)
}

func post(tx *op.Tx, m Mail, address string, l Letter) error {
	body, err := json.Marshal(l)
	if err != nil {
		return err
	}
	m.ID, m.MadeAt, m.ExpiresAt = id.New("mai_", tx.Now()), tx.Now().UnixMilli(), l.Expires
	if m.ToBox, err = tx.Seal(m.User, address); err != nil {
		return err
	}
	if m.LetterBox, err = tx.Seal(m.User, string(body)); err != nil {
		return err
	}
	if err := Mails.Insert(tx, &m); err != nil {
		return err
	}
	if err := tx.Mention(mentioned, m.ID, l.About...); err != nil {
		return err
	}
	if l.Bulk {
		return tx.Enqueue(Deliver{Mail: m.ID}, jobs.Bulk())
	}
	return tx.Enqueue(Deliver{Mail: m.ID})
}

// PostCode writes the mail with the code of a step-up. The door calls it.
func PostCode(tx *op.Tx, m op.CodeMail) error {
	to, err := user.Find(tx, user.ID(m.Person))
	if err != nil {
		return err
	}
	if to.Email == "" {
		return op.ErrStepUpNoMail
	}
	l := Letter{
		Subject: m.Code + " confirms: " + m.Confirmation.Title,
		Lines:   []string{"Somebody signed in as you asks for this:", m.Confirmation.Title},
		Code:    m.Code,
		After: []string{
			"The code is valid for five minutes and for this only.",
			"If this was not you, do not give the code to anybody. Sign in, end the other sessions and change your password.",
		},
		Expires: m.Expires.UnixMilli(),
		About:   m.About,
	}
	for _, f := range m.Confirmation.Facts {
		l.Facts = append(l.Facts, Fact(f))
	}
	if m.IP != "" {
		l.Facts = append(l.Facts, Fact{"Asked from", m.IP})
	}
	return Post(tx, to, "step_up_code", l)
}

// Read is a mail as it may be shown where mail is shown: the demo's /dev/mail, and to the job that sends it.
type Read struct {
	Mail
	To     string
	Letter Letter
}

// ForSending reads a waiting mail for the job that sends it.
var ForSending = &op.Query[string, Read]{
	Name: "mail.for_sending", Summary: "Read one mail to send it", Allow: access.SystemConfigure,
	Do: func(v *op.View, mailID string) (r Read, err error) {
		if err := v.Require(access.SystemConfigure, op.Installation); err != nil {
			return r, err
		}
		m, err := Mails.Find(v, mailID)
		if err != nil {
			return r, err
		}
		return open(v, *m)
	},
}

// Latest reads the newest mails whole. Only the demo has it in its catalogue.
var Latest = &op.Query[int, []Read]{
	Name: "mail.latest", Summary: "Read the newest mails, in the demo", Open: true,
	Do: func(v *op.View, limit int) (all []Read, err error) {
		mails, err := Mails.All(v, "where brand_id <> '' order by made_at desc, id desc limit $1", limit)
		if err != nil {
			return nil, err
		}
		for _, m := range mails {
			r, err := open(v, m)
			if err != nil {
				continue // erased with its recipient
			}
			all = append(all, r)
		}
		return all, nil
	},
}

func open(v *op.View, m Mail) (r Read, err error) {
	r.Mail = m
	if m.LetterBox == "" { // emptied with somebody whom it was about
		return r, op.ErrHidden
	}
	if r.To, err = v.Unseal(m.User, m.ToBox); err != nil {
		return r, err
	}
	body, err := v.Unseal(m.User, m.LetterBox)
	if err != nil {
		return r, err
	}
	return r, json.Unmarshal([]byte(body), &r.Letter)
}

// Outcome is what became of a try to send.
type Outcome struct {
	Mail    string
	State   State
	Problem string
}

// Mark notes what became of a try.
var Mark = &op.Upkeep[Outcome, op.None]{
	Name: "mail.mark", Summary: "Note what became of a try to send a mail",
	Do: func(tx *op.Tx, o Outcome) (op.None, error) {
		m, err := Mails.Find(tx, o.Mail)
		if err != nil {
			return op.None{}, err
		}
		m.State, m.Problem = o.State, o.Problem
		m.Tries++
		if o.State == Sent {
			m.SentAt = tx.Now().UnixMilli()
		}
		return op.None{}, Mails.Update(tx, m)
	},
}

// Overdue says whether it is no use sending the mail any more.
func (m Mail) Overdue(now time.Time) bool { return m.ExpiresAt != 0 && now.UnixMilli() >= m.ExpiresAt }

// Operations is what can be done with mail.
var Operations = []op.Operation{ForSending, Mark, Outbox, Requeue}
