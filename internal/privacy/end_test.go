package privacy_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stewardhq/steward/internal/account"
	"github.com/stewardhq/steward/internal/customer"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/jobs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/privacy"
	"github.com/stewardhq/steward/internal/user"
	"github.com/stewardhq/steward/internal/world"
)

// TestEveryEndOfAPersonHasOneOrder: whoever is erased, deleted, or brought back by a backup comes into the journal, then loses their key, then
// their rows. Cut off after each step, it is finished by doing it again.
func TestEveryEndOfAPersonHasOneOrder(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		root := op.HostOperator("root")
		steps := []string{"journal", "key", "rows"}
		ends := map[string]struct {
			before func(id user.ID)
			do     func(id user.ID) error
		}{
			"erased": {
				func(id user.ID) {
					must(d, root, privacy.Archive, archived(id))
					d.erase() // looks at the clock
					d.Later(30*day + time.Minute)
				},
				func(user.ID) error { return d.Eraser.Run(t.Context(), nil) },
			},
			"deleted": {
				func(id user.ID) { must(d, root, privacy.Delete, privacy.Who{User: id}) },
				func(id user.ID) error {
					return d.Eraser.Forget(t.Context(), &jobs.Job[privacy.Forget]{Args: privacy.Forget{Person: id}})
				},
			},
			"brought back": {func(user.ID) {}, func(id user.ID) error { return d.Eraser.Cleanse(t.Context(), id) }},
		}
		n := 0
		for name, end := range ends {
			for at, step := range steps {
				n++
				id := must(d, root, customer.Create, customer.New{Brand: d.brand("aurora"), FirstName: "Zqend", Email: fmt.Sprintf("zqend%d@zq.example", n)})
				end.before(id)
				cut := errors.New("the process was killed")
				var done []string
				privacy.Cut(d.Eraser, func(s string) error {
					if s != "doomed" {
						done = append(done, s)
					}
					if s == step {
						return cut
					}
					return nil
				})
				if err := end.do(id); !errors.Is(err, cut) {
					t.Fatalf("%s, %s: %v", name, step, err)
				}
				privacy.Cut(d.Eraser, nil)
				if fmt.Sprint(done) != fmt.Sprint(steps[:at+1]) {
					t.Errorf("%s: cut after %s came %v", name, step, done)
				}
				has, err := d.Journal.Has(string(id))
				gone, err2 := d.Keys.Destroyed(t.Context(), string(id))
				if errors.Join(err, err2) != nil || !has || gone != (at >= 1) {
					t.Errorf("%s: cut after %s: in the journal %v, the key destroyed %v", name, step, has, gone)
				}
				u, err := user.Find(d.Store.Read(t.Context()), id)
				ended := errors.Is(err, errs.ErrNotFound) || err == nil && u.Status == user.Erased
				if ended != (at >= 2 || name == "deleted") {
					t.Errorf("%s: cut after %s: %+v, %v", name, step, u, err)
				}
				for range 2 { // and it can be repeated
					if err := end.do(id); err != nil {
						t.Fatalf("%s again after %s: %v", name, step, err)
					}
				}
				u, err = user.Find(d.Store.Read(t.Context()), id)
				gone, err2 = d.Keys.Destroyed(t.Context(), string(id))
				if !errors.Is(err, errs.ErrNotFound) && (err != nil || u.Status != user.Erased) || !gone || err2 != nil {
					t.Errorf("%s after %s is not finished: %+v, %v, the key destroyed %v", name, step, u, err, gone)
				}
			}
		}
		erasures, err := d.Journal.All()
		if err != nil || len(erasures) != n {
			t.Errorf("%d lines in the journal for %d people, %v", len(erasures), n, err)
		}
		if err := d.Eraser.Scrub(t.Context()); err != nil { // as a replay does after the last
			t.Fatal(err)
		}
		if left := d.found([]string{"zqend"}); len(left) > 0 {
			t.Errorf("found: %s", strings.Join(left, "\n"))
		}
		d.verify()
	})
}

