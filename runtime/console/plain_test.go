package console_test

import (
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// What a person without scripts can do: the essentials by plain posts.

func TestAction_RunsWithoutScripts(t *testing.T) {
	t.Parallel()
	v := newSite(t, siteOptions{}).visitor()
	page := v.post("/actions/getUser", url.Values{"connection": {"sandbox"}, "in.id": {"me"}, "_do": {"run"}})
	require.Equal(t, http.StatusOK, page.status)
	require.Contains(t, page.body, "Done")
	require.Contains(t, page.body, `<span class="key">status</span> <span class="text">ACTIVE</span>`)
	require.Contains(t, html.UnescapeString(page.body), `"connection":"sandbox","inputs":{"id":"me"}`)
}

func TestAction_RefusedFormKeepsWhatWasTypedButNoSecret(t *testing.T) {
	t.Parallel()
	v := newSite(t, siteOptions{}).visitor()
	page := v.post("/actions/createUser", url.Values{
		"connection": {"sandbox"}, "in.login": {"ada@example.com"}, "in.email": {""}, "in.password": {"canary-1"},
		"in.hashPassword": {`{"value":"canary-2"}`}, "in.profileExtraInputs": {"{oops"}, "in.groupIds": {"g1\r\ng2"},
		"in.locale": {""}, "in.activate": {"false"},
	})
	require.Equal(t, http.StatusUnprocessableEntity, page.status)
	require.NotContains(t, page.body, "canary")
	require.Regexp(t, `id="in-login"[^>]*value="ada@example.com"`, page.body)
	require.Regexp(t, `(?s)name="in.profileExtraInputs"[^>]*>\s*\{oops</textarea>`, page.body)
	require.Regexp(t, `(?s)name="in.groupIds"[^>]*>\s*g1\s+g2</textarea>`, page.body)
	require.Regexp(t, `id="in-locale"[^>]*value=""`, page.body, "a default that was cleared stays cleared")
	require.NotRegexp(t, `id="in-activate"[^>]*checked`, page.body)
	require.Regexp(t, `id="in-email-error"[^>]*>.*Is required`, page.body)
	require.Regexp(t, `id="in-email"[^>]* in-email-error"[^>]*aria-invalid="true"[^>]*autofocus`, page.body)
	require.Equal(t, 1, strings.Count(page.body, " autofocus"), "the focus goes to the first error")
}

func TestAction_AsksBeforeItTakesAway(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{})
	v := s.visitor()
	form := url.Values{"connection": {"sandbox"}, "in.id": {s.user()}, "_do": {"run"}}
	asked := v.post("/actions/deleteUser", form)
	require.Contains(t, asked.body, `role="alertdialog"`)
	require.Contains(t, asked.body, "it cannot be undone")
	s.invoke("getUser", map[string]any{"id": form.Get("in.id")}, nil)
	form.Set("_do", "confirmed")
	require.Contains(t, v.post("/actions/deleteUser", form).body, "DELETED")
}

func TestAction_OneMoreRow(t *testing.T) {
	t.Parallel()
	v := newSite(t, siteOptions{}).visitor()
	page := v.post("/actions/listUsers", url.Values{
		"connection": {"sandbox"}, "in.extraParameters.key": {"a"}, "in.extraParameters.value": {"1"},
		"_more": {"in.extraParameters"}, "in.q": {"typed"},
	})
	require.Equal(t, http.StatusOK, page.status)
	require.Equal(t, 2, strings.Count(page.body, `name="in.extraParameters.key"`))
	require.Contains(t, page.body, `value="typed"`)
}

