package sandbox

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAuthenticate_InvalidToken(t *testing.T) {
	t.Parallel()
	f := newOAuthFixture(t)
	token := f.granted(f.post(testToken, f.credentialsForm(f.clientID))).AccessToken
	for _, authorization := range []string{
		"", "Bearer", "Bearer ", "Bearer abc", "Bearer " + token + "x", "Basic " + token, "SSWS " + token, token, "DPoP abc",
	} {
		_, refusal := f.call(authorization)
		require.NotNil(t, refusal, authorization)
		require.Equal(t, 401, refusal.status)
		require.Equal(t, "E0000011", refusal.code)
		require.Equal(t, "Invalid token provided", refusal.summary)
		require.Contains(t, refusal.challenge, `error="invalid_token"`)
	}
	_, refusal := f.call("bearer " + token)
	require.Nil(t, refusal, "a scheme's case does not matter")
}

func TestInsufficientScope(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest(http.MethodGet, testOrg+"/api/v1/users/ada%40example.com", nil)
	r.Header.Set("Authorization", "Bearer x")
	refusal := insufficientScope(r, "okta.users.read")
	requireChallenge(t, refusal, 403, "Bearer ", "insufficient_scope", "does not contain the required scopes.")
	require.Contains(t, refusal.challenge, `scope="okta.users.read"`)
}

func TestControl_RevokesAllTokens(t *testing.T) {
	t.Parallel()
	f := newOAuthFixture(t)
	answer, code := f.signIn(), f.code(nil)
	f.steer(http.MethodDelete, "tokens", "", nil)
	_, refusal := f.call("Bearer " + answer.AccessToken)
	require.Equal(t, "E0000011", refusal.code)
	f.refused(f.post(testToken, refreshForm(answer.RefreshToken), f.basic), 400, "invalid_grant", "The refresh token is")
	f.refused(f.post(testToken, codeForm(code), f.basic), 400, "invalid_grant", "The authorization code is")
}

func TestControl_CountsTokenRequests(t *testing.T) {
	t.Parallel()
	f := newOAuthFixture(t)
	answer := f.signIn()
	f.post(testToken, refreshForm(answer.RefreshToken), f.basic)
	f.post(testToken, refreshForm("x"), f.basic)
	var counts map[string]tokenCount
	f.steer(http.MethodGet, "requests", "", &counts)
	require.Equal(t, map[string]tokenCount{
		"authorization_code": {Granted: 1}, "client_credentials": {}, "refresh_token": {Granted: 1, Refused: 1},
	}, counts)
	f.steer(http.MethodDelete, "requests", "", &counts)
	require.Zero(t, counts["refresh_token"])
}

func TestControl_ClientSettings(t *testing.T) {
	t.Parallel()
	f := newOAuthFixture(t)
	var before, after clientSettings
	f.steer(http.MethodPost, "clients/"+f.webClientID, "", &before)
	require.Equal(t, "ACTIVE", *before.Status)
	require.True(t, *before.RotateRefreshTokens)
	require.False(t, *before.RequireDPoP)

	f.steer(http.MethodPost, "clients/"+f.webClientID, `{"requireDPoP":true}`, &after)
	require.True(t, *after.RequireDPoP)
	require.Equal(t, before.Scopes, after.Scopes, "what is absent stays")
	f.reset()
	f.steer(http.MethodPost, "clients/"+f.webClientID, "", &after)
	require.Equal(t, before, after)
}

func TestControl_Refusals(t *testing.T) {
	t.Parallel()
	f := newOAuthFixture(t)
	for _, c := range []struct {
		method, path, body string
		status             int
	}{
		{http.MethodPost, "clients/0oaother", "", 404},
		{http.MethodPost, "clients/" + f.clientID, `{"dpop":true}`, 400},
		{http.MethodPost, "clients/" + f.clientID, `{"status":"DELETED"}`, 400},
		{http.MethodPost, "nonce", `{`, 400},
		{http.MethodGet, "nonce", "", 405},
		{http.MethodGet, "elsewhere", "", 404},
	} {
		w := httptest.NewRecorder()
		f.control(w, httptest.NewRequest(c.method, "/_sandbox/oauth/"+c.path, strings.NewReader(c.body)))
		require.Equal(t, c.status, w.Code, c.path+c.body)
	}
}