// TestJobsThatEraseDoSoOneAtATime: a run of the eraser and the ends of deletions share what they know of the files.
func TestJobsThatEraseDoSoOneAtATime(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		root := op.HostOperator("root")
		var gone []user.ID
		for i := range 6 {
			id := must(d, root, customer.Create, customer.New{Brand: d.brand("aurora"), FirstName: "Zqboth", Email: fmt.Sprintf("zqboth%d@zq.example", i)})
			if i%2 == 0 {
				must(d, root, privacy.Archive, archived(id))
				continue
			}
			must(d, root, privacy.Delete, privacy.Who{User: id})
			gone = append(gone, id)
		}
		d.erase()
		d.Later(30*day + time.Minute)
		var all sync.WaitGroup
		all.Go(func() {
			if err := d.Eraser.Run(context.Background(), nil); err != nil {
				t.Error(err)
			}
		})
		for _, id := range gone {
			all.Go(func() {
				if err := d.Eraser.Forget(context.Background(), &jobs.Job[privacy.Forget]{Args: privacy.Forget{Person: id}}); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if left := d.found([]string{"zqboth"}); len(left) > 0 {
			t.Errorf("found: %s", strings.Join(left, "\n"))
		}
	})
}

// TestOfManyWhoAreErasedAmongManyNoByteIsLeft: thousands come in the disorder of an import, with values of every length, and are edited so that
// their rows grow and pages are split. Of those who are erased by the running eraser, nothing is in any file, and search finds the others.
func TestOfManyWhoAreErasedAmongManyNoByteIsLeft(t *testing.T) {
	w := world.New(t)
	d, root := newDesk(t, w), op.HostOperator("root")
	people, leave := 2500, 120
	if testing.Short() { // the race detector is slow
		people, leave = 250, 12
	}
	filler := func(n int) string { return strings.Repeat("lorem ipsum ", n/12+1)[:n] }
	ids := make([]user.ID, people)
	mark := func(i int) string {
		if i%(people/leave) == 0 && i/(people/leave) < leave {
			return fmt.Sprintf("zqgone%05d", i)
		}
		return fmt.Sprintf("stays%05d", i)
	}
	order := rand.Perm(people)
	for len(order) > 0 {
		part := order[:min(500, len(order))]
		order = order[len(part):]
		in := customer.Batch{Brand: d.brand("aurora"), Source: "shop"}
		for _, i := range part {
			in.Records = append(in.Records, customer.Record{FirstName: mark(i), LastName: filler(1 + rand.IntN(60)), Who: customer.Who{
				ExternalID: fmt.Sprintf("%08x-%s", rand.Uint32(), mark(i)), Email: fmt.Sprintf("%08x.%s@%s.example", rand.Uint32(), mark(i), strings.ReplaceAll("x"+filler(rand.IntN(40))+"x", " ", "")),
			}})
		}
		for at, a := range must(d, root, customer.Ingest, in) {
			if a.ID == "" {
				t.Fatal(a.Reason)
			}
			ids[part[at]] = a.ID
		}
	}
	for range 400 {
		i := rand.IntN(people)
		if rand.IntN(2) == 0 {
			i = rand.IntN(leave) * (people / leave)
		}
		address, last := mark(i)+" "+filler(rand.IntN(400)), mark(i)+filler(rand.IntN(80))
		must(d, root, account.Edit, account.Changes{User: ids[i], Address: &address, LastName: &last})
	}
	if err := w.Store.Optimize(t.Context()); err != nil {
		t.Fatal(err)
	}
	for n := range leave {
		must(d, root, privacy.Archive, archived(ids[n*(people/leave)]))
	}
	d.erase()
	d.Later(30*day + time.Minute)
	began := time.Now()
	d.erase()
	took := time.Since(began)
	if left := d.found([]string{"zqgone"}); len(left) > 0 {
		t.Errorf("found: %s", strings.Join(left, "\n"))
	}
	if n := d.number("select count(*) from people_search where words like '%stays%'"); n != int64(people-leave) {
		t.Errorf("%d of the others are there", n)
	}
	if n := d.number("select count(*) from people_fts where people_fts match 'tay'"); n != int64(people-leave) {
		t.Errorf("search finds %d of the others", n)
	}
	t.Logf("%d of %d erased in %s", leave, people, took.Round(time.Millisecond))
	d.verify()
}
