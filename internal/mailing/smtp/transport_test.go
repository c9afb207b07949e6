package smtp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"slices"
	"strings"
	"testing"
	"time"
)

func letter() Message {
	from := Address{Name: "Green Leaf", Email: "desk@green-leaf.example"}
	return Message{
		From: from, To: Address{Name: "Ada Lovelace", Email: "ada@example.com"}, Subject: "Your code is 123456",
		Text: "Hello Ada,\n\nyour code is 123456.\n.\nThe desk", HTML: "<p>Hello <b>Ada</b></p>",
		MessageID: NewMessageID("01JD8", from), Date: time.Date(2026, 11, 20, 9, 30, 0, 0, time.UTC), Headers: Headers{Automatic: true},
	}
}

func TestAMessageReachesExactlyItsRecipientWithTheHeadersExpected(t *testing.T) {
	s := serve(t, nil)
	m := letter()
	m.Headers.Unsubscribe, m.Headers.UnsubscribeMail, m.Headers.Bulk = "https://green-leaf.example/u/abc?x=1&y=2", "stop@green-leaf.example", true
	m.Headers.ReplyTo = &Address{Name: "Support", Email: "help@green-leaf.example"}
	if err := s.transport("127.0.0.1", "smtp", "").Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	got, parsed := s.one()
	if got.from != "MAIL FROM:<desk@green-leaf.example>" || got.to != "RCPT TO:<ada@example.com>" {
		t.Error(got.from, got.to)
	}
	want := map[string]string{
		"From": `"Green Leaf" <desk@green-leaf.example>`, "To": `"Ada Lovelace" <ada@example.com>`, "Subject": "Your code is 123456",
		"Message-Id": "<01JD8@green-leaf.example>", "Date": "Fri, 20 Nov 2026 09:30:00 +0000", "Mime-Version": "1.0", "Auto-Submitted": "auto-generated",
		"X-Auto-Response-Suppress": "All", "Precedence": "bulk", "Reply-To": `"Support" <help@green-leaf.example>`,
		"List-Unsubscribe":      "<https://green-leaf.example/u/abc?x=1&y=2>, <mailto:stop@green-leaf.example>",
		"List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
	}
	for name, value := range want {
		if v := parsed.Header[name]; len(v) != 1 || v[0] != value {
			t.Errorf("%s: %q, not %q", name, v, value)
		}
	}
	for name := range parsed.Header {
		if want[name] == "" && name != "Content-Type" && name != "Content-Transfer-Encoding" {
			t.Errorf("unexpected header %s: %q", name, parsed.Header[name])
		}
	}
	parts := partsOf(t, parsed)
	if parts["text/plain"] != "Hello Ada,\r\n\r\nyour code is 123456.\r\n.\r\nThe desk" || parts["text/html"] != m.HTML {
		t.Errorf("%q", parts)
	}
}

func partsOf(t *testing.T, m *mail.Message) map[string]string {
	t.Helper()
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	if !strings.HasPrefix(kind, "multipart/") {
		raw, _ := io.ReadAll(quotedprintable.NewReader(m.Body))
		out[kind] = strings.TrimSuffix(string(raw), "\r\n")
		return out
	}
	for reader := multipart.NewReader(m.Body, params["boundary"]); ; {
		part, err := reader.NextPart() // decodes quoted-printable
		if err != nil {
			return out
		}
		kind, _, _ := mime.ParseMediaType(part.Header.Get("Content-Type"))
		raw, _ := io.ReadAll(part)
		out[kind] = string(raw)
	}
}

