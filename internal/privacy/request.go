package privacy

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/id"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/mailing"
	"github.com/stewardhq/steward/internal/text"
	"github.com/stewardhq/steward/internal/user"
)

// Request is that somebody asks to be deleted. The law gives the shop a month to answer.
//
//	open ──► done        they were archived, for whatever reason
//	  ├────► refused     staff say why, and the person is told
//	  └────► withdrawn   by the person
type Request struct {
	ID       string       `db:"id,key"`
	User     user.ID      `db:"user_id"    audit:"plain"`
	Brand    brand.ID     `db:"brand_id"   audit:"plain"`
	State    RequestState `db:"state"      audit:"plain"`
	Reason   string       `db:"reason_box" audit:"derived"` // sealed for the person; the log has it as the reason
	Answer   string       `db:"answer_box" audit:"derived"` // likewise
	AskedAt  int64        `db:"asked_at"   audit:"derived"`
	DueAt    int64        `db:"due_at"     audit:"plain"`
	ClosedAt int64        `db:"closed_at"  audit:"derived"`
	ClosedBy string       `db:"closed_by"  audit:"derived"`
	Version  int64        `db:"version,version"`

	of *user.User
}

// RequestState is what became of a request.
type RequestState string

// The states.
const (
	RequestOpen      RequestState = "open"
	RequestDone      RequestState = "done"
	RequestWithdrawn RequestState = "withdrawn"
	RequestRefused   RequestState = "refused"
)

// RequestDays is how long the shop has to answer.
const RequestDays = 30

var requests = op.Audited[Request]("deletion_requests")

// Subject names the request, at the person's place. It is known to who may archive there.
func (r *Request) Subject() op.Subject {
	s := op.Subject{Kind: "deletion_request", ID: r.ID, Scope: r.Brand.Scope(), Person: string(r.User), Seen: []access.Permission{access.UsersArchive}}
	if r.of != nil {
		u := r.of.Subject()
		s.Scope, s.People, s.Holds = u.Scope, u.People, u.Holds
	}
	return s
}

// Subjects makes a request a target.
func (r *Request) Subjects() []op.Subject { return []op.Subject{r.Subject()} }

// Refusals of a request.
var (
	ErrAsked     = errs.New(errs.Conflict, "deletion_asked", "You have asked for this already. The shop answers within 30 days of the day on which you asked.")
	ErrNotAsked  = errs.New(errs.Conflict, "no_deletion_request", "There is no open request, so there is nothing to withdraw.")
	ErrClosed    = errs.New(errs.Conflict, "deletion_request_closed", "This request is closed already: the person was archived, has withdrawn it, or was given an answer.")
	requestKinds = map[RequestState]string{RequestOpen: "deletion_asked", RequestWithdrawn: "deletion_withdrawn", RequestRefused: "deletion_refused"}
)

// Wish is why somebody asks to be deleted; they need not say.
type Wish struct {
	Reason string `json:"reason,omitempty"`
}

// Why is the reason, for the log.
func (w Wish) Why() string { return w.Reason }

// AskDeletion asks the shop to delete one's account. Nothing is deleted by it: orders that must be kept, and open business, are looked
// at by somebody who then archives the account.
var AskDeletion = &op.Action[Wish, *user.User, op.None]{
	Name: "deletion.ask", Summary: "Ask for one's own account to be deleted", Own: true, StepUp: true,
	Confirm: func(*user.User, Wish) op.Confirmation {
		return op.Confirmation{
			Title:  "Ask for your account to be deleted",
			Facts:  []op.Fact{{Label: "Answered within", Value: fmt.Sprintf("%d days", RequestDays)}},
			Button: "Ask for deletion",
		}
	},
	Target: func(tx *op.Tx, _ Wish) (*user.User, error) { return user.Find(tx, user.ID(tx.Caller().Person)) },
	Do: func(tx *op.Tx, u *user.User, in Wish) (none op.None, err error) {
		reason, err := text.CleanLines(in.Reason, maxNote)
		if err != nil {
			return none, errs.Field("reason", "%s", err)
		}
		open, err := openRequest(tx, u)
		if err != nil {
			return none, err
		}
		if open != nil {
			return none, ErrAsked
		}
		now := tx.Now()
		r := Request{
			ID: id.New("drq_", now), User: u.ID, Brand: u.Brand, State: RequestOpen, AskedAt: now.UnixMilli(),
			DueAt: now.Add(RequestDays * 24 * time.Hour).UnixMilli(), of: u,
		}
		if r.Reason, err = sealed(tx, u, reason); err != nil {
			return none, err
		}
		if err := requests.Insert(tx, &r); err != nil {
			return none, err
		}
		return none, mailing.Post(tx, u, requestKinds[RequestOpen], mailing.Letter{
			Subject: "You asked for your account to be deleted",
			Lines: []string{
				"We have your request, and answer it within 30 days: by " + now.Add(RequestDays*24*time.Hour).UTC().Format("2 January 2006") + ".",
				"Until then nothing changes, and you can withdraw the request on the page “Privacy” of your account. When the account is deleted no further mail comes, because there is no address any more.",
			},
			After: []string{"If this was not you, sign in, withdraw the request, end the other sessions and choose another password."},
		})
	},
}

