package admin_test

import (
	"net/http"
	"strconv"
	"testing"

	"github.com/stewardhq/steward/internal/account"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/security"
)

// A form that answers “too many” itself says when to come back, as the page of the same refusal does.
func TestAFormThatAnswersTooManySaysWhenToComeBack(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 0)
	operator := op.HostOperator("test")
	rules := security.Default()
	rules.SecondFactor = false
	_, err := op.Do(t.Context(), d.Door, operator, security.Change, security.Changed{Policy: rules})
	check(t, err)
	_, err = op.Do(t.Context(), d.Door, operator, account.ResetSecondFactor, account.Of(d.Member("bruno").ID)) // who has an app needs no mailed code
	check(t, err)
	b := d.as(t, "bruno")
	page := "/admin/customers/" + string(d.buyer) + "/edit"
	form := formOf(b.get(page))
	form.Set("email", "first@example.org")
	if a := b.post(page, form); a.status != http.StatusSeeOther {
		t.Fatalf("the first code: %d %s", a.status, a.sheet())
	}
	form.Set("email", "second@example.org")
	soon := b.post(page, form).wants(http.StatusTooManyRequests).says("too many codes in a short time")
	if n, err := strconv.Atoi(soon.header.Get("Retry-After")); err != nil || n < 1 || n > 60 {
		t.Errorf("Retry-After is %q", soon.header.Get("Retry-After"))
	}
	if formOf(soon).Get("email") != "second@example.org" {
		t.Error("what was typed is lost")
	}
}
