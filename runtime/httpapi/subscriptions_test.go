package httpapi_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestSubscription_LifeOfOne(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	body := `{"trigger":"newUsers","connection":"prod","schedule":"*/5 * * * *","timeZone":"Europe/Berlin",
		"deliverTo":{"url":"https://engine.example/hook","headers":{"X-Key":"canary-header"}}}`
	status, raw := a.send(http.MethodPut, "/v1/subscriptions/joiners", body)
	require.Equal(t, http.StatusCreated, status, "%s", raw)
	var made struct {
		Status    string
		DeliverTo struct {
			Secret  string
			Headers struct{ Set bool }
		}
		LastPoll struct{ Result string }
	}
	require.NoError(t, json.Unmarshal([]byte(raw), &made))
	require.Equal(t, "active", made.Status)
	require.True(t, strings.HasPrefix(made.DeliverTo.Secret, "whsec_"), "the secret is shown once")
	require.True(t, made.DeliverTo.Headers.Set)
	require.Equal(t, "polled_no_changes", made.LastPoll.Result)

	status, raw = a.send(http.MethodPut, "/v1/subscriptions/joiners", body)
	require.Equal(t, http.StatusOK, status, "%s", raw)
	require.NotContains(t, raw, "whsec_")
	require.NotContains(t, raw, "canary-header")

	for _, other := range []string{
		strings.Replace(body, "newUsers", "updatedUsers", 1), strings.Replace(body, `"prod"`, `"other"`, 1),
	} {
		status, raw = a.send(http.MethodPut, "/v1/subscriptions/joiners", other)
		require.Equal(t, http.StatusConflict, status, "%s", raw)
	}

	_, answer := a.invoke("createUser", aUser)
	id := answer["data"].(map[string]any)["id"].(string)
	status, raw = a.send(http.MethodPost, "/v1/subscriptions/joiners/poll", "")
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, raw, `"result":"completed"`)
	status, raw = a.send(http.MethodGet, "/v1/subscriptions/joiners/events?limit=10", "")
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, raw, id+":created")
	status, raw = a.send(http.MethodGet, "/v1/subscriptions/joiners/runs", "")
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, raw, "completed")

	status, raw = a.send(http.MethodDelete, "/v1/connections/prod", "")
	require.Equal(t, http.StatusConflict, status)
	require.Contains(t, raw, "joiners")

	for path, want := range map[string]string{"pause": `"paused"`, "resume": `"active"`} {
		status, raw = a.send(http.MethodPost, "/v1/subscriptions/joiners/"+path, "")
		require.Equal(t, http.StatusOK, status, "%s", raw)
		_ = want
	}
	status, _ = a.send(http.MethodPost, "/v1/subscriptions/joiners/rewind", `{"to":"2026-01-01T00:00:00Z"}`)
	require.Equal(t, http.StatusOK, status)
	status, _ = a.send(http.MethodPost, "/v1/subscriptions/joiners/rewind", `{"to":"yesterday"}`)
	require.Equal(t, http.StatusUnprocessableEntity, status)

	status, _ = a.send(http.MethodDelete, "/v1/subscriptions/joiners", "")
	require.Equal(t, http.StatusNoContent, status)
	status, _ = a.send(http.MethodGet, "/v1/subscriptions/joiners", "")
	require.Equal(t, http.StatusNotFound, status)
	status, _ = a.send(http.MethodDelete, "/v1/connections/prod", "")
	require.Equal(t, http.StatusNoContent, status)
}

func TestSubscription_WhatIsRefused(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	for _, tc := range []struct {
		name, id, body string
		status         int
		pointers       []string
	}{
		{"nothing given", "s", `{}`, 422, []string{"/trigger", "/connection"}},
		{"no such trigger", "s", `{"trigger":"x","connection":"prod"}`, 404, nil},
		{"no such connection", "s", `{"trigger":"newUsers","connection":"x"}`, 404, nil},
		{"a bad schedule", "s", `{"trigger":"newUsers","connection":"prod","schedule":"often"}`, 422, []string{"/schedule"}},
		{
			"a bad zone", "s", `{"trigger":"newUsers","connection":"prod","timeZone":"Mars/Olympus"}`, 422,
			[]string{"/timeZone"},
		},
		{
			"everything at once", "s",
			`{"trigger":"newUsers","connection":"prod","startFrom":"soon","batchSize":0,"inputs":{"x":1},"deliver":1}`, 422,
			[]string{"/batchSize", "/deliver"},
		},
		{"unknown inputs", "s", `{"trigger":"newUsers","connection":"prod","inputs":{"x":1}}`, 422, []string{"/inputs/x"}},
		{
			"a metadata receiver", "s",
			`{"trigger":"newUsers","connection":"prod","deliverTo":{"url":"http://169.254.169.254/latest"}}`, 422,
			[]string{"/deliverTo/url"},
		},
		{
			"a mapped metadata receiver", "s",
			`{"trigger":"newUsers","connection":"prod","deliverTo":{"url":"http://[::ffff:169.254.169.254]/"}}`, 422,
			[]string{"/deliverTo/url"},
		},
		{
			"a receiver that is a file", "s",
			`{"trigger":"newUsers","connection":"prod","deliverTo":{"url":"file:///etc/passwd"}}`, 422,
			[]string{"/deliverTo/url"},
		},
		{
			"a weak secret", "s",
			`{"trigger":"newUsers","connection":"prod","deliverTo":{"url":"http://e.example/","secret":"hunter2"}}`, 422,
			[]string{"/deliverTo/secret"},
		},
		{
			"a header of the delivery itself", "s",
			`{"trigger":"newUsers","connection":"prod","deliverTo":{"url":"http://e.example/","headers":{"Webhook-Id":"1"}}}`, 422,
			[]string{"/deliverTo/headers/Webhook-Id"},
		},
		{"a name that needs quoting", "a%20b", `{"trigger":"newUsers","connection":"prod"}`, 422, []string{"/id"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			status, raw := a.send(http.MethodPut, "/v1/subscriptions/"+tc.id, tc.body)
			require.Equal(t, tc.status, status, "%s", raw)
			var p struct{ Errors []struct{ Pointer string } }
			require.NoError(t, json.Unmarshal([]byte(raw), &p))
			var pointers []string
			for _, e := range p.Errors {
				pointers = append(pointers, e.Pointer)
			}
			require.Equal(t, tc.pointers, pointers, "%s", raw)
		})
	}
	status, raw := a.send(http.MethodGet, "/v1/subscriptions", "")
	require.Equal(t, http.StatusOK, status)
	require.JSONEq(t, `{"items":[]}`, raw)
}