func TestAction_EmptiesOnPurpose(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{})
	var group struct {
		ID      string
		Profile struct{ Description *string }
	}
	s.invoke("createGroup", map[string]any{"name": "Described", "description": "for now"}, &group)
	form := url.Values{"connection": {"sandbox"}, "in.groupId": {group.ID}, "in.name": {"Renamed"}, "in.description": {""}}
	s.visitor().post("/actions/updateGroup", form)
	s.invoke("getGroup", map[string]any{"groupId": group.ID}, &group)
	require.Equal(t, "for now", *group.Profile.Description, "what is not set stays")
	form.Set("in.description.empty", "true")
	require.Contains(t, s.visitor().post("/actions/updateGroup", form).body, "Done")
	group.Profile.Description = nil
	s.invoke("getGroup", map[string]any{"groupId": group.ID}, &group)
	require.Empty(t, group.Profile.Description)
}

func TestAction_NextPageAndDownload(t *testing.T) {
	t.Parallel()
	v := newSite(t, siteOptions{}).visitor()
	form := url.Values{"connection": {"sandbox"}, "in.limit": {"5"}, "in.fetchAll": {"false"}}
	first := v.post("/actions/listUsers", form)
	cursor := regexp.MustCompile(`name="_after" value="([^"]+)"`).FindStringSubmatch(first.body)
	require.NotNil(t, cursor)
	form.Set("_after", html.UnescapeString(cursor[1]))
	require.Contains(t, v.post("/actions/listUsers", form).body, "5 items")
	form.Set("_do", "download")
	form.Del("_after")
	var users []map[string]any
	require.NoError(t, json.Unmarshal([]byte(v.post("/actions/listUsers", form).body), &users))
	require.Len(t, users, 5)
}

func TestPages_AreSmallAndComplete(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{})
	s.subscribe("logs", map[string]any{
		"trigger": "newSystemLogs", "startFrom": time.Now().AddDate(0, 0, -60).UTC().Format(time.RFC3339),
		"deliverTo": map[string]any{"url": "http://127.0.0.1:9/"}, "batchSize": 2,
	})
	polled, err := s.engine.PollNow(t.Context(), "logs")
	require.NoError(t, err)
	require.Greater(t, polled.Counts.Received, int64(8))
	v := s.visitor()
	paths := []string{
		"/", "/subscriptions/logs", "/subscriptions/logs/edit", "/actions", "/connections", "/connections/new", "/subscriptions", "/subscriptions/new", "/deliveries",
		"/audit", "/sandbox",
	}
	for _, a := range s.index.Actions {
		paths = append(paths, "/actions/"+a.Key+"?example=1", "/forms/actions/"+a.Key)
	}
	for _, k := range s.index.Triggers {
		paths = append(paths, "/subscriptions/new?trigger="+k.Key, "/forms/triggers/"+k.Key)
	}
	for _, k := range s.index.Connections {
		paths = append(paths, "/connections/new?key="+k.Key, "/forms/connections/"+k.Key+"?connection=x")
	}
	assets := 0
	for _, name := range strings.Fields("console.css console.js fields.js picker.js live.js embed.js swap.js icon.svg") {
		file := v.get(assetPath(v) + name)
		require.Equal(t, http.StatusOK, file.status, name)
		require.Contains(t, file.header.Get("Cache-Control"), "immutable")
		assets += len(file.body)
	}
	for _, path := range paths {
		page := v.get(path)
		require.Equal(t, http.StatusOK, page.status, path)
		require.Less(t, len(page.body)+assets, 100_000, path)
		require.True(t, strings.HasSuffix(strings.TrimSpace(page.body), "</html>"), path)
		require.NotContains(t, page.body, "ZgotmplZ", path)
		require.NotRegexp(t, `(?i)\s(on[a-z]+|style)="`, page.body, path)
	}
}

// assetPath is the folder of this build's assets.
func assetPath(v *visitor) string {
	return regexp.MustCompile(`/assets/[0-9a-f]+/`).FindString(v.get("/login").body + v.get("/").body)
}

// A browser is shown a page where there is nothing, a program a problem document.
func TestPages_NothingThere(t *testing.T) {
	t.Parallel()
	v := newSite(t, siteOptions{}).visitor()
	page := v.send(http.MethodGet, "/nothing", nil, http.Header{"Accept": {"text/html,*/*;q=0.8"}})
	require.Equal(t, http.StatusNotFound, page.status)
	require.Contains(t, page.body, "<title>Nothing here")
	for _, path := range []string{"/nothing", "/v2/manifest", "/hooks"} {
		page = v.send(http.MethodGet, path, nil, http.Header{"Accept": {"*/*"}})
		require.Equal(t, http.StatusNotFound, page.status, path)
		require.Contains(t, page.body, `"code":"not_found"`, path)
	}
}

