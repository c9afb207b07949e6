package browser

import (
	"fmt"
	"image/png"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

func TestMain(m *testing.M) { Main(m) }

const strict = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'"

// pages is a small site: each path has a body, which stands in a page that axe has nothing against.
var pages = map[string]string{
	"/": `<h1>The shop</h1>
		<p>Press the button.</p>
		<form method="post" action="/greet"><label for="name">Name *</label> <input id="name" name="name" value="nobody">
		<label>Colour <select name="colour"><option>Red</option><option>Green</option><option>Blue</option></select></label>
		<button>Greet</button></form>
		<button id="more">More</button><div id="out" aria-live="polite"></div>
		<button hidden>Hidden</button><button disabled>Never</button>
		<table><caption>People</caption><tr><th scope="row">Ada</th><td><a href="/ada">Open</a></td></tr><tr><th scope="row">Kim</th><td><a href="/kim">Open</a></td></tr></table>
		<div class="tall"></div><p><a href="/far">Far below</a></p>`,
	"/far":       `<h1>Far</h1>`,
	"/upload":    `<h1>Upload</h1><label>File <input type="file"></label>`,
	"/dialog":    `<h1>Dialog</h1><script src="/dialog.js"></script>`,
	"/kim":       `<h1>Kim</h1>`,
	"/covered":   `<h1>Covered</h1><button class="under">Under</button><div class="lid"></div>`,
	"/bad":       `<h1>Bad</h1><img src="/dot.png"><p class="pale">Hardly to be read</p>`,
	"/inline":    `<h1>Inline</h1><p style="color: red">red</p><script>window.ran = true</script>`,
	"/handler":   `<h1>Handler</h1><button onclick="window.ran = true">Run</button>`,
	"/throws":    `<h1>Throws</h1><script src="/throws.js"></script>`,
	"/missing":   `<h1>Missing</h1><script src="/gone.js"></script>`,
	"/elsewhere": `<h1>Elsewhere</h1><a href="https://example.org/">away</a><script src="/elsewhere.js"></script>`,
}

var assets = map[string]string{
	"/style.css": `body { font-family: sans-serif; color: #111; background: #fff } .tall { height: 3000px } .pale { color: #ddd }
		.under { position: absolute; top: 200px } .lid { position: fixed; inset: 0; background: #eee }
		@media (prefers-color-scheme: dark) { body { color: #eee; background: #111 } a { color: #9cf } }`,
	"/app.js": `document.getElementById("more")?.addEventListener("click", async () => {
		const answer = await fetch("/more"); document.getElementById("out").textContent = await answer.text();
	}); addEventListener("keydown", e => { if (e.key === "k" && e.ctrlKey) { e.preventDefault(); document.getElementById("out").textContent = "palette" } })`,
	"/throws.js":    `console.error("it went", {wrong: 1}); null.x`,
	"/dialog.js":    `confirm("Really?")`,
	"/elsewhere.js": `fetch("http://shop.invalid/x").catch(() => {})`,
}

func site(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if asset, found := assets[r.URL.Path]; found {
			kind := "text/javascript"
			if strings.HasSuffix(r.URL.Path, ".css") {
				kind = "text/css"
			}
			w.Header().Set("Content-Type", kind)
			fmt.Fprint(w, asset)
			return
		}
		body, found := pages[r.URL.Path]
		status := http.StatusOK
		switch {
		case r.URL.Path == "/greet":
			if r.FormValue("name") == "" {
				status = http.StatusUnprocessableEntity
			}
			body, found = fmt.Sprintf("<h1>Hello, %s, in %s</h1>", r.FormValue("name"), r.FormValue("colour")), true
		case r.URL.Path == "/more":
			time.Sleep(150 * time.Millisecond)
			fmt.Fprint(w, "and more")
			return
		case r.URL.Path == "/cookie":
			if _, err := r.Cookie("who"); err == nil {
				body = "<h1>Known</h1>"
			} else {
				body = "<h1>Unknown</h1>"
			}
			http.SetCookie(w, &http.Cookie{Name: "who", Value: "ada"})
			found = true
		case r.URL.Path == "/dot.png":
			w.Header().Set("Content-Type", "image/svg+xml")
			fmt.Fprint(w, `<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>`)
			return
		}
		if !found {
			http.NotFound(w, r)
			return
		}
		if r.URL.Path != "/elsewhere" {
			w.Header().Set("Content-Security-Policy", strict)
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(status)
		fmt.Fprintf(w, `<!doctype html><html lang="en"><head><meta name="viewport" content="width=device-width, initial-scale=1"><title>Test</title><link rel="stylesheet" href="/style.css"><link rel="icon" href="/dot.png"></head>
			<body><main>%s</main><script src="/app.js"></script></body></html>`, body)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func TestAPersonFindsTheirWay(t *testing.T) {
	t.Parallel()
	b := New(t).At(site(t))
	b.Goto("/")
	if b.Status() != http.StatusOK || b.Title() != "Test" || b.Path() != "/" {
		t.Errorf("status %d, title %q, path %q", b.Status(), b.Title(), b.Path())
	}
	b.Axe(t)
	b.Click(Button("More"))
	if got := b.Text("#out"); got != "and more" { // the click waited for what it set off
		t.Errorf("after More it says %q", got)
	}
	b.Press("Control+k")
	b.WaitText("palette")
	b.Type(Field("Name"), "Zoë O'Hara")
	if got := b.Value(Field("Name")); got != "Zoë O'Hara" {
		t.Errorf("the name is %q", got)
	}
	b.Type(Field("Name"), "Kim")
	b.Select(Field("Colour"), "Blue")
	b.Click(Button("Greet"))
	if got := b.Text("h1"); got != "Hello, Kim, in Blue" {
		t.Errorf("the greeting is %q", got)
	}
	b.Back()
	b.Click(Link("Far below"))
	b.WaitPath("/far")
	b.Goto("/")
	b.Click(In(Row("Kim"), Link("Open")))
	b.WaitVisible(Heading("Kim"))
	b.Goto("/")
	b.Type(Field("Name"), "")
	b.Press("Enter")
	if b.Status() != http.StatusUnprocessableEntity {
		t.Errorf("a form without a name answers %d", b.Status())
	}
	b.Goto("/upload")
	b.Upload(Field("File"), "browser_test.go")
	if got := b.Value(Field("File")); !strings.HasSuffix(got, "browser_test.go") {
		t.Errorf("the file field holds %q", got)
	}
	b.Goto("/")
	if n := b.Count("button"); n != 3 {
		t.Errorf("%d buttons are visible, want 3: the hidden one does not count", n)
	}
	b.WaitGone(Button("Hidden"))
}

func TestEachTestHasItsOwnCookies(t *testing.T) {
	t.Parallel()
	address := site(t)
	first, second := New(t).At(address), New(t).At(address)
	first.Goto("/cookie")
	first.Reload()
	if got := first.Text("h1"); got != "Known" {
		t.Errorf("the cookie is gone: %s", got)
	}
	second.Goto("/cookie")
	if got := second.Text("h1"); got != "Unknown" {
		t.Errorf("another window knows the first one's cookie: %s", got)
	}
}

func TestSizesAndColours(t *testing.T) {
	t.Parallel()
	b := New(t).At(site(t))
	b.Goto("/")
	const width, background = "innerWidth", "getComputedStyle(document.body).backgroundColor"
	if w, c := Eval[int](b, width), Eval[string](b, background); w != DesktopWidth || c != "rgb(255, 255, 255)" {
		t.Errorf("at first the window is %d wide and %s", w, c)
	}
	b.SetSize(PhoneWidth, PhoneHeight)
	b.SetDark(true)
	if w, c := Eval[int](b, width), Eval[string](b, background); w != PhoneWidth || c != "rgb(17, 17, 17)" {
		t.Errorf("then the window is %d wide and %s", w, c)
	}
	b.Click(Link("Far below"))
	b.WaitPath("/far")
	path := filepath.Join(t.TempDir(), "shots", "far.png")
	b.Screenshot(path)
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	picture, err := png.DecodeConfig(f)
	if err != nil || picture.Width != PhoneWidth || picture.Height != PhoneHeight {
		t.Errorf("the picture is %dx%d: %v", picture.Width, picture.Height, err)
	}
}

func TestAxeNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	b := New(t).At(site(t))
	b.Goto("/bad")
	found, err := b.axe()
	if err != nil {
		t.Fatal(err)
	}
	report := found.String()
	for _, want := range []string{"image-alt (critical)", `<img src="/dot.png">`, "color-contrast", `<p class="pale">`} {
		if !strings.Contains(report, want) {
			t.Errorf("the report does not name %q:%s", want, report)
		}
	}
}

func TestFaultsOfAPageAreFound(t *testing.T) {
	t.Parallel()
	for path, want := range map[string][]string{
		"/":          nil,
		"/inline":    {"style-src-attr forbids inline", "script-src-elem forbids inline"},
		"/throws":    {"console.error", "it went", "a script threw: TypeError"},
		"/missing":   {"404 for script", "/gone.js"},
		"/dialog":    {`a dialog of the browser: confirm "Really?"`},
		"/elsewhere": {"asks another host: http://shop.invalid/x"},
	} {
		t.Run(path, func(t *testing.T) {
			b := New(t).At(site(t))
			b.Goto(path)
			checkFaults(t, b, want)
		})
	}
	t.Run("a click that runs a handler in the page's text", func(t *testing.T) {
		b := New(t).At(site(t))
		b.Goto("/handler")
		b.Click(Button("Run"))
		if Eval[bool](b, "window.ran === true") {
			t.Error("the handler ran: the click went around the Content-Security-Policy")
		}
		checkFaults(t, b, []string{"script-src-attr forbids inline"})
	})
}

func checkFaults(t *testing.T, b *Browser, want []string) {
	t.Helper()
	b.settle(time.Second)
	all := strings.Join(b.TakeFaults(), "\n")
	if want == nil && all != "" {
		t.Errorf("unexpected: %s", all)
	}
	for _, part := range want {
		if !strings.Contains(all, part) {
			t.Errorf("%q is not among the faults:\n%s", part, all)
		}
	}
}

// deaf is a test that notes what fails instead of failing.
type deaf struct {
	testing.TB
	said string
}

func (d *deaf) Fatalf(format string, args ...any) {
	d.said += fmt.Sprintf(format, args...)
	runtime.Goexit()
}

func (d *deaf) Errorf(format string, args ...any) { d.said += fmt.Sprintf(format, args...) }

// failing runs f with a window that cannot fail the test, and gives what it said.
func failing(t *testing.T, b *Browser, f func()) string {
	t.Helper()
	d := &deaf{TB: t}
	real := b.t
	b.t = d
	done := make(chan struct{})
	go func() { defer close(done); f() }()
	<-done
	b.t = real
	return d.said
}

func TestFailuresSayWhatThePageSays(t *testing.T) {
	t.Parallel()
	address := site(t)
	for name, c := range map[string]struct {
		page string
		do   func(*Browser)
		want []string
	}{
		"covered":   {"/covered", func(b *Browser) { b.Click(Button("Under")) }, []string{`clicking the button "Under": the element is covered by div.lid, after 2s`, "| Covered"}},
		"absent":    {"/", func(b *Browser) { b.Click(Button("Nowhere")) }, []string{"there is no such element", "| Press the button."}},
		"disabled":  {"/", func(b *Browser) { b.Click(Button("Never")) }, []string{"the element is disabled"}},
		"hidden":    {"/", func(b *Browser) { b.Click(Button("Hidden")) }, []string{"the element is not visible"}},
		"words":     {"/", func(b *Browser) { b.WaitText("never said") }, []string{`waiting for "never said": the page does not say so, after 2s`}},
		"count":     {"/covered", func(b *Browser) { b.WaitCount("button", 2) }, []string{"waiting for 2 × button: there are"}},
		"option":    {"/", func(b *Browser) { b.Select(Field("Colour"), "Grey") }, []string{"it offers only Red, Green, Blue"}},
		"selector":  {"/", func(b *Browser) { b.Click("//[") }, []string{"SyntaxError"}},
		"no server": {"/", func(b *Browser) { b.Goto("http://127.0.0.1:1/") }, []string{"opening http://127.0.0.1:1/", "ERR_"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := New(t).At(address)
			b.Goto(c.page)
			b.SetPatience(2 * time.Second)
			said := failing(t, b, func() { c.do(b) })
			for _, want := range c.want {
				if !strings.Contains(said, want) {
					t.Errorf("want %q in:\n%s", want, said)
				}
			}
			b.TakeFaults()
		})
	}
}

func TestSelectorsTakeAnyWords(t *testing.T) {
	t.Parallel()
	for words, want := range map[string]string{
		`Sign in`:       `'Sign in'`,
		`Ada's`:         `"Ada's"`,
		`"Ada's" house`: `concat('"Ada',"'",'s" house')`,
	} {
		if got := literal(words); got != want {
			t.Errorf("literal(%q) = %s, want %s", words, got, want)
		}
	}
}
