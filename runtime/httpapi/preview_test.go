package httpapi_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/okta-connector/okta-connector/connections/okta/oktatest"
	"github.com/okta-connector/okta-connector/manifest"
)

type preview struct {
	Requests []struct {
		Method, Path, Note string
		Query              map[string]any
		Body               json.RawMessage
	}
	Current json.RawMessage
	Changes []struct {
		Pointer  string
		From, To any
	}
}

// preview asks what an action on prod would do, and returns the answer's text too.
func (a *api) preview(action, inputs string) (preview, string) {
	a.t.Helper()
	status, raw := a.send(http.MethodPost, "/v1/actions/"+action+"/preview", `{"connection":"prod","inputs":`+inputs+`}`)
	require.Equal(a.t, http.StatusOK, status, "%s", raw)
	var p preview
	require.NoError(a.t, json.Unmarshal([]byte(raw), &p), "%s", raw)
	return p, raw
}

func (p preview) lines() []string {
	var lines []string
	for _, r := range p.Requests {
		lines = append(lines, r.Method+" "+r.Path)
	}
	return lines
}

// id makes something on prod and returns its id.
func (a *api) id(action, inputs string) string {
	a.t.Helper()
	status, answer := a.invoke(action, inputs)
	require.Equal(a.t, http.StatusOK, status, "%v", answer)
	id := answer["data"].(map[string]any)["id"].(string)
	a.org.Forget()
	return id
}

// No action writes while it is previewed: every one is tried with the inputs of its example, and whatever it answers,
// the org saw reads only.
func TestPreview_NeverWrites(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	written := 0
	for _, action := range manifest.New("test").Actions {
		body := `{"connection":"prod","inputs":` + string(action.Example.Inputs) + `}`
		status, raw := a.send(http.MethodPost, "/v1/actions/"+action.Key+"/preview", body)
		require.Contains(t, []int{http.StatusOK, http.StatusFailedDependency}, status, "%s: %s", action.Key, raw)
		var p preview
		require.NoError(t, json.Unmarshal([]byte(raw), &p))
		for _, r := range p.Requests {
			if r.Method != http.MethodGet {
				written++
			}
		}
	}
	require.Positive(t, written, "some would write")
	require.NotEmpty(t, a.org.Requests(), "reads are made")
	for _, r := range a.org.Requests() {
		require.Equal(t, http.MethodGet, r.Method, r.Line())
	}
}

func TestPreview_CreateUser(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	p, raw := a.preview("createUser", `{
		"login":"new@example.com","email":"new@example.com","firstName":"New","lastName":"User",
		"password":"Tr0ub4dor&3","question":"Which?","answer":"no","profileExtraInputs":{"title":"knows Tr0ub4dor&3, no?"}
	}`)
	require.Equal(t, []string{"POST /api/v1/users"}, p.lines())
	require.Equal(t, map[string]any{"activate": "true", "provider": "false"}, p.Requests[0].Query)
	require.JSONEq(t, `{
		"profile":{
			"login":"new@example.com","email":"new@example.com","firstName":"New","lastName":"User","locale":"en_US",
			"title":"knows [redacted], no?"
		},
		"credentials":{
			"password":{"value":"[redacted]"},
			"recovery_question":{"question":"Which?","answer":"[redacted]"}
		}
	}`, string(p.Requests[0].Body))
	require.NotContains(t, raw, "Tr0ub4dor")
	require.Equal(t, "null", string(p.Current))
	require.Empty(t, p.Changes)
	require.Contains(t, raw, `"changes":[]`)
	require.Empty(t, a.org.Requests())
}

func TestPreview_HashesAreHidden(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	for _, hash := range []string{
		`{"algorithm":"SHA-256","salt":"UEO3wsAsgzQ=","saltOrder":"PREFIX","value":"xjrauE6J6kbjcvMjWSSc+PsBBls="}`,
		`"{\"algorithm\":\"SHA-256\",\"salt\":\"UEO3wsAsgzQ=\",\"saltOrder\":\"PREFIX\",\"value\":\"xjrauE6J6kbjcvMjWSSc+PsBBls=\"}"`,
	} {
		_, raw := a.preview("createUser", strings.Replace(aUser, "{", `{"hashPassword":`+hash+`,`, 1))
		require.NotContains(t, raw, "xjrauE6J")
		require.NotContains(t, raw, "UEO3wsA")
		require.Contains(t, raw, `"hash":{"algorithm":"[redacted]"`)
	}
}

