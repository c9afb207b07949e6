// Package access walks the catalogue: every operation, asked for by every kind of caller, compared with testdata/access.golden.
// That table is what a reviewer reads when a permission, a role or an operation changes.
//
// Inputs are written as plain values and fields by name, and are turned into an operation's own input type here, because many of
// those types are their package's own.
package access

import (
	"fmt"
	"reflect"
)

// fields are the fields of a struct by their Go names, also those of embedded structs.
type fields map[string]any

// build makes a value of a type from a plain one: what can be converted is converted, a pointer points to a new value, fields fill
// a struct, and a list of any fills a slice.
func build(to reflect.Type, from any) (reflect.Value, error) {
	v := reflect.New(to).Elem()
	if from == nil {
		return v, nil
	}
	given := reflect.ValueOf(from)
	if given.Type().AssignableTo(to) {
		v.Set(given)
		return v, nil
	}
	switch {
	case to.Kind() == reflect.Pointer:
		inner, err := build(to.Elem(), from)
		if err != nil {
			return v, err
		}
		v.Set(reflect.New(to.Elem()))
		v.Elem().Set(inner)
		return v, nil
	case to.Kind() == reflect.Struct:
		named, ok := from.(fields)
		if !ok {
			break
		}
		for name, value := range named {
			f := v.FieldByName(name)
			if !f.IsValid() || !f.CanSet() {
				return v, fmt.Errorf("%s has no field %s that can be set", to, name)
			}
			inner, err := build(f.Type(), value)
			if err != nil {
				return v, fmt.Errorf("%s: %w", name, err)
			}
			f.Set(inner)
		}
		return v, nil
	case to.Kind() == reflect.Slice && given.Kind() == reflect.Slice:
		for i := range given.Len() {
			inner, err := build(to.Elem(), given.Index(i).Interface())
			if err != nil {
				return v, err
			}
			v.Set(reflect.Append(v, inner))
		}
		return v, nil
	case to.Kind() == reflect.Array && given.Kind() == reflect.Slice && given.Len() == to.Len():
		for i := range given.Len() {
			inner, err := build(to.Elem(), given.Index(i).Interface())
			if err != nil {
				return v, err
			}
			v.Index(i).Set(inner)
		}
		return v, nil
	case given.Type().ConvertibleTo(to) && (given.Kind() == to.Kind() || given.CanInt() && v.CanInt()):
		v.Set(given.Convert(to))
		return v, nil
	}
	return v, fmt.Errorf("a %T cannot be made into a %s", from, to)
}

// fieldsOf gives the fields of a struct by name, for outputs whose type is their package's own.
func fieldsOf(v any) fields {
	all := fields{}
	rv := reflect.Indirect(reflect.ValueOf(v))
	for i := range rv.NumField() {
		if f := rv.Type().Field(i); f.IsExported() {
			all[f.Name] = rv.Field(i).Interface()
		}
	}
	return all
}