func TestOtherScriptsArriveAsTheyWere(t *testing.T) {
	s := serve(t, func(s *server) { s.offers = []string{"8BITMIME", "SMTPUTF8"} })
	m := letter()
	m.Subject, m.To.Name, m.Text, m.HTML = "Grüße an Ада 🌿 "+strings.Repeat("länger ", 20), "Zoë 李", "Привет\n"+strings.Repeat("ü", 3000), ""
	m.To.Email = "zoë@bücher.example"
	if err := s.transport("localhost", "smtp", "").Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	got, parsed := s.one()
	subject, _ := new(mime.WordDecoder).DecodeHeader(parsed.Header.Get("Subject"))
	to, err := parsed.Header.AddressList("To")
	if err != nil || subject != strings.TrimSpace(m.Subject) || to[0].Name != "Zoë 李" || !strings.Contains(got.to, "<zoë@xn--bcher-kva.example>") || !strings.Contains(got.from, "SMTPUTF8") {
		t.Errorf("%q %v %v %q %q", subject, to, err, got.to, got.from)
	}
	if text := partsOf(t, parsed)["text/plain"]; text != strings.ReplaceAll(m.Text, "\n", "\r\n") {
		t.Errorf("%.60q", text)
	}
	for line := range strings.Lines(got.raw) {
		if len(line) > 998+2 {
			t.Errorf("a line of %d bytes", len(line))
		}
	}
}

func TestAnInternationalMailboxNeedsAServerThatTakesIt(t *testing.T) {
	s := serve(t, nil)
	m := letter()
	m.To.Email = "zoë@example.com"
	if err := s.transport("localhost", "smtp", "").Send(t.Context(), m); VerdictOf(err) != Permanent {
		t.Error(err)
	}
	s.nothing()
}

const evil = "x\r\nBcc: eve@evil.example\r\nX-Evil: yes\r\n\r\n<script>\x00\u2028\u0085"

// What people can type into reaches headers; none of it may become one.
func TestNoFieldCanAddAHeaderOrARecipient(t *testing.T) {
	for name, change := range map[string]func(*Message){
		"subject":    func(m *Message) { m.Subject = evil },
		"from name":  func(m *Message) { m.From.Name = evil },
		"to name":    func(m *Message) { m.To.Name = evil + `" <eve@evil.example>, "` },
		"reply name": func(m *Message) { m.Headers.ReplyTo = &Address{Name: evil, Email: "help@example.com"} },
		"text":       func(m *Message) { m.Text = "a\r\n.\r\nMAIL FROM:<eve@evil.example>\r\n" + evil + "\r\n.\n.\r.\r\n" },
		"html":       func(m *Message) { m.HTML = "a\r\n.\r\nRCPT TO:<eve@evil.example>\r\n" + evil },
		"encoded words": func(m *Message) {
			m.Subject, m.To.Name = "=?utf-8?q?a=0d=0aBcc:_eve@evil.example?=", "=?utf-8?q?=0d=0aBcc:_eve@evil.example?="
		},
		"long subject":   func(m *Message) { m.Subject = strings.Repeat("s", 5000) },
		"long word name": func(m *Message) { m.To.Name = strings.Repeat("\u00e9", 5000) },
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, nil)
			m := letter()
			change(&m)
			if err := s.transport("127.0.0.1", "smtp", "").Send(t.Context(), m); err != nil {
				t.Fatal(err)
			}
			got, parsed := s.one()
			if got.to != "RCPT TO:<ada@example.com>" || strings.Contains(got.from, "evil") || s.heard("MAIL FROM:<eve") || s.heard("RCPT TO:<eve") {
				t.Error(got.from, got.to)
			}
			for header, values := range parsed.Header {
				if len(values) != 1 || slices.Contains([]string{"Bcc", "Cc", "X-Evil"}, header) || strings.ContainsAny(values[0], "\r\n\x00") {
					t.Errorf("%s: %q", header, values)
				}
			}
			if to, err := parsed.Header.AddressList("To"); err != nil || len(to) != 1 || to[0].Address != "ada@example.com" {
				t.Error(to, err)
			}
			for line := range strings.Lines(got.raw) {
				if len(line) > 1000 {
					t.Errorf("%.80q", line)
				}
			}
		})
	}
}

