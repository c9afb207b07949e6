package api

import (
	"github.com/swaggest/jsonschema-go"

	"github.com/stewardhq/steward/internal/directory"
	"github.com/stewardhq/steward/internal/kernel/field"
)

// JSONSchema is a row of the list of users.
func (UserRow) JSONSchema() (jsonschema.Schema, error) { return rowOf(directory.UserFields) }

// JSONSchema is a row of the list of customers.
func (CustomerRow) JSONSchema() (jsonschema.Schema, error) { return rowOf(directory.CustomerFields) }

// JSONSchema is a line of the checkpoint file.
func (Checkpoint) JSONSchema() (jsonschema.Schema, error) {
	var s jsonschema.Schema
	s.WithType(jsonschema.Object.Type())
	s.WithDescription("A line of the checkpoint file as it stands there: number, chain, n, hash, at, previous, signature (Ed25519).")
	for name, kind := range map[string]jsonschema.SimpleType{
		"number": jsonschema.Integer, "chain": jsonschema.String, "n": jsonschema.Integer, "hash": jsonschema.String,
		"at": jsonschema.Integer, "previous": jsonschema.String, "signature": jsonschema.String,
	} {
		s.WithPropertiesItem(name, simple(kind, false))
	}
	return s, nil
}

// rowOf is a row of a list, as its fields declare it. What the caller may not see is absent; what is not there is null.
func rowOf[R any](l *field.List[R]) (jsonschema.Schema, error) {
	var s jsonschema.Schema
	s.WithType(jsonschema.Object.Type())
	s.WithDescription("The fields that the caller may see.")
	for i := range l.Fields {
		f := &l.Fields[i]
		if f.Value == nil {
			continue
		}
		var p jsonschema.SchemaOrBool
		switch f.Type {
		case field.Number:
			p = simple(jsonschema.Integer, false)
		case field.Share:
			p = simple(jsonschema.Number, false)
		case field.Flag:
			p = simple(jsonschema.Boolean, false)
		case field.Time:
			p = simple(jsonschema.String, true)
			p.TypeObject.WithFormat("date-time")
		case field.Money:
			ref := "#/components/schemas/Amount"
			p = (&jsonschema.Schema{Ref: &ref}).ToSchemaOrBool()
		default:
			p = simple(jsonschema.String, true)
		}
		if p.TypeObject.Ref == nil {
			p.TypeObject.WithDescription(f.Label)
		}
		s.WithPropertiesItem(f.Key, p)
	}
	return s, nil
}

func simple(kind jsonschema.SimpleType, nullable bool) jsonschema.SchemaOrBool {
	var s jsonschema.Schema
	if nullable {
		s.WithType(jsonschema.Type{SliceOfSimpleTypeValues: []jsonschema.SimpleType{kind, jsonschema.Null}})
	} else {
		s.WithType(kind.Type())
	}
	return s.ToSchemaOrBool()
}
