package schemas_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/okta-connector/okta-connector/schemas"
)

type userRef struct {
	ID string `json:"id" title:"ID" doc:"The user." required:"true" source:"selectUser" example:"ada@example.com"`
}

// everything has an input of every kind.
type everything struct {
	userRef
	Locale     string            `json:"locale" title:"Locale" doc:"Language and region." default:"en_US"`
	Note       *string           `json:"note" title:"Note" doc:"Free text." emptyOK:"true" widget:"longtext" maxLength:"5"`
	URL        string            `json:"url" title:"URL" doc:"All, if left out." nullRefused:"true" format:"uri"`
	Host       string            `json:"host" title:"Host" doc:"A host name." pattern:"^[a-z.]+$" hint:"must be a host name" minLength:"3" placeholder:"acme.okta.com"`
	Token      schemas.Secret    `json:"token" title:"Token" doc:"The token." maxLength:"20"`
	Key        schemas.Secret    `json:"key" title:"Key" doc:"In PEM." widget:"longtext"`
	Activate   bool              `json:"activate" title:"Activate" doc:"Whether to." default:"true" always:"true"`
	Provider   *bool             `json:"provider" title:"Provider" doc:"Whether to."`
	Limit      int               `json:"limit" title:"Limit" doc:"Of a page." default:"200" min:"1" max:"200"`
	Timeout    *int              `json:"timeout" title:"Timeout" doc:"In ms."`
	Since      string            `json:"since" title:"Since" doc:"From when." format:"date-time"`
	Order      string            `json:"sortOrder" title:"Sort Order" doc:"Which way." options:"asc=Ascending,desc=Descending"`
	Status     string            `json:"status" title:"Status" doc:"Which ones." options:"ACTIVE,INACTIVE" showWhen:"provider=true"`
	SortBy     string            `json:"sortBy" title:"Sort By" doc:"An attribute." suggest:"status,profile.login=Login" suggestion:"status"`
	FactorID   string            `json:"factorId" title:"Factor" doc:"The factor." source:"selectUserFactor(userId=id)"`
	Groups     []string          `json:"groupIds" title:"Groups" doc:"Their ids." example:"00g1,00g2"`
	Headers    schemas.KeyValues `json:"headers" title:"Headers" doc:"To send." example:"{\"a\":\"b\"}"`
	Profile    schemas.Object    `json:"profile" title:"Profile" doc:"Attributes."`
	Hash       schemas.Object    `json:"hash" title:"Hash" doc:"A hash." secret:"true"`
	Filter     json.RawMessage   `json:"filter" title:"Filter" doc:"Any JSON."`
	Data       json.RawMessage   `json:"data" title:"Data" doc:"Text or JSON." textOK:"true"`
	EventTypes []string          `json:"eventTypes" title:"Event Types" doc:"Which."`
}

func (everything) Suggestions() map[string][]string {
	return map[string][]string{"eventTypes": {"user.lifecycle.create", "user.session.start"}}
}

// full sets every input, each in a form that needs coercion where there is one.
const full = `{"id":42,"locale":"de_DE","note":"","url":"https://example.com/x","host":"acme.okta.com","token":"t0ken",
"key":"-----BEGIN\n","activate":"false","provider":"true","limit":"50","timeout":2e3,"since":"2026-01-31T09:00:00Z",
"sortOrder":"asc","status":"ACTIVE","sortBy":"created","factorId":"f1","groupIds":"[\"a\",2]",
"headers":{"X-A":"1","X-B":2.5},"profile":"{\"n\":1e1000000000}","hash":{"salt":"s"},"filter":"[1,2]",
"data":"plain text","eventTypes":["user.session.start"]}`

var update = flag.Bool("update", false, "rewrite testdata/everything.json")

func TestJSON(t *testing.T) {
	t.Parallel()
	const golden = "testdata/everything.json"
	s := schemas.For[everything]()
	var pretty bytes.Buffer
	require.NoError(t, json.Indent(&pretty, s.JSON(), "", "  "))
	if *update {
		require.NoError(t, os.WriteFile(golden, pretty.Bytes(), 0o644))
	}
	want, err := os.ReadFile(golden)
	require.NoError(t, err)
	require.Equal(t, string(want), pretty.String())
	require.Equal(t, schemas.For[everything]().JSON(), s.JSON(), "the same bytes each time")

	whole := compiled(t, s.JSON())
	for _, f := range s.Fields() {
		if f.Example != nil {
			require.NoError(t, whole.Validate(map[string]any{"id": "a", f.Name: f.Example}), f.Name)
		}
	}
}

