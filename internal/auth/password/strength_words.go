package password

import (
	"math"
	"slices"
	"strings"
	"unicode"
)

// longestWord is the longest word that is looked for; the embedded list ends at 20.
const longestWord = 24

// What 1337 writing stands for. Some characters stand for two letters; trying two readings keeps the work linear.
var (
	leet      = strings.NewReplacer("4", "a", "@", "a", "8", "b", "(", "c", "{", "c", "[", "c", "<", "c", "3", "e", "€", "e", "6", "g", "9", "g", "1", "i", "!", "i", "|", "i", "0", "o", "$", "s", "5", "s", "+", "t", "7", "t", "%", "x", "2", "z")
	leetOther = strings.NewReplacer("1", "l", "|", "l", "!", "l", "7", "l")
)

func unleet(s string) string { return leet.Replace(s) }

// wordsIn finds the words of the dictionary and of the context in every place, as they are, backwards, and read as 1337.
func wordsIn(candidate []rune, known []string) (found []match) {
	lower := make([]rune, len(candidate))
	for i, r := range candidate {
		lower[i] = unicode.ToLower(r)
	}
	plain := string(lower)
	backwards := slices.Clone(lower)
	slices.Reverse(backwards)
	type reading struct {
		text  []rune
		extra float64
		back  bool
	}
	readings := []reading{{lower, 0, false}, {backwards, 1, true}}
	for _, text := range []string{leet.Replace(plain), leet.Replace(leetOther.Replace(plain))} {
		if text != plain {
			readings = append(readings, reading{[]rune(text), 1, false})
		}
	}
	for _, read := range readings {
		for first := range read.text {
			for end := first + 2; end <= min(len(read.text), first+longestWord); end++ {
				rank := rankOf(string(read.text[first:end]), known)
				if rank == 0 {
					continue
				}
				m := match{first, end - 1, 0}
				if read.back {
					m.first, m.last = len(candidate)-end, len(candidate)-first-1
				}
				m.bits = math.Log2(float64(rank)) + read.extra + capitals(candidate[m.first:m.last+1])
				found = append(found, m)
			}
		}
	}
	return found
}

func rankOf(word string, known []string) int {
	if at := slices.Index(known, word); at >= 0 {
		return at + 1
	}
	rank, _ := words().rank(word)
	return rank
}

// capitals are the bits that capital letters add to a word: one for the usual ways, else the number of ways.
func capitals(word []rune) float64 {
	var upper, lower float64
	for _, r := range word {
		switch {
		case unicode.IsUpper(r):
			upper++
		case unicode.IsLower(r):
			lower++
		}
	}
	switch {
	case upper == 0:
		return 0
	case lower == 0, upper == 1 && (unicode.IsUpper(word[0]) || unicode.IsUpper(word[len(word)-1])):
		return 1
	}
	var ways float64
	for i := 0.0; i <= min(upper, lower); i++ {
		ways += choose(upper+lower, i)
	}
	return math.Log2(ways)
}

func choose(n, k float64) float64 {
	ways := 1.0
	for d := 1.0; d <= k; d++ {
		ways = ways * (n - d + 1) / d
	}
	return ways
}
