package httpapi

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"time"
)

// text is the schema of any string.
var text = object{"type": "string"}

// anything names all types: readers that come from OpenAPI 3.0 take {} to leave out null.
var anything = object{"type": []string{"object", "array", "string", "number", "boolean", "null"}}

// ref points to a component.
func ref(name string) object { return object{"$ref": "#/components/schemas/" + name} }

// claim reports whether the component is still to be made. It panics when two things would share a name.
func (d *apiDocument) claim(name string, what any) bool {
	before, known := d.claimed[name]
	if known && before != what {
		panic("httpapi: OpenAPI: two components are called " + name)
	}
	d.claimed[name] = what
	return !known
}

// meta is what every answer of an action says about its call.
func (d *apiDocument) meta() object {
	if d.claim("Meta", "Meta") {
		d.schemas["Meta"] = metaSchema
	}
	return ref("Meta")
}

// metaSchema is written out: an action may add members of its own.
var metaSchema = object{
	"type": "object", "description": "What the call cost. An action may add more.",
	"properties": object{
		"requests": object{"type": "integer"}, "waitedMs": object{"type": "integer"},
		"oktaRequestIds": object{"type": "array", "items": text},
		"warnings":       warnings,
	},
}

var warnings = object{"type": "array", "items": object{
	"type": "object", "properties": object{"code": text, "detail": text},
}}

// component makes a JSON Schema a component and points to it.
func (d *apiDocument) component(name string, schema json.RawMessage) object {
	if d.claim(name, string(schema)) {
		d.schemas[name] = embedded(schema)
	}
	return ref(name)
}

// named makes a component of a schema with a title, and of the items of a list of them.
func (d *apiDocument) named(schema json.RawMessage) object {
	s := embedded(schema)
	if title, ok := s["title"].(string); ok {
		canonical, err := json.Marshal(s)
		if err != nil {
			panic(fmt.Sprintf("httpapi: OpenAPI: %v", err))
		}
		return d.component(componentName(title), canonical)
	}
	var list struct {
		Items json.RawMessage `json:"items"`
	}
	if json.Unmarshal(schema, &list) == nil && list.Items != nil {
		s["items"] = d.named(list.Items)
	}
	return s
}

// embedded reads a schema without its $schema, which belongs to the root of a document.
func embedded(schema json.RawMessage) object {
	var s object
	if err := json.Unmarshal(schema, &s); err != nil {
		panic(fmt.Sprintf("httpapi: OpenAPI: %v", err))
	}
	delete(s, "$schema")
	return s
}

func requiredOf(schema json.RawMessage) []any {
	required, _ := embedded(schema)["required"].([]any)
	return required
}

// componentName is a title as a name: "Event hook" is EventHook.
func componentName(title string) string {
	var name strings.Builder
	for word := range strings.FieldsSeq(title) {
		name.WriteString(upperFirst(word))
	}
	return name.String()
}

func upperFirst(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// typeOf describes a value of an answer by its Go type: a struct becomes a component, without View in its name.
func (d *apiDocument) typeOf(v any) object { return d.goType(reflect.TypeOf(v)) }

func (d *apiDocument) goType(t reflect.Type) object {
	switch t {
	case reflect.TypeFor[time.Time]():
		return object{"type": "string", "format": "date-time"}
	case reflect.TypeFor[json.RawMessage]():
		return anything
	}
	switch t.Kind() {
	case reflect.Pointer:
		return d.goType(t.Elem())
	case reflect.Slice:
		return object{"type": "array", "items": d.goType(t.Elem())}
	case reflect.Struct:
		return d.goStruct(t)
	case reflect.String:
		return text
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.Int, reflect.Int64:
		return object{"type": "integer"}
	case reflect.Map:
		return object{"type": "object"}
	}
	return anything
}

func (d *apiDocument) goStruct(t reflect.Type) object {
	name := upperFirst(strings.TrimSuffix(t.Name(), "View"))
	if d.claim(name, t) {
		properties, required := object{}, []string{}
		for field := range t.Fields() {
			member, options, _ := strings.Cut(field.Tag.Get("json"), ",")
			if member == "" || member == "-" {
				continue
			}
			properties[member] = d.goType(field.Type)
			if !strings.Contains(options, "omitempty") {
				required = append(required, member)
			}
		}
		d.schemas[name] = object{"type": "object", "properties": properties, "required": required}
	}
	return ref(name)
}

// listOf is a page of a list.
func listOf(item any) func(*apiDocument) object {
	return func(d *apiDocument) object {
		return object{"type": "object", "required": []string{"items"}, "properties": object{
			"items": object{"type": "array", "items": d.typeOf(item)}, "nextCursor": text,
		}}
	}
}

// valueOf is a value of the type of v.
func valueOf(v any) func(*apiDocument) object {
	return func(d *apiDocument) object { return d.typeOf(v) }
}

// constant is a schema that is known beforehand.
func constant(o object) func(*apiDocument) object { return func(*apiDocument) object { return o } }
