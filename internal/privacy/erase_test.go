package privacy_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stewardhq/steward/internal/account"
	"github.com/stewardhq/steward/internal/auth"
	"github.com/stewardhq/steward/internal/commerce"
	"github.com/stewardhq/steward/internal/customer"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/audit"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/secret"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/mailing"
	"github.com/stewardhq/steward/internal/money"
	"github.com/stewardhq/steward/internal/privacy"
	"github.com/stewardhq/steward/internal/session"
	"github.com/stewardhq/steward/internal/user"
	"github.com/stewardhq/steward/internal/world"
)

// full are people full of marks: a customer of whom everything is known, and a member of staff who signed in, failed to, was written
// to, and was about to confirm something.
type full struct{ customer, staff user.ID }

// staffMarks are the values of the member of staff that must be found nowhere.
var staffMarks = []string{"zwfirst", "zwlast", "zwmail", "zwhost", "zwagent", "203.0.113.201", "203.0.113.202", "zwletter", "zwreason", "zwrename"}

func (d *desk) full() full {
	d.t.Helper()
	ines, bruno := d.As("ines"), d.As("bruno")
	f := full{customer: d.zora()}
	was := "Zqearlier"
	must(d, ines, account.Edit, account.Changes{User: f.customer, FirstName: &was})
	was = "Zqforename"
	must(d, ines, account.Edit, account.Changes{User: f.customer, FirstName: &was})
	moved := "zqmail2@zqhost.example" // with a code whose letter names her
	must(d, ines, account.Edit, account.Changes{User: f.customer, Email: &moved})
	_, err := op.Do(d.t.Context(), d.Door, op.HostOperator("root"), commerce.Put, commerce.One{
		Brand: d.brand("aurora"), Source: "shopify",
		Record: commerce.Record{Order: &commerce.NewOrder{
			ExternalID: "#7001", Customer: customer.Who{ExternalID: "zqxt-0001"}, PlacedAt: d.Door.Now().Add(-day), Status: "paid", Total: money.Of(4200, "GBP"),
		}},
	})
	if err != nil {
		d.t.Fatal(err)
	}

	in := account.NewStaff{Email: "zwmail@zwhost.example", FirstName: "Zwfirst", LastName: "Zwlast"}
	in.Assignment = d.admin()
	added := must(d, bruno, account.Add, in)
	f.staff = added.User
	hash, err := world.CheapHash("quiet otters drift by 12")
	if err != nil {
		d.t.Fatal(err)
	}
	if _, err := account.AcceptHashed(d.t.Context(), d.Door, op.Nobody("203.0.113.202", "Zwagent/1.0", "req_test"), account.Acceptance{Token: added.Token, Hash: hash}); err != nil {
		d.t.Fatal(err)
	}
	try := auth.Try{Audience: session.Staff, Email: in.Email, Password: "wrong"}
	from := op.Nobody("203.0.113.201", "Zwagent/2.0", "req_test")
	if _, err := d.Desk.SignIn(d.t.Context(), from, try); !errors.Is(err, auth.ErrWrong) {
		d.t.Fatal(err)
	}
	d.Later(time.Minute)
	try.Password = "quiet otters drift by 12"
	signed, err := d.Desk.SignIn(d.t.Context(), from, try)
	signed, err = d.Through(from, signed, err)
	if err != nil {
		d.t.Fatal(err)
	}
	_, caller, err := d.Desk.Resolve(d.t.Context(), auth.From{IP: "203.0.113.202", Agent: "Zwagent/3.0", Request: "req_test"}, session.Staff, signed.Token)
	if err != nil {
		d.t.Fatal(err)
	}
	rename := "Zwrename"
	must(d, bruno, account.Edit, account.Changes{User: f.staff, LastName: &rename})
	edit := "zqelse@zqhost.example" // what they were about to confirm, and never did
	if _, err := op.Do(d.t.Context(), d.Door, caller, account.Edit, account.Changes{User: f.customer, Email: &edit}); !errors.Is(err, op.ErrStepUpRequired) {
		d.t.Fatal(err)
	}
	return f
}

// admin is the role of an Admin of Aurora.
func (d *desk) admin() account.Assignment {
	return account.Assignment{Role: access.Admin.Key, Places: account.At(d.brand("aurora"))}
}

