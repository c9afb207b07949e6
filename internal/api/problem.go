package api

import (
	"net/http"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/stewardhq/steward/internal/kernel/errs"
)

// Problem is a refusal as programs read it: RFC 9457, with what they need to go on beside it.
type Problem struct {
	Type      string            `json:"type" description:"Always about:blank: the code says more." example:"about:blank"`
	Title     string            `json:"title" description:"The status in words." example:"Forbidden"`
	Status    int               `json:"status" example:"403"`
	Code      string            `json:"code" description:"Stable, for programs." example:"step_up_required"`
	Detail    string            `json:"detail" description:"For people: what is wrong and what to do."`
	Fields    map[string]string `json:"fields,omitempty" description:"Wrong fields and what is wrong with each."`
	RequestID string            `json:"request_id" description:"What to quote when asking for help." example:"req_4KQ2M6X7"`
	StepUp    string            `json:"step_up,omitempty" description:"With step_up_required: repeat the call with the header “Step-Up: <this id> <code>”." example:"stp_01J9ZK7C2K8XQ4T5V6W7Y8Z9AB"`
}

// fail answers a refusal.
func (c *Call) fail(err error) {
	e := errs.Of(err)
	if e.Kind == errs.Fault {
		c.Log.Error("a call failed", "request", c.number(), "method", c.R.Method, "route", c.pattern(), "error", err)
	}
	status := e.Kind.Status()
	body := map[string]any{
		"type": "about:blank", "title": http.StatusText(status), "status": status, "code": e.Code, "detail": e.Detail,
		"request_id": c.number(),
	}
	if len(e.Fields) > 0 {
		body["fields"] = e.Fields
	}
	for name, value := range e.Extra {
		if _, taken := body[name]; !taken {
			body[name] = value
		}
	}
	h := c.W.Header()
	if e.Retry > 0 {
		h.Set("Retry-After", strconv.FormatInt(int64((e.Retry+time.Second-1)/time.Second), 10))
	}
	h.Del("ETag")
	h.Del("Location")
	c.send(status, "application/problem+json", body)
}

func (c *Call) pattern() string {
	if c.route == nil {
		return ""
	}
	return c.route.pattern
}

// send writes a document. Members stand in their order, and those of maps sorted.
func (c *Call) send(status int, mediaType string, body any) {
	text, err := json.Marshal(body, json.Deterministic(true))
	if err != nil {
		c.Log.Error("an answer could not be written", "request", c.number(), "route", c.pattern(), "error", err)
		status, mediaType = http.StatusInternalServerError, "application/problem+json"
		text = []byte(`{"type":"about:blank","title":"Internal Server Error","status":500,"code":"fault","detail":"That did not work. If it happens again, send us the request number.","request_id":"` + c.number() + `"}`)
	}
	h := c.W.Header()
	h.Set("Content-Type", mediaType)
	h.Set("Content-Length", strconv.Itoa(len(text)+1))
	c.W.WriteHeader(status)
	_, _ = c.W.Write(append(text, '\n'))
}
