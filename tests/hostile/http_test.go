package hostile

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stewardhq/steward/internal/customer"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/user"
	"github.com/stewardhq/steward/internal/world"
)

func TestAForgedHostReachesNothing(t *testing.T) {
	calm(t)
	t.Parallel()
	w := world.New(t)
	server := w.Serve()
	ada := signedIn(t, w, server.URL, "ada")
	for _, host := range []string{"evil.example", "evil.example:443", "localhost.evil.example", "LOCALHOST:1", "[::1]:1", "user@evil.example"} {
		r, err := http.NewRequest("GET", server.URL+"/admin", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = host
		a, err := send(ada, r)
		if err != nil {
			t.Fatal(err)
		}
		if a.status != http.StatusMisdirectedRequest {
			t.Errorf("Host: %s is answered %d", host, a.status)
		}
		if strings.Contains(a.text, "evil.example") || strings.Contains(fmt.Sprint(a.header), "evil.example") {
			t.Errorf("Host: %s comes back in the answer", host)
		}
	}
	for _, name := range []string{"X-Forwarded-Host", "Forwarded", "X-Forwarded-Server", "X-Original-Host", "X-Host"} {
		for _, path := range []string{"/admin", "/admin/sign-in", "/admin/nothing-here", "/admin/settings/brands"} {
			r, err := http.NewRequest("GET", server.URL+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set(name, "host=evil.example;proto=https")
			r.Header.Add(name, "evil.example")
			r.Header.Set("X-Forwarded-Proto", "https")
			r.Header.Set("X-Forwarded-Port", "666")
			a, err := send(visitor(t), r)
			if err != nil {
				t.Fatal(err)
			}
			if all := a.text + fmt.Sprint(a.header); strings.Contains(all, "evil.example") || strings.Contains(all, "666") {
				t.Errorf("%s on %s comes back in the answer", name, path)
			}
		}
	}
}

// A link in a mail is made of the configured address, whatever the request that caused it said.
func TestAForgedHostReachesNoMailAndNoLog(t *testing.T) {
	calm(t)
	t.Parallel()
	w := world.New(t)
	server := w.Serve()
	bruno := signedIn(t, w, server.URL, "bruno")
	id := aCustomer(t, w)
	a, err := post(bruno, server.URL+"/admin/users/"+string(id)+"/deactivate", url.Values{}, "X-Forwarded-Host", "evil.example", "Forwarded", "for=6.6.6.6;host=evil.example", "X-Forwarded-For", "6.6.6.6")
	if err != nil {
		t.Fatal(err)
	}
	if a.status != http.StatusSeeOther {
		t.Fatalf("deactivating is answered %s", a)
	}
	for _, m := range w.Mails() {
		if said := fmt.Sprintf("%+v", m.Letter); strings.Contains(said, "evil.example") || strings.Contains(said, "6.6.6.6") {
			t.Errorf("a mail says %s", said)
		}
	}
}

func TestAPostFromAnotherSiteChangesNothing(t *testing.T) {
	calm(t)
	t.Parallel()
	w := world.New(t)
	server := w.Serve()
	bruno := signedIn(t, w, server.URL, "bruno")
	york := string(w.Place("aurora").Hub["York"])
	form := url.Values{"name": {"Owned"}, "city": {"Owned"}, "version": {"1"}}
	address := server.URL + "/admin/settings/locations/" + york
	for _, headers := range [][]string{
		{"Sec-Fetch-Site", "cross-site"},
		{"Sec-Fetch-Site", "same-site"},
		{"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"},
		{"Sec-Fetch-Site", "", "Origin", "https://evil.example"},
		{"Sec-Fetch-Site", "", "Origin", "null"},
		{"Sec-Fetch-Site", "", "Origin", "http://localhost.evil.example"},
	} {
		unchanged(t, w.Store, fmt.Sprint(headers), func() {
			a, err := post(bruno, address, form, headers...)
			if err != nil {
				t.Fatal(err)
			}
			if a.status != http.StatusForbidden {
				t.Errorf("a post with %v is answered %d", headers, a.status)
			}
		})
	}
	// And no change of state hides behind a GET.
	unchanged(t, w.Store, "a GET", func() {
		for _, path := range []string{"/admin/settings/locations/" + york + "?name=Owned&city=Owned", "/admin/sign-out", "/admin/brand?brand=platform", "/admin/preferences/theme?theme=dark"} {
			r, err := bruno.Get(server.URL + path)
			if err != nil {
				t.Fatal(err)
			}
			_ = r.Body.Close()
		}
	})
	if a, err := post(bruno, address, form); err != nil || a.status != http.StatusSeeOther {
		t.Errorf("the same from our own page: %v %v", a, err)
	}
}

func TestBodiesThatNoProgramShouldSendAreRefused(t *testing.T) {
	calm(t)
	world.Each(t, func(t *testing.T, w *world.World) {
		server := w.Serve()
		id := string(aCustomer(t, w))
		token := newKey(t, w.Door, w.Member("ada").ID, access.Platform, access.CustomersView, access.CustomersEdit, access.UsersView, access.UsersEdit, access.UsersInvite)
		patch := server.URL + "/v1/customers/" + id
		for _, c := range []struct {
			what, method, address, body string
			headers                     []string
			status                      int
		}{
			{"an unknown key", "PATCH", patch, `{"phone":"+442079460001","nothing":1}`, nil, 400},
			{"a key twice", "PATCH", patch, `{"phone":"+442079460001","phone":"+442079460002"}`, nil, 400},
			{"Role for role", "POST", server.URL + "/v1/users", `{"email":"x@example.org","first_name":"X","Role":"super_admin","brand":"platform"}`, nil, 400},
			{"Phone for phone", "PATCH", patch, `{"Phone":"+442079460001"}`, nil, 400},
			{"a role in an edit", "PATCH", patch, `{"role":"super_admin"}`, nil, 400},
			{"a status in an edit", "PATCH", patch, `{"status":"active"}`, nil, 400},
			{"a version in an edit", "PATCH", patch, `{"version":7}`, nil, 400},
			{"a user in an edit", "PATCH", patch, `{"user":"usr_somebody","phone":"+442079460001"}`, nil, 400},
			{"a brand in an edit", "PATCH", patch, `{"brand_id":"platform"}`, nil, 400},
			{"a spend in an edit", "PATCH", patch, `{"lifetime_spend":{"amount":"1.00","currency":"GBP"}}`, nil, 400},
			{"text behind the document", "PATCH", patch, `{"phone":"+442079460001"} {}`, nil, 400},
			{"a number for a text", "PATCH", patch, `{"phone":44}`, nil, 422},
			{"a list for an object", "PATCH", patch, `[{"phone":"+442079460001"}]`, nil, 422},
			{"no JSON", "PATCH", patch, `phone=1`, nil, 400},
			{"broken UTF-8", "PATCH", patch, "{\"first_name\":\"\xff\xfe\"}", nil, 400},
			{"33 levels", "PATCH", patch, strings.Repeat(`{"a":`, 40) + "1" + strings.Repeat("}", 40), nil, 400},
			{"a form", "PATCH", patch, `{"phone":"+442079460001"}`, []string{"Content-Type", "text/plain"}, 415},
			{"a form of a browser", "PATCH", patch, "phone=1", []string{"Content-Type", "application/x-www-form-urlencoded"}, 415},
			{"two megabytes", "PATCH", patch, `{"address":"` + strings.Repeat("a", 2<<20) + `"}`, nil, 413},
			{"an unknown parameter", "GET", server.URL + "/v1/customers?brand=aurora&nothing=1", "", nil, 400},
			{"a parameter twice", "GET", server.URL + "/v1/customers?brand=aurora&limit=1&limit=2", "", nil, 400},
			{"LIMIT for limit", "GET", server.URL + "/v1/customers?brand=aurora&LIMIT=1", "", nil, 400},
			{"a page of everything", "GET", server.URL + "/v1/customers?brand=aurora&limit=100000", "", nil, 422},
			{"an unknown field to sort by", "GET", server.URL + "/v1/customers?brand=aurora&sort=password", "", nil, 400},
			{"SQL for a field to sort by", "GET", server.URL + "/v1/customers?brand=aurora&sort=" + url.QueryEscape("name; drop table users"), "", nil, 400},
		} {
			unchanged(t, w.Store, c.what, func() {
				a, err := call(http.DefaultClient, c.method, c.address, token, c.body, append([]string{"If-Match", "*"}, c.headers...)...)
				if err != nil {
					t.Fatal(err)
				}
				if a.status != c.status && !(c.status == 422 && a.status == 400) {
					t.Errorf("%s is answered %d, not %d: %.200s", c.what, a.status, c.status, a.text)
				}
				if a.header.Get("Content-Type") != "application/problem+json" || a.says("detail") == "" || a.says("code") == "" {
					t.Errorf("%s is answered without a sentence: %s %.200s", c.what, a.header.Get("Content-Type"), a.text)
				}
			})
		}
	})
}

func TestForgedCursorsAreRefused(t *testing.T) {
	calm(t)
	world.Each(t, func(t *testing.T, w *world.World) {
		server := w.Serve()
		aurora := w.Place("aurora")
		for i := range 7 {
			_, err := op.Do(t.Context(), w.Door, op.HostOperator("test"), customer.Create, customer.New{
				Brand: aurora.ID, Location: aurora.Hub["York"], FirstName: "Some", LastName: fmt.Sprintf("Body %d", i), Email: fmt.Sprintf("b%d@example.org", i),
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		ask := func(token, query string) answer {
			t.Helper()
			a, err := call(http.DefaultClient, "GET", server.URL+"/v1/customers?"+query, token, "")
			if err != nil {
				t.Fatal(err)
			}
			return a
		}
		bruno := newKey(t, w.Door, w.Member("bruno").ID, aurora.ID.Scope(), access.CustomersView)
		ines := newKey(t, w.Door, w.Member("ines").ID, aurora.ID.Scope(), access.CustomersView)
		first := ask(bruno, "limit=2")
		next := first.says("next_cursor")
		if first.status != 200 || next == "" {
			t.Fatalf("no first page with a cursor: %s", first)
		}
		if a := ask(bruno, "limit=2&cursor="+url.QueryEscape(next)); a.status != 200 {
			t.Fatalf("the cursor itself is refused: %s", a)
		}
		middle := len(next) / 2
		flipped := next[:middle] + map[bool]string{true: "B", false: "A"}[next[middle] == 'A'] + next[middle+1:]
		for what, c := range map[string][2]string{
			"a character changed": {bruno, "limit=2&cursor=" + url.QueryEscape(flipped)},
			"the end cut off":     {bruno, "limit=2&cursor=" + url.QueryEscape(next[:len(next)-3])},
			"somebody else's":     {ines, "limit=2&cursor=" + url.QueryEscape(next)},
			"another order":       {bruno, "limit=2&sort=-registered_at&cursor=" + url.QueryEscape(next)},
			"another filter":      {bruno, "limit=2&status=active&cursor=" + url.QueryEscape(next)},
			"another list":        {bruno, "limit=2&q=body&cursor=" + url.QueryEscape(next)},
			"nonsense":            {bruno, "limit=2&cursor=AAAA"},
			"no base64":           {bruno, "limit=2&cursor=%00%ff"},
		} {
			if a := ask(c[0], c[1]); a.status != http.StatusBadRequest {
				t.Errorf("a cursor with %s is answered %s", what, a)
			}
		}
	})
}

func TestWhatIsHiddenAndWhatIsAbsentAnswerAlike(t *testing.T) {
	calm(t)
	t.Parallel()
	w := world.New(t)
	server := w.Serve()
	hidden := string(aCustomer(t, w)) // of Aurora
	absent := hidden[:len(hidden)-4] + "0000"
	if u, err := user.Find(w.Store.Read(t.Context()), user.ID(absent)); err == nil {
		t.Fatalf("%s is there", u.ID)
	}
	meridian := w.Place("meridian").ID
	token := newKey(t, w.Door, w.Member("priya").ID, meridian.Scope(), access.CustomersView, access.CustomersEdit, access.UsersView, access.CustomersPurchases, access.UsersSessions)
	priya := signedIn(t, w, server.URL, "priya")
	same := func(what string, a, b answer) {
		t.Helper()
		norm := func(x answer, id string) string {
			text := strings.ReplaceAll(x.text, id, "ID")
			for _, h := range []string{"X-Request-Id"} {
				text = strings.ReplaceAll(text, x.header.Get(h), "REQ")
			}
			head := x.header.Clone()
			head.Del("Date")
			head.Del("X-Request-Id")
			for name := range head { // how many calls are left differs by one
				if strings.HasPrefix(strings.ToLower(name), "ratelimit") || strings.HasPrefix(name, "X-Ratelimit") {
					head.Del(name)
				}
			}
			return fmt.Sprint(x.status, head, text)
		}
		if x, y := norm(a, hidden), norm(b, absent); x != y {
			t.Errorf("%s tells a hidden id from an absent one:\n%s\n%s", what, x, y)
		}
		if a.status != http.StatusNotFound {
			t.Errorf("%s answers %d for what is hidden", what, a.status)
		}
	}
	for _, path := range []string{"/v1/customers/%s", "/v1/users/%s", "/v1/customers/%s/orders", "/v1/users/%s/sessions", "/v1/users/%s/activity"} {
		var got [2]answer
		for i, id := range []string{hidden, absent} {
			var err error
			if got[i], err = call(http.DefaultClient, "GET", server.URL+fmt.Sprintf(path, id), token, ""); err != nil {
				t.Fatal(err)
			}
		}
		same("GET "+path, got[0], got[1])
	}
	for _, path := range []string{"/admin/users/%s", "/admin/customers/%s", "/admin/users/%s/edit", "/admin/users/%s/deactivate"} {
		var got [2]answer
		for i, id := range []string{hidden, absent} {
			r, err := http.NewRequest("GET", server.URL+fmt.Sprintf(path, id), nil)
			if err != nil {
				t.Fatal(err)
			}
			if got[i], err = send(priya, r); err != nil {
				t.Fatal(err)
			}
		}
		same("GET "+path, got[0], got[1])
	}
	unchanged(t, w.Store, "an edit of what is hidden", func() {
		var got [2]answer
		for i, id := range []string{hidden, absent} {
			var err error
			if got[i], err = call(http.DefaultClient, "PATCH", server.URL+"/v1/customers/"+id, token, `{"phone":"+442079460001"}`, "If-Match", "*"); err != nil {
				t.Fatal(err)
			}
		}
		same("PATCH", got[0], got[1])
	})
}
