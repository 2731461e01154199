package httpapi_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/okta-connector/okta-connector/connections/okta/oktatest"
)

const (
	usersPath = "/api/v1/users"
	aRead     = "listUsers"
	aWrite    = "createGroup"
)

// What the org does wrong has a status of its own, and says whether the same call is safe to repeat.
func TestProblem_WhatTheOrgDoesWrong(t *testing.T) {
	t.Parallel()
	group := `{"name":"New"}`
	anIdempotentOne := `{"groupId":"00g1","userId":"00u1"}`
	always := func(method, path string, f oktatest.Fault) oktatest.Fault {
		f.Method, f.Path, f.Times = method, path, -1
		return f
	}
	for name, tc := range map[string]struct {
		fault          oktatest.Fault
		action, inputs string
		status         int
		code           string
		retryable      bool
	}{
		"a refused read": {
			always("GET", usersPath, oktatest.Fault{Status: 403}), aRead, `{}`, 424, "okta_refused", false,
		},
		"a refused write": {
			always("POST", "/api/v1/groups", oktatest.Fault{Status: 400}), aWrite, group, 424, "okta_refused", false,
		},
		"still activating": {
			always("POST", "/api/v1/groups", oktatest.Fault{Status: 409}), aWrite, group, 424, "okta_refused", true,
		},
		"a read that fails": {
			always("GET", usersPath, oktatest.Fault{Status: 500}), aRead, `{}`, 502, "okta_failed", true,
		},
		"a write that fails": {
			always("POST", "/api/v1/groups", oktatest.Fault{Status: 500}), aWrite, group, 502, "outcome_unknown", false,
		},
		"a write while the org is read-only": {
			always("POST", "/api/v1/groups", oktatest.Fault{Status: 503}), aWrite, group, 502, "okta_failed", true,
		},
		"an idempotent write that fails": {
			always("PUT", "", oktatest.Fault{Status: 500}), "addUserToGroup", anIdempotentOne, 502, "outcome_unknown", true,
		},
		"a read that is cut off": {
			always("GET", usersPath, oktatest.Fault{Drop: true}), aRead, `{}`, 502, "okta_unreachable", true,
		},
		"a write that is cut off": {
			always("POST", "/api/v1/groups", oktatest.Fault{Drop: true}), aWrite, group, 502, "outcome_unknown", false,
		},
		"a read that takes too long": {
			always("GET", usersPath, oktatest.Fault{Delay: "20s"}), aRead, `{}`, 504, "timeout", true,
		},
		"a write that takes too long": {
			always("POST", "/api/v1/groups", oktatest.Fault{Delay: "20s"}), aWrite, group, 504, "outcome_unknown", false,
		},
		"a read before a write that takes too long": {
			always("GET", "", oktatest.Fault{Delay: "20s"}), "deleteEventHook", `{"eventHookId":"who1"}`, 504, "timeout", true,
		},
		"a page instead of JSON": {
			always("GET", usersPath, oktatest.Fault{Status: 200, Body: json.RawMessage(`"<html>"`)}),
			aRead, `{}`, 502, "okta_failed", true,
		},
		"a page instead of JSON to a write": {
			always("POST", "/api/v1/groups", oktatest.Fault{Status: 200, Body: json.RawMessage(`"<html>"`)}),
			aWrite, group, 502, "outcome_unknown", false,
		},
		"a page instead of a refusal": {
			always("POST", "/api/v1/groups", oktatest.Fault{Status: 404, Body: json.RawMessage(`"<html>"`)}),
			aWrite, group, 502, "okta_failed", true,
		},
		"a redirect": {
			always("GET", usersPath, oktatest.Fault{Status: 302}), aRead, `{}`, 502, "okta_failed", true,
		},
		"too many calls at once": {
			always("GET", usersPath, oktatest.Fault{Status: 429, Concurrency: true}), aRead, `{}`, 429, "rate_limited", true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAPI(t)
			a.org.Fault(t, tc.fault)
			status, p := a.invoke(tc.action, tc.inputs, "Connector-Timeout: 300ms")
			require.Equal(t, tc.status, status, "%v", p)
			require.EqualValues(t, tc.status, p["status"])
			require.Equal(t, tc.code, p["code"], "%v", p)
			require.Equal(t, tc.retryable, p["retryable"])
			require.NotEmpty(t, p["detail"])
			require.NotEmpty(t, p["title"])
			require.NotEmpty(t, p["requestId"])
			if tc.status == 424 {
				require.NotEmpty(t, p["okta"].(map[string]any)["errorCode"])
			}
		})
	}
}