func TestJSON_NoInputs(t *testing.T) {
	t.Parallel()
	s := schemas.For[struct{}]()
	require.JSONEq(t, `{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","properties":{},
		"additionalProperties":false}`, string(s.JSON()))
	require.Empty(t, s.Fields())
	require.NoError(t, s.Decode(nil, &struct{}{}))
	require.Equal(t, schemas.Invalid{{"/a", "is not a known input"}}, s.Decode([]byte(`{"a":1}`), &struct{}{}))
}

func TestFields(t *testing.T) {
	t.Parallel()
	fields := schemas.For[everything]().Fields()
	kinds := make(map[string]schemas.Kind)
	types := make(map[string]string)
	byName := make(map[string]schemas.Field)
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i], kinds[f.Name], types[f.Name], byName[f.Name] = f.Name, f.Kind, f.JSONType, f
	}
	require.Equal(t, []string{
		"id", "locale", "note", "url", "host", "token", "key", "activate", "provider", "limit", "timeout", "since",
		"sortOrder", "status", "sortBy", "factorId", "groupIds", "headers", "profile", "hash", "filter", "data", "eventTypes",
	}, names)
	require.Equal(t, map[string]schemas.Kind{
		"id": "text", "locale": "text", "note": "longtext", "url": "text", "host": "text", "token": "secret",
		"key": "secrettext", "activate": "boolean", "provider": "boolean", "limit": "integer", "timeout": "integer",
		"since": "datetime", "sortOrder": "choice", "status": "choice", "sortBy": "combo", "factorId": "text",
		"groupIds": "list", "headers": "keyvalue", "profile": "json", "hash": "json", "filter": "json", "data": "json",
		"eventTypes": "list",
	}, kinds)
	require.Equal(t, "string", types["id"])
	require.Equal(t, "boolean", types["provider"])
	require.Equal(t, "integer", types["limit"])
	require.Equal(t, "array", types["headers"])
	require.Equal(t, "object", types["profile"])
	require.Empty(t, types["filter"])

	require.Equal(t, schemas.Field{
		Name: "id", Title: "ID", Doc: "The user.", Kind: schemas.KindText, JSONType: "string", Required: true,
		Example: "ada@example.com", Source: &schemas.Source{Key: "selectUser"},
	}, byName["id"])
	require.Equal(t, 200, byName["limit"].Default)
	require.Equal(t, 1, *byName["limit"].Min)
	require.Equal(t, 200, *byName["limit"].Max)
	require.Equal(t, true, byName["activate"].Default)
	require.Equal(t, "acme.okta.com", byName["host"].Placeholder)
	require.Equal(t, "must be a host name", byName["host"].Hint)
	require.Equal(t, "status", byName["sortBy"].Suggestion)
	require.Equal(t, []schemas.Option{{"status", "status"}, {"profile.login", "Login"}}, byName["sortBy"].Options)
	require.Equal(t, []schemas.Option{{"asc", "Ascending"}, {"desc", "Descending"}}, byName["sortOrder"].Options)
	require.Len(t, byName["eventTypes"].Options, 2)
	require.Equal(t, &schemas.Condition{Field: "provider", Equals: true}, byName["status"].ShowWhen)
	require.Equal(t, map[string]string{"userId": "id"}, byName["factorId"].Source.Inputs)
	require.Equal(t, []any{"00g1", "00g2"}, byName["groupIds"].Example)
	require.Equal(t, []any{map[string]any{"key": "a", "value": "b"}}, byName["headers"].Example)
	require.True(t, byName["token"].Secret)
	require.True(t, byName["hash"].Secret)
	require.False(t, byName["profile"].Secret)
}

func TestDecode_EveryKind(t *testing.T) {
	t.Parallel()
	var in everything
	require.NoError(t, schemas.For[everything]().Decode(json.RawMessage(full), &in))
	require.Equal(t, everything{
		userRef: userRef{ID: "42"}, Locale: "de_DE", Note: new(""), URL: "https://example.com/x", Host: "acme.okta.com",
		Token: "t0ken", Key: "-----BEGIN\n", Activate: false, Provider: new(true), Limit: 50, Timeout: new(2000),
		Since: "2026-01-31T09:00:00Z", Order: "asc", Status: "ACTIVE", SortBy: "created", FactorID: "f1",
		Groups:  []string{"a", "2"},
		Headers: schemas.KeyValues{{"X-A", "1"}, {"X-B", "2.5"}},
		Profile: schemas.Object{"n": json.RawMessage("1e1000000000")},
		Hash:    schemas.Object{"salt": json.RawMessage(`"s"`)},
		Filter:  json.RawMessage("[1,2]"), Data: json.RawMessage(`"plain text"`),
		EventTypes: []string{"user.session.start"},
	}, in)
}