func TestWhatCannotBeStrippedIsRefusedAndNothingIsSent(t *testing.T) {
	for name, change := range map[string]func(*Message){
		"to":               func(m *Message) { m.To.Email = "ada@example.com\r\nRCPT TO:<eve@evil.example>" },
		"to two":           func(m *Message) { m.To.Email = "ada@example.com, eve@evil.example" },
		"to angle":         func(m *Message) { m.To.Email = "ada@example.com> <eve@evil.example" },
		"from":             func(m *Message) { m.From.Email = "a@b.example>\nRCPT TO:<eve@evil.example>" },
		"reply":            func(m *Message) { m.Headers.ReplyTo = &Address{Email: "a@b.example\r\nBcc: eve@evil.example"} },
		"message id":       func(m *Message) { m.MessageID = "x@y>\r\nBcc: eve@evil.example" },
		"no message id":    func(m *Message) { m.MessageID = "" },
		"unsubscribe":      func(m *Message) { m.Headers.Unsubscribe = "https://a.example/>\r\nBcc: eve@evil.example" },
		"unsubscribe http": func(m *Message) { m.Headers.Unsubscribe = "http://a.example/" },
		"unsubscribe >":    func(m *Message) { m.Headers.Unsubscribe = "https://a.example/>,<mailto:eve@evil.example" },
		"unsubscribe mail": func(m *Message) { m.Headers.UnsubscribeMail = "a@b.example>\r\nBcc: eve@evil.example" },
		"no text":          func(m *Message) { m.Text = " " },
		"huge":             func(m *Message) { m.HTML = strings.Repeat("x", largestBody) },
	} {
		s := serve(t, nil)
		m := letter()
		change(&m)
		err := s.transport("127.0.0.1", "smtp", "").Send(t.Context(), m)
		var f *Failure
		if !errors.As(err, &f) || f.Verdict != Permanent || f.Step != "message" || m.Validate() == nil {
			t.Errorf("%s: %v", name, err)
		}
		s.nothing()
		if s.heard("EHLO") {
			t.Errorf("%s: the server was asked", name)
		}
	}
}

func TestRepliesAreTemporaryPermanentOrForTheOperator(t *testing.T) {
	for _, c := range []struct {
		command, reply string
		want           Verdict
		step           string
		code           int
		noSuch         bool
	}{
		{"GREETING", "421 4.3.2 busy", Temporary, "greeting", 421, false},
		{"GREETING", "554 5.7.1 go away", Setup, "greeting", 554, false},
		{"EHLO", "421 no", Temporary, "hello", 421, false},
		{"MAIL", "451 4.3.0 later", Temporary, "sender", 451, false},
		{"MAIL", "550 5.7.1 not from you", Permanent, "sender", 550, false},
		{"RCPT", "450 4.2.1 greylisted", Temporary, "recipient", 450, false},
		{"RCPT", "452 4.2.2 mailbox full", Temporary, "recipient", 452, false},
		{"RCPT", "550 5.1.1 <ada@example.com> unknown", Permanent, "recipient", 550, true},
		{"RCPT", "550 no such user", Permanent, "recipient", 550, true},
		{"RCPT", "550 5.7.1 your address is on a list", Permanent, "recipient", 550, false},
		{"RCPT", "550-5.1.1 first line\r\n550 5.1.1 second", Permanent, "recipient", 550, true},
		{"DATA", "451 4.3.0 later", Temporary, "data", 451, false},
		{"DOT", "451 4.7.1 later", Temporary, "content", 451, false},
		{"DOT", "552 5.3.4 too large", Permanent, "content", 552, false},
	} {
		s := serve(t, func(s *server) { s.answers[c.command] = c.reply })
		err := s.transport("127.0.0.1", "smtp", "").Send(t.Context(), letter())
		var f *Failure
		if !errors.As(err, &f) || f.Verdict != c.want || f.Step != c.step || f.Code != c.code || f.NoSuchRecipient() != c.noSuch || f.Uncertain || VerdictOf(err) != c.want {
			t.Errorf("%s %s: %+v", c.command, c.reply, f)
			continue
		}
		if strings.Contains(err.Error(), "ada") || strings.ContainsAny(err.Error()+f.Reply, "\r\n") || f.Reply == "" {
			t.Errorf("%q %q", err, f.Reply)
		}
	}
}

