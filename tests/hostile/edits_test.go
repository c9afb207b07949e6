package hostile

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stewardhq/steward/internal/account"
	"github.com/stewardhq/steward/internal/customer"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/user"
	"github.com/stewardhq/steward/internal/world"
)

func replaced(statement, chain string) string {
	return strings.ReplaceAll(statement, "$chain", "'"+chain+"'")
}

// reader skips what was logged before the JSON.
func reader(out string) io.Reader {
	if i := strings.IndexByte(out, '{'); i > 0 {
		out = out[i:]
	}
	return strings.NewReader(out)
}

func aCustomer(t *testing.T, w *world.World) user.ID {
	t.Helper()
	aurora := w.Place("aurora")
	id, err := op.Do(t.Context(), w.Door, op.HostOperator("test"), customer.Create, customer.New{
		Brand: aurora.ID, Location: aurora.Hub["York"], FirstName: "Thea", LastName: "Lindgren", Email: "thea@example.org",
	})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func TestOf200EditsOfOneVersionOneWins(t *testing.T) {
	world.Each(t, func(t *testing.T, w *world.World) {
		id := aCustomer(t, w)
		before, err := user.Find(w.Store.Read(t.Context()), id)
		if err != nil {
			t.Fatal(err)
		}
		callers := []*op.Caller{w.As("ada"), w.As("ines"), w.As("bruno"), w.As("kim"), w.As("johanna")}
		const edits = 200
		var won, stale atomic.Int64
		var winner atomic.Value
		var all sync.WaitGroup
		start := make(chan struct{})
		for i := range edits {
			all.Go(func() {
				<-start
				phone := fmt.Sprintf("+442079460%03d", i)
				_, err := op.Do(context.WithoutCancel(t.Context()), w.Door, callers[i%len(callers)], account.Edit, account.Changes{User: id, Version: before.Version, Phone: &phone})
				switch {
				case err == nil:
					won.Add(1)
					winner.Store(phone)
				case errors.Is(err, op.ErrStale):
					stale.Add(1)
				default:
					t.Errorf("edit %d: %v", i, err)
				}
			})
		}
		close(start)
		all.Wait()
		if won.Load() != 1 || stale.Load() != edits-1 {
			t.Fatalf("of %d edits %d won and %d were stale", edits, won.Load(), stale.Load())
		}
		after, err := user.Find(w.Store.Read(t.Context()), id)
		if err != nil {
			t.Fatal(err)
		}
		if after.Phone != winner.Load() || after.Version != before.Version+1 {
			t.Errorf("the phone is %s in version %d; %s won on version %d", after.Phone, after.Version, winner.Load(), before.Version)
		}
		if n := editsOf(t, w.Store, id); n != 1 {
			t.Errorf("the log has %d edits of the customer, not 1", n)
		}
		verified(t, w.Config)
	})
}

func editsOf(t *testing.T, db *store.DB, id user.ID) (n int) {
	t.Helper()
	err := db.Read(context.Background()).QueryRow(`select count(*) from audit_subjects s join audit_events e on e.chain = s.chain and e.n = s.n
		where s.subject_id = $1 and e.op = 'user.edit' and e.outcome = 'done'`, string(id)).Scan(&n)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// The same through HTTP, where a program says with If-Match what it saw.
func TestOf50ProgramsWithOneETagOneWins(t *testing.T) {
	world.Each(t, func(t *testing.T, w *world.World) {
		id := aCustomer(t, w)
		server := w.Serve()
		token := newKey(t, w.Door, w.Member("bruno").ID, w.Place("aurora").ID.Scope(), access.CustomersView, access.CustomersEdit)
		address := server.URL + "/v1/customers/" + string(id)
		seen, err := call(http.DefaultClient, "GET", address, token, "")
		if err != nil || seen.status != 200 || seen.header.Get("ETag") == "" {
			t.Fatalf("no ETag: %v %v", seen, err)
		}
		if a, err := call(http.DefaultClient, "PATCH", address, token, `{"phone":"+442079460000"}`); err != nil || a.status != http.StatusPreconditionRequired {
			t.Errorf("an edit without If-Match: %v %v", a, err)
		}
		var won, stale atomic.Int64
		var all sync.WaitGroup
		for i := range 50 {
			all.Go(func() {
				a, err := call(http.DefaultClient, "PATCH", address, token, fmt.Sprintf(`{"phone":"+442079461%03d"}`, i), "If-Match", seen.header.Get("ETag"))
				switch {
				case err != nil:
					t.Error(err)
				case a.status == http.StatusOK:
					won.Add(1)
				case a.status == http.StatusPreconditionFailed && a.says("code") == "stale":
					stale.Add(1)
				default:
					t.Errorf("edit %d: %s", i, a)
				}
			})
		}
		all.Wait()
		if won.Load() != 1 || stale.Load() != 49 {
			t.Errorf("of 50 edits %d won and %d were stale", won.Load(), stale.Load())
		}
		verified(t, w.Config)
	})
}

// writer is a program that edits as fast as it is answered, and remembers what was acknowledged.
type writer struct {
	name  string
	id    string // of its customer
	last  int    // the last edit that was acknowledged
	count int    // how many were
	sent  int
}

// round edits until the server is gone.
func (p *writer) round(server, token string, problems chan<- string) {
	client := &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	for {
		if p.id == "" {
			a, err := call(client, "POST", server+"/v1/customers", token, fmt.Sprintf(`{"external_id":%q,"first_name":"Client","last_name":%q}`, p.name, p.name))
			if err != nil {
				return
			}
			switch a.status {
			case http.StatusCreated:
				p.id = a.says("id")
			case http.StatusConflict: // it was made, and the process died before it said so
				p.name += "x"
			default:
				problems <- a.String()
				return
			}
			continue
		}
		p.sent++
		a, err := call(client, "PATCH", server+"/v1/customers/"+p.id, token, fmt.Sprintf(`{"phone":"+4420%08d"}`, p.sent), "If-Match", "*")
		if err != nil {
			return
		}
		if a.status != http.StatusOK {
			problems <- a.String()
			return
		}
		p.last, p.count = p.sent, p.count+1
	}
}

func TestNothingAcknowledgedIsLostWhenTheProcessIsKilled(t *testing.T) {
	if testing.Short() {
		t.Skip("starts and kills processes: left to the runs without -short")
	}
	rounds := 3
	if whole() {
		rounds = 40
	}
	world.Each(t, func(t *testing.T, w *world.World) {
		w.Later(time.Since(world.Now)) // the child lives by the real clock
		token := newKey(t, w.Door, w.Member("bruno").ID, w.Place("aurora").ID.Scope(), access.CustomersView, access.CustomersEdit)
		if err := w.Close(); err != nil { // nobody else has the files open when the child dies
			t.Fatal(err)
		}
		writers := make([]*writer, 8)
		for i := range writers {
			writers[i] = &writer{name: fmt.Sprintf("client-%d", i)}
		}
		problems := make(chan string, 1000)
		for range rounds {
			c := serve(t, w.Config)
			var all sync.WaitGroup
			for _, p := range writers {
				all.Go(func() { p.round(c.url, token, problems) })
			}
			time.Sleep(time.Duration(600+rand.IntN(900)) * time.Millisecond)
			c.kill()
			all.Wait()
		}
		close(problems)
		for problem := range problems {
			t.Errorf("a client was answered %s", problem)
		}
		verified(t, w.Config)
		db, err := store.Open(t.Context(), store.Options{URL: w.Config.Database})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = db.Close() }()
		acknowledged := 0
		for _, p := range writers {
			if p.id == "" {
				continue
			}
			u, err := user.Find(db.Read(t.Context()), user.ID(p.id))
			if err != nil {
				t.Errorf("%s was acknowledged and is not there: %v", p.name, err)
				continue
			}
			var stored int
			if p.count > 0 {
				if _, err := fmt.Sscanf(strings.TrimPrefix(u.Phone, "+4420"), "%d", &stored); err != nil {
					t.Errorf("%s: phone %q: %v", p.name, u.Phone, err)
				}
			}
			if stored < p.last {
				t.Errorf("%s: edit %d was acknowledged, and edit %d is what is stored", p.name, p.last, stored)
			}
			if n := editsOf(t, db, u.ID); n < p.count || n > p.count+rounds {
				t.Errorf("%s: %d edits were acknowledged, and the log has %d", p.name, p.count, n)
			}
			acknowledged += p.count
		}
		if acknowledged < 20 {
			t.Errorf("only %d edits were acknowledged in %d rounds: the test says nothing", acknowledged, rounds)
		}
		t.Logf("%d edits acknowledged in %d rounds, none lost", acknowledged, rounds)
	})
}
