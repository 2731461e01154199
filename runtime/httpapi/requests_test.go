package httpapi_test

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/okta-connector/okta-connector/connections/okta/oktatest"
	"github.com/okta-connector/okta-connector/runtime/httpapi"
)

// problemOf reads a problem document, and closes the answer.
func problemOf(t *testing.T, res *http.Response) map[string]any {
	t.Helper()
	defer res.Body.Close()
	require.Equal(t, "application/problem+json", res.Header.Get("Content-Type"))
	var p map[string]any
	require.NoError(t, json.NewDecoder(res.Body).Decode(&p))
	require.EqualValues(t, res.StatusCode, p["status"])
	require.NotEmpty(t, p["requestId"])
	return p
}

func TestRequests_AnotherMethodIsToldWhichThereAre(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	for request, allow := range map[string]string{
		"GET /v1/actions/getUser/invoke": "POST",
		"POST /v1/connections":           "GET, HEAD",
		"PATCH /v1/connections/prod":     "GET, PUT, DELETE, HEAD",
		"OPTIONS /healthz":               "GET, HEAD",
	} {
		method, path, _ := strings.Cut(request, " ")
		res := a.do(method, path, "")
		require.Equal(t, "method_not_allowed", problemOf(t, res)["code"], request)
		require.Equal(t, http.StatusMethodNotAllowed, res.StatusCode, request)
		require.Equal(t, allow, res.Header.Get("Allow"), request)
	}
}

func TestRequests_WhatCanBeReadHasAHead(t *testing.T) {
	t.Parallel()
	a := newAPI(t, "key")
	for path, key := range map[string]string{"/healthz": "", "/readyz": "", "/v1/manifest": "key", "/v1/subscriptions": "key"} {
		status, body := a.send(http.MethodHead, path, "", as(key))
		require.Equal(t, http.StatusOK, status, path)
		require.Empty(t, body, path)
	}
	status, _ := a.send(http.MethodHead, "/v1/manifest", "", as("stranger"))
	require.Equal(t, http.StatusUnauthorized, status)
}

func TestRequests_NothingIsThere(t *testing.T) {
	t.Parallel()
	a := newServer(t, httpapi.Config{Console: http.RedirectHandler("/login", http.StatusSeeOther)}, "")
	for _, path := range []string{"/v1", "/v1/", "/v1/nothing", "/v1/connections/prod/nothing"} {
		res := a.do(http.MethodGet, path, "")
		require.Equal(t, "not_found", problemOf(t, res)["code"], path)
		require.Equal(t, http.StatusNotFound, res.StatusCode, path)
	}
}

func TestRequests_BodiesThatAreNotTaken(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	const path = "/v1/actions/getUser/invoke"
	body := `{"connection":"prod","inputs":{"id":"me"}}`
	for name, test := range map[string]struct {
		body, header string
		status       int
		code         string
	}{
		"compressed":     {body, "Content-Encoding: gzip", 415, "encoded"},
		"a byte order":   {"\uFEFF" + body, "", 400, "bad_json"},
		"twice":          {body + body, "", 400, "bad_json"},
		"a name twice":   {`{"connection":"prod","inputs":{"id":"me","\u0069d":"you"}}`, "", 400, "bad_json"},
		"nothing":        {"", "", 400, "bad_json"},
		"not an object":  {`["prod"]`, "", 400, "not_an_object"},
		"of a form":      {"connection=prod", "Content-Type: application/x-www-form-urlencoded", 415, "not_json"},
		"nested too far": {strings.Repeat(`{"a":`, 200) + "1" + strings.Repeat("}", 200), "", 400, "bad_json"},
	} {
		header := test.header
		if header == "" {
			header = "Content-Type: application/json"
		}
		for _, method := range []string{path, "/v1/actions/getUser/validate", "/v1/data-sources/selectUser"} {
			res := a.do(http.MethodPost, method, test.body, header)
			require.Equal(t, test.code, problemOf(t, res)["code"], "%s at %s", name, method)
			require.Equal(t, test.status, res.StatusCode, "%s at %s", name, method)
		}
	}
	status, _ := a.send(http.MethodPost, path, body, "Content-Encoding: identity")
	require.Equal(t, http.StatusOK, status)
}