func TestAServerThatDropsOrStallsDelaysTheMailAndNothingElse(t *testing.T) {
	for _, how := range []string{"drop", "stall"} {
		for _, at := range []string{"GREETING", "EHLO", "MAIL", "RCPT", "DATA", "DOT"} {
			s := serve(t, func(s *server) { s.answers[at] = how })
			transport := s.transport("127.0.0.1", "smtp", "")
			transport.patience = 300 * time.Millisecond
			start := time.Now()
			err := transport.Send(t.Context(), letter())
			var f *Failure
			if !errors.As(err, &f) || f.Verdict != Temporary || f.Uncertain != (at == "DOT") || time.Since(start) > 3*time.Second {
				t.Errorf("%s at %s: %v after %v", how, at, err, time.Since(start))
			}
			if how == "stall" && !strings.Contains(err.Error(), "took too long") {
				t.Errorf("%s at %s: %v", how, at, err)
			}
			if at != "DOT" {
				s.nothing()
			}
		}
	}
}

func TestAServerThatAnswersByteByByteEndsWithThePatience(t *testing.T) {
	s := serve(t, func(s *server) { s.drip = true })
	transport := s.transport("127.0.0.1", "smtp", "")
	transport.patience = 300 * time.Millisecond
	start := time.Now()
	if err := transport.Send(t.Context(), letter()); VerdictOf(err) != Temporary || err == nil || time.Since(start) > 2*time.Second {
		t.Error(err, time.Since(start))
	}
	s.nothing()
}

func TestAServerThatTalksWithoutEndIsLeft(t *testing.T) {
	s := serve(t, func(s *server) { s.answers["EHLO"] = "flood" })
	start := time.Now()
	if err := s.transport("127.0.0.1", "smtp", "").Send(t.Context(), letter()); err == nil || time.Since(start) > 5*time.Second {
		t.Error(err, time.Since(start))
	}
}

func TestTheGoodbyeChangesNothingOnceTheMessageIsTaken(t *testing.T) {
	for _, how := range []string{"drop", "stall", "500 what"} {
		s := serve(t, func(s *server) { s.answers["QUIT"] = how })
		start := time.Now()
		if err := s.transport("127.0.0.1", "smtp", "").Send(t.Context(), letter()); err != nil || time.Since(start) > 3*time.Second {
			t.Error(how, err, time.Since(start))
		}
		s.one()
	}
}

func TestSendingEndsWithItsContext(t *testing.T) {
	s := serve(t, func(s *server) { s.answers["RCPT"] = "stall" })
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(100*time.Millisecond, cancel)
	start := time.Now()
	err := s.transport("127.0.0.1", "smtp", "").Send(ctx, letter())
	if !errors.Is(err, context.Canceled) || VerdictOf(err) != Temporary || time.Since(start) > 3*time.Second {
		t.Error(err, time.Since(start))
	}
	s.nothing()
}

func TestNobodyListensIsTemporary(t *testing.T) {
	s := serve(t, nil)
	transport := s.transport("127.0.0.1", "smtp", "")
	s.listener.Close()
	if err := transport.Send(t.Context(), letter()); err == nil || VerdictOf(err) != Temporary {
		t.Error(err)
	}
}

