package api

import (
	"fmt"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"sync"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/swaggest/jsonschema-go"
	"github.com/swaggest/openapi-go"
	"github.com/swaggest/openapi-go/openapi31"

	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/money"
)

// Document is the OpenAPI 3.1 description of every route, made of the same declarations that serve them. It is the same bytes at
// every start: `steward openapi` prints them, and /v1/openapi.json answers them.
func Document() ([]byte, error) { return described() }

var described = sync.OnceValues(func() ([]byte, error) {
	d := newDocument()
	for _, rt := range declared().routes {
		if err := d.add(rt); err != nil {
			return nil, fmt.Errorf("describe %s: %w", rt.pattern, err)
		}
	}
	return d.text()
})

// document serves the description to everybody: it tells nothing but what programs may ask.
func document(t *table) {
	r := declare[op.None, jsontext.Value](t, "GET /v1/openapi.json", op.Entry{Summary: "Describe this interface"}, nil)
	r.public = true
	r.serve = func(c *Call) error {
		text, err := c.describe()
		if err != nil {
			return err
		}
		h := c.W.Header()
		h.Set("Content-Type", "application/json")
		h.Set("Content-Length", strconv.Itoa(len(text)))
		_, err = c.W.Write(text)
		return err
	}
}

const about = `Programs talk to Steward here. Every call needs a key: Authorization: Bearer stw_…. A key acts for its owner and never above them.

Times are RFC 3339 in UTC, money is in minor units with its currency, ids are opaque. Names are exact: what is not documented here is refused. A refusal is application/problem+json, with a stable code for programs and a sentence for people.`

type openapiDocument struct{ *openapi31.Reflector }

func newDocument() openapiDocument {
	r := openapi31.NewReflector()
	spec := r.SpecEns()
	spec.Openapi = "3.1.0"
	spec.Info.WithTitle("Steward").WithVersion("1").WithDescription(about)
	spec.SetHTTPBearerTokenSecurity("key", "stw_…", "An API key.")
	r.JSONSchemaReflector().DefaultOptions = append(r.JSONSchemaReflector().DefaultOptions,
		jsonschema.InterceptDefName(schemaName), jsonschema.InterceptNullability(func(p jsonschema.InterceptNullabilityParams) {
			if p.NullAdded && p.Type != nil && p.Type.Kind() != reflect.Pointer {
				p.Schema.RemoveType(jsonschema.Null) // empty lists are answered as [], never as null
			}
		}))
	r.AddTypeMapping(money.Amount{}, amountShape{})
	r.AddTypeMapping(jsontext.Value(nil), jsonschema.Schema{}) // any value
	r.InlineDefinition(jsontext.Value(nil))
	r.InlineDefinition(Time(0))
	return openapiDocument{r}
}

// amountShape is money.Amount as it stands outside.
type amountShape struct {
	Amount   int64  `json:"amount" required:"true" example:"1050" description:"Minor units: 1050 is 10.50 in a currency with two digits."`
	Currency string `json:"currency" required:"true" example:"GBP" description:"ISO 4217."`
}

// schemaName names a component: Person, ListOfBrand, RoleChange.
func schemaName(t reflect.Type, _ string) string {
	switch t {
	case reflect.TypeFor[amountShape]():
		return "Amount"
	case reflect.TypeFor[money.Amount]():
		return "amount inside" // never stands in the document: amountShape takes its place
	}
	name, of, generic := strings.Cut(t.Name(), "[")
	if generic {
		of = strings.TrimSuffix(of[strings.LastIndexByte(of, '.')+1:], "]")
		name += "Of" + of
	}
	return strings.ToUpper(name[:1]) + name[1:]
}

// JSONSchema is a moment.
func (Time) JSONSchema() (jsonschema.Schema, error) {
	var s jsonschema.Schema
	s.WithType(jsonschema.Type{SliceOfSimpleTypeValues: []jsonschema.SimpleType{jsonschema.String, jsonschema.Null}})
	s.WithFormat("date-time")
	s.WithExamples("2026-11-20T09:30:00Z")
	return s, nil
}