func TestPages_RunNothingOfOthers(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{embedOrigin: "https://engine.example"})
	v := s.visitor()
	policy := v.get("/").header.Get("Content-Security-Policy")
	require.Equal(t, "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "+
		"form-action 'self'; base-uri 'none'; frame-ancestors 'none'", policy)
	require.True(t, strings.HasSuffix(v.get("/forms/actions/getUser").header.Get("Content-Security-Policy"),
		"frame-ancestors https://engine.example"))
	for name, header := range map[string]http.Header{
		"another site": {"Sec-Fetch-Site": {"cross-site"}}, "another origin": {"Origin": {"https://evil.example"}},
	} {
		page := v.send(http.MethodPost, "/actions/deleteUser", url.Values{"_do": {"confirmed"}}, header)
		require.Equal(t, http.StatusForbidden, page.status, name)
	}
	hostile := `<script>alert(1)</script>"'`
	page := v.post("/actions/getUser", url.Values{"connection": {"sandbox"}, "in.id": {hostile}})
	require.NotContains(t, page.body, "<script>alert")
}

// TestPages_ShowHostileTextAsText brings markup into an org, as a user of it may, and looks at every page that shows it.
func TestPages_ShowHostileTextAsText(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{})
	const hostile = `"'><img src=x onerror=alert(1)>{{.}}`
	s.subscribe("logs", map[string]any{"trigger": "newSystemLogs", "schedule": "@daily", "inputs": map[string]any{
		"filter": `eventType ne "` + "</pre><script>alert(1)</script>" + `"`,
	}})
	s.subscribe("sandbox-live", map[string]any{"trigger": "newSystemLogs", "schedule": "@daily"})
	var user, group struct{ ID string }
	s.invoke("createUser", map[string]any{
		"login": "h@example.com", "email": "h@example.com", "firstName": hostile, "lastName": "</title><script>alert(1)",
	}, &user)
	s.invoke("createGroup", map[string]any{"name": hostile, "description": "javascript:alert(1)"}, &group)
	for _, id := range []string{"logs", "sandbox-live"} {
		_, err := s.engine.PollNow(t.Context(), id)
		require.NoError(t, err)
	}
	v := s.visitor()
	groupForm := url.Values{"connection": {"sandbox"}, "in.groupId": {group.ID}}
	pages := map[string]sight{
		"the sandbox":      v.get("/sandbox?q=" + url.QueryEscape(hostile)),
		"somebody":         v.post("/actions/getUser", url.Values{"connection": {"sandbox"}, "in.id": {user.ID}}),
		"a list":           v.post("/actions/listGroups", url.Values{"connection": {"sandbox"}, "in.limit": {"20"}}),
		"a question":       v.post("/actions/deleteGroup", groupForm),
		"a refusal":        v.post("/actions/getUser", url.Values{"connection": {"sandbox"}, "in.id": {hostile}}),
		"a filled-in link": v.get("/actions/getUser?in.id=" + url.QueryEscape(hostile) + "&connection=" + url.QueryEscape(hostile)),
		"a search":         v.get("/actions?q=" + url.QueryEscape(hostile)),
		"events":           v.get("/subscriptions/logs"),
		"a form":           v.get("/subscriptions/logs/edit"),
		"live events":      v.get("/subscriptions/sandbox-live"),
		"an unknown name":  v.get("/connections/" + url.PathEscape(hostile)),
		"a sign-in":        v.get("/oauth/callback?state=x&error=" + url.QueryEscape(hostile) + "&error_description=" + url.QueryEscape(hostile)),
		"a login":          v.get("/login?next=" + url.QueryEscape("/"+hostile)),
		"a notice":         v.get("/?done=" + url.QueryEscape(hostile)),
		"choices":          v.post("/options/selectGroup", url.Values{"connection": {"sandbox"}, "query": {hostile}}),
	}
	for name, page := range pages {
		require.NotContains(t, page.body, "<img src=x", name)
		require.NotContains(t, page.body, "<script>alert", name)
		require.NotContains(t, page.body, `href="javascript:`, name)
	}
	require.Contains(t, html.UnescapeString(pages["somebody"].body), hostile, "it is shown, as text")
	require.Equal(t, "application/json", pages["choices"].header.Get("Content-Type"))
}

