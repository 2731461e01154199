package sandbox

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// newOrgFixture is an authorization server as part of a whole org.
func newOrgFixture(t *testing.T) (*oauthFixture, *Org) {
	org, err := New(Options{Users: 5, Seed: 1})
	require.NoError(t, err)
	f := newOAuthFixture(t)
	f.oauthServer, f.oauthCredentials = org.oauth, org.oauth.credentials()
	return f, org
}

func send(org *Org, method, path, authorization string, body io.Reader) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, testOrg+path, body)
	r.Header.Set("Authorization", authorization)
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	org.ServeHTTP(w, r)
	return w
}

func TestOrg_TakesTokensOfItsOwnServer(t *testing.T) {
	t.Parallel()
	f, org := newOrgFixture(t)
	token := f.granted(f.post(testToken, f.credentialsForm(f.clientID))).AccessToken
	require.Equal(t, http.StatusOK, send(org, http.MethodGet, "/api/v1/users", "Bearer "+token, nil).Code)

	w := send(org, http.MethodGet, "/api/v1/apps", "Bearer "+token, nil)
	require.Equal(t, http.StatusForbidden, w.Code)
	require.Empty(t, w.Body.String())
	require.Contains(t, w.Header().Get("WWW-Authenticate"), `error="insufficient_scope"`)

	w = send(org, http.MethodGet, "/api/v1/users", "Bearer x", nil)
	require.Equal(t, http.StatusUnauthorized, w.Code)
	require.Contains(t, w.Body.String(), "E0000011")
}

func TestOrg_TokenEndsWithItsPerson(t *testing.T) {
	t.Parallel()
	f, org := newOrgFixture(t)
	person := org.people(2)[1]
	code := f.sentBack(f.post(f.authorizeURL(nil), url.Values{"login": {person.Login}, "decision": {"allow"}})).Get("code")
	answer := f.granted(f.post(testToken, codeForm(code), f.basic))

	w := send(org, http.MethodGet, "/api/v1/users/me", "Bearer "+answer.AccessToken, nil)
	require.Equal(t, http.StatusOK, w.Code, w.Body)
	var me struct{ ID string }
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &me))
	require.Equal(t, person.ID, me.ID)

	deactivate := "/api/v1/users/" + person.ID + "/lifecycle/deactivate"
	w = send(org, http.MethodPost, deactivate, "SSWS "+org.Credentials().APIToken, nil)
	require.Equal(t, http.StatusOK, w.Code, w.Body)
	require.Equal(t, http.StatusUnauthorized,
		send(org, http.MethodGet, "/api/v1/users/me", "Bearer "+answer.AccessToken, nil).Code)
	f.refused(f.post(testToken, refreshForm(answer.RefreshToken), f.basic), 400, "invalid_grant", "The refresh token is")
}

func TestOrg_ResetEndsTokensAndKeepsCredentials(t *testing.T) {
	t.Parallel()
	f, org := newOrgFixture(t)
	before := org.Credentials()
	token := f.granted(f.post(testToken, f.credentialsForm(f.clientID))).AccessToken
	require.Equal(t, http.StatusNoContent, send(org, http.MethodPost, "/_sandbox/reset", "", nil).Code)
	require.Equal(t, before, org.Credentials())
	require.Equal(t, http.StatusUnauthorized, send(org, http.MethodGet, "/api/v1/users", "Bearer "+token, nil).Code)
}

func TestOrg_RoutesOAuthControl(t *testing.T) {
	t.Parallel()
	f, org := newOrgFixture(t)
	w := send(org, http.MethodPost, "/_sandbox/oauth/clients/"+f.clientID, "", strings.NewReader(`{"requireDPoP":true}`))
	require.Equal(t, http.StatusOK, w.Code, w.Body)
	f.refused(f.post(testToken, f.credentialsForm(f.clientID)), 400, "invalid_dpop_proof", "header is missing.")
	w = send(org, http.MethodGet, "/_sandbox/oauth/requests", "", nil)
	require.JSONEq(t, `{"granted":0,"refused":1}`, string(field(t, w.Body.Bytes(), "client_credentials")))
}

func field(t *testing.T, object []byte, name string) json.RawMessage {
	var fields map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(object, &fields))
	return fields[name]
}
