package schemas

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
)

// KeyValue is one row of a [KeyValues] input.
type KeyValue struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// KeyValues is an input of kind keyvalue: rows in the order given. A key may stand in several rows, as headers and
// query parameters need.
type KeyValues []KeyValue

// Object is an input that must be a JSON object; its values are kept as they were written. For any JSON value at all,
// use json.RawMessage.
type Object map[string]json.RawMessage

// Format writes "[pairs]" for every verb: an input's values do not belong in messages or logs.
func (KeyValues) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, "[pairs]") }

// LogValue returns "[pairs]".
func (KeyValues) LogValue() slog.Value { return slog.StringValue("[pairs]") }

// Format writes "[object]" for every verb, for the same reason.
func (Object) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, "[object]") }

// LogValue returns "[object]".
func (Object) LogValue() slog.Value { return slog.StringValue("[object]") }
