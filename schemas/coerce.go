package schemas

import (
	"bytes"
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
	maxErrors  = 100 // then nothing more is reported
	maxLiteral = 32  // characters of a number that is taken for text, or read as an integer
)

// place is where in the inputs a value stands, and where to report what is wrong with it.
type place struct {
	pointer string
	bad     *Invalid
}

func (at place) under(token string) place { return place{at.pointer + Pointer(token), at.bad} }

func (at place) report(detail string) {
	if len(*at.bad) < maxErrors {
		at.bad.Add(at.pointer, detail)
	}
}

// unset tells whether a value says "not set".
func unset(raw []byte) bool { return string(raw) == "null" || string(raw) == `""` }

// value returns the canonical value of what was given: nil where that is nothing, or after a report.
func (p *property) value(raw []byte, at place) any {
	before := len(*at.bad)
	var value any
	switch {
	case raw == nil, unset(raw) && p.always:
		value = p.Default
	case !unset(raw), p.EmptyOK && raw[0] == '"':
		value = p.given(raw, at)
	case p.nullRefused:
		at.report(mustBeLeftOut)
	}
	if p.Required && len(*at.bad) == before && missing(value) {
		at.report(isRequired)
	}
	return value
}

// given returns the canonical value of what is not "not set" by its looks: nil if it turns out to be, as text that
// holds null does for a list, or after a report.
func (p *property) given(raw []byte, at place) any {
	value, detail := p.coerce(raw, at)
	if detail == "" && value != nil && (!p.Required || !missing(value)) {
		detail = p.violation(value)
	}
	if detail != "" {
		at.report(detail)
		return nil
	}
	return value
}

// coerce returns the canonical value of raw, or what is wrong with it. What is wrong with its parts it reports.
func (p *property) coerce(raw []byte, at place) (value any, detail string) {
	switch p.shape {
	case shapeText:
		return text(raw)
	case shapeBoolean:
		return boolean(raw)
	case shapeInteger:
		return integer(raw)
	default:
		return p.structured(raw, at)
	}
}

// missing tells whether a required input lacks a value, which white space is not.
func missing(value any) bool {
	text, isText := value.(string)
	return value == nil || isText && blank(text)
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
	_, exponent, _ := strings.Cut(strings.ToLower(literal), "e")
	if len(literal) > maxLiteral || len(exponent) > len("-99") {
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
