package password

import (
	_ "embed"
	"encoding/json"
	"slices"
	"sort"
	"strings"
	"sync"

	"github.com/ccojocar/zxcvbn-go/data"
	"golang.org/x/text/unicode/norm"
)

// commonText is the list of 49,233 common passwords of @zxcvbn-ts/language-common 4.1.3 (MIT, see common.LICENSE.txt), the
// most common first, one on a line. It stays in the binary's read-only pages until it is needed.
//
//go:embed common.txt
var commonText string

// CommonCount is how many passwords the embedded list has.
const CommonCount = 49233

// dictionary is the common passwords and zxcvbn's English words and names, each with its best rank. It is three blocks of
// memory without a pointer inside, sorted by word: 1.7 MB for 114,674 words, which the garbage collector does not walk.
type dictionary struct {
	text  string   // the words, sorted, one after the other
	ends  []uint32 // where each ends
	ranks []uint32 // within its list, from 1; the top bit marks a common password
}

const commonMark = 1 << 31

// words are built when somebody chooses the first password (0.1 s), and kept.
var words = sync.OnceValue(build)

func build() *dictionary {
	type entry struct {
		word string
		rank uint32
	}
	all := make([]entry, 0, 128<<10)
	add := func(list []string, mark uint32) {
		for i, word := range list {
			all = append(all, entry{strings.ToLower(word), uint32(i+1) | mark})
		}
	}
	add(strings.Fields(commonText), commonMark)
	for _, name := range []string{"English", "FemaleNames", "MaleNames", "Surnames"} {
		add(asset(name), 0)
	}
	slices.SortFunc(all, func(a, b entry) int { return strings.Compare(a.word, b.word) })
	var text strings.Builder
	d := &dictionary{ends: make([]uint32, 0, len(all)), ranks: make([]uint32, 0, len(all))}
	for i, e := range all {
		if last := len(d.ranks) - 1; i > 0 && all[i-1].word == e.word {
			mark := (d.ranks[last] | e.rank) & commonMark
			d.ranks[last] = min(d.ranks[last]&^commonMark, e.rank&^commonMark) | mark
			continue
		}
		text.WriteString(e.word)
		d.ends = append(d.ends, uint32(text.Len()))
		d.ranks = append(d.ranks, e.rank)
	}
	d.text, d.ends, d.ranks = strings.Clone(text.String()), slices.Clip(slices.Clone(d.ends)), slices.Clip(slices.Clone(d.ranks))
	return d
}

func (d *dictionary) word(i int) string {
	if i == 0 {
		return d.text[:d.ends[0]]
	}
	return d.text[d.ends[i-1]:d.ends[i]]
}

// rank counts from 1, the most common; 0 is a word that is not here. common says that it is one of the common passwords.
func (d *dictionary) rank(word string) (rank int, common bool) {
	at, found := sort.Find(len(d.ends), func(i int) int { return strings.Compare(word, d.word(i)) })
	if !found {
		return 0, false
	}
	return int(d.ranks[at] &^ commonMark), d.ranks[at]&commonMark != 0
}

// asset takes a word list out of zxcvbn-go. Only its data package is imported: its frequency and matching packages build
// their maps while the program starts, 35 ms and 8.5 MB for every command, whether it needs them or not.
func asset(name string) []string {
	raw, err := data.Asset("data/" + name + ".json")
	var words struct{ List []string }
	if err == nil {
		err = json.Unmarshal(raw, &words)
	}
	if err != nil || len(words.List) == 0 {
		panic("password: the word list " + name + " within zxcvbn-go cannot be read: a new version changed its form")
	}
	return words.List
}

// isCommon tells whether the candidate is one of the common passwords, whatever its case and spaces.
func isCommon(candidate string) bool {
	folded := fold(candidate)
	_, whole := words().rank(folded)
	_, spaceless := words().rank(strings.ReplaceAll(folded, " ", ""))
	return whole || spaceless
}

// fold is the form in which words are compared: NFKC, small letters.
func fold(s string) string { return strings.ToLower(norm.NFKC.String(s)) }

func longestFirst(words []string) []string {
	words = slices.Clone(words)
	slices.SortStableFunc(words, func(a, b string) int { return len(b) - len(a) })
	return words
}
