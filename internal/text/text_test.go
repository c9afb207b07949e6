package text_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/testdata"
	"github.com/stewardhq/steward/internal/text"
)

func TestFoldReadsAsPeopleTypeWithoutTheKeys(t *testing.T) {
	for in, want := range map[string]string{
		"Ada  Lovelace ": "ada lovelace", "Zoë": "zoe", "Zoe\u0308": "zoe", "Łukasz Wałęsa": "lukasz walesa", "Straße": "strasse", "STRAẞE": "strasse", "Ærø": "aero", "Đorđe": "dorde",
		"Nguyễn": "nguyen", "İstanbul": "istanbul", "Işık": "isik", "O’Brien": "o'brien", "O`Brien": "o'brien", "Jean–Luc": "jean-luc", "Þór Guðmundsson": "thor gudmundsson",
		"Ｆｕｌｌ　Ｗｉｄｔｈ": "full width", "ﬁnn": "finn", "Ёлкин": "елкин", "Μαρία": "μαρια", "Οδυσσεύς": "οδυσσευσ", "山田 太郎": "山田 太郎", "ガギグ": "ガギグ", "김민준": "김민준",
		"הָעִבְרִית": "העברית", "مُحَمَّد": "محمد", "हिन्दी": "हिन्दी", "a\u200bb\ufeffc": "abc", "a\x00b\tc": "a b c", "Ŋ": "n", "": "", " \t\n": "", "Σίσυφος": "σισυφοσ", "👩‍🚀": "👩🚀",
	} {
		if got := text.Fold(in); got != want {
			t.Errorf("Fold(%q) = %q, want %q", in, got, want)
		}
	}
}

// names are the surnames and forenames of the shared data, as they are written and romanised.
func names(t *testing.T) (local, romanised []string) {
	for file, columns := range map[string][2]int{"names/common-forenames-by-country.csv": {10, 11}, "names/common-surnames-by-country.csv": {4, 5}} {
		rows, err := csv.NewReader(bytes.NewReader(testdata.Read(t, file))).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range rows[1:] {
			local, romanised = append(local, row[columns[0]]), append(romanised, row[columns[1]])
		}
	}
	return local, romanised
}

func TestRealNamesAreAcceptedAndFoundWithoutTheirAccents(t *testing.T) {
	local, romanised := names(t)
	if len(local) < 2000 {
		t.Fatal(len(local))
	}
	plain := 0
	for i, name := range append(slices.Clone(local), romanised...) {
		clean, err := text.CleanName(name)
		if err != nil {
			t.Errorf("%q: %v", name, err)
		}
		if clean != strings.TrimSpace(norm.NFC.String(name)) {
			t.Errorf("%q became %q", name, clean)
		}
		folded := text.Fold(name)
		if name != "" && (folded == "" || text.Fold(folded) != folded || text.Fold(strings.ToUpper(name)) != folded && !strings.ContainsAny(name, "ŉǰ")) {
			t.Errorf("%q folds to %q, in capitals to %q", name, folded, text.Fold(strings.ToUpper(name)))
		}
		if i < len(local) && strings.Trim(folded, "abcdefghijklmnopqrstuvwxyz '-.()/,") == "" {
			plain++
		}
		words, err := text.Words(name)
		if err != nil || strings.Join(words, " ") != folded && len(strings.Fields(folded)) == len(words) {
			t.Errorf("%q: %q %v", name, words, err)
		}
	}
	// Every romanised name can be typed on a keyboard with 26 letters once it is folded, but for the odd sign.
	odd := 0
	for _, name := range romanised {
		if rest := strings.Trim(text.Fold(name), "abcdefghijklmnopqrstuvwxyz"); strings.ContainsFunc(rest, func(r rune) bool { return r >= utf8.RuneSelf }) {
			if odd++; odd < 20 {
				t.Logf("%q → %q", name, text.Fold(name))
			}
		}
	}
	t.Logf("%d names, %d of them plain after folding, %d romanised ones not", len(local), plain, odd)
}

