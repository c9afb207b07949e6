package entry

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/http"
	"net/mail"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/stewardhq/steward/internal/account"
	"github.com/stewardhq/steward/internal/app"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/kernel/store/storetest"
	"github.com/stewardhq/steward/internal/mailing"
	"github.com/stewardhq/steward/internal/schema"
	"github.com/stewardhq/steward/internal/seed"
	"github.com/stewardhq/steward/internal/user"
	"github.com/stewardhq/steward/internal/world"
)

// post is a real mail server that takes everything, or does what it is told instead.
type post struct {
	mu       sync.Mutex
	taken    []taken
	attempts []string      // Message-IDs of what was begun
	drops    int           // so many messages are cut off in the middle
	holds    chan struct{} // nobody is answered until it is closed
	lets     string        // but letters to this address pass
	held     atomic.Int32
}

type taken struct {
	from string
	to   []string
	raw  []byte
}

// NewSession, and what follows, is what a mail server does.
func (p *post) NewSession(c *smtp.Conn) (smtp.Session, error) {
	return &delivery{post: p, conn: c}, nil
}

type delivery struct {
	post *post
	conn *smtp.Conn
	now  taken
}

func (d *delivery) Reset()        { d.now = taken{} }
func (d *delivery) Logout() error { return nil }

func (d *delivery) Mail(from string, _ *smtp.MailOptions) error {
	d.now.from = from
	return nil
}

func (d *delivery) Rcpt(to string, _ *smtp.RcptOptions) error {
	d.post.mu.Lock()
	holds := d.post.holds
	if to == d.post.lets {
		holds = nil
	}
	d.post.mu.Unlock()
	if holds != nil {
		d.post.held.Add(1)
		<-holds
	}
	d.now.to = append(d.now.to, to)
	return nil
}

func (d *delivery) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	d.post.mu.Lock()
	defer d.post.mu.Unlock()
	if m, err := mail.ReadMessage(bytes.NewReader(raw)); err == nil {
		d.post.attempts = append(d.post.attempts, m.Header.Get("Message-Id"))
	}
	if d.post.drops > 0 {
		d.post.drops--
		return errors.Join(d.conn.Conn().Close(), errors.New("gone"))
	}
	d.now.raw = raw
	d.post.taken = append(d.post.taken, d.now)
	return nil
}

func (p *post) all() []taken {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]taken(nil), p.taken...)
}

// to counts the letters to an address.
func (p *post) to(address string) (n int) {
	for _, l := range p.all() {
		if len(l.to) == 1 && l.to[0] == address {
			n++
		}
	}
	return n
}

