package admin_test

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stewardhq/steward/internal/account"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/role"
	"github.com/stewardhq/steward/internal/user"
)

// begins asks for another role of somebody in Ada's session, and gives the address of its step-up.
func begins(k *kit, of user.ID, to string) string {
	k.t.Helper()
	_, err := op.Do(k.t.Context(), k.door, k.signedIn(k.ada), account.ChangeRole, account.RoleChange{
		User: of, Reason: "Moves to the shop floor", Assignment: account.Assignment{Role: to, Places: account.At(k.aurora)},
	})
	id, ok := errs.Of(err).Extra["step_up"].(string)
	if !ok {
		k.t.Fatalf("no step-up began: %v", err)
	}
	return "/admin/step-ups/" + id
}

func (k *kit) role(id user.ID) string {
	k.t.Helper()
	held := role.Now(must(role.Of(k.db.Read(k.t.Context()), string(id)))(k.t), k.clock.UnixMilli())
	if held == nil {
		return ""
	}
	return held.Key
}

func TestNothingChangesBeforeTheCodeAndExactlyThatWithIt(t *testing.T) {
	t.Parallel()
	k := open(t)
	kim, _ := k.staff("support", k.aurora)
	ada := k.as("ada@desk.example")
	path := begins(k, kim, "shop_manager")
	page := ada.get(path + "?back=/admin/settings/users").wants(http.StatusOK)
	page.says("Shop Manager").says("Moves to the shop floor").says("a•••@desk.example").says("valid 5:00")
	if got := page.title(); !strings.HasPrefix(got, "Confirm: change the role of Kim") {
		t.Errorf("title %q", got)
	}
	code := k.code(k.ada)
	if strings.Contains(page.body, code) {
		t.Error("the code stands in the page outside the demo")
	}
	if k.role(kim) != "support" || k.events("user.change_role") != 0 {
		t.Fatal("the role changed before the code")
	}
	wrong := ada.post(path, "code", other(code), "back", "/admin/settings/users").wants(http.StatusForbidden)
	wrong.says("That code is not right. 4 tries left.")
	if in := wrong.all("input", "name=code"); len(in) != 1 || value(in[0], "aria-invalid") != "true" || value(in[0], "value") != "" {
		t.Error("the field does not say that it is wrong")
	}
	if k.role(kim) != "support" {
		t.Fatal("a wrong code changed the role")
	}
	// more fields than the form has change nothing of what waits on the server
	ada.post(path, "code", code[:3]+" "+code[3:], "back", "/admin/settings/users", "role", "super_admin", "user", string(k.ada)).leads("/admin/settings/users")
	if k.role(kim) != "shop_manager" || k.role(k.ada) != "super_admin" {
		t.Fatalf("roles are %s and %s", k.role(kim), k.role(k.ada))
	}
	// used up
	ada.post(path, "code", code, "back", "/admin/settings/users").wants(http.StatusGone)
	if k.events("user.change_role") != 1 {
		t.Errorf("%d role changes in the log", k.events("user.change_role"))
	}
	told := 0
	for _, m := range k.letters(kim) {
		if m.Kind == "role_changed" {
			told++
		}
	}
	if told != 1 {
		t.Errorf("Kim was told %d times", told)
	}
}

func TestACodeConfirmsNothingElse(t *testing.T) {
	t.Parallel()
	k := open(t)
	kim, _ := k.staff("support", k.aurora)
	ada := k.as("ada@desk.example")
	path := begins(k, kim, "shop_manager")
	proof := op.Proof{ID: strings.TrimPrefix(path, "/admin/step-ups/"), Code: k.code(k.ada)}
	_, err := op.Do(t.Context(), k.door, k.signedIn(k.ada), account.ChangeRole, account.RoleChange{
		User: kim, Reason: "Moves to the shop floor", Assignment: account.Assignment{Role: "brand_admin", Places: account.At(k.aurora)},
	}, op.With(proof))
	if !errors.Is(err, op.ErrStepUpMismatch) {
		t.Errorf("other values: %v", err)
	}
	if k.role(kim) != "support" {
		t.Error("other values were taken")
	}
	// nobody else's session sees it or confirms it, even Ada's own other one
	second := k.as("ada@desk.example")
	second.get(path).wants(http.StatusNotFound)
	second.post(path, "code", proof.Code).wants(http.StatusNotFound)
	if k.role(kim) != "support" {
		t.Error("another session confirmed it")
	}
	ada.post(path, "code", proof.Code, "back", "https://evil.example").leads("/admin")
}

