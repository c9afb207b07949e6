package smtp

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/mail"
	"strings"
	"sync"
	"testing"
	"time"
)

// server is a small real mail server. A command is answered from answers where it has one, else well.
type server struct {
	t        *testing.T
	listener net.Listener
	answers  map[string]string // GREETING, EHLO, MAIL, RCPT, DATA, DOT, QUIT → reply; "drop" hangs up; "stall" says nothing more
	drip     bool              // every byte of a reply takes its time
	offers   []string          // extensions, after the name
	cert     *tls.Certificate  // with it: STARTTLS, or TLS at once
	implicit bool
	login    string // user:password that is let in

	mu       sync.Mutex
	received []received
	commands []string
	done     chan struct{}
}

type received struct{ from, to, raw string }

func serve(t *testing.T, change func(*server)) *server {
	t.Helper()
	s := &server{t: t, answers: map[string]string{}, done: make(chan struct{})}
	if change != nil {
		change(s)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.listener = listener
	t.Cleanup(func() { close(s.done); listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go s.talk(conn)
		}
	}()
	return s
}

func (s *server) port() int { return s.listener.Addr().(*net.TCPAddr).Port }

func (s *server) talk(conn net.Conn) {
	defer func() { conn.Close() }()
	if s.implicit {
		conn = tls.Server(conn, &tls.Config{Certificates: []tls.Certificate{*s.cert}})
	}
	in := bufio.NewReader(conn)
	say := func(line string) bool {
		if !s.drip {
			_, err := io.WriteString(conn, line+"\r\n")
			return err == nil
		}
		for _, c := range []byte(line + "\r\n") {
			if _, err := conn.Write([]byte{c}); err != nil {
				return false
			}
			time.Sleep(50 * time.Millisecond)
		}
		return true
	}
	answer := func(command, well string) bool {
		switch given := s.answers[command]; given {
		case "":
			return say(well)
		case "drop":
			return false
		case "stall":
			<-s.done
			return false
		case "flood":
			for {
				if _, err := conn.Write(make([]byte, 64<<10)); err != nil {
					return false
				}
			}
		default:
			return say(given)
		}
	}
	if !answer("GREETING", "220 mail.example.com ready") {
		return
	}
	var now received
	secure := s.implicit
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		line = strings.TrimRight(line, "\r\n")
		s.mu.Lock()
		s.commands = append(s.commands, line)
		s.mu.Unlock()
		verb, _, _ := strings.Cut(strings.ToUpper(line), " ")
		ok := true
		switch verb {
		case "EHLO", "HELO":
			offers := append([]string{"mail.example.com"}, s.offers...)
			if s.cert != nil && !secure {
				offers = append(offers, "STARTTLS")
			}
			if s.login != "" {
				offers = append(offers, "AUTH PLAIN LOGIN")
			}
			for i, offer := range offers[:len(offers)-1] {
				offers[i] = "250-" + offer
			}
			offers[len(offers)-1] = "250 " + offers[len(offers)-1]
			ok = answer("EHLO", strings.Join(offers, "\r\n"))
		case "STARTTLS":
			if ok = answer("STARTTLS", "220 go ahead"); ok {
				upgraded := tls.Server(conn, &tls.Config{Certificates: []tls.Certificate{*s.cert}})
				conn, in, secure = upgraded, bufio.NewReader(upgraded), true
			}
		case "AUTH":
			user, password, _ := strings.Cut(s.login, ":")
			if line == "AUTH PLAIN "+base64.StdEncoding.EncodeToString([]byte("\x00"+user+"\x00"+password)) {
				ok = answer("AUTH", "235 2.7.0 welcome")
			} else {
				ok = answer("AUTH", "535 5.7.8 no")
			}
		case "MAIL":
			now = received{from: line}
			ok = answer("MAIL", "250 2.1.0 ok")
		case "RCPT":
			now.to += line
			ok = answer("RCPT", "250 2.1.5 ok")
		case "DATA":
			if ok = answer("DATA", "354 go on"); !ok || s.answers["DATA"] != "" {
				break
			}
			var raw strings.Builder
			for {
				line, err := in.ReadString('\n')
				if err != nil {
					return
				}
				if line == ".\r\n" {
					break
				}
				raw.WriteString(strings.TrimPrefix(line, "."))
			}
			now.raw = raw.String()
			s.mu.Lock()
			s.received = append(s.received, now)
			s.mu.Unlock()
			ok = answer("DOT", "250 2.0.0 queued")
		case "QUIT":
			answer("QUIT", "221 2.0.0 bye")
			return
		default:
			ok = say("250 2.0.0 ok")
		}
		if !ok {
			return
		}
	}
}

// one is the only message that came, and its parsed form.
func (s *server) one() (received, *mail.Message) {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.received) != 1 {
		s.t.Fatalf("%d messages came", len(s.received))
	}
	parsed, err := mail.ReadMessage(strings.NewReader(s.received[0].raw))
	if err != nil {
		s.t.Fatal(err)
	}
	return s.received[0], parsed
}

func (s *server) nothing() {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.received) != 0 {
		s.t.Errorf("%d messages came", len(s.received))
	}
}

func (s *server) heard(part string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Contains(strings.Join(s.commands, "\n"), part)
}

// transport sends to the server under the given host name, dialled on loopback whatever it is.
func (s *server) transport(host, scheme, login string) *Transport {
	s.t.Helper()
	if login != "" {
		login += "@"
	}
	config, err := ParseURL(fmt.Sprintf("%s://%s%s:%d", scheme, login, host, s.port()))
	if err != nil {
		s.t.Fatal(err)
	}
	transport := New(config)
	transport.dial = s.listener.Addr().String()
	return transport
}

func certificate(t *testing.T, host string) (*tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{host}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, _ := x509.ParseCertificate(der)
	pool := x509.NewCertPool()
	pool.AddCert(parsed)
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}
