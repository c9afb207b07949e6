package admin_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stewardhq/steward/internal/app"
	"github.com/stewardhq/steward/internal/web/admin"
	"github.com/stewardhq/steward/internal/world"
)

func TestEveryOperationHasASentence(t *testing.T) {
	t.Parallel()
	w := world.New(t)
	var all []string
	for _, o := range app.Operations() {
		all = append(all, o.Entry().Name)
	}
	for _, e := range w.Door.Catalogue() {
		all = append(all, e.Name)
	}
	for _, name := range append(all, "step_up.issued", "step_up.confirmed", "step_up.failed", "step_up.expired", "step_up.reused") {
		if !admin.Says(name) {
			t.Errorf("the audit log has no words for %s: add them to format_sentences.go", name)
		}
	}
}

func TestTheAuditLogIsForItsReadersAndFiltersFindEntries(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 0)
	for _, key := range staffOf {
		want := http.StatusForbidden
		if key == "ada" || key == "bruno" {
			want = http.StatusOK
		}
		for _, path := range []string{"/admin/audit", "/admin/audit/total"} {
			if a := d.as(t, key).get(path); a.status != want {
				t.Errorf("%s opens %s: %d", key, path, a.status)
			}
		}
	}
	b := d.as(t, "bruno")
	b.get("/admin/audit?outcome=refused").says("Ines Carvalho tried to read the audit log").says("Refused")
	one := b.get("/admin/audit?what=auth.&about=" + url.QueryEscape(d.Member("olu").Email)).says("Oluwaseun Adeyemi signed in")
	if n := len(one.all("li", "data-row")); n == 0 {
		t.Error("Olu's sign-ins are not found")
	}
	b.get("/admin/audit?who=" + string(d.Member("ines").ID)).says("Ines Carvalho tried to read the audit log")
	b.get("/admin/audit?from=2026-11-20&to=2026-11-20").wants(http.StatusOK)
	b.get("/admin/audit?from=yesterday").wants(http.StatusOK).says("yesterday is not a day")
	b.get("/admin/audit?q=okafor").wants(http.StatusUnprocessableEntity).says("by the number of an entry")
	b.get("/admin/audit?outcome=maybe").wants(http.StatusUnprocessableEntity)
	b.get("/admin/audit?nonsense=1").wants(http.StatusBadRequest)
	var entry string
	for _, link := range b.get("/admin/audit").all("a") {
		if href := value(link, "href"); strings.HasPrefix(href, "/admin/audit/aud_") {
			entry = href
		}
	}
	b.get(entry).wants(http.StatusOK).says("Hash")
	d.as(t, "priya").get(entry).wants(http.StatusNotFound)
	d.as(t, "ines").get(entry).wants(http.StatusForbidden)
}

func TestAuditPagesGiveEveryEntryOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 90)
	b := d.as(t, "bruno")
	seen := map[string]bool{}
	for path := "/admin/audit?what=customer."; path != ""; {
		a := b.get(path).wants(http.StatusOK)
		for _, li := range a.all("li", "data-row") {
			if id := value(li, "data-row"); seen[id] {
				t.Fatalf("%s twice", id)
			} else {
				seen[id] = true
			}
		}
		path = ""
		for _, next := range a.all("a", "rel=next") {
			path = value(next, "href")
		}
	}
	if len(seen) != 93 { // 92 customers of Aurora, and imported spend
		t.Errorf("%d entries", len(seen))
	}
}
