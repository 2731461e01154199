package sandbox

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func (f *oauthFixture) introspected(token string, edits ...func(*http.Request)) map[string]any {
	w := f.post(testOrg+"/oauth2/v1/introspect", url.Values{"token": {token}}, edits...)
	require.Equal(f, http.StatusOK, w.Code, w.Body)
	var answer map[string]any
	require.NoError(f, json.Unmarshal(w.Body.Bytes(), &answer))
	return answer
}

func (f *oauthFixture) revoked(token string) {
	w := f.post(testOrg+"/oauth2/v1/revoke", url.Values{"token": {token}}, f.basic)
	require.Equal(f, http.StatusOK, w.Code, w.Body)
	require.Empty(f, w.Body.String())
}

func TestRevoke_AccessTokenEndsAlone(t *testing.T) {
	t.Parallel()
	f := newOAuthFixture(t)
	answer := f.signIn()
	f.revoked(answer.AccessToken)
	_, refusal := f.call("Bearer " + answer.AccessToken)
	require.Equal(t, "E0000011", refusal.code)
	f.granted(f.post(testToken, refreshForm(answer.RefreshToken), f.basic))
}

func TestRevoke_RefreshTokenEndsTheSignIn(t *testing.T) {
	t.Parallel()
	f := newOAuthFixture(t)
	answer := f.signIn()
	f.revoked(answer.RefreshToken)
	_, refusal := f.call("Bearer " + answer.AccessToken)
	require.Equal(t, "E0000011", refusal.code)
	f.refused(f.post(testToken, refreshForm(answer.RefreshToken), f.basic), 400, "invalid_grant", "The refresh token is")
}

func TestRevoke_OnlyOnesOwn(t *testing.T) {
	t.Parallel()
	f := newOAuthFixture(t)
	service := f.granted(f.post(testToken, f.credentialsForm(f.clientID))).AccessToken
	f.revoked(service)
	f.revoked("never issued")
	_, refusal := f.call("Bearer " + service)
	require.Nil(t, refusal)
}

func TestRevoke_Refusals(t *testing.T) {
	t.Parallel()
	f := newOAuthFixture(t)
	for _, endpoint := range []string{"revoke", "introspect"} {
		target := testOrg + "/oauth2/v1/" + endpoint
		f.refused(f.post(target, url.Values{}, f.basic), 400, "invalid_request", "The 'token' parameter is required.")
		f.refused(f.post(target+"?client_secret=x", url.Values{}), 400, "invalid_request", "cannot be supplied via query")
		f.refused(f.post(target, url.Values{"token": {"x"}}), 401, "invalid_client", "No client credentials found.")
		form := f.credentialsForm(f.clientID) // with the token endpoint as audience
		form.Set("token", "x")
		f.refused(f.post(target, form), 401, "invalid_client", "must be the endpoint invoked for the request.")
	}
}

func TestIntrospect(t *testing.T) {
	t.Parallel()
	f, p := newOAuthFixture(t), newTestProver(t)
	answer := f.signIn(p.onToken(f.nonces.current()))
	access := f.introspected(answer.AccessToken, f.basic)
	require.Equal(t, true, access["active"])
	require.Equal(t, "DPoP", access["token_type"])
	require.Equal(t, ada.Login, access["username"])
	require.Equal(t, f.webClientID, access["client_id"])
	require.Equal(t, map[string]any{"jkt": p.public.thumbprint()}, access["cnf"])
	require.InDelta(t, access["iat"], access["exp"], 3600)

	refresh := f.introspected(answer.RefreshToken, f.basic)
	require.Equal(t, true, refresh["active"])
	require.Equal(t, answer.Scope, refresh["scope"])

	inactive := map[string]any{"active": false}
	f.revoked(answer.RefreshToken)
	for _, token := range []string{answer.AccessToken, answer.RefreshToken, "x"} {
		require.Equal(t, inactive, f.introspected(token, f.basic))
	}
	service := f.granted(f.post(testToken, f.credentialsForm(f.clientID))).AccessToken
	require.Equal(t, inactive, f.introspected(service, f.basic), "of another client")

	form := f.credentialsForm(f.clientID)
	form.Set("token", service)
	form.Set("client_assertion", f.assertion(func(claims, _ map[string]any) {
		claims["aud"] = testOrg + "/oauth2/v1/introspect"
	}))
	w := f.post(testOrg+"/oauth2/v1/introspect", form)
	require.Contains(t, w.Body.String(), `"sub":"`+f.clientID+`"`)
}

func TestMetadata(t *testing.T) {
	t.Parallel()
	f := newOAuthFixture(t)
	for _, name := range []string{"openid-configuration", "oauth-authorization-server"} {
		w := httptest.NewRecorder()
		f.ServeHTTP(w, httptest.NewRequest(http.MethodGet, testOrg+"/.well-known/"+name, nil))
		var metadata struct {
			Issuer string
			Token  string `json:"token_endpoint"`
		}
		require.NoError(t, json.Unmarshal(w.Body.Bytes(), &metadata))
		require.Equal(t, testOrg, metadata.Issuer)
		require.Equal(t, testToken, metadata.Token)
	}
}

func TestServer_UnknownPathsAndMethods(t *testing.T) {
	t.Parallel()
	f := newOAuthFixture(t)
	for target, want := range map[string]string{
		"GET /oauth2/v1/token": "E0000022", "PUT /oauth2/v1/authorize": "E0000022", "GET /oauth2/v1/userinfo": "E0000008",
	} {
		method, path, _ := strings.Cut(target, " ")
		w := httptest.NewRecorder()
		f.ServeHTTP(w, httptest.NewRequest(method, testOrg+path, nil))
		require.Contains(t, w.Body.String(), want, target)
	}
}

func TestCredentials_SameSeedSameCredentials(t *testing.T) {
	t.Parallel()
	of := func(seed uint64) oauthCredentials {
		s, err := newOAuthServer(oauthConfig{
			Seed:   seed,
			Person: func(string) (oauthPerson, bool) { return oauthPerson{}, false },
			People: func(int) []oauthPerson { return nil },
		})
		require.NoError(t, err)
		return s.credentials()
	}
	first, again := of(1), of(1)
	require.Equal(t, first, again)
	require.NotEqual(t, of(1).clientID, of(2).clientID)
	require.NotEqual(t, of(1).webClientSecret, of(2).webClientSecret)
	require.NotEqual(t, first.clientID, first.dpopClientID)
	require.NotEqual(t, first.clientID, first.webClientID)
	require.Regexp(t, "^0oa[0-9A-Za-z]{17}$", first.clientID)

	_, err := newOAuthServer(oauthConfig{})
	require.ErrorContains(t, err, "Person")
}
