package password

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	zxcvbn "github.com/ccojocar/zxcvbn-go"
)

func TestTheEmbeddedListIsWholeAndEveryWordOfItIsFound(t *testing.T) {
	list := strings.Fields(commonText)
	if len(list) != CommonCount || list[0] != "123456" {
		t.Fatalf("%d passwords, the first is %s", len(list), list[0])
	}
	for i, word := range list {
		if rank, common := words().rank(word); !common || rank == 0 || rank > i+1 {
			t.Fatalf("%s: rank %d, common %v", word, rank, common)
		}
	}
	for _, word := range []string{"", "zzzzzzzzzzzzzzzzzzzzz", "\x00", "correct horse battery staple"} {
		if rank, common := words().rank(word); rank != 0 || common {
			t.Errorf("%q is in the dictionary", word)
		}
	}
	if rank, common := words().rank("wolstenholme"); rank == 0 && common {
		t.Error("a surname is a common password")
	}
}

func TestTheDictionaryIsSmall(t *testing.T) {
	d := words()
	size := len(d.text) + 4*len(d.ends) + 4*len(d.ranks)
	t.Logf("%d words, %d bytes", len(d.ends), size)
	if size > 2<<20 {
		t.Errorf("%d bytes", size)
	}
	if !slices.IsSortedFunc(d.ends, func(a, b uint32) int { return int(a) - int(b) }) {
		t.Error("not in order")
	}
}

// zxcvbn-go is the measure. Where we differ by more than one step, we are the stricter one.
func TestScoresAgreeWithZxcvbn(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	english, surnames := asset("English"), asset("Surnames")
	common := strings.Fields(commonText)
	pick := func(from []string) string { return from[r.IntN(len(from))] }
	random := func(n int) string {
		var b strings.Builder
		for range n {
			b.WriteByte("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!$%&"[r.IntN(66)])
		}
		return b.String()
	}
	makers := map[string]func() string{
		"one common":  func() string { return pick(common) },
		"common+year": func() string { return pick(common) + "1987" },
		"two words":   func() string { return pick(english) + pick(english) },
		"three words": func() string { return pick(english) + " " + pick(english) + " " + pick(english) },
		"Name+digits": func() string { n := pick(surnames); return strings.ToUpper(n[:1]) + n[1:] + random(2) },
		"random 8":    func() string { return random(8) },
		"random 12":   func() string { return random(12) },
	}
	for name, maker := range makers {
		const n = 300
		same, near, weaker := 0, 0, 0
		for range n {
			candidate := maker()
			ours, theirs := Score(candidate, nil), zxcvbn.PasswordStrength(candidate, nil).Score
			switch {
			case ours == theirs:
				same++
			case ours == theirs-1 || ours == theirs+1:
				near++
			}
			if ours > theirs+1 {
				weaker++
				t.Logf("%s: %q ours %d theirs %d", name, candidate, ours, theirs)
			}
		}
		t.Logf("%-12s same %d, one apart %d, of %d", name, same, near, n)
		if same+near < n*9/10 && name != "common+year" || weaker > n/20 {
			t.Errorf("%s: same %d, one apart %d, more generous %d, of %d", name, same, near, weaker, n)
		}
	}
}

func TestCertainScores(t *testing.T) {
	for candidate, want := range map[string][2]int{
		"password": {0, 0}, "P@ssw0rd1234!": {0, 1}, "drowssap": {0, 0}, "zaq12wsx": {0, 0}, "asdfghjkl;'": {0, 1}, "azertyuiop": {0, 1},
		"qwertz12345": {0, 1}, "1987-06-17": {0, 0}, "17061987": {0, 0}, "Aa1!Aa1!Aa1!Aa1!Aa1!": {0, 2}, "aaaaaaaaaaaaaaaaaaaaaaaaaaa": {0, 0},
		"abcdefgh12345678": {0, 1}, "correct horse battery staple": {4, 4}, "xK9#mQ2$vL5pR7": {4, 4}, "ключотстарогошкафа": {4, 4},
		"": {0, 0}, "a": {0, 0}, "dragonmonkey": {0, 1}, "Thomas Anderson 1999": {1, 3},
	} {
		if got := Score(candidate, nil); got < want[0] || got > want[1] {
			t.Errorf("%q: %d (%.1f bits), not %v", candidate, got, Bits(candidate, nil), want)
		}
	}
}

func TestKnownWordsMakeAPasswordWeaker(t *testing.T) {
	about := Context{Name: "Wilhelmina Featherstonehaugh", BrandName: "Blauwe Kikker"}.words()
	for _, candidate := range []string{"wilhelminafeather", "blauwekikker7", "Featherstonehaugh42"} {
		if with, without := Bits(candidate, about), Bits(candidate, nil); with >= without {
			t.Errorf("%s: %.1f with, %.1f without", candidate, with, without)
		}
	}
}

// The candidate comes from outside: no choice of it may cost much.
func TestNoPasswordTakesLongToScore(t *testing.T) {
	words()
	for _, candidate := range []string{
		strings.Repeat("!1|7l4@8({[<36951$5+7%2", 11), strings.Repeat("|1!7", 64), strings.Repeat("aA", 128), strings.Repeat("12.12.12", 32),
		strings.Repeat("qwertyuiop[]", 21), strings.Repeat("the", 85), strings.Repeat("é", 256), strings.Repeat("1", 256),
	} {
		shortest := time.Hour
		for range 3 {
			start := time.Now()
			Score(candidate+"x", []string{"ada", "lovelace"})
			shortest = min(shortest, time.Since(start))
		}
		if shortest > 50*time.Millisecond {
			t.Errorf("%.20q takes %v", candidate, shortest)
		}
	}
}

func FuzzCheckNeverPanics(f *testing.F) {
	for _, seed := range []string{"P@ssw0rd1234!", "17.06.1987", "qwertz", "aaa", "İıſK", "\xff\xfe", "a\u0301", "\U0001F469\u200d\U0001F4BB"} {
		f.Add(seed, "Ada Lovelace", "ada@example.com")
	}
	p, _ := Of(NIST)
	f.Fuzz(func(t *testing.T, candidate, name, email string) {
		_ = p.Check(candidate, Context{Name: name, Email: email})
		if utf8.ValidString(candidate) {
			if bits := Bits(candidate, nil); bits < 0 || bits != bits {
				t.Errorf("%q: %v bits", candidate, bits)
			}
		}
	})
}

func BenchmarkScore(b *testing.B) {
	words()
	for b.Loop() {
		Score("purple elephants like jam", []string{"ada", "lovelace"})
	}
}

func BenchmarkBuildTheDictionary(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		build()
	}
}
