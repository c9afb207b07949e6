package access

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stewardhq/steward/internal/account"
	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/mailing"
	"github.com/stewardhq/steward/internal/privacy"
	"github.com/stewardhq/steward/internal/user"
	"github.com/stewardhq/steward/internal/world"
	"github.com/stewardhq/steward/tests/dump"
)

// scene is the world that the catalogue is walked in, with what examples need.
type scene struct {
	t      *testing.T
	w      *world.World
	tables []dump.Table

	entries map[string]op.Entry

	aurora, meridian brand.ID
	york, leeds      brand.LocationID
	nobody           user.ID // signed in, without any role
	made             int
}

func newScene(t *testing.T, w *world.World) *scene {
	s := &scene{t: t, w: w, entries: map[string]op.Entry{}}
	for _, e := range w.Door.Catalogue() {
		s.entries[e.Name] = e
	}
	s.aurora, s.meridian = w.Place("aurora").ID, w.Place("meridian").ID
	s.york, s.leeds = w.Place("aurora").Hub["York"], w.Place("aurora").Hub["Leeds"]
	s.nobody = s.colleague(access.Support)
	s.do("user.change_role", fields{"User": s.nobody, "Role": account.NoStaffRole, "Places": []any{fields{"Brand": s.aurora}}})

	all, err := dump.Tables(w.Store.Read(t.Context()))
	if err != nil {
		t.Fatal(err)
	}
	// A refusal is written to the log, and may mail a code, with a note of whom that tells about; nothing else.
	s.tables = dump.Without(all, "audit_events", "audit_subjects", "audit_heads", "step_ups", "mails", "mentions")
	return s
}

func (s *scene) print() dump.Print {
	p, err := dump.Take(s.w.Store.Read(context.Background()), s.tables)
	if err != nil {
		s.t.Fatal(err)
	}
	return p
}

// do runs an operation as the operator at the machine, to prepare an example.
func (s *scene) do(name string, in any) any {
	s.t.Helper()
	e, ok := s.entries[name]
	if !ok {
		s.t.Fatalf("an example needs %s, which is not in the catalogue", name)
	}
	value, err := build(e.In, in)
	if err != nil {
		s.t.Fatalf("%s: %v", name, err)
	}
	out, err := e.Call(context.Background(), s.w.Door, op.HostOperator("test"), value.Interface())
	if err != nil {
		s.t.Fatalf("prepare with %s: %v", name, err)
	}
	return out
}

// next numbers what examples make, so that nothing is called alike.
func (s *scene) next() int { s.made++; return s.made }

func (s *scene) name(what string) string { return fmt.Sprintf("%s %d", what, s.next()) }

func (s *scene) email() string { return fmt.Sprintf("person%d@example.org", s.next()) }

// without is the caller who has signed in and holds nothing.
func (s *scene) without() *op.Caller {
	return &op.Caller{
		Kind: op.Person, ID: string(s.nobody), Person: string(s.nobody), Home: s.aurora.Scope(),
		Session: "ses_without", IP: "203.0.113.8", Agent: "Mozilla/5.0", Request: "req_none",
	}
}

// colleague is a new member of Aurora's staff, active, with a password.
func (s *scene) colleague(role *access.Role) user.ID {
	s.t.Helper()
	id, _ := s.hire(role)
	return id
}

func (s *scene) hire(role *access.Role) (id user.ID, email string) {
	s.t.Helper()
	email = s.email()
	added := s.do("user.add", fields{"Email": email, "FirstName": "Some", "LastName": s.name("Colleague"), "Role": role.Key, "Places": []any{fields{"Brand": s.aurora}}}).(account.Added)
	hash, err := world.CheapHash("a password of the tests " + email)
	if err != nil {
		s.t.Fatal(err)
	}
	if _, err := account.AcceptHashed(context.Background(), s.w.Door, op.HostOperator("test"), account.Acceptance{Token: added.Token, Hash: hash}); err != nil {
		s.t.Fatal(err)
	}
	return added.User, email
}

// invited is a colleague who has not accepted yet, with the token of their link.
func (s *scene) invited() account.Added {
	s.t.Helper()
	return s.do("user.add", fields{"Email": s.email(), "FirstName": "New", "LastName": s.name("Colleague"), "Role": "support", "Places": []any{fields{"Brand": s.aurora}}}).(account.Added)
}

// customer is a new customer of York.
func (s *scene) customer() user.ID {
	s.t.Helper()
	return s.do("customer.create", fields{
		"Brand": s.aurora, "Location": s.york, "FirstName": "Some", "LastName": s.name("Customer"), "Email": s.email(),
	}).(user.ID)
}

// archived is a customer who is archived.
func (s *scene) archived() user.ID {
	id := s.customer()
	s.do("user.archive", fields{"User": id, "Reason": privacy.GDPRRequest})
	return id
}

// session is the id and the token of a live session of somebody's.
func (s *scene) session(of user.ID) (id, token string) {
	s.t.Helper()
	out := s.do("auth.sign_in", fields{"User": of, "Audience": "staff", "Method": "passkey"})
	v := fieldsOf(out)
	return v["Session"].(string), v["Token"].(string)
}

// code is the code in the newest mail to a person.
func (s *scene) code(person string) string {
	s.t.Helper()
	mails, err := mailing.Mails.All(s.w.Store.Read(context.Background()), "where user_id = $1 and kind = 'step_up_code' order by made_at desc, id desc limit 1", person)
	if err != nil || len(mails) == 0 {
		s.t.Fatalf("no mail with a code: %v", err)
	}
	m, err := op.Ask(context.Background(), s.w.Door, mailing.Actor, mailing.ForSending, mails[0].ID)
	if err != nil {
		s.t.Fatal(err)
	}
	return m.Letter.Code
}

// logged counts the entries of a kind that the log has of somebody's attempts.
func (s *scene) logged(c *op.Caller, operation, outcome string) (n int) {
	s.t.Helper()
	err := s.w.Store.Read(context.Background()).QueryRow(`select count(*) from audit_events where chain in ('platform', $1, $2, $3) and op = $4
		and actor_id = $5 and outcome = $6`, string(s.aurora), string(s.meridian), string(s.aurora)+"x", operation, c.ID, outcome).Scan(&n)
	if err != nil {
		s.t.Fatal(err)
	}
	return n
}

// breathe lets the minute pass in which the same refusal again is only counted, and after a code the time until the next one.
func (s *scene) breathe(afterCode bool) {
	d := 61 * time.Second
	if afterCode {
		d = 73 * time.Minute // 20 codes a day
	}
	s.w.Later(d)
}