// TestOfWhoIsErasedNoByteIsLeft archives and erases people full of marks, and then looks for the marks in every byte of every file, of
// every table and of what was logged.
func TestOfWhoIsErasedNoByteIsLeft(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		f := d.full()
		all := append(append([]string{}, marks...), staffMarks...)
		if len(d.found(all)) < len(all)/2 {
			t.Fatalf("only %v are there before: the test looks in the wrong place", d.found(all))
		}
		stats := d.number("select orders from people where num = $1", d.user(f.customer).Num)
		must(d, op.HostOperator("root"), privacy.Archive, archived(f.customer))
		must(d, d.As("ada"), privacy.Archive, privacy.Archival{User: f.staff, Reason: privacy.Other, Note: "zwreason"})
		d.verify()
		d.erase() // starts the clock
		d.Later(30*day - 2*time.Minute)
		d.erase()
		if s := d.user(f.customer).Status; s != user.Archived {
			t.Fatalf("erased before the time: %s", s)
		}
		d.Later(3 * time.Minute)
		d.erase()
		for _, id := range []user.ID{f.customer, f.staff} {
			if u := d.user(id); u.Status != user.Erased || u.Name() != user.Placeholder(id) {
				t.Errorf("after the eraser: %+v", u)
			}
			if has, err := d.Journal.Has(string(id)); err != nil || !has {
				t.Errorf("the journal does not know: %v", err)
			}
			if _, err := d.Keys.Seal(t.Context(), string(id), nil); !errors.Is(err, secret.ErrErased) {
				t.Errorf("the key: %v", err)
			}
		}
		if left := d.found(all); len(left) > 0 {
			t.Errorf("found: %s", strings.Join(left, "\n"))
		}
		if n := d.number("select orders from people where num = $1", d.user(f.customer).Num); n != stats || n != 1 {
			t.Errorf("%d orders in the statistics, %d before", n, stats)
		}
		if n := d.number("select count(*) from orders where user_num = $1", d.user(f.customer).Num); n != 1 {
			t.Errorf("%d orders", n)
		}
		d.verify()
		if _, err := audit.Verify(t.Context(), d.Store); err != nil {
			t.Error(err)
		}
		d.unchanged("the eraser again", func() { d.erase() })
	})
}

// found lists the marks that are somewhere, and where.
func (d *desk) found(marks []string) (found []string) {
	d.t.Helper()
	look := func(where string, content []byte) {
		content = bytes.ToLower(content)
		for _, m := range marks {
			if bytes.Contains(content, []byte(strings.ToLower(m))) {
				found = append(found, m+" in "+where)
			}
		}
	}
	err := filepath.WalkDir(d.Config.Data, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		look(filepath.Base(path), content)
		return err
	})
	if err != nil {
		d.t.Fatal(err)
	}
	if file, lite := strings.CutPrefix(d.Config.Database, "sqlite:"); lite {
		for _, name := range []string{file, file + "-wal", file + "-shm"} {
			content, err := os.ReadFile(name)
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				d.t.Fatal(err)
			}
			look(filepath.Base(name), content)
		}
		return found
	}
	for _, table := range d.tables() {
		rows, err := store.All(d.Store.Read(context.Background()), func(row store.Row) (s string, err error) { return s, row.Scan(&s) },
			"select row_to_json(t)::text from "+table+" t")
		if err != nil {
			d.t.Fatal(err)
		}
		look(table, []byte(strings.Join(rows, "\n")))
	}
	return found
}

// tables are all tables of PostgreSQL, the key store's and the library's too.
func (d *desk) tables() []string {
	d.t.Helper()
	all, err := store.All(d.Store.Read(context.Background()), func(row store.Row) (s string, err error) { return s, row.Scan(&s) },
		"select schemaname || '.' || tablename from pg_tables where schemaname not in ('pg_catalog', 'information_schema') order by 1")
	if err != nil || len(all) < 20 {
		d.t.Fatalf("%d tables, %v", len(all), err)
	}
	return all
}

// TestAnErasureThatWasCutOffIsFinished stops the eraser after each of its steps, and starts a new one.
func TestAnErasureThatWasCutOffIsFinished(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		ids := map[string]user.ID{}
		for _, step := range []string{"doomed", "journal", "key", "rows"} {
			ids[step] = must(d, op.HostOperator("root"), customer.Create, customer.New{Brand: d.brand("aurora"), FirstName: "Zq" + step, Email: step + "@zq.example"})
			must(d, op.HostOperator("root"), privacy.Archive, archived(ids[step]))
			d.Later(time.Second)
		}
		d.erase()
		d.Later(30 * day)
		for step, id := range ids {
			cut := errors.New("the process was killed")
			privacy.Cut(d.Eraser, func(at string) error {
				if at == step {
					return cut
				}
				return nil
			})
			_ = id
			if err := d.Eraser.Run(t.Context(), nil); !errors.Is(err, cut) {
				t.Fatalf("%s: %v", step, err)
			}
			for _, who := range ids { // whole: either archived with a vault, or erased without one
				u := d.user(who)
				vaults := d.number("select count(*) from vaults where user_id = $1", string(who))
				if u.Name() != user.Placeholder(who) || (u.Status == user.Archived) != (vaults == 1) {
					t.Errorf("cut after %s: %s with %d vaults", step, u.Status, vaults)
				}
			}
		}
		refused(d, "archive_over", d.As("ada"), privacy.Restore, privacy.Return{User: ids["doomed"], Reason: "x"})
		privacy.Cut(d.Eraser, nil)
		d.erase()
		for _, id := range ids {
			if s := d.user(id).Status; s != user.Erased {
				t.Errorf("%s is %s", id, s)
			}
		}
		d.verify()
	})
}

