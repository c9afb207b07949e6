package password

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stewardhq/steward/internal/kernel/errs"
)

func policy(t testing.TB, p Preset) Policy {
	t.Helper()
	policy, err := Of(p)
	if err != nil {
		t.Fatal(err)
	}
	return policy
}

var ada = Context{Staff: true, Name: "Ada Lovelace", Email: "ada.lovelace@green-leaf.example", Phone: "+44 20 7946 0018", BrandName: "Green Leaf"}

func TestPresetsAreWithinTheirOwnBoundsAndSurviveJSON(t *testing.T) {
	for _, p := range Presets {
		want := policy(t, p)
		if err := want.Validate(); err != nil {
			t.Errorf("%s: %v", p, err)
		}
		raw, _ := json.Marshal(want)
		var got Policy
		if err := json.Unmarshal(raw, &got); err != nil || got != want {
			t.Errorf("%s: %v %v", p, got, err)
		}
	}
	if _, err := Of("none"); err == nil {
		t.Error("an unknown preset exists")
	}
}

func TestTheDefaultIsWhatTheSecurityPageSays(t *testing.T) {
	p := policy(t, NIST)
	if p.MinStaff != 12 || p.MinCustomer != 10 || p.Max != 256 || !p.Blocklist || p.MinScore != 3 || p.Require != (Required{}) || p.ExpireDays != 0 {
		t.Errorf("%+v", p)
	}
	if len(p.Weaknesses()) != 0 {
		t.Error("the default calls itself weak", p.Weaknesses())
	}
	pci := policy(t, PCI)
	if pci.MinStaff != 12 || pci.MinCustomer != 12 || !pci.Require.Letter || !pci.Require.Digit || pci.History != 4 || pci.ExpireDays != 90 || !pci.ExpireOnlyAlone ||
		pci.Attempts.Wait(10) < 30*time.Minute {
		t.Errorf("%+v", pci)
	}
}

func TestEveryWeakenedKnobHasItsSentence(t *testing.T) {
	for field, weaken := range map[string]func(*Policy){
		"min_staff":             func(p *Policy) { p.MinStaff = 8 },
		"min_customer":          func(p *Policy) { p.MinCustomer = 8 },
		"max":                   func(p *Policy) { p.Max = 64 },
		"blocklist":             func(p *Policy) { p.Blocklist = false },
		"min_score":             func(p *Policy) { p.MinScore = 2 },
		"require":               func(p *Policy) { p.Require.Symbol = true },
		"expire_days":           func(p *Policy) { p.ExpireDays = 30 },
		"attempts.wait_from":    func(p *Policy) { p.Attempts.WaitFrom = 10 },
		"attempts.first_wait":   func(p *Policy) { p.Attempts.FirstWait = time.Second },
		"attempts.longest_wait": func(p *Policy) { p.Attempts.LongestWait = time.Minute },
		"attempts.disable_at":   func(p *Policy) { p.Attempts.DisableAt = 10 },
	} {
		p := policy(t, NIST)
		weaken(&p)
		if err := p.Validate(); err != nil {
			t.Errorf("%s: %v", field, err)
		}
		if w := p.Weaknesses(); len(w) != 1 || w[0].Field != field || !strings.HasSuffix(w[0].Sentence, ".") {
			t.Errorf("%s: %v", field, w)
		}
	}
}

