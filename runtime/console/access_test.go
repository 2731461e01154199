package console_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestLogin_ExchangesAKeyForACookie(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{keys: []string{"key-1", "key-2"}})
	v := s.visitor()
	sent := v.get("/actions?q=group")
	require.Equal(t, "/login", sent.url.Path)
	require.Equal(t, "/actions?q=group", sent.url.Query().Get("next"))
	wrong := v.post("/login", url.Values{"key": {"wrong-canary"}})
	require.Equal(t, http.StatusUnauthorized, wrong.status)
	require.NotContains(t, wrong.body, "canary")
	in := v.post("/login", url.Values{"key": {"key-2"}, "next": {"/actions?q=group"}})
	require.Equal(t, "/actions", in.url.Path)
	require.Equal(t, http.StatusOK, v.get("/v1/manifest").status, "a session reads the API")
	require.Equal(t, http.StatusUnauthorized, v.send(http.MethodDelete, "/v1/connections/sandbox", nil, nil).status,
		"a session changes nothing over the API")
	require.Equal(t, "/login", v.post("/logout", nil).url.Path)
	require.Equal(t, "/login", v.get("/").url.Path)
}

func TestLogin_LeadsBackToTheForm(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{keys: []string{"key"}})
	for from, want := range map[string]string{
		s.URL + "/subscriptions/new?trigger=newUsers": "/subscriptions/new?trigger=newUsers",
		"https://evil.example/subscriptions/new":      "", "": "",
	} {
		sent := s.visitor().send(http.MethodPost, "/subscriptions/new", nil, http.Header{"Referer": {from}})
		require.Equal(t, "/login", sent.url.Path)
		require.Equal(t, want, sent.url.Query().Get("next"), from)
	}
}

func TestLogin_TheCookieIsKeptFromScripts(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{keys: []string{"key"}})
	v := s.visitor()
	v.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	cookie := v.post("/login", url.Values{"key": {"key"}}).header.Get("Set-Cookie")
	for _, attribute := range []string{"HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=43200"} {
		require.Contains(t, cookie, attribute)
	}
	require.NotContains(t, cookie, "Secure", "the server is reached by http")
}

func TestLogin_NeverLeadsToAnotherSite(t *testing.T) {
	t.Parallel()
	v := newSite(t, siteOptions{keys: []string{"key"}}).visitor()
	in := v.post("/login", url.Values{"key": {"key"}, "next": {"//evil.example/"}})
	require.Equal(t, "/", in.url.Path)
	require.True(t, strings.HasPrefix(v.URL, "http://"+in.url.Host))
}

func TestSession_AForgedOneIsNone(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{keys: []string{"key"}})
	v := s.visitor()
	v.post("/login", url.Values{"key": {"key"}})
	base, err := url.Parse(s.URL)
	require.NoError(t, err)
	good := v.client.Jar.Cookies(base)[0]
	payload, signature, _ := strings.Cut(good.Value, ".")
	for _, value := range []string{
		"", payload, payload + ".", "A" + payload[1:] + "." + signature, payload + "." + signature[1:],
	} {
		forged := s.visitor()
		forged.client.Jar.SetCookies(base, []*http.Cookie{{Name: good.Name, Value: value}})
		require.Equal(t, "/login", forged.get("/").url.Path, value)
	}
}

func TestPages_TakeABearerTokenToo(t *testing.T) {
	t.Parallel()
	v := newSite(t, siteOptions{keys: []string{"key"}}).visitor()
	page := v.send(http.MethodGet, "/connections", nil, http.Header{"Authorization": {"Bearer key"}})
	require.Equal(t, "/connections", page.url.Path)
}

func TestPages_OfferAndDoWhatTheKeyMay(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{keys: []string{"key"}, reader: "reader"})
	s.subscribe("logs", map[string]any{"trigger": "newSystemLogs", "schedule": "@daily"})
	v := s.visitor()
	v.post("/login", url.Values{"key": {"reader"}})
	for _, path := range []string{"/", "/connections", "/connections/sandbox", "/subscriptions", "/subscriptions/logs"} {
		page := v.get(path).body
		require.NotRegexp(t, `href="/(connections|subscriptions)/new|/edit"|/(pause|poll|rewind|delete)"|>Save`, page, path)
	}
	list := v.get("/actions").body
	require.Contains(t, list, `href="/actions/getUser"`)
	require.NotContains(t, list, `href="/actions/createUser"`)
	for path, form := range map[string]url.Values{
		"/actions/deleteUser":         {"connection": {"sandbox"}, "in.id": {"me"}, "_do": {"confirmed"}},
		"/connections/new":            {"key": {"apiToken"}, "name": {"x"}, "in.oktaDomain": {s.org.URL}, "in.apiToken": {"t"}},
		"/connections/sandbox/delete": nil,
		"/subscriptions/new":          {"trigger": {"newUsers"}, "id": {"x"}, "connection": {"sandbox"}},
		"/sandbox":                    {"do": {"create"}},
	} {
		require.Contains(t, v.post(path, form).body, "may not", path)
	}
	s.invoke("getUser", map[string]any{"id": "me"}, nil)
}

