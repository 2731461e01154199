package console

import (
	"encoding/json"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/okta-connector/okta-connector/schemas"
)

// every is a schema with each kind of input.
type every struct {
	Text    string            `json:"text" title:"Text" default:"x"`
	Long    string            `json:"long" title:"Long" widget:"longtext"`
	Secret  schemas.Secret    `json:"secret" title:"Secret"`
	On      bool              `json:"on" title:"On" default:"true"`
	Maybe   *bool             `json:"maybe" title:"Maybe"`
	Count   int               `json:"count" title:"Count" default:"5"`
	When    string            `json:"when" title:"When" format:"date-time"`
	Choice  string            `json:"choice" title:"Choice" options:"a=A,b=B"`
	Combo   string            `json:"combo" title:"Combo" suggest:"a,b"`
	List    []string          `json:"list" title:"List"`
	Rows    schemas.KeyValues `json:"rows" title:"Rows"`
	JSON    json.RawMessage   `json:"json" title:"JSON"`
	Object  schemas.Object    `json:"object" title:"Object"`
	Empty   *string           `json:"empty" title:"Empty" emptyOK:"true"`
	Depends string            `json:"depends" title:"Depends" showWhen:"on=true"`
}

func (every) Nulls() map[string][]string { return map[string][]string{"object": {"combo"}} }

func everySection() section {
	return newSection(schemas.For[every]().Fields(), "in.", "/inputs")
}

