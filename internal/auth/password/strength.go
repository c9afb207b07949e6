package password

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"unicode"
)

// Score says how hard a password is to guess, from 0 (at once) to 4, as zxcvbn does: the cheapest way to put it together
// from words, keyboard walks, sequences, repeats, dates and single characters. words are what an attacker knows about the
// person; they count as the most common words of all.
//
// The thresholds, word lists and ranks are those of zxcvbn-go, and a test holds the two against each other. The matchers are
// our own because those of zxcvbn-go 1.0.4 mix up bytes and characters, try every combination of 1337 letters (0.15
// seconds for 33 characters, chosen by the attacker), and see no repeated blocks.
func Score(candidate string, words []string) int {
	bits := Bits(candidate, words)
	for score, limit := range []float64{100, 1e4, 1e6, 1e8} { // seconds, at 10,000 guesses a second, half of them needed
		if 0.5*math.Exp2(bits)/1e4 < limit {
			return score
		}
	}
	return 4
}

// scored is how many characters are looked at from each end of a longer candidate. What is strong in part is strong.
const scored = 64

// Bits is the strength behind [Score], in bits of guessing.
func Bits(candidate string, words []string) float64 {
	runes := []rune(candidate)
	if len(runes) > scored {
		return max(bits(runes[:scored], words), bits(runes[len(runes)-scored:], words))
	}
	return bits(runes, words)
}

// match is a part of the candidate, from first to last, that costs only so many bits.
type match struct {
	first, last int
	bits        float64
}

func bits(candidate []rune, known []string) float64 {
	if len(candidate) == 0 {
		return 0
	}
	if block := period(candidate); block < len(candidate) {
		return bits(candidate[:block], known) + math.Log2(float64(len(candidate))/float64(block))
	}
	endingAt := make([][]match, len(candidate))
	for _, find := range []func([]rune) []match{
		func(c []rune) []match { return wordsIn(c, known) }, walks, sequences, repeats, dates,
	} {
		for _, m := range find(candidate) {
			endingAt[m.last] = append(endingAt[m.last], m)
		}
	}
	single := math.Log2(cardinality(candidate))
	best := make([]float64, len(candidate)+1) // best[k]: the first k characters
	for k := range candidate {
		best[k+1] = best[k] + single
		for _, m := range endingAt[k] {
			best[k+1] = min(best[k+1], best[m.first]+m.bits)
		}
	}
	return best[len(candidate)]
}

// cardinality is how many characters somebody would try for each place.
func cardinality(candidate []rune) float64 {
	var lower, upper, digit, other float64
	for _, r := range candidate {
		switch {
		case unicode.IsDigit(r):
			digit = 10
		case unicode.IsUpper(r):
			upper = 26
		case unicode.IsLetter(r):
			lower = 26
		default:
			other = 33
		}
	}
	return lower + upper + digit + other
}

// period is the length of the block that the candidate repeats ("abc" in "abcABCab"), or its whole length.
func period(candidate []rune) int {
	folded := []rune(strings.ToLower(string(candidate)))
	if len(folded) != len(candidate) {
		return len(candidate)
	}
next:
	for block := 1; block <= (len(folded)+1)/2; block++ {
		for i := block; i < len(folded); i++ {
			if folded[i] != folded[i-block] {
				continue next
			}
		}
		return block
	}
	return len(candidate)
}

// sequences are "abcd", "4321", "αβγ": neighbours in Unicode, three or more.
func sequences(candidate []rune) []match {
	return runs(candidate, func(a, b rune) int {
		if step := int(b) - int(a); (step == 1 || step == -1) && unicode.IsLetter(a) == unicode.IsLetter(b) {
			return step
		}
		return 0
	}, func(run []rune) float64 {
		bits := math.Log2(float64(len(run)))
		if run[0] != 'a' && run[0] != '1' {
			bits += math.Log2(cardinality(run[:1]))
		}
		if run[1] < run[0] {
			bits++
		}
		return bits
	})
}

// repeats are "aaaa", three or more.
func repeats(candidate []rune) []match {
	return runs(candidate, func(a, b rune) int {
		if unicode.ToLower(a) == unicode.ToLower(b) {
			return 1
		}
		return 0
	}, func(run []rune) float64 { return math.Log2(cardinality(run) * float64(len(run))) })
}

// runs finds the longest stretches of three and more in which every step has the same direction, which is not 0.
func runs(candidate []rune, direction func(a, b rune) int, bits func([]rune) float64) (found []match) {
	for first := 0; first < len(candidate)-1; {
		last, way := first+1, direction(candidate[first], candidate[first+1])
		for way != 0 && last+1 < len(candidate) && direction(candidate[last], candidate[last+1]) == way {
			last++
		}
		if way != 0 && last-first >= 2 {
			found = append(found, match{first, last, bits(candidate[first : last+1])})
		}
		first = last
	}
	return found
}

var (
	digitRun  = regexp.MustCompile(`\d{4,8}`)
	separated = regexp.MustCompile(`(\d{1,4})[\s\-/\\_.](\d{1,2})[\s\-/\\_.](\d{1,4})`)
)

// The bits of a year of a human life, and of a day in it.
var (
	yearBits = math.Log2(119)
	dayBits  = math.Log2(119 * 12 * 31)
)

// dates are years (1987), days without separators (17061987, 870617) and with (17.6.87).
func dates(candidate []rune) (found []match) {
	text := ascii(candidate)
	for _, at := range digitRun.FindAllStringIndex(text, -1) {
		for first := at[0]; first < at[1]; first++ {
			for _, length := range []int{4, 6, 8} {
				if first+length > at[1] {
					continue
				}
				digits := text[first : first+length]
				switch {
				case length == 4 && isYear(digits):
					found = append(found, match{first, first + 3, yearBits})
				case length == 6 && (isDay(digits[4:], digits[2:4], digits[:2]) || isDay(digits[:2], digits[2:4], digits[4:])),
					length == 8 && (isDay(digits[6:], digits[4:6], digits[:4]) || isDay(digits[:2], digits[2:4], digits[4:])):
					found = append(found, match{first, first + length - 1, dayBits})
				}
			}
		}
	}
	for _, at := range separated.FindAllStringSubmatchIndex(text, -1) {
		a, b, c := text[at[2]:at[3]], text[at[4]:at[5]], text[at[6]:at[7]]
		if isDay(a, b, c) || isDay(c, b, a) {
			found = append(found, match{at[0], at[1] - 1, dayBits + 2})
		}
	}
	return found
}

func isYear(s string) bool { return len(s) == 4 && (s[:2] == "19" || s[:2] == "20") }

func isDay(day, month, year string) bool {
	d, _ := strconv.Atoi(day)
	m, _ := strconv.Atoi(month)
	if d > 12 && d <= 31 && m > 12 { // neither order
		return false
	}
	return len(day) <= 2 && d >= 1 && d <= 31 && m >= 1 && m <= 31 && (d <= 12 || m <= 12) && (isYear(year) || len(year) == 2)
}

// ascii gives one byte for each character, so that positions in it are positions in the candidate.
func ascii(candidate []rune) string {
	out := make([]byte, len(candidate))
	for i, r := range candidate {
		if out[i] = byte(r); r > unicode.MaxASCII {
			out[i] = 0
		}
	}
	return string(out)
}
