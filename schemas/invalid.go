package schemas

import (
	"slices"
	"strings"
)

// FieldError says what is wrong with one input. Neither field ever holds an input's value; Pointer may hold the name
// of a property the caller sent.
type FieldError struct {
	// Pointer is an RFC 6901 pointer relative to the inputs object: "/id", "/groupIds/3", "" for the object itself.
	Pointer string `json:"pointer"`
	// Detail completes the sentence that starts with the field's name: "is required".
	Detail string `json:"detail"`
}

// input is the name of the input that e is about, "" for all of them.
func (e FieldError) input() string {
	if tokens := Tokens(e.Pointer); len(tokens) > 0 {
		return tokens[0]
	}
	return ""
}

// Invalid is the error for inputs that were refused: every bad field at once, in the order the fields are declared.
type Invalid []FieldError

// Error lists the fields, one "pointer: detail" a line.
func (e Invalid) Error() string {
	var text strings.Builder
	for i, field := range e {
		if i > 0 {
			text.WriteByte('\n')
		}
		if field.Pointer != "" {
			text.WriteString(field.Pointer)
			text.WriteString(": ")
		}
		text.WriteString(field.Detail)
	}
	return text.String()
}

// Add appends an error. The pointer is relative to the inputs object, see [Pointer].
func (e *Invalid) Add(pointer, detail string) {
	*e = append(*e, FieldError{Pointer: pointer, Detail: detail})
}

// Under returns a copy whose pointers start at prefix, such as "/inputs".
func (e Invalid) Under(prefix string) Invalid {
	moved := slices.Clone(e)
	for i := range moved {
		moved[i].Pointer = prefix + moved[i].Pointer
	}
	return moved
}

var (
	pointerEscapes   = strings.NewReplacer("~", "~0", "/", "~1")
	pointerUnescapes = strings.NewReplacer("~1", "/", "~0", "~")
)

// Pointer joins reference tokens to an RFC 6901 pointer: Pointer("profile", "a/b") is "/profile/a~1b".
func Pointer(tokens ...string) string {
	var pointer strings.Builder
	for _, token := range tokens {
		pointer.WriteByte('/')
		_, _ = pointerEscapes.WriteString(&pointer, token) // a Builder never fails
	}
	return pointer.String()
}

// Tokens is the inverse of [Pointer]: the reference tokens of an RFC 6901 pointer, none of "".
func Tokens(pointer string) []string {
	if pointer == "" {
		return nil
	}
	tokens := strings.Split(strings.TrimPrefix(pointer, "/"), "/")
	for i, token := range tokens {
		tokens[i] = pointerUnescapes.Replace(token)
	}
	return tokens
}
