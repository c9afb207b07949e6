package browser

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// violationBinding is the function through which a page tells of a broken Content-Security-Policy. A binding outlives the
// page, so a violation just before a navigation is not lost.
const violationBinding = "stewardTestViolation"

// policy is how the browser calls it, and how a fault of it starts.
const policy = "Content Security Policy"

const violationScript = `window.addEventListener("securitypolicyviolation", e => ` + violationBinding + `(JSON.stringify({
	page: location.href, directive: e.effectiveDirective, blocked: e.blockedURI, sample: e.sample, file: e.sourceFile, line: e.lineNumber,
})), true);`

// traffic is what the window has seen: what went wrong, and what is still on its way. The browser's events write it from
// another goroutine.
type traffic struct {
	sync.Mutex
	faults    []string
	forbidden []string                     // what the browser's log says of broken policies: the page's own report is better
	pending   map[network.RequestID]string // pages and fetches on their way
	asked     map[network.RequestID]string // every request's address
	status    int                          // of the last page
	main      string                       // id of the frame that is the page itself
}

// TakeFaults gives what went wrong in the window since the last call, and forgets it, for a test that expects a fault. What
// is still there when the test ends fails it.
func (b *Browser) TakeFaults() []string {
	b.seen.Lock()
	defer b.seen.Unlock()
	faults := b.seen.faults
	if !slices.ContainsFunc(faults, func(f string) bool { return strings.HasPrefix(f, policy) }) {
		faults = append(faults, b.seen.forbidden...)
	}
	b.seen.faults, b.seen.forbidden = nil, nil
	return faults
}

// watch collects faults and the traffic from now on.
func (b *Browser) watch() {
	b.seen.pending, b.seen.asked = map[network.RequestID]string{}, map[network.RequestID]string{}
	b.seen.main = string(chromedp.FromContext(b.ctx).Target.TargetID) // the page's frame has the target's id
	if err := chromedp.Listen(b.ctx, b.notice); err != nil {
		b.t.Fatalf("listening to the window: %v", err)
	}
}

// notice takes one event of the browser. It runs in the loop that reads them, so it must not call the browser.
func (b *Browser) notice(event any) {
	s := &b.seen
	s.Lock()
	defer s.Unlock()
	fault := func(format string, args ...any) {
		if line := fmt.Sprintf(format, args...); !slices.Contains(s.faults, line) {
			s.faults = append(s.faults, line)
		}
	}
	switch e := event.(type) {
	case *runtime.EventBindingCalled:
		if e.Name == violationBinding {
			fault("%s", violation(e.Payload))
		}
	case *runtime.EventExceptionThrown:
		d := e.ExceptionDetails
		text := d.Text
		if d.Exception != nil && d.Exception.Description != "" {
			text = d.Exception.Description
		}
		fault("a script threw: %s (%s:%d)", text, d.URL, d.LineNumber+1)
	case *runtime.EventConsoleAPICalled:
		if e.Type == "error" || e.Type == "assert" {
			var words []string
			for _, arg := range e.Args {
				switch {
				case len(arg.Value) > 0:
					words = append(words, string(arg.Value))
				default:
					words = append(words, arg.Description)
				}
			}
			fault("console.%s: %s", e.Type, strings.Join(words, " "))
		}
	case *log.EventEntryAdded:
		// Those about requests are judged below, where it is known what was asked for: a form that answers 422 is no fault.
		switch {
		case e.Entry.Level != "error" || e.Entry.Source == "network":
		case strings.Contains(e.Entry.Text, policy):
			s.forbidden = append(s.forbidden, fmt.Sprintf("%s: %s (%s)", policy, e.Entry.Text, e.Entry.URL))
		default:
			fault("the browser says: %s (%s)", e.Entry.Text, e.Entry.URL)
		}
	case *page.EventJavascriptDialogOpening:
		// It would hold up everything, and it looks like no page of ours.
		fault("the page opened a dialog of the browser: %s %q", e.Type, e.Message)
		go func() {
			_, _ = chromedp.Call(b.ctx, page.HandleJavaScriptDialog, page.HandleJavaScriptDialogParams{Accept: false})
		}()
	case *network.EventRequestWillBeSent:
		s.asked[e.RequestID] = e.Request.URL
		switch e.Type {
		case network.ResourceTypeDocument, network.ResourceTypeXHR, network.ResourceTypeFetch:
			s.pending[e.RequestID] = e.Request.URL
		}
		if host := foreign(e.Request.URL); host != "" {
			fault("the page asks another host: %s", e.Request.URL)
		}
	case *network.EventResponseReceived:
		if e.Type == network.ResourceTypeDocument && string(e.FrameID) == s.main {
			s.status = int(e.Response.Status)
		}
		if e.Response.Status >= 400 && isPart(e.Type) {
			fault("%d for %s %s", e.Response.Status, strings.ToLower(string(e.Type)), e.Response.URL)
		}
	case *network.EventLoadingFinished:
		delete(s.pending, e.RequestID)
	case *network.EventLoadingFailed:
		delete(s.pending, e.RequestID)
		if !e.Canceled && e.ErrorText != "net::ERR_ABORTED" && (isPart(e.Type) || e.Type == network.ResourceTypeFetch || e.Type == network.ResourceTypeXHR) && e.BlockedReason == "" {
			fault("%s for %s %s", e.ErrorText, strings.ToLower(string(e.Type)), s.asked[e.RequestID])
		}
	case *page.EventFrameNavigated:
		if e.Frame.ParentID == "" { // a new page: whatever the old one waited for is gone
			for id, at := range s.pending {
				if at != e.Frame.URL {
					delete(s.pending, id)
				}
			}
		}
	}
}

// isPart is true for the files that a page is made of.
func isPart(kind network.ResourceType) bool {
	switch kind {
	case network.ResourceTypeStylesheet, network.ResourceTypeScript, network.ResourceTypeImage, network.ResourceTypeFont, network.ResourceTypeMedia, network.ResourceTypeManifest:
		return true
	}
	return false
}

// foreign gives the host of an address that is not on this machine.
func foreign(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" && u.Scheme != "ws" && u.Scheme != "wss" {
		return ""
	}
	switch host := u.Hostname(); host {
	case "localhost", "127.0.0.1", "::1":
		return ""
	default:
		if strings.HasSuffix(host, ".localhost") {
			return ""
		}
		return host
	}
}

// violation says in a line what a page reported.
func violation(payload string) string {
	var v struct {
		Page, Directive, Blocked, Sample, File string
		Line                                   int
	}
	if err := json.Unmarshal([]byte(payload), &v); err != nil {
		return policy + ": " + payload
	}
	line := fmt.Sprintf("%s: %s forbids %s on %s", policy, v.Directive, v.Blocked, v.Page)
	if v.Sample != "" {
		line += fmt.Sprintf(" (%q)", v.Sample)
	}
	if v.File != "" && v.File != v.Page {
		line += fmt.Sprintf(" from %s:%d", v.File, v.Line)
	}
	return line
}
