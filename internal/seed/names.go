package seed

import (
	_ "embed"
	"strings"
	"sync"

	"github.com/stewardhq/steward/internal/text"
)

//go:embed names.tsv
var namesFile string

// name is a name as its bearer writes it, and in Latin letters.
type name struct{ local, latin string }

// origin is where a name comes from.
type origin struct{ women, men, family []name }

// origins reads the names, once and only for who makes a world.
var origins = sync.OnceValue(func() map[string]*origin {
	all := map[string]*origin{}
	for line := range strings.Lines(namesFile) {
		parts := strings.Split(strings.TrimRight(line, "\n"), "\t")
		if len(parts) == 4 && !strings.HasPrefix(line, "#") {
			all[parts[0]] = &origin{readNames(parts[1]), readNames(parts[2]), readNames(parts[3])}
		}
	}
	return all
})

func readNames(list string) (all []name) {
	for s := range strings.SplitSeq(list, ",") {
		local, latin, other := strings.Cut(s, "=")
		if !other {
			latin = local
		}
		all = append(all, name{local, latin})
	}
	return all
}

// address makes the local part of an e-mail address from a name: what its bearer could type anywhere.
func address(latin string) string {
	var b strings.Builder
	for _, r := range text.Fold(latin) {
		if r >= 'a' && r <= 'z' {
			b.WriteRune(r)
		}
	}
	return b.String()
}