func sealed(tx *op.Tx, u *user.User, plain string) (string, error) {
	if strings.TrimSpace(plain) == "" {
		return "", nil
	}
	return tx.Seal(string(u.ID), plain)
}

// openRequest reads the open request of somebody who was loaded for update; nil when there is none.
func openRequest(tx *op.Tx, u *user.User) (*Request, error) {
	r, err := requests.One(tx, "where user_id = $1 and state = 'open'", string(u.ID))
	if errors.Is(err, errs.ErrNotFound) {
		return nil, nil
	}
	if err == nil {
		r.of = u
	}
	return r, err
}

func (r *Request) close(tx *op.Tx, as RequestState) error {
	r.State, r.ClosedAt, r.ClosedBy = as, tx.Now().UnixMilli(), tx.Caller().ID
	return requests.Update(tx, r)
}

// closeRequest closes the request of somebody who is archived.
func closeRequest(tx *op.Tx, u *user.User) error {
	r, err := openRequest(tx, u)
	if err != nil || r == nil {
		return err
	}
	return r.close(tx, RequestDone)
}

// WithdrawDeletion withdraws one's own open request.
var WithdrawDeletion = &op.Action[op.None, *user.User, op.None]{
	Name: "deletion.withdraw", Summary: "Withdraw the request to have one's own account deleted", Own: true,
	Target: func(tx *op.Tx, _ op.None) (*user.User, error) { return user.Find(tx, user.ID(tx.Caller().Person)) },
	Do: func(tx *op.Tx, u *user.User, _ op.None) (none op.None, err error) {
		r, err := openRequest(tx, u)
		if err != nil {
			return none, err
		}
		if r == nil {
			return none, ErrNotAsked
		}
		if err := r.close(tx, RequestWithdrawn); err != nil {
			return none, err
		}
		return none, mailing.Post(tx, u, requestKinds[RequestWithdrawn], mailing.Letter{
			Subject: "Your account is not deleted",
			Lines:   []string{"The request to delete your account was withdrawn. Everything stays as it is."},
			After:   []string{"If this was not you, ask again on the page “Privacy” of your account."},
		})
	},
}

// Refusing is the answer to a request that is not met.
type Refusing struct {
	Request string `json:"request"`
	Reason  string `json:"reason"` // the person reads it
}

// Why is the reason, for the log.
func (r Refusing) Why() string { return r.Reason }

// RefuseDeletion closes a request without archiving the person, and tells them why.
var RefuseDeletion = &op.Action[Refusing, *Request, op.None]{
	Name: "deletion.refuse", Summary: "Refuse a request for deletion, with the reason for the person", Allow: access.UsersArchive, NotSelf: true,
	Target: func(tx *op.Tx, in Refusing) (*Request, error) {
		r, err := requests.Find(tx, in.Request)
		if err == nil {
			r.of, err = user.Find(tx, r.User)
		}
		return r, err
	},
	Do: func(tx *op.Tx, r *Request, in Refusing) (none op.None, err error) {
		reason, err := text.CleanLines(in.Reason, maxNote)
		switch {
		case err != nil:
			return none, errs.Field("reason", "%s", err)
		case strings.TrimSpace(reason) == "":
			return none, errs.Field("reason", "Say why: the person reads it, and it is kept in the audit log.")
		case r.State != RequestOpen:
			return none, ErrClosed
		}
		if r.Answer, err = sealed(tx, r.of, reason); err != nil {
			return none, err
		}
		if err := r.close(tx, RequestRefused); err != nil {
			return none, err
		}
		return none, mailing.Post(tx, r.of, requestKinds[RequestRefused], mailing.Letter{
			Subject: "About your request to be deleted",
			Lines:   []string{"You asked for your account to be deleted. It was not, for this reason:", reason},
			After:   []string{"You can ask again, answer this mail, or complain to the authority for data protection where you live."},
		})
	},
}

