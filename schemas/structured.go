package schemas

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// structured returns the canonical value of a list, rows or JSON, given as such or as text that holds it, nil if that
// text holds null; or what is wrong with it.
func (p *property) structured(raw []byte, at place) (value any, detail string) {
	if raw[0] == '"' && !p.textOK {
		raw = []byte(unquote(raw))
		if err := Strict(raw, MaxDepth); err != nil {
			return nil, fmt.Sprintf("%s (%v)", p.wanted(), err)
		}
		raw = bytes.TrimSpace(raw)
		if unset(raw) {
			return nil, ""
		}
	} else if _, deep := deeper(raw, MaxDepth); deep {
		return nil, fmt.Sprintf("%s (%s)", p.wanted(), TooDeep)
	}
	switch {
	case p.shape == shapeList && raw[0] == '[':
		return list(raw, at), ""
	case p.shape == shapeKeyValues && raw[0] == '[':
		return keyValues(raw, at), ""
	case p.shape == shapeKeyValues && raw[0] == '{':
		return keyValuesOf(raw, at), ""
	case p.shape == shapeObject && raw[0] == '{', p.shape == shapeJSON:
		return p.json(bytes.Clone(raw))
	}
	return nil, p.wanted()
}

// wanted says what a structured input takes.
func (p *property) wanted() string {
	switch p.shape {
	case shapeList:
		return notList
	case shapeKeyValues:
		return notRows
	case shapeObject:
		return notObject
	default:
		return notJSON
	}
}

// json keeps a value as it was written; raw is its own from here on.
func (p *property) json(raw []byte) (value any, detail string) {
	if holdsEscapedNUL(raw) {
		return nil, holdsNUL
	}
	if p.shape == shapeJSON {
		return json.RawMessage(raw), ""
	}
	members := membersOf(raw)
	object := make(Object, len(members))
	for _, m := range members {
		object[m.name] = m.value
	}
	return object, ""
}

// holdsEscapedNUL tells whether a string inside valid JSON contains U+0000, which JSON can write as an escape only.
func holdsEscapedNUL(raw []byte) bool {
	for {
		i := bytes.IndexByte(raw, '\\')
		if i < 0 {
			return false
		}
		if bytes.HasPrefix(raw[i+1:], []byte("u0000")) {
			return true
		}
		raw = raw[i+2:] // past the character that is escaped
	}
}

func list(raw []byte, at place) []string {
	items := elements(raw)
	list := make([]string, len(items))
	for i, item := range items {
		value, detail := text(item)
		if unset(item) || detail == "" && blank(value) {
			detail = mustNotBeEmpty
		}
		if detail != "" {
			at.under(strconv.Itoa(i)).report(detail)
		}
		list[i] = value
	}
	return list
}

// keyValues takes an array of {"key", "value"}.
func keyValues(raw []byte, at place) KeyValues {
	items := elements(raw)
	rows := make(KeyValues, 0, len(items))
	for i, item := range items {
		rows = appendPair(rows, item, at.under(strconv.Itoa(i)))
	}
	return rows
}

// keyValuesOf takes an object whose members are the rows.
func keyValuesOf(raw []byte, at place) KeyValues {
	members := membersOf(raw)
	rows := make(KeyValues, 0, len(members))
	for _, m := range members {
		row := at.under(m.name)
		rows = appendRow(rows, m.name, m.value, row, row)
	}
	return rows
}

func appendPair(rows KeyValues, raw []byte, at place) KeyValues {
	if raw[0] != '{' {
		at.report(notPair)
		return rows
	}
	var key, value json.RawMessage
	for _, m := range membersOf(raw) {
		switch m.name {
		case "key":
			key = m.value
		case "value":
			value = m.value
		default:
			at.under(m.name).report(notPartOfPair)
		}
	}
	if key == nil || value == nil {
		at.report(notPair)
		return rows
	}
	name, detail := text(key)
	if detail != "" && !unset(key) {
		at.under("key").report(detail)
		return rows
	}
	return appendRow(rows, name, value, at.under("key"), at.under("value"))
}

// appendRow appends a row, unless there is something to report. A value of null is not set, so there is no row.
func appendRow(rows KeyValues, key string, raw []byte, keyAt, valueAt place) KeyValues {
	value, detail := text(raw)
	switch {
	case blank(key):
		keyAt.report(emptyKey)
	case strings.ContainsRune(key, 0):
		keyAt.report(holdsNUL)
	case string(raw) == "null":
	case detail != "":
		valueAt.report(detail)
	default:
		rows = append(rows, KeyValue{Key: key, Value: value})
	}
	return rows
}

// rowTokens are where the rows of a key-value input stand in what was given for it, which is known to be good.
func rowTokens(raw []byte) []string {
	if len(raw) > 0 && raw[0] == '"' {
		raw = bytes.TrimSpace([]byte(unquote(raw)))
	}
	var tokens []string
	switch {
	case len(raw) == 0:
	case raw[0] == '{':
		for _, m := range membersOf(raw) {
			if string(m.value) != "null" {
				tokens = append(tokens, m.name)
			}
		}
	case raw[0] == '[':
		for i, item := range elements(raw) {
			var row struct{ Value json.RawMessage }
			if json.Unmarshal(item, &row) == nil && string(row.Value) != "null" {
				tokens = append(tokens, strconv.Itoa(i))
			}
		}
	}
	return tokens
}

// membersOf splits a JSON object that is known to be valid.
func membersOf(raw []byte) []member {
	members, err := split(raw)
	if err != nil {
		panic(fmt.Sprintf("schemas: split valid JSON: %v", err))
	}
	return members
}

// elements splits a JSON array that is known to be valid.
func elements(raw []byte) []json.RawMessage {
	var items []json.RawMessage
	if err := json.Unmarshal(raw, &items); err != nil {
		panic(fmt.Sprintf("schemas: split valid JSON: %v", err))
	}
	return items
}
