package schemas_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/okta-connector/okta-connector/schemas"
)

type (
	SomeCheck  struct{}
	OtherCheck struct{}
	twoChecks  struct {
		SomeCheck
		OtherCheck
	}
	nullsInText struct {
		A string `json:"a"`
	}
	nullsRows struct {
		Object schemas.Object    `json:"object"`
		Rows   schemas.KeyValues `json:"rows"`
	}
	suggestsUnknown  struct{}
	suggestsForCount struct {
		Count int `json:"count"`
	}
	suggestsForChoice struct {
		Choice string `json:"choice" options:"a"`
	}
)

func (SomeCheck) Check() schemas.Invalid                 { return nil }
func (OtherCheck) Check() schemas.Invalid                { return nil }
func (nullsInText) Nulls() map[string][]string           { return map[string][]string{"a": nil} }
func (nullsRows) Nulls() map[string][]string             { return map[string][]string{"object": {"rows"}} }
func (suggestsUnknown) Suggestions() map[string][]string { return map[string][]string{"a": nil} }

func (suggestsForCount) Suggestions() map[string][]string { return map[string][]string{"count": {"1"}} }

func (suggestsForChoice) Suggestions() map[string][]string {
	return map[string][]string{"choice": {"b"}}
}

func TestFor_PanicsOnABadDeclaration(t *testing.T) {
	t.Parallel()

	for _, test := range []struct {
		declare func() *schemas.Schema
		says    string // after the type
	}{
		{schemas.For[string], "schemas: string: not a struct"},
		{schemas.For[struct{ f string }], "f: is not exported"},
		{schemas.For[struct{ F string }], `F: tag json: "" is not a plain name`},
		{schemas.For[struct {
			F string `json:"f,omitempty"`
		}], `F: tag json: "f,omitempty" is not a plain name`},
		{schemas.For[struct {
			F string `json:"-"`
		}], `F: tag json: "-" is not a plain name`},
		{schemas.For[struct {
			F float64 `json:"f"`
		}], "F: type float64 is not supported"},
		{schemas.For[struct {
			F *[]string `json:"f"`
		}], "F: type *[]string is not supported"},
		{schemas.For[struct {
			F **string `json:"f"`
		}], "F: type **string is not supported"},
		{schemas.For[struct {
			*userRef `json:"f"`
		}], "userRef: is not exported"},
		{schemas.For[struct {
			userRef
			F string `json:"id"`
		}], "F: second input named id"},
		{schemas.For[struct {
			F string `json:"f" tilte:"F"`
		}], `F: unknown tag "tilte"`},
		{schemas.For[struct {
			F string `json:"f" title:""`
		}], "F: tag title: is empty"},
		{schemas.For[struct {
			F string `json:"f" required:"yes"`
		}], `F: tag required: is not "true"`},
		{schemas.For[struct {
			F string `json:"f" maxLength:"0"`
		}], "F: tag maxLength: is less than 1"},
		{schemas.For[struct {
			F int `json:"f" min:"a"`
		}], `F: tag min: strconv.Atoi: parsing "a": invalid syntax`},
		{schemas.For[struct {
			F int `json:"f" default:"a"`
		}], `F: tag default: strconv.Atoi: parsing "a": invalid syntax`},
		{schemas.For[struct {
			F bool `json:"f" default:"yes"`
		}], "F: tag default: must be true or false"},
		{schemas.For[struct {
			F []string `json:"f" default:"a"`
		}], "F: tag default: needs a text, boolean or integer field"},
		{schemas.For[struct {
			F string `json:"f" pattern:"(" hint:"h"`
		}], "F: tag pattern: error parsing regexp: missing closing ): `(`"},
		{schemas.For[struct {
			F string `json:"f" format:"email"`
		}], "F: tag format: is not one of date-time, uri"},
		{schemas.For[struct {
			F string `json:"f" widget:"slider"`
		}], "F: tag widget: is not one of longtext"},
		{schemas.For[struct {
			F string `json:"f" options:"a,,b"`
		}], "F: tag options: has an empty value or title"},
		{schemas.For[struct {
			F string `json:"f" options:"a,a"`
		}], "F: tag options: has a twice"},
		{schemas.For[struct {
			F string `json:"f" source:"key(a)"`
		}], "F: tag source: is not of the form key or key(input=field)"},
		{schemas.For[struct {
			F string `json:"f" source:"key(a=g)"`
		}], "f: tag source: there is no input g"},
		{schemas.For[struct {
			F string `json:"f" showWhen:"g"`
		}], "F: tag showWhen: is not of the form field=value"},
		{schemas.For[struct {
			F string `json:"f" showWhen:"g=true"`
		}], "f: tag showWhen: there is no input g"},
		{schemas.For[struct {
			F string `json:"f" showWhen:"g=yes"`
			G bool   `json:"g"`
		}], "f: tag showWhen: must be true or false"},
		{schemas.For[struct {
			F string `json:"f" showWhen:"g=b"`
			G string `json:"g" options:"a"`
		}], "f: tag showWhen: is not among the options"},
		{schemas.For[struct {
			F json.RawMessage `json:"f" example:"{"`
		}], "F: tag example: not JSON, at byte 1"},
		{schemas.For[struct {
			F schemas.Object `json:"f" example:"[]"`
		}], "F: tag example: /f: must be a JSON object, or text that holds one"},

		{schemas.For[struct {
			F int `json:"f" maxLength:"1"`
		}], "F: a tag that is for text only"},
		{schemas.For[struct {
			F []string `json:"f" options:"a"`
		}], "F: a tag that is for text only"},
		{schemas.For[struct {
			F string `json:"f" min:"1"`
		}], "F: min and max are for integers"},
		{schemas.For[struct {
			F bool `json:"f" suggest:"a"`
		}], "F: suggest is for text and lists"},
		{schemas.For[struct {
			F string `json:"f" suggest:"a" options:"a"`
		}], "F: options and suggest exclude each other"},
		{schemas.For[struct {
			F string `json:"f" pattern:"a"`
		}], "F: pattern and hint need each other"},
		{schemas.For[struct {
			F string `json:"f" required:"true" default:"a"`
		}], "F: required excludes default, nullRefused, emptyOK"},
		{schemas.For[struct {
			F string `json:"f" always:"true"`
		}], "F: always needs a default"},
		{schemas.For[struct {
			F string `json:"f" emptyOK:"true"`
		}], "F: emptyOK needs a *string"},
		{schemas.For[struct {
			F *string `json:"f" emptyOK:"true" nullRefused:"true"`
		}], "F: emptyOK and nullRefused exclude each other"},
		{schemas.For[struct {
			F []string `json:"f" nullRefused:"true"`
		}], "F: nullRefused is for text"},
		{schemas.For[struct {
			F schemas.Object `json:"f" textOK:"true"`
		}], "F: textOK needs a json.RawMessage"},
		{schemas.For[struct {
			F string `json:"f" secret:"true"`
		}], "F: tag secret: is for rows and JSON: use type Secret"},
		{schemas.For[struct {
			F schemas.Secret `json:"f" default:"a"`
		}], "F: a secret has no default"},
		{schemas.For[struct {
			F string `json:"f" options:"a,b" default:"c"`
		}], "F: the default is not among the options"},

		{schemas.For[nullsInText], "Nulls: a is not an object input"},
		{schemas.For[nullsRows], "Nulls: rows is not a text input that null leaves alone"},
		{schemas.For[suggestsUnknown], "Suggestions: a is not a text or list input that is open"},
		{schemas.For[suggestsForCount], "Suggestions: count is not a text or list input that is open"},
		{schemas.For[suggestsForChoice], "Suggestions: choice is not a text or list input that is open"},
		{schemas.For[twoChecks], "several embedded structs have Check: declare one that calls them"},
	} {
		message := panicMessage(t, test.declare)
		require.True(t, strings.HasPrefix(message, "schemas: "), message)
		require.True(t, strings.HasSuffix(message, test.says), "%s\ndoes not end with\n%s", message, test.says)
	}
}

