package access

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/stewardhq/steward/internal/apikey"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/money"
	"github.com/stewardhq/steward/internal/user"
	"github.com/stewardhq/steward/internal/world"
	"github.com/stewardhq/steward/tests/routes"
)

// sight is what somebody may find anywhere at all, as roles.md says it: written by hand, so that the code is held against it.
type sight struct {
	who     string
	places  []string // whose customers: york, leeds, brooklyn, boston
	sums    bool     // lifetime spend, refund total and other financials
	orders  bool     // single orders with their totals
	records bool     // the audit log

	from   bool // from where customers signed in, and who looked through their eyes
	wishes bool // who asks to be deleted, and why
	hires  bool // who is invited to the staff of these places
	files  bool // files about customers
	keys   bool // the keys of programs
}

var sights = []sight{
	{who: "ada", places: []string{"york", "leeds", "brooklyn", "boston"}, sums: true, orders: true, records: true, from: true, wishes: true, hires: true, files: true, keys: true},
	{who: "ines", places: []string{"york", "leeds"}, sums: true, orders: true, from: true, wishes: true, hires: true, files: true, keys: true},
	{who: "bruno", places: []string{"york", "leeds"}, sums: true, orders: true, records: true, from: true, wishes: true, hires: true, files: true, keys: true},
	{who: "kim", places: []string{"york"}, sums: true, orders: true, hires: true, files: true},
	{who: "hana", places: []string{"leeds"}, sums: true, orders: true, hires: true, files: true},
	{who: "olu", places: []string{"york", "leeds"}, orders: true, hires: true},
	{who: "elif", places: []string{"york", "leeds"}},
	{who: "mira"},
	{who: "johanna", places: []string{"york", "leeds"}, sums: true, orders: true, from: true},
	{who: "dev", places: []string{"york", "leeds"}, orders: true, hires: true, keys: true},
	{who: "rosa", places: []string{"york", "leeds"}, sums: true, orders: true, hires: true},
	{who: "priya", places: []string{"brooklyn", "boston"}, sums: true, orders: true, records: true, from: true, wishes: true, hires: true, files: true, keys: true},
	{who: "tom", places: []string{"brooklyn"}, orders: true, hires: true},
	{who: "sara", places: []string{"boston"}, sums: true, orders: true, hires: true, files: true},
}

// known is a customer who is easily found again: their name and their amounts stand nowhere else.
type known struct {
	place, brand, hub string
	surname, email    string
	first, second     int64  // order totals, minor units
	refund, imported  int64  // two refunds, of this and of one minor unit more
	ip                string // from where they sign in
	words             string // which stand in the reason of whatever they ask for, and of what is done to them
	hired             string // address of somebody who is invited to the staff of their place

	id                               user.ID
	order, session, invitation, file string
	key, event, job, request         string
}

func (k *known) sums() []int64 {
	gross, refunded := k.first+k.second, 2*k.refund+1
	return []int64{gross - refunded + k.imported, gross - refunded, gross, (gross + 1) / 2, refunded, k.imported}
}

// singles are the amounts of single orders and refunds.
func (k *known) singles() []int64 { return []int64{k.first, k.second, k.refund, k.refund + 1} }

func knowns() []*known {
	return []*known{
		{place: "york", brand: "aurora", hub: "York", surname: "Quillfeather", email: "quill@feather.example", first: 123456, second: 654321, refund: 11117, imported: 22229,
			ip: "198.51.100.131", words: "zircon harbour", hired: "pendlebury@hire.example"},
		{place: "leeds", brand: "aurora", hub: "Leeds", surname: "Brackenridge", email: "bracken@ridge.example", first: 234571, second: 543217, refund: 13339, imported: 24443,
			ip: "198.51.100.142", words: "marble lantern", hired: "ackersley@hire.example"},
		{place: "brooklyn", brand: "meridian", hub: "Brooklyn", surname: "Thistlewood", email: "thistle@wood.example", first: 345689, second: 432113, refund: 15551, imported: 26663,
			ip: "198.51.100.153", words: "cobalt thimble", hired: "vanterpool@hire.example"},
		{place: "boston", brand: "meridian", hub: "Boston", surname: "Marrowgate", email: "marrow@gate.example", first: 456793, second: 321019, refund: 17773, imported: 28879,
			ip: "198.51.100.164", words: "amber trellis", hired: "winterbourne@hire.example"},
	}
}

