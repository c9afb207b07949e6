package record_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/stewardhq/steward/internal/account"
	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/audit"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/record"
	"github.com/stewardhq/steward/internal/world"
)

func renamed(t *testing.T, w *world.World, by, who, name string) {
	t.Helper()
	_, err := op.Do(t.Context(), w.Door, w.As(by), account.Edit, account.Changes{User: w.Member(who).ID, LastName: &name})
	if err != nil {
		t.Fatal(err)
	}
}

func ask[In, Out any](t *testing.T, w *world.World, as string, q *op.Query[In, Out], in In) Out {
	t.Helper()
	out, err := op.Ask(t.Context(), w.Door, w.As(as), q, in)
	if err != nil {
		t.Fatalf("%s asks %s: %v", as, q.Name, err)
	}
	return out
}

func TestEachReadsTheChainsThatAreTheirs(t *testing.T) {
	world.Each(t, func(t *testing.T, w *world.World) {
		aurora, meridian := w.Place("aurora").ID, w.Place("meridian").ID
		renamed(t, w, "ada", "olu", "Adeyemi-Clark")
		all := ask(t, w, "ada", record.List, record.Ask{Limit: 200})
		seen := map[string]bool{}
		for _, e := range all.Entries {
			seen[e.Chain] = true
		}
		for _, chain := range []string{record.Platform, string(aurora), string(meridian)} {
			if !seen[chain] {
				t.Errorf("a Super Admin does not read the chain %s", chain)
			}
		}
		for _, e := range ask(t, w, "bruno", record.List, record.Ask{Limit: 200}).Entries {
			if e.Chain != string(aurora) {
				t.Errorf("Bruno reads an entry of %s", e.Chain)
			}
		}
		for _, other := range []brand.ID{meridian, "brd_01J9ZK7C2K8XQ4T5V6W7Y8Z9AB"} {
			if _, err := op.Ask(t.Context(), w.Door, w.As("bruno"), record.List, record.Ask{Brand: other}); !errors.Is(err, errs.ErrNotFound) {
				t.Errorf("Bruno asks for %s: %v", other, err)
			}
		}
		for _, s := range w.World.Staff {
			may := s.Role == access.SuperAdmin || s.Role == access.BrandAdmin
			_, err := op.Ask(t.Context(), w.Door, w.As(s.Key), record.List, record.Ask{})
			if (err == nil) != may {
				t.Errorf("%s (%s) reads the log: %v", s.Key, s.Role.Name, err)
			}
		}
	})
}

func TestAnEntryIsToldWithNamesAndOpenedValues(t *testing.T) {
	world.Each(t, func(t *testing.T, w *world.World) {
		renamed(t, w, "ada", "olu", "Adeyemi-Clark")
		p := ask(t, w, "bruno", record.List, record.Ask{Op: "user.edit", Subject: w.Member("olu").Email})
		if len(p.Entries) != 1 {
			t.Fatalf("%d entries", len(p.Entries))
		}
		e := p.Entries[0]
		if e.Actor.Name != "Ada Okafor" || e.Actor.Known || !e.Actor.IP.Closed {
			t.Errorf("the actor of the platform is told as %+v", e.Actor)
		}
		if who := e.Person(); who == nil || who.Name != "Oluwaseun Adeyemi-Clark" || !who.Known {
			t.Errorf("the person is told as %+v", who)
		}
		if len(e.Changes) != 1 || e.Changes[0].Before.Text != "Adeyemi" || e.Changes[0].After.Text != "Adeyemi-Clark" || !e.Changes[0].After.Sealed {
			t.Errorf("changes %+v", e.Changes)
		}
		shown := ask(t, w, "ada", record.Show, e.ID)
		if shown.Actor.IP.Text != "203.0.113.7" || len(shown.Hash) != 64 || shown.ChainName != "Aurora Goods" {
			t.Errorf("shown %+v", shown)
		}
		if _, err := op.Ask(t.Context(), w.Door, w.As("priya"), record.Show, e.ID); !errors.Is(err, errs.ErrNotFound) {
			t.Errorf("the brand next door reads it: %v", err)
		}
	})
}

