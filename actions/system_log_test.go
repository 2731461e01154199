package actions_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/okta-connector/okta-connector/actions"
	"github.com/okta-connector/okta-connector/connections/okta"
	"github.com/okta-connector/okta-connector/connections/okta/oktatest"
)

// longLog serves a System Log of so many events as Okta pages it: without until the next link never ends.
func longLog(t *testing.T, events int) *oktatest.Server {
	t.Helper()
	return oktatest.Serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		query := r.URL.Query()
		limit, err := strconv.Atoi(query.Get("limit"))
		if r.URL.Path != "/api/v1/logs" || err != nil {
			http.NotFound(w, r)
			return
		}
		first, _ := strconv.Atoi(query.Get("after")) // none is 0
		last := min(first+limit, events)
		if last < events || !query.Has("until") {
			query.Set("after", strconv.Itoa(last))
			w.Header().Add("Link", fmt.Sprintf(`<http://%s/api/v1/logs?%s>; rel="next"`, r.Host, query.Encode()))
		}
		page := make([]string, 0, limit)
		for i := first; i < last; i++ {
			page = append(page, fmt.Sprintf(`{"uuid":"%d"}`, i))
		}
		_, _ = w.Write([]byte("[" + strings.Join(page, ",") + "]"))
	}))
}

func logRequests(org *oktatest.Server) []oktatest.Request {
	var logs []oktatest.Request
	for _, r := range org.Requests() {
		if r.Path == "/api/v1/logs" {
			logs = append(logs, r)
		}
	}
	return logs
}

func TestGetSystemLogs_OnePage(t *testing.T) {
	t.Parallel()
	org := longLog(t, 450)
	c := org.Client(t, "token")
	first := mustInvoke(t, c, actions.GetSystemLogs, `{"since": "2026-02-04T00:00:00Z", "sortOrder": "ASCENDING"}`)
	require.Len(t, first.list(t), 200)
	require.Equal(t, "200", first.NextCursor)
	require.Equal(t,
		[]string{"GET /api/v1/logs?limit=200&since=2026-02-04T00%3A00%3A00Z&sortOrder=ASCENDING"}, org.Lines())

	org.Forget()
	last := mustInvoke(t, c, actions.GetSystemLogs,
		`{"since": "2026-02-04T00:00:00Z", "sortOrder": "ASCENDING", "limit": 1000, "after": "200"}`)
	require.Len(t, last.list(t), 250)
	require.Equal(t, []string{"GET /api/v1/logs?after=200&limit=1000&sortOrder=ASCENDING"}, org.Lines(),
		"Okta takes since or after, not both")
	require.Equal(t, "450", last.NextCursor)

	empty := mustInvoke(t, c, actions.GetSystemLogs, `{"after": "450"}`)
	require.JSONEq(t, `[]`, string(empty.Data))
	require.Empty(t, empty.NextCursor, "an empty page links to itself for ever")
}

// TestGetSystemLogs_FetchAllEnds: a query without until has no end at Okta, so it gets one.
func TestGetSystemLogs_FetchAllEnds(t *testing.T) {
	t.Parallel()
	org := longLog(t, 2500)
	reply := mustInvoke(t, org.Client(t, "token"), actions.GetSystemLogs, `{"fetchAll": true}`)
	require.Len(t, reply.list(t), 2500)
	require.Empty(t, reply.NextCursor)
	sent := logRequests(org)
	require.Len(t, sent, 3)
	for _, r := range sent {
		require.Equal(t, "1000", r.Query.Get("limit"))
		until, err := time.Parse(time.RFC3339, r.Query.Get("until"))
		require.NoError(t, err)
		require.WithinDuration(t, time.Now(), until, 30*time.Second)
	}
}

