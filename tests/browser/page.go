package browser

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// Goto opens an address and waits until it is loaded. An address that starts with "/" is below that of At.
func (b *Browser) Goto(address string) {
	b.t.Helper()
	if strings.HasPrefix(address, "/") {
		address = b.base + address
	}
	if err := b.run("opening "+address, chromedp.Navigate(address)); err != nil && !strings.Contains(err.Error(), "ERR_HTTP_RESPONSE_CODE_FAILURE") {
		b.fail("%v", err)
	}
	b.settle(b.patience)
}

// Reload asks for the page again.
func (b *Browser) Reload() {
	b.t.Helper()
	if err := b.run("reloading", chromedp.Reload()); err != nil {
		b.fail("%v", err)
	}
	b.settle(b.patience)
}

// Back goes to the page before.
func (b *Browser) Back() {
	b.t.Helper()
	history := func(ctx context.Context) (page.GetNavigationHistoryResult, error) {
		return chromedp.Call(ctx, page.GetNavigationHistory, cdp.Empty{})
	}
	ctx, done := context.WithTimeout(b.ctx, b.patience)
	defer done()
	now, err := history(ctx)
	if err != nil || now.CurrentIndex == 0 {
		b.fail("going back: there is no page before this one (%v)", err)
	}
	// Not chromedp.NavigateBack: it waits for a load, and a page that the browser kept comes back without one.
	before := now.CurrentIndex - 1
	if _, err := chromedp.Call(ctx, page.NavigateToHistoryEntry, page.NavigateToHistoryEntryParams{EntryID: now.Entries[before].ID}); err != nil {
		b.fail("going back: %v", err)
	}
	b.await("going back", func(ctx context.Context) (string, error) {
		then, err := history(ctx)
		if err == nil && then.CurrentIndex != before {
			return "the page is still there", nil
		}
		return "", err
	})
	b.settle(b.patience)
}

// Status is the HTTP status that the page came with.
func (b *Browser) Status() int {
	b.seen.Lock()
	defer b.seen.Unlock()
	return b.seen.status
}

// URL is the address of the page, as the person sees it.
func (b *Browser) URL() string { b.t.Helper(); return Eval[string](b, "location.href") }

// Path is the address without scheme and host.
func (b *Browser) Path() string {
	b.t.Helper()
	return Eval[string](b, "location.pathname + location.search + location.hash")
}

// Title is the page's title.
func (b *Browser) Title() string { b.t.Helper(); return Eval[string](b, "document.title") }

// Click moves the mouse there and presses. It waits for the element, then for what the click sets off: a page, a fragment.
func (b *Browser) Click(selector string) {
	b.t.Helper()
	var spot struct{ X, Y float64 }
	b.await("clicking "+words(selector), func(ctx context.Context) (string, error) {
		ready, err := chromedp.Run(ctx, chromedp.Evaluate[clickSpot](script("spot", selector), chromedp.EvalAwaitPromise))
		spot.X, spot.Y = ready.X, ready.Y
		return ready.Why, err
	})
	move := call(input.DispatchMouseEvent, input.DispatchMouseEventParams{Type: chromedp.MouseMoved, X: spot.X, Y: spot.Y})
	if err := b.run("clicking "+words(selector), move, chromedp.MouseClickXY(spot.X, spot.Y)); err != nil {
		b.fail("%v", err)
	}
	b.settle(b.patience)
}

// clickSpot is where an element can be pressed, or why not.
type clickSpot struct {
	X   float64 `json:"x"`
	Y   float64 `json:"y"`
	Why string  `json:"why"`
}

// Type clicks into a field, takes out what stands there, and types. "\n" in a line's field is Enter, and sends the form.
func (b *Browser) Type(selector, text string) {
	b.t.Helper()
	b.Click(selector)
	if err := b.run("emptying "+words(selector),
		chromedp.KeyEvent("a", chromedp.KeyModifiers(selectAll)), chromedp.KeyEvent(kb.Delete)); err != nil {
		b.fail("%v", err)
	}
	var typing chromedp.Action[chromedp.Void]
	if len(text) <= 200 && plain(text) {
		typing = chromedp.KeyEvent(text)
	} else { // as an input method or the clipboard would
		typing = call(input.InsertText, input.InsertTextParams{Text: text})
	}
	if err := b.run("typing into "+words(selector), typing); err != nil {
		b.fail("%v", err)
	}
	b.settle(b.patience)
}