func TestPagesGiveEveryEntryOnceAndCursorsCannotBeForged(t *testing.T) {
	world.Each(t, func(t *testing.T, w *world.World) {
		ask0 := record.Ask{Op: "user.", Limit: 4}
		total := ask(t, w, "ada", record.Count, ask0)
		seen := map[string]bool{}
		for in := ask0; ; {
			p := ask(t, w, "ada", record.List, in)
			for _, e := range p.Entries {
				if seen[e.ID] || !strings.HasPrefix(e.Op, "user.") {
					t.Fatalf("%s %s is not new, or not asked for", e.Op, e.ID)
				}
				seen[e.ID] = true
			}
			if p.Next == "" {
				break
			}
			in.Cursor = p.Next
			for _, forged := range []record.Ask{{Op: "user.", Cursor: p.Next[:len(p.Next)-2] + "AA"}, {Op: "brand.", Cursor: p.Next}} {
				if _, err := op.Ask(t.Context(), w.Door, w.As("ada"), record.List, forged); !errors.Is(err, record.ErrCursor) {
					t.Fatalf("a cursor that was not made for this question: %v", err)
				}
			}
			if _, err := op.Ask(t.Context(), w.Door, w.As("marcus"), record.List, in); !errors.Is(err, record.ErrCursor) {
				t.Fatalf("somebody else's cursor: %v", err)
			}
		}
		if int64(len(seen)) != total || total < 10 {
			t.Errorf("%d entries in pages, %d counted", len(seen), total)
		}
	})
}

func TestTheLogIsSearchedByNumberIDAndAddress(t *testing.T) {
	world.Each(t, func(t *testing.T, w *world.World) {
		renamed(t, w, "bruno", "olu", "Ade")
		aurora := w.Place("aurora").ID
		byIP := ask(t, w, "bruno", record.List, record.Ask{Brand: aurora, Words: "203.0.113.7"})
		if len(byIP.Entries) == 0 || byIP.Entries[0].Actor.Name != "Bruno Keller" {
			t.Fatalf("by address: %+v", byIP.Entries)
		}
		e := byIP.Entries[0]
		for _, words := range []string{e.ID, "#2", " 2 "} {
			p := ask(t, w, "bruno", record.List, record.Ask{Brand: aurora, Words: words})
			if len(p.Entries) != 1 || words == e.ID && p.Entries[0].ID != e.ID || words != e.ID && p.Entries[0].N != 2 {
				t.Errorf("%q finds %+v", words, p.Entries)
			}
		}
		if _, err := op.Ask(t.Context(), w.Door, w.As("bruno"), record.List, record.Ask{Words: "okafor"}); !errors.Is(err, record.ErrWords) {
			t.Errorf("a name as search: %v", err)
		}
	})
}

func TestReadingLeavesATrailAndFragmentsDoNot(t *testing.T) {
	world.Each(t, func(t *testing.T, w *world.World) {
		aurora := w.Place("aurora").ID
		before := len(w.Events(string(aurora)))
		ask(t, w, "bruno", record.Recent, record.Ask{Brand: aurora, Limit: 5})
		ask(t, w, "bruno", record.Count, record.Ask{Brand: aurora})
		ask(t, w, "bruno", record.Chains, aurora)
		if after := len(w.Events(string(aurora))); after != before {
			t.Errorf("%d entries left by fragments", after-before)
		}
		ask(t, w, "bruno", record.List, record.Ask{Brand: aurora})
		ask(t, w, "bruno", record.About, record.AskAbout{User: w.Member("olu").ID})
		left := w.Events(string(aurora))
		if len(left) != before+2 || left[0].Op != "audit.about" || left[1].Op != "audit.list" {
			t.Errorf("%d entries left by reading twice", len(left)-before)
		}
	})
}

func TestARefusedReaderIsRecordedAsRefused(t *testing.T) {
	world.Each(t, func(t *testing.T, w *world.World) {
		_, err := op.Ask(t.Context(), w.Door, w.As("ines"), record.List, record.Ask{})
		if !errors.Is(err, op.ErrForbidden) {
			t.Fatal(err)
		}
		p := ask(t, w, "bruno", record.List, record.Ask{Outcome: audit.Refused})
		if len(p.Entries) == 0 || p.Entries[0].Actor.Name != "Ines Carvalho" || !p.Entries[0].Refused() {
			t.Errorf("%+v", p.Entries)
		}
	})
}

func TestAWatchSaysWhatWasVerifiedAndSigned(t *testing.T) {
	w := world.New(t)
	watch := &record.Watch{Store: w.Store, Checkpoints: w.Checkpoints}
	if _, err := w.Checkpoints.Write(t.Context()); err != nil {
		t.Fatal(err)
	}
	v, err := watch.Verify(t.Context())
	if err != nil || !v.Report.OK {
		t.Fatalf("%v %+v", err, v.Report)
	}
	c, ok := v.Chain(record.Platform)
	newest, err := watch.Newest()
	if err != nil || !ok || newest[record.Platform].N != c.Last || newest[record.Platform].Hash != c.Hash {
		t.Errorf("chain %+v, checkpoint %+v, %v", c, newest[record.Platform], err)
	}
	if (*record.Watch)(nil).Last().Report != nil {
		t.Error("no watch knows something")
	}
}
