package api

import (
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// text writes the document: sorted and indented, so that a reviewer reads the difference.
func (d openapiDocument) text() ([]byte, error) {
	raw, err := d.Spec.MarshalJSON()
	if err != nil {
		return nil, err
	}
	var tree map[string]any
	if err := json.Unmarshal(raw, &tree); err != nil {
		return nil, err
	}
	tidy(tree)
	text, err := json.Marshal(tree, json.Deterministic(true), jsontext.WithIndent("  "))
	return append(text, '\n'), err
}

// tidy says what the library cannot know: bodies are needed but for a few, take no other members and no null; a total is a number or
// absent.
func tidy(tree map[string]any) {
	closed, bodiless := map[string]bool{}, map[string]bool{}
	for _, rt := range declared().routes {
		bodiless[strings.ToLower(rt.method)+" "+rt.path] = rt.bodiless
	}
	for path, item := range object(tree, "paths") {
		for method, operation := range item.(map[string]any) {
			o, _ := operation.(map[string]any)
			if body := object(o, "requestBody"); body != nil {
				body["required"] = !bodiless[method+" "+path]
				closeSchema(tree, object(body, "content", "application/json", "schema"), closed)
			}
			for _, p := range list(o["parameters"]) {
				schema := object(p, "schema")
				delete(schema, "description")
				notNull(schema)
			}
		}
	}
	for name, schema := range object(tree, "components", "schemas") {
		if s, ok := schema.(map[string]any); ok && strings.HasPrefix(name, "ListOf") {
			notNull(object(s, "properties", "total"))
		}
	}
}

// closeSchema closes a schema of a body, and all that it leads to.
func closeSchema(tree, schema map[string]any, closed map[string]bool) {
	if ref, ok := schema["$ref"].(string); ok {
		if closed[ref] {
			return
		}
		closed[ref] = true
		schema = object(tree, strings.Split(strings.TrimPrefix(ref, "#/"), "/")...)
	}
	notNull(schema)
	if properties, ok := schema["properties"].(map[string]any); ok {
		schema["additionalProperties"] = false
		for _, p := range properties {
			if s, ok := p.(map[string]any); ok {
				closeSchema(tree, s, closed)
			}
		}
	}
	for _, name := range []string{"items", "additionalProperties"} {
		if s, ok := schema[name].(map[string]any); ok {
			closeSchema(tree, s, closed)
		}
	}
	for _, s := range list(schema["anyOf"]) {
		closeSchema(tree, s, closed)
	}
}

// notNull takes null out of the types of a schema.
func notNull(schema map[string]any) {
	types, _ := schema["type"].([]any)
	types = slices.DeleteFunc(types, func(t any) bool { return t == "null" })
	if len(types) == 1 {
		schema["type"] = types[0]
	}
}

func object(tree map[string]any, path ...string) map[string]any {
	for _, name := range path {
		tree, _ = tree[name].(map[string]any)
	}
	return tree
}

func list(v any) (all []map[string]any) {
	some, _ := v.([]any)
	for _, one := range some {
		if o, ok := one.(map[string]any); ok {
			all = append(all, o)
		}
	}
	return all
}