func TestKnobsOutsideTheBoundsAreRefusedByName(t *testing.T) {
	for field, turn := range map[string]func(*Policy){
		"preset":                func(p *Policy) { p.Preset = "mine" },
		"min_staff":             func(p *Policy) { p.MinStaff = 7 },
		"min_customer":          func(p *Policy) { p.MinCustomer = 65 },
		"max":                   func(p *Policy) { p.Max = 257 },
		"min_score":             func(p *Policy) { p.MinScore = 5 },
		"history":               func(p *Policy) { p.History = 25 },
		"expire_days":           func(p *Policy) { p.ExpireDays = 7 },
		"attempts.wait_from":    func(p *Policy) { p.Attempts.WaitFrom = 11 },
		"attempts.first_wait":   func(p *Policy) { p.Attempts.FirstWait = 0 },
		"attempts.longest_wait": func(p *Policy) { p.Attempts.LongestWait = time.Second },
		"attempts.disable_at":   func(p *Policy) { p.Attempts.DisableAt = 101 },
		"attempts.lock_at":      func(p *Policy) { p.Attempts.LockAt = 2; p.Attempts.LockFor = time.Hour },
		"attempts.lock_for":     func(p *Policy) { p.Attempts.LockAt = 5 },
	} {
		p := policy(t, NIST)
		turn(&p)
		if refusal := errs.Of(p.Validate()); len(refusal.Fields) != 1 || refusal.Fields[field] == "" {
			t.Errorf("%s: %v", field, refusal.Fields)
		}
	}
}

func TestFailuresCostWhatTheSecurityPageSays(t *testing.T) {
	a := policy(t, NIST).Attempts
	for failures, want := range map[int]time.Duration{0: 0, 4: 0, 5: 30 * time.Second, 6: time.Minute, 7: 2 * time.Minute, 11: 32 * time.Minute, 12: time.Hour, 99: time.Hour, 1 << 30: time.Hour} {
		if got := a.Wait(failures); got != want {
			t.Errorf("%d failures: %v, not %v", failures, got, want)
		}
	}
	if a.Disables(99) || !a.Disables(100) {
		t.Error("not disabled at 100")
	}
	if got := policy(t, Legacy).Attempts.Wait(5); got != 15*time.Minute {
		t.Error(got)
	}
}

