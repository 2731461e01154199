package actions_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v5"
	"github.com/stretchr/testify/require"

	"github.com/okta-connector/okta-connector/actions"
	"github.com/okta-connector/okta-connector/connections"
	"github.com/okta-connector/okta-connector/connections/okta"
	"github.com/okta-connector/okta-connector/connections/okta/oktatest"
	"github.com/okta-connector/okta-connector/manifest"
	"github.com/okta-connector/okta-connector/runtime/connector"
)

// step is how an action is walked: with as few inputs as it takes, so that its defaults show in what it sends. Names in
// braces stand for ids that a [stage] makes.
type step struct {
	given   string // what there is beside what the inputs name
	inputs  string
	scopes  string   // of the token that must do; "" for those that the action declares
	sends   []string // "METHOD path?query body", the query sorted
	answers string   // what the data has at least
	logs    []string // the events that the System Log tells of it
	refused string   // inputs that Okta refuses; "" for the same with a token that Okta does not know
	code    string   // with which it refuses them
}

// TestWalk takes every action of the manifest through JSON in and JSON out against the sandbox: what it sends for its
// defaults, what it answers, that its scopes are enough and its output schema holds, and one refusal of Okta.
func TestWalk(t *testing.T) {
	t.Parallel()
	listed := make(map[string]bool)
	for _, action := range manifest.New("test").Actions {
		listed[action.Key] = true
		t.Run(action.Key, func(t *testing.T) {
			t.Parallel()
			step, ok := walk[action.Key]
			require.True(t, ok, "an action that nobody walks: give it a step")
			step.take(t, action)
		})
	}
	for key := range walk {
		require.True(t, listed[key], "%s is not in the manifest", key)
	}
}

func (s step) take(t *testing.T, action *connector.Action) {
	stage := &stage{org: newOrg(t), ids: make(map[string]string)}
	stage.fill(t, s.given)
	inputs, refused := stage.fill(t, s.inputs), stage.fill(t, s.refused)
	scopes := s.scopes
	if scopes == "" {
		scopes = strings.Join(action.Scopes, " ")
	}
	client := stage.service(t, scopes)
	before := len(stage.log(t))
	stage.org.Forget()

	answer := mustInvoke(t, client, action, inputs)
	sent := sentTo(t, stage.org.Server)
	require.Empty(t, answer.Warnings)
	if made, ok := idOf(answer.Data); ok {
		stage.ids["id"] = made
	}
	var sends []string
	for _, line := range s.sends {
		sends = append(sends, stage.fill(t, line))
	}
	require.Equal(t, sends, sent)
	requireSchema(t, action.Output, answer.Data)
	var want, have any
	require.NoError(t, json.Unmarshal([]byte(stage.fill(t, s.answers)), &want))
	require.NoError(t, json.Unmarshal(answer.Data, &have))
	requireHolds(t, want, have, "data")
	var told []string
	for _, event := range stage.log(t)[before:] {
		told = append(told, event["eventType"].(string))
		require.Equal(t, stage.org.Sandbox.Credentials().ClientID, event["actor"].(map[string]any)["id"])
		require.Equal(t, "SUCCESS", event["outcome"].(map[string]any)["result"])
		require.NotEmpty(t, event["target"])
	}
	require.Equal(t, s.logs, told)

	if refused == "" {
		client, refused = stage.org.Server.Client(t, "unknown"), inputs
	}
	_, err := invoke(t, client, action, refused)
	var refusal *okta.Error
	require.ErrorAs(t, err, &refusal)
	require.Equal(t, s.code, refusal.Code, "%v", err)
}

// sentTo lists the requests to the API as [step] writes them.
func sentTo(t *testing.T, org *oktatest.Server) []string {
	t.Helper()
	var lines []string
	for _, r := range org.Requests() {
		if !strings.HasPrefix(r.Path, "/api/v1/") {
			continue // for a token
		}
		line := r.Line()
		if r.Body != nil {
			var body bytes.Buffer
			require.NoError(t, json.Compact(&body, r.Body))
			line += " " + body.String()
		}
		lines = append(lines, line)
	}
	return lines
}

// idOf is what steps call {id}.
func idOf(data json.RawMessage) (string, bool) {
	var object struct {
		ID string `json:"id"`
	}
	return object.ID, json.Unmarshal(data, &object) == nil && object.ID != ""
}

// requireSchema checks data as an engine does that trusts the manifest.
func requireSchema(t *testing.T, schema, data json.RawMessage) {
	t.Helper()
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat = true
	require.NoError(t, compiler.AddResource("output.json", bytes.NewReader(schema)))
	compiled, err := compiler.Compile("output.json")
	require.NoError(t, err)
	var value any
	require.NoError(t, json.Unmarshal(data, &value))
	require.NoError(t, compiled.Validate(value))
}