// RequestShown is a request as it may be read: with its words opened.
type RequestShown struct {
	Request
	Name string // of the person; their e-mail where there is none
}

// DaysLeft is how many whole days are left to answer; negative when it is overdue.
func (r *Request) DaysLeft(now time.Time) int {
	left := time.UnixMilli(r.DueAt).Sub(now)
	if left < 0 {
		return -1 - int(-left/(24*time.Hour))
	}
	return int(left / (24 * time.Hour))
}

// RequestPage asks for open requests of a brand, oldest first.
type RequestPage struct {
	Brand brand.ID `json:"brand,omitempty"` // empty, or the platform: every brand that the caller may act in
	After string   `json:"after,omitempty"` // id of the last one that was read
	Limit int      `json:"limit,omitempty"` // 1 to 200; 0 is 50
}

// Requests lists open requests for who may act on them, and one more than asked for when there are more.
var Requests = &op.Query[RequestPage, []RequestShown]{
	Name: "deletion.list", Summary: "List open requests for deletion, the oldest first", Allow: access.UsersArchive,
	Do: func(v *op.View, in RequestPage) (shown []RequestShown, err error) {
		if len(v.Nodes(access.UsersArchive)) == 0 {
			return nil, op.ErrForbidden.With("permission", access.UsersArchive.String())
		}
		if in.Limit <= 0 {
			in.Limit = 50
		}
		in.Limit = min(in.Limit, 200)
		if in.Brand == brand.Platform {
			in.Brand = ""
		}
		const batch = 100 // ids are in the order of time, and so is what is due
		for after := in.After; ; {
			rows, err := requests.All(v, "where state = 'open' and id > $1 and ($2 = '' or brand_id = $2) order by id limit $3", after, string(in.Brand), batch)
			if err != nil {
				return nil, err
			}
			for i := range rows {
				r := &rows[i]
				after = r.ID
				if r.of, err = user.Find(v, r.User); err != nil {
					return nil, err
				}
				if s := r.Subject(); !v.Knows(r.of.Subject()) || !v.Can(access.UsersArchive, s) {
					continue
				}
				one, err := r.shown(v)
				if err != nil {
					return nil, err
				}
				if shown = append(shown, one); len(shown) > in.Limit {
					return shown, nil
				}
			}
			if len(rows) < batch {
				return shown, nil
			}
		}
	},
}

func (r *Request) shown(v *op.View) (s RequestShown, err error) {
	s.Request = *r
	if s.Name = r.of.Name(); s.Name == "" {
		s.Name = r.of.Email
	}
	for _, box := range []*string{&s.Reason, &s.Answer} {
		if *box == "" {
			continue
		}
		if *box, err = v.Unseal(string(r.User), *box); err != nil {
			return s, err
		}
	}
	return s, nil
}

// OwnRequest reads one's own latest request; nil when one never asked.
var OwnRequest = &op.Query[op.None, *RequestShown]{
	Name: "deletion.mine", Summary: "Read one's own latest request for deletion", Own: true,
	Do: func(v *op.View, _ op.None) (*RequestShown, error) {
		if err := v.Signed(); err != nil {
			return nil, err
		}
		rows, err := requests.All(v, "where user_id = $1 order by asked_at desc, id desc limit 1", v.Caller().Person)
		if err != nil || len(rows) == 0 {
			return nil, err
		}
		if rows[0].of, err = user.Find(v, rows[0].User); err != nil {
			return nil, err
		}
		s, err := rows[0].shown(v)
		return &s, err
	},
}

// FindRequest reads one open request for who may act on it.
var FindRequest = &op.Query[string, RequestShown]{
	Name: "deletion.show", Summary: "Read one request for deletion", Allow: access.UsersArchive,
	Do: func(v *op.View, which string) (s RequestShown, err error) {
		r, err := requests.Find(v, which)
		if err != nil {
			return s, err
		}
		if r.of, err = user.Find(v, r.User); err != nil {
			return s, err
		}
		if err := v.Require(access.UsersArchive, r); err != nil {
			return s, err
		}
		return r.shown(v)
	},
}
