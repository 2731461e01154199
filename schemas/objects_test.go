package schemas_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"regexp"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v5"
	"github.com/stretchr/testify/require"

	"github.com/okta-connector/okta-connector/schemas"
)

var objects = map[string]func() json.RawMessage{
	"user": schemas.User, "group": schemas.Group, "application": schemas.Application, "app-user": schemas.AppUser,
	"app-link": schemas.AppLink, "event-hook": schemas.EventHook, "log-event": schemas.LogEvent, "policy": schemas.Policy,
	"realm": schemas.Realm, "factor": schemas.Factor, "user-type": schemas.UserType,
}

func compiled(t *testing.T, document json.RawMessage) *jsonschema.Schema {
	t.Helper()
	schema, err := schemas.Compile(document)
	require.NoError(t, err)
	return schema
}

func decoded(t *testing.T, raw []byte) any {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var value any
	require.NoError(t, decoder.Decode(&value))
	return value
}

func TestObjects_EveryFileHasAFunction(t *testing.T) {
	t.Parallel()
	files, err := fs.Glob(os.DirFS("objects"), "*.json")
	require.NoError(t, err)
	require.Len(t, files, len(objects))
	for name, schema := range objects {
		require.Contains(t, files, name+".json")
		compiled(t, schema())
	}
}

// TestObjects_AreOpen holds that an attribute Okta adds tomorrow, at whatever level, is no reason to refuse an answer.
func TestObjects_AreOpen(t *testing.T) {
	t.Parallel()
	var check func(path string, node any)
	check = func(path string, node any) {
		object, _ := node.(map[string]any)
		if properties, ok := object["properties"].(map[string]any); ok {
			require.Equal(t, true, object["additionalProperties"], path)
			for name, property := range properties {
				check(path+"/"+name, property)
			}
		}
		if items, ok := object["items"]; ok {
			check(path+"/items", items)
		}
	}
	for name, schema := range objects {
		check(name, decoded(t, schema()))
	}
}

func TestListOf(t *testing.T) {
	t.Parallel()
	list := compiled(t, schemas.ListOf(schemas.UserType()))
	types := []byte(`[{"id":"oty1","name":"user","displayName":"User","default":true}]`)
	require.NoError(t, list.Validate(decoded(t, types)))
	require.NoError(t, list.Validate([]any{}))
	require.Error(t, list.Validate(decoded(t, []byte(`[{"id":"oty1"}]`))))
	require.Error(t, list.Validate(map[string]any{}))
	require.PanicsWithValue(t, "schemas: ListOf: invalid character 'x' looking for beginning of value", func() {
		schemas.ListOf(json.RawMessage("x"))
	})
}

// recordedObjects says which object a recorded answer consists of, the first match deciding.
var recordedObjects = []struct{ path, object string }{
	{`/lifecycle/`, ""},
	{`^/api/v1/users(/[^/]+)?$`, "user"},
	{`^/api/v1/groups/[^/]+/users$`, "user"},
	{`^/api/v1/(users/[^/]+/)?groups(/[^/]+)?$`, "group"},
	{`^/api/v1/apps(/[^/]+)?$`, "application"},
	{`^/api/v1/apps/[^/]+/users(/[^/]+)?$`, "app-user"},
	{`^/api/v1/eventHooks`, "event-hook"},
	{`^/api/v1/policies`, "policy"},
	{`^/api/v1/realms`, "realm"},
	{`^/api/v1/users/[^/]+/factors`, "factor"},
}

func TestObjects_DescribeRecordedAnswers(t *testing.T) {
	t.Parallel()
	file, err := os.Open("../../shared/recorded/okta-traffic.jsonl")
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("no recorded traffic beside the project")
	}
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, file.Close()) })

	validators := make(map[string]*jsonschema.Schema)
	for name, schema := range objects {
		validators[name] = compiled(t, schema())
	}
	seen := make(map[string]int)
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var exchange struct {
			Source, Path, ResponseBody string
			Status                     int
		}
		require.NoError(t, json.Unmarshal(lines.Bytes(), &exchange))
		object := recordedObject(exchange.Path)
		if exchange.Status != 200 || exchange.ResponseBody == "" || object == "" {
			continue
		}
		answer := decoded(t, []byte(exchange.ResponseBody))
		items, isList := answer.([]any)
		if !isList {
			items = []any{answer}
		}
		for _, item := range items {
			require.NoError(t, validators[object].Validate(item), "%s: %s", exchange.Source, object)
			seen[object]++
		}
	}
	require.NoError(t, lines.Err())
	for _, entry := range recordedObjects {
		if entry.object != "" {
			require.NotZero(t, seen[entry.object], entry.object)
		}
	}
}

func recordedObject(path string) string {
	for _, entry := range recordedObjects {
		if regexp.MustCompile(entry.path).MatchString(path) {
			return entry.object
		}
	}
	return ""
}

// TestObjects_UseOktasNames holds each property against Okta's own OpenAPI document, so that none is made up.
func TestObjects_UseOktasNames(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("../../shared/okta-openapi/management.json")
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("no OpenAPI document of Okta beside the project")
	}
	require.NoError(t, err)
	var openAPI struct {
		Components struct{ Schemas map[string]map[string]any }
	}
	require.NoError(t, json.Unmarshal(raw, &openAPI))
	types := openAPI.Components.Schemas

	// In recorded answers, but not in the document.
	undocumented := map[string]bool{
		"application/name": true, "application/credentials": true, "application/settings": true,
		"policy/conditions": true, "policy/settings": true,
	}
	for name, oktaName := range map[string]string{
		"user": "User", "group": "Group", "application": "Application", "app-user": "AppUser", "app-link": "AssignedAppLink",
		"event-hook": "EventHook", "log-event": "LogEvent", "policy": "Policy", "realm": "Realm", "factor": "UserFactor",
		"user-type": "UserType",
	} {
		ours := decoded(t, objects[name]()).(map[string]any)["properties"].(map[string]any)
		theirs := types[oktaName]["properties"].(map[string]any)
		for property := range ours {
			if !undocumented[name+"/"+property] {
				require.Contains(t, theirs, property, name)
			}
		}
	}
	profile := decoded(t, schemas.User()).(map[string]any)["properties"].(map[string]any)["profile"].(map[string]any)
	for attribute := range types["UserProfile"]["properties"].(map[string]any) {
		require.Contains(t, profile["properties"], attribute, "a base attribute of the user profile")
	}
}
