package schemas

import (
	"bytes"
	"encoding/json"
	"errors"
	"math/big"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// shape is the Go form of an input, which decides how it is coerced.
type shape int

const (
	shapeText      shape = iota // string
	shapeBoolean                // bool
	shapeInteger                // int
	shapeList                   // []string
	shapeKeyValues              // KeyValues
	shapeObject                 // Object
	shapeJSON                   // json.RawMessage
)

const (
	maxErrors  = 100 // then Decode stops looking for more
	maxLiteral = 32  // characters of a number that is taken for text, or read as an integer
)

// coerce brings each input into canonical form: by position a string, bool, int, []string, KeyValues, Object or
// json.RawMessage, or nil where it is not set or bad.
func (s *Schema) coerce(members []member) ([]any, Invalid) {
	var bad Invalid
	given := make([]json.RawMessage, len(s.properties))
	for _, m := range members {
		if p := s.byName[m.name]; p != nil {
			given[p.position] = m.value
		} else if len(bad) < maxErrors {
			bad.Add(Pointer(m.name), s.unknown(m.name))
		}
	}
	values := make([]any, len(s.properties))
	for i, p := range s.properties {
		before := len(bad)
		if values[i] = p.value(given[i], &bad); values[i] == nil && p.Required && len(bad) == before {
			bad.Add(Pointer(p.Name), isRequired)
		}
	}
	return values, bad
}

// unset tells whether a value says "not set".
func unset(raw []byte) bool { return string(raw) == "null" || string(raw) == `""` }

// value returns the canonical value of what was given, nil for an absent input.
func (p *property) value(raw []byte, bad *Invalid) any {
	switch {
	case raw == nil:
		return p.Default
	case !unset(raw) || p.emptyOK && raw[0] == '"':
		return p.coerce(raw, bad)
	case p.nullRefused:
		bad.Add(Pointer(p.Name), mustBeLeftOut)
		return nil
	case p.always:
		return p.Default
	default:
		return nil
	}
}

// coerce returns the canonical value of what was given, or nil and at least one error. Text that holds null, given for
// a list or for JSON, is not set: nil without an error.
func (p *property) coerce(raw []byte, bad *Invalid) any {
	at := Pointer(p.Name)
	var value any
	var detail string
	switch p.shape {
	case shapeText:
		value, detail = p.text(raw)
	case shapeBoolean:
		value, detail = boolean(raw)
	case shapeInteger:
		value, detail = integer(raw)
	default:
		return p.structured(raw, at, bad)
	}
	if detail != "" {
		bad.Add(at, detail)
		return nil
	}
	return value
}

func (p *property) text(raw []byte) (string, string) {
	value, detail := text(raw)
	if detail == "" && p.Required && blank(value) {
		detail = isRequired
	}
	return value, detail
}

func blank(text string) bool { return strings.TrimSpace(text) == "" }

// text takes a string, or a number by its literal if that is one a person would write for an identifier.
func text(raw []byte) (value, detail string) {
	switch raw[0] {
	case '"':
		value = unquote(raw)
		if strings.ContainsRune(value, 0) {
			return "", holdsNUL
		}
		return value, ""
	case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		if len(raw) > maxLiteral || bytes.ContainsAny(raw, "eE") {
			return "", notShortNumber
		}
		return string(raw), ""
	default:
		return "", notText
	}
}

// unquote returns the text of a JSON string that is known to be valid.
func unquote(raw []byte) string {
	if bytes.IndexByte(raw, '\\') < 0 {
		return string(raw[1 : len(raw)-1])
	}
	text, _ := jsontext.AppendUnquote(nil, raw) // fails on invalid strings only
	return string(text)
}

func boolean(raw []byte) (bool, string) {
	switch string(raw) {
	case "true", `"true"`:
		return true, ""
	case "false", `"false"`:
		return false, ""
	default:
		return false, notBoolean
	}
}

// integer takes digits as a number or as text, and a number such as 2e2 or 200.0 that is whole.
func integer(raw []byte) (int, string) {
	literal := string(raw)
	switch {
	case raw[0] == '"':
		literal = unquote(raw)
		if literal == "" || strings.Trim(strings.TrimPrefix(literal, "-"), "0123456789") != "" {
			return 0, notInteger
		}
	case strings.ContainsAny(literal, ".eE"):
		return wholeNumber(literal)
	}
	n, err := strconv.Atoi(literal)
	switch {
	case err == nil:
		return n, ""
	case errors.Is(err, strconv.ErrRange):
		return 0, outOfRange
	default:
		return 0, notInteger
	}
}

// wholeNumber reads a JSON number with a fraction or an exponent exactly. It bounds both first: an exponent of a few
// digits can ask for gigabytes.
func wholeNumber(literal string) (int, string) {
	if exponent := strings.IndexAny(literal, "eE"); len(literal) > maxLiteral || exponent >= 0 && len(literal)-exponent > 4 {
		return 0, outOfRange
	}
	number, ok := new(big.Rat).SetString(literal)
	if !ok || !number.IsInt() {
		return 0, notInteger
	}
	if n := number.Num(); n.IsInt64() {
		return int(n.Int64()), ""
	}
	return 0, outOfRange
}
