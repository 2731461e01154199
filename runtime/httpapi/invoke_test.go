package httpapi_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/okta-connector/okta-connector/connections/okta/oktatest"
)

func TestInvoke_AnswersDataAndMeta(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	status, answer := a.invoke("createUser", aUser)
	require.Equal(t, http.StatusOK, status, "%v", answer)
	require.Equal(t, "PROVISIONED", answer["data"].(map[string]any)["status"])
	meta := answer["meta"].(map[string]any)
	require.EqualValues(t, 1, meta["requests"])
	require.EqualValues(t, 0, meta["waitedMs"])
	require.Len(t, meta["oktaRequestIds"], 1)
	require.NotContains(t, answer, "nextCursor")
}

func TestInvoke_InlineConnection(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	status, raw := a.send(http.MethodPost, "/v1/actions/getUser/invoke",
		`{"connection":`+a.connection()+`,"inputs":{"id":"me"}}`)
	require.Equal(t, http.StatusOK, status, "%s", raw)
}

// Whatever a caller does wrong has a status of its own, and nothing goes to Okta.
func TestInvoke_WhatACallerDoesWrong(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	deep := strings.Repeat(`{"a":`, 200) + "1" + strings.Repeat("}", 200)
	for _, tc := range []struct {
		name, action, body string
		status             int
		pointers           []string
	}{
		{"no such action", "nope", `{}`, 404, nil},
		{"not JSON", "getUser", `{"connection":`, 400, nil},
		{"trailing data", "getUser", `{} {}`, 400, nil},
		{"an array", "getUser", `[]`, 400, nil},
		{"a string", "getUser", `"x"`, 400, nil},
		{"empty", "getUser", ``, 400, nil},
		{"a key twice", "getUser", `{"connection":"prod","inputs":{"id":"a","id":"b"}}`, 400, nil},
		{"a key twice by another spelling", "getUser", `{"connection":"prod","inputs":{"id":"a","\u0069d":"b"}}`, 400, nil},
		{"not UTF-8", "getUser", "{\"connection\":\"prod\",\"inputs\":{\"id\":\"\xff\"}}", 400, nil},
		{"half a surrogate pair", "getUser", `{"connection":"prod","inputs":{"id":"\ud800"}}`, 400, nil},
		{"too deep", "rawRequest", `{"connection":"prod","inputs":{"data":` + deep + `}}`, 400, nil},
		{"no such connection", "getUser", `{"connection":"nope","inputs":{"id":"me"}}`, 404, nil},
		{"no connection", "getUser", `{"inputs":{"id":"me"}}`, 422, []string{"/connection"}},
		{"a connection that is a number", "getUser", `{"connection":7,"inputs":{"id":"me"}}`, 422, []string{"/connection"}},
		{"inputs that are a list", "getUser", `{"connection":"prod","inputs":[]}`, 422, []string{"/inputs"}},
		{"a member too many", "getUser", `{"connection":"prod","input":{"id":"me"}}`, 422, []string{"/input", "/inputs/id"}},
		{"nothing given", "getUser", `{"connection":"prod"}`, 422, []string{"/inputs/id"}},
		{"null for a required input", "getUser", `{"connection":"prod","inputs":{"id":null}}`, 422, []string{"/inputs/id"}},
		{
			"everything wrong at once", "createUser",
			`{"connection":"prod","inputs":{"email":true,"activate":"yes","groupIds":"x","nope":1}}`, 422,
			[]string{"/inputs/login", "/inputs/email", "/inputs/groupIds", "/inputs/activate", "/inputs/nope"},
		},
		{
			"an inline connection without its secret", "getUser",
			`{"connection":{"key":"apiToken","inputs":{"oktaDomain":"https://acme-admin.okta.com"}},"inputs":{}}`, 422,
			[]string{"/inputs/id", "/connection/inputs/oktaDomain", "/connection/inputs/apiToken"},
		},
		{
			"an unknown kind of connection", "getUser", `{"connection":{"key":"magic","inputs":{}},"inputs":{"id":"me"}}`, 422,
			[]string{"/connection/key"},
		},
		{"an id that leaves its segment", "getUser", `{"connection":"prod","inputs":{"id":".."}}`, 422, []string{"/inputs/id"}},
		{"a hostile number", "listUsers", `{"connection":"prod","inputs":{"limit":1e999999999}}`, 422, []string{"/inputs/limit"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			status, raw := a.send(http.MethodPost, "/v1/actions/"+tc.action+"/invoke", tc.body)
			require.Equal(t, tc.status, status, "%s", raw)
			var p struct {
				Type, Title, Detail, Code, RequestID string
				Status                               int
				Errors                               []struct{ Pointer, Detail string }
			}
			require.NoError(t, json.Unmarshal([]byte(raw), &p), "%s", raw)
			require.Equal(t, tc.status, p.Status)
			require.NotEmpty(t, p.Code)
			require.NotEmpty(t, p.Detail)
			require.NotEmpty(t, p.RequestID)
			var pointers []string
			for _, e := range p.Errors {
				pointers = append(pointers, e.Pointer)
				require.NotEmpty(t, e.Detail)
			}
			require.Equal(t, tc.pointers, pointers, "%s", raw)
			validated, _ := a.send(http.MethodPost, "/v1/actions/"+tc.action+"/validate", tc.body)
			require.Equal(t, tc.status, validated, "validate agrees")
		})
	}
	require.Empty(t, a.org.Requests(), "nothing was sent to Okta")
}

