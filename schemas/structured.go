package schemas

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
)

// structured returns the canonical value of a list, rows or JSON, given as such or as text that holds it.
func (p *property) structured(raw []byte, at string, bad *Invalid) any {
	if raw[0] == '"' && !p.textOK {
		raw = []byte(unquote(raw))
		if err := Strict(raw, MaxDepth); err != nil {
			bad.Add(at, fmt.Sprintf("%s (%v)", p.wanted(), err))
			return nil
		}
		raw = bytes.TrimSpace(raw)
		if unset(raw) {
			return nil
		}
	} else if _, deep := deeper(raw, MaxDepth); deep {
		bad.Add(at, fmt.Sprintf("%s (%s)", p.wanted(), TooDeep))
		return nil
	}
	before := len(*bad)
	var value any
	switch p.shape {
	case shapeList:
		value = p.list(raw, at, bad)
	case shapeKeyValues:
		value = p.keyValues(raw, at, bad)
	default:
		value = p.json(bytes.Clone(raw), at, bad)
	}
	if len(*bad) > before {
		return nil
	}
	return value
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

func (p *property) list(raw []byte, at string, bad *Invalid) []string {
	items, ok := elements(raw)
	if !ok {
		bad.Add(at, notList)
		return nil
	}
	list := make([]string, 0, len(items))
	for i, item := range items {
		value, detail := text(item)
		if unset(item) || detail == "" && blank(value) {
			detail = mustNotBeEmpty
		}
		if detail != "" && len(*bad) < maxErrors {
			bad.Add(at+"/"+strconv.Itoa(i), detail)
		}
		list = append(list, value)
	}
	return list
}

// keyValues takes rows of {"key", "value"}, or an object whose members are the rows. A row whose value is null is not
// set, and left out.
func (p *property) keyValues(raw []byte, at string, bad *Invalid) KeyValues {
	if raw[0] == '{' {
		members, _ := split(raw) // known to be valid
		rows := make(KeyValues, 0, len(members))
		for _, m := range members {
			rows = appendRow(rows, m.name, m.value, at+Pointer(m.name), bad)
		}
		return rows
	}
	items, ok := elements(raw)
	if !ok {
		bad.Add(at, notRows)
		return nil
	}
	rows := make(KeyValues, 0, len(items))
	for i, item := range items {
		if len(*bad) >= maxErrors {
			break
		}
		rows = pair(rows, item, at+"/"+strconv.Itoa(i), bad)
	}
	return rows
}

// pair appends the row that an object with "key" and "value" stands for.
func pair(rows KeyValues, raw []byte, at string, bad *Invalid) KeyValues {
	if raw[0] != '{' {
		bad.Add(at, notRow)
		return rows
	}
	members, _ := split(raw) // known to be valid
	var key, value json.RawMessage
	for _, m := range members {
		switch m.name {
		case "key":
			key = m.value
		case "value":
			value = m.value
		default:
			bad.Add(at+Pointer(m.name), notPartOfRow)
		}
	}
	if key == nil || value == nil {
		bad.Add(at, notRow)
		return rows
	}
	name, detail := text(key)
	if unset(key) {
		detail = mustNotBeEmpty
	}
	if detail != "" {
		bad.Add(at+"/key", detail)
		return rows
	}
	return appendRow(rows, name, value, at+"/value", bad)
}

func appendRow(rows KeyValues, key string, raw json.RawMessage, at string, bad *Invalid) KeyValues {
	if string(raw) == "null" {
		return rows
	}
	value, detail := text(raw)
	switch {
	case blank(key):
		detail = emptyKey
	case bytes.IndexByte([]byte(key), 0) >= 0:
		detail = holdsNUL
	}
	if detail != "" && len(*bad) < maxErrors {
		bad.Add(at, detail)
	}
	return append(rows, KeyValue{Key: key, Value: value})
}

// json keeps a value as it was written; raw is its own from here on.
func (p *property) json(raw []byte, at string, bad *Invalid) any {
	switch {
	case holdsEscapedNUL(raw):
		bad.Add(at, holdsNUL)
	case p.shape == shapeJSON:
		return json.RawMessage(raw)
	case raw[0] != '{':
		bad.Add(at, notObject)
	default:
		members, _ := split(raw) // known to be valid
		object := make(Object, len(members))
		for _, m := range members {
			object[m.name] = m.value
		}
		return object
	}
	return nil
}

// holdsEscapedNUL tells whether a string inside valid JSON contains U+0000, which JSON can write as an escape only.
func holdsEscapedNUL(raw []byte) bool {
	for i := bytes.IndexByte(raw, '\\'); i >= 0 && i < len(raw); i++ {
		if raw[i] != '\\' {
			continue
		}
		if bytes.HasPrefix(raw[i+1:], []byte("u0000")) {
			return true
		}
		i++
	}
	return false
}

// elements splits a JSON array that is known to be valid.
func elements(raw []byte) ([]json.RawMessage, bool) {
	var items []json.RawMessage
	if raw[0] != '[' || json.Unmarshal(raw, &items) != nil {
		return nil, false
	}
	return items, true
}