func TestConnection_MadeChangedTestedDeletedWithoutScripts(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{})
	v := s.visitor()
	token := s.org.Sandbox.Credentials().APIToken
	form := url.Values{"key": {"apiToken"}, "name": {"prod!"}, "in.oktaDomain": {"not a domain"}, "in.apiToken": {token}}
	refused := v.post("/connections/new", form)
	require.Equal(t, http.StatusUnprocessableEntity, refused.status)
	require.Contains(t, refused.body, `id="name-error"`)
	require.NotContains(t, refused.body, token)

	form.Set("name", "prod")
	require.Contains(t, v.post("/connections/new", form).body, `id="in-oktaDomain-error"`)
	form.Set("in.oktaDomain", s.org.URL)
	made := v.post("/connections/new", form)
	require.Equal(t, "/connections/prod", made.url.Path)
	require.Contains(t, made.body, "Saved.")
	require.NotContains(t, made.body, token)
	require.Contains(t, v.post("/connections/new", form).body, "taken by another connection")

	require.Contains(t, v.post("/connections/prod", url.Values{
		"key": {"apiToken"}, "in.oktaDomain": {s.org.URL}, "in.apiToken": {""},
	}).body, "Saved.", "an empty secret keeps the one that is stored")
	require.Contains(t, v.post("/connections/prod/test", nil).body, "It works")
	require.Contains(t, v.post("/connections/prod/delete", nil).body, "Deleted.")
	require.Equal(t, http.StatusNotFound, v.get("/connections/prod").status)
}

func TestConnection_TestSaysWhatToDo(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{})
	v := s.visitor()
	v.post("/connections/new", url.Values{
		"key": {"apiToken"}, "name": {"bad"}, "in.oktaDomain": {s.org.URL}, "in.apiToken": {"00wrong"},
	})
	page := v.post("/connections/bad/test", nil)
	require.Contains(t, page.body, `role="alert"`)
	require.Contains(t, page.body, "Security, API, Tokens")
}

func TestSubscription_WholeLifeWithoutScripts(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{})
	v := s.visitor()
	form := url.Values{
		"trigger": {"newSystemLogs"}, "id": {""}, "connection": {"sandbox"}, "sub.schedule": {"61 * * * *"},
		"sub.batchSize": {"0"}, "in.filter": {"published gt 5"}, "to.url": {"nowhere"},
	}
	require.Contains(t, v.post("/subscriptions/new", form).body, `id="sub-batchSize-error"`)
	form.Set("sub.batchSize", "50")
	refused := v.post("/subscriptions/new", form)
	require.Equal(t, http.StatusUnprocessableEntity, refused.status)
	for _, id := range []string{"id", "in-filter", "sub-schedule", "to-url"} {
		require.Contains(t, refused.body, `id="`+id+`-error"`)
	}
	form.Set("in.filter", "")
	form.Del("to.url")
	form.Set("id", "logs")
	form.Set("sub.schedule", "0 9 * * 1-5")
	form.Set("sub.timeZone", "Europe/Berlin")
	form.Set("_do", "preview")
	require.Contains(t, v.post("/subscriptions/new", form).body, "On Monday to Friday at 09:00")
	form.Set("_do", "save")
	made := v.post("/subscriptions/new", form)
	require.Equal(t, "/subscriptions/logs", made.url.Path, made.body)

	s.invoke("createGroup", map[string]any{"name": "Seen"}, nil)
	polled := v.post("/subscriptions/logs/poll", nil)
	require.Contains(t, polled.body, "com.okta.log.group.lifecycle.create")
	require.Contains(t, v.post("/subscriptions/logs/pause", nil).body, "Paused")
	require.Contains(t, v.post("/subscriptions/logs/resume", nil).body, "Resumed")
	require.Contains(t, v.post("/subscriptions/logs/rewind", url.Values{
		"to": {"2026-01-01T00:00"}, "to.zone": {"UTC"},
	}).body, "Rewound")
	require.Contains(t, v.post("/subscriptions/logs/rewind", url.Values{"to": {"soon"}}).body, "must be a date and time")

	edited := v.post("/subscriptions/logs/edit", url.Values{"sub.schedule": {"*/10 * * * *"}, "sub.batchSize": {"100"}})
	require.Contains(t, edited.body, "Every 10 minutes")
	require.Contains(t, v.post("/connections/sandbox/delete", nil).body, "logs", "says which subscription uses it")
	require.Contains(t, v.post("/subscriptions/logs/delete", nil).body, "Deleted.")
}

