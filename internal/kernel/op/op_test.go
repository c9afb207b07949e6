package op_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/audit"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
)

func TestAnEditIsOneEventWithBeforeAndAfter(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		_, err := op.Do(t.Context(), w.door, admin("usr_ada", "B1"), editThing, edit{ID: "t1", Title: "two", Owner: "Ola", Secret: "s2", Reason: "asked by phone"})
		if err != nil {
			t.Fatal(err)
		}
		e := w.events("B1")[0]
		if e.Op != "thing.edit" || e.Actor.ID != "usr_ada" || e.Reason == nil || len(e.Changes) != 3 {
			t.Fatalf("event %+v", e.Event)
		}
		for _, c := range e.Changes {
			switch c.Field {
			case "title":
				if string(c.Before.Plain) != `"one"` || string(c.After.Plain) != `"two"` {
					t.Errorf("title %s → %s", c.Before.Plain, c.After.Plain)
				}
			case "owner":
				if c.Before.Sealed == nil || c.After.Plain != nil {
					t.Error("a personal value stands in the clear")
				}
				if plain, err := w.keys.Open(t.Context(), c.After.Sealed.Person, c.After.Sealed.Box); err != nil || string(plain) != `"Ola"` {
					t.Errorf("sealed owner reads %s, %v", plain, err)
				}
			case "secret":
				if c.Before != nil || c.After != nil {
					t.Error("a secret stands in the log")
				}
			}
		}
		if v := w.thing().Version; v != 2 {
			t.Errorf("version %d after one edit", v)
		}
	})
}

func TestTheSameValuesAgainAreNoEvent(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		n := len(w.events("B1"))
		_, err := op.Do(t.Context(), w.door, admin("usr_ada", "B1"), editThing, edit{ID: "t1", Title: "one", Owner: "Olu", Secret: "s1"})
		if err != nil || len(w.events("B1")) != n || w.thing().Version != 1 {
			t.Errorf("err %v, %d events where there were %d, version %d", err, len(w.events("B1")), n, w.thing().Version)
		}
	})
}

func TestHiddenAndAbsentAnswerTheSame(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		eve := admin("usr_eve", "B10") // the brand next door, whose id begins the same
		_, hidden := op.Do(t.Context(), w.door, eve, editThing, edit{ID: "t1", Title: "x"})
		w.refusedUnchanged(hidden, errs.ErrNotFound)
		_, absent := op.Do(t.Context(), w.door, eve, editThing, edit{ID: "t0", Title: "x"})
		if errs.Of(hidden).Detail != errs.Of(absent).Detail || errs.Of(hidden).Code != errs.Of(absent).Code {
			t.Errorf("hidden %v, absent %v", hidden, absent)
		}
		refused := w.events("B10")
		if len(refused) != 1 || refused[0].Outcome != audit.Refused || len(refused[0].Subjects) != 0 {
			t.Errorf("recorded %+v", refused)
		}
	})
}

func TestRefusalsAreRecordedAndChangeNothing(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		reader := staff("usr_ron", "read_only", access.Brand("B1"))
		_, err := op.Do(t.Context(), w.door, reader, editThing, edit{ID: "t1", Title: "x"})
		w.refusedUnchanged(err, op.ErrForbidden)
		if e := w.events("B1")[0]; e.Outcome != audit.Refused || e.Actor.ID != "usr_ron" || e.Facts["permission"] != "settings.edit" {
			t.Errorf("event %+v", e.Event)
		}
		_, err = op.Do(t.Context(), w.door, op.Nobody("203.0.113.9", "", ""), editThing, edit{ID: "t1", Title: "x"})
		w.refusedUnchanged(err, op.ErrSignIn)
	})
}

func TestTheSameRefusalWithinAMinuteIsCountedOnOneEvent(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		n := len(w.events("B1"))
		reader := staff("usr_ron", "read_only", access.Brand("B1"))
		for range 7 {
			_, _ = op.Do(t.Context(), w.door, reader, editThing, edit{ID: "t1", Title: "x"})
		}
		if got := len(w.events("B1")) - n; got != 1 {
			t.Fatalf("%d events at once", got)
		}
		if err := w.door.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		if e := w.events("B1")[0]; e.Counts["repeated"] != 6 {
			t.Errorf("counted %v", e.Counts)
		}
	})
}

