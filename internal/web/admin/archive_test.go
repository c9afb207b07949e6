package admin_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/privacy"
	"github.com/stewardhq/steward/internal/user"
)

// TestAnArchiveIsAskedForConfirmedAndTakenBack goes the way of the pages: reason, code, banner, restore.
func TestAnArchiveIsAskedForConfirmedAndTakenBack(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 0)
	page := "/admin/customers/" + string(d.buyer)
	ines := d.as(t, "ines")
	if a := ines.get(page).wants(http.StatusOK); !strings.Contains(a.body, page+"/archive") {
		t.Error("the profile does not offer it")
	}
	if a := d.as(t, "kim").get(page).wants(http.StatusOK); strings.Contains(a.body, page+"/archive") {
		t.Error("a Hub Admin is offered it")
	}
	d.as(t, "kim").get(page + "/archive").wants(http.StatusForbidden)
	ines.get(page + "/archive").wants(http.StatusOK)
	ines.post(page+"/archive", url.Values{"note": {"By letter"}}).wants(http.StatusUnprocessableEntity)
	confirm := func(v *visitor, a answer) {
		t.Helper()
		at, _, _ := strings.Cut(a.location, "?")
		if !strings.HasPrefix(at, "/admin/step-ups/") {
			t.Fatalf("led to %q with %d", a.location, a.status)
		}
		if done := v.post(at, url.Values{"code": {d.Code()}, "back": {page}}); done.location != page {
			t.Fatalf("the code: %d, %q", done.status, done.location)
		}
	}
	confirm(ines, ines.post(page+"/archive", url.Values{"reason": {"gdpr_request"}, "note": {"By letter"}, "back": {page}}))
	hidden := user.Placeholder(d.buyer)
	a := ines.get(page).wants(http.StatusOK)
	if !strings.Contains(a.body, hidden) || !strings.Contains(a.body, "Archived") || !strings.Contains(a.body, "GDPR request") || strings.Contains(a.body, page+"/restore") || strings.Contains(a.body, page+"/edit\"") {
		t.Error("what an Admin is shown of somebody archived")
	}
	ines.get(page + "/restore").wants(http.StatusForbidden)

	ada := d.as(t, "ada")
	if !strings.Contains(ada.get(page).body, page+"/restore") {
		t.Error("a Super Admin is not offered to restore")
	}
	for _, path := range append(d.pages(), "/admin/users?status=archived", "/admin/customers?status=archived", "/admin/settings/mail", page+"/archive", page+"/restore") {
		if strings.Contains(path, "q=") {
			continue // it repeats what was searched
		}
		body := strings.ToLower(ada.get(path).body)
		for _, mark := range []string{"siobh", "neill", "900142", "marygate", "by letter", "1990-04-20", "20 april 1990"} {
			if strings.Contains(body, mark) {
				t.Errorf("%s shows %q", path, mark)
			}
		}
	}
	ada.post(page+"/restore", url.Values{}).wants(http.StatusUnprocessableEntity)
	confirm(ada, ada.post(page+"/restore", url.Values{"reason": {"The wrong person"}, "back": {page}}))
	if a := ada.get(page).wants(http.StatusOK); strings.Contains(a.body, hidden) || !strings.Contains(a.body, "siobhan@example.org") {
		t.Error("she is not back")
	}
}

// TestArchivePagesAreAccessible: the dialogs, the page of somebody archived and the list of them, in both themes and on a phone.
func TestArchivePagesAreAccessible(t *testing.T) {
	d := newDesk(t, 3)
	page := "/admin/customers/" + string(d.buyer)
	archived := "/admin/customers/" + string(d.other)
	_, err := op.Do(t.Context(), d.Door, op.HostOperator("root"), privacy.Archive, privacy.Archival{User: d.other, Reason: privacy.Duplicate})
	check(t, err)
	b := d.window(t, "ada")
	for _, p := range []struct{ name, path string }{
		{"archive-ask", page + "/archive"}, {"archived-person", archived}, {"archive-restore", archived + "/restore"}, {"archived-list", "/admin/users?status=archived"},
	} {
		looksRight(t, b, p.name, p.path)
	}
}