func TestNaughtyStringsNeverBreakAnything(t *testing.T) {
	var naughty []string
	if err := json.Unmarshal(testdata.Read(t, "naughty-strings/blns.json"), &naughty); err != nil {
		t.Fatal(err)
	}
	for _, s := range naughty {
		hold(t, s)
		hold(t, s+"@example.com")
		hold(t, "\xff"+s+"\xc3")
	}
}

// hold checks what is promised for every string.
func hold(t *testing.T, s string) {
	t.Helper()
	folded := text.Fold(s)
	if !utf8.ValidString(folded) || text.Fold(folded) != folded || strings.Contains(folded, "  ") || strings.TrimSpace(folded) != folded {
		t.Errorf("Fold(%q) = %q, again %q", s, folded, text.Fold(folded))
	}
	if words, err := text.Words(s); err == nil && (len(words) > text.MaxWords || slices.Contains(words, "")) {
		t.Errorf("Words(%q) = %q", s, words)
	}
	if e, err := text.ParseEmail(s); err == nil {
		again, err := text.ParseEmail(e.Key)
		if err != nil || again.Key != e.Key || !utf8.ValidString(e.Address) || len(e.Address) > 254 || strings.ContainsAny(e.Address, "\r\n \x00") || strings.Count(e.Address, "@") != 1 {
			t.Errorf("ParseEmail(%q) = %q, again %q %v", s, e, again, err)
		}
	}
	if n, err := text.NormPhone(s); err == nil {
		if again, err := text.NormPhone(n); err != nil || again != n {
			t.Errorf("NormPhone(%q) = %q, again %q %v", s, n, again, err)
		}
	}
	if n, err := text.CleanName(s); err == nil {
		if again, err := text.CleanName(n); err != nil || again != n || utf8.RuneCountInString(n) > text.MaxName || !utf8.ValidString(n) {
			t.Errorf("CleanName(%q) = %q, again %q %v", s, n, again, err)
		}
	}
}

func FuzzEveryStringHolds(f *testing.F) {
	for _, s := range []string{"Zoë", "ada@example.com", "İ@münchen.de", "+44 (0)20 7946 0018", "ǰ", "\u0345\u0308", "ẞß", "ﬀ"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) { hold(t, s) })
}

func TestSearchesAreBounded(t *testing.T) {
	if w, err := text.Words("  Zoë  O’Brien zoe "); err != nil || !slices.Equal(w, []string{"zoe", "o'brien"}) {
		t.Error(w, err)
	}
	for _, q := range []string{strings.Repeat("é", 201), "a b c d e f g h i j k"} {
		if _, err := text.Words(q); !errors.Is(err, text.ErrQuery) {
			t.Error(q, err)
		}
	}
	if _, err := text.Words(strings.Repeat("é", 200)); err != nil {
		t.Error(err)
	}
}

