package browser

import (
	"context"
	_ "embed"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// axeSource is axe-core as published, with its licence beside it.
//
//go:embed testdata/axe.min.js
var axeSource string

// violations is what axe-core found, one for each rule.
type violations []struct {
	ID     string `json:"id"`
	Impact string `json:"impact"`
	Help   string `json:"help"`
	Nodes  []struct {
		Target  string `json:"target"`
		HTML    string `json:"html"`
		Summary string `json:"summary"`
	} `json:"nodes"`
}

// String says for each rule what it wants, and for each element where it is and what to do.
func (v violations) String() string {
	var s strings.Builder
	for _, rule := range v {
		fmt.Fprintf(&s, "\n%s (%s): %s", rule.ID, rule.Impact, rule.Help)
		for i, n := range rule.Nodes {
			if i == 5 {
				fmt.Fprintf(&s, "\n    and %d more", len(rule.Nodes)-i)
				break
			}
			html := strings.Join(strings.Fields(n.HTML), " ")
			if r := []rune(html); len(r) > 160 {
				html = string(r[:160]) + "…"
			}
			fmt.Fprintf(&s, "\n    %s\n        %s\n        %s", n.Target, html, strings.ReplaceAll(strings.TrimSpace(n.Summary), "\n", "\n        "))
		}
	}
	return s.String()
}

// Axe fails the test when the page, as it stands now, breaks a rule of accessibility: all rules of axe-core that are on by
// default, WCAG A and AA and its best practices. It does not end the test, so that one run tells of every page.
func (b *Browser) Axe(t testing.TB) {
	t.Helper()
	found, err := b.axe()
	if err != nil {
		t.Errorf("axe: %v", err)
		return
	}
	if len(found) > 0 {
		t.Errorf("axe finds %d broken rules on %s (%s):%s", len(found), b.URL(), b.looks(), found)
	}
}

// looks says in which colours the page was looked at.
func (b *Browser) looks() string {
	if b.dark {
		return "dark"
	}
	return "light"
}

func (b *Browser) axe() (violations, error) {
	b.settle(b.patience)
	ctx, done := context.WithTimeout(b.ctx, 2*b.patience)
	defer done()
	there, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("typeof window.axe === 'object'"))
	if err != nil {
		return nil, err
	}
	if !there {
		if _, err := chromedp.Run(ctx, chromedp.Evaluate[bool](axeSource+"\n;true")); err != nil {
			return nil, fmt.Errorf("putting it into the page: %w", err)
		}
	}
	const look = `axe.run(document, {resultTypes: ["violations"]}).then(r => r.violations.map(v => ({
		id: v.id, impact: v.impact ?? "minor", help: v.help,
		nodes: v.nodes.map(n => ({target: n.target.flat().join(" "), html: n.html, summary: n.failureSummary ?? ""})),
	})))`
	var found violations
	for range 3 { // a page that is just swapping a fragment is looked at again
		found, err = chromedp.Run(ctx, chromedp.Evaluate[violations](look, chromedp.EvalAwaitPromise))
		if err == nil {
			return found, nil
		}
		time.Sleep(100 * time.Millisecond)
	}
	return nil, err
}
