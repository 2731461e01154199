package schemas

import (
	"cmp"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

type (
	checker     interface{ Check() Invalid }
	eachChecker interface{ CheckEach() Invalid }
)

// Decode brings the inputs into canonical form, validates them and stores them in into, a *T. No inputs at all, and
// null, count as {}. The error is an Invalid with every bad input, in declaration order, unknown ones last; *into then
// holds those that are good by themselves. After 100 bad inputs or items Decode stops looking.
func (s *Schema) Decode(inputs json.RawMessage, into any) error {
	target := reflect.ValueOf(into)
	if target.Type() != reflect.PointerTo(s.goType) {
		panic(fmt.Sprintf("schemas: Decode into %T, not *%s", into, s.goType))
	}
	target = target.Elem()
	target.SetZero()
	members, err := split(inputs)
	if err != nil {
		return Invalid{{Detail: err.Error()}}
	}
	given, unknown := s.assign(members)
	values, bad := s.canonical(given, unknown)
	for i, p := range s.properties {
		if values[i] != nil {
			p.store(target, values[i])
		}
	}
	if c, ok := into.(eachChecker); ok {
		bad = s.Merge(bad, s.asGiven(c.CheckEach(), given))
	}
	if c, ok := into.(checker); ok && len(bad) == 0 {
		bad = s.asGiven(c.Check(), given)
	}
	if len(bad) > 0 {
		return bad
	}
	return nil
}

// assign tells what was given for each input, by position, and the names that no input has.
func (s *Schema) assign(members []member) (given []json.RawMessage, unknown []string) {
	given = make([]json.RawMessage, len(s.properties))
	for _, m := range members {
		if p := s.byName[m.name]; p != nil {
			given[p.position] = m.value
		} else {
			unknown = append(unknown, m.name)
		}
	}
	return given, unknown
}

// canonical brings each input into canonical form, by position: a string, bool, int, []string, KeyValues, Object or
// json.RawMessage, or nil where it is not set or bad.
func (s *Schema) canonical(given []json.RawMessage, unknown []string) ([]any, Invalid) {
	s.compiled()
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

// Merge adds to bad what more says of inputs that bad does not name, in declaration order.
func (s *Schema) Merge(bad, more Invalid) Invalid {
	named := make(map[string]bool)
	for _, e := range bad {
		named[e.input()] = true
	}
	if len(more) == 0 || named[""] {
		return bad
	}
	for _, e := range more {
		if !named[e.input()] {
			bad = append(bad, e)
		}
	}
	slices.SortStableFunc(bad, func(a, b FieldError) int { return cmp.Compare(s.position(a), s.position(b)) })
	return bad
}

// position is where among the inputs the one that e is about was declared.
func (s *Schema) position(e FieldError) int {
	if p := s.byName[e.input()]; p != nil {
		return p.position
	}
	return len(s.properties)
}

// asGiven points at the rows of key-value inputs where they were given, in the first of bad.
func (s *Schema) asGiven(bad Invalid, given []json.RawMessage) Invalid {
	bad = bad[:min(len(bad), maxErrors)]
	tokens := make(map[*property][]string)
	for i, e := range bad {
		p := s.byName[e.input()]
		if p == nil || p.shape != shapeKeyValues {
			continue
		}
		if tokens[p] == nil {
			tokens[p] = rowTokens(given[p.position])
		}
		row, err := strconv.Atoi(strings.TrimPrefix(e.Pointer[len(p.path):], "/"))
		if err == nil && row < len(tokens[p]) {
			bad[i].Pointer = p.path + Pointer(tokens[p][row])
		}
	}
	return bad
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