// issue asks for a form token as an engine's server does.
func (v *visitor) issue(form, connection string) (status int, token, address string) {
	v.t.Helper()
	body := strings.NewReader(string(toJSON(map[string]string{"form": form, "connection": connection})))
	req, err := http.NewRequestWithContext(v.t.Context(), http.MethodPost, v.URL+"/v1/form-tokens", body)
	require.NoError(v.t, err)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer key")
	res, err := v.client.Do(req)
	require.NoError(v.t, err)
	defer res.Body.Close()
	var answer struct{ Token, ExpiresAt, URL string }
	require.NoError(v.t, json.NewDecoder(res.Body).Decode(&answer))
	return res.StatusCode, answer.Token, answer.URL
}

func TestFormToken_OpensOneForm(t *testing.T) {
	t.Parallel()
	v := newSite(t, siteOptions{keys: []string{"key"}, embedOrigin: "https://engine.example"}).visitor()
	status, token, address := v.issue("actions/addUserToGroup", "sandbox")
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, v.URL+"/forms/actions/addUserToGroup?token="+url.QueryEscape(token), address)
	page := v.get(address)
	require.Equal(t, http.StatusOK, page.status)
	require.Contains(t, page.body, `data-picker="selectUser"`)
	require.NotContains(t, page.body, `aria-label="Main"`, "it stands alone")
	for _, path := range []string{
		"/forms/actions/deleteUser?token=" + token, "/forms/actions/addUserToGroup",
		"/forms/actions/addUserToGroup?token=x" + token,
	} {
		require.Equal(t, http.StatusUnauthorized, v.get(path).status, path)
	}
	require.Equal(t, "/login", v.get("/?token="+token).url.Path, "it opens no page")
	found := v.post("/forms/options/selectGroup", url.Values{"token": {token}, "query": {"Eng"}})
	require.Contains(t, found.body, "Engineering")
	stranger := v.post("/forms/options/selectGroup", url.Values{"connection": {"sandbox"}})
	require.Equal(t, http.StatusUnauthorized, stranger.status)
}

func TestFormToken_ForWhatIsNotThere(t *testing.T) {
	t.Parallel()
	v := newSite(t, siteOptions{keys: []string{"key"}}).visitor()
	for form, connection := range map[string]string{
		"actions/nope": "sandbox", "getUser": "sandbox", "actions/getUser": "nope", "connections/apiToken": "",
	} {
		status, _, _ := v.issue(form, connection)
		require.GreaterOrEqual(t, status, 400, form)
	}
}

func TestEmbeddedForm_AnswersWithTheInputs(t *testing.T) {
	t.Parallel()
	v := newSite(t, siteOptions{keys: []string{"key"}}).visitor()
	_, token, _ := v.issue("actions/createUser", "sandbox")
	refused := v.post("/forms/actions/createUser", url.Values{"token": {token}, "in.login": {"ada@example.com"}})
	require.Equal(t, http.StatusUnprocessableEntity, refused.status)
	require.Contains(t, refused.body, `id="in-email-error"`)
	sent := v.post("/forms/actions/createUser", url.Values{
		"token": {token}, "in.login": {"ada@example.com"}, "in.email": {"ada@example.com"}, "in.activate": {"false"},
		"in.locale": {"en_US"},
	})
	require.JSONEq(t, `{"form":"actions/createUser","connection":"sandbox",
		"inputs":{"login":"ada@example.com","email":"ada@example.com","activate":false}}`, sent.body)
	filled := v.post("/forms/actions/createUser", url.Values{
		"token": {token}, "_do": {"fill"}, "_inputs": {`{"login":"grace@example.com","password":"canary"}`},
	})
	require.Contains(t, filled.body, "grace@example.com")
	require.NotContains(t, filled.body, "canary")
}

func TestEmbeddedForm_EmptiesOnPurpose(t *testing.T) {
	t.Parallel()
	v := newSite(t, siteOptions{keys: []string{"key"}}).visitor()
	_, token, _ := v.issue("actions/updateGroup", "sandbox")
	form := url.Values{"token": {token}, "in.groupId": {"00g1emaKYZTWRYYRRTSK"}, "in.description": {""}}
	require.NotContains(t, v.post("/forms/actions/updateGroup", form).body, "description", "not set")
	form.Set("in.description.empty", "true")
	sent := v.post("/forms/actions/updateGroup", form)
	require.JSONEq(t, `{"form":"actions/updateGroup","connection":"sandbox",
		"inputs":{"groupId":"00g1emaKYZTWRYYRRTSK","description":""}}`, sent.body)
	again := v.post("/forms/actions/updateGroup", url.Values{
		"token": {token}, "_do": {"fill"}, "_inputs": {`{"groupId":"00g1emaKYZTWRYYRRTSK","description":""}`},
	})
	require.Regexp(t, `name="in.description.empty" value="true" checked`, again.body, "it comes back as it was")
}

