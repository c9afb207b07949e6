package access

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/field"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/world"
	"github.com/stewardhq/steward/tests/dump"
)

var update = flag.Bool("update", false, "write testdata/access.golden again")

const golden = "testdata/access.golden"

// Verdicts, as the table writes them.
const (
	ok      = "ok"
	code    = "code"
	denied  = "-"
	hidden  = "·"
	signIn  = "sign in"
	more    = "more"
	oneself = "self"
	rule    = "rule"
	noField = "field"
	late    = "late"
	other   = "other"
	fault   = "FAULT"
)

const legend = `# Who may do what: every operation of the catalogue, asked for by every kind of caller. Written by
# "go test ./tests/access -update"; a difference in here is a difference in who may do what.
#
# ok       done
# code     allowed, and a step-up is asked for: nothing is done before its code
# late     the code is too old       other    the code is for other values
# -        forbidden                 more     forbidden: the person holds, or would get, more than the caller holds
# field    forbidden: sorts or filters by a field that the caller may not see
# ·        not found: the caller may not know that it exists, and gets the answer for what does not exist
# self     nobody does that to themself
# sign in  nobody is signed in       rule     allowed, and refused by a rule of the house for this input
`

// verdict puts an outcome into a word.
func verdict(err error) string {
	e := errs.Of(err)
	switch {
	case err == nil:
		return ok
	case errors.Is(err, op.ErrStepUpRequired):
		return code
	case errors.Is(err, op.ErrStepUpExpired):
		return late
	case errors.Is(err, op.ErrStepUpMismatch):
		return other
	case errors.Is(err, op.ErrHoldsMore), errors.Is(err, access.ErrGivesMore):
		return more
	case errors.Is(err, op.ErrOneself):
		return oneself
	case errors.Is(err, op.ErrSignIn):
		return signIn
	case errors.Is(err, field.ErrForbidden):
		return noField
	case errors.Is(err, op.ErrForbidden):
		return denied
	case e.Kind == errs.NotFound:
		return hidden
	case e.Kind == errs.Fault || e.Kind == errs.Unavailable:
		return fault
	}
	return rule
}

func TestEveryOperationHasAnExample(t *testing.T) {
	t.Parallel()
	w := world.New(t)
	has := map[string]bool{}
	for _, x := range examples {
		has[x.op] = true
	}
	for _, e := range w.Door.Catalogue() {
		if !has[e.Name] {
			t.Errorf("%s (%s) has no example, so nobody sees who may do it. Add one to the list that it belongs to, in tests/access/examples_*_test.go: "+
				"an input of %s that lies in Aurora Goods, at York if it has a location. Then run go test ./tests/access -update and read the new row.",
				e.Name, e.Summary, e.In)
		}
	}
}

func TestTheCatalogueAnswersAsTheTableSays(t *testing.T) {
	var mu sync.Mutex
	walked := map[string]string{}
	kept, err := os.ReadFile(golden)
	if err != nil && !*update {
		t.Fatal(err)
	}
	if *update {
		kept = nil
	}
	t.Run("walk", func(t *testing.T) {
		world.Each(t, func(t *testing.T, w *world.World) {
			began := time.Now()
			table := walk(newScene(t, w), read(string(kept)))
			t.Logf("walked in %s", time.Since(began).Round(time.Millisecond))
			mu.Lock()
			defer mu.Unlock()
			walked[t.Name()] = table
		})
	})
	if *update {
		for _, table := range walked {
			if err := os.WriteFile(golden, []byte(table), 0o644); err != nil {
				t.Fatal(err)
			}
			kept = []byte(table)
		}
	}
	for name, got := range walked {
		if d := differences(string(kept), got); d != "" {
			t.Errorf("%s: who may do what is not what %s says. If that is meant, run go test ./tests/access -update and have the difference reviewed.\n%s", name, golden, d)
		}
	}
}

// differences names the rows in which two tables differ.
func differences(want, got string) string {
	var b strings.Builder
	wanted := map[string]bool{}
	for line := range strings.Lines(want) {
		wanted[line] = true
	}
	given := map[string]bool{}
	for line := range strings.Lines(got) {
		if given[line] = true; !wanted[line] {
			b.WriteString("  now " + line)
		}
	}
	for line := range wanted {
		if !given[line] {
			b.WriteString("  was " + line)
		}
	}
	return b.String()
}

// walk asks for every example as every caller, and gives the table. expected is the table as it is kept, "" for none.
func walk(s *scene, expected map[string][]string) string {
	var b strings.Builder
	b.WriteString(legend + "#\n")
	for _, c := range columns {
		fmt.Fprintf(&b, "# %-8s %s\n", c.head, c.who)
	}
	fmt.Fprintf(&b, "\n%-*s", titleWidth, "operation")
	for _, c := range columns {
		fmt.Fprintf(&b, " %-*s", cellWidth, c.head)
	}
	b.WriteString("\n")
	done := map[string]bool{}
	for _, x := range examples {
		if _, known := s.entries[x.op]; !known {
			s.t.Logf("there is an example for %s, and no such operation in the catalogue", x.op)
			continue
		}
		title := x.title()
		if done[title] {
			s.t.Fatalf("there are two examples of %s: say in `what` how they differ", title)
		}
		done[title] = true
		fmt.Fprintf(&b, "%s\n", strings.TrimRight(fmt.Sprintf("%-*s", titleWidth, title)+s.row(x, expected[title]), " "))
	}
	return b.String()
}

const titleWidth, cellWidth = 48, 7

func (x example) title() string {
	if x.what == "" {
		return x.op
	}
	return x.op + ": " + x.what
}