func TestANewCodeIsTheOldOnesEndAndRatesAreTold(t *testing.T) {
	t.Parallel()
	k := open(t)
	kim, _ := k.staff("support", k.aurora)
	ada := k.as("ada@desk.example")
	path := begins(k, kim, "shop_manager")
	first := k.code(k.ada)
	soon := ada.post(path+"/again", "back", "/admin/settings/users").wants(http.StatusTooManyRequests)
	soon.says("A new code can be sent in 30 seconds")
	if soon.header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	k.clock = k.clock.Add(31 * time.Second)
	again := ada.post(path+"/again", "back", "/admin/settings/users")
	if again.status != http.StatusSeeOther || again.location == path || !strings.HasSuffix(again.location, "?back=%2Fadmin%2Fsettings%2Fusers") {
		t.Fatalf("%d %s", again.status, again.location)
	}
	ada.post(path, "code", first).wants(http.StatusGone)
	if k.role(kim) != "support" {
		t.Fatal("the old code still confirms")
	}
	fresh, _ := url.Parse(again.location)
	// too late, and once more
	k.clock = k.clock.Add(5*time.Minute + time.Second)
	late := ada.post(fresh.Path, "code", k.code(k.ada)).wants(http.StatusGone)
	late.says("no longer valid")
	if k.role(kim) != "support" {
		t.Fatal("a late code confirms")
	}
	again = ada.post(fresh.Path+"/again", "back", "/admin/settings/users")
	fresh, _ = url.Parse(again.location)
	ada.post(fresh.Path, "code", k.code(k.ada), "back", "/admin/settings/users").leads("/admin/settings/users")
	if k.role(kim) != "shop_manager" {
		t.Error("the last code did not confirm")
	}
}

func TestFiveWrongCodesAreTheEndOfOne(t *testing.T) {
	t.Parallel()
	k := open(t)
	kim, _ := k.staff("support", k.aurora)
	ada := k.as("ada@desk.example")
	path := begins(k, kim, "shop_manager")
	code := k.code(k.ada)
	for range 5 {
		ada.post(path, "code", other(code))
	}
	ada.post(path, "code", code).wants(http.StatusGone)
	if k.role(kim) != "support" {
		t.Error("the sixth try was taken")
	}
}

func TestOverAPageTheDialogAloneIsAnswered(t *testing.T) {
	t.Parallel()
	k := opened(t, true)
	kim, _ := k.staff("support", k.aurora)
	ada := k.as("ada@desk.example")
	path := begins(k, kim, "shop_manager")
	ada.htmx = true
	page := ada.get(path + "?back=/admin/settings/users").wants(http.StatusOK)
	if len(page.all("dialog", "data-dialog")) != 1 || len(page.all("aside")) != 0 {
		t.Error("not the dialog alone")
	}
	if !strings.Contains(page.body, k.code(k.ada)) {
		t.Error("the demo does not show the code")
	}
	a := ada.post(path, "code", k.code(k.ada), "back", "/admin/settings/users").wants(http.StatusOK)
	if a.header.Get("HX-Redirect") != "/admin/settings/users" {
		t.Errorf("leads to %q", a.header.Get("HX-Redirect"))
	}
}

// other is a code that is not this one.
func other(code string) string {
	if code == "111111" {
		return "222222"
	}
	return "111111"
}
