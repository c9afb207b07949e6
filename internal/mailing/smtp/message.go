package smtp

import (
	"errors"
	"fmt"
	"net/mail"
	"net/url"
	"regexp"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"
)

// Message is one mail for one person.
type Message struct {
	From      Address
	To        Address
	Subject   string
	Text      string    // always: who reads without HTML reads the same
	HTML      string    // may be empty
	MessageID string    // NewMessageID; kept with the queued message, so that sending again is not another mail
	Date      time.Time // when it was written; the zero time is now
	Headers   Headers
}

// Headers are all that a message may have besides. There is no map: what is not here cannot be sent.
type Headers struct {
	ReplyTo *Address
	// Unsubscribe is the https page of marketing mail; it is sent as List-Unsubscribe with one click (RFC 8058).
	Unsubscribe string
	// UnsubscribeMail is an address that unsubscribes, beside the page.
	UnsubscribeMail string
	// Automatic marks mail that nobody wrote by hand (RFC 3834), so that out-of-office replies stay away.
	Automatic bool
	// Bulk marks a campaign (Precedence: bulk).
	Bulk bool
}

const (
	longestName    = 100
	longestSubject = 200
	largestBody    = 4 << 20
)

var messageID = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,127}@[A-Za-z0-9][A-Za-z0-9.-]{0,127}$`)

// NewMessageID makes the Message-ID from an id of the caller's (that of the queued message) and the domain of the sender.
func NewMessageID(id string, from Address) string {
	_, domain, _ := strings.Cut(from.Email, "@")
	return id + "@" + domain
}

// Validate says what would keep the message from being sent to anybody, before any server is asked.
func (m Message) Validate() error {
	_, _, _, err := m.build()
	return err
}

// build composes the message and gives sender and recipient for SMTP.
func (m Message) build() (msg *gomail.Msg, from, to string, err error) {
	fail := func(what string, err error) (*gomail.Msg, string, string, error) {
		return nil, "", "", fmt.Errorf("%s: %w", what, err)
	}
	if from, err = envelope(m.From.Email); err != nil {
		return fail("the sender", err)
	}
	if to, err = envelope(m.To.Email); err != nil {
		return fail("the recipient", err)
	}
	if !messageID.MatchString(m.MessageID) {
		return fail("the Message-ID", errors.New("it should look like id@example.com"))
	}
	if strings.TrimSpace(m.Text) == "" {
		return fail("the text", errors.New("it is empty"))
	}
	if len(m.Text)+len(m.HTML) > largestBody {
		return fail("the text", errors.New("it is longer than 4 MiB"))
	}
	msg = gomail.NewMsg(gomail.WithNoDefaultUserAgent(), gomail.WithEncoding(gomail.EncodingQP))
	msg.FromMailAddress(mailbox(m.From, from))
	msg.ToMailAddress(mailbox(m.To, to))
	msg.Subject(oneLine(m.Subject, longestSubject))
	msg.SetMessageIDWithValue(m.MessageID)
	if m.Date.IsZero() {
		msg.SetDate()
	} else {
		msg.SetDateWithValue(m.Date)
	}
	if err := m.Headers.apply(msg); err != nil {
		return nil, "", "", err
	}
	msg.SetBodyString(gomail.TypeTextPlain, body(m.Text))
	if m.HTML != "" {
		msg.AddAlternativeString(gomail.TypeTextHTML, body(m.HTML))
	}
	return msg, from, to, nil
}

func (h Headers) apply(msg *gomail.Msg) error {
	if h.ReplyTo != nil {
		reply, err := envelope(h.ReplyTo.Email)
		if err != nil {
			return fmt.Errorf("the address for replies: %w", err)
		}
		msg.ReplyToMailAddress(mailbox(*h.ReplyTo, reply))
	}
	var also []string
	if h.UnsubscribeMail != "" {
		address, err := envelope(h.UnsubscribeMail)
		if err != nil {
			return fmt.Errorf("the address for unsubscribing: %w", err)
		}
		also = append(also, (&url.URL{Scheme: "mailto", Opaque: url.PathEscape(address)}).String())
	}
	switch {
	case h.Unsubscribe != "":
		page, err := httpsOnly(h.Unsubscribe)
		if err != nil {
			return fmt.Errorf("the page for unsubscribing: %w", err)
		}
		if err := msg.SetListUnsubscribeOneClick(page, also...); err != nil {
			return fmt.Errorf("the page for unsubscribing: %w", err)
		}
	case len(also) > 0:
		msg.SetListUnsubscribe(also...)
	}
	if h.Automatic {
		msg.SetGenHeader("Auto-Submitted", "auto-generated")
		msg.SetGenHeader(gomail.HeaderXAutoResponseSuppress, "All")
	}
	if h.Bulk {
		msg.SetBulk()
	}
	return nil
}

// httpsOnly gives the page in a form that cannot leave the angle brackets of its header.
func httpsOnly(page string) (string, error) {
	u, err := url.Parse(page)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || len(page) > 900 ||
		strings.ContainsFunc(page, func(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune(`<>,"`, r) }) {
		return "", errors.New("it should be an https address of plain characters")
	}
	return u.String(), nil
}

func mailbox(a Address, email string) *mail.Address {
	return &mail.Address{Name: oneLine(a.Name, longestName), Address: email}
}

// body keeps line breaks and tabs; other control characters have no place in a mail.
func body(s string) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "\ufffd"), "\r\n", "\n")
	s = strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' || r == 0x7f {
			return -1
		}
		return r
	}, s)
	return strings.ReplaceAll(s, "\n", "\r\n")
}
