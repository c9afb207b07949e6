package entry

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stewardhq/steward/internal/app"
	"github.com/stewardhq/steward/internal/auth"
	"github.com/stewardhq/steward/internal/customer"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/privacy"
	"github.com/stewardhq/steward/internal/session"
	"github.com/stewardhq/steward/internal/user"
	"github.com/stewardhq/steward/internal/world"
)

// root is the operator at the machine.
var root = op.HostOperator("root")

// marked is a customer of whom everything is known, under a mark that nobody else bears.
type marked struct {
	id   user.ID
	mark string
}

func (h *house) marked(n int) marked {
	h.t.Helper()
	m := marked{mark: fmt.Sprintf("zqmark%03dx", n)}
	var err error
	m.id, err = op.Do(h.t.Context(), h.Door, root, customer.Create, customer.New{
		Brand: h.Place("aurora").ID, Source: "shop", ExternalID: m.mark + "-ext", FirstName: m.mark, LastName: m.mark + "son", Email: m.mark + "@zq.example",
		Phone: fmt.Sprintf("+44 20 7946 %04d", n), Born: "1931-02-03", Address: m.mark + " street", Country: "GB", EmailVerified: true,
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return m
}

func archival(id user.ID) privacy.Archival {
	return privacy.Archival{User: id, Reason: privacy.GDPRRequest, Note: "By letter."}
}

// state is what somebody is, wholly: "active", "archived", "erased" or "deleted". Anything in between fails the test.
func (h *house) state(m marked) string {
	h.t.Helper()
	id := string(m.id)
	rows := func(sql string) int64 { return h.number(sql, id) }
	done := func(what string) int64 {
		return h.number("select count(*) from audit_events e join audit_subjects s on s.chain = e.chain and s.n = e.n where s.subject_id = $1 and e.op = $2 and e.outcome = 'done'", id, what)
	}
	vault, hidden, erased := rows("select count(*) from vaults where user_id = $1"), rows("select count(*) from hidden_persons where person = $1"), rows("select count(*) from hidden_persons where person = $1 and erased_at <> 0")
	u, err := user.Find(h.Store.Read(context.Background()), m.id)
	if errors.Is(err, errs.ErrNotFound) {
		left := int64(0)
		for _, table := range []string{"vaults", "external_ids", "customers", "people", "people_search"} {
			left += h.number("select count(*) from " + table + " where " + map[string]string{
				"vaults": "user_id = '" + id + "'", "customers": "user_id = '" + id + "'", "external_ids": "external_id = '" + m.mark + "-ext'",
				"people": "num not in (select num from users)", "people_search": "num not in (select num from users)",
			}[table])
		}
		if left != 0 || erased != 1 || done("user.delete") != 1 {
			h.t.Errorf("%s is half deleted: %d rows are left, erased %d, %d entries", m.mark, left, erased, done("user.delete"))
		}
		return "deleted"
	}
	if err != nil {
		h.t.Fatal(err)
	}
	words, err := store.Value[string](h.Store.Read(context.Background()).QueryRow("select words || ' ' || contact from people_search where num = $1", u.Num))
	if err != nil {
		h.t.Fatal(err)
	}
	narrow := h.number("select status from people where num = $1", u.Num)
	ids := h.number("select count(*) from external_ids where user_num = $1", u.Num)
	archived, restored := done("user.archive"), done("user.restore")
	there := u.FirstName == m.mark && u.LastName == m.mark+"son" && u.Email == m.mark+"@zq.example" && u.Born == "1931-02-03" && u.Address == m.mark+" street" &&
		u.EmailNorm != "" && strings.Contains(words, m.mark+"-ext") && strings.Contains(words, m.mark+"@zq.example") && ids == 1
	hiddenAway := u.Name() == user.Placeholder(m.id) && u.Email == user.Placeholder(m.id) && u.EmailNorm == "" && u.Born == "" && !strings.Contains(words, m.mark) && ids == 0
	whole := narrow == u.Status.Num()
	switch u.Status {
	case user.Active:
		whole = whole && there && vault == 0 && hidden == 0 && archived == restored
	case user.Archived:
		whole = whole && hiddenAway && vault == 1 && hidden == 1 && erased == 0 && archived == restored+1
	case user.Erased:
		whole = whole && hiddenAway && vault == 0 && hidden == 1 && erased == 1 && done("user.erase") == 1
	default:
		whole = false
	}
	if !whole {
		h.t.Errorf("%s is half %s: %+v, words %q, %d vaults, hidden %d, erased %d, ids %d, archived %d times and restored %d times", m.mark, u.Status, u, words, vault, hidden, erased, ids, archived, restored)
	}
	return string(u.Status)
}

// verified wants `steward audit verify` to find nothing.
func (h *house) verified() {
	h.t.Helper()
	var out bytes.Buffer
	env := map[string]string{"STEWARD_DATABASE": h.Config.Database, "STEWARD_DATA": h.Config.Data, "STEWARD_PUBLIC_URL": "http://localhost:8080", "STEWARD_MASTER_KEY_FILE": h.Config.MasterKeyFile}
	if code := app.Run(h.t.Context(), []string{"audit", "verify"}, app.Terminal{In: strings.NewReader(""), Out: &out, Err: &out, Env: func(name string) string { return env[name] }}); code != app.Done {
		h.t.Errorf("steward audit verify exits with %d:\n%s", code, out.String())
	}
}

// serves starts a process of its own over the world's database, and points the house and its browsers at it.
func (h *house) serves() (kill func()) {
	h.t.Helper()
	address, kill := process(h.t, h.Config)
	u, err := url.Parse(address)
	if err != nil {
		h.t.Fatal(err)
	}
	h.Site.Public, h.url = u, address
	return kill
}

// TestAKilledServerLeavesPeopleArchivedOrNot: people are archived over HTTP, several at once, each with a code, and the server is killed
// in the middle. Whoever is archived is so everywhere, and whoever is not is as they were; the next server shows the same.
func TestAKilledServerLeavesPeopleArchivedOrNot(t *testing.T) {
	if testing.Short() {
		t.Skip("kills processes: left to the runs without -short")
	}
	world.Each(t, func(t *testing.T, w *world.World) {
		const rounds = 4
		w.Later(time.Since(world.Now))
		h := open(t, w)
		admins := []string{"ada", "marcus", "bruno", "ines"}
		browsers, callers := map[string]*browser{}, map[string]*op.Caller{}
		for _, key := range admins {
			b := h.staff(key)
			_, c, err := h.Desk.Resolve(t.Context(), auth.From{IP: b.ip}, session.Staff, b.cookie("steward_staff"))
			if err != nil {
				t.Fatal(err)
			}
			browsers[key], callers[key] = b, c
		}
		var all []marked
		seen := map[string]int{}
		for round := range rounds {
			h.Later(31 * time.Second) // the next code may be sent
			type answered struct{ by, path, code string }
			var ready []answered
			for _, key := range admins {
				m := h.marked(len(all))
				all = append(all, m)
				_, err := op.Do(t.Context(), h.Door, callers[key], privacy.Archive, archival(m.id))
				if !errors.Is(err, op.ErrStepUpRequired) {
					t.Fatal(err)
				}
				id, _ := errs.Of(err).Extra["step_up"].(string)
				ready = append(ready, answered{key, "/admin/step-ups/" + id, h.letter("step_up_code", h.Member(key).Email)})
			}
			kill := h.serves()
			done := make(chan struct{}, len(ready))
			for _, r := range ready {
				go func() {
					_, _ = browsers[r.by].send(http.MethodPost, r.path, formOf([]string{"code", r.code}))
					done <- struct{}{}
				}()
			}
			left := len(ready)
			switch round {
			case 0: // when the first is through
				<-done
				left--
			case rounds - 1: // when all are
				for ; left > 0; left-- {
					<-done
				}
			default:
				time.Sleep(rand.N(120 * time.Millisecond))
			}
			kill()
			for range left {
				<-done
			}
			for _, m := range all[len(all)-len(ready):] {
				seen[h.state(m)]++
			}
		}
		h.serves()
		for _, m := range all {
			a := browsers["ada"].get("/admin/users/" + string(m.id))
			if a.status != http.StatusOK || strings.Contains(a.text, m.mark) != (h.state(m) == "active") {
				t.Errorf("%s is %s, and the page is %d", m.mark, h.state(m), a.status)
			}
		}
		if seen["archived"] == 0 {
			t.Error("nobody was archived, so nothing was killed in the middle")
		}
		t.Logf("%d kills: %v", rounds, seen)
		h.verified()
	})
}

// TestAKilledProcessLeavesWholePeople: a process does nothing but archive, restore or delete, one person after the other, and is killed
// somewhere in it, again and again.
func TestAKilledProcessLeavesWholePeople(t *testing.T) {
	if testing.Short() {
		t.Skip("kills processes: left to the runs without -short")
	}
	world.Each(t, func(t *testing.T, w *world.World) {
		w.Later(time.Since(world.Now))
		h := &house{World: w, t: t}
		var all []marked
		for n := range 60 {
			all = append(all, h.marked(n))
		}
		seen, kills := map[string]int{}, 0
		for round, verb := range []string{"archive", "archive", "restore", "archive", "restore", "delete", "archive", "delete"} {
			var ids []string
			for _, m := range all {
				if s := h.state(m); verb == "restore" && s == "archived" || verb != "restore" && s == "active" {
					ids = append(ids, string(m.id))
				}
			}
			rand.Shuffle(len(ids), func(i, j int) { ids[i], ids[j] = ids[j], ids[i] })
			if ids = ids[:min(len(ids), 25)]; len(ids) == 0 {
				continue
			}
			if h.killedAmid(verb, ids, rand.IntN(len(ids)), rand.N(8*time.Millisecond)) {
				kills++
			}
			for _, m := range all {
				if s := h.state(m); round == 7 {
					seen[s]++
				}
			}
		}
		t.Logf("%d kills: %v", kills, seen)
		if kills < 5 {
			t.Errorf("only %d were killed before they had ended", kills)
		}
		h.verified()

		// The next server finishes what was deleted: the journal knows them, and their keys are destroyed.
		h.serves()
		for _, m := range all {
			if h.state(m) != "deleted" {
				continue
			}
			h.until(m.mark+" is in the journal and has no key", func() bool {
				has, err := h.Journal.Has(string(m.id))
				gone, err2 := h.Keys.Destroyed(t.Context(), string(m.id))
				return has && gone && errors.Join(err, err2) == nil
			})
		}
	})
}

// until waits for something that a job does.
func (h *house) until(what string, is func() bool) {
	h.t.Helper()
	for deadline := time.Now().Add(time.Minute); !is(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			h.t.Fatalf("it never came about that %s", what)
		}
	}
}

// doing is what a process of its own does as the operator, one person after the other, when it is not the program. It says a line after
// each, so that it can be killed after any of them.
func doing(verb string, ids []string) int {
	c := app.Config{Database: os.Getenv("STEWARD_DATABASE"), Data: os.Getenv("STEWARD_DATA"), MasterKeyFile: os.Getenv("STEWARD_MASTER_KEY_FILE"), PublicURL: "http://localhost:8080", Listen: "127.0.0.1:0", Log: "text error"}
	a, err := app.Open(context.Background(), c, app.Options{})
	if err == nil {
		fmt.Println("open")
		for _, id := range ids {
			u := user.ID(id)
			switch verb {
			case "archive":
				_, err = op.Do(context.Background(), a.Door, root, privacy.Archive, archival(u))
			case "restore":
				_, err = op.Do(context.Background(), a.Door, root, privacy.Restore, privacy.Return{User: u, Reason: "By mistake."})
			case "delete":
				_, err = op.Do(context.Background(), a.Door, root, privacy.Delete, privacy.Who{User: u})
			}
			if err != nil {
				break
			}
			fmt.Println(id)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// killedAmid runs such a process, and kills it a moment after so many are done. False: it had ended.
func (h *house) killedAmid(verb string, ids []string, after int, and time.Duration) bool {
	h.t.Helper()
	exe, err := os.Executable()
	if err != nil {
		h.t.Fatal(err)
	}
	cmd := exec.Command(exe, append([]string{verb}, ids...)...)
	cmd.Env = append(os.Environ(), "STEWARD_TEST_AS_PROGRAM=doing", "STEWARD_DATABASE="+h.Config.Database, "STEWARD_DATA="+h.Config.Data, "STEWARD_MASTER_KEY_FILE="+h.Config.MasterKeyFile)
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	out, err := cmd.StdoutPipe()
	if err != nil {
		h.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		h.t.Fatal(err)
	}
	one, lines := make([]byte, 1), 0
	for lines <= after {
		if n, err := out.Read(one); n == 0 && err != nil {
			break
		}
		if one[0] == '\n' {
			lines++
		}
	}
	time.Sleep(and)
	_ = cmd.Process.Kill()
	err = cmd.Wait()
	if complaint.Len() > 0 {
		h.t.Errorf("%s: %s", verb, complaint.String())
	}
	return err != nil
}

// TestAKilledServerErasesInTheEnd: the eraser of a server is killed in the middle, again and again. Whoever was due is archived with their
// vault, or erased; nobody without a key is missing in the journal; and in the end all are erased and no byte of them is left.
func TestAKilledServerErasesInTheEnd(t *testing.T) {
	if testing.Short() {
		t.Skip("kills processes: left to the runs without -short")
	}
	world.Each(t, func(t *testing.T, w *world.World) {
		w.Later(time.Since(world.Now))
		h := &house{World: w, t: t}
		var all []marked
		for n := range 24 {
			all = append(all, h.marked(n))
			if _, err := op.Do(t.Context(), h.Door, root, privacy.Archive, archival(all[n].id)); err != nil {
				t.Fatal(err)
			}
		}
		if err := beneath(t, h, "update vaults set due_at = 1"); err != nil {
			t.Fatal(err)
		}
		steps := map[string]int{}
		look := func() (erased int) {
			for _, m := range all {
				s := h.state(m)
				has, err := h.Journal.Has(string(m.id))
				gone, err2 := h.Keys.Destroyed(t.Context(), string(m.id))
				if err := errors.Join(err, err2); err != nil {
					t.Fatal(err)
				}
				switch {
				case s == "erased" && !gone, gone && !has:
					t.Errorf("%s is %s, the key destroyed %v, in the journal %v", m.mark, s, gone, has)
				case s == "erased":
					erased++
				case gone:
					steps["without a key"]++
				case has:
					steps["in the journal"]++
				}
			}
			return erased
		}
		kills, erased := 0, 0
		for erased < len(all) {
			h.dueNow()
			kill := h.serves()
			if kills++; kills < 9 {
				from := erased // wait until this one is at it
				h.until("the eraser goes on", func() bool {
					return h.number("select count(*) from users where status = 'erased'") > int64(from)
				})
				time.Sleep(rand.N(6 * time.Millisecond))
			} else {
				h.until("all are erased", func() bool { return h.number("select count(*) from vaults") == 0 })
			}
			kill()
			erased = look()
		}
		t.Logf("%d kills; cut off between two steps: %v", kills, steps)
		h.dueNow()
		h.serves() // scrubs for the one that was killed
		if store.SQLite == h.Store.Dialect() {
			h.until("no byte is left", func() bool { return len(h.places("zqmark")) == 0 })
		}
		if left := h.places("zqmark"); len(left) > 0 {
			t.Errorf("there are still marks in %v", left)
		}
		erasures, err := h.Journal.All()
		if err != nil || len(erasures) != len(all) {
			t.Errorf("%d lines in the journal, %v", len(erasures), err)
		}
		h.verified()
	})
}

// dueNow lets the next server begin with the erasures, and not at the next quarter of an hour.
func (h *house) dueNow() {
	h.t.Helper()
	if err := beneath(h.t, h, "insert into job_slots (name, slot) values ('privacy.erase_due', 0) on conflict (name) do update set slot = 0"); err != nil {
		h.t.Fatal(err)
	}
}

// places are the files of the installation, and on PostgreSQL the tables, in which a text is.
func (h *house) places(text string) (in []string) {
	h.t.Helper()
	look := func(where string, content []byte) {
		if bytes.Contains(bytes.ToLower(content), []byte(text)) && !slices.Contains(in, where) {
			in = append(in, where)
		}
	}
	folders := []string{h.Config.Data}
	if file, lite := strings.CutPrefix(h.Config.Database, "sqlite:"); lite {
		folders = append(folders, filepath.Dir(file))
	} else {
		tables, err := store.All(h.Store.Read(context.Background()), store.Value[string],
			"select schemaname || '.' || tablename from pg_tables where schemaname not in ('pg_catalog', 'information_schema')")
		if err != nil {
			h.t.Fatal(err)
		}
		for _, table := range tables {
			n := h.number("select count(*) from " + table + " t where lower(row_to_json(t)::text) like '%" + text + "%'")
			if n > 0 {
				look(table, []byte(text))
			}
		}
	}
	for _, folder := range folders {
		err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return nil //nolint:nilerr // files come and go
			}
			if content, err := os.ReadFile(path); err == nil {
				look(filepath.Base(path), content)
			}
			return nil
		})
		if err != nil {
			h.t.Fatal(err)
		}
	}
	return in
}