func TestDecode_DefaultsAndNotSet(t *testing.T) {
	t.Parallel()
	s := schemas.For[everything]()
	for _, test := range []struct {
		name, inputs string
		want         everything
	}{
		{"absent: the default applies", `{"id":"a"}`, everything{Locale: "en_US", Activate: true, Limit: 200}},
		{
			"null: not set, and no default but where it always applies",
			`{"id":"a","locale":null,"limit":null,"activate":null,"note":null,"provider":null,"timeout":null,"token":null,
			"groupIds":null,"headers":null,"profile":null,"filter":null,"data":null,"since":null,"sortOrder":null}`,
			everything{Activate: true},
		},
		{
			"empty text: as null, but where it is a value",
			`{"id":"a","locale":"","limit":"","activate":"","note":"","provider":"","timeout":"","token":"",
			"groupIds":"","headers":"","profile":"","filter":"","data":"","since":"","sortOrder":""}`,
			everything{Activate: true, Note: new("")},
		},
		{
			"text that holds null or nothing: as null",
			`{"id":"a","locale":"x","limit":1,"groupIds":"null","headers":" null ","profile":"\"\"","filter":"null"}`,
			everything{Locale: "x", Limit: 1, Activate: true},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			in := everything{SortBy: "from before"}
			require.NoError(t, s.Decode(json.RawMessage(test.inputs), &in))
			test.want.ID = "a"
			require.Equal(t, test.want, in)
		})
	}
}

func TestDecode_ReportsEveryBadInputInOrder(t *testing.T) {
	t.Parallel()
	err := schemas.For[everything]().Decode(json.RawMessage(`{"groupId":1,"eventTypes":[""],"data":"\u0000","filter":"{",
		"hash":3,"profile":[],"headers":{"":"x","a":[]},"groupIds":["a",null,true],"factorId":{},"sortBy":[],"status":"up",
		"sortOrder":"up","since":"today","timeout":"x","limit":201,"provider":1,"activate":"yes","key":false,
		"token":"longer than 20 characters","host":"-","url":"","note":"123456","locale":"\u0000","zzz":1}`), new(everything))
	require.Equal(t, schemas.Invalid{
		{"/id", "is required"},
		{"/locale", "must not contain the character U+0000"},
		{"/note", "must be at most 5 characters"},
		{"/url", "must not be null or empty: leave it out instead"},
		{"/host", "must be at least 3 characters"},
		{"/token", "must be at most 20 characters"},
		{"/key", "must be text"},
		{"/activate", "must be true or false"},
		{"/provider", "must be true or false"},
		{"/limit", "must be at most 200"},
		{"/timeout", "must be a whole number"},
		{"/since", "must be a date and time such as 2026-01-31T09:00:00Z"},
		{"/sortOrder", "must be one of asc, desc"},
		{"/status", "must be one of ACTIVE, INACTIVE"},
		{"/sortBy", "must be text"},
		{"/factorId", "must be text"},
		{"/groupIds/1", "must not be empty"},
		{"/groupIds/2", "must be text"},
		{"/headers/", "must have a key that is not empty"},
		{"/headers/a", "must be text"},
		{"/profile", "must be a JSON object, or text that holds one"},
		{"/hash", "must be a JSON object, or text that holds one"},
		{"/filter", "must be JSON, or text that holds JSON (not JSON, at byte 1)"},
		{"/data", "must not contain the character U+0000"},
		{"/eventTypes/0", "must not be empty"},
		{"/groupId", `is not a known input; did you mean "groupIds"?`},
		{"/zzz", "is not a known input"},
	}, err)
}