// A call that cannot be made in time is refused while there is still time for something else.
func TestProblem_RateLimitIsRefusedAtOnce(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	a.org.Fault(t, oktatest.Fault{Method: "GET", Path: usersPath, Status: 429, ResetAfter: 40})
	began := time.Now()
	for range 3 {
		status, p := a.invoke(aRead, `{}`, "Connector-Timeout: 20s")
		require.Equal(t, http.StatusTooManyRequests, status, "%v", p)
		require.InDelta(t, 41, p["retryAfter"], 3)
	}
	require.Less(t, time.Since(began), 10*time.Second)
	require.Len(t, a.org.Requests(), 1, "what is known to be refused is not sent")
}

// Where there is no credential nothing was sent, so that a write is as safe to repeat as a read.
func TestProblem_Credentials(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	credentials := a.org.Sandbox.Credentials()
	connection := func(clientID string) string {
		raw, err := json.Marshal(map[string]any{"key": "oauth2ClientCredentials", "inputs": map[string]string{
			"oktaDomain": a.org.URL, "clientId": clientID, "privateKey": credentials.PrivateKey,
			"scopes": "okta.groups.manage",
		}})
		require.NoError(t, err)
		return string(raw)
	}
	create := func(clientID string) (int, map[string]any) {
		status, raw := a.send(http.MethodPost, "/v1/actions/createGroup/invoke",
			fmt.Sprintf(`{"connection":%s,"inputs":{"name":"New"}}`, connection(clientID)), "Connector-Timeout: 500ms")
		var p map[string]any
		require.NoError(t, json.Unmarshal([]byte(raw), &p), "%s", raw)
		return status, p
	}
	status, p := create("nobody")
	require.Equal(t, http.StatusFailedDependency, status, "%v", p)
	require.Equal(t, "credential_refused", p["code"])
	require.Equal(t, false, p["retryable"])
	require.Contains(t, p["detail"], "Client ID")
	require.Equal(t, "invalid_client", p["okta"].(map[string]any)["errorCode"])

	token := oktatest.Fault{Method: "POST", Path: "/oauth2/v1/token", Times: -1}
	token.Status = 500
	a.org.Fault(t, token)
	status, p = create(credentials.ClientID)
	require.Equal(t, http.StatusGatewayTimeout, status, "%v", p)
	require.Equal(t, "timeout", p["code"], "not outcome_unknown: the group was not even asked for")
	require.Equal(t, true, p["retryable"])
	for _, r := range a.org.Requests() {
		require.NotEqual(t, "/api/v1/groups", r.Path)
	}
}

// A call of two steps whose second one fails tells what the first one did.
func TestProblem_SaysWhatWasDone(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	status, created := a.invoke("createEventHook",
		`{"eventHookName":"a","eventHookUrl":"http://127.0.0.1:1","eventHookItems":["user.lifecycle.create"]}`)
	require.Equal(t, http.StatusOK, status, "%v", created)
	id := created["data"].(map[string]any)["id"].(string)
	a.org.Fault(t, oktatest.Fault{Method: "DELETE", Path: "/api/v1/eventHooks/" + id, Status: 403})
	status, p := a.invoke("deleteEventHook", `{"eventHookId":"`+id+`"}`)
	require.Equal(t, http.StatusFailedDependency, status, "%v", p)
	require.Regexp(t, `\w; the event hook is turned off by now$`, p["detail"])
}
