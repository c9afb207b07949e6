package hostile

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// sheet is a page as a reader of its structure finds it.
type sheet struct {
	status int
	at     string // its address, without the host
	to     string // where it sends one on
	root   *html.Node
	header http.Header
}

// form is one of its forms, with what it would send as it is drawn.
type form struct {
	page, action string
	get          bool
	values       url.Values
	texts        []string // the fields that somebody types into
	secret       []string // those of them that are never shown again
}

func (f *form) String() string { return pattern(f.page) + " → " + pattern(f.action) }

var ids = regexp.MustCompile(`/[a-z]+_[0-9A-Za-z]{8,}`)

// pattern is an address with every id alike, and without its query.
func pattern(address string) string {
	path, _, _ := strings.Cut(address, "?")
	return ids.ReplaceAllString(path, "/ID")
}

func readSheet(t *testing.T, client *http.Client, r *http.Request) *sheet {
	t.Helper()
	a, err := send(client, r)
	if err != nil {
		t.Fatal(err)
	}
	root, err := html.Parse(strings.NewReader(a.text))
	if err != nil {
		t.Fatalf("%s: %v", r.URL, err)
	}
	s := &sheet{status: a.status, at: r.URL.RequestURI(), to: a.header.Get("Location"), root: root, header: a.header}
	for _, fault := range s.faults() {
		t.Errorf("%s %s answers with %s", r.Method, r.URL, fault)
	}
	return s
}