func TestAwayFromThisMachineEverythingIsUnderVerifiedTLS(t *testing.T) {
	good, roots := certificate(t, "mail.example.com")
	other, otherRoots := certificate(t, "other.example.com")
	for name, c := range map[string]struct {
		scheme  string
		server  func(*server)
		trust   bool
		verdict Verdict
	}{
		"starttls":           {"smtp", func(s *server) { s.cert = good }, true, ""},
		"smtps":              {"smtps", func(s *server) { s.cert, s.implicit = good, true }, true, ""},
		"no starttls":        {"smtp", func(*server) {}, true, Setup},
		"untrusted":          {"smtp", func(s *server) { s.cert = good }, false, Setup},
		"smtps untrusted":    {"smtps", func(s *server) { s.cert, s.implicit = good, true }, false, Setup},
		"another's":          {"smtp", func(s *server) { s.cert = other }, true, Setup},
		"starttls refused":   {"smtp", func(s *server) { s.cert = good; s.answers["STARTTLS"] = "454 4.7.0 not now" }, true, Temporary},
		"starttls forbidden": {"smtp", func(s *server) { s.cert = good; s.answers["STARTTLS"] = "502 5.5.1 never" }, true, Setup},
		"smtps to a plain":   {"smtps", func(*server) {}, true, Setup},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, func(s *server) { c.server(s); s.login = "desk:s3cret/@:" })
			transport := s.transport("mail.example.com", c.scheme, "desk:s3cret%2F%40%3A")
			transport.roots = otherRoots
			if c.trust {
				transport.roots = roots
			}
			transport.patience = 5 * time.Second
			err := transport.Send(t.Context(), letter())
			if c.verdict == "" {
				if err != nil {
					t.Fatal(err)
				}
				s.one()
				return
			}
			if err == nil || VerdictOf(err) != c.verdict {
				t.Errorf("%v, verdict %v", err, VerdictOf(err))
			}
			s.nothing()
			if s.heard("AUTH") || s.heard("MAIL") {
				t.Error("password or mail went out in the clear", s.commands)
			}
		})
	}
}

func TestAWrongPasswordIsForTheOperatorAndNeverInTheError(t *testing.T) {
	good, roots := certificate(t, "mail.example.com")
	for _, reply := range []string{"", "535 5.7.8 wrong: hunter2hunter2", "454 4.7.0 later", "drop"} {
		s := serve(t, func(s *server) { s.cert, s.login = good, "desk:other"; s.answers["AUTH"] = reply })
		transport := s.transport("mail.example.com", "smtp", "desk:hunter2hunter2")
		transport.roots = roots
		err := transport.Send(t.Context(), letter())
		want := Setup
		if strings.HasPrefix(reply, "4") || reply == "drop" {
			want = Temporary
		}
		var f *Failure
		if !errors.As(err, &f) || f.Verdict != want || strings.Contains(fmt.Sprintf("%v %+v %#v", err, *f, f.Reply), "hunter2") {
			t.Errorf("%q: %v", reply, err)
		}
		s.nothing()
	}
	s := serve(t, func(s *server) { s.cert = good }) // asks for nothing
	transport := s.transport("mail.example.com", "smtp", "desk:hunter2hunter2")
	transport.roots = roots
	if err := transport.Send(t.Context(), letter()); VerdictOf(err) != Setup {
		t.Error(err)
	}
}

func TestThePasswordIsNeverPrinted(t *testing.T) {
	config, err := ParseURL("smtp://desk%40x:hunter2hunter2@mail.example.com")
	if err != nil {
		t.Fatal(err)
	}
	raw, _ := json.Marshal(map[string]any{"a": config, "b": &config})
	printed := fmt.Sprint(config, &config, New(config), string(raw)) + fmt.Sprintf("%v %+v %#v %s %q %d %x %T", config, config, config, config, config, config, config, config) +
		fmt.Sprintf("%+v %#v %d", struct{ C Config }{config}, struct{ C *Config }{&config}, []Config{config}) + fmt.Sprintf("%+v %#v %d", *New(config), New(config), struct{ c Config }{config})
	if strings.Contains(printed, "hunter2") || strings.Contains(printed, "68756e746572") || !strings.Contains(printed, "smtp://desk%40x:***@mail.example.com:587") {
		t.Error(printed)
	}
}