func TestDecode_NotAnObject(t *testing.T) {
	t.Parallel()
	s := schemas.For[struct{}]()
	for inputs, detail := range map[string]string{
		`[]`:            "must be a JSON object",
		`"{}"`:          "must be a JSON object",
		`{"a":1,"a":2}`: "must be a JSON object (a name twice in one object, at byte 7)",
		`{"a":`:         "must be a JSON object (not JSON, at byte 5)",
		`{} {}`:         "must be a JSON object (something after the JSON value, at byte 3)",
		`nul`:           "must be a JSON object (not JSON, at byte 3)",
	} {
		require.Equal(t, schemas.Invalid{{"", detail}}, s.Decode(json.RawMessage(inputs), &struct{}{}), inputs)
	}
	for _, inputs := range []string{``, `null`, ` {} `} {
		require.NoError(t, s.Decode(json.RawMessage(inputs), &struct{}{}), inputs)
	}
}

func TestDecode_NeverRepeatsAValue(t *testing.T) {
	t.Parallel()
	s := schemas.For[everything]()
	refused := 0
	canaries := []string{
		`"CANARY"`, `["CANARY"]`, `{"CANARY":"CANARY"}`, `[{"CANARY":1}]`, `[{"key":"","value":"CANARY"}]`,
		`"[\"CANARY"`, `"{\"CANARY\":CANARY"`, `"CANARY longer than any limit that is set"`, `"CANARY\u0000"`, `7777777`,
	}
	for _, field := range s.Fields() {
		for _, canary := range canaries {
			err := s.Decode(json.RawMessage(`{"`+field.Name+`":`+canary+`}`), new(everything))
			bad, _ := errors.AsType[schemas.Invalid](err)
			refused += len(bad)
			for _, e := range bad {
				require.NotContains(t, e.Detail, "CANARY", field.Name)
				require.NotContains(t, e.Detail, "7777777", field.Name)
			}
		}
	}
	require.Greater(t, refused, 200)
}

func TestDecode_StopsAfterAHundredReports(t *testing.T) {
	t.Parallel()
	items := strings.TrimSuffix(strings.Repeat(`"",`, 1000), ",")
	inputs := json.RawMessage(`{"id":"","groupIds":[` + items + `],"eventTypes":[""]}`)
	err := schemas.For[everything]().Decode(inputs, new(everything))
	require.Len(t, err, 100)
}

func TestDecode_KeepsNoHoldOfTheInputs(t *testing.T) {
	t.Parallel()
	inputs := []byte(`{"id":"abc","filter":[1],"profile":{"a":1}}`)
	var in everything
	require.NoError(t, schemas.For[everything]().Decode(inputs, &in))
	for i := range inputs {
		inputs[i] = '#'
	}
	require.Equal(t, "abc", in.ID)
	require.Equal(t, "[1]", string(in.Filter))
	require.Equal(t, "1", string(in.Profile["a"]))
}

func TestDecode_IntoAnotherType(t *testing.T) {
	t.Parallel()
	s := schemas.For[everything]()
	require.PanicsWithValue(t, "schemas: Decode into *struct {}, not *schemas_test.everything", func() {
		_ = s.Decode(nil, &struct{}{})
	})
}

type listing struct {
	Search    string `json:"search" title:"Search"`
	Q         string `json:"q" title:"Q"`
	SortOrder string `json:"sortOrder" title:"Sort Order" options:"asc,desc"`
	SortBy    string `json:"sortBy" title:"Sort By"`
}

func (in listing) Check() (bad schemas.Invalid) {
	if in.Search != "" && in.Q != "" {
		bad.Add("/q", "excludes search")
	}
	if in.SortOrder != "" && in.SortBy == "" {
		bad.Add("/sortOrder", "needs sortBy")
	}
	return bad
}

type embedsListing struct {
	listing
	ID string `json:"id" title:"ID"`
}

type hidesCheck struct{ embedsListing }

func (hidesCheck) Check() schemas.Invalid { return nil }

func TestDecode_RulesBetweenInputs(t *testing.T) {
	t.Parallel()
	both := json.RawMessage(`{"search":"a","q":"b","sortOrder":"asc"}`)
	want := schemas.Invalid{{"/q", "excludes search"}, {"/sortOrder", "needs sortBy"}}
	require.Equal(t, want, schemas.For[listing]().Decode(both, new(listing)), "all at once")
	require.Equal(t, want, schemas.For[embedsListing]().Decode(both, new(embedsListing)), "also of an embedded struct")
	require.NoError(t, schemas.For[hidesCheck]().Decode(both, new(hidesCheck)))
	require.NoError(t, schemas.For[listing]().Decode(json.RawMessage(`{"q":"b"}`), new(listing)))
	require.Equal(t, schemas.Invalid{{"/sortOrder", "must be one of asc, desc"}},
		schemas.For[listing]().Decode(json.RawMessage(`{"search":"a","q":"b","sortOrder":"up"}`), new(listing)),
		"each input by itself comes first")
}

