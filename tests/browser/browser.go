// Package browser drives a real Chromium for journeys through the pages of Steward.
//
// A test asks for a browser, goes somewhere and does what a person does: it clicks, types, presses keys, and reads what is
// visible. What it promises:
//
//   - One Chromium for each test process; for each test its own incognito context, so no cookie leaks into the next one.
//   - Clicks and keys are real input events, never script. A script run through the browser's debugging protocol is not bound
//     by the page's Content-Security-Policy, so clicking with it would hide what a person would run into.
//   - Elements are found as a person finds them: the first visible one that matches. A click waits until the element is
//     enabled, stands still and is not covered.
//   - Everything that waits has a limit, Patience. When it is over the test fails with what was awaited and what the page says.
//   - A page that breaks its Content-Security-Policy, throws, logs an error, misses a file or asks another host for anything
//     fails the test, whatever else it does (faults.go).
//
// A selector is CSS ("#email", "tr.customer"), XPath (starts with "/" or "("), or made by Button, Link, Field or Text of
// select.go, which is what a journey should use: it reads as a person would say it.
//
//	b := browser.New(t).At(server.URL)
//	b.Goto("/admin")
//	b.Type(browser.Field("E-mail"), "ada@example.org")
//	b.Click(browser.Button("Sign in"))
//	b.WaitText("Good morning, Ada")
//	b.Axe(t)
//
// A package that uses it should hand its tests to Main, so that the browser and its folder are gone at the end:
//
//	func TestMain(m *testing.M) { browser.Main(m) }
package browser

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// Patience is how long anything that waits waits, unless SetPatience says otherwise.
const Patience = 15 * time.Second

// The sizes that pages are looked at in.
const (
	DesktopWidth, DesktopHeight = 1440, 900
	PhoneWidth, PhoneHeight     = 390, 844
)

// Browser is one test's own window: cookies, size, colours and faults of its own. It is for one goroutine.
type Browser struct {
	t    testing.TB
	ctx  context.Context
	base string
	dark bool
	seen traffic

	patience time.Duration
}

// the one Chromium of this process.
var chromium struct {
	sync.Mutex
	ctx  context.Context
	stop func()
}

// New opens a window for the test, desktop size and light, and closes it when the test ends. Without a Chromium or Chrome
// on the machine the test is skipped, unless STEWARD_TEST_REQUIRE contains "browser".
func New(t testing.TB) *Browser {
	t.Helper()
	path := find()
	if path == "" {
		const sentence = "there is no Chromium on this machine (chromium, google-chrome): browser tests need one"
		if required() {
			t.Fatal(sentence + ", and STEWARD_TEST_REQUIRE says they must run")
		}
		t.Skip(sentence)
	}
	parent, err := start(path)
	if err != nil {
		t.Fatalf("starting %s: %v", path, err)
	}
	ctx, closeWindow := chromedp.NewContext(parent, chromedp.WithNewBrowserContext())
	b := &Browser{t: t, ctx: ctx, patience: Patience}
	if err := chromedp.Do(ctx); err != nil { // without a limit: the first Do owns the window
		closeWindow()
		t.Fatalf("opening a window: %v", err)
	}
	t.Cleanup(func() {
		t.Helper()
		b.settle(300 * time.Millisecond)
		for _, fault := range b.TakeFaults() {
			t.Errorf("in the browser: %s", fault)
		}
		closeWindow()
	})
	b.watch()
	if err := b.run("preparing the window",
		call(emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true}),
		call(runtime.AddBinding, runtime.AddBindingParams{Name: violationBinding}),
		call(page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: violationScript}),
	); err != nil {
		t.Fatal(err)
	}
	b.SetSize(DesktopWidth, DesktopHeight)
	b.SetDark(false)
	return b
}

// At sets where addresses that start with "/" lead.
func (b *Browser) At(base string) *Browser {
	b.base = strings.TrimSuffix(base, "/")
	return b
}

// SetPatience changes how long this window waits, for a page that may take longer.
func (b *Browser) SetPatience(limit time.Duration) { b.patience = limit }

// Context is the window's chromedp context, for what the helpers do not offer (a virtual passkey, a download).
func (b *Browser) Context() context.Context { return b.ctx }

// Main runs a package's tests, closes the browser, and exits.
func Main(m *testing.M) {
	code := m.Run()
	Close()
	os.Exit(code)
}

// Close ends the Chromium of this process, if there is one.
func Close() {
	chromium.Lock()
	defer chromium.Unlock()
	if chromium.stop != nil {
		chromium.stop()
		chromium.ctx, chromium.stop = nil, nil
	}
}

// required is true where skipping is forbidden, as in CI.
func required() bool {
	for part := range strings.SplitSeq(os.Getenv("STEWARD_TEST_REQUIRE"), ",") {
		if strings.TrimSpace(part) == "browser" {
			return true
		}
	}
	return false
}

// find gives the path of a Chromium or Chrome, and "" when there is none.
func find() string {
	for _, name := range []string{
		"/usr/bin/chromium", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome",
		"/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
	} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

// start gives the context of the process's one Chromium, started at the first call.
func start(path string) (context.Context, error) {
	chromium.Lock()
	defer chromium.Unlock()
	if chromium.ctx != nil {
		return chromium.ctx, nil
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path),
		chromedp.DisableGPU,
		chromedp.WindowSize(DesktopWidth, DesktopHeight),
		// No page of ours asks anybody else for anything, and neither does the browser.
		chromedp.Flag("no-proxy-server", true),
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1, EXCLUDE [::1]"),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-domain-reliability", true),
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-features", "Translate,BlinkGenPropertyTrees,OptimizationHints,MediaRouter,DialMediaRouteProvider,AutofillServerCommunication,CertificateTransparencyComponentUpdater"),
		// The same picture on every machine.
		chromedp.Flag("lang", "en-GB"),
		chromedp.Flag("accept-lang", "en-GB,en"),
		chromedp.Flag("force-device-scale-factor", "1"),
		chromedp.Flag("font-render-hinting", "none"),
	)
	if os.Geteuid() == 0 || os.Getenv("CI") != "" {
		options = append(options, chromedp.NoSandbox) // Chromium refuses root in its sandbox
	}
	alloc, stopAlloc := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, stopBrowser := chromedp.NewContext(alloc, chromedp.WithErrorf(func(string, ...any) {}))
	if err := chromedp.Do(ctx); err != nil {
		stopBrowser()
		stopAlloc()
		return nil, err
	}
	chromium.ctx = ctx
	chromium.stop = func() {
		limited, done := context.WithTimeout(ctx, 10*time.Second)
		_ = chromedp.Cancel(limited) // the process ends now either way
		done()
		stopAlloc()
	}
	return ctx, nil
}