// opens listens on an address, until the end of the test or what it gives is called.
func (p *post) opens(t *testing.T, address string) (shut func()) {
	t.Helper()
	var l net.Listener
	var err error
	for range 50 {
		if l, err = net.Listen("tcp", address); err == nil {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	if err != nil {
		t.Fatal(err)
	}
	s := smtp.NewServer(p)
	s.Domain = "localhost"
	go func() { _ = s.Serve(l) }()
	shut = sync.OnceFunc(func() { _ = s.Close() })
	t.Cleanup(shut)
	return shut
}

// sender is an installation that sends its mail, by the real clock and what is put on top.
type sender struct {
	*house
	log   *said
	ahead atomic.Int64
}

type said struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (s *said) Write(b []byte) (int, error) { s.mu.Lock(); defer s.mu.Unlock(); return s.buf.Write(b) }
func (s *said) String() string              { s.mu.Lock(); defer s.mu.Unlock(); return s.buf.String() }

func senders(t *testing.T, test func(t *testing.T, s *sender, server string)) {
	t.Helper()
	for _, engine := range storetest.Engines {
		t.Run(engine.String(), func(t *testing.T) {
			t.Parallel()
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			server := l.Addr().String()
			_ = l.Close()
			s := &sender{log: &said{}}
			c := app.Config{
				Database: storetest.URL(t, engine, schema.FS), Data: t.TempDir(), Listen: "127.0.0.1:0", PublicURL: "https://desk.example.org", Log: "text",
				SMTP: "smtp://" + server, MailFrom: "desk@example.org",
			}
			if err := c.Settle(); err != nil {
				t.Fatal(err)
			}
			w := &world.World{T: t}
			w.App, err = app.Open(t.Context(), c, app.Options{
				Migrate: true, Work: true, Log: slog.New(slog.NewTextHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
				Clock: func() time.Time { return time.Now().Add(time.Duration(s.ahead.Load())) },
			})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = w.Close() })
			if w.World, err = seed.Named(t.Context(), w.Desk, world.CheapHash); err != nil {
				t.Fatal(err)
			}
			if _, err := w.Welcome(t.Context(), w.Door, world.Now); err != nil {
				t.Fatal(err)
			}
			s.house = open(t, w)
			if err := w.Work(t.Context()); err != nil {
				t.Fatal(err)
			}
			test(t, s, server)
		})
	}
}

// settled waits until no mail waits any more.
func (s *sender) settled(t *testing.T) {
	t.Helper()
	for end := time.Now().Add(90 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		n, err := store.Value[int64](s.Store.Read(t.Context()).QueryRow("select count(*) from mails where state = 'waiting'"))
		if err == nil && n == 0 {
			return
		}
	}
	t.Fatal("mail waits on and on")
}

// waits waits until something is true.
func waits(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(60 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if is() {
			return
		}
	}
	t.Fatalf("%s: it never came to that", what)
}

// noSecretsInLogs demands that no log knows what the letters say, nor to whom.
func (s *sender) noSecretsInLogs(t *testing.T) {
	t.Helper()
	log := s.log.String()
	for _, m := range s.Mails() {
		_, token, _ := strings.Cut(m.Letter.Path, "token=")
		for _, known := range []string{m.Letter.Code, token, m.To} {
			if known != "" && strings.Contains(log, known) {
				t.Errorf("%s: the log says %q", m.Kind, known)
			}
		}
	}
}

// parts reads a message as its reader does.
func parts(t *testing.T, raw []byte) (h mail.Header, text, html string) {
	t.Helper()
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	_, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	r := multipart.NewReader(m.Body, params["boundary"])
	for {
		p, err := r.NextRawPart()
		if errors.Is(err, io.EOF) {
			return m.Header, text, html
		}
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(quotedprintable.NewReader(p))
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(p.Header.Get("Content-Type"), "text/html") {
			html += string(body)
		} else {
			text += string(body)
		}
	}
}

func TestEveryLetterReachesItsOneRecipient(t *testing.T) {
	senders(t, func(t *testing.T, s *sender, server string) {
		p := &post{}
		p.opens(t, server)
		host := op.HostOperator("test")
		const hostile = "Good\r\nBcc: thief@evil.example\r\n\r\n<script>alert(1)</script> & <b>bold</b>"
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		in := account.NewStaff{Email: "hire@example.org", FirstName: "Eve <b>&", LastName: "O’\"Hire\" =?utf-8?q?x?=", Assignment: account.Assignment{Role: access.Support.Key, Places: []account.Place{{Brand: s.Place("aurora").ID}}}}
		in.Send, in.Message = true, hostile
		_, err := op.Do(t.Context(), s.Door, s.As("bruno"), account.Invite, in)
		must(err)
		_, err = op.Do(t.Context(), s.Door, s.As("ada"), account.ResetPassword, account.Of(s.Member("kim").ID))
		must(err)
		_, err = op.Do(t.Context(), s.Door, host, account.ResetSecondFactor, account.Of(s.Member("tom").ID))
		must(err)
		for _, w := range [][]string{
			{"/admin/sign-in/forgot", "email", s.Member("hana").Email}, {shop + "/sign-in/forgot", "email", maya}, {shop + "/sign-in", "by", "code", "email", maya},
			{shop + "/sign-in", "by", "code", "email", "nobody@example.com"}, {shop + "/sign-in/forgot", "email", "nobody@example.com"},
			{shop + "/sign-up", "email", "newcomer@example.org", "first_name", "<i>New</i>", "last_name", "Comer"}, {shop + "/sign-up", "email", jose, "first_name", "New", "last_name", "Comer"},
		} {
			if a := s.browser().post(w[0], w[1:]...); a.status >= 400 {
				t.Errorf("%s: %s", w[0], a)
			}
		}
		s.settled(t)
		all, seen := p.all(), map[string]bool{}
		want := map[string]mailing.Read{}
		for _, m := range s.Mails() {
			if m.State == mailing.Sent {
				want["<"+m.ID+"@example.org>"] = m
			} else if m.User != mailing.Nobody {
				t.Errorf("%s is %s: %s", m.Kind, m.State, m.Problem)
			}
		}
		if len(all) != len(want) || len(all) < 7 {
			t.Errorf("%d letters came, and %d were sent", len(all), len(want))
		}
		for _, l := range all {
			h, text, html := parts(t, l.raw)
			id := h.Get("Message-Id")
			m, known := want[id]
			if !known || seen[id] {
				t.Errorf("a letter that nobody sent, or twice: %s", id)
				continue
			}
			seen[id] = true
			to, err := h.AddressList("To")
			if len(l.to) != 1 || l.to[0] != m.To || err != nil || len(to) != 1 || to[0].Address != m.To {
				t.Errorf("%s went to %v (%v), and is for %s", m.Kind, l.to, to, m.To)
			}
			from, err := h.AddressList("From")
			if err != nil || len(from) != 1 || from[0].Address != "desk@example.org" || from[0].Name != "Steward" || l.from != "desk@example.org" {
				t.Errorf("%s comes from %v, %s", m.Kind, from, l.from)
			}
			if h.Get("Auto-Submitted") != "auto-generated" {
				t.Errorf("%s is not automatic", m.Kind)
			}
			if at, err := h.Date(); err != nil || at.Unix() != m.MadeAt/1000 {
				t.Errorf("%s is of %v, %v", m.Kind, at, err)
			}
			for name := range h {
				switch name {
				case "Bcc", "Cc", "Resent-To", "Reply-To":
					t.Errorf("%s has a header %s", m.Kind, name)
				}
			}
			if strings.Contains(html, "<script>") || strings.Contains(html, "<b>bold") || strings.Contains(html, "<i>New") {
				t.Errorf("%s has markup of somebody else: %s", m.Kind, html)
			}
			for _, part := range []string{text, html} {
				if link := m.Letter.Path; link != "" && !strings.Contains(part, "https://desk.example.org"+link) {
					t.Errorf("%s does not link to the public address", m.Kind)
				}
			}
		}
		s.noSecretsInLogs(t)
	})
}

const siobhan = "siobhan.oneill@example.net"

func TestMailThatIsDelayedComesOnceAndHoldsUpNobody(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for mail to be tried again: left to the runs without -short")
	}
	senders(t, func(t *testing.T, s *sender, server string) {
		p := &post{}
		// The server is down.
		if a := s.browser().post(shop+"/sign-in", "by", "code", "email", maya); a.status != http.StatusSeeOther {
			t.Fatal(a)
		}
		waits(t, "a first try", func() bool { return s.number("select max(tries) from mails") > 0 })
		if a := s.browser().post(shop+"/sign-in/forgot", "email", jose); a.status != http.StatusOK {
			t.Fatal(a)
		}
		// The code is of no use any more when the server is back; the link is.
		s.ahead.Store(int64(6 * time.Minute))
		shut := p.opens(t, server)
		s.settled(t)
		if p.to(jose) != 1 || p.to(maya) != 0 {
			t.Errorf("%d letters came to José, and %d to Maya", p.to(jose), p.to(maya))
		}
		if n := s.number("select count(*) from mails where state = 'expired' and kind = 'sign_in_code' and user_id <> 'nobody'"); n != 1 {
			t.Errorf("%d codes ran out", n)
		}
		// It hangs up in the middle of a letter, twice.
		p.mu.Lock()
		p.drops, p.attempts = 2, nil
		p.mu.Unlock()
		if a := s.browser().post(shop+"/sign-in", "by", "code", "email", siobhan); a.status != http.StatusSeeOther {
			t.Fatal(a)
		}
		s.settled(t)
		p.mu.Lock()
		tries := append([]string(nil), p.attempts...)
		p.mu.Unlock()
		if len(tries) != 3 || tries[0] == "" || tries[0] != tries[1] || tries[0] != tries[2] || p.to(siobhan) != 1 {
			t.Errorf("tried as %v, and %d letters came", tries, p.to(siobhan))
		}
		// It answers nobody: pages are answered all the same, while it does not.
		p.mu.Lock()
		p.holds = make(chan struct{})
		p.mu.Unlock()
		for i := range 5 {
			if a := s.browser().post(shop+"/sign-up", "email", fmt.Sprintf("new%d@example.org", i), "first_name", "New", "last_name", "Comer"); a.status != http.StatusSeeOther {
				t.Errorf("while the mail server is slow: %s", a)
			}
		}
		waits(t, "a letter that is held up", func() bool { return p.held.Load() > 0 })
		if a := s.browser().get(shop + "/sign-in"); a.status != http.StatusOK {
			t.Errorf("while the mail server is slow: %s", a)
		}
		close(p.holds)
		p.mu.Lock()
		p.holds = nil
		p.mu.Unlock()
		s.settled(t)
		for i := range 5 {
			if n := p.to(fmt.Sprintf("new%d@example.org", i)); n != 1 {
				t.Errorf("%d letters came to the newcomer %d", n, i)
			}
		}
		shut()
		s.noSecretsInLogs(t)
	})
}

