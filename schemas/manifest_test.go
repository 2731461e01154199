package schemas_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/okta-connector/okta-connector/schemas"
)

// smallManifest is a manifest with one of each part, whose inputs are of every kind.
func smallManifest() string {
	inputs := schemas.For[everything]().JSON()
	named := func(key string) string {
		return fmt.Sprintf(`"key":%q,"label":"Label","description":"What it is.","inputSchema":%s`, key, inputs)
	}
	const connection = `"connection":{"label":"Connection","required":true,"accepts":["apiToken"]}`
	return `{"schemaVersion":"1.0","key":"okta","label":"Okta","description":"What it is.","version":"1.2.3",
		"connections":[{` + named("apiToken") + `}],
		"triggers":[{` + named("newUsers") + `,"kind":"polling","schedule":"*/5 * * * *",` + connection + `,
			"eventSchema":` + string(schemas.User()) + `,"example":{}},
			{` + named("eventHook") + `,"kind":"webhook",` + connection + `,"eventSchema":{"type":"object"},"example":{}}],
		"actions":[{` + named("listUsers") + `,` + connection + `,
			"outputSchema":` + string(schemas.ListOf(schemas.User())) + `,
			"example":[],"scopes":["okta.users.read"],
			"annotations":{"readOnly":true,"destructive":false,"idempotent":true}}],
		"dataSources":[{` + named("selectUser") + `}]}`
}

func TestManifest(t *testing.T) {
	t.Parallel()
	schema := compiled(t, schemas.Manifest())
	good := smallManifest()
	require.NoError(t, schema.Validate(decoded(t, []byte(good))))

	for _, slip := range [][2]string{
		{`"schemaVersion":"1.0"`, `"schemaVersion":"2"`},
		{`"kind":"webhook"`, `"kind":"hook"`},
		{`"schedule":"*/5 * * * *",`, ``},
		{`"accepts":["apiToken"]`, `"accepts":[]`},
		{`"idempotent":true`, `"idempotent":1`},
		{`"scopes":["okta.users.read"],`, ``},
		{`"x-widget":"combo"`, `"x-widget":"slider"`},
		{`"x-order":0`, `"x-oder":0`},
		{`"key":"listUsers"`, `"key":"List Users"`},
		{`"required":["id"],"additionalProperties":false`, `"required":["id"],"additionalProperties":true`},
		{`"title":"ID"`, `"title":""`},
	} {
		bad := strings.Replace(good, slip[0], slip[1], 1)
		require.NotEqual(t, good, bad, slip[0])
		require.True(t, json.Valid([]byte(bad)), slip[1])
		require.Error(t, schema.Validate(decoded(t, []byte(bad))), slip[1])
	}
}