// TestARestoredBackupErasesAgain: somebody whom the journal names is there again, as they were before they were archived.
func TestARestoredBackupErasesAgain(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		f := d.full()
		must(d, op.HostOperator("root"), privacy.Archive, archived(f.staff)) // archived when the backup was made; she was not
		if err := d.Keys.Destroy(t.Context(), string(f.staff)); err != nil { // and the key store is the present one
			t.Fatal(err)
		}
		for range 2 {
			for _, id := range []user.ID{f.customer, f.staff} {
				if err := d.Eraser.Cleanse(t.Context(), id); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := d.Eraser.Scrub(t.Context()); err != nil {
			t.Fatal(err)
		}
		if left := d.found(append(append([]string{}, marks...), staffMarks...)); len(left) > 0 {
			t.Errorf("found: %s", strings.Join(left, "\n"))
		}
		d.verify()
	})
}

// TestACustomerWithoutAKeyIsErasedToo: the key store lost it, or had it destroyed, before the rows were cleansed.
func TestACustomerWithoutAKeyIsErasedToo(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		id := d.zora()
		if err := d.Keys.Destroy(t.Context(), string(id)); err != nil {
			t.Fatal(err)
		}
		if err := d.Eraser.Cleanse(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		if u := d.user(id); u.Status != user.Erased || u.Email != user.Placeholder(id) {
			t.Errorf("%+v", u)
		}
		d.verify()
	})
}

// TestAClockThatJumpsPausesErasures: nobody is erased before their time because somebody set the clock.
func TestAClockThatJumpsPausesErasures(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		id := d.zora()
		must(d, op.HostOperator("root"), privacy.Archive, archived(id))
		var steady time.Duration
		d.Eraser.Steady = func() time.Duration { return steady }
		d.erase()
		together := func(by time.Duration) { steady += by; d.Later(by); d.erase() }
		together(15 * time.Minute)
		d.Later(40 * day) // somebody set it
		d.erase()
		state := func() privacy.Erasures {
			t.Helper()
			s, err := op.Ask(t.Context(), d.Door, d.As("ada"), privacy.State, op.None{})
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
		if s := state(); !s.Paused || s.Waiting != 1 || s.Jumped != 40*day {
			t.Errorf("%+v", s)
		}
		e := d.Events("platform")[0]
		if e.Op != "privacy.look_at_clock" || e.Facts["jumped_minutes"] != "57600" {
			t.Errorf("the log says %s %v", e.Op, e.Facts)
		}
		for range 10 {
			together(2 * time.Hour)
		}
		if s := d.user(id).Status; s != user.Archived {
			t.Fatalf("%s while the clock is in doubt", s)
		}
		d.Later(-40 * day) // and set it right
		d.erase()
		for range 13 {
			together(2 * time.Hour)
		}
		if s := d.user(id).Status; s != user.Archived || state().Paused {
			t.Fatalf("%s, %+v, with the right clock and before the time", s, state())
		}
		together(30 * day)
		if s := d.user(id).Status; s != user.Erased {
			t.Errorf("%s when both clocks say that it is time", s)
		}
	})
}

// TestAfterALongStopErasuresWaitForAnHour: a machine may have woken with a wrong clock.
func TestAfterALongStopErasuresWaitForAnHour(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		id := d.zora()
		must(d, op.HostOperator("root"), privacy.Archive, archived(id))
		var steady time.Duration
		d.Eraser.Steady = func() time.Duration { return steady }
		d.erase()
		together := func(by time.Duration) { steady += by; d.Later(by); d.erase() }
		d.Eraser.Process, steady = "another", 0
		d.Later(31 * day)
		d.erase()
		together(50 * time.Minute)
		if s := d.user(id).Status; s != user.Archived {
			t.Errorf("%s at once", s)
		}
		d.Eraser.Process, steady = "a third", 0
		together(10 * time.Minute) // a quick restart is none
		if s := d.user(id).Status; s != user.Erased {
			t.Errorf("%s after an hour", s)
		}
	})
}

