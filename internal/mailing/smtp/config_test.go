package smtp

import (
	"strings"
	"testing"
)

func TestServersAreReadFromTheirURL(t *testing.T) {
	for raw, want := range map[string]string{
		"smtp://mail.example.com":                         "smtp://mail.example.com:587",
		"smtps://mail.example.com":                        "smtps://mail.example.com:465",
		"smtp://localhost:2525":                           "smtp://localhost:2525",
		" smtp://127.0.0.1:25/ ":                          "smtp://127.0.0.1:25",
		"smtp://[::1]:25":                                 "smtp://[::1]:25",
		"smtps://desk%40example.com:a%2Fb@mail.example:1": "smtps://desk%40example.com:***@mail.example:1",
	} {
		config, err := ParseURL(raw)
		if err != nil || config.String() != want {
			t.Errorf("%s: %v, %v", raw, config, err)
		}
	}
}

func TestAWrongURLGetsASentenceThatRepeatsNothing(t *testing.T) {
	for raw, says := range map[string]string{
		"": "empty", "mail.example.com:587": "neither smtp://", "http://hunter2@mail.example.com": "neither smtp://",
		"smtp://desk:hunter2@": "host is missing", "smtp://desk:hunter2/x@mail.example.com": "", "smtp://desk:hunter2@mail.example.com:0": "port",
		"smtp://desk:hunter2@mail.example.com:70000": "port", "smtp://desk:hunter2@mail.example.com/x": "percent-encoded", "smtp://desk:hunter2@mail.example.com?tls=no": "percent-encoded",
		"smtp://desk@mail.example.com": "belong together", "smtp://:hunter2@mail.example.com": "belong together", "smtp://desk:hunter2%0d%0aX@mail.example.com": "control character",
		"smtp://desk:hunter2%zz@mail.example.com": "percent-encoded", "smtp://desk:hunter2@mail_example": "host", "smtp://desk:hunter2@1.2.3": "host",
	} {
		_, err := ParseURL(raw)
		if err == nil || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), "hunter2") || !strings.HasPrefix(err.Error(), "STEWARD_SMTP: ") {
			t.Errorf("%s: %v", raw, err)
		}
	}
}

func TestOnlyThisMachineIsLocal(t *testing.T) {
	for host, want := range map[string]bool{"localhost": true, "LOCALHOST": true, "127.0.0.1": true, "127.9.9.9": true, "[::1]": true, "10.0.0.1": false, "localhost.evil.example": false, "mail.example.com": false} {
		config, err := ParseURL("smtp://" + host)
		if err != nil || config.Local() != want {
			t.Errorf("%s: %v %v", host, config.Local(), err)
		}
	}
}

func TestAddressesFollowTheRules(t *testing.T) {
	for address, good := range map[string]bool{
		"ada@example.com": true, "ada.lovelace+tag@sub.example.co.uk": true, "o'brien@example.com": true, "a@localhost": true, "zoë@example.com": true, "ada@bücher.example": true,
		strings.Repeat("a", 64) + "@example.com": true, "ada@1example.com": true, "ADA@Example.COM": true,
		strings.Repeat("a", 65) + "@example.com": false, "a@" + strings.Repeat(strings.Repeat("b", 61)+".", 4) + "example": false, "a@" + strings.Repeat("b", 64) + ".example": false,
		"": false, "ada": false, "@example.com": false, "ada@": false, "ada@@example.com": false, "ada@b@example.com": false, ".ada@example.com": false, "ada.@example.com": false, "a..b@example.com": false,
		`"ada"@example.com`: false, `"ada lovelace"@example.com`: false, `ada\@example.com`: false, "ada lovelace@example.com": false, "ada@example.com ": false, "ada@example.com\n": false,
		"ada\x00@example.com": false, "ada\u200b@example.com": false, "ada\u202e@example.com": false, "ada@[127.0.0.1]": false, "ada@127.0.0.1": false, "ada@-example.com": false, "ada@example-.com": false,
		"ada@exa_mple.com": false, "ada@example..com": false, "ada@example.com.": false, "<ada@example.com>": false, "Ada <ada@example.com>": false, "ada@example.com,eve@example.com": false,
		"ada(comment)@example.com": false, "ada@example.com(comment)": false, "ada\xff@example.com": false, "=?utf-8?q?x?=@example.com": true, "ada;eve@example.com": false, "group:ada@example.com;": false,
	} {
		if err := CheckAddress(address); (err == nil) != good {
			t.Errorf("%q: %v", address, err)
		}
	}
}

func FuzzAnAddressIsOneLineAndOneMailbox(f *testing.F) {
	for _, seed := range []string{"ada@example.com", "zoë@bücher.example", "a@b>,<c@d", "\"x\"@y", "a@b\r\nc"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, address string) {
		out, err := envelope(address)
		if err != nil {
			return
		}
		if strings.ContainsAny(out, " \t\r\n<>\",;:()[]\\") || strings.Count(out, "@") != 1 || len(out) > 254 || hasControl(out) {
			t.Errorf("%q became %q", address, out)
		}
		if again, err := envelope(out); err != nil || again != out {
			t.Errorf("%q became %q and then %q, %v", address, out, again, err)
		}
	})
}
