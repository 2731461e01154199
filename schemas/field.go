package schemas

// Kind says how a form shows an input. It is also the x-widget keyword where JSON Schema's own keywords do not decide.
type Kind string

// The kinds of input.
const (
	KindText       Kind = "text"
	KindLongText   Kind = "longtext"
	KindSecret     Kind = "secret"
	KindSecretText Kind = "secrettext" // a secret of several lines, such as a PEM key
	KindBoolean    Kind = "boolean"
	KindInteger    Kind = "integer"
	KindDateTime   Kind = "datetime"
	KindChoice     Kind = "choice"
	KindCombo      Kind = "combo" // a choice that takes other values too
	KindList       Kind = "list"  // of strings; its Options are suggestions
	KindKeyValue   Kind = "keyvalue"
	KindJSON       Kind = "json"
)

// Field is what a form, a help text or a table of inputs needs to know about one input.
type Field struct {
	Name  string // the property's name
	Title string // the label
	Doc   string // the help text
	Kind  Kind
	// JSONType is the JSON Schema type of the canonical form, "" for any JSON value.
	JSONType string
	Required bool
	Secret   bool
	// EmptyOK says that "" is a value of its own, and not "not set".
	EmptyOK bool
	// NullIn names the object input in which a null under this field's name empties what is there; "" for none.
	NullIn string
	// Default is applied where the input is absent: a string, a bool, an int, or nil for none.
	Default any
	// Suggestion is shown as a proposal and never applied.
	Suggestion  string
	Placeholder string
	// Example is a value in canonical form, as encoding/json would decode it; nil for none.
	Example any
	// Options are the values of a choice, and the proposals of a combo or a list.
	Options []Option
	// Source fills the choices from the org; nil for none.
	Source *Source
	// ShowWhen hides the field unless another has a certain value; nil shows it always.
	ShowWhen *Condition
	// Min and Max bound an integer, inclusively; nil for no bound.
	Min, Max *int
	// MinLength and MaxLength count characters; 0 for no bound.
	MinLength, MaxLength int
	// Format is "date-time", "uri" or "".
	Format string
	// Pattern is the regular expression that a text must match, and Hint the sentence that says so in words.
	Pattern, Hint string
}

// Option is one value of a choice and its label.
type Option struct {
	Value string `json:"const"`
	Title string `json:"title"`
}

// Source is the data source that offers an input's values.
type Source struct {
	Key string `json:"key"`
	// Inputs maps the data source's inputs to the fields of this form that feed them.
	Inputs map[string]string `json:"inputs,omitempty"`
}

// Condition holds when the named field has the value Equals, a string or a bool.
type Condition struct {
	Field  string `json:"field"`
	Equals any    `json:"equals"`
}
