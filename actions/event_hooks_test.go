package actions_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/okta-connector/okta-connector/actions"
	"github.com/okta-connector/okta-connector/connections/okta"
	"github.com/okta-connector/okta-connector/connections/okta/oktatest"
	"github.com/okta-connector/okta-connector/runtime/connector"
)

// receiver is an endpoint that meets Okta's challenge, or does not.
func receiver(t *testing.T, meets bool) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if challenge := r.Header.Get("X-Okta-Verification-Challenge"); meets {
			_ = json.NewEncoder(w).Encode(map[string]string{"verification": challenge})
		}
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// hookInputs are good inputs of Create Event Hook.
func hookInputs(name, url string, more ...string) string {
	members := append([]string{
		fmt.Sprintf(`"eventHookName": %q, "eventHookUrl": %q, "eventHookItems": ["user.lifecycle.create"]`, name, url),
	}, more...)
	return "{" + strings.Join(members, ", ") + "}"
}

func addHook(t *testing.T, org *oktatest.Org, name, url string) string {
	t.Helper()
	hook := mustInvoke(t, org.Client, actions.CreateEventHook, hookInputs(name, url)).object(t)
	org.Forget()
	return hook["id"].(string)
}

// TestCreateEventHook_Verifies names the decision on Create Event Hook: create, then verify.
func TestCreateEventHook_Verifies(t *testing.T) {
	t.Parallel()
	org := newOrg(t)
	url := receiver(t, true)
	answer := mustInvoke(t, org.Client, actions.CreateEventHook, hookInputs("Joiners", url,
		`"eventHookItemsCode": "[\"group.user_membership.add\", \"user.lifecycle.create\"]"`,
		`"eventHookUrlHeaders": {"X-Source": "okta", "authorization": "canary-1815"}`,
		`"eventHookFilter": [{"event": "group.user_membership.add", "condition": {"expression": "event.target.size() > 0"}}]`,
		`"eventHookDescription": "Feeds the joiners"`,
	))
	hook := answer.object(t)
	require.Equal(t, "ACTIVE", hook["status"])
	require.Equal(t, "VERIFIED", hook["verificationStatus"])
	require.Empty(t, answer.Warnings)
	require.NotContains(t, string(answer.Data), "canary-1815")
	require.Equal(t, []string{
		"POST /api/v1/eventHooks", "POST /api/v1/eventHooks/" + hook["id"].(string) + "/lifecycle/verify",
	}, org.Lines())
	require.JSONEq(t, `{
		"name": "Joiners", "description": "Feeds the joiners",
		"events": {
			"type": "EVENT_TYPE", "items": ["user.lifecycle.create", "group.user_membership.add"],
			"filter": {"type": "EXPRESSION_LANGUAGE", "eventFilterMap": [
				{"event": "group.user_membership.add", "condition": {"expression": "event.target.size() > 0"}}
			]}
		},
		"channel": {"type": "HTTP", "version": "1.0.0", "config": {
			"uri": "`+url+`", "headers": [{"key": "X-Source", "value": "okta"}],
			"authScheme": {"type": "HEADER", "key": "Authorization", "value": "canary-1815"}
		}}
	}`, string(org.Requests()[0].Body))
}

// TestCreateEventHook_NotVerified: a hook that was made is answered, whatever became of its verification.
func TestCreateEventHook_NotVerified(t *testing.T) {
	t.Parallel()
	org := newOrg(t)
	answer := mustInvoke(t, org.Client, actions.CreateEventHook, hookInputs("Joiners", receiver(t, false)))
	hook := answer.object(t)
	require.Equal(t, "UNVERIFIED", hook["verificationStatus"])
	require.Len(t, answer.Warnings, 1)
	require.Equal(t, "verification_failed", answer.Warnings[0].Code)
	require.Contains(t, answer.Warnings[0].Detail, okta.CodeValidation)

	id := hook["id"].(string)
	require.Equal(t, id, mustInvoke(t, org.Client, actions.GetEventHook, `{"eventHookId": "`+id+`"}`).object(t)["id"])
	_, err := invoke(t, org.Client, actions.VerifyEventHook, `{"eventHookId": "`+id+`"}`)
	requireRefusal(t, err, 400, okta.CodeValidation)
}