// TestRequests_TooLargeIsAnswered: the client here reads nothing before it has sent all of its body.
func TestRequests_TooLargeIsAnswered(t *testing.T) {
	t.Parallel()
	a := newServer(t, httpapi.Config{MaxBody: 1 << 10}, "")
	res := exchange(t, a, "Content-Length: 20000000\r\n", strings.NewReader(strings.Repeat("x", 20_000_000)))
	require.Equal(t, "body_too_large", problemOf(t, res)["code"])
	require.Equal(t, http.StatusRequestEntityTooLarge, res.StatusCode)
}

// TestRequests_BrokenOff: it is the caller's doing, not ours.
func TestRequests_BrokenOff(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	for _, framing := range []string{"Content-Length: 100\r\n", "Transfer-Encoding: chunked\r\n"} {
		res := exchange(t, a, framing, strings.NewReader(`{"connection`))
		require.Equal(t, "body_broken", problemOf(t, res)["code"], framing)
		require.Equal(t, http.StatusBadRequest, res.StatusCode, framing)
	}
}

// TestRequests_TooSlow: the server stops waiting for the rest of the body, and says so.
func TestRequests_TooSlow(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	s := httptest.NewUnstartedServer(httpapi.New(httpapi.Config{Engine: a.engine}))
	s.Config.ReadTimeout = 50 * time.Millisecond
	s.Start()
	t.Cleanup(s.Close)
	body, more := io.Pipe()
	t.Cleanup(func() { more.Close() })
	res, err := http.Post(s.URL+"/v1/actions/getUser/invoke", "application/json", body)
	require.NoError(t, err)
	require.Equal(t, "body_too_slow", problemOf(t, res)["code"])
	require.Equal(t, http.StatusRequestTimeout, res.StatusCode)
}

// exchange sends a request by hand, ends its sending side, and then reads.
func exchange(t *testing.T, a *api, framing string, body io.Reader) *http.Response {
	t.Helper()
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", a.server.Listener.Addr().String())
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close() })
	require.NoError(t, conn.SetDeadline(time.Now().Add(20*time.Second)))
	_, err = io.WriteString(conn, "POST /v1/actions/getUser/invoke HTTP/1.1\r\nHost: localhost\r\n"+
		"Content-Type: application/json\r\n"+framing+"\r\n")
	require.NoError(t, err)
	_, err = io.Copy(conn, body)
	require.NoError(t, err)
	require.NoError(t, conn.(*net.TCPConn).CloseWrite())
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	require.NoError(t, err)
	return res
}

// TestRequests_AnotherSitesPage: without keys nothing else would tell it from a program on this machine.
func TestRequests_AnotherSitesPage(t *testing.T) {
	t.Parallel()
	open, locked := newAPI(t), newAPI(t, "key")
	const test = "/v1/connections/prod/test" // needs no body, so that no content type gives a page away
	for _, header := range []string{"Origin: https://evil.example", "Sec-Fetch-Site: cross-site"} {
		res := open.do(http.MethodPost, test, "", header)
		require.Equal(t, "cross_origin", problemOf(t, res)["code"], header)
		require.Equal(t, http.StatusForbidden, res.StatusCode, header)
		require.Empty(t, open.org.Requests())

		status, _ := locked.send(http.MethodPost, test, "", header)
		require.Equal(t, http.StatusOK, status, "who has the key may")
	}
	for _, header := range []string{"Origin: " + open.server.URL, "Sec-Fetch-Site: same-origin"} {
		status, _ := open.send(http.MethodPost, test, "", header)
		require.Equal(t, http.StatusOK, status, header)
	}
}

