package sandbox

import (
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A person's browser without JavaScript: it reads the page, sends its form, and follows the redirect.
func TestAuthorize_PageWorksWithoutJavaScript(t *testing.T) {
	t.Parallel()
	f := newOAuthFixture(t)
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	arrived := make(chan *url.URL, 1)
	callback := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { arrived <- r.URL }))
	t.Cleanup(callback.Close)
	address := strings.Replace(f.authorizeURL(func(q url.Values) {
		q.Set("redirect_uri", callback.URL+"/oauth/callback")
		q.Set("login_hint", ada.Login)
	}), testOrg, server.URL, 1)

	page := get(t, address)
	require.NotContains(t, page, "<script")
	require.Contains(t, page, "Sandbox Web")
	require.Contains(t, page, "okta.groups.read")
	require.Contains(t, page, `<option value="ada@example.com">Ada Lovelace</option>`)
	form := url.Values{}
	input := regexp.MustCompile(`<input [^>]*name="(\w+)" value="([^"]*)"`).FindStringSubmatch(page)
	form.Set(input[1], html.UnescapeString(input[2]))
	button := regexp.MustCompile(`<button name="(\w+)" value="(\w+)">Allow`).FindStringSubmatch(page)
	form.Set(button[1], button[2])
	require.Contains(t, page, `<form method="post">`, "sent to the address of the page")

	resp, err := http.PostForm(address, form)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	came := <-arrived
	require.Equal(t, "/oauth/callback", came.Path)
	require.Equal(t, "the state", came.Query().Get("state"))

	exchange := codeForm(came.Query().Get("code"))
	exchange.Set("redirect_uri", callback.URL+"/oauth/callback")
	f.granted(f.post(testToken, exchange, f.basic))
}

func get(t *testing.T, address string) string {
	resp, err := http.Get(address)
	require.NoError(t, err)
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.Equal(t, http.StatusOK, resp.StatusCode)
	return string(body)
}

func TestAuthorize_SentBackWithAnError(t *testing.T) {
	t.Parallel()
	f := newOAuthFixture(t)
	f.steer(http.MethodPost, "clients/"+f.webClientID, `{"scopes":["okta.users.read"]}`, nil)
	for name, c := range map[string]struct{ parameter, value, code, description string }{
		"no state":           {"state", "", "invalid_request", "invalid 'state' parameter"},
		"response type":      {"response_type", "token", "unsupported_response_type", "response type is not supported"},
		"response mode":      {"response_mode", "fragment", "unsupported_response_mode", "response mode is not supported"},
		"challenge method":   {"code_challenge_method", "plain", "invalid_request", "Valid values: [S256]"},
		"no method":          {"code_challenge_method", "", "invalid_request", "Valid values: [S256]"},
		"no challenge":       {"code_challenge", "", "invalid_request", "PKCE code challenge is required"},
		"short challenge":    {"code_challenge", "short", "invalid_request", "illegal characters"},
		"no prompt":          {"prompt", "none", "login_required", "not to prompt"},
		"no scope":           {"scope", "", "invalid_scope", "No scopes were requested."},
		"unknown scope":      {"scope", "openid admin", "invalid_scope", "not configured"},
		"scope not granted":  {"scope", "okta.apps.read", "consent_required", "not allowed any"},
		"profile, no openid": {"scope", "profile okta.users.read", "invalid_scope", "require the 'openid' scope"},
	} {
		t.Run(name, func(t *testing.T) {
			f := f.in(t)
			address := f.authorizeURL(func(q url.Values) { q.Set(c.parameter, c.value) })
			for _, method := range []string{http.MethodGet, http.MethodPost} {
				w := httptest.NewRecorder()
				f.ServeHTTP(w, httptest.NewRequest(method, address, nil))
				back := f.sentBack(w)
				require.Equal(t, c.code, back.Get("error"))
				require.Contains(t, back.Get("error_description"), c.description)
				require.Empty(t, back.Get("code"))
				if c.parameter != "state" {
					require.Equal(t, "the state", back.Get("state"))
				}
			}
		})
	}
}

