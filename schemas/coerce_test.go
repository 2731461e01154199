package schemas_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/okta-connector/okta-connector/schemas"
)

// one has one input of each shape, so that a table can try values on one of them.
type one struct {
	Text    string            `json:"text"`
	Boolean *bool             `json:"boolean"`
	Integer *int              `json:"integer"`
	List    []string          `json:"list"`
	Rows    schemas.KeyValues `json:"rows"`
	Object  schemas.Object    `json:"object"`
	JSON    json.RawMessage   `json:"json"`
	Data    json.RawMessage   `json:"data" textOK:"true"`
	Since   string            `json:"since" format:"date-time"`
	URL     string            `json:"url" format:"uri"`
	Short   string            `json:"short" minLength:"2" maxLength:"3"`
	Single  string            `json:"single" minLength:"1" maxLength:"1"`
	Host    string            `json:"host" pattern:"^[a-z]+$" hint:"must be lower case"`
	Choice  string            `json:"choice" options:"a,b"`
	Page    int               `json:"page" min:"1" max:"200"`
	Open    int               `json:"open" min:"-5"`
}

// refused is the detail expected at the input itself.
type refused string

func TestCoercion(t *testing.T) {
	t.Parallel()
	digits := strings.Repeat("7", 400)
	deep := strings.Repeat("[", 200) + strings.Repeat("]", 200)
	object := func(pairs ...string) schemas.Object {
		o := schemas.Object{}
		for i := 0; i < len(pairs); i += 2 {
			o[pairs[i]] = json.RawMessage(pairs[i+1])
		}
		return o
	}
	for _, test := range []struct {
		input, raw string
		want       any // canonical, nil for not set
	}{
		{"text", `"a"`, "a"},
		{"text", `" "`, " "},
		{"text", `"\u00e9\ud83d\ude00\n\/"`, "é😀\n/"},
		{"text", `42`, "42"},
		{"text", `-0.50`, "-0.50"},
		{"text", digits[:32], digits[:32]},
		{"text", digits[:33], refused("must be text, or a plain number of at most 32 characters")},
		{"text", `1e3`, refused("must be text, or a plain number of at most 32 characters")},
		{"text", `1E1000000000`, refused("must be text, or a plain number of at most 32 characters")},
		{"text", `true`, refused("must be text")},
		{"text", `["a"]`, refused("must be text")},
		{"text", `{"a":1}`, refused("must be text")},
		{"text", `"a\u0000"`, refused("must not contain the character U+0000")},
		{"text", `null`, nil},
		{"text", `""`, nil},

		{"boolean", `true`, true},
		{"boolean", `false`, false},
		{"boolean", `"true"`, true},
		{"boolean", `"false"`, false},
		{"boolean", `"yes"`, refused("must be true or false")},
		{"boolean", `"True"`, refused("must be true or false")},
		{"boolean", `" true"`, refused("must be true or false")},
		{"boolean", `1`, refused("must be true or false")},
		{"boolean", `[true]`, refused("must be true or false")},
		{"boolean", `{}`, refused("must be true or false")},
		{"boolean", `""`, nil},

		{"integer", `200`, 200},
		{"integer", `-1`, -1},
		{"integer", `"200"`, 200},
		{"integer", `"-007"`, -7},
		{"integer", `2e2`, 200},
		{"integer", `200.0`, 200},
		{"integer", `2500E-2`, 25},
		{"integer", `9223372036854775807`, 9223372036854775807},
		{"integer", `9223372036854775808`, refused("is out of range")},
		{"integer", `"9223372036854775808"`, refused("is out of range")},
		{"integer", `1e19`, refused("is out of range")},
		{"integer", `1e1000000000`, refused("is out of range")},
		{"integer", `1e-1000000000`, refused("is out of range")},
		{"integer", digits + ".0", refused("is out of range")},
		{"integer", `"` + digits + `"`, refused("is out of range")},
		{"integer", `1.5`, refused("must be a whole number")},
		{"integer", `"1.0"`, refused("must be a whole number")},
		{"integer", `"1e2"`, refused("must be a whole number")},
		{"integer", `"12abc"`, refused("must be a whole number")},
		{"integer", `"+1"`, refused("must be a whole number")},
		{"integer", `"1_000"`, refused("must be a whole number")},
		{"integer", `"0x10"`, refused("must be a whole number")},
		{"integer", `"-"`, refused("must be a whole number")},
		{"integer", `"--1"`, refused("must be a whole number")},
		{"integer", `" 1"`, refused("must be a whole number")},
		{"integer", `"٣"`, refused("must be a whole number")},
		{"integer", `true`, refused("must be a whole number")},
		{"integer", `[1]`, refused("must be a whole number")},
		{"page", `0`, refused("must be at least 1")},
		{"page", `"201"`, refused("must be at most 200")},
		{"page", `"200"`, 200},
		{"open", `-6`, refused("must be at least -5")},
		{"open", `1000000`, 1000000},

		{"list", `["a","b"]`, []string{"a", "b"}},
		{"list", `[1,-2.5,"c"]`, []string{"1", "-2.5", "c"}},
		{"list", `[]`, []string{}},
		{"list", `"[\"a\", 1]"`, []string{"a", "1"}},
		{"list", `" [ ] "`, []string{}},
		{"list", `"null"`, nil},
		{"list", `"a"`, refused(`must be a list such as ["a", "b"], or text that holds one (not JSON, at byte 0)`)},
		{"list", `"a,b"`, refused(`must be a list such as ["a", "b"], or text that holds one (not JSON, at byte 0)`)},
		{"list", `"[\"a\"] x"`, refused(
			`must be a list such as ["a", "b"], or text that holds one (something after the JSON value, at byte 6)`)},
		{"list", `" "`, refused(`must be a list such as ["a", "b"], or text that holds one (not JSON, at byte 1)`)},
		{"list", `"5"`, refused(`must be a list such as ["a", "b"], or text that holds one`)},
		{"list", `5`, refused(`must be a list such as ["a", "b"], or text that holds one`)},
		{"list", `{"a":"b"}`, refused(`must be a list such as ["a", "b"], or text that holds one`)},

		{"rows", `[{"key":"a","value":"1"},{"value":2,"key":"a"}]`, schemas.KeyValues{{"a", "1"}, {"a", "2"}}},
		{"rows", `{"b":"1","a":2.5}`, schemas.KeyValues{{"b", "1"}, {"a", "2.5"}}},
		{"rows", `"[{\"key\":\"a\",\"value\":\"\"}]"`, schemas.KeyValues{{"a", ""}}},
		{"rows", `"{\"a\":\"b\"}"`, schemas.KeyValues{{"a", "b"}}},
		{"rows", `[{"key":7,"value":"x"}]`, schemas.KeyValues{{"7", "x"}}},
		{"rows", `{"a":null,"b":""}`, schemas.KeyValues{{"b", ""}}},
		{"rows", `[{"key":"a","value":null}]`, schemas.KeyValues{}},
		{"rows", `{}`, schemas.KeyValues{}},
		{"rows", `[]`, schemas.KeyValues{}},
		{"rows", `5`, refused(`must be a list of {"key", "value"} pairs or an object, or text that holds one`)},
		{"rows", `"a=b"`, refused(
			`must be a list of {"key", "value"} pairs or an object, or text that holds one (not JSON, at byte 0)`)},

		{"object", `{"a": 1.0, "b":null}`, object("a", "1.0", "b", "null")},
		{"object", `{"n":1e1000000000}`, object("n", "1e1000000000")},
		{"object", `{}`, object()},
		{"object", `"{\"a\":{\"b\":[true]}}"`, object("a", `{"b":[true]}`)},
		{"object", `"{\"a\":1,\"a\":2}"`, refused(
			"must be a JSON object, or text that holds one (a name twice in one object, at byte 7)")},
		{"object", `{"a":"\\u0000"}`, object("a", `"\\u0000"`)},
		{"object", `{"a":["\\\u0000"]}`, refused("must not contain the character U+0000")},
		{"object", `{"\u0000":1}`, refused("must not contain the character U+0000")},
		{"object", `{"a":` + deep + `}`, refused("must be a JSON object, or text that holds one (nested too deep)")},
		{"object", `"` + deep + `"`, refused(
			"must be a JSON object, or text that holds one (nested too deep, at byte 100)")},
		{"object", `[]`, refused("must be a JSON object, or text that holds one")},
		{"object", `"[]"`, refused("must be a JSON object, or text that holds one")},

		{"json", `{"a":[1, 2]}`, json.RawMessage(`{"a":[1, 2]}`)},
		{"json", `" [1 ,2] "`, json.RawMessage(`[1 ,2]`)},
		{"json", `5`, json.RawMessage(`5`)},
		{"json", `false`, json.RawMessage(`false`)},
		{"json", `"\"text\""`, json.RawMessage(`"text"`)},
		{"json", `"1e1000000000"`, json.RawMessage(`1e1000000000`)},
		{"json", `"null"`, nil},
		{"json", `"text"`, refused("must be JSON, or text that holds JSON (not JSON, at byte 1)")},
		{"json", `"\"\\ud800\""`, refused(
			"must be JSON, or text that holds JSON (not UTF-8, or half a surrogate pair, at byte 1)")},

		{"data", `"text"`, json.RawMessage(`"text"`)},
		{"data", `"{\"a\": 1}"`, json.RawMessage(`"{\"a\": 1}"`)},
		{"data", `{"a": 1}`, json.RawMessage(`{"a": 1}`)},
		{"data", `""`, nil},

		{"since", `"2026-01-31T09:00:00Z"`, "2026-01-31T09:00:00Z"},
		{"since", `"2026-01-31t09:00:00.123456789+05:30"`, "2026-01-31t09:00:00.123456789+05:30"},
		{"since", `"2026-01-31"`, refused("must be a date and time such as 2026-01-31T09:00:00Z")},
		{"since", `"2026-02-30T09:00:00Z"`, refused("must be a date and time such as 2026-01-31T09:00:00Z")},
		{"since", `"2026-01-31T09:00:00"`, refused("must be a date and time such as 2026-01-31T09:00:00Z")},
		{"since", `1767225600`, refused("must be a date and time such as 2026-01-31T09:00:00Z")},
		{"url", `"https://example.com/a?b=c"`, "https://example.com/a?b=c"},
		{"url", `"example.com"`, refused("must be a full URL such as https://example.com/path")},
		{"short", `"日本語"`, "日本語"},
		{"short", `"日"`, refused("must be at least 2 characters")},
		{"short", `"日本語。"`, refused("must be at most 3 characters")},
		{"single", `"ab"`, refused("must be at most 1 character")},
		{"host", `"acme"`, "acme"},
		{"host", `"Acme"`, refused("must be lower case")},
		{"choice", `"a"`, "a"},
		{"choice", `"A"`, refused("must be one of a, b")},
	} {
		t.Run(test.input+" "+test.raw[:min(len(test.raw), 40)], func(t *testing.T) {
			t.Parallel()
			canonical, err := schemas.For[one]().Canonical(json.RawMessage(`{"` + test.input + `":` + test.raw + `}`))
			if detail, bad := test.want.(refused); bad {
				require.Equal(t, schemas.Invalid{{"/" + test.input, string(detail)}}, err)
				return
			}
			require.NoError(t, err)
			require.Equal(t, test.want, canonical[test.input])
		})
	}
}

