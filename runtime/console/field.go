package console

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/okta-connector/okta-connector/schemas"
)

// A field is one input as fields.html draws it.
type field struct {
	schemas.Field
	ID        string // of the control
	Control   string // its name
	Value     string // never that of a secret
	Zone      string // of a date
	Zones     []string
	Rows      []schemas.KeyValue
	On        bool   // a switch
	Stored    bool   // a secret that is set already
	Empty     string // what the box says that empties what is there; "" where there is nothing to empty
	Emptied   bool   // it is ticked
	Error     string // beside the control; "" for none
	First     bool   // of the errors: it gets the focus
	When      string // the control it depends on, "" for none
	WhenValue string
	WhenText  string // the same in words
	Picker    string // key of the data source, "" where the form has no connection to search
	PickerFor string // the data source's inputs and the controls that feed them: "userId=in.userId"
	Hint      string // inside an empty control
}

// Describes lists the ids of what explains the control, for aria-describedby.
func (f field) Describes() string {
	var ids []string
	if f.Doc != "" || f.WhenText != "" {
		ids = append(ids, f.ID+"-help")
	}
	if f.Error != "" {
		ids = append(ids, f.ID+"-error")
	}
	return strings.Join(ids, " ")
}

// Long reports whether the control takes the whole width of a form.
func (f field) Long() bool {
	switch f.Kind {
	case schemas.KindLongText, schemas.KindSecretText, schemas.KindJSON, schemas.KindKeyValue, schemas.KindList:
		return true
	}
	return f.Format == "uri"
}

// drawing says how to draw a section.
type drawing struct {
	form    url.Values
	invalid schemas.Invalid
	pickers bool                   // there is a connection to search with
	stored  func(name string) bool // reports secrets that are set; nil: none
	more    string                 // the control that asked for one more row
}

// draw makes a section's fields and takes their errors out of d.invalid.
func (s section) draw(d *drawing) []field {
	fields := make([]field, len(s.fields))
	for i, f := range s.fields {
		fields[i] = s.field(f, d)
	}
	return fields
}

func (s section) field(f schemas.Field, d *drawing) field {
	name := s.prefix + f.Name
	out := field{Field: f, ID: strings.ReplaceAll(name, ".", "-"), Control: name, Hint: hint(f)}
	out.Error = s.takeErrors(f, d)
	if f.Secret {
		out.Stored = d.stored != nil && d.stored(f.Name)
	} else {
		out.Value = last(d.form[name])
	}
	out.Empty, out.Emptied = emptying(f, out.Stored), d.form.Get(name+emptyPart) != ""
	if f.ShowWhen != nil {
		out.When, out.WhenValue = s.prefix+f.ShowWhen.Field, plain(f.ShowWhen.Equals)
		out.WhenText = s.whenText(f.ShowWhen)
	}
	if f.Source != nil && d.pickers {
		out.Picker = f.Source.Key
		for input, other := range f.Source.Inputs {
			out.PickerFor = strings.TrimSpace(out.PickerFor + " " + input + "=" + s.prefix + other)
		}
	}
	switch f.Kind {
	case schemas.KindBoolean:
		out.On = out.Value == "true"
	case schemas.KindDateTime:
		out.Zone, out.Zones = d.form.Get(name+zonePart), zones
	case schemas.KindKeyValue:
		if !f.Secret {
			out.Rows = rows(d.form, name, true)
		}
		if len(out.Rows) == 0 || d.more == name {
			out.Rows = append(out.Rows, schemas.KeyValue{})
		}
	}
	return out
}

func emptying(f schemas.Field, stored bool) string {
	switch {
	case f.EmptyOK, f.NullIn != "":
		return "Empty it"
	case stored && !f.Required:
		return "Forget what is stored"
	}
	return ""
}

// takeErrors joins what is wrong with a field and its parts into one text.
func (s section) takeErrors(f schemas.Field, d *drawing) string {
	at := s.pointer + schemas.Pointer(f.Name)
	var texts []string
	var rest schemas.Invalid
	for _, e := range d.invalid {
		part, found := strings.CutPrefix(e.Pointer, at)
		switch {
		case found && part == "":
			texts = append(texts, sentence(e.Detail))
		case found && part[0] == '/':
			texts = append(texts, partName(f, part[1:])+" "+e.Detail+".")
		default:
			rest = append(rest, e)
		}
	}
	d.invalid = rest
	return strings.Join(texts, " ")
}

// partName says in words which part of a field a pointer means: "Item 4", "The key of row 2".
func partName(f schemas.Field, pointer string) string {
	first, second, _ := strings.Cut(pointer, "/")
	n, err := strconv.Atoi(first)
	switch {
	case err == nil && f.Kind == schemas.KindKeyValue && second != "":
		return "The " + second + " of row " + strconv.Itoa(n+1)
	case err == nil && f.Kind == schemas.KindKeyValue:
		return "Row " + strconv.Itoa(n+1)
	case err == nil && f.Kind == schemas.KindList:
		return "Line " + strconv.Itoa(n+1)
	}
	return strings.Join(schemas.Tokens(pointer), "/")
}

// sentence makes "is required" one: "Is required."
func sentence(detail string) string {
	if detail == "" {
		return ""
	}
	detail = sentenceCase(detail)
	if strings.HasSuffix(detail, ".") {
		return detail
	}
	return detail + "."
}

func (s section) whenText(c *schemas.Condition) string {
	title := c.Field
	for _, f := range s.fields {
		if f.Name == c.Field {
			title = f.Title
		}
	}
	switch c.Equals {
	case true:
		return "Applies only when " + title + " is on."
	case false:
		return "Applies only when " + title + " is off."
	}
	return "Applies only when " + title + " is " + plain(c.Equals) + "."
}

// hint is what an empty control shows.
func hint(f schemas.Field) string {
	switch {
	case f.Placeholder != "":
		return f.Placeholder
	case f.Suggestion != "":
		return f.Suggestion
	case f.Example == nil || f.Secret:
		return ""
	}
	if list, ok := f.Example.([]any); ok && f.Kind == schemas.KindList {
		items := make([]string, len(list))
		for i, item := range list {
			items[i] = plain(item)
		}
		return strings.Join(items, "\n")
	}
	if f.Kind == schemas.KindJSON {
		text, _ := indented(marshal(f.Example))
		return text
	}
	return plain(f.Example)
}

// zones are offered for a date; any other IANA name can be typed.
var zones = []string{
	"UTC", "America/Los_Angeles", "America/Denver", "America/Chicago", "America/New_York", "America/Sao_Paulo",
	"Europe/London", "Europe/Berlin", "Europe/Helsinki", "Africa/Johannesburg", "Asia/Dubai", "Asia/Kolkata",
	"Asia/Singapore", "Asia/Tokyo", "Australia/Sydney", "Pacific/Auckland",
}

func sentenceCase(word string) string { return strings.ToUpper(word[:1]) + word[1:] }
