package smtp

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// Config is a mail server and how to be let in. However it is printed, the password is not.
type Config struct {
	host     string
	port     int
	implicit bool // TLS from the first byte (smtps)
	user     string
	password *hidden
}

// hidden is behind a pointer because fmt prints the fields of structs around it without asking, but no pointers in them.
type hidden struct{ text string }

// ParseURL reads STEWARD_SMTP: smtp://user:password@host:587 (STARTTLS) or smtps://user:password@host:465. The ports shown
// are the defaults; user and password may be left out; special characters in them are percent-encoded. The errors are
// sentences for the operator and repeat nothing of the URL, which has a password in it.
func ParseURL(raw string) (Config, error) {
	fail := func(sentence string) (Config, error) {
		return Config{}, errors.New("STEWARD_SMTP: " + sentence + " It should look like smtp://user:password@mail.example.com:587.")
	}
	if strings.TrimSpace(raw) == "" {
		return fail("it is empty.")
	}
	u, err := url.Parse(strings.TrimSpace(raw))
	if err != nil { // the error has the URL in it
		return fail("it cannot be read. Special characters in the user or password are written percent-encoded (@ as %40, / as %2F, # as %23).")
	}
	c := Config{host: u.Hostname()}
	switch u.Scheme {
	case "smtp":
		c.port = 587
	case "smtps":
		c.port, c.implicit = 465, true
	default:
		return fail("it begins with neither smtp:// nor smtps://.")
	}
	if u.Port() != "" {
		if c.port, err = strconv.Atoi(u.Port()); err != nil || c.port < 1 || c.port > 65535 {
			return fail("the port is not a number from 1 to 65535.")
		}
	}
	if _, err := netip.ParseAddr(c.host); err != nil && checkDomain(c.host) != nil {
		return fail("the host is missing or is not a host name.")
	}
	if u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.Fragment != "" {
		return fail("something stands behind the host and port. If it belongs to the password, write it percent-encoded (/ as %2F, ? as %3F, # as %23).")
	}
	c.user = u.User.Username()
	password, _ := u.User.Password()
	c.password = &hidden{password}
	if (c.user == "") != (password == "") {
		return fail("user and password belong together, and one of them is missing.")
	}
	if hasControl(c.user) || hasControl(password) {
		return fail("the user or password has a control character in it.")
	}
	return c, nil
}

// Local tells whether the server is on this machine, by its name or address.
func (c Config) Local() bool {
	if strings.EqualFold(c.host, "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(c.host)
	return err == nil && addr.IsLoopback()
}

// Address is host and port, as one dials them.
func (c Config) Address() string { return net.JoinHostPort(c.host, strconv.Itoa(c.port)) }

// String shows everything but the password.
func (c Config) String() string {
	scheme, user := "smtp", ""
	if c.implicit {
		scheme = "smtps"
	}
	if c.user != "" {
		user = url.User(c.user).String() + ":***@"
	}
	return scheme + "://" + user + c.Address()
}

// Format makes every verb print String: %d and %#v would look inside.
func (c Config) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.String()) }

// MarshalText makes encoders (slog, JSON) print String.
func (c Config) MarshalText() ([]byte, error) { return []byte(c.String()), nil }
