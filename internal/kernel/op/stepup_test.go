package op_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
)

func TestAStepUpConfirmsExactlyWhatWasAsked(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		ada := admin("usr_ada", "B1")
		in := edit{ID: "t1", Title: "two", Owner: "Olu", Secret: "s1"}
		_, err := op.Do(t.Context(), w.door, ada, guardThing, in)
		w.refusedUnchanged(err, op.ErrStepUpRequired)
		proof := op.Proof{ID: errs.Of(err).Extra["step_up"].(string), Code: w.codes[0].Code}

		other := in
		other.Title = "three"
		_, err = op.Do(t.Context(), w.door, ada, guardThing, other, op.With(proof))
		w.refusedUnchanged(err, op.ErrStepUpMismatch)

		wrong := proof
		wrong.Code = "000000"
		if wrong.Code == proof.Code {
			wrong.Code = "000001"
		}
		_, _, err = w.door.Confirm(t.Context(), ada, wrong)
		w.refusedUnchanged(err, op.ErrStepUpWrong)
		_, _, err = w.door.Confirm(t.Context(), admin("usr_eve", "B1"), proof)
		w.refusedUnchanged(err, errs.ErrNotFound)

		if _, _, err = w.door.Confirm(t.Context(), ada, proof); err != nil || w.thing().Title != "two" {
			t.Fatalf("confirm: %v, title %s", err, w.thing().Title)
		}
		if e := w.events("B1")[0]; e.StepUp != proof.ID {
			t.Errorf("the event does not name the step-up: %+v", e.Event)
		}
		if _, _, err = w.door.Confirm(t.Context(), ada, proof); !errors.Is(err, op.ErrStepUpExpired) {
			t.Errorf("used again: %v", err)
		}
	})
}

func TestNobodyIsSentACodeForWhatIsRefusedAnyway(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		_, err := op.Do(t.Context(), w.door, admin("usr_ada", "B1"), guardThing, edit{ID: "t1", Title: "taken"})
		if errs.Of(err).Code != "invalid" || len(w.codes) != 0 {
			t.Errorf("%v, and %d codes were sent", err, len(w.codes))
		}
		w.refusedUnchanged(err, errs.Of(errs.Field("title", "")))
	})
}

func TestAStepUpCodeDiesAfterFiveMinutesAndFiveTries(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		ada := admin("usr_ada", "B1")
		in := edit{ID: "t1", Title: "two"}
		_, err := op.Do(t.Context(), w.door, ada, guardThing, in)
		proof := op.Proof{ID: errs.Of(err).Extra["step_up"].(string), Code: w.codes[0].Code}
		w.later(5*time.Minute + time.Second)
		_, _, err = w.door.Confirm(t.Context(), ada, proof)
		w.refusedUnchanged(err, op.ErrStepUpExpired)

		_, err = op.Do(t.Context(), w.door, ada, guardThing, in)
		proof = op.Proof{ID: errs.Of(err).Extra["step_up"].(string), Code: w.codes[1].Code}
		var wait sync.WaitGroup
		for range 20 { // in parallel: every guess counts before it is looked at
			wait.Go(func() {
				_, _, _ = w.door.Confirm(context.Background(), ada, op.Proof{ID: proof.ID, Code: "x"})
			})
		}
		wait.Wait()
		_, _, err = w.door.Confirm(t.Context(), ada, proof)
		w.refusedUnchanged(err, op.ErrStepUpExpired)
	})
}
