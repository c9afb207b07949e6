package web

import (
	"net/http"
	"time"

	"github.com/stewardhq/steward/internal/auth"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/user"
	"github.com/stewardhq/steward/internal/web/ui"
)

// Staff who look through somebody's eyes see their pages with a banner: who, as whom, what they may, until when. What is the person's
// alone is not shown to them, and refused where they ask for it; what may be done at all, the operations decide (op.While).
//
// The browser holds it in a cookie of its own, which comes before the one of a session that the member of staff may have there as a
// customer. That session lives on, and is theirs again afterwards; but no form that was opened through somebody's eyes is ever taken
// as one of theirs.

// ErrEyesOver refuses a form that was opened through somebody's eyes when that is over.
var ErrEyesOver = errs.New(errs.Conflict, "impersonation_over", "You no longer look through somebody else's eyes, so nothing was changed. What you see here from now on is your own account.")

// stillMeant refuses a form of who is themself again since it was opened.
func (v *Visit) stillMeant(over bool) error {
	if over && v.R.Method != http.MethodGet && v.R.Method != http.MethodHead {
		return ErrEyesOver
	}
	return nil
}

// throughEyes says whether the visit is an impersonation.
func (v *Visit) throughEyes() bool { return v.Present != nil && v.Present.As != nil }

// theirsAlone is a page that nobody opens through the person's eyes: how they sign in, where from, and what waits for their proof.
func theirsAlone(h Handler) Handler {
	return func(v *Visit) error {
		if v.throughEyes() {
			return op.ErrImpersonating
		}
		return h(v)
	}
}

// mayChange says whether forms are of any use to who visits.
func (v *Visit) mayChange() bool { return v.Present.As == nil || v.Present.Session.Writes }

func (v *Visit) viewing() *ui.Viewing {
	p := v.Present
	b := &ui.Viewing{Who: p.As.Name(), Whom: p.User.Name(), May: "Look only", Until: v.Clock().Time(time.UnixMilli(p.Session.EndsAt)), End: v.Base() + "/impersonation/end"}
	if b.Who == "" {
		b.Who = "Somebody of the staff"
	}
	if b.Whom == "" {
		b.Whom = string(p.User.ID)
	}
	if p.Session.Writes {
		b.May = "Look and change"
	}
	return b
}

// endImpersonation ends it, and leads back to the person's page at the desk.
func endImpersonation(v *Visit) error {
	if v.Present.As == nil {
		return v.Gone(v.Base())
	}
	if _, err := op.Do(v.Ctx(), v.Site.Door, v.Caller, auth.StopImpersonating, op.None{}); err != nil {
		return err
	}
	v.Drop(eyesOf(v.Audience))
	if v.Present.User.Kinds&user.IsCustomer != 0 {
		return v.Gone("/admin/customers/" + string(v.Present.User.ID))
	}
	return v.Gone("/admin/users/" + string(v.Present.User.ID))
}
