package web

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stewardhq/steward/internal/web/ui"
)

// Where a form goes afterwards is on this host, however it is spelled and whoever reads it: the redirect that we send, htmx, and a
// browser, which takes backslashes for slashes and drops line ends.
func FuzzNobodyIsLedToAnotherSite(f *testing.F) {
	for _, back := range []string{"/admin/users?q=1#x", "//evil.example", "/\\evil.example", "/\t/evil.example", "https://evil.example", "/.//evil.example", "/..//evil.example", "/%2f/evil.example", "/a/..//evil.example",
		"/\u2028/evil", "/\x00/evil", "///evil", "/admin?back=//evil", "javascript:alert(1)", "/;@evil.example", "/\u3002evil", "/%5cevil", "/ /evil"} {
		f.Add(back)
	}
	here, _ := url.Parse("https://desk.example/admin/sign-in")
	f.Fuzz(func(t *testing.T, back string) {
		to := Back(back, "")
		if to == "" {
			return
		}
		for _, htmx := range []string{"", "true"} {
			w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "https://desk.example/admin/sign-in", nil)
			r.Header.Set("HX-Request", htmx)
			ui.Redirect(w, r, to)
			for _, name := range []string{"Location", "HX-Redirect"} {
				sent := w.Header().Get(name)
				if sent == "" {
					continue
				}
				read := strings.NewReplacer("\\", "/", "\t", "", "\n", "", "\r", "").Replace(strings.TrimSpace(sent))
				u, err := here.Parse(read)
				if err != nil || u.Host != here.Host || u.Scheme != "https" || strings.HasPrefix(read, "//") || strings.ContainsAny(sent, "\r\n\x00") {
					t.Errorf("%q: %s is %q, which leads to %v %v", back, name, sent, u, err)
				}
			}
		}
	})
}
