package schemas

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// compile makes the validator, on first use since it takes about a millisecond.
func (s *Schema) compile() *jsonschema.Schema {
	compiler := jsonschema.NewCompiler()
	compiler.Draft = jsonschema.Draft2020
	compiler.AssertFormat = true
	compiler.LoadURL = func(url string) (io.ReadCloser, error) {
		return nil, fmt.Errorf("schema refers to %s: nothing is loaded", url)
	}
	const name = "inputs.json"
	if err := compiler.AddResource(name, bytes.NewReader(s.JSON())); err != nil {
		panic(fmt.Sprintf("schemas: %s: %v", s.goType, err))
	}
	compiled, err := compiler.Compile(name)
	if err != nil {
		panic(fmt.Sprintf("schemas: %s: %v", s.goType, err))
	}
	return compiled
}

// validate holds canonical values, by position and nil where not set, against the document.
func (s *Schema) validate(values []any) Invalid {
	instance := make(map[string]any, len(values))
	for i, p := range s.properties {
		if values[i] != nil {
			instance[p.Name] = standIn(values[i])
		}
	}
	err := s.compiled().Validate(instance)
	if err == nil {
		return nil
	}
	failure, ok := errors.AsType[*jsonschema.ValidationError](err)
	if !ok {
		return Invalid{{Detail: "cannot be validated"}}
	}
	return s.translate(failure, nil)
}

// standIn returns what the validator sees of a canonical value. Of lists, rows and JSON that is an empty one of the same
// type: their schemas say no more than what coercion has made sure of, and the validator would compute the exact value
// of every number in them, which for 1e1000000000 takes all memory there is.
func standIn(value any) any {
	switch value.(type) {
	case []string, KeyValues:
		return []any{}
	case Object:
		return map[string]any{}
	case json.RawMessage:
		return nil
	default:
		return value
	}
}

// translate collects one message of ours for each input that a failure is about. A missing input is not among them:
// coercion has reported it, at the input itself.
func (s *Schema) translate(failure *jsonschema.ValidationError, bad Invalid) Invalid {
	for _, cause := range failure.Causes {
		bad = s.translate(cause, bad)
	}
	path := strings.Split(failure.KeywordLocation, "/") // "", "properties", name, keyword, ...
	if len(failure.Causes) > 0 || len(path) < 4 {
		return bad
	}
	p := s.byName[path[2]]
	pointer := Pointer(p.Name)
	if len(bad) > 0 && bad[len(bad)-1].Pointer == pointer {
		return bad
	}
	bad.Add(pointer, p.violated(path[3]))
	return bad
}