func TestAFailureAfterWritingUndoesEverything(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		n := len(w.events("B1"))
		_, err := op.Do(t.Context(), w.door, admin("usr_ada", "B1"), breakThing, edit{ID: "t1", Title: "x"})
		if errs.Of(err).Code != "invalid" || w.thing().Title != "one" || len(w.events("B1")) != n {
			t.Errorf("err %v, thing %+v", err, w.thing())
		}
	})
}

func TestTheDoorFailsClosed(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		ada := admin("usr_ada", "B1")
		_, err := op.Do(t.Context(), w.door, nil, editThing, edit{ID: "t1", Title: "x"})
		w.refusedUnchanged(err, errs.ErrFault)
		unlisted := &op.Action[edit, *thing, string]{Name: "thing.unlisted", Summary: "x", Allow: access.SettingsEdit, Target: findThing, Do: change}
		_, err = op.Do(t.Context(), w.door, ada, unlisted, edit{ID: "t1", Title: "x"})
		w.refusedUnchanged(err, errs.ErrFault)
		_, err = op.Keep(t.Context(), w.door, ada, cheat, "t1")
		w.refusedUnchanged(err, errs.ErrFault)
		_, err = op.Ask(t.Context(), w.door, ada, careless, "t1")
		w.refusedUnchanged(err, errs.ErrFault)
	})
}

func TestAnUpkeepWritesItsOwnColumnsWithoutAnEvent(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		n := len(w.events("B1"))
		if _, err := op.Keep(t.Context(), w.door, op.SystemActor("clock"), seeThing, "t1"); err != nil {
			t.Fatal(err)
		}
		if got := w.thing(); got.Seen == 0 || got.Version != 1 || len(w.events("B1")) != n {
			t.Errorf("after upkeep: %+v", got)
		}
	})
}

func TestARepeatWithTheSameKeyAnswersTheSame(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		ada := admin("usr_ada", "B1")
		in := edit{ID: "t1", Title: "two"}
		for range 3 {
			out, err := op.Do(t.Context(), w.door, ada, editThing, in, op.Once("k1"))
			if err != nil || out != "two" {
				t.Fatalf("%q, %v", out, err)
			}
		}
		if v := w.thing().Version; v != 2 {
			t.Errorf("version %d: it ran more than once", v)
		}
		in.Title = "three"
		if _, err := op.Do(t.Context(), w.door, ada, editThing, in, op.Once("k1")); !errors.Is(err, op.ErrKeyReused) {
			t.Errorf("another body with the same key: %v", err)
		}
	})
}

func TestOperationsThatWaitForEachOtherBothEnd(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		ada := admin("usr_ada", "B1")
		for _, id := range []string{"x", "y"} {
			if _, err := op.Do(t.Context(), w.door, ada, makeThing, thing{ID: id, Brand: "B1", Title: "one"}); err != nil {
				t.Fatal(err)
			}
		}
		var wait sync.WaitGroup
		for i := range 4 { // half of them take x and then y, the others y and then x
			wait.Go(func() {
				first, second := "x", "y"
				if i%2 == 1 {
					first, second = second, first
				}
				if _, err := op.Do(context.Background(), w.door, ada, swapThings, pair{first, second, fmt.Sprint("round ", i)}); err != nil {
					t.Errorf("%s then %s: %v", first, second, err)
				}
			})
		}
		wait.Wait()
	})
}

func TestATargetWithoutSubjectsIsRefused(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		_, err := op.Do(t.Context(), w.door, admin("usr_ada", "B1"), aimless, edit{ID: "t1", Title: "x"})
		w.refusedUnchanged(err, errs.ErrFault)
	})
}

func TestTheSameCallTwiceAtOnceRunsOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		ada := admin("usr_ada", "B1")
		var wait sync.WaitGroup
		for range 20 {
			wait.Go(func() {
				out, err := op.Do(context.Background(), w.door, ada, editThing, edit{ID: "t1", Title: "two"}, op.Once("k2"))
				if err != nil || out != "two" {
					t.Errorf("%q, %v", out, err)
				}
			})
		}
		wait.Wait()
		if v := w.thing().Version; v != 2 {
			t.Errorf("version %d: it ran more than once", v)
		}
	})
}
