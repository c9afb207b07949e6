package session_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stewardhq/steward/internal/auth"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/session"
	"github.com/stewardhq/steward/internal/user"
	"github.com/stewardhq/steward/internal/world"
	"github.com/stewardhq/steward/tests/dump"
)

type desk struct {
	*world.World
	t *testing.T
}

func each(t *testing.T, test func(t *testing.T, d *desk)) {
	t.Helper()
	world.Each(t, func(t *testing.T, w *world.World) { test(t, &desk{w, t}) })
}

func (d *desk) enters(key string) auth.Signed {
	d.t.Helper()
	s, err := d.enter(key, session.Staff)
	if err != nil {
		d.t.Fatalf("%s cannot sign in: %v", key, err)
	}
	return s
}

func (d *desk) enter(key string, a session.Audience) (auth.Signed, error) {
	m := d.Member(key)
	try := auth.Try{Audience: a, Email: m.Email, Password: m.Password}
	if m.Brand != "platform" {
		try.Brand = d.Place(m.Brand).ID
	}
	c := op.Nobody("203.0.113.7", "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0", "req_test")
	s, err := d.Desk.SignIn(context.Background(), c, try)
	return d.Through(c, s, err)
}

// present is the caller that a token stands for, nil where it opens nothing.
func (d *desk) present(token string) *op.Caller { d.t.Helper(); return d.at(session.Staff, token) }

func (d *desk) at(a session.Audience, token string) *op.Caller {
	d.t.Helper()
	_, c, err := d.Desk.Resolve(context.Background(), auth.From{Request: "req_test"}, a, token)
	if err != nil && errs.Of(err).Kind != errs.NotFound && errs.Of(err).Kind != errs.Unauthorized {
		d.t.Fatal(err)
	}
	return c
}

func (d *desk) row(id string) *session.Session {
	d.t.Helper()
	s, err := session.Table.Find(d.Store.Read(context.Background()), id)
	if err != nil {
		d.t.Fatal(err)
	}
	return s
}

func (d *desk) unchanged(what string, do func()) {
	d.t.Helper()
	before := d.print()
	do()
	if differ := before.Diff(d.print()); len(differ) > 0 {
		d.t.Errorf("%s: changed %s", what, strings.Join(differ, ", "))
	}
}

func (d *desk) print() dump.Print {
	d.t.Helper()
	r := d.Store.Read(context.Background())
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

func code(err error) string {
	if err == nil {
		return ""
	}
	return errs.Of(err).Code
}

func TestStaffHaveFiveSessionsAndTheOldestEnds(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		var all []auth.Signed
		for range 6 {
			all = append(all, d.enters("olu"))
			d.Later(time.Second)
		}
		for i, s := range all {
			if in := d.present(s.Token) != nil; in != (i > 0) {
				t.Errorf("session %d is in: %v", i, in)
			}
		}
		if s := d.row(all[0].Session); s.EndedWhy != "too_many" || s.EndedAt == 0 {
			t.Errorf("the oldest ended %+v", s)
		}
		if d.present("") != nil || d.present("guessed") != nil || d.present(all[5].Session) != nil {
			t.Error("something else than the token opens the desk")
		}
		if d.row(all[5].Session).Token == all[5].Token {
			t.Error("the token stands in the database")
		}
	})
}

func TestSessionsBegunAtOnceAreFiveToo(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		var wg sync.WaitGroup
		for range 12 {
			wg.Go(func() { _, _ = d.enter("olu", session.Staff) })
		}
		wg.Wait()
		live, err := session.Live(d.Store.Read(t.Context()), d.Member("olu").ID, d.Door.Now())
		if err != nil || len(live) > 5 || len(live) == 0 {
			t.Errorf("%d sessions: %v", len(live), err)
		}
	})
}

// TestAnAudienceIsNotAnother: a session of the one opens nothing of the other, and does not end it.
func TestAnAudienceIsNotAnother(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		desks := d.enters("olu")
		var shop auth.Signed
		for range 6 {
			d.Later(time.Second)
			var err error
			if shop, err = d.enter("olu", session.Account); err != nil {
				t.Fatal(err)
			}
		}
		if d.at(session.Staff, shop.Token) != nil || d.at(session.Account, desks.Token) != nil || d.at(session.Company, shop.Token) != nil {
			t.Error("a session crosses its audience")
		}
		if d.present(desks.Token) == nil || d.at(session.Account, shop.Token) == nil {
			t.Error("the sessions of the shop ended that of the desk")
		}
		for range 5 {
			d.Later(time.Second)
			d.enters("olu")
		}
		if d.at(session.Account, shop.Token) == nil || d.present(desks.Token) != nil {
			t.Error("six sessions of the desk end the oldest of the desk, and none of the shop")
		}
	})
}

