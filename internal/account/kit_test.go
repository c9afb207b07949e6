package account_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stewardhq/steward/internal/account"
	"github.com/stewardhq/steward/internal/auth"
	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/audit"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/role"
	"github.com/stewardhq/steward/internal/session"
	"github.com/stewardhq/steward/internal/user"
	"github.com/stewardhq/steward/internal/world"
	"github.com/stewardhq/steward/tests/dump"
)

// desk is a world with the claims that the verbs of an account's life need.
type desk struct {
	*world.World
	t     *testing.T
	clock *clock                // of an installation without named people
	held  map[string]*op.Caller // callers with what they held at the beginning of a race

	admins int // Super Admins made in a test
}

func each(t *testing.T, test func(t *testing.T, d *desk)) {
	t.Helper()
	world.Each(t, func(t *testing.T, w *world.World) { test(t, &desk{World: w, t: t}) })
}

func (d *desk) read() context.Context { return context.Background() }

// try asks for an action and answers the code of the refusal, empty where it was done.
func try[In any, T op.Target, Out any](d *desk, c *op.Caller, a *op.Action[In, T, Out], in In, opts ...op.Option) (Out, string) {
	d.t.Helper()
	out, err := op.Do(d.t.Context(), d.Door, c, a, in, opts...)
	if err == nil {
		return out, ""
	}
	return out, errs.Of(err).Code
}

// must does an action, with a code where one is asked for.
func must[In any, T op.Target, Out any](d *desk, c *op.Caller, a *op.Action[In, T, Out], in In) Out {
	d.t.Helper()
	out, err := op.Do(d.t.Context(), d.Door, c, a, in)
	if errs.Of(err) != nil && errs.Of(err).Code == "step_up_required" {
		out, err = op.Do(d.t.Context(), d.Door, c, a, in, op.With(d.proof(err)))
	}
	if err != nil {
		d.t.Fatalf("%s: %v", a.Name, err)
	}
	return out
}

// proof answers the step-up that was just asked for, and lets the time pass after which the next code may be sent.
func (d *desk) proof(required error) op.Proof {
	d.t.Helper()
	id, _ := errs.Of(required).Extra["step_up"].(string)
	p := op.Proof{ID: id, Code: d.Code()}
	d.Later(31 * time.Second)
	return p
}

// refused demands that an action is refused with a code, and that it changed nothing at all beside the audit log.
func refused[In any, T op.Target, Out any](d *desk, want string, c *op.Caller, a *op.Action[In, T, Out], in In) {
	d.t.Helper()
	d.unchanged(fmt.Sprintf("%s refused as %s", a.Name, want), func() {
		d.t.Helper()
		if _, got := try(d, c, a, in); got != want {
			d.t.Errorf("%s by %s: %q, not %q: %+v", a.Name, c.ID, got, want, in)
		}
	})
}

// unchanged demands that every table but those of the audit log, and of keys being counted, is the same after as before.
func (d *desk) unchanged(what string, do func()) {
	d.t.Helper()
	before, done := d.print(), d.done()
	do()
	if differ := before.Diff(d.print()); len(differ) > 0 {
		d.t.Errorf("%s: changed %s", what, strings.Join(differ, ", "))
	}
	if more := d.done() - done; more != 0 {
		d.t.Errorf("%s: %d events say that something was done", what, more)
	}
}

func (d *desk) print() dump.Print {
	d.t.Helper()
	r := d.Store.Read(d.read())
	tables, err := dump.Tables(r)
	if err != nil {
		d.t.Fatal(err)
	}
	p, err := dump.Take(r, dump.Without(tables, "audit_events", "audit_subjects", "audit_heads"))
	if err != nil {
		d.t.Fatal(err)
	}
	return p
}

func (d *desk) done() int64 {
	d.t.Helper()
	return d.number(`select count(*) from audit_events where body like '%"outcome":"done"%'`)
}