func TestConnection_SecretsStayAndNeverMoveToAnotherOrg(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	status, raw := a.send(http.MethodGet, "/v1/connections/prod", "")
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, raw, `"apiToken":{"set":true}`)
	require.NotContains(t, raw, a.org.Sandbox.Credentials().APIToken)

	keep := `{"key":"apiToken","inputs":{"oktaDomain":"` + a.org.URL + `","apiToken":{"set":true}}}`
	status, raw = a.send(http.MethodPut, "/v1/connections/prod", keep)
	require.Equal(t, http.StatusOK, status, "%s", raw)
	status, _ = a.invoke("getUser", `{"id":"me"}`)
	require.Equal(t, http.StatusOK, status, "the stored token is still there")

	status, raw = a.send(http.MethodPut, "/v1/connections/prod",
		`{"key":"apiToken","inputs":{"oktaDomain":"evil.okta.com","apiToken":{"set":true}}}`)
	require.Equal(t, http.StatusUnprocessableEntity, status)
	require.Contains(t, raw, "/inputs/apiToken")
}

func TestKeys_AreNeededWhereTheyAreSet(t *testing.T) {
	t.Parallel()
	a := newAPI(t, "key-one", "key-two")
	for _, authorization := range []string{"Bearer nope", "Basic a2V5LW9uZQ==", "Bearer", "key-one", "Bearer key-one,key-two"} {
		status, raw := a.send(http.MethodGet, "/v1/manifest", "", "Authorization: "+authorization)
		require.Equal(t, http.StatusUnauthorized, status, authorization)
		require.NotContains(t, raw, "key-one")
	}
	status, _ := a.send(http.MethodGet, "/v1/manifest", "", "Authorization: bearer key-two")
	require.Equal(t, http.StatusOK, status)
	for _, open := range []string{"/healthz", "/readyz"} {
		status, _ = a.send(http.MethodGet, open, "", "Authorization: ")
		require.Equal(t, http.StatusOK, status)
	}
}

func TestManifest_HasAnETag(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	res := a.do(http.MethodGet, "/v1/manifest", "")
	defer res.Body.Close()
	etag := res.Header.Get("ETag")
	require.NotEmpty(t, etag)
	status, _ := a.send(http.MethodGet, "/v1/manifest", "", "If-None-Match: "+etag)
	require.Equal(t, http.StatusNotModified, status)
}

func TestSubscription_RewoundReportsOnceMore(t *testing.T) {
	t.Parallel()
	for trigger, suffix := range map[string]string{"newUsers": ":created", "newSystemLogs": ""} {
		t.Run(trigger, func(t *testing.T) {
			t.Parallel()
			a := newAPI(t)
			before := time.Now().Add(-2 * time.Second).UTC().Format(time.RFC3339)
			status, answer := a.invoke("createUser", aUser)
			require.Equal(t, http.StatusOK, status, "%v", answer)
			user := answer["data"].(map[string]any)["id"].(string) + suffix
			received := func() int {
				_, raw := a.send(http.MethodPost, "/v1/subscriptions/s/poll", "")
				require.Contains(t, raw, `"status":"active"`)
				_, raw = a.send(http.MethodGet, "/v1/subscriptions/s/events?limit=200", "")
				return strings.Count(raw, `"subject":"`+strings.TrimSuffix(user, suffix)+`"`)
			}
			put := func(startFrom string) {
				status, raw := a.send(http.MethodPut, "/v1/subscriptions/s",
					`{"trigger":"`+trigger+`","connection":"prod","schedule":"@every 24h","startFrom":"`+startFrom+`"}`)
				require.Less(t, status, 300, "%s", raw)
			}
			put(time.Now().Add(time.Hour).UTC().Format(time.RFC3339))
			require.Zero(t, received(), "it begins later")
			put(before)
			require.Zero(t, received(), "startFrom counts once; rewinding is the way back")
			status, raw := a.send(http.MethodPost, "/v1/subscriptions/s/rewind", `{"to":"`+before+`"}`)
			require.Equal(t, http.StatusOK, status, "%s", raw)
			first := received()
			require.Positive(t, first)
			require.Equal(t, first, received(), "each once")
			_, _ = a.send(http.MethodPost, "/v1/subscriptions/s/rewind", `{"to":"`+before+`"}`)
			require.Equal(t, 2*first, received(), "and once more")
		})
	}
}
