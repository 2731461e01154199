// Package schemas turns a tagged Go struct into a JSON Schema, and inputs from outside into that struct: defaults,
// coercion, validation and form fields come from one declaration. It leaves to others what the inputs mean, where they
// come from and how a form looks; it also carries the schemas of Okta's objects and of the manifest as JSON files.
//
// The canonical form of inputs is what [Schema.JSON] describes. [Schema.Decode] takes more than that, because forms and
// templates send text: it first brings the inputs into canonical form, then holds them against the very document that
// was published, so that the document cannot promise what the code does not do. The validator's own messages quote
// values, so every message is written here instead.
package schemas

import (
	"encoding/json"
	"fmt"
	"reflect"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// Schema is what one input struct declares. It is safe for concurrent use and never changes.
type Schema struct {
	goType     reflect.Type
	properties []*property
	byName     map[string]*property
	document   func() json.RawMessage
	compiled   func() // once, and panics each time if it did
}

// property is one input: what is published about it, and the plan to decode it.
type property struct {
	Field
	position    int
	path        string // the JSON pointer
	index       []int  // of the struct field, for reflect.Value.FieldByIndex
	shape       shape
	pointer     bool // the struct field is *string, *bool or *int
	always      bool // the default also stands in for null and ""
	nullRefused bool // null and "" are errors
	textOK      bool // a JSON input keeps a string as it is
	closed      bool // Options are all there is
	suggested   bool // Options are proposals
	widget      Kind
	validator   *jsonschema.Schema // nil where coercion leaves nothing to check; set by compile
}

// For reads the tags of T, a struct. It panics, naming type and field, on anything that is not a proper declaration.
//
// T may have two methods. Suggestions() map[string][]string offers long lists of proposals by input name, for text and
// list inputs. Check() Invalid holds the rules between inputs; Decode calls it once each input by itself is good. As
// with any method, a Check of T hides those of its embedded structs.
func For[T any]() *Schema {
	goType := reflect.TypeFor[T]()
	if goType.Kind() != reflect.Struct {
		panic(fmt.Sprintf("schemas: %s: not a struct", goType))
	}
	s := &Schema{goType: goType, byName: make(map[string]*property)}
	s.declare(goType, nil)
	s.suggest(goType)
	for _, p := range s.properties {
		s.resolve(p)
	}
	s.document = sync.OnceValue(s.write)
	s.compiled = sync.OnceFunc(s.compile)
	return s
}

// Fields returns the form fields in the order they are declared. The slices inside are shared: read only.
func (s *Schema) Fields() []Field {
	fields := make([]Field, len(s.properties))
	for i, p := range s.properties {
		fields[i] = p.Field
	}
	return fields
}

// JSON returns the schema as a JSON Schema 2020-12 document: always the same bytes, shared, to be read only.
func (s *Schema) JSON() json.RawMessage { return s.document() }

type checker interface{ Check() Invalid }

// Decode brings the inputs into canonical form, validates them and stores them in into, a *T. No inputs at all, and
// null, count as {}. The error is an Invalid with every bad input, in declaration order, unknown ones last; *into is
// then of no use. After 100 bad inputs or items Decode stops looking.
func (s *Schema) Decode(inputs json.RawMessage, into any) error {
	target := reflect.ValueOf(into)
	if target.Type() != reflect.PointerTo(s.goType) {
		panic(fmt.Sprintf("schemas: Decode into %T, not *%s", into, s.goType))
	}
	members, err := split(inputs)
	if err != nil {
		return Invalid{{Detail: err.Error()}}
	}
	values, bad := s.canonical(members)
	if len(bad) > 0 {
		return bad
	}
	target = target.Elem()
	target.SetZero()
	for i, p := range s.properties {
		if values[i] != nil {
			p.store(target, values[i])
		}
	}
	if c, ok := into.(checker); ok {
		bad = c.Check()
	}
	if len(bad) > 0 {
		return bad
	}
	return nil
}

// canonical brings each input into canonical form, by position: a string, bool, int, []string, KeyValues, Object or
// json.RawMessage, or nil where it is not set or bad.
func (s *Schema) canonical(members []member) ([]any, Invalid) {
	s.compiled()
	given := make([]json.RawMessage, len(s.properties))
	var unknown []string
	for _, m := range members {
		if p := s.byName[m.name]; p != nil {
			given[p.position] = m.value
		} else {
			unknown = append(unknown, m.name)
		}
	}
	var bad Invalid
	values := make([]any, len(s.properties))
	for i, p := range s.properties {
		values[i] = p.value(given[i], place{p.path, &bad})
	}
	for _, name := range unknown[:min(len(unknown), maxErrors)] {
		place{Pointer(name), &bad}.report(s.unknown(name))
	}
	return values, bad
}

func (p *property) store(target reflect.Value, value any) {
	field := target.FieldByIndex(p.index)
	if p.pointer {
		field.Set(reflect.New(field.Type().Elem()))
		field = field.Elem()
	}
	switch v := value.(type) {
	case string:
		field.SetString(v)
	case bool:
		field.SetBool(v)
	case int:
		field.SetInt(int64(v))
	default:
		field.Set(reflect.ValueOf(v))
	}
}