// spellings are the ways in which an amount can stand on a page or in an answer.
func spellings(minor int64) []string {
	whole, cents := minor/100, minor%100
	grouped := fmt.Sprint(whole)
	if whole >= 1000 {
		grouped = fmt.Sprintf("%d,%03d", whole/1000, whole%1000)
	}
	return []string{fmt.Sprintf("%s.%02d", grouped, cents), fmt.Sprintf("%d.%02d", whole, cents), fmt.Sprintf("%q:%d", "amount", minor)}
}

func (k *known) make(s *scene) {
	p := s.w.Place(k.brand)
	currency := money.Currency(p.New.Currency)
	k.id = s.do("customer.create", fields{"Brand": p.ID, "Location": p.Hub[k.hub], "FirstName": "Some", "LastName": k.surname, "Email": k.email}).(user.ID)
	for i, total := range []int64{k.first, k.second} {
		out := s.do("order.put", fields{"Brand": p.ID, "Source": "shop", "Order": fields{
			"ExternalID": fmt.Sprintf("%s-%d", k.place, i), "Customer": fields{"User": k.id}, "Location": k.hub, "Status": "paid",
			"PlacedAt": s.w.Door.Now().Add(-time.Duration(i+1) * 24 * time.Hour), "Total": money.Of(total, currency),
		}})
		k.order = fmt.Sprint(fieldsOf(out)["ID"])
	}
	for i := range int64(2) {
		s.do("order.put", fields{"Brand": p.ID, "Source": "shop", "Refund": fields{
			"ExternalID": fmt.Sprintf("%s-r%d", k.place, i), "Customer": fields{"User": k.id}, "RefundedAt": s.w.Door.Now().Add(-time.Hour),
			"Amount": money.Of(k.refund+i, currency),
		}})
	}
	s.do("customer.set_imported_spend", fields{"Customer": k.id, "Amount": money.Of(k.imported, currency), "From": "the old shop"})
	s.do("user.edit", fields{"User": k.id, "Phone": "+44 20 7946 0958"})
}

// found is everything that somebody came upon: what was read, by address.
type found map[string]string

func (f found) with(text string) (at []string) {
	for address, body := range f {
		if strings.Contains(body, text) {
			at = append(at, address)
		}
	}
	slices.Sort(at)
	return at
}

// TestNobodyFindsWhatTheirRoleDoesNotShow goes, as each of the named people, through every page that links lead to, to the pages and
// answers of every customer there is, and asks lists to sort, filter, search and count: nowhere does anything stand that they may not see.
func TestNobodyFindsWhatTheirRoleDoesNotShow(t *testing.T) {
	t.Parallel()
	s := newScene(t, world.New(t))
	people := knowns()
	for _, k := range people {
		k.make(s)
		k.live(s)
	}
	server := s.w.Serve()
	for _, sees := range sights {
		t.Run(sees.who, func(t *testing.T) {
			pages := s.walkPages(t, server.URL, sees.who, people)
			answers := s.askAPI(t, server.URL, sees.who, people)
			files := s.export(t, sees.who, people)
			for _, k := range people {
				here := slices.Contains(sees.places, k.place)
				check := func(what, text string, may bool) {
					t.Helper()
					for name, all := range map[string]found{"pages": pages, "API": answers, "files": files} {
						if at := all.with(text); len(at) > 0 && !may {
							t.Errorf("%s of the customer of %s (%s) stands in %d places of the %s: %s", what, k.place, text, len(at), name, strings.Join(at[:min(3, len(at))], " "))
						}
					}
				}
				check("the name", k.surname, here || sees.records && sameBrand(sees, k))
				check("the address", k.email, here || sees.records && sameBrand(sees, k))
				for _, sum := range k.sums() {
					for _, text := range spellings(sum) {
						check("a sum", text, here && sees.sums || sees.records && sameBrand(sees, k))
					}
				}
				for _, total := range k.singles() {
					for _, text := range spellings(total) {
						check("an order's total", text, here && sees.orders)
					}
				}
				check("where they sign in from", k.ip, here && sees.from || sees.records && sameBrand(sees, k))
				check("why they want to be deleted", k.words+" wish", here && sees.wishes || sees.records && sameBrand(sees, k))
				check("why somebody looked through their eyes", k.words+" look", here && sees.from || sees.records && sameBrand(sees, k))
				check("why they were suspended", k.words+" dispute", sees.records && sameBrand(sees, k))
				check("how they agreed", k.words+" form", sees.records && sameBrand(sees, k))
				check("a key", k.words+" key", here && sees.keys || sees.records && sameBrand(sees, k))
				check("who is invited", k.hired, here && sees.hires || sees.records && sameBrand(sees, k))
				for what, all := range map[string]string{"where they sign in from": k.ip, "why they want to be deleted": k.words + " wish", "who is invited": k.hired} {
					if sees.who == "ada" && len(pages.with(all)) == 0 {
						t.Errorf("%s (%s) is found on none of Ada's %d pages: the test looks in the wrong place", what, all, len(pages))
					}
				}
				if n := len(files.with(k.email)); n > 0 != (here && sees.files) {
					t.Errorf("the customer of %s is in %d files of %s", k.place, n, sees.who)
				}
				if here && len(pages.with(k.surname)) == 0 {
					t.Errorf("the customer of %s is found on none of %d pages: the test looks in the wrong place", k.place, len(pages))
				}
				if here && sees.sums && len(pages.with(spellings(k.sums()[0])[0])) == 0 {
					t.Errorf("the lifetime spend of the customer of %s (%s) is found on none of %d pages: the test looks in the wrong place", k.place, spellings(k.sums()[0])[0], len(pages))
				}
				if here && sees.who == "bruno" && len(answers.with(k.surname)) == 0 {
					t.Errorf("the customer of %s is found in none of %d answers of the API", k.place, len(answers))
				}
			}
		})
	}
}

