package web

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"runtime/debug"
	"strings"

	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/web/ui"
)

// Refusals before any handler.
var (
	ErrHost   = errs.New(errs.Misdirected, "unknown_host", "This server does not answer for that host. Use the configured public address.")
	ErrOrigin = errs.New(errs.Forbidden, "cross_site", "This request came from another site, so it was refused and nothing was changed. Open the page here and try again.")
)

// Guard is what every request passes, pages and API alike.
func (s *Site) Guard(next http.Handler) http.Handler {
	origin := http.NewCrossOriginProtection()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		number := newNumber()
		ctx, cancel := context.WithTimeout(context.WithValue(r.Context(), numberKey{}, number), HandlerTimeout)
		defer cancel()
		r = r.WithContext(ctx)
		h := w.Header()
		h.Set("X-Request-Id", number)
		h.Set("Content-Security-Policy", ui.CSP) // its own origin and nowhere else: no inline script or style, no frames
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=()")
		h.Set("Cache-Control", "no-store")
		if s.Secure() {
			h.Set("Strict-Transport-Security", "max-age=63072000; includeSubDomains")
		}
		defer func() {
			if p := recover(); p != nil {
				if err, ok := p.(error); ok && errors.Is(err, http.ErrAbortHandler) {
					panic(p)
				}
				s.Log.Error("a handler panicked", "request", number, "panic", p, "stack", string(debug.Stack()))
				s.refuse(w, r, errs.ErrFault)
			}
		}()
		switch s.host(r.Host) {
		case elsewhere:
			s.refuse(w, r, ErrHost)
			return
		case otherLoopback:
			http.Redirect(w, r, s.Link(r.URL.RequestURI()), http.StatusTemporaryRedirect)
			return
		}
		if err := origin.Check(r); err != nil {
			s.refuse(w, r, ErrOrigin)
			return
		}
		if err := s.waits(r); err != nil {
			s.refuse(w, r, err)
			return
		}
		if r.Body != nil && !streams(r) {
			r.Body = http.MaxBytesReader(w, r.Body, MaxForm)
		}
		next.ServeHTTP(w, r)
	})
}

// streams are the requests whose handlers hold their own, larger limit.
func streams(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, "/v1/") }

type hostKind uint8

const (
	own hostKind = iota
	otherLoopback
	elsewhere
)

// host compares the Host header with the configured public address. The header never reaches a link or a cookie.
func (s *Site) host(host string) hostKind {
	if strings.EqualFold(host, s.Public.Host) {
		return own
	}
	name, port, err := net.SplitHostPort(host)
	if err != nil {
		name, port = strings.Trim(host, "[]"), ""
	}
	if s.Public.Hostname() == "localhost" && port == s.Public.Port() {
		if addr, err := netip.ParseAddr(name); err == nil && addr.IsLoopback() {
			return otherLoopback
		}
	}
	return elsewhere
}

type numberKey struct{}

// Number is the request's own number: what a person can quote, and what the log and the audit event say.
func Number(ctx context.Context) string {
	n, _ := ctx.Value(numberKey{}).(string)
	return n
}

func newNumber() string {
	var raw [10]byte
	_, _ = rand.Read(raw[:])
	return "req_" + base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(raw[:])
}

// IP is the address that the request came from. X-Forwarded-For counts only from a trusted proxy, and only its last stranger.
func (s *Site) IP(r *http.Request) string {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return ""
	}
	addr := peer.Addr().Unmap()
	if !s.trusted(addr) {
		return addr.String()
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0; i-- {
		hop, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		if addr = hop.Unmap(); !s.trusted(addr) {
			break
		}
	}
	return addr.String()
}

func (s *Site) trusted(addr netip.Addr) bool {
	for _, p := range s.Proxies {
		if p.Contains(addr) {
			return true
		}
	}
	return false
}

// refuse answers before there is a visit.
func (s *Site) refuse(w http.ResponseWriter, r *http.Request, err error) {
	v := s.visit(w, r)
	v.Caller = op.Nobody(s.IP(r), r.UserAgent(), Number(r.Context()))
	v.Fail(err)
}
