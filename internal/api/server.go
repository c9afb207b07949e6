package api

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/stewardhq/steward/internal/apikey"
	"github.com/stewardhq/steward/internal/auth"
	"github.com/stewardhq/steward/internal/export"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/secret"
)

// Deps is what the API stands on. All but Rate are needed.
type Deps struct {
	Door        *op.Door
	Desk        *auth.Desk     // signs customers in
	Master      *secret.Master // signs cursors
	Log         *slog.Logger
	IP          func(*http.Request) string   // the address that a request came from
	Number      func(context.Context) string // the request's own number
	Link        func(path string) string     // an absolute address below the public URL
	Checkpoints string                       // the file with the audit log's signed checkpoints
	Exports     *export.Shelf                // where files of exports lie
	Rate        int                          // calls a minute for each key; 0 is UsualRate
}

// Routes answers everything under /v1.
func Routes(d Deps, mux *http.ServeMux) {
	if d.Rate == 0 {
		d.Rate = UsualRate
	}
	s := &server{Deps: d, mux: http.NewServeMux(), describe: Document}
	for _, rt := range declared().routes {
		s.mux.HandleFunc(rt.pattern, func(w http.ResponseWriter, r *http.Request) {
			c := &Call{server: s, W: w, R: r, route: rt}
			if err := c.serve(); err != nil {
				c.fail(err)
			}
		})
	}
	mux.Handle("/v1/", s)
}

type server struct {
	Deps
	mux       *http.ServeMux
	keys      limiter // calls of a key
	strangers limiter // calls of a network that showed no good key
	describe  func() ([]byte, error)
}

// ServeHTTP finds the route. What is no route is refused as everything else is here, with a problem document.
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := &Call{server: s, W: w, R: r}
	if _, pattern := s.mux.Handler(r); pattern != "" {
		s.mux.ServeHTTP(w, r)
		return
	}
	c.fail(s.unrouted(w, r))
}

// ErrMethod refuses a method that a path does not take.
var ErrMethod = errs.New(errs.NotAllowed, "method_not_allowed", "This address does not take that method.")

// unrouted asks the mux whether the path is unknown, or the method.
func (s *server) unrouted(w http.ResponseWriter, r *http.Request) error {
	probe := httptest.NewRecorder()
	s.mux.ServeHTTP(probe, r)
	if probe.Code != http.StatusMethodNotAllowed {
		return errs.ErrNotFound
	}
	allow := probe.Header().Get("Allow")
	w.Header().Set("Allow", allow)
	return ErrMethod.Say("This address takes %s.", allow)
}

// Call is one request to one route.
type Call struct {
	*server
	W      http.ResponseWriter
	R      *http.Request
	Caller *op.Caller
	Key    apikey.Key

	route   *route
	proof   op.Proof // of a step-up, from the header
	once    string   // idempotency key, from the header
	Version int64    // that If-Match names; 0: whatever there is
	etag    int64    // version of what is answered
	status  int
}

// Context carries the deadline of the call.
func (c *Call) Context() context.Context { return c.R.Context() }

func (c *Call) number() string { return c.Number(c.R.Context()) }

// serve answers a call to a route.
func (c *Call) serve() error {
	if c.route.public {
		return c.route.serve(c)
	}
	if err := c.authenticate(); err != nil {
		return err
	}
	if err := c.limit(); err != nil {
		return err
	}
	if err := c.readHeaders(); err != nil {
		return err
	}
	return c.route.serve(c)
}

// authenticate reads the key. Cookies are not looked at, and nothing else of the request says who asks. Who shows no good key is
// counted by network; a good key is let in whatever its neighbours try, since nobody guesses 256 bits.
func (c *Call) authenticate() error {
	var refused error = apikey.ErrUnknown
	if token, ok := bearer(c.R.Header); ok {
		from := apikey.From{IP: c.IP(c.R), Agent: c.R.UserAgent(), Request: c.number()}
		c.Caller, c.Key, refused = apikey.Authenticate(c.Context(), c.Door, token, from)
	}
	if refused == nil || errs.Of(refused).Kind != errs.Unauthorized {
		return refused
	}
	if _, over, err := c.strangers.take(network(c.IP(c.R)), strangerRate, c.Door.Now()); err != nil {
		return ErrStrangers.After(over)
	}
	c.W.Header().Set("WWW-Authenticate", `Bearer realm="steward"`)
	return refused
}

// bearer is the token of the one Authorization header.
func bearer(h http.Header) (token string, ok bool) {
	values := h.Values("Authorization")
	if len(values) != 1 {
		return "", false
	}
	scheme, token, found := strings.Cut(values[0], " ")
	return strings.TrimSpace(token), found && strings.EqualFold(scheme, "Bearer")
}
