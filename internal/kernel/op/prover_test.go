package op_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/store"
)

// app is an authenticator whose codes are good once.
type app struct {
	has  bool
	mail bool
	code string
}

func (a *app) Ways(store.Reader, *op.Caller) (op.Ways, error) {
	if !a.has {
		return op.Ways{Mail: true}, nil
	}
	return op.Ways{Has: []string{"app"}, Mail: a.mail}, nil
}

func (a *app) Try(_ *op.Tx, _, answer string) (string, bool, error) {
	right := answer == a.code && a.code != ""
	if right {
		a.code = ""
	}
	return "app", right, nil
}

func TestWhatIsStrongerThanAMailboxProvesAStepUpToo(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		ada := admin("usr_ada", "B1")
		w.app.has, w.app.mail, w.app.code = true, true, "app-1"
		in := edit{ID: "t1", Title: "two"}
		_, err := op.Do(t.Context(), w.door, ada, guardThing, in)
		w.refusedUnchanged(err, op.ErrStepUpRequired)
		id, _ := errs.Of(err).Extra["step_up"].(string)
		if p, err := w.door.Pending(t.Context(), ada, id); err != nil || !p.Mailed || len(p.Ways) != 1 || len(w.codes) != 1 {
			t.Fatalf("%+v, %v, %d codes", p, err, len(w.codes))
		}
		_, _, err = w.door.Confirm(t.Context(), ada, op.Proof{ID: id, Code: "app-0"})
		w.refusedUnchanged(err, op.ErrStepUpWrong)
		// Used for other values, it is refused and changes nothing; for what was asked it is good still, although the app's code is used up.
		other := in
		other.Title = "three"
		_, err = op.Do(t.Context(), w.door, ada, guardThing, other, op.With(op.Proof{ID: id, Code: "app-1"}))
		w.refusedUnchanged(err, op.ErrStepUpMismatch)
		if _, _, err = w.door.Confirm(t.Context(), ada, op.Proof{ID: id, Code: "app-1"}); err != nil || w.thing().Title != "two" {
			t.Fatalf("%v, %q", err, w.thing().Title)
		}
		_, _, err = w.door.Confirm(t.Context(), ada, op.Proof{ID: id, Code: "app-1"})
		if !errors.Is(err, op.ErrStepUpExpired) {
			t.Errorf("used again: %v", err)
		}
	})
}

func TestNoCodeIsMailedWhereTheRulesSaySo(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		ada := admin("usr_ada", "B1")
		w.app.has, w.app.code = true, "app-1"
		_, err := op.Do(t.Context(), w.door, ada, guardThing, edit{ID: "t1", Title: "two"})
		w.refusedUnchanged(err, op.ErrStepUpRequired)
		id, _ := errs.Of(err).Extra["step_up"].(string)
		if len(w.codes) != 0 {
			t.Fatalf("%d codes were mailed", len(w.codes))
		}
		_, _, err = w.door.Confirm(t.Context(), ada, op.Proof{ID: id})
		w.refusedUnchanged(err, op.ErrStepUpWrong)
		if _, _, err = w.door.Confirm(t.Context(), ada, op.Proof{ID: id, Code: "app-1"}); err != nil {
			t.Fatal(err)
		}
	})
}

func TestTheRatesOfCodesDoNotHoldUpWhoNeedsNone(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		ada := admin("usr_ada", "B1")
		w.app.has, w.app.mail = true, true
		for range 8 {
			_, err := op.Do(t.Context(), w.door, ada, guardThing, edit{ID: "t1", Title: "two"})
			w.refusedUnchanged(err, op.ErrStepUpRequired)
			w.later(time.Second)
		}
		if len(w.codes) != 1 {
			t.Errorf("%d codes were mailed in eight seconds", len(w.codes))
		}
	})
}