func TestInvoke_MediaTypeAndSize(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	status, _ := a.send(http.MethodPost, "/v1/actions/getUser/invoke", `{}`, "Content-Type: text/plain")
	require.Equal(t, http.StatusUnsupportedMediaType, status)
	status, _ = a.send(http.MethodPost, "/v1/actions/getUser/invoke", `{"x":"`+strings.Repeat("x", 10<<20)+`"}`)
	require.Equal(t, http.StatusRequestEntityTooLarge, status)
	status, _ = a.send(http.MethodGet, "/v1/actions/getUser/invoke", "")
	require.Equal(t, http.StatusMethodNotAllowed, status)
	status, _ = a.send(http.MethodGet, "/v1/nothing", "")
	require.Equal(t, http.StatusNotFound, status)
}

func TestInvoke_OktaRefuses(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	status, p := a.invoke("getUser", `{"id":"nobody@example.com"}`)
	require.Equal(t, http.StatusFailedDependency, status)
	require.Equal(t, false, p["retryable"])
	okta := p["okta"].(map[string]any)
	require.EqualValues(t, 404, okta["status"])
	require.Equal(t, "E0000007", okta["errorCode"])
	require.NotEmpty(t, okta["errorId"])

	a.org.Fault(t, oktatest.Fault{Method: "POST", Path: "/api/v1/users", Status: 500, Times: 1, Processed: true})
	status, p = a.invoke("createGroup", `{"name":"New"}`)
	require.Equal(t, http.StatusOK, status, "%v", p)
}

func TestInvoke_RateLimitThatCannotBeWaitedOut(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	a.org.Fault(t, oktatest.Fault{Method: "GET", Path: "/api/v1/groups", Status: 429, Times: 1, ResetAfter: 40})
	res := a.do(http.MethodPost, "/v1/actions/listGroups/invoke", `{"connection":"prod","inputs":{}}`, "Connector-Timeout: 2s")
	defer res.Body.Close()
	require.Equal(t, http.StatusTooManyRequests, res.StatusCode)
	require.NotEmpty(t, res.Header.Get("Retry-After"))
	var p map[string]any
	require.NoError(t, json.NewDecoder(res.Body).Decode(&p))
	require.Equal(t, true, p["retryable"])
	require.InDelta(t, 41, p["retryAfter"], 3)
}

func TestInvoke_Timeout(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	a.org.Fault(t, oktatest.Fault{Path: "/api/v1/groups", Delay: "3s", Times: 2})
	status, p := a.invoke("listGroups", `{}`, "Connector-Timeout: 50ms")
	require.Equal(t, http.StatusGatewayTimeout, status)
	require.Equal(t, true, p["retryable"])
	status, p = a.invoke("createGroup", `{"name":"New"}`, "Connector-Timeout: 50ms")
	require.Equal(t, http.StatusGatewayTimeout, status)
	require.Equal(t, "outcome_unknown", p["code"])
	require.Equal(t, false, p["retryable"])
	status, _ = a.invoke("listGroups", `{}`, "Connector-Timeout: soon")
	require.Equal(t, http.StatusBadRequest, status)
}

func TestInvoke_PagesAndCursor(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	seen := map[string]bool{}
	after := ""
	for range 5 {
		status, answer := a.invoke("listUsers", fmt.Sprintf(`{"limit":5,"after":%q,"search":"status pr"}`, after))
		require.Equal(t, http.StatusOK, status, "%v", answer)
		for _, user := range answer["data"].([]any) {
			seen[user.(map[string]any)["id"].(string)] = true
		}
		next, more := answer["nextCursor"].(string)
		if after = next; !more {
			break
		}
	}
	require.Len(t, seen, 12)
}