func TestEmbeddedForm_KeepsTheSecretsOfAConnection(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{keys: []string{"key"}})
	v := s.visitor()
	_, token, _ := v.issue("connections/apiToken", "prod")
	sent := v.post("/forms/connections/apiToken", url.Values{
		"token": {token}, "in.oktaDomain": {s.org.URL}, "in.apiToken": {s.org.Sandbox.Credentials().APIToken},
	})
	require.JSONEq(t, `{"form":"connections/apiToken","connection":"prod",
		"inputs":{"oktaDomain":`+quote(s.org.URL)+`,"apiToken":{"set":true}}}`, sent.body)
	_, err := s.engine.TestConnection(t.Context(), "prod")
	require.NoError(t, err)
}

func TestEmbeddedForm_OfATriggerHasItsSchedule(t *testing.T) {
	t.Parallel()
	v := newSite(t, siteOptions{keys: []string{"key"}}).visitor()
	_, token, _ := v.issue("triggers/newSystemLogs", "")
	form := url.Values{"token": {token}, "in.filter": {"published gt 1"}, "sub.schedule": {"nonsense"}}
	refused := v.post("/forms/triggers/newSystemLogs", form)
	require.Contains(t, refused.body, `id="in-filter-error"`)
	require.Contains(t, refused.body, `id="sub-schedule-error"`)
	form.Set("in.filter", "")
	form.Set("sub.schedule", "*/5 * * * *")
	require.JSONEq(t, `{"form":"triggers/newSystemLogs","inputs":{},"schedule":"*/5 * * * *"}`,
		v.post("/forms/triggers/newSystemLogs", form).body)
}

// oauthConnection stores a connection that a person has to sign in for.
func (s *site) oauthConnection(name string) {
	credentials := s.org.Sandbox.Credentials()
	_, _, err := s.engine.PutConnection(s.t.Context(), name, "oauth2AuthorizationCode", toJSON(map[string]string{
		"oktaDomain": s.org.URL, "clientId": credentials.WebClientID, "clientSecret": credentials.WebClientSecret,
		"scopes": "offline_access okta.users.read",
	}), false)
	require.NoError(s.t, err)
}

// goOn is where a page goes on to by itself.
func (p sight) goOn() string { return strings.TrimPrefix(p.header.Get("Refresh"), "0; url=") }

// allow signs in at the org and returns where it sends the browser back to.
func (v *visitor) allow(address string) string {
	v.t.Helper()
	client := *v.client
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	at := &visitor{site: v.site, client: &client}
	var me struct{ Profile struct{ Login string } }
	v.invoke("getUser", map[string]any{"id": "me"}, &me)
	back := at.post(address, url.Values{"login": {me.Profile.Login}, "decision": {"allow"}})
	require.Equal(v.t, http.StatusFound, back.status, back.body)
	return back.header.Get("Location")
}

func TestSignIn_EndsInTheBrowserItBeganIn(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{})
	s.oauthConnection("person")
	v, other := s.visitor(), s.visitor()
	address := v.post("/connections/person/sign-in", nil).goOn()
	require.True(t, strings.HasPrefix(address, s.org.URL+"/oauth2/v1/authorize?"), address)
	back := v.allow(address)
	stolen := other.get(back)
	require.Equal(t, http.StatusBadRequest, stolen.status)
	require.Contains(t, stolen.body, "another browser")
	require.Contains(t, v.get(back).body, "used up", "the state was used")

	back = v.allow(v.post("/connections/person/sign-in", nil).goOn())
	require.Contains(t, v.get(back).body, "Signed in")
	require.Contains(t, v.post("/connections/person/test", nil).body, "It works")
}

func TestSignIn_BegunOverTheAPIEndsInAnyBrowser(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{})
	s.oauthConnection("person")
	address, err := s.engine.BeginSignIn(t.Context(), "person", "")
	require.NoError(t, err)
	v := s.visitor()
	require.Contains(t, v.get(v.allow(address)).body, "Signed in")
}

func TestSignIn_RefusedSaysWhy(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{keys: []string{"key"}})
	v := s.visitor()
	unknown := v.get("/oauth/callback?state=nobody&code=x")
	require.Equal(t, http.StatusBadRequest, unknown.status, "needs no key")
	require.Contains(t, unknown.body, "begin again")
}