// TestCreateEventHook_DoNotActivate names the decision on Do Not Activate: create, then deactivate.
func TestCreateEventHook_DoNotActivate(t *testing.T) {
	t.Parallel()
	org := newOrg(t)
	answer := mustInvoke(t, org.Client, actions.CreateEventHook,
		hookInputs("Joiners", receiver(t, false), `"doNotActivateOnCreate": true`))
	hook := answer.object(t)
	require.Equal(t, "INACTIVE", hook["status"])
	require.Equal(t, "UNVERIFIED", hook["verificationStatus"])
	require.Empty(t, answer.Warnings)
	require.Equal(t, []string{
		"POST /api/v1/eventHooks", "POST /api/v1/eventHooks/" + hook["id"].(string) + "/lifecycle/deactivate",
	}, org.Lines())
	require.JSONEq(t, `{
		"name": "Joiners", "events": {"type": "EVENT_TYPE", "items": ["user.lifecycle.create"]},
		"channel": {"type": "HTTP", "version": "1.0.0", "config": {"uri": "`+hookURL(hook)+`"}}
	}`, string(org.Requests()[0].Body))
}

func hookURL(hook map[string]any) string {
	return hook["channel"].(map[string]any)["config"].(map[string]any)["uri"].(string)
}

func TestCreateEventHook_Refused(t *testing.T) {
	t.Parallel()
	org := newOrg(t)
	_, err := invoke(t, org.Client, actions.CreateEventHook, `{
		"eventHookName": "Joiners", "eventHookUrl": "https://engine.example.com/okta", "eventHookItems": ["no.such.type"]
	}`)
	requireRefusal(t, err, 400, okta.CodeValidation)
	require.Len(t, org.Requests(), 1)
}

func TestCreateEventHook_Checks(t *testing.T) {
	t.Parallel()
	many := make([]string, 301)
	for i := range many {
		many[i] = fmt.Sprintf("type.%d", i)
	}
	list, err := json.Marshal(many)
	require.NoError(t, err)
	const name, good = `"eventHookName": "a", `, `"eventHookName": "a", "eventHookUrl": "https://a.example", `
	const one = good + `"eventHookItems": ["a"], `
	for inputs, want := range map[string]string{
		good + `"eventHookItems": null`:                                                  "/eventHookItems",
		good + `"eventHookItems": []`:                                                    "/eventHookItems",
		good + `"eventHookItems": [" "]`:                                                 "/eventHookItems/0",
		good + `"eventHookItems": ` + string(list):                                       "/eventHookItems",
		good + `"eventHookItemsCode": ` + string(list):                                   "/eventHookItems",
		good + `"eventHookItemsCode": {"a": 1}`:                                          "/eventHookItemsCode",
		good + `"eventHookItemsCode": ["a", ""]`:                                         "/eventHookItemsCode",
		good + `"eventHookItemsCode": "user.lifecycle.create"`:                           "/eventHookItemsCode",
		one + `"eventHookFilter": {"a": 1}`:                                              "/eventHookFilter",
		one + `"eventHookFilter": []`:                                                    "/eventHookFilter",
		one + `"eventHookFilter": [{"event": "a"}]`:                                      "/eventHookFilter/0",
		one + `"eventHookFilter": [{"event": "b", "condition": {"expression": "true"}}]`: "/eventHookFilter/0/event",
		name + `"eventHookItems": ["a"], "eventHookUrl": "http://a.example"`:             "/eventHookUrl",
		name + `"eventHookItems": ["a"], "eventHookUrl": "ftp://a.example"`:              "/eventHookUrl",
		name + `"eventHookItems": ["a"], "eventHookUrl": "https:///x"`:                   "/eventHookUrl",
		name + `"eventHookItems": ["a"], "eventHookUrl": "a.example"`:                    "/eventHookUrl",
	} {
		require.Equal(t, []string{want}, refusedFields(t, actions.CreateEventHook, "{"+inputs+"}"), inputs)
	}
	require.Equal(t,
		[]string{
			"/eventHookName", "/eventHookUrl", "/eventHookItemsCode", "/eventHookUrlHeaders/a b",
			"/eventHookFilter/eventFilterMap/1",
		},
		refusedFields(t, actions.CreateEventHook, `{
			"eventHookUrl": "http://a.example", "eventHookItemsCode": 1, "eventHookUrlHeaders": {"X": "1", "a b": "2"},
			"eventHookFilter": {"eventFilterMap": [{"event": "a", "condition": {"expression": "true"}}, {"event": "a"}]}
		}`), "all at once")
	for _, more := range []string{
		`"eventHookUrl": "http://localhost:8080/x", "eventHookItems": ["a"]`,
		`"eventHookUrl": "http://127.0.0.1/x", "eventHookItems": "[\"a\"]"`,
		`"eventHookUrl": "http://[::1]:80/x", "eventHookItemsCode": ["a"]`,
		`"eventHookUrl": "https://a.example", "eventHookItems": ["a"], "eventHookFilter": {"type": "EXPRESSION_LANGUAGE",
			"eventFilterMap": [{"event": "a", "condition": {"version": null, "expression": "true"}}]}`,
		`"eventHookUrl": "https://a.example", "eventHookItems": ` + strings.Replace(string(list), `"type.0",`, "", 1),
	} {
		_, err := actions.CreateEventHook.Bind(json.RawMessage(`{"eventHookName": "a", ` + more + `}`))
		require.NoError(t, err, more)
	}
}

