package smtp

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"os"
	"strings"
	"time"

	gosmtp "github.com/wneessen/go-mail/smtp"
)

// Patience is the longest that Send takes from first to last. A server that answers one byte a second ends there too.
const Patience = 60 * time.Second

const dialPatience = 15 * time.Second

// mostHeard is how much a server may say in one conversation: replies are read whole, and must not fill the memory.
const mostHeard = 1 << 20

// Transport sends through one server. It keeps no connection; it is safe for concurrent use.
type Transport struct {
	config   Config
	hello    string         // the name we greet with
	roots    *x509.CertPool // nil: the system's
	patience time.Duration
	dial     string // host and port
}

// New makes a transport. Nothing is dialled until Send.
func New(config Config) *Transport {
	name, err := os.Hostname()
	if err != nil || checkDomain(name) != nil || !strings.Contains(name, ".") {
		name = "localhost"
	}
	return &Transport{config: config, hello: name, patience: Patience, dial: config.Address()}
}

// Config is what the transport was made with.
func (t *Transport) Config() Config { return t.config }

// Send delivers the message to the server for its one recipient. Its errors are *[Failure].
func (t *Transport) Send(ctx context.Context, m Message) error {
	msg, from, to, err := m.build()
	if err != nil {
		return &Failure{Verdict: Permanent, Step: "message", cause: err}
	}
	ctx, cancel := context.WithTimeoutCause(ctx, t.patience, errors.New("the mail server took too long"))
	defer cancel()
	client, hangUp, err := t.open(ctx)
	if err != nil {
		return err
	}
	defer hangUp()

	international, _ := client.Extension("SMTPUTF8")
	if !international && (!isASCII(from) || !isASCII(to)) {
		return &Failure{Verdict: Permanent, Step: "recipient", cause: errors.New("the mail server does not take international addresses")}
	}
	client.SkipSMTPUTF8(isASCII(from) && isASCII(to))
	if err := client.Mail("<" + from + ">"); err != nil {
		return failed(ctx, "sender", Permanent, err)
	}
	if err := client.Rcpt("<" + to + ">"); err != nil {
		return failed(ctx, "recipient", Permanent, err)
	}
	content, err := client.Data()
	if err != nil {
		return failed(ctx, "data", Permanent, err)
	}
	if _, err := msg.WriteTo(content); err != nil {
		return failed(ctx, "content", Permanent, err) // the final dot was not sent: the server forgets it
	}
	if err := content.Close(); err != nil {
		f := failed(ctx, "content", Permanent, err)
		f.Uncertain = f.Code == 0
		return f
	}
	// It is delivered. Whatever the server says to the goodbye changes nothing, and nobody waits long for it.
	bye := time.AfterFunc(time.Second, hangUp)
	defer bye.Stop()
	_ = client.Quit()
	return nil
}

// open connects, greets, goes under TLS and signs in. hangUp closes the connection, as does the end of ctx.
func (t *Transport) open(ctx context.Context) (client *gosmtp.Client, hangUp func(), err error) {
	dialer := net.Dialer{Timeout: dialPatience}
	conn, err := dialer.DialContext(ctx, "tcp", t.dial)
	if err != nil {
		return nil, nil, failed(ctx, "connect", Temporary, err)
	}
	closing := func() { _ = conn.Close() }
	stop := context.AfterFunc(ctx, closing)
	defer func() {
		if err != nil {
			stop()
			closing()
		}
	}()
	local := t.config.Local()
	if remote, ok := conn.RemoteAddr().(*net.TCPAddr); local && (!ok || !remote.IP.IsLoopback()) {
		return nil, nil, &Failure{Verdict: Setup, Step: "connect", cause: errors.New("localhost is not on this machine")}
	}
	over := net.Conn(&talkative{Conn: conn, left: mostHeard})
	if t.config.implicit {
		secure := tls.Client(over, t.tls())
		if err := secure.HandshakeContext(ctx); err != nil {
			return nil, nil, tlsFailed(ctx, err)
		}
		over = secure
	}
	if client, err = gosmtp.NewClient(over, t.config.host); err != nil {
		return nil, nil, failed(ctx, "greeting", Setup, err)
	}
	if err := client.Hello(t.hello); err != nil {
		return nil, nil, failed(ctx, "hello", Setup, err)
	}
	if !t.config.implicit && !local {
		if offered, _ := client.Extension("STARTTLS"); !offered {
			return nil, nil, &Failure{Verdict: Setup, Step: "tls", cause: errors.New("the mail server offers no STARTTLS: use another port, or smtps://")}
		}
		if err := client.StartTLS(t.tls()); err != nil {
			return nil, nil, tlsFailed(ctx, err)
		}
	}
	if t.config.user != "" {
		if err := t.signIn(ctx, client); err != nil {
			return nil, nil, err
		}
	}
	return client, closing, nil
}

func (t *Transport) tls() *tls.Config {
	return &tls.Config{ServerName: t.config.host, MinVersion: tls.VersionTLS12, RootCAs: t.roots}
}

func (t *Transport) signIn(ctx context.Context, client *gosmtp.Client) error {
	offered, ways := client.Extension("AUTH")
	ways = " " + strings.ToUpper(ways) + " "
	var auth gosmtp.Auth
	switch {
	case offered && strings.Contains(ways, " PLAIN "):
		auth = gosmtp.PlainAuth("", t.config.user, t.config.password.text, t.config.host, t.config.Local())
	case offered && strings.Contains(ways, " LOGIN "):
		auth = gosmtp.LoginAuth(t.config.user, t.config.password.text, t.config.host, t.config.Local())
	default:
		return &Failure{Verdict: Setup, Step: "auth", cause: errors.New("the mail server offers no way of signing in that is used here (PLAIN, LOGIN)")}
	}
	if err := client.Auth(auth); err != nil {
		f := failed(ctx, "auth", Setup, err)
		f.Reply = "" // some servers repeat what they were told
		return f
	}
	return nil
}

// tlsFailed tells a certificate that will not do, which an operator must mend, from a connection that broke.
func tlsFailed(ctx context.Context, err error) *Failure {
	f := failed(ctx, "tls", Setup, err)
	_, unverified := errors.AsType[*tls.CertificateVerificationError](err)
	_, alert := errors.AsType[tls.AlertError](err)
	_, plain := errors.AsType[tls.RecordHeaderError](err)
	if unverified || alert || plain {
		f.Verdict = Setup
	}
	return f
}

func isASCII(s string) bool {
	for _, c := range []byte(s) {
		if c >= 0x80 {
			return false
		}
	}
	return true
}

// talkative is a connection that ends when the server has said too much.
type talkative struct {
	net.Conn
	left int
}

func (c *talkative) Read(p []byte) (int, error) {
	if c.left <= 0 {
		return 0, errors.New("the mail server says too much")
	}
	n, err := c.Conn.Read(p[:min(len(p), c.left)])
	c.left -= n
	return n, err
}
