// Package races lets fifty people do at once what only one of them may do, or what contradicts itself, and then looks at what is left:
// one of them did it, and everything is wholly in one state. Each race is run on both databases, a few rounds of it in every run, 200 of
// them with STEWARD_SOAK=1.
package races

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stewardhq/steward/internal/account"
	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/customer"
	"github.com/stewardhq/steward/internal/kernel/audit"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/privacy"
	"github.com/stewardhq/steward/internal/user"
	"github.com/stewardhq/steward/internal/world"
)

// fifty is how many are at it at once.
const fifty = 50

// rounds of a race: a few, and many where somebody has the time.
func rounds() int {
	switch {
	case os.Getenv("STEWARD_SOAK") != "":
		return 200
	case testing.Short():
		return 2
	}
	return 4
}

// track is a world in which races are run.
type track struct {
	*world.World
	t *testing.T
	n int

	seen map[string]int // answers of all rounds
}

// race runs the rounds of a race in a world on each database. Between two of them hours pass, so that no limit of an account or a
// network is met twice.
func race(t *testing.T, round func(r *track)) {
	t.Helper()
	world.Each(t, func(t *testing.T, w *world.World) {
		r := &track{World: w, t: t, seen: map[string]int{}}
		w.Eraser.Steady = func() time.Duration { return w.Door.Now().Sub(world.Now) }
		began := time.Now()
		done := 0
		for range rounds() {
			r.n++
			round(r)
			r.Later(2 * time.Hour)
			if done++; t.Failed() {
				break
			}
		}
		r.verify()
		var said []string
		for _, code := range slices.Sorted(maps.Keys(r.seen)) {
			said = append(said, fmt.Sprintf("%s %d", code, r.seen[code]))
		}
		t.Logf("%d rounds of %d at once in %s: %s", done, fifty, time.Since(began).Round(time.Millisecond), strings.Join(said, ", "))
	})
}

// outcome is what the fifty were answered: by code, "done" where it was done.
type outcome map[string]int

// atOnce lets fifty begin in the same moment. Every answer must be one of those that are allowed, beside "done".
func (r *track) atOnce(do func(i int) error, allowed ...string) outcome {
	r.t.Helper()
	answers := make([]error, fifty)
	var ready, all sync.WaitGroup
	gun := make(chan struct{})
	for i := range fifty {
		ready.Add(1)
		all.Go(func() {
			ready.Done()
			<-gun
			answers[i] = do(i)
		})
	}
	ready.Wait()
	close(gun)
	all.Wait()
	got := outcome{}
	for _, err := range answers {
		code := "done"
		if err != nil {
			if code = errs.Of(err).Code; !slices.Contains(allowed, code) {
				r.t.Errorf("round %d: refused as %s: %v", r.n, code, err)
			}
		}
		got[code]++
		r.seen[code]++
	}
	return got
}

// wants demands a number, and says in which round there was another.
func (r *track) wants(what string, want, got int64) {
	r.t.Helper()
	if want != got {
		r.t.Errorf("round %d: %s: %d instead of %d", r.n, what, got, want)
	}
}

func (r *track) number(sql string, args ...any) int64 {
	r.t.Helper()
	n, err := store.Value[int64](r.Store.Read(context.Background()).QueryRow(sql, args...))
	if err != nil {
		r.t.Fatal(err)
	}
	return n
}

func (r *track) user(id user.ID) *user.User {
	r.t.Helper()
	u, err := user.Find(r.Store.Read(context.Background()), id)
	if err != nil {
		r.t.Fatal(err)
	}
	return u
}

func (r *track) verify() {
	r.t.Helper()
	report, err := audit.Verify(context.Background(), r.Store)
	if err != nil || !report.OK {
		r.t.Errorf("the audit log: %v, %v", report, err)
	}
}

func (r *track) brand(slug string) brand.ID { return r.Place(slug).ID }

// stranger is somebody who is not signed in, from a network of their own.
func stranger(i int) *op.Caller {
	return op.Nobody(fmt.Sprintf("198.18.%d.%d", i/250%250, 1+i%250), "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0", "req_test")
}

// root is the operator at the machine, who needs no code, and is held to every rule beside that.
var root = op.HostOperator("root")

// done does something that must succeed, with a code where one is asked for.
func done[In any, T op.Target, Out any](r *track, c *op.Caller, a *op.Action[In, T, Out], in In) Out {
	r.t.Helper()
	out, err := op.Do(context.Background(), r.Door, c, a, in)
	if err != nil {
		r.t.Fatalf("round %d: %s: %v", r.n, a.Name, err)
	}
	return out
}

// asked begins something that needs a code, and gives the proof.
func asked[In any, T op.Target, Out any](r *track, c *op.Caller, a *op.Action[In, T, Out], in In) op.Proof {
	r.t.Helper()
	_, err := op.Do(context.Background(), r.Door, c, a, in)
	if !errors.Is(err, op.ErrStepUpRequired) {
		r.t.Fatalf("round %d: %s without a step-up: %v", r.n, a.Name, err)
	}
	id, _ := errs.Of(err).Extra["step_up"].(string)
	return op.Proof{ID: id, Code: r.Code()}
}

// newcomer is a customer of Aurora whom this round is about.
func (r *track) newcomer() (id user.ID, email string) {
	r.t.Helper()
	email = fmt.Sprintf("runner%d@races.example", r.n)
	return done(r, root, customer.Create, customer.New{Brand: r.brand("aurora"), FirstName: "Runner", LastName: "Number", Email: email, EmailVerified: true}), email
}

// mailed is the code, or the link's token, of the newest mail of a kind to an address.
func (r *track) mailed(kind, to string) string {
	r.t.Helper()
	for _, m := range r.Mails() {
		if m.To == to && m.Kind == kind {
			_, token, _ := strings.Cut(m.Letter.Path, "token=")
			return m.Letter.Code + token
		}
	}
	r.t.Fatalf("round %d: no %s was mailed to %s", r.n, kind, to)
	return ""
}

const phrase = "quiet otters drift by 12"

// hash of a password, at the cost that only tests may have. Each salt is another hash.
func (r *track) hash(password string) string {
	r.t.Helper()
	h, err := world.CheapHash(password)
	if err != nil {
		r.t.Fatal(err)
	}
	return h
}

// staff is a new member of staff of Aurora, with a password.
func (r *track) staff(name, role string) (id user.ID, email string) {
	r.t.Helper()
	email = fmt.Sprintf("%s%d@races.example", name, r.n)
	added := done(r, r.As("bruno"), account.Add, account.NewStaff{
		Email: email, FirstName: "Race", LastName: name, Assignment: account.Assignment{Role: role, Places: account.At(r.brand("aurora"))},
	})
	if _, err := account.AcceptHashed(context.Background(), r.Door, stranger(0), account.Acceptance{Token: added.Token, Hash: r.hash(phrase)}); err != nil {
		r.t.Fatal(err)
	}
	return added.User, email
}

func archived(id user.ID) privacy.Archival {
	return privacy.Archival{User: id, Reason: privacy.GDPRRequest, Note: "By letter."}
}