func sameBrand(sees sight, k *known) bool {
	return sees.who == "ada" || sees.who == "bruno" && k.brand == "aurora" || sees.who == "priya" && k.brand == "meridian"
}

// questions are what lists are asked.
func questions(people []*known) []string {
	all := []string{"", "?sort=-lifetime_spend", "?sort=lifetime_spend", "?lifetime_spend[gte]=50", "?average_order[gte]=1", "?sort=-order_count", "?order_count[gte]=1", "?tier=gold", "?limit=200"}
	for _, k := range people {
		all = append(all, "?q="+k.surname, "?q="+url.QueryEscape(k.email), "?q="+k.place+"-0", "?q="+string(k.id))
	}
	return all
}

// walkPages follows every link from the overview, and opens the pages of everybody by their address.
func (s *scene) walkPages(t *testing.T, server, who string, people []*known) found {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Jar: jar, Timeout: 30 * time.Second}
	if to := s.w.Enter(client, server, who); to != "/admin" {
		t.Fatalf("%s cannot sign in, and is led to %s", who, to)
	}
	var todo []string
	for _, pattern := range routes.Pages(t, s.w) {
		if path, is := strings.CutPrefix(pattern, "GET /admin"); is && !strings.Contains(path, "{") && !strings.HasPrefix(path, "/sign-in") {
			todo = append(todo, "/admin"+path)
		}
	}
	for _, q := range questions(people) {
		for _, list := range []string{"/admin/users", "/admin/users/total", "/admin/users/statistics", "/admin/customers", "/admin/customers/total"} {
			todo = append(todo, list+q)
		}
	}
	for _, k := range people {
		for _, pattern := range routes.Pages(t, s.w) {
			path, is := strings.CutPrefix(pattern, "GET ")
			if !is || !strings.HasPrefix(path, "/admin/") {
				continue
			}
			path = strings.NewReplacer("/orders/{id}", "/orders/"+k.order, "/step-ups/{id}", "/step-ups/{none}", "{id}", string(k.id), "{entry}", k.event, "{export}", k.file,
				"{key}", k.key, "{brand}", string(s.w.Place(k.brand).ID), "{location}", string(s.w.Place(k.brand).Hub[k.hub]), "{invitation}", k.invitation, "{request}", k.request).Replace(path)
			if !strings.Contains(path, "{") {
				todo = append(todo, path)
			} else if !slices.ContainsFunc([]string{"{none}", "{factor}", "{person}", "{$}"}, func(part string) bool { return strings.Contains(path, part) }) {
				t.Errorf("%s has an id that this test does not know", pattern)
			}
		}
	}
	all := found{}
	for i := 0; i < len(todo) && len(all) < 500; i++ {
		path := todo[i]
		if _, done := all[path]; done {
			continue
		}
		res, err := client.Get(server + path)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		if res.StatusCode >= 500 {
			t.Errorf("%s as %s is answered %d", path, who, res.StatusCode)
		}
		if res.StatusCode == http.StatusTooManyRequests {
			t.Fatalf("%s as %s: too many requests", path, who)
		}
		all[path] = said(string(body), path)
		todo = append(todo, links(string(body))...)
	}
	return all
}

