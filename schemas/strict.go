package schemas

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// MaxDepth is how deep JSON from outside may nest: the limit for text that holds a list or a JSON value, and the one
// to give [Strict] for a request body.
const MaxDepth = 100

// SyntaxKind says in which way text is not the JSON we take.
type SyntaxKind string

// What Strict refuses.
const (
	NotJSON       SyntaxKind = "not JSON"
	TrailingData  SyntaxKind = "something after the JSON value"
	DuplicateName SyntaxKind = "a name twice in one object"
	InvalidUTF8   SyntaxKind = "not UTF-8, or half a surrogate pair"
	TooDeep       SyntaxKind = "nested too deep"
)

// SyntaxError says what is wrong with JSON text and where. It never holds a piece of the text.
type SyntaxError struct {
	Kind   SyntaxKind
	Offset int64 // in bytes, at or just before the place
}

// Error names the kind and the offset.
func (e *SyntaxError) Error() string { return fmt.Sprintf("%s, at byte %d", e.Kind, e.Offset) }

// Strict reports whether raw is exactly one JSON value as RFC 7493 wants it: UTF-8, no name twice in an object, and no
// deeper than maxDepth arrays and objects. The error is a *SyntaxError.
func Strict(raw []byte, maxDepth int) error {
	if offset, deep := deeper(raw, maxDepth); deep {
		return &SyntaxError{Kind: TooDeep, Offset: offset}
	}
	dec, done := decoderOf(raw)
	defer done()
	if _, err := dec.ReadValue(); err != nil {
		return syntaxError(raw, err)
	}
	return atEnd(raw, dec)
}

// decoders keeps decoders for the memory they have: every request needs several.
var decoders = sync.Pool{New: func() any { return new(jsontext.Decoder) }}

// decoderOf reads raw, strictly. done gives the decoder back, without raw, which may hold secrets.
func decoderOf(raw []byte) (dec *jsontext.Decoder, done func()) {
	dec = decoders.Get().(*jsontext.Decoder)
	dec.Reset(bytes.NewBuffer(raw))
	return dec, func() {
		dec.Reset(new(bytes.Buffer))
		decoders.Put(dec)
	}
}

// deeper finds the bracket that opens level maxDepth+1. It counts brackets outside strings, which is exact for JSON and
// harmless for anything else, since that is refused anyway.
func deeper(raw []byte, maxDepth int) (offset int64, deep bool) {
	depth, inString := 0, false
	for i := 0; i < len(raw); i++ {
		switch c := raw[i]; {
		case inString && c == '\\':
			i++
		case c == '"':
			inString = !inString
		case inString:
		case c == '{' || c == '[':
			if depth++; depth > maxDepth {
				return int64(i), true
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return 0, false
}

func atEnd(raw []byte, dec *jsontext.Decoder) error {
	rest := bytes.TrimLeft(raw[dec.InputOffset():], " \t\r\n")
	if len(rest) == 0 {
		return nil
	}
	return &SyntaxError{Kind: TrailingData, Offset: int64(len(raw) - len(rest))}
}

// syntaxError translates an error of jsontext, whose text quotes what it met.
func syntaxError(raw []byte, err error) *SyntaxError {
	syntactic, ok := errors.AsType[*jsontext.SyntacticError](err)
	if !ok { // the text ended
		return &SyntaxError{Kind: NotJSON, Offset: int64(len(raw))}
	}
	at := &SyntaxError{Kind: NotJSON, Offset: syntactic.ByteOffset}
	switch {
	case errors.Is(err, jsontext.ErrDuplicateName):
		at.Kind = DuplicateName
	case notUnicode(raw[min(syntactic.ByteOffset, int64(len(raw))):]):
		at.Kind = InvalidUTF8
	}
	return at
}

// notUnicode tells whether text starts with a byte that is not UTF-8 or with the escape of half a surrogate pair.
func notUnicode(text []byte) bool {
	if r, size := utf8.DecodeRune(text); r == utf8.RuneError && size == 1 {
		return true
	}
	if len(text) < 6 || text[0] != '\\' || text[1] != 'u' {
		return false
	}
	half, err := strconv.ParseUint(string(text[2:6]), 16, 16)
	return err == nil && utf16.IsSurrogate(rune(half))
}

// ErrNotObject says that a text is JSON, but no object.
var ErrNotObject = errors.New("not a JSON object")

// Members returns the members of an object, their values as they were written and in raw's memory. It is as strict as
// [Strict], in the same pass; the error is a *SyntaxError or [ErrNotObject].
func Members(raw []byte, maxDepth int) (map[string]json.RawMessage, error) {
	if offset, deep := deeper(raw, maxDepth); deep {
		return nil, &SyntaxError{Kind: TooDeep, Offset: offset}
	}
	dec, done := decoderOf(raw)
	defer done()
	if dec.PeekKind() != '{' {
		if err := Strict(raw, maxDepth); err != nil {
			return nil, err
		}
		return nil, ErrNotObject
	}
	list, err := readMembers(raw, dec)
	if err != nil {
		return nil, syntaxError(raw, err)
	}
	members := make(map[string]json.RawMessage, len(list))
	for _, m := range list {
		members[m.name] = m.value
	}
	return members, atEnd(raw, dec)
}

// member is one name and value of an object, the value as it was written.
type member struct {
	name  string
	value json.RawMessage
}

// split reads an object's members in order, as strictly as Strict does save for the depth. Nothing, and null, have no
// members. The values share raw's memory. The error says that it must be an object.
func split(raw []byte) ([]member, error) {
	if len(raw) == 0 {
		return nil, nil
	}
	dec, done := decoderOf(raw)
	defer done()
	var members []member
	var err error
	switch dec.PeekKind() {
	case '{':
		members, err = readMembers(raw, dec)
	case 'n':
		_, err = dec.ReadValue()
	default:
		if _, err = dec.ReadValue(); err == nil {
			return nil, errors.New(notInputs)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("%s (%w)", notInputs, syntaxError(raw, err))
	}
	if err := atEnd(raw, dec); err != nil {
		return nil, fmt.Errorf("%s (%w)", notInputs, err)
	}
	return members, nil
}

func readMembers(raw []byte, dec *jsontext.Decoder) ([]member, error) {
	if _, err := dec.ReadToken(); err != nil {
		return nil, err
	}
	var members []member
	for dec.PeekKind() != '}' {
		token, err := dec.ReadToken()
		if err != nil {
			return nil, err
		}
		name := token.String() // before the next read invalidates the token
		value, err := dec.ReadValue()
		if err != nil {
			return nil, err
		}
		end := dec.InputOffset()
		members = append(members, member{name, raw[end-int64(len(value)) : end]})
	}
	_, err := dec.ReadToken()
	return members, err
}