func TestFor_PanicsOnAMalformedTag(t *testing.T) {
	t.Parallel()
	for says, tag := range map[string]reflect.StructTag{
		`tag is not of the form key:"value"`: `json:"f" title`,
		"tag title: value is not quoted":     `json:"f" title:F`,
	} {
		field := reflect.StructField{Name: "F", Type: reflect.TypeFor[string](), Tag: tag}
		require.ErrorContains(t, schemas.ReadTag(field), says)
	}
}

func panicMessage(t *testing.T, declare func() *schemas.Schema) (message string) {
	t.Helper()
	defer func() { message, _ = recover().(string) }()
	declare()
	return ""
}

func TestDecode_PanicsOnADefaultOrExampleThatItsSchemaRefuses(t *testing.T) {
	t.Parallel()
	type short struct {
		F string `json:"f" default:"long" maxLength:"3"`
	}
	s := schemas.For[short]()
	for range 2 { // the second must not get by with what the first left undone
		require.PanicsWithValue(t, "schemas: schemas_test.short.f: default or example must be at most 3 characters", func() {
			_ = s.Decode(nil, new(short))
		})
	}
	type example struct {
		F int `json:"f" example:"5" max:"3"`
	}
	require.PanicsWithValue(t, "schemas: schemas_test.example.f: default or example must be at most 3", func() {
		_ = schemas.For[example]().Decode(nil, new(example))
	})
}
