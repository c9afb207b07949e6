package auth

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stewardhq/steward/internal/user"
)

// Whatever is typed for a code of an app: only the six digits that it shows open, and no step that was used already.
func FuzzOnlyTheShownCodeIsRight(f *testing.F) {
	const secret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
	now := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	shown, err := AppCode(secret, now)
	if err != nil {
		f.Fatal(err)
	}
	for _, typed := range []string{shown, shown[:3] + " " + shown[3:], shown[:3] + "-" + shown[3:], "000000", "", shown + "0", strings.Repeat("0", 10000), "１２３４５６", "\x00", shown + "\x00"} {
		f.Add(typed, int64(0))
	}
	f.Fuzz(func(t *testing.T, typed string, last int64) {
		step, err := rightStep(secret, typed, now, last)
		if err != nil {
			t.Fatalf("%q: %v", typed, err)
		}
		if step == 0 {
			return
		}
		right, _ := AppCode(secret, time.Unix(step*totpStep, 0))
		digits := strings.Map(digit, typed)
		if digits != right || step <= last || step < stepOf(now)-1 || step > stepOf(now)+1 {
			t.Errorf("%q is taken for step %d, whose code is %s", typed, step, right)
		}
	})
}

// The link that an app scans says the account and the secret, whatever the account is called.
func FuzzALinkForAnAppIsReadAsItWasMeant(f *testing.F) {
	for _, name := range []string{"kim@aurora.example", "a b@c.example", "Steward:other?secret=AAAA", "%", "ü@x.example", "\"><script>", "", "\x00", "a/b#c&issuer=Evil"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, email string) {
		const secret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
		u, err := url.Parse(appLink(secret, &user.User{Email: email}))
		if err != nil || email == "" {
			if email != "" {
				t.Errorf("%q: %v", email, err)
			}
			return
		}
		q := u.Query()
		if u.Scheme != "otpauth" || u.Host != "totp" || u.Path != "/Steward:"+email || q.Get("secret") != secret || q.Get("issuer") != "Steward" || len(q["secret"]) != 1 {
			t.Errorf("%q becomes %s", email, u)
		}
	})
}

// A recovery code is the same however it is typed, and another person's or another code is another.
func FuzzARecoveryCodeIsReadAsItWasShown(f *testing.F) {
	const shown = "ABCD-EFGH-JKLM-NPQR"
	hash := recoveryHash("usr_1", shown)
	for _, typed := range []string{shown, "abcd efgh jklm npqr", "ABCDEFGHJKLMNPQR", "A8CD-EFGH-JKLM-NPQR", "", shown + "A", "ABCD-EFGH-JKLM-NPQS", "ａbcd-efgh-jklm-npqr", strings.Repeat("A", 5000)} {
		f.Add(typed)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		got := recoveryHash("usr_1", typed)
		small := strings.Map(func(r rune) rune {
			if r >= 'A' && r <= 'Z' {
				r += 'a' - 'A'
			}
			return r
		}, typed)
		if again := recoveryHash("usr_1", " "+small+"\n"); again != got {
			t.Errorf("%q is another code in small letters", typed)
		}
		if recoveryHash("usr_2", typed) == got {
			t.Errorf("%q is the same code for two persons", typed)
		}
		read := strings.Map(func(r rune) rune {
			if r >= 'A' && r <= 'Z' || r >= '0' && r <= '8' {
				return r
			}
			return -1
		}, strings.ToUpper(typed))
		read = strings.NewReplacer("0", "O", "1", "I", "8", "B").Replace(read)
		if same := read == "ABCDEFGHJKLMNPQR"; same != (got == hash) {
			t.Errorf("%q is taken for %s: %v", typed, shown, got == hash)
		}
	})
}