func TestEventHook_LifeCycle(t *testing.T) {
	t.Parallel()
	org := newOrg(t)
	id := addHook(t, org, "Joiners", receiver(t, true))
	inputs, path := `{"eventHookId": "`+id+`"}`, "/api/v1/eventHooks/"+id
	require.Equal(t, "INACTIVE", mustInvoke(t, org.Client, actions.DeactivateEventHook, inputs).object(t)["status"])
	require.Equal(t, "ACTIVE", mustInvoke(t, org.Client, actions.ActivateEventHook, inputs).object(t)["status"])
	verified := mustInvoke(t, org.Client, actions.VerifyEventHook, inputs).object(t)
	require.Equal(t, "VERIFIED", verified["verificationStatus"])
	require.Equal(t, id, mustInvoke(t, org.Client, actions.GetEventHook, inputs).object(t)["id"])
	hooks := mustInvoke(t, org.Client, actions.ListEventHooks, `{}`)
	require.Len(t, hooks.list(t), 1)
	require.Empty(t, hooks.NextCursor)
	require.Equal(t, []string{
		"POST " + path + "/lifecycle/deactivate", "POST " + path + "/lifecycle/activate",
		"POST " + path + "/lifecycle/verify", "GET " + path, "GET /api/v1/eventHooks",
	}, org.Lines())

	for _, action := range []*connector.Action{
		actions.ActivateEventHook, actions.DeactivateEventHook, actions.VerifyEventHook, actions.GetEventHook,
		actions.DeleteEventHook,
	} {
		_, err := invoke(t, org.Client, action, `{"eventHookId": "nobody"}`)
		requireRefusal(t, err, 404, okta.CodeNotFound)
	}
}

// TestDeleteEventHook_DeactivatesFirst names the decision on Delete Event Hook: its 204 is the end.
func TestDeleteEventHook_DeactivatesFirst(t *testing.T) {
	t.Parallel()
	org := newOrg(t)
	url := receiver(t, true)
	active, inactive := addHook(t, org, "Active", url), addHook(t, org, "Inactive", url)
	mustInvoke(t, org.Client, actions.DeactivateEventHook, `{"eventHookId": "`+inactive+`"}`)
	org.Forget()
	for _, id := range []string{active, inactive} {
		deleted := mustInvoke(t, org.Client, actions.DeleteEventHook, `{"eventHookId": "`+id+`"}`)
		require.JSONEq(t, `{"id": "`+id+`", "status": "DELETED"}`, string(deleted.Data))
	}
	path := "/api/v1/eventHooks/"
	require.Equal(t, []string{
		"GET " + path + active, "POST " + path + active + "/lifecycle/deactivate", "DELETE " + path + active,
		"GET " + path + inactive, "DELETE " + path + inactive,
	}, org.Lines())
}

