package tests

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"github.com/stewardhq/steward/internal/app"
)

// spoken are commands of the program as documents write them: `steward audit verify`, go run ./cmd/steward demo.
var spoken = regexp.MustCompile("(?m)(?:go run \\./cmd/steward|(?:^|[`$] ?)(?:\\./)?steward) ([a-z][a-z-]*(?: [a-z][a-z-]*)?)")

func TestTheCommandsThatDocumentsNameExist(t *testing.T) {
	t.Parallel()
	run := func(words ...string) bool {
		var out bytes.Buffer
		code := app.Run(t.Context(), append(words, "--help"), app.Terminal{In: strings.NewReader(""), Out: &out, Err: &out, Env: func(string) string { return "" }})
		return code == app.Done
	}
	seen := 0
	for _, name := range files(t) {
		if carried(name) || name != "README.md" && !(strings.HasPrefix(name, "docs/") && strings.HasSuffix(name, ".md")) || strings.HasPrefix(name, "docs/decisions/") {
			continue
		}
		page, _ := text(t, name)
		for _, m := range spoken.FindAllStringSubmatch(page, -1) {
			words := strings.Fields(m[1])
			if words[0] == "help" || words[0] == "is" {
				continue
			}
			seen++
			if !run(words...) && !run(words[0]) {
				t.Errorf("%s names the command %q, and there is none", name, "steward "+m[1])
			}
		}
	}
	if seen == 0 {
		t.Error("no document names a command: the test looks in the wrong place")
	}
}
