package console

import (
	"bytes"
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/okta-connector/okta-connector/schemas"
)

// A section is the part of a form that one schema draws. The same posted values go both ways: into the JSON that the
// engine checks, and back into the controls when it refuses.
type section struct {
	fields  []schemas.Field
	prefix  string // of the names of the controls: "in."
	pointer string // where its fields are in what the engine refuses: "/inputs"
}

// What follows a field's name in those of the control for a date's zone, of the two for a row, and of the box that says
// to empty what is there.
const (
	emptyPart = ".empty"
	zonePart  = ".zone"
	keyPart   = ".key"
	valuePart = ".value"
)

func newSection(fields []schemas.Field, prefix, pointer string) section {
	return section{fields: fields, prefix: prefix, pointer: pointer}
}

// without returns the section without some of its fields.
func (s section) without(names ...string) section {
	s.fields = slices.DeleteFunc(slices.Clone(s.fields), func(f schemas.Field) bool {
		return slices.Contains(names, f.Name)
	})
	return s
}

// defaults are the values of a form that nobody has touched.
func (s section) defaults() url.Values {
	form := url.Values{}
	for _, f := range s.fields {
		if f.Default != nil {
			form.Set(s.prefix+f.Name, plain(f.Default))
		}
	}
	return form
}

// values are the controls' values for inputs in JSON: defaults where the inputs say nothing. A secret has none.
func (s section) values(inputs json.RawMessage) url.Values {
	form := s.defaults()
	var given map[string]json.RawMessage
	if json.Unmarshal(inputs, &given) != nil {
		return form
	}
	s.takeNulls(form, given)
	for _, f := range s.fields {
		raw, ok := given[f.Name]
		if !ok || f.Secret {
			continue
		}
		s.fill(form, f, raw)
	}
	return form
}

// takeNulls ticks the boxes of fields that a null in another input empties, and takes the nulls out of there.
func (s section) takeNulls(form url.Values, given map[string]json.RawMessage) {
	for _, f := range s.fields {
		object := membersOf(given[f.NullIn])
		if value, ok := object[f.Name]; !ok || string(value) != "null" {
			continue
		}
		form.Set(s.prefix+f.Name+emptyPart, "true")
		if delete(object, f.Name); len(object) == 0 {
			delete(given, f.NullIn)
		} else {
			given[f.NullIn] = marshal(object)
		}
	}
}

// membersOf reads an object, or the text that holds one; nil for anything else.
func membersOf(raw json.RawMessage) map[string]json.RawMessage {
	var members map[string]json.RawMessage
	_ = json.Unmarshal([]byte(textOf(raw)), &members) // nothing else has members
	return members
}

func (s section) fill(form url.Values, f schemas.Field, raw json.RawMessage) {
	name := s.prefix + f.Name
	text := textOf(raw) // "" for null too
	switch {
	case text != "":
	case f.Kind == schemas.KindBoolean && f.Default != nil:
		return // a switch has no third state: its default stands for "not set"
	default:
		form.Set(name, "")
		if f.EmptyOK && string(raw) != "null" {
			form.Set(name+emptyPart, "true")
		}
		return
	}
	form.Del(name)
	switch f.Kind {
	case schemas.KindList:
		form.Set(name, strings.Join(itemsOf(raw), "\n"))
	case schemas.KindKeyValue:
		for _, row := range rowsOf(raw) {
			form.Add(name+keyPart, row.Key)
			form.Add(name+valuePart, row.Value)
		}
	case schemas.KindJSON:
		var indented bytes.Buffer
		if json.Indent(&indented, raw, "", "  ") == nil {
			form.Set(name, indented.String())
		}
	case schemas.KindDateTime:
		setMoment(form, name, text)
	default:
		form.Set(name, text)
	}
}

// itemsOf reads a list, or the text that holds one. Any other text is an item.
func itemsOf(raw json.RawMessage) []string {
	var items []json.RawMessage
	if text := textOf(raw); json.Unmarshal([]byte(text), &items) != nil {
		return []string{text}
	}
	texts := make([]string, len(items))
	for i, item := range items {
		texts[i] = textOf(item)
	}
	return texts
}

// rowsOf reads rows in either of their two forms, or the text that holds them; an object's keys are sorted.
func rowsOf(raw json.RawMessage) []schemas.KeyValue {
	raw = json.RawMessage(textOf(raw))
	var pairs []struct{ Key, Value json.RawMessage }
	var object map[string]json.RawMessage
	var rows []schemas.KeyValue
	if json.Unmarshal(raw, &pairs) == nil {
		for _, pair := range pairs {
			rows = append(rows, schemas.KeyValue{Key: textOf(pair.Key), Value: textOf(pair.Value)})
		}
		return rows
	}
	_ = json.Unmarshal(raw, &object) // neither form: no rows
	for key, value := range object {
		rows = append(rows, schemas.KeyValue{Key: key, Value: textOf(value)})
	}
	slices.SortFunc(rows, func(a, b schemas.KeyValue) int { return strings.Compare(a.Key, b.Key) })
	return rows
}

// textOf is a JSON string's text, or the literal of another value.
func textOf(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return text
	}
	return string(raw)
}

func plain(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case bool:
		return strconv.FormatBool(v)
	case int:
		return strconv.Itoa(v)
	}
	raw, _ := json.Marshal(v) // an example or default: it always marshals
	return string(raw)
}

