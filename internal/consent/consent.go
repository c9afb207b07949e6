// Package consent keeps what people agreed to and took back, with proof: who, for what, when, by which way, which text they were
// shown, and from which network address.
//
// Records are only ever added; what holds for a purpose is the last one. The database refuses to change one. The network address is
// sealed for the person and stands on a record only where they clicked themself. Who is archived has taken everything back, by a
// record that says so, and is not given it again when they are restored.
package consent

import (
	"slices"
	"strings"

	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/id"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/text"
	"github.com/stewardhq/steward/internal/user"
)

// Operations is what can be done with consents.
var Operations = []op.Operation{Set, List, ShowPolicy, ChangePolicy, AcceptPolicy, OwnPolicy}

// Purpose is what a consent is for.
type Purpose string

// The purposes. PrivacyPolicy is no consent that one gives and takes back at will: it notes which version was accepted.
const (
	EmailMarketing Purpose = "email_marketing"
	SMSMarketing   Purpose = "sms_marketing"
	Profiling      Purpose = "profiling"
	PrivacyPolicy  Purpose = "privacy_policy"
)

// Purposes are those that people give and take back.
var Purposes = []Purpose{EmailMarketing, SMSMarketing, Profiling}

// TextVersion is the version of Text. Whoever changes a sentence there gives it another number: it stands on every record.
const TextVersion = "1"

// Text is what people are shown before they agree.
func (p Purpose) Text() string {
	return map[Purpose]string{
		EmailMarketing: "Send me news and offers by e-mail.",
		SMSMarketing:   "Send me news and offers by text message.",
		Profiling:      "Use what I have bought to choose offers for me.",
	}[p]
}

// Label is the purpose for people.
func (p Purpose) Label() string {
	return map[Purpose]string{EmailMarketing: "Marketing by e-mail", SMSMarketing: "Marketing by text message", Profiling: "Profiling", PrivacyPolicy: "Privacy policy"}[p]
}

// Source is the way by which a record came.
type Source string

// The ways.
const (
	ByAccount Source = "account" // the person, on their own page
	BySignUp  Source = "sign_up"
	ByStaff   Source = "staff" // somebody who was told, at the desk
	ByAPI     Source = "api"
	ByArchive Source = "archive" // taken back with everything else
)

// Label is the way for people.
func (s Source) Label() string {
	return map[Source]string{ByAccount: "own account", BySignUp: "registration", ByStaff: "noted by staff", ByAPI: "by API", ByArchive: "archived"}[s]
}

// Record is one thing that was agreed to, or taken back.
type Record struct {
	ID      string  `db:"id,key"`
	User    user.ID `db:"user_id" audit:"plain"`
	N       int64   `db:"n"       audit:"derived"`
	Purpose Purpose `db:"purpose" audit:"plain"`
	Given   bool    `db:"given"   audit:"plain"`
	At      int64   `db:"at"      audit:"derived"`
	Source  Source  `db:"source"  audit:"plain"`
	By      string  `db:"by_id"   audit:"derived"`
	Text    string  `db:"text"    audit:"plain"` // version of what was shown
	IPBox   string  `db:"ip_box"  audit:"derived"`

	scope access.Scope
}

var table = op.Audited[Record]("consents")

// Subject names the record, which is known to who may see the customer.
func (r *Record) Subject() op.Subject {
	return op.Subject{Kind: "consent", ID: r.ID, Scope: r.scope, Person: string(r.User), Seen: []access.Permission{access.CustomersView}}
}

// last reads what holds for a purpose; nil when nothing was ever said.
func last(r store.Reader, u user.ID, p Purpose) (*Record, error) {
	found, err := table.All(r, "where user_id = $1 and purpose = $2 order by n desc limit 1", string(u), string(p))
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return &found[0], nil
}

// Proof is how a record came about.
type Proof struct {
	Source Source
	Text   string // version of what was shown
	IP     string // of the person themself
}

// Note adds a record about somebody who was loaded for update. What holds already is not said twice.
func Note(tx *op.Tx, u *user.User, p Purpose, given bool, proof Proof) error {
	now, err := last(tx, u.ID, p)
	if err != nil || now == nil && !given || now != nil && now.Given == given && (now.Text == proof.Text || !given) {
		return err
	}
	r := Record{
		ID: id.New("con_", tx.Now()), User: u.ID, Purpose: p, Given: given, At: tx.Now().UnixMilli(), Source: proof.Source, By: tx.Caller().ID,
		Text: proof.Text, scope: u.Scope(),
	}
	if r.N, err = store.Value[int64](tx.QueryRow("select coalesce(max(n), 0) + 1 from consents where user_id = $1", string(u.ID))); err != nil {
		return err
	}
	if proof.IP != "" {
		if r.IPBox, err = tx.Seal(string(u.ID), proof.IP); err != nil {
			return err
		}
	}
	return table.Insert(tx, &r)
}