func TestPreview_UpdateShowsWhatWouldChange(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	id := a.id("createUser", aUser)
	p, _ := a.preview("updateUser", `{"id":"`+id+`","firstName":"New","lastName":"Name","department":"R&D"}`)
	require.Equal(t, []string{"POST /api/v1/users/" + id}, p.lines())
	require.Len(t, p.Changes, 2, "the first name is what it was")
	require.Equal(t, "/profile/department", p.Changes[0].Pointer)
	require.Nil(t, p.Changes[0].From)
	require.Equal(t, "R&D", p.Changes[0].To)
	require.Equal(t, "/profile/lastName", p.Changes[1].Pointer)
	require.Equal(t, "User", p.Changes[1].From)
	require.Contains(t, string(p.Current), `"lastName":"User"`)
	require.Equal(t, []string{"GET /api/v1/users/" + id}, a.org.Lines())
}

func TestPreview_DeleteUserShowsBothSteps(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	id := a.id("createUser", aUser)
	p, _ := a.preview("deleteUser", `{"id":"new@example.com"}`)
	require.Equal(t, []string{
		"GET /api/v1/users/new@example.com", "DELETE /api/v1/users/" + id, "DELETE /api/v1/users/" + id,
	}, p.lines())
	require.NotEmpty(t, p.Requests[0].Note)
	require.Equal(t, "false", p.Requests[1].Query["sendEmail"])
	require.Contains(t, p.Requests[1].Note, "deactivates")
	require.Empty(t, p.Requests[2].Note)
	require.Len(t, p.Changes, 1)
	require.Empty(t, p.Changes[0].Pointer, "all of it goes")
	require.Nil(t, p.Changes[0].To)
	status, answer := a.invoke("getUser", `{"id":"`+id+`"}`)
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, "PROVISIONED", answer["data"].(map[string]any)["status"], "it is still there")
}

func TestPreview_UpdateGroupShowsTheMergedProfile(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	id := a.id("createGroup", `{"name":"Data","description":"Old"}`)
	p, _ := a.preview("updateGroup", `{"groupId":"`+id+`","description":"New"}`)
	require.Equal(t, []string{"GET /api/v1/groups/" + id, "PUT /api/v1/groups/" + id}, p.lines())
	require.JSONEq(t, `{"profile":{"name":"Data","description":"New"}}`, string(p.Requests[1].Body))
	require.Len(t, p.Changes, 1)
	require.Equal(t, "/profile/description", p.Changes[0].Pointer)
	require.Equal(t, "Old", p.Changes[0].From)
	require.Equal(t, "New", p.Changes[0].To)
	require.Len(t, a.org.Requests(), 1, "what the action read is not read again")
}

func TestPreview_StepsThatNeedAnAnswer(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	p, raw := a.preview("createEventHook", `{
		"eventHookName":"Joiners","eventHookUrl":"https://engine.example.com/okta",
		"eventHookItems":["user.lifecycle.create"],
		"eventHookUrlHeaders":{"Authorization":"s3cret-one","X-Api-Key":"s3cret-two","X-Source":"okta"}
	}`)
	require.Equal(t, []string{
		"POST /api/v1/eventHooks", "POST /api/v1/eventHooks/new-id/lifecycle/verify",
	}, p.lines())
	require.Contains(t, p.Requests[1].Note, "new-id")
	require.NotContains(t, raw, "s3cret")
	require.Contains(t, raw, `{"key":"X-Source","value":"okta"}`)
	require.Equal(t, "null", string(p.Current))

	p, raw = a.preview("setUserPassword", `{"userId":"me","newPassword":"correct horse","revokeSessions":true}`)
	require.Equal(t, []string{"POST /api/v1/users/me", "DELETE /api/v1/users/me/sessions"}, p.lines())
	require.NotContains(t, raw, "correct horse")
	require.Len(t, p.Changes, 1)
	require.Equal(t, "/credentials/password/value", p.Changes[0].Pointer)
	require.Equal(t, "[redacted]", p.Changes[0].To)
}

