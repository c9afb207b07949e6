package story

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/a-h/templ"
	"golang.org/x/net/html"

	"github.com/stewardhq/steward/internal/web/ui"
)

var wholePages = []string{
	"", "overview", "users", "customers", "customers?sort=spend&status=active&q=%3Cb%3E%22", "customer", "customer?tab=orders", "customer-shop-manager", "audit",
	"empty?q=okafr", "add-user", "step-up", "deactivate", "signin", "setup", "code",
	"error/401", "error/403", "error/404", "error/405", "error/409", "error/412", "error/413", "error/422", "error/429", "error/500", "error/503",
}

func get(t *testing.T, path string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, Prefix+path, nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	Handler().ServeHTTP(w, r)
	return w
}

func parsed(t *testing.T, w *httptest.ResponseRecorder) *html.Node {
	t.Helper()
	if w.Code != http.StatusOK {
		t.Fatalf("status %d", w.Code)
	}
	doc, err := html.Parse(strings.NewReader(w.Body.String()))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func TestEveryPageIsSoundInBothThemes(t *testing.T) {
	t.Parallel()
	for _, path := range wholePages {
		for _, theme := range []string{"light", "dark", "auto"} {
			t.Run(path+" "+theme, func(t *testing.T) {
				t.Parallel()
				sep := "?"
				if strings.Contains(path, "?") {
					sep = "&"
				}
				doc := parsed(t, get(t, path+sep+"theme="+theme))
				page := look(doc)
				if got := attr(page.one(t, "html"), "data-bs-theme"); got != theme {
					t.Errorf("theme is %q", got)
				}
				page.one(t, "h1")
				page.one(t, "main")
				page.one(t, "title")
				page.checkNothingInline(t)
				page.checkNames(t)
				page.checkIDs(t)
				page.checkTables(t)
				page.checkHeadings(t)
				page.checkAssets(t)
			})
		}
	}
}

func TestNamesAreTextAndNeverMarkup(t *testing.T) {
	t.Parallel()
	page := look(parsed(t, get(t, "customers")))
	for _, script := range page.all("script") {
		if script.FirstChild != nil {
			t.Errorf("a script came in: %s", text(script))
		}
	}
	if len(page.all("img")) > 0 {
		t.Error("an image came in")
	}
	found := false
	for _, n := range page.all("span") {
		found = found || (attr(n, "class") == "st-name-t" && strings.HasPrefix(text(n), "<script>alert(1)</script>"))
	}
	if !found {
		t.Error("the name is not shown as it is")
	}
}

func TestLinksWithScriptAddressesAreMadeHarmless(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	if err := ui.Say([]ui.Run{ui.L("x", "javascript:alert(1)")}).Render(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(b.String(), "javascript:alert") {
		t.Errorf("let through: %s", b.String())
	}
}

func TestDialogIsAFragmentForHtmxAndAPageWithoutScript(t *testing.T) {
	t.Parallel()
	whole := look(parsed(t, get(t, "step-up")))
	if len(whole.all("dialog")) != 1 || attr(whole.all("dialog")[0], "id") != "keys" {
		t.Error("the page without script must not hide the question in a dialog")
	}
	fragment := get(t, "step-up", "HX-Request", "true", ui.FragmentHeader, "partial")
	if strings.Contains(fragment.Body.String(), "<html") {
		t.Error("the fragment is a whole page")
	}
	part := look(parsed(t, fragment))
	dialog := part.one(t, "dialog")
	if attr(dialog, "aria-labelledby") == "" || attr(dialog, "aria-modal") != "true" {
		t.Error("the dialog is not labelled")
	}
	for _, p := range []looked{whole, part} {
		first := submitInFirstForm(t, p, "/step-up")
		if text(first) != "Add 25.00 GBP" {
			t.Errorf("Enter in the code field would press %q", text(first))
		}
	}
}

// submitInFirstForm is what Enter presses: the first submit button of the form with a code field.
func submitInFirstForm(t *testing.T, p looked, action string) *html.Node {
	t.Helper()
	for _, form := range p.all("form") {
		inside := look(form)
		if !strings.HasSuffix(attr(form, "action"), action) || len(inside.all("input")) < 2 {
			continue
		}
		for _, b := range inside.all("button") {
			if attr(b, "type") == "submit" && attr(b, "form") == "" {
				return b
			}
		}
	}
	t.Fatal("no form with a button")
	return nil
}

func TestWrongCodeComesBackInTheDialogWithItsError(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest(http.MethodPost, Prefix+"step-up", strings.NewReader(url.Values{"code": {"111111"}}.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set(ui.FragmentHeader, "partial")
	w := httptest.NewRecorder()
	Handler().ServeHTTP(w, r)
	if w.Code != http.StatusUnprocessableEntity {
		t.Fatalf("status %d", w.Code)
	}
	doc, err := html.Parse(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	for _, input := range look(doc).all("input") {
		if attr(input, "id") == "code" {
			if attr(input, "aria-invalid") != "true" || !strings.HasPrefix(attr(input, "aria-describedby"), "code-e") || attr(input, "value") != "" {
				t.Errorf("the field does not say what is wrong, or keeps the code: %v", input.Attr)
			}
			return
		}
	}
	t.Fatal("no code field")
}

func TestWhatAShopManagerMayNotSeeLeavesNoHole(t *testing.T) {
	t.Parallel()
	body := get(t, "customer-shop-manager").Body.String()
	for _, word := range []string{"Lifetime", "£1,800", "Profit", "Average", "segments", "Loyalty", "Audit"} {
		if strings.Contains(body, word) {
			t.Errorf("%q is on the page", word)
		}
	}
	for _, n := range look(parsed(t, get(t, "customer-shop-manager"))).all("dd") {
		if text(n) == "" {
			t.Error("an empty value is on the page")
		}
	}
}

func TestFiltersAreFormsThatKeepTheRest(t *testing.T) {
	t.Parallel()
	page := look(parsed(t, get(t, "customers?status=active&sort=-spend&q=ada&cursor=zzz")))
	var forms int
	for _, form := range page.all("form") {
		if !strings.Contains(attr(form, "class"), "st-facet") {
			continue
		}
		forms++
		kept := map[string]string{}
		own := map[string]bool{}
		for _, in := range look(form).all("input") {
			if attr(in, "type") == "hidden" {
				kept[attr(in, "name")] = attr(in, "value")
			} else {
				own[attr(in, "name")] = true
			}
		}
		if kept["sort"] != "-spend" || kept["q"] != "ada" || kept["cursor"] != "" {
			t.Errorf("keeps %v", kept)
		}
		for name := range own {
			if _, twice := kept[name]; twice {
				t.Errorf("%s is sent twice", name)
			}
		}
		if attr(form, "method") != "get" || len(look(form).all("button")) == 0 {
			t.Error("does not work without script")
		}
	}
	if forms != 6 {
		t.Errorf("%d filter forms", forms)
	}
}

func TestThemeFormComesBackOnlyToThisHouse(t *testing.T) {
	t.Parallel()
	for back, want := range map[string]string{Prefix + "audit?x=1": Prefix + "audit?x=1", "https://evil.example/": Prefix, "//evil.example": Prefix} {
		r := httptest.NewRequest(http.MethodPost, Prefix+"theme", strings.NewReader(url.Values{"theme": {"dark"}, "back": {back}}.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		Handler().ServeHTTP(w, r)
		if got := w.Header().Get("Location"); got != want {
			t.Errorf("%q leads to %q", back, got)
		}
	}
}

// BenchmarkListPage draws a list of 50 rows with menus, as the handler of a page does.
func BenchmarkListPage(b *testing.B) {
	rows := make([]ui.Row, 0, 50)
	for len(rows) < 50 {
		rows = append(rows, customerRows()[len(rows)%len(shoppers)])
	}
	r := httptest.NewRequest(http.MethodGet, Prefix+"customers", nil)
	p, here := frame(r, "customers", "Customers"), address(r, "")
	b.ReportAllocs()
	for b.Loop() {
		var out strings.Builder
		if err := ui.Page(p).Render(templ.WithChildren(b.Context(), ui.Table(ui.TableProps{
			Caption: "Customers", At: here, Rows: rows, Pick: "customers", Columns: make([]ui.Column, 8),
		})), &out); err != nil {
			b.Fatal(err)
		}
	}
}

// ── looking at pages ────────────────────────────────────────────────────────

type looked struct{ nodes []*html.Node }

func look(root *html.Node) looked {
	var out looked
	for n := range root.Descendants() {
		if n.Type == html.ElementNode {
			out.nodes = append(out.nodes, n)
		}
	}
	return out
}

func (p looked) all(tag string) []*html.Node {
	var out []*html.Node
	for _, n := range p.nodes {
		if n.Data == tag {
			out = append(out, n)
		}
	}
	return out
}

func (p looked) one(t *testing.T, tag string) *html.Node {
	t.Helper()
	found := p.all(tag)
	if tag == "title" { // icons have titles of their own
		found = found[:min(len(found), 1)]
	}
	if len(found) != 1 {
		t.Fatalf("%d <%s>, want one", len(found), tag)
	}
	return found[0]
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
	for _, a := range n.Attr {
		if a.Key == name {
			return true
		}
	}
	return false
}

func text(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

func (p looked) checkNothingInline(t *testing.T) {
	t.Helper()
	for _, n := range p.nodes {
		for _, a := range n.Attr {
			if a.Key == "style" || strings.HasPrefix(a.Key, "on") || strings.HasPrefix(a.Key, "hx-on") || strings.HasPrefix(strings.TrimSpace(a.Val), "javascript:") || strings.HasPrefix(a.Val, "js:") {
				t.Errorf("<%s %s=%q> breaks the CSP", n.Data, a.Key, a.Val)
			}
			if (a.Key == "href" || a.Key == "src" || a.Key == "action") && strings.HasPrefix(a.Val, "http") {
				t.Errorf("<%s> leads outside: %s", n.Data, a.Val)
			}
		}
		if n.Data == "style" || n.Data == "script" && (n.FirstChild != nil || attr(n, "src") == "") {
			t.Errorf("inline <%s>", n.Data)
		}
	}
}

func (p looked) checkNames(t *testing.T) {
	t.Helper()
	labelled := map[string]bool{}
	inLabel := map[*html.Node]bool{}
	for _, l := range p.all("label") {
		if text(l) == "" {
			t.Error("an empty label")
		}
		labelled[attr(l, "for")] = true
		for d := range l.Descendants() {
			inLabel[d] = true
		}
	}
	for _, n := range p.nodes {
		switch n.Data {
		case "input", "select", "textarea":
			if attr(n, "type") != "hidden" && attr(n, "aria-label") == "" && !inLabel[n] && !labelled[attr(n, "id")] {
				t.Errorf("<%s name=%q> has no label", n.Data, attr(n, "name"))
			}
		case "button", "a", "summary":
			if attr(n, "aria-label") == "" && text(n) == "" {
				t.Errorf("<%s> has no name: %v", n.Data, n.Attr)
			}
			if n.Data == "button" && attr(n, "type") == "" {
				t.Errorf("button %q has no type", text(n))
			}
		case "svg":
			if attr(n, "aria-hidden") != "true" && (attr(n, "role") != "img" || attr(n, "aria-label") == "") {
				t.Error("an icon is neither hidden nor named")
			}
		case "form":
			if m := attr(n, "method"); m != "get" && m != "post" {
				t.Errorf("a form has method %q", m)
			}
		}
	}
}

func (p looked) checkIDs(t *testing.T) {
	t.Helper()
	ids := map[string]bool{}
	for _, n := range p.nodes {
		if id := attr(n, "id"); id != "" {
			if ids[id] {
				t.Errorf("id %q twice", id)
			}
			ids[id] = true
		} else if has(n, "id") {
			t.Errorf("<%s> has an empty id", n.Data)
		}
	}
	for _, n := range p.nodes {
		for _, a := range n.Attr {
			switch a.Key {
			case "aria-describedby", "aria-labelledby", "aria-controls", "for", "form":
				for id := range strings.FieldsSeq(a.Val) {
					if !ids[id] {
						t.Errorf("<%s %s=%q> points nowhere", n.Data, a.Key, id)
					}
				}
			}
		}
	}
}

func (p looked) checkTables(t *testing.T) {
	t.Helper()
	if len(p.all("caption")) != len(p.all("table")) {
		t.Error("a table has no caption")
	}
	for _, th := range p.all("th") {
		if attr(th, "scope") == "" {
			t.Errorf("head %q has no scope", text(th))
		}
		if has(th, "aria-sort") && len(look(th).all("a")) != 1 {
			t.Errorf("sorted head %q has no link", text(th))
		}
	}
	for _, table := range p.all("table") {
		width := len(look(look(table).all("thead")[0]).all("th"))
		for _, row := range look(look(table).all("tbody")[0]).all("tr") {
			if n := len(look(row).all("td")) + len(look(row).all("th")); n != width {
				t.Errorf("a row of %q has %d cells under %d heads", text(look(table).all("caption")[0]), n, width)
			}
		}
	}
}

func (p looked) checkHeadings(t *testing.T) {
	t.Helper()
	before := 0
	for _, n := range p.nodes {
		if len(n.Data) == 2 && n.Data[0] == 'h' && n.Data[1] >= '1' && n.Data[1] <= '6' {
			level := int(n.Data[1] - '0')
			if level > before+1 && before > 0 {
				t.Errorf("heading %q jumps from h%d to h%d", text(n), before, level)
			}
			before = level
		}
	}
}

func (p looked) checkAssets(t *testing.T) {
	t.Helper()
	for _, n := range p.nodes {
		for _, a := range n.Attr {
			if !strings.HasPrefix(a.Val, ui.StaticPrefix) {
				continue
			}
			path, icon, isIcon := strings.Cut(a.Val, "#")
			w := httptest.NewRecorder()
			ui.Static().ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
			if w.Code != http.StatusOK {
				t.Errorf("%s: %d", path, w.Code)
			}
			if isIcon && !strings.Contains(w.Body.String(), `id="`+icon+`"`) {
				t.Errorf("the sprite has no icon %q", icon)
			}
		}
	}
}

// Every icon that is named in the library or here is in the sprite, drawn on some page or not.
func TestEveryNamedIconIsInTheSprite(t *testing.T) {
	t.Parallel()
	sprite, err := os.ReadFile("../ui/static/icons.svg")
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile(`(?:Icon\("|Icon: +"|icon = "|return "|iconHref\(")([a-z][a-z0-9-]*[a-z0-9])"`)
	for _, dir := range []string{".", "../ui"} {
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if strings.HasSuffix(e.Name(), "_templ.go") || !strings.HasSuffix(e.Name(), ".templ") && e.Name() != "notice.go" && e.Name() != "frame.go" && e.Name() != "audit.go" {
				continue
			}
			source, err := os.ReadFile(dir + "/" + e.Name())
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range named.FindAllStringSubmatch(string(source), -1) {
				if !strings.Contains(string(sprite), `<symbol id="`+m[1]+`"`) {
					t.Errorf("%s: no icon %s", e.Name(), strconv.Quote(m[1]))
				}
			}
		}
	}
}
