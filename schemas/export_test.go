package schemas

import (
	"encoding/json"
	"reflect"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// Canonical returns the inputs in canonical form: by name, those that are set.
func (s *Schema) Canonical(inputs json.RawMessage) (map[string]any, error) {
	members, err := split(inputs)
	if err != nil {
		return nil, err
	}
	values, bad := s.canonical(s.assign(members))
	if len(bad) > 0 {
		return nil, bad
	}
	set := make(map[string]any)
	for i, p := range s.properties {
		if values[i] != nil {
			set[p.Name] = values[i]
		}
	}
	return set, nil
}

// Compile compiles a whole document as Decode compiles its parts.
func Compile(document json.RawMessage) (*jsonschema.Schema, error) {
	return newCompiler("test.json", document).Compile("test.json")
}

// ReadTag reads the tag of one field, which need not be of a type that exists: vet refuses those that are malformed.
func ReadTag(field reflect.StructField) error {
	_, err := newProperty(field)
	return err
}
