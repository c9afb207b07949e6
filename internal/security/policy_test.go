package security_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stewardhq/steward/internal/account"
	"github.com/stewardhq/steward/internal/auth/password"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/security"
	"github.com/stewardhq/steward/internal/user"
	"github.com/stewardhq/steward/internal/world"
)

// change turns knobs of the policy in force, with the mailed code where one is asked for.
func change(t *testing.T, w *world.World, c *op.Caller, turn func(*security.Policy)) (op.Confirmation, error) {
	t.Helper()
	in := security.Changed{Policy: inForce(t, w)}
	turn(&in.Policy)
	_, err := op.Do(t.Context(), w.Door, c, security.Change, in)
	if !errors.Is(err, op.ErrStepUpRequired) {
		return op.Confirmation{}, err
	}
	id, _ := errs.Of(err).Extra["step_up"].(string)
	waits, err := w.Door.Pending(t.Context(), c, id)
	if err != nil {
		t.Fatal(err)
	}
	_, err = op.Do(t.Context(), w.Door, c, security.Change, in, op.With(op.Proof{ID: id, Code: w.Code()}))
	w.Later(time.Minute)
	return waits.Confirmation, err
}

func inForce(t *testing.T, w *world.World) security.Policy {
	t.Helper()
	p, err := security.Load(w.Store.Read(context.Background()))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestTheConfirmationNamesWhatChangesAndHowItIsWeaker(t *testing.T) {
	world.Each(t, func(t *testing.T, w *world.World) {
		shown, err := change(t, w, w.As("ada"), func(p *security.Policy) {
			p.Sessions.Staff.Idle = 45 * time.Minute
			p.Sessions.Company.Overall = 3 * 24 * time.Hour
			p.Password.Require.Digit = true
			p.ArchiveDays = 1
		})
		if err != nil {
			t.Fatal(err)
		}
		want := []op.Fact{
			{Label: "A digit is required", Value: "no → yes. Required characters make passwords predictable (Password1!) and hard to remember; a greater length protects better."},
			{Label: "Staff: signed out when idle for", Value: "30 minutes → 45 minutes. Weaker than the default: a screen left open stays open longer."},
			{Label: "Company users: signed out after", Value: "7 days → 3 days"},
			{Label: "Archived people can be restored for", Value: "30 days → 1 day"},
		}
		if len(shown.Facts) != len(want) {
			t.Fatalf("%d facts: %v", len(shown.Facts), shown.Facts)
		}
		for i := range want {
			if shown.Facts[i] != want[i] {
				t.Errorf("fact %d is\n%v, want\n%v", i, shown.Facts[i], want[i])
			}
		}
		if p := inForce(t, w); p.Sessions.Staff.Idle != 45*time.Minute || !p.Password.Require.Digit {
			t.Errorf("in force: %+v", p)
		}
		// Nothing of it weakens what was weak already: only what is turned is told.
		again, err := change(t, w, w.As("ada"), func(p *security.Policy) { p.ResetMinutes = 30 })
		if err != nil || len(again.Facts) != 1 {
			t.Errorf("%v, %v", again.Facts, err)
		}
	})
}

func TestOnlyWhoHoldsItChangesTheRulesWithinBoundsAndAsTheySawThem(t *testing.T) {
	world.Each(t, func(t *testing.T, w *world.World) {
		before := inForce(t, w)
		for _, who := range []string{"ines", "bruno", "rosa"} {
			if _, err := change(t, w, w.As(who), func(p *security.Policy) { p.ArchiveDays = 20 }); !errors.Is(err, op.ErrForbidden) {
				t.Errorf("%s: %v", who, err)
			}
		}
		_, err := change(t, w, w.As("ada"), func(p *security.Policy) {
			p.Sessions.Staff.Idle, p.Password.MinStaff, p.StepUpMail = 2*time.Hour, 4, "sometimes"
		})
		if f := errs.Of(err).Fields; len(f) != 3 || f["sessions.staff.idle"] == "" || f["password.min_staff"] == "" || f["step_up_mail"] == "" {
			t.Errorf("out of bounds: %v", f)
		}
		if inForce(t, w) != before {
			t.Error("what was refused is in force")
		}
		shown, err := op.Ask(t.Context(), w.Door, w.As("ines"), security.Show, op.None{})
		if err != nil || shown.Version != 1 {
			t.Fatalf("version %d, %v", shown.Version, err)
		}
		if _, err := change(t, w, w.As("ada"), func(p *security.Policy) { p.ArchiveDays = 20 }); err != nil {
			t.Fatal(err)
		}
		late := security.Changed{Policy: shown.Policy, Version: shown.Version}
		late.ResetMinutes = 10
		if _, err := op.Do(t.Context(), w.Door, op.HostOperator("root"), security.Change, late); !errors.Is(err, op.ErrStale) {
			t.Errorf("who saw the defaults overwrites: %v", err)
		}
		events := len(w.Events("platform"))
		if _, err := op.Do(t.Context(), w.Door, w.As("ada"), security.Change, security.Changed{Policy: inForce(t, w)}); err != nil || len(w.Events("platform")) != events {
			t.Errorf("the same again asks for a proof, or is an event: %v", err)
		}
	})
}

func TestWhereNoCodesAreMailedWhoHasNothingConfirmsNothing(t *testing.T) {
	world.Each(t, func(t *testing.T, w *world.World) {
		if _, err := change(t, w, w.As("ada"), func(p *security.Policy) { p.StepUpMail, p.SecondFactor = security.MailNever, false }); err != nil {
			t.Fatal(err)
		}
		ada := w.As("ada")
		mails := len(w.Mails())
		in := security.Changed{Policy: inForce(t, w)}
		in.ArchiveDays = 25
		if _, err := op.Do(t.Context(), w.Door, ada, security.Change, in); !errors.Is(err, op.ErrStepUpRequired) || len(w.Mails()) != mails {
			t.Errorf("who has an app confirms with it, and no code is mailed: %v", err)
		}
		if _, err := op.Do(t.Context(), w.Door, op.HostOperator("root"), account.ResetSecondFactor, account.Of(user.ID(ada.Person))); err != nil {
			t.Fatal(err)
		}
		mails, before := len(w.Mails()), inForce(t, w)
		if _, err := op.Do(t.Context(), w.Door, ada, security.Change, in); !errors.Is(err, op.ErrStepUpNoWay) || len(w.Mails()) != mails || inForce(t, w) != before {
			t.Errorf("who has nothing is refused, and nothing changes: %v", err)
		}
	})
}

func TestEveryKnobIsSaidTypedAndReadBack(t *testing.T) {
	for _, preset := range password.Presets {
		p := security.Default()
		p.Password, _ = password.Of(preset)
		got := security.Policy{}
		for _, k := range security.Knobs {
			if problem := k.Set(&got, k.Text(p)); problem != "" {
				t.Errorf("%s: %s", k.Field, problem)
			}
			if k.Say(p) == "" || k.Label == "" {
				t.Errorf("%s says nothing", k.Field)
			}
		}
		if got != p {
			t.Errorf("%s comes back as %+v", preset, got)
		}
		for _, w := range p.Weaknesses() {
			known := w.Field == "password.require"
			for _, k := range security.Knobs {
				known = known || k.Field == w.Field
			}
			if !known {
				t.Errorf("nothing on the page is called %s", w.Field)
			}
		}
	}
}

func TestSpansAreReadAsPeopleSayThem(t *testing.T) {
	for typed, want := range map[string]time.Duration{
		"30 minutes": 30 * time.Minute, "1 minute": time.Minute, "90 min": 90 * time.Minute, "12h": 12 * time.Hour, " 14 Days ": 14 * 24 * time.Hour, "30 sec.": 30 * time.Second, "0 seconds": 0,
	} {
		if got, ok := security.ParseSpan(typed); !ok || got != want {
			t.Errorf("%q is %v, %v", typed, got, ok)
		}
	}
	for _, typed := range []string{"", "30", "minutes", "-1 minutes", "1.5 hours", "3 weeks", "9999999999 days", "213504 days", "1 hour 30 minutes"} {
		if got, ok := security.ParseSpan(typed); ok {
			t.Errorf("%q is %v", typed, got)
		}
	}
	for d, want := range map[time.Duration]string{24 * time.Hour: "24 hours", 48 * time.Hour: "2 days", time.Hour: "1 hour", 90 * time.Second: "90 seconds", 0: "0 seconds"} {
		if got := security.Span(d); got != want || strings.Contains(got, "1 hours") {
			t.Errorf("%v is said %q", d, got)
		}
	}
}