// read reads the rows of a table.
func read(table string) map[string][]string {
	rows := map[string][]string{}
	for line := range strings.Lines(table) {
		runes := []rune(strings.TrimRight(line, "\n"))
		if len(runes) <= titleWidth || runes[0] == '#' {
			continue
		}
		var cells []string
		for at := titleWidth; at < len(runes); at += cellWidth + 1 {
			cells = append(cells, strings.TrimSpace(string(runes[at:min(len(runes), at+cellWidth+1)])))
		}
		rows[strings.TrimSpace(string(runes[:titleWidth]))] = cells
	}
	return rows
}

// stretch is callers in a row who were all refused. The database is looked at before the first and after the last of them: reading
// it whole is what the walk spends its time on. Where the table expects somebody to be let in, it is not read at all; were they
// refused instead, the table would differ anyway.
type stretch struct {
	before dump.Print
	heads  []string
}

// row asks for one example as every caller.
func (s *scene) row(x example, expected []string) string {
	var b strings.Builder
	var in any
	var open stretch
	fresh, reached := true, false
	expects := func(i int) string {
		if i < len(expected) {
			return expected[i]
		}
		return ""
	}
	for i, col := range columns {
		c := col.make(s)
		if fresh || x.each {
			in = x.in(s, c)
		}
		if open.before == nil && expects(i) != ok {
			open.before = s.print()
		}
		v := s.cell(x, col, c, in, &open)
		fresh = v == ok
		reached = reached || v == ok || v == rule || v == code
		if open.heads = append(open.heads, col.head); v == ok {
			open = stretch{}
		}
		again := i+1 < len(columns) && expects(i+1) != ok && expects(i+1) != "" && columns[i+1].proof == "" && !x.each
		if open.before != nil && !again {
			if differ := open.before.Diff(s.print()); len(differ) > 0 {
				s.t.Errorf("%s: refused to %s, and yet this changed: %s", x.title(), strings.Join(open.heads, ", "), strings.Join(differ, ", "))
			}
			open = stretch{}
		}
		fmt.Fprintf(&b, " %-*s", cellWidth, v)
	}
	if !reached && x.ruled == "" {
		s.t.Errorf("%s: nobody at all may do this, so the example tells nothing. Correct it, or say in `ruled` why that is so.", x.title())
	}
	return b.String()
}

// cell asks once, and sees to it that a refusal is in the log.
func (s *scene) cell(x example, col column, c *op.Caller, in any, open *stretch) string {
	e := s.entries[x.op]
	at := x.title() + " as " + col.head
	refusals, issued := s.logged(c, x.op, "refused"), s.logged(c, "step_up.issued", "done")
	err := s.call(e, c, in)
	if errors.Is(err, op.ErrStepUpRequired) {
		if s.logged(c, "step_up.issued", "done") != issued+1 {
			s.t.Errorf("%s: a step-up was asked for, and the log does not say so", at)
		}
		err = s.prove(x, col, e, c, in, err, open)
		s.breathe(true)
	} else {
		s.breathe(false)
	}
	v := verdict(err)
	switch v {
	case ok:
		return v
	case fault:
		s.t.Errorf("%s: our own fault: %v", at, err)
	case hidden:
		if r := errs.Of(err); r.Detail != errs.ErrNotFound.Detail || len(r.Extra)+len(r.Fields) > 0 {
			s.t.Errorf("%s: hidden things answer otherwise than absent ones: %q %v", at, r.Detail, r.Extra)
		}
	case late:
		if s.logged(c, "step_up.expired", "refused") == 0 {
			s.t.Errorf("%s: a code came too late, and the log does not say so", at)
		}
		return v
	}
	if c.Kind == op.Anonymous || e.Kind == "upkeep" || !isDenial(err) {
		return v
	}
	if n := s.logged(c, x.op, "refused") - refusals; n != 1 {
		s.t.Errorf("%s: refused (%v), and the log has %d more refusals of it, not 1", at, err, n)
	}
	return v
}

// isDenial says whether somebody was denied something, as opposed to asking for something that cannot be.
func isDenial(err error) bool {
	k := errs.Of(err).Kind
	return k == errs.Forbidden && !errors.Is(err, op.ErrStepUpRequired) || k == errs.Unauthorized || k == errs.NotFound
}

func (s *scene) call(e op.Entry, c *op.Caller, in any, opts ...op.Option) error {
	value, err := build(e.In, in)
	if err != nil {
		s.t.Fatalf("the example of %s: %v", e.Name, err)
	}
	_, err = e.Call(context.Background(), s.w.Door, c, value.Interface(), opts...)
	return err
}

// prove answers a step-up as the column says.
func (s *scene) prove(x example, col column, e op.Entry, c *op.Caller, in any, asked error, open *stretch) error {
	id, _ := errs.Of(asked).Extra["step_up"].(string)
	proof := op.With(op.Proof{ID: id, Code: s.code(c.Person)})
	switch col.proof {
	case "late":
		s.w.Later(6 * time.Minute)
		return s.call(e, c, in, proof)
	case "swapped":
		swapped := x.in(s, c)
		open.before = s.print()
		return s.call(e, c, swapped, proof)
	case "given":
		err := s.call(e, c, in, proof)
		if err == nil {
			if again := s.call(e, c, in, proof); !errors.Is(again, op.ErrStepUpExpired) && !errors.Is(again, errs.ErrNotFound) {
				s.t.Errorf("%s: a code was good twice: %v", x.title(), again)
			}
		}
		return err
	}
	return asked
}
