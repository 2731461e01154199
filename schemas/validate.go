package schemas

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// compile makes the validators of the inputs whose schemas say more than coercion makes sure of, each from its place in
// the published document. It takes about a millisecond, so Decode does it on first use. A default or an example that
// its own schema refuses panics.
func (s *Schema) compile() {
	compiler := newCompiler("inputs.json", s.JSON())
	for _, p := range s.properties {
		if !p.constrained() {
			continue
		}
		var err error
		if p.validator, err = compiler.Compile("inputs.json#/properties/" + p.Name); err != nil {
			s.reject(s.goType, p.Name, err)
		}
		for _, value := range []any{p.Default, p.Example} {
			if value == nil {
				continue
			}
			if detail := p.violation(value); detail != "" {
				s.reject(s.goType, p.Name, fmt.Errorf("default or example %s", detail))
			}
		}
	}
}

// newCompiler makes a compiler that knows one document and loads no other.
func newCompiler(name string, document []byte) *jsonschema.Compiler {
	compiler := jsonschema.NewCompiler()
	compiler.Draft = jsonschema.Draft2020
	compiler.AssertFormat = true
	compiler.LoadURL = func(url string) (io.ReadCloser, error) {
		return nil, fmt.Errorf("schema refers to %s: nothing is loaded", url)
	}
	if err := compiler.AddResource(name, bytes.NewReader(document)); err != nil {
		panic(fmt.Sprintf("schemas: %s: %v", name, err))
	}
	return compiler
}

// constrained tells whether the schema says more than the type, and than that a required text is not empty. Lists, rows
// and JSON never do, and it is well that the validator does not see them: it computes the exact value of any number it
// meets, which for 1e1000000000 takes all memory there is.
func (p *property) constrained() bool {
	return p.closed || p.Pattern != "" || p.Format != "" || p.MinLength > 0 || p.MaxLength > 0 ||
		p.Min != nil || p.Max != nil
}

// violation says in our words what the schema has against a canonical value, "" for nothing.
func (p *property) violation(value any) string {
	if p.validator == nil {
		return ""
	}
	err := p.validator.Validate(value)
	if err == nil {
		return ""
	}
	failure, ok := errors.AsType[*jsonschema.ValidationError](err)
	if !ok {
		panic(fmt.Sprintf("schemas: %s: %T of a canonical value", p.Name, err))
	}
	return p.violated(firstKeyword(failure))
}

// firstKeyword returns the keyword of an input's schema that failed first.
func firstKeyword(failure *jsonschema.ValidationError) string {
	for len(failure.Causes) > 0 {
		failure = failure.Causes[0]
	}
	keyword, _, _ := strings.Cut(strings.TrimPrefix(failure.KeywordLocation, "/"), "/")
	return keyword
}
