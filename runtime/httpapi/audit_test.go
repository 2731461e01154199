package httpapi_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/okta-connector/okta-connector/connections/okta/oktatest"
	"github.com/okta-connector/okta-connector/runtime"
	"github.com/okta-connector/okta-connector/runtime/httpapi"
)

// trail returns the audit trail, newest first.
func (a *api) trail(query string) (entries []runtime.AuditView, next string) {
	a.t.Helper()
	status, raw := a.send(http.MethodGet, "/v1/audit"+query, "")
	require.Equal(a.t, http.StatusOK, status, "%s", raw)
	require.NotContains(a.t, raw, a.org.Sandbox.Credentials().APIToken)
	var page struct {
		Items      []runtime.AuditView
		NextCursor string
	}
	require.NoError(a.t, json.Unmarshal([]byte(raw), &page))
	return page.Items, page.NextCursor
}

func TestAudit_OneLineForEachCallThatWrites(t *testing.T) {
	t.Parallel()
	a := newServer(t, httpapi.Config{Keys: manyKeys(t)}, "root")
	status, answer := a.invoke("createUser", aUser, as("engine"))
	require.Equal(t, http.StatusOK, status)
	id := answer["data"].(map[string]any)["id"].(string)
	request := answer["meta"].(map[string]any)["oktaRequestIds"].([]any)[0]

	a.invoke("getUser", `{"id":"`+id+`"}`)
	a.invoke("rawRequest", `{"url":"/users/`+id+`","method":"GET"}`)
	a.invoke("suspendUser", `{"id":"nobody@example.com"}`)
	a.org.Fault(t, oktatest.Fault{Method: http.MethodPost, Path: "/api/v1/groups", Drop: true})
	status, _ = a.invoke("createGroup", `{"name":"Lost"}`)
	require.Equal(t, http.StatusBadGateway, status)
	status, _ = a.invoke("deleteUser", `{"id":"`+id+`"}`)
	require.Equal(t, http.StatusOK, status)
	a.send(http.MethodPost, "/v1/actions/createGroup/invoke", `{"connection":`+a.connection()+`,"inputs":{"name":"Inline"}}`)

	entries, next := a.trail("")
	require.Empty(t, next)
	require.Len(t, entries, 5, "reads leave no line")
	type line struct{ who, action, connection, object, outcome string }
	var lines []line
	for _, e := range entries {
		lines = append(lines, line{e.Who, e.Action, e.Connection, e.Object, e.Outcome})
		require.False(t, e.At.IsZero())
		require.Equal(t, e.Outcome == runtime.OutcomeUnknown, e.RequestID == "", e.Action)
	}
	require.Equal(t, line{"key-1", "createGroup", strings.TrimPrefix(a.org.URL, "http://"), entries[0].Object, "done"}, lines[0])
	require.NotEmpty(t, entries[0].Object)
	require.Equal(t, []line{
		{"key-1", "deleteUser", "prod", id, "done"},
		{"key-1", "createGroup", "prod", "", "unknown"},
		{"key-1", "suspendUser", "prod", "", "refused"},
		{"engine", "createUser", "prod", id, "done"},
	}, lines[1:])
	require.Equal(t, request, entries[4].RequestID)

	first, next := a.trail("?limit=2")
	require.Equal(t, entries[:2], first)
	second, _ := a.trail("?limit=3&after=" + next)
	require.Equal(t, entries[2:], second)
	status, _ = a.send(http.MethodGet, "/v1/audit?after=soon", "")
	require.Equal(t, http.StatusUnprocessableEntity, status)
}

// TestAudit_Membership is about an object with two ids, one of which may have been given as a login.
func TestAudit_Membership(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	_, answer := a.invoke("createUser", aUser)
	user := answer["data"].(map[string]any)["id"].(string)
	_, answer = a.invoke("createGroup", `{"name":"Joiners"}`)
	group := answer["data"].(map[string]any)["id"].(string)
	a.invoke("addUserToGroup", `{"groupId":"`+group+`","userId":"`+user+`"}`)
	a.invoke("addUserToGroup", `{"groupId":"`+group+`","userId":"nobody@example.com"}`)
	entries, _ := a.trail("")
	require.Len(t, entries, 4)
	require.Equal(t, group, entries[0].Object, "no login")
	require.Equal(t, group+"/"+user, entries[1].Object)
}

// TestAudit_SeveralWrites is about a call that makes more than one, not all of which work.
func TestAudit_SeveralWrites(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	a.org.Fault(t, oktatest.Fault{Method: http.MethodPost, Path: "/api/v1/eventHooks/{id}/lifecycle/verify", Status: 400})
	status, answer := a.invoke("createEventHook", `{"eventHookName":"Joiners","eventHookUrl":"https://engine.example/hook",
		"eventHookItems":["user.lifecycle.create"]}`)
	require.Equal(t, http.StatusOK, status, "%v", answer)
	entries, _ := a.trail("")
	require.Len(t, entries, 1)
	require.Equal(t, "partly", entries[0].Outcome, "it is there, and not verified")
	require.Equal(t, answer["data"].(map[string]any)["id"], entries[0].Object)
}

// TestAudit_EventHookOfASubscription is about what is written to Okta without an action.
func TestAudit_EventHookOfASubscription(t *testing.T) {
	t.Parallel()
	h := newHooked(t)
	view := h.subscribe(hookItems("user.lifecycle.create"), http.StatusCreated)
	status, _ := h.send(http.MethodDelete, "/v1/subscriptions/s", "")
	require.Equal(t, http.StatusNoContent, status)
	entries, _ := h.trail("")
	require.Len(t, entries, 2)
	for i, want := range []string{"removeEventHook", "setUpEventHook"} {
		require.Equal(t, want, entries[i].Action)
		require.Equal(t, "done", entries[i].Outcome)
		require.Equal(t, view.Hook.ID, entries[i].Object)
		require.Equal(t, "api", entries[i].Who)
	}
}

// TestAudit_ALineThatCannotBeStored does not fail the call: Okta has done its part by then.
func TestAudit_ALineThatCannotBeStored(t *testing.T) {
	t.Parallel()
	h := newHooked(t)
	h.stop()
	require.NoError(t, h.store.Close())
	status, answer := h.send(http.MethodPost, "/v1/actions/createGroup/invoke",
		`{"connection":`+h.connection()+`,"inputs":{"name":"Unrecorded"}}`)
	require.Equal(t, http.StatusOK, status, "%s", answer)
	require.Contains(t, answer, "Unrecorded")
}