func TestPreview_Lifecycle(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	p, _ := a.preview("suspendUser", `{"id":"me"}`)
	require.Equal(t, []string{"POST /api/v1/users/me/lifecycle/suspend"}, p.lines())
	require.Len(t, p.Changes, 1)
	require.Equal(t, "/status", p.Changes[0].Pointer)
	require.Equal(t, "ACTIVE", p.Changes[0].From)
	require.Equal(t, "SUSPENDED", p.Changes[0].To)
	require.Empty(t, p.Requests[0].Note)

	p, _ = a.preview("unsuspendUser", `{"id":"me"}`)
	require.Empty(t, p.Changes, "nothing comes of it")
	require.Equal(t, "Okta will refuse this: the status is ACTIVE and must be SUSPENDED", p.Requests[0].Note)

	p, raw := a.preview("clearUserSessions", `{"userId":"me","oauthTokens":true}`)
	require.Equal(t, map[string]any{"oauthTokens": "true", "forgetDevices": "false"}, p.Requests[0].Query, raw)
}

func TestPreview_SeveralThings(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	hook := `{"eventHookName":"%","eventHookUrl":"https://engine.example.com/%","eventHookItems":["user.lifecycle.create"]}`
	for _, name := range []string{"one", "two"} {
		a.id("createEventHook", strings.ReplaceAll(hook, "%", name))
	}
	p, _ := a.preview("deleteAllEventHooks", `{}`)
	require.Len(t, p.Requests, 5, "the list, and two requests for each")
	var current []any
	require.NoError(t, json.Unmarshal(p.Current, &current))
	require.Len(t, current, 2)
	require.Len(t, p.Changes, 2)
	require.Equal(t, "/1", p.Changes[1].Pointer)
}

func TestPreview_ReadsOnePageOfAFetchAll(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	p, _ := a.preview("listUsers", `{"fetchAll":true,"limit":5,"search":"status pr"}`)
	require.Equal(t, []string{"GET /api/v1/users"}, p.lines())
	require.Contains(t, p.Requests[0].Note, "first page")
	require.Len(t, a.org.Requests(), 1)
}

func TestPreview_WhatIsNotThereOrMayNotBeRead(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	status, raw := a.send(http.MethodPost, "/v1/actions/suspendUser/preview",
		`{"connection":"prod","inputs":{"id":"nobody@example.com"}}`)
	require.Equal(t, http.StatusFailedDependency, status, "%s", raw)
	require.Contains(t, raw, "E0000007")

	a.org.Fault(t, oktatest.Fault{Method: "GET", Path: "/api/v1/users/me", Status: 403})
	p, _ := a.preview("suspendUser", `{"id":"me"}`)
	require.Equal(t, []string{"POST /api/v1/users/me/lifecycle/suspend"}, p.lines())
	require.Contains(t, p.Requests[0].Note, "may not be read")
	require.Equal(t, "null", string(p.Current))

	a.org.Fault(t, oktatest.Fault{Method: "GET", Path: "/api/v1/users/me", Status: 502, Times: -1})
	status, raw = a.send(http.MethodPost, "/v1/actions/suspendUser/preview", `{"connection":"prod","inputs":{"id":"me"}}`,
		"Connector-Timeout: 1ms")
	require.GreaterOrEqual(t, status, 500, "%s", raw)
	require.NotContains(t, raw, "outcome_unknown", "nothing was written")
}

func TestPreview_ChecksAsInvokeDoes(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	status, raw := a.send(http.MethodPost, "/v1/actions/getUser/preview", `{"connection":"prod","inputs":{"nope":1}}`)
	require.Equal(t, http.StatusUnprocessableEntity, status, "%s", raw)
	status, _ = a.send(http.MethodPost, "/v1/actions/nope/preview", `{}`)
	require.Equal(t, http.StatusNotFound, status)
	require.Empty(t, a.org.Requests())
}

func TestPreview_RawBodies(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	p, _ := a.preview("rawRequest", `{"url":"/x?a=1&a=2&token=abc","method":"POST","data":"plain words"}`)
	require.JSONEq(t, `"plain words"`, string(p.Requests[0].Body))
	require.Equal(t, map[string]any{"a": []any{"1", "2"}, "token": "[redacted]"}, p.Requests[0].Query)
	p, _ = a.preview("rawRequest", `{"url":"/x","method":"POST","formData":{"a":"b"}}`)
	require.Contains(t, string(p.Requests[0].Body), "bytes of multipart/form-data")
	p, _ = a.preview("rawRequest", `{"url":"/users/me","method":"DELETE"}`)
	require.Equal(t, "null", string(p.Requests[0].Body))
	require.Len(t, p.Changes, 1)
	require.Equal(t, "DEPROVISIONED", p.Changes[0].To, "one DELETE of an active user deactivates")
}