func TestAddressesHaveOneKey(t *testing.T) {
	for in, want := range map[string]text.Email{
		" Ada@Example.COM ":     {Address: "Ada@example.com", Key: "ada@example.com"},
		"o'brien+tag@sub.ex.co": {Address: "o'brien+tag@sub.ex.co", Key: "o'brien+tag@sub.ex.co"},
		"zoe\u0308@MÜNCHEN.de":  {Address: "zoë@xn--mnchen-3ya.de", Key: "zoë@xn--mnchen-3ya.de"},
		"straße@example.com":    {Address: "straße@example.com", Key: "strasse@example.com"},
		"用户@例子.公司":              {Address: "用户@xn--fsqu00a.xn--55qx5d", Key: "用户@xn--fsqu00a.xn--55qx5d"},
		"ΟΔΥΣΣΕΎΣ@example.com":  {Address: "ΟΔΥΣΣΕΎΣ@example.com", Key: "οδυσσεύσ@example.com"},
		"a@xn--mnchen-3ya.de":   {Address: "a@xn--mnchen-3ya.de", Key: "a@xn--mnchen-3ya.de"},
	} {
		if got, err := text.ParseEmail(in); err != nil || got != want {
			t.Errorf("ParseEmail(%q) = %+v, %v; want %+v", in, got, err, want)
		}
	}
	long := strings.Repeat("a", 63)
	for _, in := range []string{"", "ada", "@example.com", "ada@", "ada@example", "ada@.com", "ada@example.com.", "ada@-example.com", "a@b@example.com", `"ada"@example.com`, "ada lovelace@example.com",
		"ada@exa mple.com", "ada\n@example.com", "ada@example.com\r\nBcc: x@example.com", "ada\x00@example.com", ".ada@example.com", "ada.@example.com", "a..b@example.com", "ａda@example.com", "ada＠example.com",
		"ﬀ@example.com", "ada@ｅxample.com", "a\u200bda@example.com", "ada@127.0.0.1", "ada@[127.0.0.1]", "Ada <ada@example.com>", "ada@example.com, bob@example.com", "a\u202eda@example.com",
		long + "xx@example.com", "a@" + strings.Repeat(long+".", 4) + "com", "ada@" + long + "x.com", "\xff@example.com", "ada@ex_ample.com"} {
		got, err := text.ParseEmail(in)
		if !errors.Is(err, text.ErrEmail) || got != (text.Email{}) {
			t.Errorf("ParseEmail(%q) = %+v, %v", in, got, err)
		} else if errs.Of(err).Detail == "" {
			t.Errorf("%q is refused without a sentence", in)
		}
	}
}

func TestPhones(t *testing.T) {
	for in, want := range map[string]string{"": "", "+44 20 7946-0018": "+442079460018", "0044 20 7946 0018": "+442079460018", "+44 (0)20 7946 0018": "+442079460018", "(020) 7946.0018": "02079460018", "１２３４５": "12345"} {
		if got, err := text.NormPhone(in); err != nil || got != want {
			t.Errorf("%q = %q, %v", in, got, err)
		}
	}
	for _, in := range []string{"1234", "1234567890123456", "12a45", "++4412345", "12+345", "+", "=12345", "12345;ext=1", "00", "+44\n12345"} {
		if got, err := text.NormPhone(in); !errors.Is(err, text.ErrPhone) {
			t.Errorf("%q = %q, %v", in, got, err)
		}
	}
}

func TestNamesThatDeceiveAreRefused(t *testing.T) {
	for in, want := range map[string]string{" Zoe\u0308 ": "Zoë", "": "", "  ": "", "👩‍👩‍👧 Ada 🏴󠁧󠁢󠁥󠁮󠁧󠁿": "👩‍👩‍👧 Ada 🏴󠁧󠁢󠁥󠁮󠁧󠁿", "می\u200cخواهم": "می\u200cخواهم", "<script>": "<script>", strings.Repeat("ß", 100): strings.Repeat("ß", 100)} {
		if got, err := text.CleanName(in); err != nil || got != want {
			t.Errorf("%q = %q, %v", in, got, err)
		}
	}
	for in, want := range map[string]error{"a\x00b": text.ErrNameControl, "a\nb": text.ErrNameControl, "a\u202eb": text.ErrNameControl, "a\u2066b": text.ErrNameControl, "a\u2028b": text.ErrNameControl, "\x7f": text.ErrNameControl,
		strings.Repeat("a", 101): text.ErrNameTooLong, "\u200b\u200d": text.ErrNameInvisible, "\u3164": text.ErrNameInvisible, "\xff": text.ErrNameEncoding} {
		if got, err := text.CleanName(in); !errors.Is(err, want) || got != "" {
			t.Errorf("%q = %q, %v; want %v", in, got, err, want)
		}
	}
}

func TestLongInputTakesNoLongTime(t *testing.T) {
	begin := time.Now()
	for _, unit := range []string{"a", "\u0300", "é", "ﷺ", "\xff", " ", "\u1100", "İ", "a.", "\u0345"} {
		s := strings.Repeat(unit, 50_000)
		hold(t, s)
		hold(t, "a@"+s)
	}
	if took := time.Since(begin); took > 20*time.Second {
		t.Errorf("took %s", took)
	} else {
		t.Logf("took %s", took)
	}
}
