package api

import (
	"encoding"
	"fmt"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/field"
)

// Refusals of an address.
var (
	ErrUnknownParameter = errs.New(errs.Malformed, "unknown_parameter", "This address does not take that parameter.")
	ErrParameter        = errs.New(errs.Malformed, "parameter", "That parameter cannot be read.")
	ErrParameterTwice   = field.ErrDuplicate
)

// binder reads a W from path and query. The body is read by body.go; a field is in exactly one of the three.
type binder struct {
	fields []bound
	rest   []int // index of the field of type url.Values that takes every parameter which no other field names
	body   bool
}

type bound struct {
	index []int
	name  string
	path  bool
}

// newBinder reads the tags of a W. A W that could take a path value from the body does not start.
func newBinder(w reflect.Type, pattern string) *binder {
	b := &binder{}
	for _, f := range reflect.VisibleFields(w) {
		if f.Anonymous || !f.IsExported() {
			continue
		}
		name, inJSON := f.Tag.Lookup("json")
		path, inPath := f.Tag.Lookup("path")
		query, inQuery := f.Tag.Lookup("query")
		_, rest := f.Tag.Lookup("rest")
		switch {
		case len(f.Index) > 1 && inJSON && name != "-" && !inPath && !inQuery:
			b.body = true
		case (inPath || inQuery || rest) && name != "-":
			panic(fmt.Sprintf(`api: %s of %s needs the tag json:"-", or its body could set it`, f.Name, pattern))
		case inPath:
			b.fields = append(b.fields, bound{f.Index, path, true})
		case inQuery:
			b.fields = append(b.fields, bound{f.Index, query, false})
		case rest:
			b.rest = f.Index
		case inJSON && name != "-" && name != "":
			b.body = true
		default:
			panic(fmt.Sprintf("api: %s of %s has no tag: path, query, rest or json", f.Name, pattern))
		}
	}
	for _, f := range b.fields {
		if f.path != strings.Contains(pattern, "{"+f.name+"}") {
			panic(fmt.Sprintf("api: %s does not have the parameter %s where its type has it", pattern, f.name))
		}
	}
	return b
}

// read reads everything that was sent into w, a pointer to the route's W.
func (c *Call) read(w any) error {
	v := reflect.ValueOf(w).Elem()
	query, err := parameters(c.R.URL.RawQuery)
	if err != nil {
		return err
	}
	for _, f := range c.route.binder.fields {
		switch values := query[f.name]; {
		case f.path:
			value := c.R.PathValue(f.name)
			if !isID(value) {
				return errs.ErrNotFound // nothing is called so
			}
			if err := set(v.FieldByIndex(f.index), value); err != nil {
				return errs.ErrNotFound
			}
		case len(values) > 1:
			return ErrParameterTwice.Say("The parameter %q stands there %d times: send it once.", f.name, len(values))
		case len(values) == 1:
			if err := set(v.FieldByIndex(f.index), values[0]); err != nil {
				return wrongParameter(f.name, err)
			}
		}
		if !f.path {
			delete(query, f.name)
		}
	}
	switch {
	case c.route.binder.rest != nil:
		v.FieldByIndex(c.route.binder.rest).Set(reflect.ValueOf(query))
	case len(query) > 0:
		return c.unknown(query)
	}
	return c.readBody(w)
}

// parameters reads a query string. Unlike net/url it takes nothing that it cannot read.
func parameters(raw string) (url.Values, error) {
	query, err := url.ParseQuery(raw)
	if err != nil {
		return nil, ErrParameter.Say("The part of the address after “?” cannot be read. Escape what is not letters and digits.")
	}
	for name, values := range query {
		for _, s := range append([]string{name}, values...) {
			if !utf8.ValidString(s) || strings.ContainsRune(s, 0) {
				return nil, ErrParameter.Say("The part of the address after “?” is not UTF-8 text.")
			}
		}
	}
	return query, nil
}

func (c *Call) unknown(query url.Values) error {
	var names, taken []string
	for name := range query {
		names = append(names, strconv.Quote(name))
	}
	slices.Sort(names)
	for _, f := range c.route.binder.fields {
		if !f.path {
			taken = append(taken, f.name)
		}
	}
	if len(taken) == 0 {
		return ErrUnknownParameter.Say("This address takes no parameters, so it does not know %s.", strings.Join(names, ", "))
	}
	return ErrUnknownParameter.Say("This address does not take %s. It takes: %s.", strings.Join(names, ", "), strings.Join(taken, ", "))
}

// set writes a value of the address into a field.
func set(field reflect.Value, value string) error {
	if field.Kind() == reflect.Pointer {
		field.Set(reflect.New(field.Type().Elem()))
		return set(field.Elem(), value)
	}
	if u, ok := field.Addr().Interface().(encoding.TextUnmarshaler); ok {
		return u.UnmarshalText([]byte(value))
	}
	switch field.Kind() {
	case reflect.String:
		field.SetString(value)
	case reflect.Int, reflect.Int64:
		n, err := strconv.ParseInt(value, 10, 64)
		if err != nil {
			return errs.Field("", "Write a whole number.")
		}
		field.SetInt(n)
	case reflect.Bool:
		if value != "true" && value != "false" {
			return errs.Field("", "Write true or false.")
		}
		field.SetBool(value == "true")
	default:
		return fmt.Errorf("api: a parameter cannot be a %s", field.Type())
	}
	return nil
}

// wrongParameter is the refusal of a parameter that is known, with a wrong value.
func wrongParameter(name string, err error) error {
	said := errs.Of(err)
	sentence := said.Detail
	if s := said.Fields[""]; s != "" {
		sentence = s
	}
	if said.Kind == errs.Fault {
		return err
	}
	return errs.Field(name, "%s", sentence)
}

var idForm = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// isID says whether something could be called so.
func isID(s string) bool { return idForm.MatchString(s) }

// at is the beginning of the names of fields in an entry of a list.
func at(list string, i int) string { return list + "." + strconv.Itoa(i) + "." }
