package e2e

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stewardhq/steward/internal/account"
	"github.com/stewardhq/steward/internal/apikey"
	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/user"
	"github.com/stewardhq/steward/tests/browser"
)

// Whoever is archived is a placeholder wherever one looks; who is restored is back, but for what let them in.
func TestAnArchivedCustomerIsNowhereAndComesBack(t *testing.T) {
	t.Parallel()
	d := open(t)
	b, maya := d.b, d.named["maya"]
	const shop, email = "/account/aurora", "maya.whitaker@example.com"
	traces := []string{"Whitaker", email, "900123", "Bishopthorpe"}
	aurora := d.Place("aurora")
	key, err := op.Do(t.Context(), d.Door, op.HostOperator("test"), apikey.Create, apikey.New{
		Name: "Till", Scope: aurora.ID.Scope(), Permissions: access.Of(access.CustomersView, access.OrdersView, access.AuditView), Owner: d.Member("ada").ID,
	})
	if err != nil {
		t.Fatal(err)
	}
	api := func(path string) string {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, d.Site.Public.String()+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+key.Token)
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = res.Body.Close() }()
		text, err := io.ReadAll(res.Body)
		if err != nil || res.StatusCode != http.StatusOK {
			t.Errorf("%s answers %d %s: %v", path, res.StatusCode, text, err)
		}
		return string(text)
	}

	// She has a password, a session, and a change of her phone in the log.
	if _, err := op.Do(t.Context(), d.Door, op.HostOperator("test"), account.ResetPassword, account.Of(maya)); err != nil {
		t.Fatal(err)
	}
	m := d.window()
	m.Goto(d.letter("password_reset", email).Path)
	m.Type("#f-password", passphrase)
	m.Press("Enter")
	m.WaitPath(shop + "/sign-in")
	signIn := func() {
		t.Helper()
		d.Later(5 * time.Minute)
		m.Goto(shop + "/sign-in")
		m.Type(browser.Field("E-mail"), email)
		m.Type(browser.Field("Password"), passphrase)
		m.Click(browser.Button("Sign in"))
	}
	signIn()
	m.WaitPath(shop)

	d.signIn("ada")
	page := "/admin/customers/" + string(maya)
	before := map[string]string{}
	screens := []string{page, page + "/orders", page + "/activity", page + "/audit", "/admin/customers", "/admin/customers?q=whitaker", "/admin/users?q=maya", "/admin/audit", "/admin/settings/mail", "/admin"}
	calls := []string{"/v1/customers/" + string(maya), "/v1/customers?limit=100", "/v1/orders?limit=100", "/v1/audit-events?limit=100"}
	for _, at := range screens {
		b.Goto(at)
		before[at] = b.Text("main")
	}
	for _, at := range calls {
		before[at] = api(at)
	}
	for _, at := range []string{page, "/admin/customers", "/admin/customers?q=whitaker", "/admin/audit", "/v1/customers/" + string(maya), "/v1/customers?limit=100"} {
		if !strings.Contains(before[at], "Whitaker") {
			t.Errorf("%s does not know her: what follows says nothing", at)
		}
	}
	was := *d.user(maya)

	b.Goto(page)
	deed(b, "Archive…")
	d.looks(b)
	b.Click(browser.Button("Archive Maya")) // without a reason
	if b.Count("dialog[open] select:invalid") != 1 || d.user(maya).Status != user.Active {
		t.Error("she is archived without a reason, or nothing says that one is missing")
	}
	b.Select(browser.Field("Reason"), "GDPR request")
	b.Type("#f-note", "Maya Whitaker asked by telephone")
	b.Click(browser.Button("Archive Maya"))
	b.WaitText("Confirm: ")
	if d.user(maya).Status != user.Active {
		t.Fatal("she is archived before the code")
	}
	d.confirm(b)
	b.WaitText("Archived")
	d.looks(b)

	gone := func(at, text string) {
		t.Helper()
		for _, trace := range traces {
			if i := strings.Index(text, trace); i >= 0 {
				t.Errorf("%s still says %q: …%s…", at, trace, text[max(0, i-80):min(len(text), i+80)])
			}
		}
	}
	for _, at := range screens {
		b.Goto(at)
		if b.Status() != 200 {
			t.Errorf("%s answers %d", at, b.Status())
		}
		gone(at, browser.Eval[string](b, "document.documentElement.outerHTML.replaceAll('q=whitaker', '').replaceAll('value=\"whitaker\"', '')"))
		d.looks(b)
	}
	for _, at := range calls {
		gone(at, api(at))
	}
	for _, mail := range d.Mails() {
		gone("a mail", mail.To+strings.Join(mail.Letter.Lines, " "))
	}
	signIn()
	m.WaitText("do not go together")
	d.closed(m, shop)

	b.Goto(page)
	b.Click(browser.Link("Restore…"))
	b.WaitVisible("dialog[open]")
	d.looks(b)
	b.Type("#f-reason", "It was a mistake")
	b.Click(browser.Button("Restore"))
	d.confirm(b)
	b.WaitText("Maya Whitaker")
	d.looks(b)
	is := d.user(maya)
	if is.FirstName != was.FirstName || is.LastName != was.LastName || is.Email != was.Email || is.Phone != was.Phone || is.Address != was.Address || is.Born != was.Born || is.Status != was.Status || is.Brand != brand.ID(was.Brand) {
		t.Errorf("she is back as %+v", is)
	}
	for _, at := range []string{page, page + "/orders", "/admin/customers", "/admin/customers?q=whitaker", "/admin/audit"} {
		b.Goto(at)
		if !b.Says("Whitaker") {
			t.Errorf("%s does not know her again", at)
		}
	}
	for _, at := range calls[:2] {
		if !strings.Contains(api(at), "Whitaker") {
			t.Errorf("%s does not know her again", at)
		}
	}
	d.closed(m, shop) // her session is not back
	signIn()          // nor her password
	m.WaitText("do not go together")
	m = d.comesIn(email)
	m.Goto(shop + "/profile")
	if m.Value(browser.Field("Last name")) != "Whitaker" {
		t.Error("her own page does not know her")
	}
}