const signingSecret = `whsec_[A-Za-z0-9+/]{20}`

func TestSubscription_ShowsANewSigningSecretOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{})
	v := s.visitor()
	page := v.post("/subscriptions/new", url.Values{
		"trigger": {"newUsers"}, "id": {"hires"}, "connection": {"sandbox"}, "sub.schedule": {"*/5 * * * *"},
		"to.url": {"http://127.0.0.1:9/hook"}, "to.headers.key": {"X-Key"}, "to.headers.value": {"canary"},
	})
	require.Regexp(t, signingSecret, html.UnescapeString(page.body))
	for _, path := range []string{"/subscriptions/hires", "/subscriptions/hires/edit"} {
		require.NotRegexp(t, signingSecret, html.UnescapeString(v.get(path).body))
		require.NotContains(t, v.get(path).body, "canary")
	}
	kept := v.post("/subscriptions/hires/edit", url.Values{
		"sub.schedule": {"*/10 * * * *"}, "to.url": {"http://127.0.0.1:9/hook"},
		"to.headers.key": {""}, "to.headers.value": {""},
	})
	require.Equal(t, "/subscriptions/hires", kept.url.Path, "the secret stays, so none is made anew")
	forgotten := v.post("/subscriptions/hires/edit", url.Values{
		"sub.schedule": {"*/10 * * * *"}, "to.url": {"http://127.0.0.1:9/hook"},
		"to.secret.empty": {"true"}, "to.headers.empty": {"true"},
	})
	require.Regexp(t, signingSecret, html.UnescapeString(forgotten.body), "another one is made and shown")
	view, err := s.engine.Subscription(t.Context(), "hires")
	require.NoError(t, err)
	require.Nil(t, view.DeliverTo.Headers)
}

func TestSandbox_MakesThingsHappenWithoutScripts(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{})
	v := s.visitor()
	require.Contains(t, v.post("/sandbox", url.Values{"do": {"watch"}}).body, "sandbox-live")
	require.Contains(t, v.post("/sandbox", url.Values{"do": {"create"}}).body, "Done.")
	id := s.user()
	require.Contains(t, v.post("/sandbox", url.Values{"do": {"suspendUser"}, "id": {id}}).body, "SUSPENDED")
	require.Contains(t, v.post("/sandbox", url.Values{"do": {"suspendUser"}, "id": {id}}).body, "Okta refused")
	require.Equal(t, http.StatusNotFound, v.post("/sandbox", url.Values{"do": {"rawRequest"}}).status)
}

// user creates somebody who is ACTIVE and returns the id.
func (s *site) user() string {
	var user struct{ ID string }
	login := fmt.Sprintf("user-%d@example.com", sequence.Add(1))
	s.invoke("createUser", map[string]any{
		"login": login, "email": login, "firstName": "Ada", "lastName": "Lovelace", "password": "Sand-box-2026",
	}, &user)
	return user.ID
}