const selectAll = chromedp.ModifierCtrl

// plain is true for text that the keys of a keyboard write.
func plain(text string) bool {
	for _, r := range text {
		if (r < ' ' || r > '~') && r != '\n' && r != '\t' {
			return false
		}
	}
	return true
}

// Select chooses the option with these words in a drop-down, by the keyboard.
func (b *Browser) Select(selector, option string) {
	b.t.Helper()
	b.await("choosing "+option+" in "+words(selector), func(ctx context.Context) (string, error) {
		return chromedp.Run(ctx, chromedp.Evaluate[string](script("focusOption", selector, option)))
	})
	if err := b.run("choosing "+option, chromedp.KeyEvent(option)); err != nil {
		b.fail("%v", err)
	}
	b.settle(b.patience)
	b.await("choosing "+option+" in "+words(selector), func(ctx context.Context) (string, error) {
		return chromedp.Run(ctx, chromedp.Evaluate[string](script("chosen", selector, option)))
	})
}

// Upload puts files into a file field, which may be hidden behind a label.
func (b *Browser) Upload(selector string, files ...string) {
	b.t.Helper()
	whole := make([]string, len(files))
	for i, file := range files {
		at, err := filepath.Abs(file) // the browser ends a page that names a file it cannot find
		if err == nil {
			_, err = os.Stat(at)
		}
		if err != nil {
			b.t.Fatalf("uploading to %s: %v", words(selector), err)
		}
		whole[i] = at
	}
	if err := b.run("uploading to "+words(selector), chromedp.SetUploadFiles(chromedp.JSPath(script("any", selector)), whole)); err != nil {
		b.fail("%v", err)
	}
	b.settle(b.patience)
}

// keys are the names that Press knows besides single characters.
var keys = map[string]string{
	"Enter": kb.Enter, "Escape": kb.Escape, "Tab": kb.Tab, "Space": " ", "Backspace": kb.Backspace, "Delete": kb.Delete,
	"ArrowUp": kb.ArrowUp, "ArrowDown": kb.ArrowDown, "ArrowLeft": kb.ArrowLeft, "ArrowRight": kb.ArrowRight,
	"Home": kb.Home, "End": kb.End, "PageUp": kb.PageUp, "PageDown": kb.PageDown,
}

// Press presses keys one after the other wherever the focus is: "Tab", "Enter", "?", "Control+k", "Shift+Tab".
func (b *Browser) Press(names ...string) {
	b.t.Helper()
	for _, name := range names {
		var modifiers []chromedp.Modifier
		key := name
		for {
			before, after, found := strings.Cut(key, "+")
			if !found || after == "" {
				break
			}
			m, known := map[string]chromedp.Modifier{
				"Control": chromedp.ModifierCtrl, "Ctrl": chromedp.ModifierCtrl, "Shift": chromedp.ModifierShift,
				"Alt": chromedp.ModifierAlt, "Meta": chromedp.ModifierMeta,
			}[before]
			if !known {
				b.t.Fatalf("Press(%q): there is no modifier %q", name, before)
			}
			modifiers = append(modifiers, m)
			key = after
		}
		if code, named := keys[key]; named {
			key = code
		} else if len([]rune(key)) != 1 {
			b.t.Fatalf("Press(%q): there is no such key", name)
		}
		if err := b.run("pressing "+name, chromedp.KeyEvent(key, chromedp.KeyModifiers(modifiers...))); err != nil {
			b.fail("%v", err)
		}
	}
	b.settle(b.patience)
}

// Text waits for the element and gives what can be read in it.
func (b *Browser) Text(selector string) string { b.t.Helper(); return b.read("text", selector) }