func TestInputs_FromTheControls(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		form string
		want string
	}{
		"an untouched form says nothing":           {"in.text=x&in.on=false&in.on=true&in.count=5&in.maybe=", `{}`},
		"a cleared default is not set":             {"in.text=&in.on=true&in.count=", `{"text":null,"count":null}`},
		"what was not posted is not said":          {"in.combo=a", `{"combo":"a"}`},
		"a switch that is off":                     {"in.on=false&in.text=x&in.count=5", `{"on":false}`},
		"a boolean without default has three ways": {"in.maybe=false&" + untouched, `{"maybe":false}`},
		"text keeps its spaces":                    {"in.combo=+a+&" + untouched, `{"combo":" a "}`},
		"lines of a browser":                       {"in.long=a%0D%0Ab&" + untouched, `{"long":"a\nb"}`},
		"a number":                                 {"in.text=x&in.on=true&in.count=12", `{"count":12}`},
		"what is no number is for the validator":   {"in.text=x&in.on=true&in.count=12abc", `{"count":"12abc"}`},
		"a list has no empty lines":                {"in.list=a%0D%0A%0D%0A+b+&" + untouched, `{"list":["a","b"]}`},
		"rows without the empty ones": {
			"in.rows.key=a&in.rows.value=1&in.rows.key=&in.rows.value=&" + untouched,
			`{"rows":[{"key":"a","value":"1"}]}`,
		},
		"a row without key is for the validator": {
			"in.rows.key=&in.rows.value=1&" + untouched,
			`{"rows":[{"key":"","value":"1"}]}`,
		},
		"JSON":                                 {"in.json=%7B%22a%22%3A1%7D&" + untouched, `{"json":{"a":1}}`},
		"what is no JSON is for the validator": {"in.json=%7Boops&" + untouched, `{"json":"{oops"}`},
		"a moment in a zone": {
			"in.when=2026-01-31T09:00&in.when.zone=Europe/Berlin&" + untouched,
			`{"when":"2026-01-31T09:00:00+01:00"}`,
		},
		"an unknown zone is for the validator": {
			"in.when=2026-01-31T09:00&in.when.zone=Mars&" + untouched,
			`{"when":"2026-01-31T09:00:00"}`,
		},
		"an empty text is not set":        {"in.empty=&" + untouched, `{}`},
		"an empty text on purpose":        {"in.empty=&in.empty.empty=true&" + untouched, `{"empty":""}`},
		"a text counts more than the box": {"in.empty=a&in.empty.empty=true&" + untouched, `{"empty":"a"}`},
		"a null in another input":         {"in.combo=&in.combo.empty=true&" + untouched, `{"object":{"combo":null}}`},
		"a null beside other members": {
			"in.combo.empty=true&in.object=%7B%22a%22%3A1%7D&" + untouched,
			`{"object":{"a":1,"combo":null}}`,
		},
		"a null that contradicts": {
			"in.combo.empty=true&in.object=%7B%22combo%22%3A1%7D&" + untouched,
			`{"object":{"combo":1}}`,
		},
		"a null in what is no object":       {"in.combo.empty=true&in.object=oops&" + untouched, `{"object":"oops"}`},
		"no box empties what takes no \"\"": {"in.long=&in.long.empty=true&" + untouched, `{}`},
		"a field whose condition holds":     {"in.depends=d&" + untouched, `{"depends":"d"}`},
		"a field whose condition fails is not sent": {
			"in.depends=d&in.on=false&in.text=x&in.count=5",
			`{"on":false}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			form, err := url.ParseQuery(c.form)
			require.NoError(t, err)
			require.JSONEq(t, c.want, string(everySection().inputs(form, nil)))
		})
	}
}

// untouched are the controls that have a default, with it.
const untouched = "in.text=x&in.on=true&in.count=5"

func TestInputs_ASecretThatIsStoredStays(t *testing.T) {
	t.Parallel()
	form, err := url.ParseQuery("in.secret=&" + untouched)
	require.NoError(t, err)
	stored := func(name string) bool { return name == "secret" }
	require.JSONEq(t, `{"secret":{"set":true}}`, string(everySection().inputs(form, stored)))
	form.Set("in.secret.empty", "true")
	require.JSONEq(t, `{"secret":null}`, string(everySection().inputs(form, stored)), "unless it is to be forgotten")
	form.Set("in.secret", "new")
	require.JSONEq(t, `{"secret":"new"}`, string(everySection().inputs(form, stored)))
}

func TestValues_ComeBackAsTheyWere(t *testing.T) {
	t.Parallel()
	inputs := `{"long":"a\nb","on":false,"maybe":true,"count":7,"when":"2026-01-31T09:00:00Z","choice":"b","combo":"c",
		"list":["a","b"],"rows":[{"key":"k","value":"v"},{"key":"k","value":"w"}],"json":{"a":[1,2]}}`
	s := everySection()
	require.JSONEq(t, inputs, string(s.inputs(s.values(json.RawMessage(inputs)), nil)))
}

func TestValues_MeanTheSameWhateverTheirForm(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		`{"empty":""}`:                    `{"empty":""}`,
		`{"empty":null}`:                  `{}`,
		`{"object":{"combo":null}}`:       `{"object":{"combo":null}}`,
		`{"object":{"combo":null,"a":1}}`: `{"object":{"combo":null,"a":1}}`,
		`{"object":"{\"combo\":null}"}`:   `{"object":{"combo":null}}`,
		`{"text":null,"count":""}`:        `{"text":null,"count":null}`,
		`{"on":null}`:                     `{}`,
		`{"on":"false","count":"7"}`:      `{"on":false,"count":7}`,
		`{"list":"[\"a\",1]"}`:            `{"list":["a","1"]}`,
		`{"list":"a"}`:                    `{"list":["a"]}`,
		`{"list":[1,true]}`:               `{"list":["1","true"]}`,
		`{"rows":{"b":1,"a":"x"}}`:        `{"rows":[{"key":"a","value":"x"},{"key":"b","value":"1"}]}`,
		`{"rows":"{\"a\":\"x\"}"}`:        `{"rows":[{"key":"a","value":"x"}]}`,
		`{"rows":[{"key":1,"value":""}]}`: `{"rows":[{"key":"1","value":""}]}`,
		`{"combo":"</textarea>"}`:         `{"combo":"</textarea>"}`,
	} {
		s := everySection()
		require.JSONEq(t, want, string(s.inputs(s.values(json.RawMessage(given)), nil)), given)
	}
}

func TestValues_HoldNoSecret(t *testing.T) {
	t.Parallel()
	require.NotContains(t, everySection().values(json.RawMessage(`{"secret":"canary"}`)), "in.secret")
}

func TestDraw_PutsEachErrorBesideItsField(t *testing.T) {
	t.Parallel()
	d := &drawing{form: url.Values{}, invalid: schemas.Invalid{
		{Pointer: "/inputs/text", Detail: "is required"},
		{Pointer: "/inputs/rows/1/key", Detail: "must have a key that is not empty"},
		{Pointer: "/inputs/list/0", Detail: "must not be empty"},
		{Pointer: "/inputs/unknown", Detail: "is not a known input"},
	}}
	fields := everySection().draw(d)
	errs := map[string]string{}
	for _, f := range fields {
		if f.Error != "" {
			errs[f.Name] = f.Error
		}
	}
	require.Equal(t, map[string]string{
		"text": "Is required.", "list": "Line 1 must not be empty.",
		"rows": "The key of row 2 must have a key that is not empty.",
	}, errs)
	require.Equal(t, schemas.Invalid{{Pointer: "/inputs/unknown", Detail: "is not a known input"}}, d.invalid)
	sum := summarize(d.invalid, fields)
	require.Equal(t, 4, sum.Count)
	require.True(t, fields[0].First, "the first error gets the focus")
}

func TestSchedule_InWords(t *testing.T) {
	t.Parallel()
	for expr, want := range map[string]string{
		"*/5 * * * *":      "Every 5 minutes",
		"* * * * *":        "Every minute",
		"0 * * * *":        "Every hour",
		"15 * * * *":       "At minute 15",
		"0 9 * * *":        "Every day at 09:00",
		"30 8 * * 1-5":     "On Monday to Friday at 08:30",
		"0 9 * * MON,THU":  "On Monday and Thursday at 09:00",
		"0 0 1 * *":        "On day 1 of the month at 00:00",
		"0 0 1 1 *":        "In January on day 1 of the month at 00:00",
		"0 0 1 * 1":        "On day 1 of the month or on Monday at 00:00",
		"*/30 * * * * *":   "Every 30 seconds",
		"*/10 9-17 * * *":  "Every 10 minutes during hours 9 to 17",
		"0 */2 * * *":      "Every 2 hours",
		"@every 30s":       "Every 30 seconds",
		"@every 1h30m":     "Every 1 hour 30 minutes",
		"@every 1s":        "Every second",
		"@daily":           "Every day at 00:00",
		"15 30 7 * * 6":    "On Saturday at 07:30:15",
		"0,30 8-10 1 * ?":  "On day 1 of the month at minutes 0 and 30 during hours 8 to 10",
		"0 12 * JAN-MAR *": "In January to March at 12:00",
	} {
		require.Equal(t, want, inWords(expr), expr)
	}
}

func TestSchedule_ShowsTheNextRuns(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 28, 23, 59, 0, 0, time.UTC)
	v := readSchedule("0 9 * * *", "Europe/Berlin", "", now)
	require.Len(t, v.Next, nextRuns)
	require.Equal(t, 9, v.Next[0].Hour(), "in the zone of the schedule, also after the change to summer time")
	require.NotEmpty(t, readSchedule("61 * * * *", "", "", now).Error)
	require.NotEmpty(t, readSchedule("* * * * *", "Mars/Olympus", "", now).Error)
}

func TestOwnPath_LeadsNowhereElse(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"/actions?q=a": "/actions?q=a", "": "/", "https://evil.example/": "/", "//evil.example": "/", `/\evil.example`: "/",
		"javascript:alert(1)": "/", "actions": "/", "/\t/evil.example": "/",
	} {
		require.Equal(t, want, ownPath(path), path)
	}
}

func TestTree_KeepsTheOrderAndStaysSmall(t *testing.T) {
	t.Parallel()
	tree := treeOf(json.RawMessage(`{"z":1,"a":{"name":"Ada"},"n":null,"big":12345678901234567890,"list":[]}`))
	keys := make([]string, len(tree.Children))
	for i, child := range tree.Children {
		keys[i] = child.Key
	}
	require.Equal(t, []string{"z", "a", "n", "big", "list"}, keys)
	require.Equal(t, "Ada", tree.Children[1].Summary)
	require.Equal(t, "12345678901234567890", tree.Children[3].Text)

	many := make([]int, 1000)
	raw, err := json.Marshal(many)
	require.NoError(t, err)
	tree = treeOf(raw)
	require.Len(t, tree.Children, treeItems)
	require.Equal(t, "975 more of 1000 are not drawn.", tree.More)
}