// faults are what no page of the house has: what its Content-Security-Policy forbids, so that it can only come from what somebody
// typed, and links that run something or lead to another site.
func (s *sheet) faults() (all []string) {
	if csp := s.header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") {
		all = append(all, fmt.Sprintf("the policy %q", csp))
	}
	s.walk(func(n *html.Node) {
		if n.Type != html.ElementNode {
			return
		}
		switch n.DataAtom {
		case atom.Script:
			if textOf(n) != "" || !strings.HasPrefix(attr(n, "src"), "/static/") {
				all = append(all, fmt.Sprintf("a script: %q %.80q", attr(n, "src"), textOf(n)))
			}
		case atom.Style, atom.Iframe, atom.Frame, atom.Object, atom.Embed, atom.Base, atom.Applet, atom.Marquee:
			all = append(all, "an element "+n.Data)
		case atom.Meta:
			if has(n, "http-equiv") {
				all = append(all, "a header: "+attr(n, "content"))
			}
		}
		for _, a := range n.Attr {
			leads := strings.ToLower(strings.TrimSpace(a.Val))
			switch {
			case a.Key == "style" || strings.HasPrefix(a.Key, "on") || strings.HasPrefix(a.Key, "hx-on") || a.Key == "srcdoc":
				all = append(all, fmt.Sprintf("an attribute %s of %s: %.80q", a.Key, n.Data, a.Val))
			case slices.Contains(leading, a.Key) && leads != "" && !strings.HasPrefix(leads, "#") && !strings.HasPrefix(leads, "?") &&
				(!strings.HasPrefix(leads, "/") || strings.HasPrefix(leads, "//") || strings.HasPrefix(leads, `/\`)) &&
				!(n.DataAtom == atom.Img && strings.HasPrefix(leads, "data:image/")) && !slices.ContainsFunc(outward, func(kind string) bool { return strings.HasPrefix(leads, kind) }):
				all = append(all, fmt.Sprintf("a %s of %s: %.80q", a.Key, n.Data, a.Val))
			}
		}
	})
	return all
}

// leading are the attributes that lead somewhere or fetch something, outward what the house's own pages lead to.
var (
	leading = []string{"href", "src", "action", "formaction", "hx-get", "hx-post", "xlink:href"}
	outward = []string{"mailto:", "tel:", "otpauth:"}
)

func openSheet(t *testing.T, client *http.Client, address string) *sheet {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	return readSheet(t, client, r)
}

// submit sends a form as a browser would.
func submit(t *testing.T, client *http.Client, server string, f *form, values url.Values) *sheet {
	t.Helper()
	if f.get {
		return openSheet(t, client, server+f.action+"?"+values.Encode())
	}
	r, err := http.NewRequest(http.MethodPost, server+f.action, strings.NewReader(values.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return readSheet(t, client, r)
}

func (s *sheet) walk(visit func(n *html.Node)) {
	for n := range s.root.Descendants() {
		visit(n)
	}
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func has(n *html.Node, name string) bool {
	return slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == name })
}

func textOf(n *html.Node) string {
	var b strings.Builder
	for c := range n.Descendants() {
		if c.Type == html.TextNode {
			b.WriteString(c.Data)
		}
	}
	return b.String()
}

// links are the pages below an address that it leads to.
func (s *sheet) links(home string) (to []string) {
	s.walk(func(n *html.Node) {
		if n.DataAtom == atom.A && strings.HasPrefix(attr(n, "href"), home) {
			to = append(to, attr(n, "href"))
		}
	})
	return to
}

// sentence is what it says is wrong.
func (s *sheet) sentence() (said string) {
	s.walk(func(n *html.Node) {
		if n.Type == html.ElementNode && (attr(n, "role") == "alert" || strings.Contains(attr(n, "class"), "st-error")) {
			said += strings.TrimSpace(textOf(n))
		}
	})
	return said
}

// says finds a text whole: as one text, or as the value of a field.
func (s *sheet) says(any ...string) (found bool) {
	s.walk(func(n *html.Node) {
		all := []string{}
		if n.Type == html.TextNode {
			all = append(all, n.Data)
		} else if n.DataAtom == atom.Textarea {
			all = append(all, textOf(n))
		}
		for _, a := range n.Attr {
			all = append(all, a.Val)
		}
		for _, text := range all {
			found = found || slices.ContainsFunc(any, func(want string) bool { return strings.Contains(text, want) })
		}
	})
	return found
}

var typed = []string{"", "text", "email", "tel", "search", "url", "number", "date", "datetime-local", "password"}

// aside are the values of buttons that only show something.
var aside = []string{"preview", "preset", "defaults"}

// forms are its forms.
func (s *sheet) forms() (all []*form) {
	s.walk(func(n *html.Node) {
		if n.DataAtom != atom.Form {
			return
		}
		f := &form{page: s.at, action: attr(n, "action"), get: !strings.EqualFold(attr(n, "method"), "post"), values: url.Values{}}
		if f.action == "" {
			f.action = strings.SplitN(s.at, "?", 2)[0]
		}
		pressed := false
		for c := range n.Descendants() {
			name := attr(c, "name")
			if c.Type != html.ElementNode || has(c, "disabled") || name == "" {
				continue
			}
			switch kind := strings.ToLower(attr(c, "type")); {
			case c.DataAtom == atom.Input && slices.Contains(typed, kind):
				f.values.Add(name, attr(c, "value"))
				if !has(c, "readonly") {
					f.texts = append(f.texts, name)
				}
				if kind == "password" {
					f.secret = append(f.secret, name)
				}
			case c.DataAtom == atom.Input && (kind == "checkbox" || kind == "radio"):
				if has(c, "checked") {
					f.values.Add(name, attr(c, "value"))
				}
			case c.DataAtom == atom.Input && kind == "hidden":
				f.values.Add(name, attr(c, "value"))
			case c.DataAtom == atom.Textarea:
				f.values.Add(name, strings.TrimPrefix(textOf(c), "\n"))
				f.texts = append(f.texts, name)
			case c.DataAtom == atom.Select:
				f.values.Add(name, chosen(c))
			case c.DataAtom == atom.Button && !pressed && kind == "submit" && !slices.Contains(aside, attr(c, "value")):
				pressed = true
				f.values.Set(name, attr(c, "value"))
			}
		}
		all = append(all, f)
	})
	return all
}

func chosen(list *html.Node) string {
	value := ""
	for o := range list.Descendants() {
		if o.DataAtom == atom.Option && has(o, "selected") {
			value = attr(o, "value")
		}
	}
	return value
}

// same finds the form again on another page.
func (s *sheet) same(f *form) *form {
	for _, g := range s.forms() {
		if g.action == f.action && g.get == f.get {
			return g
		}
	}
	return nil
}

// crawl opens every page below an address that links lead to, two of each pattern, and gives their forms, one of each kind.
func crawl(t *testing.T, client *http.Client, server, home string, from ...string) map[string]*form {
	t.Helper()
	seen, count, found := map[string]bool{}, map[string]int{}, map[string]*form{}
	for len(from) > 0 {
		address := from[0]
		from = from[1:]
		p := pattern(address)
		if seen[address] || count[p] >= 2 {
			continue
		}
		seen[address] = true
		count[p]++
		s := openSheet(t, client, server+address)
		if s.status >= 500 {
			t.Errorf("%s answers %d", address, s.status)
		}
		if strings.HasPrefix(s.to, home) {
			from = append(from, s.to)
		}
		from = append(from, s.links(home)...)
		for _, f := range s.forms() {
			if kind := fmt.Sprint(f, f.get); len(f.texts) > 0 && found[kind] == nil && s.status == http.StatusOK {
				found[kind] = f
			}
		}
	}
	return found
}
