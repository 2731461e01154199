package console_test

import (
	"encoding/json"
	"html"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/okta-connector/okta-connector/connections/okta/oktatest"
)

func TestPreview_ShowsWhatWouldChangeAndWritesNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{})
	var group struct{ ID, LastUpdated string }
	s.invoke("createGroup", map[string]any{"name": "Before", "description": "Kept <b>"}, &group)
	form := url.Values{"connection": {"sandbox"}, "in.groupId": {group.ID}, "in.name": {"After"}, "_do": {"preview"}}
	page := s.visitor().post("/actions/updateGroup", form)
	require.Equal(t, http.StatusOK, page.status)
	require.Contains(t, page.body, "<code>PUT /api/v1/groups/"+group.ID+"</code>")
	require.Contains(t, page.body, `<th scope="row">profile, name</th><td data-label="Now">Before</td><td data-label="Then">After</td>`)
	require.Contains(t, page.body, "There now: Before")
	require.NotContains(t, page.body, "<b>")
	require.Regexp(t, `name="in.name" value="After"`, page.body, "the form stays filled in")
	was := group.LastUpdated
	s.invoke("getGroup", map[string]any{"groupId": group.ID}, &group)
	require.Equal(t, was, group.LastUpdated)

	form.Set("in.groupId", "00gNotThereAtAll0000")
	require.Contains(t, s.visitor().post("/actions/updateGroup", form).body, "Okta refused")
	require.NotContains(t, s.visitor().get("/actions/getUser").body, `value="preview"`, "what only reads has none")
}

func TestPreview_HidesSecrets(t *testing.T) {
	t.Parallel()
	page := newSite(t, siteOptions{}).visitor().post("/actions/createUser", url.Values{
		"connection": {"sandbox"}, "in.login": {"ada@example.com"}, "in.email": {"ada@example.com"},
		"in.password": {"canary-1"}, "_do": {"preview"},
	})
	require.Contains(t, page.body, "[redacted]")
	require.NotContains(t, page.body, "canary")
}

func TestConfirm_SaysWhomItIsAboutAndLosesNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{})
	v := s.visitor()
	form := url.Values{"connection": {"sandbox"}, "in.id": {s.user()}, "in.sendEmail": {"false", "true"}, "_do": {"run"}}
	asked := v.post("/actions/deleteUser", form).body
	require.Contains(t, asked, "There now: user-", "the login")
	require.Contains(t, asked, "DELETE /api/v1/users/"+form.Get("in.id"))
	form.Set("_do", "back")
	back := v.post("/actions/deleteUser", form).body
	require.NotContains(t, back, "alertdialog")
	require.Regexp(t, `name="in.id" value="`+form.Get("in.id")+`"`, back)
	require.Regexp(t, `id="in-sendEmail"[^>]*checked`, back)
	form.Set("_do", "run")
	form.Set("in.id", "nobody@example.com")
	require.Contains(t, v.post("/actions/deleteUser", form).body, "could not be looked at", "it is asked all the same")
}

func TestConnection_TheOneUsedLastIsOfferedFirst(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{})
	s.connect("another")
	v := s.visitor()
	chosen := `<option selected>sandbox</option>`
	require.NotContains(t, v.get("/actions/getUser").body, chosen)
	v.post("/actions/getUser", url.Values{"connection": {"sandbox"}, "in.id": {"me"}})
	require.Contains(t, v.get("/actions/getGroup").body, chosen)
	require.Contains(t, v.get("/subscriptions/new?trigger=newUsers").body, chosen)
	require.Contains(t, v.get("/actions/getGroup?connection=another").body, "<option selected>another</option>")
	require.NoError(t, s.engine.DeleteConnection(t.Context(), "sandbox"))
	require.Contains(t, v.get("/actions/getGroup").body, "<option selected>another</option>")
}

func TestCalls_TellHowFarTheyAre(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{keys: []string{"key"}, reader: "reader"})
	s.org.Fault(t, oktatest.Fault{Path: "/api/v1/users", Times: 9, Delay: "200ms"})
	v, other := s.visitor(), s.visitor()
	v.post("/login", url.Values{"key": {"key"}})
	other.post("/login", url.Values{"key": {"reader"}})
	ended := make(chan sight, 1)
	go func() {
		ended <- v.post("/actions/listUsers", url.Values{
			"connection": {"sandbox"}, "in.fetchAll": {"true"}, "in.limit": {"20"}, "in.search": {"id pr"}, "_call": {"n1"},
		})
	}()
	var at struct{ Pages, Items int }
	require.Eventually(t, func() bool {
		return json.Unmarshal([]byte(v.get("/calls/n1").body), &at) == nil && at.Items > 0
	}, 10*time.Second, 10*time.Millisecond)
	require.Equal(t, at.Pages*20, at.Items)
	require.Equal(t, "null\n", other.get("/calls/n1").body, "nobody else's")
	require.Contains(t, html.UnescapeString((<-ended).body), "Done")
	require.Equal(t, "null\n", v.get("/calls/n1").body, "it has ended")
}
