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
// T may have four methods. Suggestions() map[string][]string offers long lists of proposals by input name, for text
// and list inputs. Nulls() map[string][]string tells forms, by the name of an object input, which text inputs a null in
// there empties. CheckEach() Invalid holds what no tag can say of an input by itself; it meets inputs that are not
// set, as are those that were found bad before. Check() Invalid holds the rules between inputs; Decode calls it once
// each input by itself is good. Both count the rows of a key-value input: Decode turns the pointer /headers/1 into
// where that row was given. As with any method, those of T hide those of its embedded structs.
func For[T any]() *Schema {
	goType := reflect.TypeFor[T]()
	if goType.Kind() != reflect.Struct {
		panic(fmt.Sprintf("schemas: %s: not a struct", goType))
	}
	s := &Schema{goType: goType, byName: make(map[string]*property)}
	s.declare(goType, nil)
	s.suggest(goType)
	s.null()
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