// TestRequests_RetryAfterAlsoWithAKey: an answer that goes through the idempotency keys has the same headers.
func TestRequests_RetryAfterAlsoWithAKey(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	a.org.Fault(t, oktatest.Fault{Method: "GET", Path: usersPath, Status: 429, ResetAfter: 40})
	body := `{"connection":"prod","inputs":{}}`
	for _, header := range []string{"X-Plain: yes", "Idempotency-Key: a"} {
		res := a.do(http.MethodPost, "/v1/actions/listUsers/invoke", body, "Connector-Timeout: 5s", header)
		require.Equal(t, http.StatusTooManyRequests, res.StatusCode, header)
		require.Regexp(t, `^[34]\d$`, res.Header.Get("Retry-After"), header)
		require.InDelta(t, 41, problemOf(t, res)["retryAfter"], 3, header)
	}
}

// TestRequests_SameKeyAndBodyInTheBackground: how the call is made is no part of what it says.
func TestRequests_SameKeyAndBodyInTheBackground(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	const path, body, key = "/v1/actions/createUser/invoke", `{"connection":"prod","inputs":` + aUser + `}`, "Idempotency-Key: a"
	status, first := a.send(http.MethodPost, path, body, key)
	require.Equal(t, http.StatusOK, status, first)
	status, again := a.send(http.MethodPost, path, body, key, "Prefer: respond-async")
	require.Equal(t, http.StatusOK, status, again)
	require.Equal(t, first, again)
}

func TestRequests_DataSourceNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	res := a.do(http.MethodPost, "/v1/data-sources/selectUser", `{"query":5,"cursor":[],"more":1}`)
	require.Equal(t, http.StatusUnprocessableEntity, res.StatusCode)
	var pointers []any
	for _, field := range problemOf(t, res)["errors"].([]any) {
		pointers = append(pointers, field.(map[string]any)["pointer"])
	}
	require.ElementsMatch(t, []any{"/connection", "/query", "/cursor", "/more"}, pointers)
}

func TestRequests_RewindIntoTheFuture(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	status, made := a.send(http.MethodPut, "/v1/subscriptions/s", `{"trigger":"newUsers","connection":"prod"}`)
	require.Equal(t, http.StatusCreated, status, made)
	to := time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
	res := a.do(http.MethodPost, "/v1/subscriptions/s/rewind", `{"to":"`+to+`"}`)
	require.Equal(t, http.StatusUnprocessableEntity, res.StatusCode)
	require.Equal(t, "/to", problemOf(t, res)["errors"].([]any)[0].(map[string]any)["pointer"])
}

// TestRequests_WhatIsUnderWayWhenTheWorkEnds is answered all the same: its caller learns what is known, and a write is
// in the audit trail.
func TestRequests_WhatIsUnderWayWhenTheWorkEnds(t *testing.T) {
	t.Parallel()
	work, end := context.WithCancel(t.Context())
	a := newServer(t, httpapi.Config{Work: work}, "")
	a.org.Fault(t, oktatest.Fault{Method: "GET", Path: usersPath, Times: -1, Delay: "30s"})
	a.org.Fault(t, oktatest.Fault{Method: "POST", Path: "/api/v1/groups", Delay: "30s"})
	codes := make(chan string, 3)
	call := func(action, inputs string, headers ...string) {
		_, p := a.invoke(action, inputs, headers...)
		code, _ := p["code"].(string)
		codes <- code
	}
	go call("listUsers", `{}`)
	go call("listUsers", `{"fetchAll":true}`, "Accept: application/x-ndjson")
	go call("createGroup", `{"name":"New"}`)
	eventually(t, func() bool { return len(a.org.Requests()) == 3 })
	end()
	require.ElementsMatch(t, []string{"cancelled", "cancelled", "outcome_unknown"}, []string{<-codes, <-codes, <-codes})
	_, trail := a.send(http.MethodGet, "/v1/audit", "")
	require.Contains(t, trail, `"outcome":"unknown"`)
}