func TestCoercion_ReportsItems(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		inputs string
		want   schemas.Invalid
	}{
		{`{"list":["a","",null," ",true,{},"\u0000",1e5]}`, schemas.Invalid{
			{"/list/1", "must not be empty"},
			{"/list/2", "must not be empty"},
			{"/list/3", "must not be empty"},
			{"/list/4", "must be text"},
			{"/list/5", "must be text"},
			{"/list/6", "must not contain the character U+0000"},
			{"/list/7", "must be text, or a plain number of at most 32 characters"},
		}},
		{
			`{"rows":[{"key":"","value":""},{"key":null,"value":""},{"key":true,"value":""},{"key":"a"},"a",
			{"key":"a","value":[]},{"key":"a","value":"b","more":1},{"key":"\u0000","value":null}]}`, schemas.Invalid{
				{"/rows/0/key", "must have a key that is not empty"},
				{"/rows/1/key", "must have a key that is not empty"},
				{"/rows/2/key", "must be text"},
				{"/rows/3", `must be a pair such as {"key": "a", "value": "b"}`},
				{"/rows/4", `must be a pair such as {"key": "a", "value": "b"}`},
				{"/rows/5/value", "must be text"},
				{"/rows/6/more", `is not part of a pair, which has "key" and "value" only`},
				{"/rows/7/key", "must not contain the character U+0000"},
			},
		},
		{`{"rows":{"X/A":true," ":"b"}}`, schemas.Invalid{
			{"/rows/X~1A", "must be text"},
			{"/rows/ ", "must have a key that is not empty"},
		}},
	} {
		require.Equal(t, test.want, schemas.For[one]().Decode(json.RawMessage(test.inputs), new(one)), test.inputs)
	}
}