func (d *desk) number(sql string, args ...any) (n int64) {
	d.t.Helper()
	if err := d.Store.Read(d.read()).QueryRow(sql, args...).Scan(&n); err != nil {
		d.t.Fatal(err)
	}
	return n
}

func (d *desk) user(id user.ID) *user.User {
	d.t.Helper()
	u, err := user.Find(d.Store.Read(d.read()), id)
	if err != nil {
		d.t.Fatal(err)
	}
	return u
}

func (d *desk) member(key string) user.ID { d.t.Helper(); return d.Member(key).ID }

func (d *desk) grants(id user.ID) []role.Grant {
	d.t.Helper()
	all, err := role.Of(d.Store.Read(d.read()), string(id))
	if err != nil {
		d.t.Fatal(err)
	}
	return all
}

// letters are the addresses that the newest mails of a kind went to.
func (d *desk) letters(kind string) (to []string) {
	d.t.Helper()
	for _, m := range d.Mails() {
		if m.Kind == kind {
			to = append(to, m.To)
		}
	}
	slices.Sort(to)
	return to
}

var nobody = op.Nobody("203.0.113.7", "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0", "req_test")

// signIn signs a person in with a password.
func (d *desk) signIn(email, password string) (auth.Signed, string) {
	d.t.Helper()
	s, err := d.Desk.SignIn(d.t.Context(), nobody, auth.Try{Audience: session.Staff, Email: email, Password: password})
	s, err = d.Through(nobody, s, err)
	if err != nil {
		return s, errs.Of(err).Code
	}
	return s, ""
}

// enters signs a member of staff in.
func (d *desk) enters(key string) auth.Signed {
	d.t.Helper()
	s, refusal := d.signIn(d.Member(key).Email, d.Member(key).Password)
	if refusal != "" {
		d.t.Fatalf("%s cannot sign in: %s", key, refusal)
	}
	return s
}

// isIn says whether a session token still opens the desk.
func (d *desk) isIn(token string) bool {
	d.t.Helper()
	_, _, err := d.Desk.Resolve(d.t.Context(), auth.From{}, session.Staff, token)
	if err != nil && errs.Of(err).Kind != errs.NotFound {
		d.t.Fatal(err)
	}
	return err == nil
}

// setPassword chooses a password by a link, as the page does, with a hash that is cheap.
func (d *desk) setPassword(token, password string) string {
	d.t.Helper()
	hash, err := world.CheapHash(password)
	if err != nil {
		d.t.Fatal(err)
	}
	if _, err = d.Desk.SetHashByLink(d.t.Context(), nobody, token, hash); err != nil {
		return errs.Of(err).Code
	}
	return ""
}

// accept accepts an invitation with a first password, as the page does, with a hash that is cheap.
func (d *desk) accept(token, password string) string {
	d.t.Helper()
	hash, err := world.CheapHash(password)
	if err != nil {
		d.t.Fatal(err)
	}
	if _, err = account.AcceptHashed(d.t.Context(), d.Door, nobody, account.Acceptance{Token: token, Hash: hash}); err != nil {
		return errs.Of(err).Code
	}
	return ""
}

func (d *desk) brand(slug string) brand.ID { return d.Place(slug).ID }

func (d *desk) hub(slug, name string) brand.LocationID { return d.Place(slug).Hub[name] }

// sam is somebody who is added to Aurora.
func (d *desk) sam(r *access.Role, at ...brand.LocationID) account.NewStaff {
	return account.NewStaff{
		Email: "sam.reed@aurora.example", FirstName: "Sam", LastName: "Reed",
		Assignment: account.Assignment{Role: r.Key, Places: account.At(d.brand("aurora"), at...)},
	}
}

func (d *desk) roleOf(r *access.Role, slug string, at ...brand.LocationID) account.Assignment {
	b := brand.Platform
	if slug != "" {
		b = d.brand(slug)
	}
	return account.Assignment{Role: r.Key, Places: account.At(b, at...)}
}

func to[T any](v T) *T { return &v }

type auditEntry = audit.Entry