// WithdrawAll takes back whatever somebody has agreed to, in the transaction that archives them.
func WithdrawAll(tx *op.Tx, u *user.User) error {
	for _, p := range append(slices.Clone(Purposes), PrivacyPolicy) {
		now, err := last(tx, u.ID, p)
		if err == nil && now != nil && now.Given {
			err = Note(tx, u, p, false, Proof{Source: ByArchive, Text: now.Text})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Choice is what somebody agrees to, or takes back.
type Choice struct {
	User    user.ID `json:"user"`
	Purpose Purpose `json:"purpose"`
	Given   bool    `json:"given"`
	Reason  string  `json:"reason,omitempty"` // of staff and programs: how the person said so
}

// Why is how the person said so, for the log.
func (c Choice) Why() string { return c.Reason }

// Refusals of a consent.
var (
	ErrPurpose    = errs.New(errs.Invalid, "unknown_purpose", "Choose one of the purposes: email_marketing, sms_marketing or profiling.")
	ErrNoCustomer = errs.New(errs.Conflict, "no_customer", "Only customers give consents, and this account is none.")
	ErrGone       = errs.New(errs.Conflict, "account_gone", "This account is archived or erased, so there is nobody to agree to anything.")
)

// maxReason is more than a reason needs.
const maxReason = 500

// Set notes that somebody agrees, or takes back what they agreed to. They do it themself; or staff do, who say how they know. The proof
// is never the caller's to write.
var Set = &op.Action[Choice, *user.User, op.None]{
	Name: "consent.set", Summary: "Give or take back a person's consent", Allow: access.CustomersEdit, Own: true,
	Target: func(tx *op.Tx, in Choice) (*user.User, error) { return user.Find(tx, in.User) },
	Do: func(tx *op.Tx, u *user.User, in Choice) (none op.None, err error) {
		switch {
		case !slices.Contains(Purposes, in.Purpose):
			return none, ErrPurpose
		case u.Status.Gone():
			return none, ErrGone
		case u.Kinds&user.IsCustomer == 0:
			return none, ErrNoCustomer
		}
		c := tx.Caller()
		proof := Proof{Source: ByStaff, Text: TextVersion}
		switch {
		case c.Is(string(u.ID)):
			proof.Source, proof.IP = ByAccount, c.IP
		case c.Kind == op.Key:
			proof.Source = ByAPI
		}
		if proof.Source != ByAccount {
			reason, err := text.CleanLines(in.Reason, maxReason)
			if err != nil {
				return none, errs.Field("reason", "%s", err)
			}
			if strings.TrimSpace(reason) == "" {
				return none, errs.Field("reason", "Say how the person told you. The reason is kept in the audit log.")
			}
		}
		return none, Note(tx, u, in.Purpose, in.Given, proof)
	},
}

// State is what holds for one purpose.
type State struct {
	Purpose Purpose
	Given   bool
	At      int64 // 0: nothing was ever said
	Source  Source
	Text    string
}

// Shown is what somebody agreed to, and how it came to that.
type Shown struct {
	Now     []State  // in the order of Purposes
	History []Record // newest first, the accepted privacy policies too; without network addresses
}

// Who names the person.
type Who struct {
	User user.ID `json:"user"`
}

// List reads what somebody agreed to: one's own, or a customer's.
var List = &op.Query[Who, Shown]{
	Name: "consent.list", Summary: "Read a person's consents with their history", Allow: access.CustomersView, Own: true,
	Do: func(v *op.View, in Who) (s Shown, err error) {
		if err := v.Signed(); err != nil {
			return s, err
		}
		u, err := user.Find(v, in.User)
		if err != nil {
			return s, err
		}
		if !v.Caller().Is(string(u.ID)) {
			if err := v.Require(access.CustomersView, u); err != nil {
				return s, err
			}
		}
		if s.History, err = table.All(v, "where user_id = $1 order by n desc", string(u.ID)); err != nil {
			return s, err
		}
		for i := range s.History {
			s.History[i].IPBox = ""
		}
		for _, p := range Purposes {
			now := State{Purpose: p}
			for _, r := range s.History {
				if r.Purpose == p {
					now = State{p, r.Given, r.At, r.Source, r.Text}
					break
				}
			}
			s.Now = append(s.Now, now)
		}
		return s, nil
	},
}
