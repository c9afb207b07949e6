package api

import (
	"net/http"
	"reflect"
	"strings"

	"github.com/stewardhq/steward/internal/kernel/op"
)

// table is every route of the API.
type table struct{ routes []*route }

// route is one method of one path.
type route struct {
	pattern      string // PUT /v1/users/{user}/role
	method, path string
	entry        op.Entry // the operation behind it
	summary      string   // empty: the operation's own
	tag          string
	in, answer   reflect.Type
	binder       *binder
	status       int  // of success
	match        bool // If-Match is needed
	once         bool // Idempotency-Key is needed
	secret       bool // the answer holds a secret: it is never kept for repeats
	etag         bool // the answer has an ETag
	public       bool // no key is needed
	bodiless     bool // the body may be left out
	maxBody      int64
	filters      []filter // of lists whose parameters a domain reads itself
	serve        func(c *Call) error
}

// option is what a route has beside its operation.
type option func(*route)

var (
	matched  option = func(r *route) { r.match, r.etag = true, true } // an edit: If-Match is needed, ETag is answered
	tagged   option = func(r *route) { r.etag = true }                // ETag is answered
	once     option = func(r *route) { r.once = true }                // Idempotency-Key is needed
	secretly option = func(r *route) { r.secret = true }              // the answer holds a secret
	created  option = func(r *route) { r.status = http.StatusCreated }
	bodiless option = func(r *route) { r.bodiless = true } // the body may be left out: it says nothing that must be said
)

func says(summary string) option { return func(r *route) { r.summary = summary } }
func upTo(bytes int64) option    { return func(r *route) { r.maxBody = bytes } }
func filtered(f []filter) option { return func(r *route) { r.filters = f } }

// Action serves an action of the catalogue. W is what is sent: its fields are bound to path, query and JSON body by their tags. in
// makes the action's input of it, out the answer of the action's output; an answer of type op.None is 204 without a body.
func Action[W, In any, T op.Target, Out, A any](t *table, pattern string, a *op.Action[In, T, Out],
	in func(c *Call, w W) (In, error), out func(c *Call, w W, o Out) (A, error), opts ...option,
) {
	r := declare[W, A](t, pattern, a.Entry(), opts)
	r.serve = func(c *Call) error {
		var w W
		if err := c.read(&w); err != nil {
			return err
		}
		input, err := in(c, w)
		if err != nil {
			return err
		}
		o, err := op.Do(c.Context(), c.Door, c.Caller, a, input, c.options()...)
		if err != nil {
			return err
		}
		answer, err := out(c, w, o)
		if err != nil {
			return err
		}
		return c.answer(answer)
	}
}

// Query serves a query of the catalogue, as Action does an action.
func Query[W, In, Out, A any](t *table, pattern string, q *op.Query[In, Out],
	in func(c *Call, w W) (In, error), out func(c *Call, w W, o Out) (A, error), opts ...option,
) {
	r := declare[W, A](t, pattern, q.Entry(), opts)
	r.serve = func(c *Call) error {
		var w W
		if err := c.read(&w); err != nil {
			return err
		}
		input, err := in(c, w)
		if err != nil {
			return err
		}
		o, err := op.Ask(c.Context(), c.Door, c.Caller, q, input)
		if err != nil {
			return err
		}
		answer, err := out(c, w, o)
		if err != nil {
			return err
		}
		return c.answer(answer)
	}
}

func declare[W, A any](t *table, pattern string, e op.Entry, opts []option) *route {
	method, path, ok := strings.Cut(pattern, " ")
	if !ok {
		panic("api: " + pattern + " names no method")
	}
	r := &route{
		pattern: pattern, method: method, path: path, entry: e, status: http.StatusOK, maxBody: usualBody,
		in: reflect.TypeFor[W](), answer: reflect.TypeFor[A](),
	}
	r.binder = newBinder(r.in, pattern)
	r.tag, _, _ = strings.Cut(strings.TrimPrefix(path, "/v1/"), "/")
	if r.answer == reflect.TypeFor[op.None]() {
		r.status = http.StatusNoContent
	}
	for _, o := range opts {
		o(r)
	}
	t.routes = append(t.routes, r)
	return r
}

// answer writes what a route answers.
func (c *Call) answer(a any) error {
	status := c.route.status
	if c.status != 0 {
		status = c.status
	}
	if c.etag != 0 {
		tag := etag(c.etag)
		c.W.Header().Set("ETag", tag)
		if c.R.Method == http.MethodGet || c.R.Method == http.MethodHead {
			if c.R.Header.Get("If-None-Match") == tag {
				c.W.WriteHeader(http.StatusNotModified)
				return nil
			}
		}
	}
	if _, none := a.(op.None); none || status == http.StatusNoContent {
		c.W.WriteHeader(http.StatusNoContent)
		return nil
	}
	c.send(status, "application/json", a)
	return nil
}

// Shapes of in and out that many routes share.

func nothing[W any](*Call, W) (op.None, error) { return op.None{}, nil }

func empty[W, Out any](*Call, W, Out) (op.None, error) { return op.None{}, nil }