func TestWhatSomebodyWaitsForOvertakesWhatNobodyDoes(t *testing.T) {
	senders(t, func(t *testing.T, s *sender, server string) {
		p := &post{holds: make(chan struct{}), lets: maya}
		p.opens(t, server)
		// A reminder to everybody on the staff, and the mail server takes none of them.
		if err := beneath(t, s.house, "delete from totps"); err != nil {
			t.Fatal(err)
		}
		for _, m := range s.World.Staff {
			ada := s.As("ada")
			if m.ID == user.ID(ada.Person) {
				continue
			}
			if _, err := op.Do(t.Context(), s.Door, ada, account.RemindSecondFactor, account.Of(m.ID)); err != nil {
				t.Fatal(m.Email, err)
			}
		}
		waits(t, "reminders that are held up", func() bool { return p.held.Load() > 0 })
		if a := s.browser().post(shop+"/sign-in", "by", "code", "email", maya); a.status != http.StatusSeeOther {
			t.Fatal(a)
		}
		waits(t, "the code", func() bool { return p.to(maya) == 1 })
		if n := len(p.all()); n != 1 {
			t.Errorf("%d letters were sent before the code", n-1)
		}
		close(p.holds)
		s.settled(t)
		for _, m := range s.World.Staff {
			if n := p.to(m.Email); n != 1 && m.Email != "ada@platform.example" {
				t.Errorf("%d reminders came to %s", n, m.Email)
			}
		}
	})
}