// requireHolds checks that all of want is in have: members of objects, and some item of a list for each of want's.
func requireHolds(t *testing.T, want, have any, at string) {
	t.Helper()
	switch want := want.(type) {
	case map[string]any:
		require.IsType(t, want, have, at)
		for name, member := range want {
			requireHolds(t, member, have.(map[string]any)[name], at+"."+name)
		}
	case []any:
		require.IsType(t, want, have, at)
		for _, item := range want {
			require.Condition(t, func() bool { return someHolds(item, have.([]any)) }, "no %v in %s: %v", item, at, have)
		}
	case string:
		if want == "..." { // any text
			require.NotEmpty(t, have, at)
			require.IsType(t, want, have, at)
			return
		}
		require.Equal(t, want, have, at)
	default:
		require.Equal(t, want, have, at)
	}
}

func someHolds(want any, items []any) bool {
	object, ok := want.(map[string]any)
	for _, item := range items {
		have, _ := item.(map[string]any)
		found := ok
		for name, member := range object {
			found = found && have[name] == member
		}
		if found {
			return true
		}
	}
	return false
}

// stage makes what steps name, each once.
type stage struct {
	org *oktatest.Org
	ids map[string]string
}

var placeholder = regexp.MustCompile(`\{[a-z]+\}`)

func (s *stage) fill(t *testing.T, text string) string {
	t.Helper()
	return placeholder.ReplaceAllStringFunc(text, func(name string) string { return s.id(t, strings.Trim(name, "{}")) })
}

func (s *stage) id(t *testing.T, name string) string {
	t.Helper()
	if s.ids[name] == "" {
		s.ids[name] = s.make(t, name)
	}
	return s.ids[name]
}

// does runs an action as the administrator and returns the id in its answer.
func (s *stage) does(t *testing.T, action *connector.Action, inputs string) string {
	t.Helper()
	id, _ := mustInvoke(t, s.org.Client, action, s.fill(t, inputs)).object(t)["id"].(string)
	return id
}

// service is a client that may do what the scopes allow.
func (s *stage) service(t *testing.T, scopes string) *okta.Client {
	t.Helper()
	credentials := s.org.Sandbox.Credentials()
	inputs, err := json.Marshal(map[string]string{
		"oktaDomain": s.org.URL, "clientId": credentials.ClientID, "privateKey": credentials.PrivateKey, "scopes": scopes,
	})
	require.NoError(t, err)
	open, err := connections.ClientCredentials.Bind(connections.NewEnvironment(connections.Config{Dev: true}), inputs)
	require.NoError(t, err)
	client, err := open(t.Context(), connector.Session{})
	require.NoError(t, err)
	return client
}

// log is the System Log so far.
func (s *stage) log(t *testing.T) []map[string]any {
	t.Helper()
	return mustInvoke(t, s.org.Client, actions.GetSystemLogs, `{"sortOrder": "ASCENDING", "limit": 1000}`).list(t)
}

// make makes one of what steps name.
func (s *stage) make(t *testing.T, name string) string {
	t.Helper()
	switch name {
	case "active", "suspended", "deactivated", "member", "assigned":
		id := addUser(t, s.org, name+"@example.com")
		ref := fmt.Sprintf(`{"id": %q}`, id)
		switch name {
		case "suspended":
			s.does(t, actions.SuspendUser, ref)
		case "deactivated":
			s.does(t, actions.DeactivateUser, ref)
		case "member":
			s.does(t, actions.AddUserToGroup, fmt.Sprintf(`{"groupId": "{group}", "userId": %q}`, id))
		case "assigned":
			s.does(t, actions.AssignApplicationToUser, fmt.Sprintf(`{"applicationId": "{app}", "userId": %q}`, id))
		}
		return id
	case "staged":
		return addUser(t, s.org, "staged@example.com", `"activate": false`)
	case "provisioned":
		return provisioned(t, s.org)
	case "locked":
		return locked(t, s.org)
	case "factor":
		enrol(t, s.org, s.id(t, "active"))
		factors := mustInvoke(t, s.org.Client, actions.ListUserFactors, s.fill(t, `{"userId": "{active}"}`))
		return factors.list(t)[0]["id"].(string)
	case "group":
		return s.does(t, actions.CreateGroup, `{"name": "Analysts", "description": "Of engines"}`)
	case "everyone":
		return everyone(t, s.org)
	case "app":
		return anApp(t, s.org)
	case "realm":
		return mustInvoke(t, s.org.Client, actions.ListRealms, `{}`).list(t)[0]["id"].(string)
	case "receiver":
		return receiver(t, true)
	case "mute":
		return receiver(t, false)
	case "hook":
		return s.does(t, actions.CreateEventHook, hookInputs("Joiners", "{receiver}"))
	case "idle":
		return s.does(t, actions.CreateEventHook, hookInputs("Leavers", "{mute}", `"doNotActivateOnCreate": true`))
	}
	require.FailNow(t, "a step names what no stage makes", name)
	return ""
}