type checksEach struct {
	URL     string            `json:"url" title:"URL"`
	Mode    string            `json:"mode" title:"Mode" options:"fast,slow"`
	Headers schemas.KeyValues `json:"headers" title:"Headers"`
}

func (in checksEach) CheckEach() (bad schemas.Invalid) {
	for i, row := range in.Headers {
		if row.Key == "Host" {
			bad.Add(fmt.Sprintf("/headers/%d", i), "is not for you")
		}
	}
	if in.URL != "/x" {
		bad.Add("/url", "is not /x")
	}
	return bad
}

func (in checksEach) Check() (bad schemas.Invalid) {
	for i := range in.Headers {
		bad.Add(fmt.Sprintf("/headers/%d", i), "is one too many")
	}
	return bad
}

// What no tag can say of one input is told together with all else; the rules between inputs wait for good ones. Both
// point at a row where it was given.
func TestDecode_RulesOfSingleInputs(t *testing.T) {
	t.Parallel()
	s := schemas.For[checksEach]()
	const noURL, noHost, tooMany = "is not /x", "is not for you", "is one too many"
	for inputs, want := range map[string]schemas.Invalid{
		`{"url":"/y","mode":"up","other":1}`: {
			{"/url", noURL}, {"/mode", "must be one of fast, slow"}, {"/other", "is not a known input"},
		},
		`{"url":{},"headers":{"A":null,"Host":"c"}}`:                                {{"/url", "must be text"}, {"/headers/Host", noHost}},
		`{"url":"/y","headers":[{"key":"Host","value":""}]}`:                        {{"/url", noURL}, {"/headers/0", noHost}},
		`{"url":"/x","headers":[{"key":"A","value":null},{"key":"B","value":"b"}]}`: {{"/headers/1", tooMany}},
		`{"url":"/x","headers":" {\"A\":null,\"a/b\":\"1\"}"}`:                      {{"/headers/a~1b", tooMany}},
		`{"url":"/x","headers":"[{\"key\":\"A\",\"value\":\"\"}]"}`:                 {{"/headers/0", tooMany}},
	} {
		require.Equal(t, want, s.Decode(json.RawMessage(inputs), new(checksEach)), inputs)
	}
	require.NoError(t, s.Decode(json.RawMessage(`{"url":"/x","headers":{"A":null}}`), new(checksEach)))
}

func TestUnknownInput_Suggests(t *testing.T) {
	t.Parallel()
	s := schemas.For[everything]()
	for name, detail := range map[string]string{
		"ID":                               `is not a known input; did you mean "id"?`,
		"sortorder":                        `is not a known input; did you mean "sortOrder"?`,
		"groups":                           `is not a known input; did you mean "groupIds"?`,
		"hostt":                            `is not a known input; did you mean "host"?`,
		"xy":                               `is not a known input`,
		strings.Repeat("id", 1<<16):        `is not a known input`,
		"a/b~c":                            `is not a known input`,
		"\xd1\x84\xd0\xb0\xd0\xba\xd1\x82": `is not a known input`,
	} {
		raw, err := json.Marshal(map[string]any{"id": "x", name: 1})
		require.NoError(t, err)
		require.Equal(t, schemas.Invalid{{schemas.Pointer(name), detail}}, s.Decode(raw, new(everything)))
	}
}

func TestInvalid(t *testing.T) {
	t.Parallel()
	bad := schemas.Invalid{{"", "must be a JSON object"}, {"/id", "is required"}}
	require.EqualError(t, bad, "must be a JSON object\n/id: is required")
	moved := schemas.Invalid{{"/inputs", "must be a JSON object"}, {"/inputs/id", "is required"}}
	require.Equal(t, moved, bad.Under("/inputs"))
	require.Equal(t, "/id", bad[1].Pointer, "Under leaves the original")
	raw, err := json.Marshal(bad[1])
	require.NoError(t, err)
	require.JSONEq(t, `{"pointer":"/id","detail":"is required"}`, string(raw))
	require.Equal(t, "/a~1b~0c/", schemas.Pointer("a/b~c", ""))
	require.Equal(t, []string{"a/b~c", ""}, schemas.Tokens("/a~1b~0c/"))
	require.Equal(t, []string{"~1"}, schemas.Tokens(schemas.Pointer("~1")))
	require.Empty(t, schemas.Tokens(schemas.Pointer()))
}