func TestSessionsRunOutByTheClock(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		for key, idle := range map[string]time.Duration{"olu": 30 * time.Minute, "ada": 15 * time.Minute} {
			s := d.enters(key)
			d.Later(idle - time.Millisecond)
			if d.present(s.Token) == nil {
				t.Errorf("%s is out before %s idle", key, idle)
			}
			d.Later(idle - time.Millisecond) // being used moved the idle end
			if d.present(s.Token) == nil {
				t.Errorf("%s is out although the session was used", key)
			}
			d.Later(idle)
			d.unchanged("what has run out", func() {
				if d.present(s.Token) != nil {
					t.Errorf("%s is in after %s idle", key, idle)
				}
				if _, err := op.Keep(t.Context(), d.Door, op.SystemActor("test"), session.Touch, s.Session); err != nil {
					t.Error(err)
				}
			})
			if d.present(s.Token) != nil {
				t.Errorf("%s: a touch brought the session back", key)
			}
		}
		s := d.enters("olu")
		for range 12*3 - 1 { // in use every twenty minutes
			d.Later(20 * time.Minute)
			if d.present(s.Token) == nil {
				t.Fatal("a session in use is out before twelve hours")
			}
		}
		d.Later(20*time.Minute - time.Millisecond)
		if d.present(s.Token) == nil {
			t.Error("out before the last instant of twelve hours")
		}
		d.Later(time.Millisecond)
		if d.present(s.Token) != nil {
			t.Error("a session in use outlives twelve hours")
		}
	})
}

func TestASessionIsNotedAtMostOnceAMinute(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		s := d.enters("olu")
		d.Later(59 * time.Second)
		d.unchanged("within the minute", func() { d.present(s.Token) })
		d.Later(time.Second)
		d.present(s.Token)
		if row := d.row(s.Session); row.SeenAt != d.Door.Now().UnixMilli() || row.IdleUntil != d.Door.Now().Add(30*time.Minute).UnixMilli() {
			t.Errorf("seen %+v", row)
		}
	})
}

func TestOneEndsOnesOwnSession(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		here, there := d.enters("mira"), d.enters("mira") // a Moderator has no permission for sessions
		c := d.present(here.Token)
		revoke := func(id string) error { _, err := op.Do(t.Context(), d.Door, c, session.Revoke, id); return err }
		if err := revoke(there.Session); err != nil || d.present(there.Token) != nil || d.row(there.Session).EndedWhy != "revoked" {
			t.Errorf("on another device: %v", err)
		}
		d.unchanged("ended again", func() {
			if err := revoke(there.Session); err != nil {
				t.Error(err)
			}
		})
		if err := revoke(here.Session); err != nil || d.present(here.Token) != nil || d.row(here.Session).EndedWhy != "signed_out" {
			t.Errorf("signing out: %v", err)
		}
	})
}

func TestWhoEndsSessionsOfOthers(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		of := map[string]auth.Signed{}
		for _, key := range []string{"olu", "bruno", "ada", "priya"} {
			of[key] = d.enters(key)
		}
		for _, c := range []struct{ by, whose, code string }{
			{"kim", "olu", "not_found"}, {"rosa", "olu", "not_found"}, {"johanna", "olu", "not_found"}, {"mira", "olu", "not_found"},
			{"priya", "olu", "not_found"}, {"ines", "priya", "not_found"}, {"ines", "ada", "not_found"}, {"ines", "bruno", "holds_more"},
		} {
			d.unchanged(c.by+" and "+c.whose, func() {
				if _, err := op.Do(t.Context(), d.Door, d.As(c.by), session.Revoke, of[c.whose].Session); code(err) != c.code {
					t.Errorf("%s ends a session of %s: %v", c.by, c.whose, err)
				}
				_, err := op.Do(t.Context(), d.Door, d.As(c.by), session.RevokeEvery, d.Member(c.whose).ID)
				if code(err) != c.code && code(err) != "forbidden" { // who may see the person, and not their sessions, is told so
					t.Errorf("%s ends the sessions of %s: %v", c.by, c.whose, err)
				}
			})
			if c.code == "holds_more" { // reading is allowed
				continue
			}
			if _, err := op.Ask(t.Context(), d.Door, d.As(c.by), session.List, d.Member(c.whose).ID); code(err) != "not_found" && code(err) != "forbidden" {
				t.Errorf("%s lists the sessions of %s: %v", c.by, c.whose, err)
			}
		}
		nobody := op.Nobody("", "", "")
		d.unchanged("nobody", func() {
			if _, err := op.Do(t.Context(), d.Door, nobody, session.Revoke, of["olu"].Session); code(err) != "sign_in" {
				t.Errorf("nobody ends a session: %v", err)
			}
			if _, err := op.Do(t.Context(), d.Door, d.As("ines"), session.Revoke, "ses_none"); code(err) != "not_found" {
				t.Errorf("a session that there is not: %v", err)
			}
		})
		if _, err := op.Do(t.Context(), d.Door, d.As("ines"), session.Revoke, of["olu"].Session); err != nil || d.present(of["olu"].Token) != nil {
			t.Errorf("an Admin ends a session: %v", err)
		}
		for _, key := range []string{"bruno", "ada", "priya"} {
			if d.present(of[key].Token) == nil {
				t.Errorf("%s is out", key)
			}
		}
	})
}

