package schemas

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
)

// Dialect names JSON Schema 2020-12, the "$schema" of every document here.
const Dialect = "https://json-schema.org/draft/2020-12/schema"

// keywords is the JSON Schema of one input, in the order the keywords are written.
type keywords struct {
	Title       string     `json:"title,omitempty"`
	Description string     `json:"description,omitempty"`
	Type        string     `json:"type,omitempty"`
	Format      string     `json:"format,omitempty"`
	Enum        []string   `json:"enum,omitempty"`
	OneOf       []Option   `json:"oneOf,omitempty"`
	Minimum     *int       `json:"minimum,omitempty"`
	Maximum     *int       `json:"maximum,omitempty"`
	MinLength   int        `json:"minLength,omitempty"`
	MaxLength   int        `json:"maxLength,omitempty"`
	Pattern     string     `json:"pattern,omitempty"`
	Items       any        `json:"items,omitempty"`
	Default     any        `json:"default,omitempty"`
	Examples    []any      `json:"examples,omitempty"`
	WriteOnly   bool       `json:"writeOnly,omitempty"`
	Order       int        `json:"x-order"`
	Widget      Kind       `json:"x-widget,omitempty"`
	DataSource  *Source    `json:"x-dataSource,omitempty"`
	Placeholder string     `json:"x-placeholder,omitempty"`
	Suggestion  string     `json:"x-suggestion,omitempty"`
	ShowWhen    *Condition `json:"x-showWhen,omitempty"`
}

// listItem is the schema of the items of a list.
type listItem struct {
	Type      string   `json:"type"`
	MinLength int      `json:"minLength"`
	Examples  []string `json:"examples,omitempty"`
}

var rowItem = json.RawMessage(`{"type":"object","properties":{"key":{"type":"string","minLength":1},` +
	`"value":{"type":"string"}},"required":["key","value"],"additionalProperties":false}`)

// write makes the document. The properties are written one by one, since encoding/json sorts the keys of a map.
func (s *Schema) write() json.RawMessage {
	var out bytes.Buffer
	required := []string{}
	fmt.Fprintf(&out, `{"$schema":%q,"type":"object","properties":{`, Dialect)
	for i, p := range s.properties {
		if i > 0 {
			out.WriteByte(',')
		}
		fmt.Fprintf(&out, "%q:%s", p.Name, marshal(p.keywords()))
		if p.Required {
			required = append(required, p.Name)
		}
	}
	out.WriteByte('}')
	if len(required) > 0 {
		fmt.Fprintf(&out, `,"required":%s`, marshal(required))
	}
	out.WriteString(`,"additionalProperties":false}`)
	return out.Bytes()
}

// marshal is json.Marshal without the escapes for HTML, for values that cannot fail.
func marshal(value any) []byte {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		panic(fmt.Sprintf("schemas: %T: %v", value, err))
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n"))
}

func (p *property) keywords() keywords {
	k := keywords{
		Title: p.Title, Description: p.Doc, Type: p.JSONType, Format: p.Format,
		Minimum: p.Min, Maximum: p.Max, MinLength: p.MinLength, MaxLength: p.MaxLength, Pattern: p.Pattern,
		Default: p.Default, Examples: p.examples(), WriteOnly: p.Secret,
		Order: p.position, DataSource: p.Source, Placeholder: p.Placeholder, Suggestion: p.Suggestion, ShowWhen: p.ShowWhen,
	}
	switch p.Kind {
	case KindLongText, KindSecretText, KindCombo, KindKeyValue, KindJSON:
		k.Widget = p.Kind
	}
	switch p.shape {
	case shapeList:
		k.Items = listItem{Type: "string", MinLength: 1, Examples: p.optionValues()}
	case shapeKeyValues:
		k.Items = rowItem
	case shapeText:
		if p.Required || p.nullRefused {
			k.MinLength = max(k.MinLength, 1)
		}
	}
	if p.closed && slices.ContainsFunc(p.Options, func(o Option) bool { return o.Title != o.Value }) {
		k.OneOf = p.Options
	} else if p.closed {
		k.Enum = p.optionValues()
	}
	return k
}

// examples are the example and, for a combo, what it proposes.
func (p *property) examples() []any {
	var list []any
	if p.Example != nil {
		list = append(list, p.Example)
	}
	if p.Kind != KindCombo {
		return list
	}
	for _, option := range p.Options {
		if option.Value != p.Example {
			list = append(list, option.Value)
		}
	}
	return list
}

func (p *property) optionValues() []string {
	if p.Options == nil {
		return nil
	}
	values := make([]string, len(p.Options))
	for i, option := range p.Options {
		values[i] = option.Value
	}
	return values
}