func TestInvoke_NDJSON(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	lines := func(inputs string) (int, []string) {
		res := a.do(http.MethodPost, "/v1/actions/listUsers/invoke", `{"connection":"prod","inputs":`+inputs+`}`,
			"Accept: application/x-ndjson")
		defer res.Body.Close()
		var lines []string
		for scanner := bufio.NewScanner(res.Body); scanner.Scan(); {
			lines = append(lines, scanner.Text())
		}
		return res.StatusCode, lines
	}
	status, got := lines(`{"fetchAll":true,"limit":5,"search":"status pr"}`)
	require.Equal(t, http.StatusOK, status)
	require.Len(t, got, 12)
	for _, line := range got {
		require.True(t, json.Valid([]byte(line)))
	}

	a.org.Fault(t, oktatest.Fault{Method: "GET", Path: "/api/v1/users", Status: 403, Times: 1})
	status, _ = lines(`{"fetchAll":true}`)
	require.Equal(t, http.StatusFailedDependency, status, "nothing was written yet: the failure has its status")
}

func TestInvoke_IdempotencyKey(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	status, first := a.invoke("createUser", aUser, "Idempotency-Key: order-1")
	require.Equal(t, http.StatusOK, status, "%v", first)
	status, again := a.invoke("createUser", aUser, "Idempotency-Key: order-1")
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, first, again)
	require.Len(t, a.org.Requests(), 1, "one call to Okta")
	status, p := a.invoke("createUser", strings.ReplaceAll(aUser, "new@", "other@"), "Idempotency-Key: order-1")
	require.Equal(t, http.StatusConflict, status)
	require.Equal(t, "idempotency_key_reused", p["code"])
}

func TestInvoke_ConcurrentDuplicatesWaitForTheFirst(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	a.org.Fault(t, oktatest.Fault{Method: "POST", Path: "/api/v1/users", Delay: "100ms", Times: 1})
	var group sync.WaitGroup
	ids := make([]any, 4)
	for i := range ids {
		group.Go(func() {
			_, answer := a.invoke("createUser", aUser, "Idempotency-Key: order-1")
			if data, ok := answer["data"].(map[string]any); ok {
				ids[i] = data["id"]
			}
		})
	}
	group.Wait()
	require.NotNil(t, ids[0])
	for _, id := range ids {
		require.Equal(t, ids[0], id)
	}
	require.Len(t, a.org.Requests(), 1)
}

func TestInvoke_IdempotencyKeyMayTryAgainAfterWhatSurelyDidNotHappen(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	a.org.Fault(t, oktatest.Fault{Method: "POST", Path: "/api/v1/users", Status: 429, Times: 1, ResetAfter: 50})
	status, _ := a.invoke("createUser", aUser, "Idempotency-Key: order-1", "Connector-Timeout: 1s")
	require.Equal(t, http.StatusTooManyRequests, status)
	a2 := `{"connection":` + a.connection() + `,"inputs":` + aUser + `}`
	status, _ = a.send(http.MethodPost, "/v1/actions/createUser/validate", a2)
	require.Equal(t, http.StatusNoContent, status)
}

func TestInvoke_InTheBackground(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	res := a.do(http.MethodPost, "/v1/actions/listUsers/invoke", `{"connection":"prod","inputs":{"fetchAll":true}}`,
		"Prefer: respond-async")
	defer res.Body.Close()
	require.Equal(t, http.StatusAccepted, res.StatusCode)
	location := res.Header.Get("Location")
	require.True(t, strings.HasPrefix(location, "/v1/invocations/"))
	var call struct {
		Status   string
		Progress struct{ Pages, Items int }
		Answer   struct{ Data []json.RawMessage }
	}
	eventually(t, func() bool {
		status, raw := a.send(http.MethodGet, location, "")
		return status == http.StatusOK && json.Unmarshal([]byte(raw), &call) == nil && call.Status == "done"
	})
	require.NotEmpty(t, call.Answer.Data)
	require.Equal(t, len(call.Answer.Data), call.Progress.Items)
	status, _ := a.send(http.MethodGet, "/v1/invocations/nope", "")
	require.Equal(t, http.StatusNotFound, status)
}

func TestInvoke_CancelledInTheBackground(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	a.org.Fault(t, oktatest.Fault{Method: "GET", Path: "/api/v1/users", Delay: "20s", Times: 1})
	res := a.do(http.MethodPost, "/v1/actions/listUsers/invoke", `{"connection":"prod","inputs":{"fetchAll":true}}`,
		"Prefer: respond-async")
	defer res.Body.Close()
	location := res.Header.Get("Location")
	status, _ := a.send(http.MethodDelete, location, "")
	require.Equal(t, http.StatusNoContent, status)
	eventually(t, func() bool {
		_, raw := a.send(http.MethodGet, location, "")
		return strings.Contains(raw, `"status":"cancelled"`)
	})
}