func TestEndingEverySessionKeepsThePresentOne(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		one, two, here := d.enters("mira"), d.enters("mira"), d.enters("mira")
		n, err := op.Do(t.Context(), d.Door, d.present(here.Token), session.RevokeEvery, d.Member("mira").ID)
		if err != nil || n != 2 || d.present(one.Token) != nil || d.present(two.Token) != nil || d.present(here.Token) == nil {
			t.Errorf("%d ended: %v", n, err)
		}
		if n, err := op.Do(t.Context(), d.Door, d.As("ines"), session.RevokeEvery, d.Member("mira").ID); err != nil || n != 1 || d.present(here.Token) != nil {
			t.Errorf("by an Admin, %d ended: %v", n, err)
		}
	})
}

func TestOnesOwnSessionsAreListed(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		first := d.enters("mira")
		d.Later(time.Second)
		here := d.enters("mira")
		c := d.present(here.Token)
		all, err := op.Ask(t.Context(), d.Door, c, session.List, d.Member("mira").ID)
		if err != nil || len(all) != 2 || !all[0].Current || all[1].Current || all[0].ID != here.Session || all[1].ID != first.Session {
			t.Fatalf("%+v, %v", all, err)
		}
		if all[0].IP != "203.0.113.7" || !strings.Contains(all[0].Device, "Firefox") || strings.Contains(all[0].IPBox, "203.0") {
			t.Errorf("%+v", all[0])
		}
		// A key is not its owner.
		key := *c
		key.Kind, key.ID, key.Session = op.Key, "key_01J9ZK7C2K8XQ4T5V6W7Y8Z9AB", ""
		if _, err := op.Ask(t.Context(), d.Door, &key, session.List, d.Member("mira").ID); code(err) != "not_found" && code(err) != "forbidden" {
			t.Errorf("by a key: %v", err)
		}
		other := d.present(d.enters("olu").Token)
		d.unchanged("a brand for somebody else's session", func() {
			if _, err := op.Keep(t.Context(), d.Door, other, session.Choose, session.Choice{Session: here.Session, Brand: "brd_x"}); code(err) != "not_found" {
				t.Errorf("chosen for another: %v", err)
			}
		})
	})
}

// TestNoTokenStandsInTheDatabase looks for what would let in, in every row that sessions leave.
func TestNoTokenStandsInTheDatabase(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		s := d.enters("olu")
		var bodies []string
		for _, e := range d.Events(string(d.Place("aurora").ID)) {
			for _, c := range e.Changes {
				if c.Before != nil {
					bodies = append(bodies, string(c.Before.Plain))
				}
				if c.After != nil {
					bodies = append(bodies, string(c.After.Plain))
				}
			}
		}
		row := d.row(s.Session)
		bodies = append(bodies, row.Token, row.IPBox, row.DeviceID)
		if slices.ContainsFunc(bodies, func(b string) bool { return strings.Contains(b, s.Token) || strings.Contains(b, "203.0.113.7") }) {
			t.Error("a token, or an address in the clear, stands in the database")
		}
		if slices.ContainsFunc(bodies[:len(bodies)-3], func(b string) bool { return strings.Contains(b, row.Token) }) {
			t.Error("the hash of a token stands in the log")
		}
		if _, err := user.Find(d.Store.Read(t.Context()), row.User); err != nil {
			t.Error(err)
		}
	})
}