func TestOnlyStaffPasswordsExpireAndInPCIOnlyAlone(t *testing.T) {
	set := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	day90 := set.AddDate(0, 0, 90)
	for _, c := range []struct {
		preset        Preset
		now           time.Time
		staff, second bool
		want          bool
	}{
		{NIST, day90.AddDate(10, 0, 0), true, false, false},
		{PCI, day90.Add(-time.Second), true, false, false},
		{PCI, day90, true, false, true},
		{PCI, day90, true, true, false},
		{PCI, day90, false, false, false},
		{Legacy, day90, true, true, true},
	} {
		if got := policy(t, c.preset).Expired(set, c.now, c.staff, c.second); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
}

func TestGoodPasswordsPass(t *testing.T) {
	for _, candidate := range []string{
		"purple elephants like jam", "Ada likes purple elephants", "correct horse battery staple", "xK9#mQ2$vL5pR7", "q7m2x9w4k1p8",
		"ключ от старого шкафа", "猫が窓辺で静かに眠っている", "naïve café über straße", strings.Repeat("long words and more ", 12),
	} {
		if err := policy(t, NIST).Check(candidate, ada); err != nil {
			t.Errorf("%q: %v", candidate, errs.Of(err).Fields)
		}
	}
}

func TestWeakPasswordsAreRefusedWithARemedy(t *testing.T) {
	long := strings.Repeat("x7", 200)
	for candidate, says := range map[string]string{
		"":                                "Type a password",
		"short one":                       "too short",
		long:                              "too long",
		strings.Repeat("a", 1<<20):        "too long",
		"purple\telephants like":          "control character",
		"purple \xff elephants":           "cannot be read",
		"unbelievable":                    "attackers try first",
		"UNBELIEVABLE":                    "attackers try first",
		"adalovelace1815":                 "made of your name",
		"Ada-Lovelace-1815!":              "made of your name",
		"Gr33n L3af 2026!!":               "made of your name",
		"ada.lovelace@green-leaf.example": "made of your name",
		"+442079460018":                   "made of your name",
		"aaaaaaaaaaaaaaaa":                "easy to guess",
		"passwordpassword":                "attackers try first",
		"P@ssw0rd123456":                  "easy to guess",
		"qwertyuiopasdfgh":                "easy to guess",
		"abcdefghijklmnop":                "easy to guess",
		"17.06.1987 17.06.1987":           "easy to guess",
		"ab1!ab1!ab1!ab1!ab1!":            "easy to guess",
		"drowssapdrowssap":                "easy to guess",
		"Monkey123456":                    "easy to guess",
	} {
		err := policy(t, NIST).Check(candidate, ada)
		sentence := errs.Of(err).Fields[Field]
		if err == nil || !strings.Contains(sentence, says) {
			t.Errorf("%.40q: %q", candidate, sentence)
		}
		if len(candidate) > 3 && strings.Contains(sentence, candidate) {
			t.Errorf("%.40q is repeated in %q", candidate, sentence)
		}
	}
}

func TestLengthCountsCharactersAndNotBytes(t *testing.T) {
	p := policy(t, NIST)
	p.MinScore = 0
	if err := p.Check("ééééééééééé"+"è", Context{Staff: true}); err != nil {
		t.Error(err)
	}
	if err := p.Check("e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301", Context{Staff: true}); err == nil {
		t.Error("six letters count as twelve")
	}
	if err := p.Check("ten chars!", Context{}); err != nil {
		t.Error(err)
	}
}

func TestRequiredCharactersAreNamed(t *testing.T) {
	p := policy(t, Legacy)
	p.Require.Symbol = true
	for candidate, missing := range map[string]string{
		"plumtreeriver":   "a capital letter, a digit and a symbol or space",
		"PlumTreeRiver 7": "",
		"PLUM TREE 77":    "a small letter",
	} {
		err := p.Check(candidate, Context{})
		if missing == "" {
			if err != nil {
				t.Error(err)
			}
		} else if !strings.Contains(errs.Of(err).Fields[Field], missing) {
			t.Errorf("%s: %v", candidate, errs.Of(err).Fields)
		}
	}
	if hint := p.Hint(false); !strings.Contains(hint, "a small letter, a capital letter, a digit and a symbol or space") {
		t.Error(hint)
	}
}

func TestTheOperatorsFileIsBlockedToo(t *testing.T) {
	list, err := ReadList(strings.NewReader("#: our street\r\nWillow Lane Forty Two\r\n\r\n#hashtag is a password\n"))
	if err != nil || list.Len() != 2 {
		t.Fatal(list, err)
	}
	about := ada
	about.Extra = list
	for candidate, blocked := range map[string]bool{"willow lane forty two": true, "#hashtag is a password": true, "willow lane forty three": false} {
		if err := policy(t, NIST).Check(candidate, about); (err != nil) != blocked {
			t.Error(candidate, err)
		}
	}
	for _, bad := range []string{"caf\xe9\n", strings.Repeat("x", 70<<10)} {
		if _, err := ReadList(strings.NewReader(bad)); err == nil {
			t.Errorf("%.10q was read", bad)
		}
	}
	if _, err := OpenList("/nowhere/list.txt"); err == nil {
		t.Error("a missing file was read")
	}
	if (*List)(nil).Has("x") || (*List)(nil).Len() != 0 {
		t.Error("no list has something")
	}
}

func TestAnOversizedOperatorsFileIsRefused(t *testing.T) {
	line := strings.Repeat("y", 1023) + "\n"
	if _, err := ReadList(strings.NewReader(strings.Repeat(line, largestList/1024+2))); err == nil || !strings.Contains(err.Error(), "32 MiB") {
		t.Error(err)
	}
}

func TestCheckRefusesAreFieldsSoThatAFormShowsThem(t *testing.T) {
	err := policy(t, NIST).Check("x", Context{})
	var refusal *errs.Error
	if !errors.As(err, &refusal) || refusal.Kind != errs.Invalid {
		t.Error(err)
	}
}
