package op_test

import (
	"testing"

	"github.com/stewardhq/steward/internal/kernel/op"
)

func TestThroughSomebodyElsesEyesNothingIsDoneThatWasNotAllowed(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		ada := admin("usr_ada", "B1")
		for _, as := range []*op.Impersonator{{Person: "usr_olu"}, {Person: "usr_olu", Writes: true}} {
			through := *ada
			through.As = as
			_, err := op.Do(t.Context(), w.door, &through, editThing, edit{ID: "t1", Title: "two"})
			w.refusedUnchanged(err, op.ErrImpersonating)
			if e := w.events("B1")[0]; e.Actor.Person != "usr_olu" || e.Actor.OnBehalf != "usr_ada" || e.Outcome != "refused" {
				t.Errorf("the refusal names %+v", e.Actor)
			}
		}
		through := *ada
		through.As = &op.Impersonator{Person: "usr_olu"}
		_, err := op.Do(t.Context(), w.door, &through, borrowThing, edit{ID: "t1", Title: "two"})
		w.refusedUnchanged(err, op.ErrImpersonating)
		through.As.Writes = true
		if _, err := op.Do(t.Context(), w.door, &through, borrowThing, edit{ID: "t1", Title: "two"}); err != nil || w.thing().Title != "two" {
			t.Fatalf("who may also write: %v, %q", err, w.thing().Title)
		}
		if e := w.events("B1")[0]; e.Actor.Person != "usr_olu" || e.Actor.OnBehalf != "usr_ada" || e.Actor.IP == nil || e.Actor.IP.Person != "usr_olu" {
			t.Errorf("the event names %+v", e.Actor)
		}
	})
}