// TestGetSystemLogs_UntilIsOktasNow: our clock may be wrong, Okta's decides, and what has just happened is included.
func TestGetSystemLogs_UntilIsOktasNow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org := &script{answers: []int{200}, ahead: 5 * time.Minute}
		mustInvoke(t, org.client(t), actions.GetSystemLogs, `{"fetchAll": true}`)
		last := org.asked[len(org.asked)-1]
		require.Equal(t, "/api/v1/logs", last.Path)
		require.Equal(t, time.Now().Add(org.ahead+time.Second).UTC().Format("2006-01-02T15:04:05.000Z"),
			last.Query().Get("until"))
	})
}

// TestGetSystemLogs_StopsAtTenThousand: with the cursor of the last page another call goes on, without a gap.
func TestGetSystemLogs_StopsAtTenThousand(t *testing.T) {
	t.Parallel()
	org := longLog(t, 10_500)
	c := org.Client(t, "token")
	first := mustInvoke(t, c, actions.GetSystemLogs, `{"fetchAll": true, "until": "2026-02-05T00:00:00Z"}`)
	require.Len(t, first.list(t), 10_000)
	require.Equal(t, "10000", first.NextCursor)
	rest := mustInvoke(t, c, actions.GetSystemLogs,
		`{"fetchAll": true, "until": "2026-02-05T00:00:00Z", "after": "10000"}`)
	require.Len(t, rest.list(t), 500)
	require.Equal(t, "10000", rest.list(t)[0]["uuid"])
	require.Empty(t, rest.NextCursor)

	odd := mustInvoke(t, c, actions.GetSystemLogs, `{"fetchAll": true, "limit": 300}`)
	require.Len(t, odd.list(t), 9900, "one more page of 300 would be too many")
	require.Equal(t, "9900", odd.NextCursor)
}

// TestGetSystemLogs_WhatJustHappened: reading everything up to now includes what was done a moment ago.
func TestGetSystemLogs_WhatJustHappened(t *testing.T) {
	t.Parallel()
	org := newOrg(t)
	id := addUser(t, org, "ada@example.com")
	events := mustInvoke(t, org.Client, actions.GetSystemLogs,
		`{"fetchAll": true, "filter": "target.id eq \"`+id+`\" and eventType eq \"user.lifecycle.create\""}`)
	require.Len(t, events.list(t), 1)
	require.Empty(t, events.NextCursor)

	_, err := invoke(t, org.Client, actions.GetSystemLogs, `{"filter": "eventType like \"x\""}`)
	var refusal *okta.Error
	require.ErrorAs(t, err, &refusal)
	require.Equal(t, http.StatusBadRequest, refusal.Status)
}

func TestGetSystemLogs_Checks(t *testing.T) {
	t.Parallel()
	word := strings.Repeat("\u00e4", 40)
	for inputs, want := range map[string][]string{
		`{"since": "2026-02-05T00:00:00Z", "until": "2026-02-04T00:00:00Z"}`:      {"/since"},
		`{"since": "2026-02-05T00:00:00+02:00", "until": "2026-02-04T21:59:59Z"}`: {"/since"},
		`{"since": "yesterday"}`:            {"/since"},
		`{"limit": 1001}`:                   {"/limit"},
		`{"limit": 0}`:                      {"/limit"},
		`{"sortOrder": "asc"}`:              {"/sortOrder"},
		`{"q": "` + word + `x"}`:            {"/q"},
		`{"q": "1 2 3 4 5 6 7 8 9 10 11"}`:  {"/q"},
		`{"fetchAll": "yes", "until": "x"}`: {"/fetchAll", "/until"},
	} {
		require.Equal(t, want, refusedFields(t, actions.GetSystemLogs, inputs), inputs)
	}
	for _, inputs := range []string{
		`{"q": "` + word + ` 2 3 4 5 6 7 8 9 10"}`,
		`{"since": "2026-02-05T00:00:00+02:00", "until": "2026-02-04T22:00:00Z"}`,
		`{"since": null, "until": "", "limit": "1000", "fetchAll": "true"}`,
	} {
		_, err := actions.GetSystemLogs.Bind(json.RawMessage(inputs))
		require.NoError(t, err, inputs)
	}
}