// Value waits for the field and gives what stands in it.
func (b *Browser) Value(selector string) string { b.t.Helper(); return b.read("value", selector) }

// Attr waits for the element and gives an attribute, "" when it has none.
func (b *Browser) Attr(selector, name string) string {
	b.t.Helper()
	return b.read("attribute", selector, name)
}

func (b *Browser) read(function, selector string, more ...string) string {
	b.t.Helper()
	var found *string
	b.await("reading "+words(selector), func(ctx context.Context) (why string, err error) {
		found, err = chromedp.Run(ctx, chromedp.Evaluate[*string](script(function, append([]string{selector}, more...)...)))
		if err == nil && found == nil {
			why = "there is no such element"
		}
		return why, err
	})
	return *found
}

// Count is how many visible elements match now. It does not wait.
func (b *Browser) Count(selector string) int {
	b.t.Helper()
	return Eval[int](b, script("count", selector))
}

// WaitVisible waits until the element is there to be seen.
func (b *Browser) WaitVisible(selector string) { b.t.Helper(); b.Text(selector) }

// WaitGone waits until no such element is to be seen.
func (b *Browser) WaitGone(selector string) {
	b.t.Helper()
	b.WaitCount(selector, 0)
}

// WaitCount waits until so many visible elements match.
func (b *Browser) WaitCount(selector string, want int) {
	b.t.Helper()
	b.await(fmt.Sprintf("waiting for %d × %s", want, words(selector)), func(ctx context.Context) (string, error) {
		n, err := chromedp.Run(ctx, chromedp.Evaluate[int](script("count", selector)))
		if n == want {
			return "", err
		}
		return fmt.Sprintf("there are %d", n), err
	})
}

// WaitText waits until the words can be read somewhere on the page, spaces and line breaks taken as one.
func (b *Browser) WaitText(text string) {
	b.t.Helper()
	want := strings.Join(strings.Fields(text), " ")
	b.await(fmt.Sprintf("waiting for %q", text), func(ctx context.Context) (string, error) {
		text, err := chromedp.Run(ctx, chromedp.Evaluate[string]("document.body ? document.body.innerText : ''"))
		if strings.Contains(strings.Join(strings.Fields(text), " "), want) {
			return "", err
		}
		return "the page does not say so", err
	})
}

// WaitPath waits until the address, without host and query, is this.
func (b *Browser) WaitPath(path string) {
	b.t.Helper()
	b.await("waiting for "+path, func(ctx context.Context) (string, error) {
		at, err := chromedp.Run(ctx, chromedp.Evaluate[string]("location.pathname"))
		if at == path {
			return "", err
		}
		return "it is " + at, err
	})
}

// Says is true when the words can be read on the page now. It does not wait.
func (b *Browser) Says(text string) bool {
	b.t.Helper()
	page := Eval[string](b, "document.body.innerText")
	return strings.Contains(strings.Join(strings.Fields(page), " "), strings.Join(strings.Fields(text), " "))
}

// SetSize gives the window's inside another size. Below 600 points it is a phone: its viewport and touch.
func (b *Browser) SetSize(width, height int) {
	b.t.Helper()
	var options []chromedp.EmulateViewportOption
	if width < 600 {
		options = append(options, chromedp.EmulateMobile, chromedp.EmulateTouch)
	}
	if err := b.run("resizing", chromedp.EmulateViewport(int64(width), int64(height), options...)); err != nil {
		b.fail("%v", err)
	}
}

// SetDark makes the person prefer dark colours, or light ones. Motion is always reduced, so that nothing is looked at halfway.
func (b *Browser) SetDark(dark bool) {
	b.t.Helper()
	b.dark = dark
	scheme := "light"
	if dark {
		scheme = "dark"
	}
	if err := b.run("setting colours", call(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"},
	}})); err != nil {
		b.fail("%v", err)
	}
}

// Screenshot writes what the window shows as PNG, and makes the folder when there is none.
func (b *Browser) Screenshot(path string) { b.t.Helper(); b.shoot(path, chromedp.CaptureScreenshot()) }