// inputs makes the JSON of what was posted. An empty control is "not set": it is left out, or null where a default
// would otherwise apply; where the box beside it says to empty what is there, it is "", or null in the input that is
// for that. A control that still holds its default is left out too, as is one that was not posted. kept says that the
// secret of a name is stored already: an empty control keeps it, unless the box says to forget it.
func (s section) inputs(form url.Values, kept func(name string) bool) json.RawMessage {
	given, nulls := make(map[string]any), make(map[string]string)
	for _, f := range s.fields {
		if !s.shown(f, form) {
			continue
		}
		value, emptied := s.value(f, form), form.Get(s.prefix+f.Name+emptyPart) != ""
		switch {
		case value == nil && emptied && f.EmptyOK:
			given[f.Name] = ""
		case value == nil && emptied && f.NullIn != "":
			nulls[f.Name] = f.NullIn
		case value == nil && emptied && f.Secret:
			given[f.Name] = nil
		case value == nil && f.Secret && kept != nil && kept(f.Name):
			given[f.Name] = map[string]bool{"set": true}
		case value == nil && f.Default != nil && form.Has(s.prefix+f.Name):
			given[f.Name] = nil
		case value != nil && !isDefault(f, value):
			given[f.Name] = value
		}
	}
	for name, into := range nulls {
		putNull(given, into, name)
	}
	raw, _ := json.Marshal(given) // strings, booleans and valid JSON: it always marshals
	return raw
}

// putNull adds a null to an object input, unless that says something of the name already or is no object.
func putNull(given map[string]any, into, name string) {
	object := map[string]json.RawMessage{}
	if raw, ok := given[into].(json.RawMessage); ok {
		object = membersOf(raw)
	} else if given[into] != nil {
		return
	}
	if _, said := object[name]; !said && object != nil {
		object[name] = json.RawMessage("null")
		given[into] = marshal(object)
	}
}

func isDefault(f schemas.Field, value any) bool {
	if f.Default == nil {
		return false
	}
	raw, isRaw := value.(json.RawMessage)
	return isRaw && string(raw) == plain(f.Default) || value == f.Default
}

// shown reports whether the field's condition holds. One that the form hides is not sent.
func (s section) shown(f schemas.Field, form url.Values) bool {
	return f.ShowWhen == nil || last(form[s.prefix+f.ShowWhen.Field]) == plain(f.ShowWhen.Equals)
}

// value is what a control says, nil for nothing. What cannot be right is handed on as it is, so that one validator
// words all errors.
func (s section) value(f schemas.Field, form url.Values) any {
	name := s.prefix + f.Name
	switch f.Kind {
	case schemas.KindList:
		if items := lines(form.Get(name)); len(items) > 0 {
			return items
		}
		return nil
	case schemas.KindKeyValue:
		if rows := rows(form, name, false); len(rows) > 0 {
			return rows
		}
		return nil
	}
	text := last(form[name])
	if f.Kind == schemas.KindLongText || f.Kind == schemas.KindSecretText || f.Kind == schemas.KindJSON {
		text = strings.ReplaceAll(text, "\r\n", "\n")
	}
	if strings.TrimSpace(text) == "" {
		return nil
	}
	switch f.Kind {
	case schemas.KindBoolean, schemas.KindInteger, schemas.KindJSON:
		if text = strings.TrimSpace(text); json.Valid([]byte(text)) {
			return json.RawMessage(text)
		}
	case schemas.KindDateTime:
		return moment(text, form.Get(name+zonePart))
	}
	return text
}

// rows pairs the controls of a keyvalue field. Rows that are empty are left out, unless they are to be drawn.
func rows(form url.Values, name string, empty bool) []schemas.KeyValue {
	keys, values := form[name+keyPart], form[name+valuePart]
	var rows []schemas.KeyValue
	for i := range max(len(keys), len(values)) {
		row := schemas.KeyValue{Key: at(keys, i), Value: at(values, i)}
		if empty || row != (schemas.KeyValue{}) {
			rows = append(rows, row)
		}
	}
	return rows
}

func lines(text string) []string {
	var items []string
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			items = append(items, line)
		}
	}
	return items
}

func at(list []string, i int) string {
	if i >= len(list) {
		return ""
	}
	return list[i]
}

// last is the value that counts when a control is posted twice: a switch posts "false" and then, when on, "true".
func last(values []string) string {
	if len(values) == 0 {
		return ""
	}
	return values[len(values)-1]
}

var zonelessMoment = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?$`)

// moment makes an RFC 3339 time of a browser's zoneless one and a zone's name.
func moment(text, zone string) string {
	if !zonelessMoment.MatchString(text) {
		return text
	}
	if len(text) == len("2006-01-02T15:04") {
		text += ":00"
	}
	loc, err := time.LoadLocation(zone)
	if err != nil {
		return text
	}
	at, err := time.ParseInLocation("2006-01-02T15:04:05", text, loc)
	if err != nil {
		return text
	}
	return at.Format(time.RFC3339Nano)
}

// setMoment fills a date's two controls.
func setMoment(form url.Values, name, text string) {
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		form.Set(name, text)
		return
	}
	form.Set(name, at.UTC().Format("2006-01-02T15:04:05"))
	form.Set(name+zonePart, "UTC")
}