func TestDeleteAllEventHooks(t *testing.T) {
	t.Parallel()
	org := newOrg(t)
	mine, other := receiver(t, true), receiver(t, true)
	first, second := addHook(t, org, "First", mine+"/in"), addHook(t, org, "Second", mine+"/in/")
	kept := addHook(t, org, "Kept", other)
	addHook(t, org, "Longer", mine+"/in/side")

	deleted := mustInvoke(t, org.Client, actions.DeleteAllEventHooks, fmt.Sprintf(`{"eventHookUrl": %q}`, mine+"/in/"))
	require.JSONEq(t, fmt.Sprintf(`[
		{"id": %q, "name": "First", "url": %q, "status": "DELETED"},
		{"id": %q, "name": "Second", "url": %q, "status": "DELETED"}
	]`, first, mine+"/in", second, mine+"/in/"), string(deleted.Data))
	require.Empty(t, deleted.Warnings)
	require.Len(t, mustInvoke(t, org.Client, actions.ListEventHooks, `{}`).list(t), 2)

	rest := mustInvoke(t, org.Client, actions.DeleteAllEventHooks, `{}`).list(t)
	require.Len(t, rest, 2)
	require.Equal(t, kept, rest[0]["id"])
	require.JSONEq(t, `[]`, string(mustInvoke(t, org.Client, actions.DeleteAllEventHooks, `{}`).Data))
}

// TestDeleteAllEventHooks_EmptyURL names the decision that only an absent URL means all.
func TestDeleteAllEventHooks_EmptyURL(t *testing.T) {
	t.Parallel()
	for _, inputs := range []string{`{"eventHookUrl": ""}`, `{"eventHookUrl": null}`} {
		require.Equal(t, []string{"/eventHookUrl"}, refusedFields(t, actions.DeleteAllEventHooks, inputs))
	}
}

// TestDeleteAllEventHooks_GoesOn: a hook that is gone counts as deleted, one that stays is told of.
func TestDeleteAllEventHooks_GoesOn(t *testing.T) {
	t.Parallel()
	org := oktatest.Serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.Method + " " + r.URL.Path {
		case "GET /api/v1/eventHooks":
			_, _ = w.Write([]byte(`[
				{"id": "gone", "status": "INACTIVE"}, {"id": "stays", "status": "ACTIVE"}, {"id": "goes", "status": "INACTIVE"}
			]`))
		case "DELETE /api/v1/eventHooks/gone":
			w.WriteHeader(http.StatusNotFound)
			_, _ = w.Write([]byte(`{"errorCode": "E0000007"}`))
		case "DELETE /api/v1/eventHooks/goes":
			w.WriteHeader(http.StatusNoContent)
		default:
			w.WriteHeader(http.StatusForbidden)
			_, _ = w.Write([]byte(`{"errorCode": "E0000006", "errorSummary": "No permission"}`))
		}
	}))
	answer := mustInvoke(t, org.Client(t, "token"), actions.DeleteAllEventHooks, `{}`)
	var results []struct{ ID, Status, Error string }
	answer.read(t, &results)
	require.Len(t, results, 3)
	require.Equal(t, "DELETED", results[0].Status)
	require.Equal(t, "FAILED", results[1].Status)
	require.Contains(t, results[1].Error, okta.CodeNoPermission)
	require.Equal(t, "DELETED", results[2].Status)
	require.Len(t, answer.Warnings, 1)
	require.Equal(t, "deletion_failed", answer.Warnings[0].Code)
}

// TestDeleteAllEventHooks_AllFail: when nothing could be deleted the call has failed, with the first reason.
func TestDeleteAllEventHooks_AllFail(t *testing.T) {
	t.Parallel()
	org := oktatest.Serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			_, _ = w.Write([]byte(`[{"id": "stays", "status": "ACTIVE"}]`))
			return
		}
		w.WriteHeader(http.StatusForbidden)
		_, _ = w.Write([]byte(`{"errorCode": "E0000006", "errorSummary": "No permission"}`))
	}))
	_, err := invoke(t, org.Client(t, "token"), actions.DeleteAllEventHooks, `{}`)
	requireRefusal(t, err, 403, okta.CodeNoPermission)
}

// TestEventTypes: the list is Okta's, and ends where Okta's does.
func TestEventTypes(t *testing.T) {
	t.Parallel()
	types := actions.EventTypes()
	require.Len(t, types, 314)
	require.IsIncreasing(t, types)
	require.NotContains(t, types, "user.lifecycle.delete.completed", "Okta sends only the initiated one to hooks")
	for _, field := range actions.CreateEventHook.Input.Fields() {
		if field.Name == "eventHookItems" {
			require.Len(t, field.Options, 314)
			return
		}
	}
	t.Fatal("Create Event Hook offers no event types")
}