// ScreenshotPage writes the whole page, also what would have to be scrolled to.
func (b *Browser) ScreenshotPage(path string) {
	b.t.Helper()
	b.shoot(path, chromedp.FullScreenshot(100))
}

func (b *Browser) shoot(path string, take chromedp.Action[[]byte]) {
	b.t.Helper()
	ctx, done := context.WithTimeout(b.ctx, b.patience)
	defer done()
	if _, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("document.fonts.ready.then(() => true)", chromedp.EvalAwaitPromise)); err != nil {
		b.fail("waiting for the fonts: %v", err)
	}
	png, err := chromedp.Run(ctx, take)
	if err != nil {
		b.fail("taking a picture: %v", err)
	}
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, png, 0o644)); err != nil {
		b.t.Fatal(err)
	}
}

// Eval gives what an expression of JavaScript says, promises awaited. It is for reading: what a person does goes through
// Click, Type and Press, because script that comes this way is not bound by the page's Content-Security-Policy.
func Eval[T any](b *Browser, expression string) T {
	b.t.Helper()
	var value T
	b.await("reading the page", func(ctx context.Context) (_ string, err error) {
		value, err = chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
		return "", err
	})
	return value
}

// run does steps within Patience.
func (b *Browser) run(what string, steps ...chromedp.Action[chromedp.Void]) error {
	ctx, done := context.WithTimeout(b.ctx, b.patience)
	defer done()
	if err := chromedp.Do(ctx, steps...); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// await asks again and again until there is nothing to wait for, and fails the test with the last reason when Patience is
// over. Errors are asked again too: a page that is just being left answers with one.
func (b *Browser) await(what string, ask func(context.Context) (why string, err error)) {
	b.t.Helper()
	ctx, done := context.WithTimeout(b.ctx, b.patience)
	defer done()
	last := "the browser did not answer"
	for {
		why, err := ask(ctx)
		if err == nil && why == "" {
			return
		}
		if err != nil && ctx.Err() == nil {
			why = err.Error()
			var wrong *chromedp.ExceptionError
			if errors.As(err, &wrong) && strings.Contains(why, "SyntaxError") {
				b.fail("%s: %s", what, why) // a wrong selector does not get better
			}
		}
		if why != "" {
			last = why
		}
		select {
		case <-ctx.Done():
			b.fail("%s: %s, after %s", what, last, b.patience)
		case <-time.After(40 * time.Millisecond):
		}
	}
}

// settle waits until the page is loaded and has no page or fetch on its way, at most so long. It never fails: a page may
// have a reason to go on asking, and whoever waits for something says for what.
func (b *Browser) settle(limit time.Duration) {
	ctx, done := context.WithTimeout(b.ctx, limit)
	defer done()
	const tick = `new Promise(done => setTimeout(() => done(document.readyState), 15))`
	for calm := 0; calm < 2; {
		state, err := chromedp.Run(ctx, chromedp.Evaluate[string](tick, chromedp.EvalAwaitPromise))
		b.seen.Lock()
		busy := len(b.seen.pending)
		b.seen.Unlock()
		if err == nil && state == "complete" && busy == 0 {
			calm++
			continue
		}
		calm = 0
		select {
		case <-ctx.Done():
			return
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// fail ends the test with what was tried and what the page says, and keeps a picture for `go test -artifacts`.
func (b *Browser) fail(format string, args ...any) {
	b.t.Helper()
	ctx, done := context.WithTimeout(b.ctx, 5*time.Second)
	defer done()
	says, err := chromedp.Run(ctx, chromedp.Evaluate[string](`location.href + "\n" + document.title + "\n" + (document.body ? document.body.innerText : "")`))
	if err != nil {
		says = "nothing: " + err.Error()
	}
	if r := []rune(says); len(r) > 3000 {
		says = string(r[:3000]) + " …"
	}
	if png, err := chromedp.Run(ctx, chromedp.CaptureScreenshot()); err == nil {
		_ = os.WriteFile(filepath.Join(b.t.ArtifactDir(), "window.png"), png, 0o644)
	}
	b.t.Fatalf("%s\nthe page says:\n%s", fmt.Sprintf(format, args...), indent(says))
}

func indent(s string) string { return "    | " + strings.ReplaceAll(s, "\n", "\n    | ") }

// call makes a step of a command of the browser's protocol.
func call[P, R any](command cdp.Command[P, R], params P) chromedp.Action[chromedp.Void] {
	return func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, t, command, params)
		return chromedp.Void{}, err
	}
}

// script calls one of the functions below.
func script(function string, args ...string) string {
	list, err := json.Marshal(args)
	if err != nil {
		panic(err) // strings always marshal
	}
	return "(() => {" + library + "return " + function + "(..." + string(list) + ");})()"
}

// library is how elements are found and read. It looks and never acts, but for giving the focus.
const library = `
const all = selector => {
	if (!/^[(/]/.test(selector)) return [...document.querySelectorAll(selector)];
	const found = document.evaluate(selector, document, null, XPathResult.ORDERED_NODE_SNAPSHOT_TYPE, null);
	return Array.from({length: found.snapshotLength}, (_, i) => found.snapshotItem(i));
};
const seen = e => e.checkVisibility({visibilityProperty: true, contentVisibilityAuto: true}) && e.getClientRects().length > 0;
const one = selector => all(selector).find(seen);
const any = selector => all(selector)[0];
const count = selector => all(selector).filter(seen).length;
const text = selector => one(selector)?.innerText ?? null;
const value = selector => { const e = one(selector); return e ? String(e.value ?? "") : null; };
const attribute = (selector, name) => { const e = one(selector); return e ? e.getAttribute(name) ?? "" : null; };
const called = e => e.localName + (e.id ? "#" + e.id : "") + [...e.classList].slice(0, 3).map(c => "." + c).join("");
const frame = () => new Promise(done => setTimeout(done, 20));
const spot = async selector => {
	const e = one(selector);
	if (!e) return {why: all(selector).length ? "the element is not visible" : "there is no such element"};
	if (e.matches(":disabled") || e.getAttribute("aria-disabled") === "true") return {why: "the element is disabled"};
	e.scrollIntoView({block: "nearest", inline: "nearest", behavior: "instant"});
	const where = () => {
		const r = [...e.getClientRects()].find(r => r.width > 0 && r.height > 0) ?? e.getBoundingClientRect();
		return {x: r.left + r.width / 2, y: r.top + r.height / 2};
	};
	let at = where();
	if (at.y < 0 || at.y > innerHeight || at.x < 0 || at.x > innerWidth) e.scrollIntoView({block: "center", inline: "center", behavior: "instant"});
	at = where();
	await frame();
	const then = where();
	if (Math.abs(then.x - at.x) > 0.5 || Math.abs(then.y - at.y) > 0.5) return {why: "the element does not stand still"};
	let top = document.elementFromPoint(at.x, at.y);
	if (!top) return {why: "the element is outside the window"};
	if (e !== top && !e.contains(top) && ![...(e.labels ?? [])].some(l => l.contains(top))) {
		e.scrollIntoView({block: "center", inline: "center", behavior: "instant"}); // out from under a bar that sticks
		at = where();
		top = document.elementFromPoint(at.x, at.y);
		if (!top || (e !== top && !e.contains(top) && ![...(e.labels ?? [])].some(l => l.contains(top))))
			return {why: "the element is covered by " + (top ? called(top) : "nothing that can be seen")};
	}
	return {...at, why: ""};
};
const focusOption = (selector, option) => {
	const e = one(selector);
	if (!e) return "there is no such element";
	if (e.localName !== "select") return "it is no drop-down but " + called(e);
	if (![...e.options].some(o => o.label.trim() === option)) return "it offers only " + [...e.options].map(o => o.label.trim()).join(", ");
	e.scrollIntoView({block: "nearest", behavior: "instant"});
	e.focus();
	return document.activeElement === e ? "" : "it does not take the focus";
};
const chosen = (selector, option) => {
	const label = one(selector)?.selectedOptions[0]?.label.trim();
	return label === undefined || label === option ? "" : "it is at " + label;
};
`
