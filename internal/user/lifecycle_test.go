package user

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stewardhq/steward/internal/kernel/errs"
)

var update = flag.Bool("update", false, "write the chart and the tables of docs/lifecycle.md again")

// allMoves are the moves in the order of a life, each before its reverse.
var allMoves = []Move{Accept, Deactivate, Reactivate, Suspend, Reinstate, Ban, Unban, Archive, Restore, Erase}

// reverse is the move that takes back one whose way back leads to the status before.
var reverse = map[Move]Move{Suspend: Reinstate, Ban: Unban, Archive: Restore}

func TestTheListOfMovesIsWhole(t *testing.T) {
	t.Parallel()
	for m, from := range moves {
		if !slices.Contains(allMoves, m) {
			t.Errorf("%s is missing in allMoves, and so in docs/lifecycle.md", m)
		}
		for s, to := range from {
			if !slices.Contains(Statuses, s) || to != before && !slices.Contains(Statuses, to) {
				t.Errorf("%s leads from %q to %q, and one of them is no status", m, s, to)
			}
		}
	}
	if len(allMoves) != len(moves) {
		t.Errorf("there are %d moves in the chart and %d in allMoves", len(moves), len(allMoves))
	}
	for m := range returns {
		if reverse[m] == "" {
			t.Errorf("%s leads back to the status before, and has no reverse here", m)
		}
	}
}

// TestRefusedMovesChangeNothing goes through every status and every move.
func TestRefusedMovesChangeNothing(t *testing.T) {
	t.Parallel()
	for _, s := range Statuses {
		for _, m := range allMoves {
			u := &User{Status: s, StatusBefore: string(Active)}
			seen := *u
			err := u.Moved(m)
			if _, allowed := moves[m][s]; allowed {
				if err != nil || u.Status == s {
					t.Errorf("%s of an account that is %s: %v, and it is %s", m, s, err, u.Status)
				}
				continue
			}
			if !errors.Is(err, ErrMove) {
				t.Errorf("%s of an account that is %s: %v, want a refusal", m, s, err)
			}
			if u.Status != seen.Status || u.StatusBefore != seen.StatusBefore {
				t.Errorf("the refused %s changed an account that is %s: now %s, before %s", m, s, u.Status, u.StatusBefore)
			}
		}
	}
}

func TestOnlyActiveMaySignIn(t *testing.T) {
	t.Parallel()
	for _, s := range Statuses {
		u := &User{Status: s}
		if entered := u.MayEnter() == nil; entered != (s == Active) {
			t.Errorf("an account that is %s may sign in: %v", s, entered)
		}
	}
}

func TestASuspendedPersonIsShownTheMessage(t *testing.T) {
	t.Parallel()
	u := &User{Status: Suspended, StatusMessage: "Call us about your last order."}
	if got := errs.Of(u.MayEnter()).Detail; got != u.StatusMessage {
		t.Errorf("shown %q, want the message of the suspension", got)
	}
}

// TestTheDocumentSaysWhatTheChartSays compares docs/lifecycle.md with the code, between its markers. Run with -update, then read
// the difference: it is what may become of an account.
func TestTheDocumentSaysWhatTheChartSays(t *testing.T) {
	const file = "../../docs/lifecycle.md"
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	page := string(content)
	for name, text := range map[string]string{"chart": chart(t), "moves": moveTables(), "ways back": waysBack()} {
		part := regexp.MustCompile(`(?s)(<!-- ` + name + `: [^\n]* -->\n)(.*?)(<!-- end of ` + name + ` -->)`)
		found := part.FindStringSubmatch(page)
		switch {
		case found == nil:
			t.Errorf("%s has no part marked %q", file, name)
		case *update:
			page = part.ReplaceAllStringFunc(page, func(string) string { return found[1] + text + found[3] })
		case found[2] != text:
			t.Errorf("%s, %q: not what status.go says. Read it, then run go test ./internal/user -update\n%s", file, name, differs(found[2], text))
		}
	}
	if *update && page != string(content) {
		if err := os.WriteFile(file, []byte(page), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// chart is the drawing in the comment of Status.
func chart(t *testing.T) string {
	t.Helper()
	source, err := os.ReadFile("status.go")
	if err != nil {
		t.Fatal(err)
	}
	_, comment, found := strings.Cut(string(source), "// Status is where an account is in its life.\n")
	comment, _, ended := strings.Cut(comment, "type Status ")
	if !found || !ended {
		t.Fatal("status.go has no comment with the chart")
	}
	var lines []string
	for line := range strings.Lines(comment) {
		if drawn, ok := strings.CutPrefix(line, "//\t"); ok {
			lines = append(lines, strings.TrimRight(drawn, "\n"))
		} else if line == "//\n" {
			lines = append(lines, "")
		}
	}
	return "\n```text\n" + strings.Trim(strings.Join(lines, "\n"), "\n") + "\n```\n\n"
}

// moveTables has every move of every status: where it leads, or the sentence that refuses it.
func moveTables() string {
	var b strings.Builder
	for _, s := range Statuses {
		fmt.Fprintf(&b, "\n### An account that is %s\n\n| move | leads to | or is refused with |\n| --- | --- | --- |\n", lower(s))
		for _, m := range allMoves {
			to, allowed := moves[m][s]
			switch {
			case !allowed:
				fmt.Fprintf(&b, "| %s | | %s |\n", m, errs.Of((&User{Status: s}).Moved(m)).Detail)
			case to == before:
				fmt.Fprintf(&b, "| %s | the status before | |\n", m)
			default:
				fmt.Fprintf(&b, "| %s | %s | |\n", m, lower(to))
			}
		}
	}
	return b.String() + "\n"
}

// waysBack has each way into a status that has a way back, and where that leads.
func waysBack() string {
	var b strings.Builder
	b.WriteString("\n| an account that was | after | and then | is |\n| --- | --- | --- | --- |\n")
	for _, s := range []Status{Invited, Active, Deactivated} {
		for _, path := range [][]Move{{Suspend}, {Ban}, {Archive}, {Suspend, Ban}, {Suspend, Archive}, {Ban, Archive}, {Suspend, Ban, Archive}} {
			u := &User{Status: s}
			var names []string
			var err error
			for _, m := range path {
				err = errors.Join(err, u.Moved(m))
				names = append(names, string(m))
			}
			back := reverse[path[len(path)-1]]
			if err = errors.Join(err, u.Moved(back)); err == nil {
				fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", lower(s), strings.Join(names, ", "), back, lower(u.Status))
			}
		}
	}
	return b.String() + "\n"
}

func differs(page, code string) string {
	got, want := strings.Split(page, "\n"), strings.Split(code, "\n")
	for i := range max(len(got), len(want)) {
		if i >= len(got) || i >= len(want) || got[i] != want[i] {
			at := func(lines []string) string {
				if i < len(lines) {
					return lines[i]
				}
				return "(nothing)"
			}
			return fmt.Sprintf("line %d of the part\npage %s\ncode %s", i+1, at(got), at(want))
		}
	}
	return ""
}