func TestAuthorize_NeverSentToAnUnregisteredAddress(t *testing.T) {
	t.Parallel()
	f := newOAuthFixture(t)
	for name, edit := range map[string]func(url.Values){
		"unknown client": func(q url.Values) { q.Set("client_id", "0oaother") },
		"service app":    func(q url.Values) { q.Set("client_id", f.clientID) },
		"no URI":         func(q url.Values) { q.Del("redirect_uri") },
		"other host":     func(q url.Values) { q.Set("redirect_uri", "http://evil.example/oauth/callback") },
		"looks local":    func(q url.Values) { q.Set("redirect_uri", "http://127.0.0.1.evil.example/oauth/callback") },
		"user info":      func(q url.Values) { q.Set("redirect_uri", "http://127.0.0.1@evil.example/oauth/callback") },
		"other path":     func(q url.Values) { q.Set("redirect_uri", "http://127.0.0.1/elsewhere") },
		"with a query":   func(q url.Values) { q.Set("redirect_uri", testCallback+"?x=1") },
		"nearly listed":  func(q url.Values) { q.Set("redirect_uri", "https://connector.example/oauth/callback") },
		"not a URL":      func(q url.Values) { q.Set("redirect_uri", "http://[::1/oauth/callback") },
		"not a web page": func(q url.Values) { q.Set("redirect_uri", "javascript:alert(1)") },
	} {
		t.Run(name, func(t *testing.T) {
			f := f.in(t)
			w := f.post(f.authorizeURL(edit), url.Values{"login": {ada.Login}, "decision": {"allow"}})
			require.Equal(t, http.StatusBadRequest, w.Code)
			require.Empty(t, w.Header().Get("Location"))
			require.Contains(t, w.Body.String(), `role="alert"`)
			require.NotContains(t, w.Body.String(), "<form")
		})
	}
}

func TestAuthorize_RegisteredAddresses(t *testing.T) {
	t.Parallel()
	f := newOAuthFixture(t)
	for _, uri := range []string{
		"http://localhost/oauth/callback", "http://127.0.0.9:1/oauth/callback", "http://[::1]:8080/oauth/callback",
		"https://localhost:8443/oauth/callback",
		"https://connector.example/oauth/callback?from=okta",
	} {
		w := f.post(f.authorizeURL(func(q url.Values) { q.Set("redirect_uri", uri) }),
			url.Values{"login": {ada.ID}, "decision": {"allow"}})
		require.True(t, strings.HasPrefix(w.Header().Get("Location"), strings.TrimSuffix(uri, "from=okta")), uri)
		require.NotEmpty(t, f.sentBack(w).Get("code"), uri)
		if strings.Contains(uri, "?") {
			require.Equal(t, "okta", f.sentBack(w).Get("from"))
		}
	}
}

func TestAuthorize_Denied(t *testing.T) {
	t.Parallel()
	f := newOAuthFixture(t)
	back := f.sentBack(f.post(f.authorizeURL(nil), url.Values{"login": {ada.Login}, "decision": {"deny"}}))
	require.Equal(t, "access_denied", back.Get("error"))
	require.Equal(t, "the state", back.Get("state"))
	require.Empty(t, back.Get("code"))
}

func TestAuthorize_UnknownPersonMayTryAgain(t *testing.T) {
	t.Parallel()
	f := newOAuthFixture(t)
	w := f.post(f.authorizeURL(nil), url.Values{"login": {`"><script>x@example.com`}, "decision": {"allow"}})
	require.Equal(t, http.StatusBadRequest, w.Code)
	require.Contains(t, w.Body.String(), "Nobody of this org")
	require.Contains(t, w.Body.String(), `value="&#34;&gt;&lt;script&gt;x@example.com"`)
	require.Contains(t, w.Body.String(), "<form")
}
