package app

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/stewardhq/steward/internal/money"
)

// count writes a number with commas.
func count(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// amountText writes money with commas: 8,911,407.90 GBP.
func amountText(a money.Amount) string {
	whole, cents, hasCents := strings.Cut(a.Plain(), ".")
	n, err := strconv.Atoi(whole)
	if err != nil || n == 0 { // -0.50 keeps its sign
		return a.String()
	}
	if hasCents {
		cents = "." + cents
	}
	return count(n) + cents + " " + string(a.Currency)
}

// size writes bytes for people.
func size(n int64) string {
	switch {
	case n >= 1<<30:
		return fmt.Sprintf("%.1f GiB", float64(n)/(1<<30))
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
	}
	return fmt.Sprintf("%d KiB", n>>10)
}

// isTerminal says whether somebody looks at what is written.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// ticker shows progress: one line that is written over where somebody looks, else a line now and then.
type ticker struct {
	out    io.Writer
	live   bool
	every  time.Duration
	began  time.Time
	last   time.Time
	behind bool // a line stands that must be ended
}

func newTicker(t Terminal) *ticker {
	k := &ticker{out: t.Err, live: isTerminal(t.Err), every: 10 * time.Second, began: time.Now()}
	if k.live {
		k.every = 100 * time.Millisecond
	}
	k.last = k.began
	return k
}

// at says how far something is: done of all, and what.
func (k *ticker) at(done, all int, what string) {
	now := time.Now()
	if now.Sub(k.last) < k.every && done < all {
		return
	}
	k.last = now
	line := count(done)
	if all > 0 {
		line = fmt.Sprintf("%3d %%  %s of %s", min(100, done*100/all), count(done), count(all))
	}
	k.line(line + " " + what)
}

// part says how far something is as a share; unknown shares are not shown.
func (k *ticker) part(share float64, known bool, what string) {
	now := time.Now()
	if now.Sub(k.last) < k.every {
		return
	}
	k.last = now
	if known {
		what = fmt.Sprintf("%3d %%  %s", int(min(max(share, 0), 1)*100), what)
	}
	k.line(what)
}

func (k *ticker) line(text string) {
	if k.live {
		_, _ = fmt.Fprintf(k.out, "\r\x1b[K  %s", text)
		k.behind = true
		return
	}
	_, _ = fmt.Fprintf(k.out, "  %s\n", text)
}

// end leaves the last line standing.
func (k *ticker) end() {
	if k.behind {
		_, _ = fmt.Fprintln(k.out)
		k.behind = false
	}
}

// inJSON declares --json.
func inJSON(f *flag.FlagSet) *bool { return f.Bool("json", false, "answer in JSON, for programs") }

// writeJSON writes an answer for programs.
func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}