// TestMailOfWhoIsArchivedIsNotSent also empties what was written to others about them.
func TestMailOfWhoIsArchivedIsNotSent(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		f := d.full()
		waiting := d.number("select count(*) from mails where user_id = $1 and state = 'waiting'", string(f.customer))
		if waiting == 0 {
			t.Fatal("no mail waits for her")
		}
		must(d, op.HostOperator("root"), privacy.Archive, archived(f.customer))
		if n := d.number("select count(*) from mails where user_id = $1 and state = 'waiting'", string(f.customer)); n != 0 {
			t.Errorf("%d mails wait still", n)
		}
		for _, m := range d.Mails() {
			if text, _ := json.Marshal(m); bytes.Contains(bytes.ToLower(text), []byte("zqforename")) {
				t.Errorf("a letter to %s says her name", m.User)
			}
		}
		listed, err := op.Ask(t.Context(), d.Door, d.As("ada"), mailing.Outbox, mailing.OutboxPage{Brand: string(d.brand("aurora")), Limit: 50})
		if err != nil {
			t.Fatal(err)
		}
		seen := 0
		for _, m := range listed {
			if m.User == string(f.customer) {
				seen++
				if m.To != user.Placeholder(f.customer) {
					t.Errorf("the outbox lists %s", m.To)
				}
			}
		}
		if seen == 0 {
			t.Error("her mails are not listed: the test looks in the wrong place")
		}
	})
}

// TestArchivingWhileSigningIn: whoever comes first, nobody who is archived has a session.
func TestArchivingWhileSigningIn(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		for round := range rounds() {
			added := must(d, d.As("bruno"), account.Add, account.NewStaff{
				Email: fmt.Sprintf("race%d@aurora.example", round), FirstName: "Race", Assignment: d.admin(),
			})
			hash, err := world.CheapHash("quiet otters drift by 12")
			if err != nil {
				t.Fatal(err)
			}
			if _, err := account.AcceptHashed(t.Context(), d.Door, op.Nobody("", "", "req_test"), account.Acceptance{Token: added.Token, Hash: hash}); err != nil {
				t.Fatal(err)
			}
			var signed auth.Signed
			var wg sync.WaitGroup
			wg.Go(func() {
				from := op.Nobody("", "", "req_test")
				half, err := d.Desk.SignIn(t.Context(), from, auth.Try{
					Audience: session.Staff, Email: fmt.Sprintf("race%d@aurora.example", round), Password: "quiet otters drift by 12",
				})
				signed, _ = d.Through(from, half, err)
			})
			wg.Go(func() {
				if _, err := op.Do(t.Context(), d.Door, op.HostOperator("root"), privacy.Archive, archived(added.User)); err != nil {
					t.Error(err)
				}
			})
			wg.Wait()
			if n := d.number("select count(*) from sessions where user_id = $1 and ended_at = 0", string(added.User)); n != 0 {
				t.Errorf("round %d: %d sessions", round, n)
			}
			if _, _, err := d.Desk.Resolve(t.Context(), auth.From{}, session.Staff, signed.Token); err == nil {
				t.Errorf("round %d: somebody archived is in", round)
			}
		}
	})
}

// TestRestoringWhileErasing: somebody restored has their key, and somebody whose key is gone is erased. Never in between.
func TestRestoringWhileErasing(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		d.erase()
		restored := 0
		for round := range rounds() {
			id := must(d, op.HostOperator("root"), customer.Create, customer.New{Brand: d.brand("aurora"), FirstName: "Race", Email: fmt.Sprintf("race%d@zq.example", round)})
			must(d, op.HostOperator("root"), privacy.Archive, archived(id))
			d.Later(30*day - time.Millisecond)
			var wg sync.WaitGroup
			var refusal error
			wg.Go(func() {
				_, refusal = op.Do(t.Context(), d.Door, op.HostOperator("root"), privacy.Restore, privacy.Return{User: id, Reason: "Race."})
			})
			wg.Go(func() {
				time.Sleep(time.Duration(round%4) * 4 * time.Millisecond) // now the one is first, now the other
				d.Later(time.Millisecond)
				if err := d.Eraser.Run(t.Context(), nil); err != nil {
					t.Error(err)
				}
			})
			wg.Wait()
			_, key := d.Keys.Seal(t.Context(), string(id), []byte("x"))
			switch u := d.user(id); {
			case refusal == nil && (u.Status != user.Active || u.FirstName != "Race" || key != nil):
				t.Errorf("round %d: restored, and %s, key %v", round, u.Status, key)
			case refusal != nil && (!errors.Is(refusal, privacy.ErrTooLate) || u.Status != user.Erased || !errors.Is(key, secret.ErrErased)):
				t.Errorf("round %d: %v, and %s, key %v", round, refusal, u.Status, key)
			}
			if refusal == nil {
				restored++
			}
		}
		t.Logf("restored %d of %d", restored, rounds())
	})
}

// rounds of a race: a few, and many where somebody has the time.
func rounds() int {
	if os.Getenv("STEWARD_SOAK") != "" {
		return 200
	}
	return 6
}