type demanding struct {
	Text   string            `json:"text" required:"true" pattern:"^x" hint:"must start with x"`
	Secret schemas.Secret    `json:"secret" required:"true"`
	Count  int               `json:"count" required:"true"`
	List   []string          `json:"list" required:"true"`
	Rows   schemas.KeyValues `json:"rows" required:"true"`
	JSON   json.RawMessage   `json:"json" required:"true"`
}

func TestRequired(t *testing.T) {
	t.Parallel()
	s := schemas.For[demanding]()
	want := schemas.Invalid{
		{"/text", "is required"},
		{"/secret", "is required"},
		{"/count", "is required"},
		{"/list", "is required"},
		{"/rows", "is required"},
		{"/json", "is required"},
	}
	for name, inputs := range map[string]string{
		"absent":     `{}`,
		"null":       `{"text":null,"secret":null,"count":null,"list":null,"rows":null,"json":null}`,
		"empty text": `{"text":"","secret":"","count":"","list":"","rows":"","json":""}`,
		"blank text": `{"text":" \t","secret":"\n","count":"","list":"null","rows":"null","json":"null"}`,
	} {
		require.Equal(t, want, s.Decode(json.RawMessage(inputs), new(demanding)), name)
	}
	require.Equal(t, schemas.Invalid{{"/text", "must start with x"}, {"/count", "must be a whole number"}},
		s.Decode(json.RawMessage(`{"text":"y","secret":"s","count":"a","list":[],"rows":{},"json":0}`), new(demanding)))
}
