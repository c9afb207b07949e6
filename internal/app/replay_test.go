package app_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stewardhq/steward/internal/app"
	"github.com/stewardhq/steward/internal/customer"
	"github.com/stewardhq/steward/internal/kernel/backup"
	"github.com/stewardhq/steward/internal/kernel/jobs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/privacy"
	"github.com/stewardhq/steward/internal/user"
	"github.com/stewardhq/steward/internal/world"
)

var root = op.HostOperator("root")

// zora is a customer without a history, full of marks.
func zora(t *testing.T, w *world.World) user.ID {
	t.Helper()
	id, err := op.Do(t.Context(), w.Door, root, customer.Create, customer.New{
		Brand: w.Place("aurora").ID, Source: "shop", ExternalID: "zqext-1", FirstName: "Zqfirst", LastName: "Zqlast", Email: "zqmail@zqhost.example",
		Phone: "+44 20 7946 0777", Address: "7 Zqstreet", Born: "1931-02-03", EmailVerified: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

var zorasMarks = []string{"zqext", "zqfirst", "zqlast", "zqmail", "zqhost", "zqstreet", "2079460777"}

// clean wants no mark in any byte of the place: no file, and no row of PostgreSQL.
func (p *place) clean(marks ...string) {
	p.t.Helper()
	for name, text := range p.state() {
		text = strings.ToLower(text)
		for _, m := range marks {
			if strings.Contains(text, m) {
				p.t.Errorf("%s still has %q", name, m)
			}
		}
	}
}

// deletes deletes somebody for good, with the job that follows.
func deletes(t *testing.T, w *world.World, id user.ID) {
	t.Helper()
	if _, err := op.Do(t.Context(), w.Door, root, privacy.Delete, privacy.Who{User: id}); err != nil {
		t.Fatal(err)
	}
	if err := w.Eraser.Forget(t.Context(), &jobs.Job[privacy.Forget]{Args: privacy.Forget{Person: id}}); err != nil {
		t.Fatal(err)
	}
}

// TestWhoWasDeletedSinceTheBackupIsGoneAgain: not only erasures are replayed. Whoever was deleted for good is gone before anybody is served,
// and so are their bytes.
func TestWhoWasDeletedSinceTheBackupIsGoneAgain(t *testing.T) {
	world.Each(t, func(t *testing.T, w *world.World) {
		id := zora(t, w)
		file := backedUp(t, w)
		deletes(t, w, id)
		p := elsewhere(t, w)
		if out := p.done("restore", file, "--journal", w.Journal.Path()); !strings.Contains(out, "1 persons") {
			t.Error(out)
		}
		p.clean(zorasMarks...)
		a := p.open()
		whole(t, w, a)
		if u, err := user.Find(a.Store.Read(t.Context()), id); err != nil || u.Status != user.Erased || u.Email != user.Placeholder(id) {
			t.Errorf("%+v, %v", u, err)
		}
		if gone, err := a.Keys.Destroyed(t.Context(), string(id)); err != nil || !gone {
			t.Errorf("the key is not destroyed: %v", err)
		}
	})
}

// TestADeletionThatWasNotFinishedIsReplayedToo: the process was killed between the deletion and the job that writes the journal, and
// then the backup takes the place of just that installation, which still knows.
func TestADeletionThatWasNotFinishedIsReplayedToo(t *testing.T) {
	world.Each(t, func(t *testing.T, w *world.World) {
		file := ""
		p := elsewhere(t, w)
		id := zora(t, w)
		file = backedUp(t, w)
		p.done("restore", file)
		a := p.open()
		if _, err := op.Do(t.Context(), a.Door, root, privacy.Delete, privacy.Who{User: id}); err != nil {
			t.Fatal(err)
		}
		if err := a.Close(); err != nil {
			t.Fatal(err)
		}
		if out := p.done("restore", file, "--replace"); !strings.Contains(out, "1 persons") {
			t.Error(out)
		}
		if u, err := user.Find(p.open().Store.Read(t.Context()), id); err != nil || u.Status != user.Erased {
			t.Errorf("%+v, %v", u, err)
		}
	})
}

// TestAReplayThatWasCutOffIsFinished: the process was killed after each step of the replay, the last of them when everybody had been erased
// again and the files were not written anew yet.
func TestAReplayThatWasCutOffIsFinished(t *testing.T) {
	world.Each(t, func(t *testing.T, w *world.World) {
		w.Customer("maya")
		id := zora(t, w)
		file := backedUp(t, w)
		p := elsewhere(t, w)
		for _, step := range []string{"journal", "key", "rows"} {
			if err := os.RemoveAll(filepath.Join(p.config.Data, "erasures.journal")); err != nil {
				t.Fatal(err)
			}
			p.done("restore", file, "--replace")
			a := p.open()
			err := a.Journal.Append(string(id), time.Now())
			switch step {
			case "key":
				err = errors.Join(err, a.Keys.Destroy(t.Context(), string(id)))
			case "rows":
				err = errors.Join(err, a.Eraser.Cleanse(t.Context(), id))
			}
			err = errors.Join(err, backup.Mark(t.Context(), a.Store, backup.Pending{Backup: "test", MadeAt: time.Now()}), a.Close())
			if err != nil {
				t.Fatal(err)
			}
			p.refused("not replayed yet", "audit", "verify")
			server, err := app.Open(t.Context(), p.config, app.Options{Work: true, Migrate: true})
			if err != nil {
				t.Fatal(err)
			}
			if u, err := user.Find(server.Store.Read(t.Context()), id); err != nil || u.Status != user.Erased {
				t.Errorf("killed after %s: %+v, %v", step, u, err)
			}
			if err := server.Close(); err != nil {
				t.Fatal(err)
			}
			p.clean(zorasMarks...)
			p.done("audit", "verify")
		}
	})
}

// TestTheLastSuperAdminWhoWasErasedSinceIsErasedAgain: when the backup was made, the role had one holder, who is gone by now. The law wants
// them gone before anybody is served; the operator makes another Super Admin at the machine.
func TestTheLastSuperAdminWhoWasErasedSinceIsErasedAgain(t *testing.T) {
	world.Each(t, func(t *testing.T, w *world.World) {
		ada, marcus := w.Member("ada").ID, w.Member("marcus").ID
		if _, err := op.Do(t.Context(), w.Door, root, privacy.Archive, privacy.Archival{User: marcus, Reason: privacy.Other}); err != nil {
			t.Fatal(err)
		}
		file := backedUp(t, w)
		if err := w.Journal.Append(string(ada), w.Door.Now()); err != nil {
			t.Fatal(err)
		}
		p := elsewhere(t, w)
		out := p.done("restore", file, "--journal", w.Journal.Path())
		if !strings.Contains(out, "steward admin create") {
			t.Errorf("the operator is not told what to do: %s", out)
		}
		a := p.open()
		if u, err := user.Find(a.Store.Read(t.Context()), ada); err != nil || u.Status != user.Erased {
			t.Errorf("%+v, %v", u, err)
		}
		if err := a.Close(); err != nil {
			t.Fatal(err)
		}
		p.done("admin", "create", "--email", "next@platform.example", "--first-name", "Next", "--last-name", "Admin")
		p.done("audit", "verify")
	})
}
