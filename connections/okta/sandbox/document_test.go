package sandbox

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/require"
)

// oktaDocument is the part of Okta's own description of its API that concerns the sandbox, beside the project.
const oktaDocument = "../../../../shared/okta-openapi/management.json"

func readOktaDocument(t *testing.T) *openapi3.T {
	t.Helper()
	text, err := os.ReadFile(oktaDocument)
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("no document at " + oktaDocument)
	}
	require.NoError(t, err)
	document, err := openapi3.NewLoader().LoadFromData(text)
	require.NoError(t, err)
	return document
}

// TestLogs_HaveAllThatOktasExampleHas looks at the names that have a value there, in an event and in its parts.
func TestLogs_HaveAllThatOktasExampleHas(t *testing.T) {
	f := newFixture(t, Options{Users: 3, LogEvents: 1})
	example := readOktaDocument(t).Components.Examples["ListLogs"].Value.Value.([]any)[0].(map[string]any)
	event := f.get("/api/v1/logs").list()[0]
	for name, value := range example {
		require.Contains(t, event, name)
		part, ok := value.(map[string]any)
		if !ok || event[name] == nil {
			continue
		}
		for inner, value := range part {
			if value != nil {
				require.Contains(t, event[name], inner, name)
			}
		}
	}
}

// TestObjects_AreAsOktasDocumentHasThem holds each object to the schema of its kind, such as SamlApplication, which a
// check of whole answers does not choose.
func TestObjects_AreAsOktasDocumentHasThem(t *testing.T) {
	f := newFixture(t, Options{Users: 60, Groups: 20, Apps: 10, LogEvents: 100})
	document := readOktaDocument(t)

	f.do("POST", "/api/v1/eventHooks", hookBody("north", "https://hooks.example/north")).ok()
	lists := map[string]string{ // schemas by path
		"/api/v1/apps": "Application", "/api/v1/eventHooks": "EventHook", "/api/v1/groups": "Group",
		"/api/v1/logs": "LogEvent", "/api/v1/meta/types/user": "UserType", "/api/v1/realms": "Realm",
		"/api/v1/users?search=status+pr": "User", f.app("Slack") + "/users": "AppUser",
	}
	for _, kind := range policyTypes {
		lists["/api/v1/policies?type="+kind] = "Policy"
	}
	for _, u := range f.org.users.rows {
		lists["/api/v1/users/"+u.id+"/factors"] = "UserFactor"
	}
	held := map[string]int{}
	hold := func(name string, object map[string]any) {
		schema := document.Components.Schemas[name].Value
		if d := schema.Discriminator; d != nil {
			name = path.Base(d.Mapping[object[d.PropertyName].(string)].Ref)
			schema = document.Components.Schemas[name].Value
		}
		held[name]++
		err := schema.VisitJSON(object, openapi3.MultiErrors(), openapi3.VisitAsResponse())
		for _, wrong := range schemaErrors(err) {
			t.Errorf("%s %v: %s", name, object["id"], wrong)
		}
	}
	for from, schema := range lists {
		for _, object := range f.get(from).list() {
			hold(schema, object)
		}
	}
	hold("UserSchema", f.get("/api/v1/meta/schemas/user/default").ok())
	for _, name := range []string{"SamlApplication", "OpenIdConnectApplication", "PasswordPolicy", "UserFactorPush"} {
		require.Positive(t, held[name], name)
	}
}

// schemaErrors tells what is wrong, but for what Okta is seen to do in spite of its document: it writes null where that
// allows none, and a text for the type of a policy's resource.
func schemaErrors(err error) (wrong []string) {
	var several openapi3.MultiError
	var one *openapi3.SchemaError
	switch {
	case errors.As(err, &several):
		for _, inner := range several {
			wrong = append(wrong, schemaErrors(inner)...)
		}
	case errors.As(err, &one) && one.Origin != nil:
		return schemaErrors(one.Origin)
	case one != nil:
		at := strings.Join(one.JSONPointer(), ".")
		if one.Value != nil && at != "_embedded.resourceType" {
			wrong = append(wrong, at+": "+one.Reason)
		}
	case err != nil:
		wrong = append(wrong, err.Error())
	}
	return wrong
}
