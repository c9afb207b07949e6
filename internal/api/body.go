package api

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"net/http"
	"reflect"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/stewardhq/steward/internal/kernel/errs"
)

// Sizes of what is read (security.md A0, Request limits).
const (
	usualBody = 1 << 20
	batchBody = 8 << 20 // 500 orders
	maxDepth  = 32
)

// Refusals of a body.
var (
	ErrMediaType = errs.New(errs.WrongType, "media_type", "Send the body as JSON, with “Content-Type: application/json”.")
	ErrLarge     = errs.New(errs.TooLarge, "too_large", "The body is larger than this address takes.")
	ErrJSON      = errs.New(errs.Malformed, "json", "The body is not one JSON document.")
	ErrTwice     = errs.New(errs.Malformed, "duplicate_field", "A field stands there twice.")
	ErrUnknown   = errs.New(errs.Malformed, "unknown_field", "There is no such field.")
	ErrDepth     = errs.New(errs.Malformed, "too_deep", "The body is nested deeper than 32 levels.")
	ErrNoBody    = errs.New(errs.Malformed, "no_body", "This address takes no body.")
)

// readBody reads the JSON document of a write, strictly.
func (c *Call) readBody(w any) error {
	takes := c.route.binder.body
	if !takes && (c.R.Method == http.MethodGet || c.R.Method == http.MethodHead) {
		return nil
	}
	text, err := io.ReadAll(http.MaxBytesReader(c.W, c.R.Body, c.route.maxBody))
	if err != nil {
		if large, ok := errors.AsType[*http.MaxBytesError](err); ok {
			return ErrLarge.Say("The body is larger than the %d KiB that this address takes.", large.Limit>>10)
		}
		return ErrJSON.Because(err)
	}
	if len(text) == 0 && c.route.bodiless {
		return nil
	}
	if err := mediaType(c.R.Header, takes || len(text) > 0); err != nil {
		return err
	}
	if !takes {
		if trimmed := strings.TrimSpace(string(text)); trimmed != "" && trimmed != "{}" {
			return ErrNoBody
		}
		return nil
	}
	if err := inspect(text); err != nil {
		return err
	}
	return unmarshal(text, w)
}

// mediaType lets JSON in, as it is and in UTF-8. needed says whether there is something to read.
func mediaType(h http.Header, needed bool) error {
	values := h.Values("Content-Type")
	if len(values) == 0 && !needed {
		return nil
	}
	if len(values) != 1 {
		return ErrMediaType
	}
	kind, params, err := mime.ParseMediaType(values[0])
	if err != nil || kind != "application/json" {
		return ErrMediaType
	}
	for name, value := range params {
		if name != "charset" || !strings.EqualFold(value, "utf-8") {
			return ErrMediaType
		}
	}
	if e := h.Get("Content-Encoding"); e != "" && !strings.EqualFold(e, "identity") {
		return ErrMediaType.Say("Send the body as it is, without Content-Encoding.")
	}
	return nil
}

// inspect walks a document before anything is made of it: it must be one JSON value in UTF-8, no deeper than allowed, with no
// name twice and no null. Null is refused because it could mean two things: leave the field out to keep it, or write "" to empty it.
func inspect(text []byte) error {
	d := jsontext.NewDecoder(bytes.NewReader(text))
	for {
		token, err := d.ReadToken()
		if errors.Is(err, io.EOF) && d.StackDepth() == 0 && d.InputOffset() > 0 {
			return nil
		}
		if err != nil {
			return syntax(d, err)
		}
		if d.StackDepth() > maxDepth {
			return ErrDepth
		}
		if token.Kind() == 'n' {
			return wrongField(d.StackPointer(), "Null is not taken. Leave the field out to keep it as it is; an empty text empties it.")
		}
		if d.StackDepth() == 0 {
			if rest := bytes.TrimLeft(text[d.InputOffset():], " \t\r\n"); len(rest) > 0 {
				return ErrJSON.Say("There is something behind the JSON document. Send one document.")
			}
		}
	}
}

func syntax(d *jsontext.Decoder, err error) error {
	if errors.Is(err, jsontext.ErrDuplicateName) {
		where := d.StackPointer()
		if s, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
			where = s.JSONPointer
		}
		return ErrTwice.Say("The field %q stands there twice.", dotted(where))
	}
	return ErrJSON.Say("The body is not one JSON document in UTF-8: it cannot be read at byte %d.", d.InputOffset()).Because(err)
}

// unmarshal reads a document that was inspected.
func unmarshal(text []byte, w any) error {
	err := json.Unmarshal(text, w, json.RejectUnknownMembers(true))
	if err == nil {
		return nil
	}
	wrong, ok := errors.AsType[*json.SemanticError](err)
	if !ok {
		return ErrJSON.Because(err)
	}
	if errors.Is(err, json.ErrUnknownName) {
		return ErrUnknown.Say("There is no field %q here. Names are written exactly as documented.", dotted(wrong.JSONPointer))
	}
	if said := errs.Of(wrong.Err); wrong.Err != nil && said.Kind != errs.Fault {
		return wrongField(wrong.JSONPointer, said.Detail)
	}
	if wrong.JSONKind == '0' && isNumber(wrong.GoType) {
		return wrongField(wrong.JSONPointer, "This number does not fit here: it is too large, or not whole.")
	}
	return wrongField(wrong.JSONPointer, "This is "+kindName(wrong.JSONKind)+", and something else belongs here.")
}

func wrongField(at jsontext.Pointer, sentence string) error {
	return errs.Field(dotted(at), "%s", sentence)
}

// dotted is a place in a document as refusals name it: lines.0.quantity.
func dotted(p jsontext.Pointer) string {
	var parts []string
	for token := range p.Tokens() {
		parts = append(parts, token)
	}
	if len(parts) == 0 {
		return "body"
	}
	return strings.Join(parts, ".")
}

func isNumber(t reflect.Type) bool {
	return t != nil && t.Kind() >= reflect.Int && t.Kind() <= reflect.Float64
}

func kindName(k jsontext.Kind) string {
	switch k {
	case '"':
		return "a text"
	case '0':
		return "a number"
	case 't', 'f':
		return "true or false"
	case '{':
		return "an object"
	case '[':
		return "a list"
	}
	return "a value of another kind"
}