func (d openapiDocument) add(rt *route) error {
	oc, err := d.NewOperationContext(rt.method, rt.path)
	if err != nil {
		return err
	}
	summary := rt.summary
	if summary == "" {
		summary = rt.entry.Summary
	}
	oc.SetSummary(summary)
	oc.SetID(operationID(rt))
	oc.SetTags(rt.tag)
	if !rt.public {
		oc.AddSecurity("key")
		oc.SetDescription(needs(rt))
	}
	if rt.in != reflect.TypeFor[op.None]() {
		oc.AddReqStructure(reflect.New(rt.in).Interface())
	}
	success := "What was asked."
	switch {
	case rt.status == http.StatusNoContent:
		oc.AddRespStructure(nil, openapi.WithHTTPStatus(rt.status), said204)
	case rt.answer == reflect.TypeFor[fileBody]():
		oc.AddRespStructure(nil, openapi.WithHTTPStatus(rt.status), openapi.WithContentType("application/octet-stream"), func(u *openapi.ContentUnit) { u.Description = "The file." })
	case rt.answer == reflect.TypeFor[jsontext.Value]():
		oc.AddRespStructure(new(map[string]any), openapi.WithHTTPStatus(rt.status))
	default:
		if rt.status == http.StatusCreated {
			success = "It was made; Location says where it is."
		} else if rt.status == http.StatusAccepted {
			success = "It is being made; Location says where to look."
		}
		oc.AddRespStructure(reflect.New(rt.answer).Interface(), openapi.WithHTTPStatus(rt.status), func(u *openapi.ContentUnit) { u.Description = success })
	}
	oc.AddRespStructure(new(Problem), openapi.WithContentType("application/problem+json"), func(u *openapi.ContentUnit) {
		u.IsDefault, u.Description = true, "A refusal. Nothing was changed."
	})
	d.headers(rt, oc)
	if err := d.AddOperation(oc); err != nil {
		return err
	}
	d.filters(rt)
	return nil
}

func said204(u *openapi.ContentUnit) { u.Description = "Done." }

// operationID is unique and stable: get_users_user_grants.
func operationID(rt *route) string {
	words := strings.FieldsFunc(strings.TrimPrefix(rt.path, "/v1/"), func(r rune) bool { return strings.ContainsRune("/{}-.", r) })
	return strings.ToLower(rt.method) + "_" + strings.Join(words, "_")
}

// needs says what a key needs for a route.
func needs(rt *route) string {
	var s []string
	if e := rt.entry; e.Allow.Valid() && !e.Own {
		s = append(s, "Needs "+e.Allow.String()+".")
	} else if e.Allow.Valid() {
		s = append(s, "Needs "+e.Allow.String()+" where it is about others.")
	}
	switch rt.entry.StepUp {
	case "always":
		s = append(s, "Needs a step-up: the owner's code in the Step-Up header.")
	case "sometimes":
		s = append(s, "May need a step-up: the owner's code in the Step-Up header.")
	}
	if rt.entry.Name != "" {
		s = append(s, "Operation "+rt.entry.Name+".")
	}
	return strings.Join(s, " ")
}

// The headers of writes.
type (
	matchHeader struct {
		Match string `header:"If-Match" json:"-" required:"true" example:"\"3\"" description:"The ETag that you read, or *."`
	}
	onceHeader struct {
		Once string `header:"Idempotency-Key" json:"-" description:"A name of your own for this call. Repeats within 7 days are answered as the first was."`
	}
	neededOnceHeader struct {
		Once string `header:"Idempotency-Key" json:"-" required:"true" description:"A name of your own for this call. Repeats within 7 days are answered as the first was."`
	}
	proofHeader struct {
		Proof string `header:"Step-Up" json:"-" example:"stp_01J9ZK7C2K8XQ4T5V6W7Y8Z9AB 123456" description:"Id of the step-up and the code from the owner's mail or authenticator app, in the repeat of a call that was answered step_up_required."`
	}
)

func (d openapiDocument) headers(rt *route, oc openapi.OperationContext) {
	if rt.match {
		oc.AddReqStructure(new(matchHeader))
	}
	switch {
	case rt.once:
		oc.AddReqStructure(new(neededOnceHeader))
	case rt.entry.Kind == "action" && !rt.secret:
		oc.AddReqStructure(new(onceHeader))
	}
	if rt.entry.StepUp != "" {
		oc.AddReqStructure(new(proofHeader))
	}
}

// filters adds the parameters that a list reads itself.
func (d openapiDocument) filters(rt *route) {
	if len(rt.filters) == 0 {
		return
	}
	item := d.Spec.PathsEns().MapOfPathItemValues[rt.path]
	for _, f := range rt.filters {
		schema := map[string]any{"type": f.kind}
		if len(f.values) > 0 {
			schema["enum"] = f.values
		}
		p := openapi31.Parameter{Name: f.name, In: openapi31.ParameterInQuery, Schema: schema}
		p.WithDescription(f.says)
		item.Get.Parameters = append(item.Get.Parameters, openapi31.ParameterOrReference{Parameter: &p})
	}
}