// said is what a page says beyond what it was asked: a search box shows what was searched for.
func said(body, path string) string {
	u, err := url.Parse(path)
	if err != nil {
		return body
	}
	for _, values := range u.Query() {
		for _, v := range values {
			body = strings.ReplaceAll(body, v, "")
			body = strings.ReplaceAll(body, url.QueryEscape(v), "")
			body = strings.ReplaceAll(body, html.EscapeString(v), "")
		}
	}
	return body
}

// links are the addresses of our own pages that a page leads to, by link or by what it loads later.
func links(body string) (to []string) {
	doc, err := html.Parse(strings.NewReader(body))
	if err != nil {
		return nil
	}
	for n := range doc.Descendants() {
		for _, a := range n.Attr {
			if (a.Key == "href" || a.Key == "hx-get") && strings.HasPrefix(a.Val, "/admin") && !strings.Contains(a.Val, "sign-out") {
				path, _, _ := strings.Cut(a.Val, "#")
				to = append(to, path)
			}
		}
	}
	return to
}

// askAPI asks every address that the interface's own description lists for reading, with a key that has all that its owner holds.
func (s *scene) askAPI(t *testing.T, server, who string, people []*known) found {
	t.Helper()
	m := s.w.Member(who)
	caller := s.w.As(who)
	now := s.w.Door.Now().UnixMilli()
	at := caller.Grants[0].Scope
	may := caller.Grants.EffectiveFor(now, at, access.Somebody)
	made, err := op.Do(t.Context(), s.w.Door, op.HostOperator("test"), apikey.Create, apikey.New{Name: "All of " + who, Scope: at, Permissions: may, Owner: m.ID})
	if err != nil {
		t.Fatal(err)
	}
	ask := func(path string) (int, string) {
		r, err := http.NewRequest("GET", server+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+made.Token)
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = res.Body.Close() }()
		body, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		if res.StatusCode >= 500 || res.StatusCode == http.StatusTooManyRequests {
			t.Errorf("%s as a key of %s is answered %d", path, who, res.StatusCode)
		}
		return res.StatusCode, string(body)
	}
	_, text := ask("/v1/openapi.json")
	var description struct {
		Paths map[string]map[string]any `json:"paths"`
	}
	if err := json.Unmarshal([]byte(text), &description); err != nil || len(description.Paths) < 10 {
		t.Fatalf("the description of the interface lists %d paths: %v", len(description.Paths), err)
	}
	all := found{}
	visit := func(path string) {
		if _, done := all[path]; !done {
			_, body := ask(path)
			all[path] = said(body, path)
		}
	}
	for pattern, methods := range description.Paths {
		if methods["get"] == nil || strings.Contains(pattern, "openapi") {
			continue
		}
		if !strings.Contains(pattern, "{") {
			for _, q := range questions(people) {
				visit(pattern + q)
				for _, b := range []string{"aurora", "meridian"} {
					if q == "" {
						visit(pattern + "?brand=" + b)
					} else {
						visit(pattern + q + "&brand=" + b)
					}
				}
			}
			continue
		}
		for _, k := range people {
			p := s.w.Place(k.brand)
			path := strings.NewReplacer("{user}", string(k.id), "{customer}", string(k.id), "{order}", k.order, "{invitation}", k.invitation, "{export}", k.file,
				"{key}", k.key, "{event}", k.event, "{job}", k.job, "{session}", k.session, "/step-ups/{id}", "/step-ups/none", "{role}", "shop_manager",
				"{brand}", string(p.ID), "{location}", string(p.Hub[k.hub])).Replace(pattern)
			if strings.Contains(path, "{") {
				t.Errorf("%s has an id that this test does not know", pattern)
			}
			visit(path)
		}
	}
	return all
}
