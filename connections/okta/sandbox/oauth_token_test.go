package sandbox

import (
	"crypto/rsa"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"
)

func TestToken_Refusals(t *testing.T) {
	t.Parallel()
	f := newOAuthFixture(t)
	credentials := func(scope string) url.Values {
		form := f.credentialsForm(f.clientID)
		form.Set("scope", scope)
		return form
	}
	none := func(*http.Request) {}
	for name, c := range map[string]struct {
		form        url.Values
		edit        func(*http.Request)
		status      int
		code        string
		description string
	}{
		"no grant type":      {url.Values{}, none, 400, "invalid_request", "must specify a 'grant_type'"},
		"unknown grant type": {url.Values{"grant_type": {"password"}}, none, 400, "unsupported_grant_type", "grant type"},
		"grant type of others": {
			url.Values{"grant_type": {"client_credentials"}},
			f.basic,
			400, "unauthorized_client", "Configured grant types: [authorization_code, refresh_token].",
		},
		"no scope":      {credentials(""), none, 400, "invalid_scope", "No scopes were requested."},
		"sign-in scope": {credentials("openid"), none, 400, "invalid_scope", "Cannot request 'openid' scopes"},
		"unknown scope": {credentials("okta.users.read admin"), none, 400, "invalid_scope", "not configured"},
		"scope that was not granted": {
			credentials("okta.domains.read"), none,
			400, "consent_required", "You are not allowed any of the requested scopes.",
		},
		"unknown code": {
			codeForm("x"), f.basic, 400, "invalid_grant", "The authorization code is invalid or has expired.",
		},
		"unknown refresh token": {
			refreshForm("x"), f.basic, 400, "invalid_grant", "The refresh token is invalid or expired.",
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := f.in(t)
			f.refused(f.post(testToken, c.form, c.edit), c.status, c.code, c.description)
		})
	}
}

func TestToken_MalformedForm(t *testing.T) {
	t.Parallel()
	f := newOAuthFixture(t)
	f.refused(f.post(testToken, nil, func(r *http.Request) { r.URL.RawQuery = "a=%zz" }),
		400, "invalid_request", "Invalid request")
}

func TestToken_LeavesOutScopesThatWereNotGranted(t *testing.T) {
	t.Parallel()
	f := newOAuthFixture(t)
	f.steer(http.MethodPost, "clients/"+f.clientID, `{"scopes":["okta.groups.read"]}`, nil)
	require.Equal(t, "okta.groups.read", f.granted(f.post(testToken, f.credentialsForm(f.clientID))).Scope)
}

func TestSignIn_GivesTokensOfThePerson(t *testing.T) {
	t.Parallel()
	f := newOAuthFixture(t)
	answer := f.signIn()
	require.Equal(t, "Bearer", answer.TokenType)
	require.Equal(t, "openid profile email offline_access okta.users.read okta.groups.read", answer.Scope)
	require.NotEmpty(t, answer.RefreshToken)

	who, refusal := f.call("Bearer " + answer.AccessToken)
	require.Nil(t, refusal)
	require.Equal(t, "User", who.kind)
	require.Equal(t, ada.ID, who.id)
	require.Equal(t, ada.Login, who.login)
	require.Equal(t, ada.Name, who.name)
	require.Contains(t, who.scopes, "okta.users.read")
}

func TestSignIn_IDTokenVerifiesWithPublishedKey(t *testing.T) {
	t.Parallel()
	f := newOAuthFixture(t)
	w := httptest.NewRecorder()
	f.ServeHTTP(w, httptest.NewRequest(http.MethodGet, testOrg+"/oauth2/v1/keys", nil))
	var set struct{ Keys []jwk }
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &set))

	claims := jwt.MapClaims{}
	_, err := jwt.ParseWithClaims(f.signIn().IDToken, claims, func(token *jwt.Token) (any, error) {
		require.Equal(t, set.Keys[0].Kid, token.Header["kid"])
		return set.Keys[0].public()
	}, jwt.WithIssuer(testOrg), jwt.WithAudience(f.webClientID), jwt.WithSubject(ada.ID), jwt.WithExpirationRequired())
	require.NoError(t, err)
	require.Equal(t, "the nonce", claims["nonce"])
	require.Equal(t, ada.Name, claims["name"])
	require.Equal(t, ada.Login, claims["preferred_username"])
	require.Equal(t, ada.Email, claims["email"])
}

func TestCode_Refusals(t *testing.T) {
	t.Parallel()
	f := newOAuthFixture(t)
	plain := func(q url.Values) { q.Del("code_challenge"); q.Del("code_challenge_method") }
	for name, c := range map[string]struct {
		edit        func(url.Values)
		name, value string
		code        string
		description string
	}{
		"other redirect URI":   {nil, "redirect_uri", "http://localhost/oauth/callback", "invalid_grant", "'redirect_uri'"},
		"other verifier":       {nil, "code_verifier", verifier + "x", "invalid_grant", "PKCE verification failed."},
		"no verifier":          {nil, "code_verifier", "", "invalid_request", "PKCE code verifier is required"},
		"a verifier too many":  {plain, "code_verifier", verifier, "invalid_request", "PKCE code challenge should be"},
		"not the code we gave": {nil, "code", "x", "invalid_grant", "The authorization code is invalid or has expired."},
	} {
		t.Run(name, func(t *testing.T) {
			f := f.in(t)
			form := codeForm(f.code(c.edit))
			form.Set(c.name, c.value)
			f.refused(f.post(testToken, form, f.basic), 400, c.code, c.description)
		})
	}
}

func TestCode_WithoutPKCE(t *testing.T) {
	t.Parallel()
	f := newOAuthFixture(t)
	form := codeForm(f.code(func(q url.Values) { q.Del("code_challenge"); q.Del("code_challenge_method") }))
	form.Del("code_verifier")
	f.granted(f.post(testToken, form, f.basic))
}

func TestCode_SecondUseRevokesWhatTheFirstGave(t *testing.T) {
	t.Parallel()
	f := newOAuthFixture(t)
	form := codeForm(f.code(nil))
	first := f.granted(f.post(testToken, form, f.basic))
	f.refused(f.post(testToken, form, f.basic), 400, "invalid_grant", "The authorization code is invalid or has expired.")
	_, refusal := f.call("Bearer " + first.AccessToken)
	require.Equal(t, "E0000011", refusal.code)
	f.refused(f.post(testToken, refreshForm(first.RefreshToken), f.basic), 400, "invalid_grant", "refresh token")
}

func TestCode_Expires(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newOAuthFixture(t)
		early, late := f.code(nil), f.code(nil)
		elapse(codeLife - time.Second)
		f.granted(f.post(testToken, codeForm(early), f.basic))
		elapse(time.Second)
		f.refused(f.post(testToken, codeForm(late), f.basic), 400, "invalid_grant", "The authorization code is invalid")
	})
}

func TestCode_PersonIsGone(t *testing.T) {
	t.Parallel()
	f := newOAuthFixture(t)
	form := codeForm(f.code(nil))
	clear(f.people)
	f.refused(f.post(testToken, form, f.basic), 400, "invalid_grant", "The authorization code is invalid or has expired.")
}

func TestRefresh_Rotates(t *testing.T) {
	t.Parallel()
	f := newOAuthFixture(t)
	first := f.signIn()
	second := f.granted(f.post(testToken, refreshForm(first.RefreshToken), f.basic))
	require.NotEqual(t, first.RefreshToken, second.RefreshToken)
	require.NotEqual(t, first.AccessToken, second.AccessToken)
	for _, token := range []string{first.AccessToken, second.AccessToken} {
		_, refusal := f.call("Bearer " + token)
		require.Nil(t, refusal)
	}
}

func TestRefresh_PersistsWithoutRotation(t *testing.T) {
	t.Parallel()
	f := newOAuthFixture(t)
	f.steer(http.MethodPost, "clients/"+f.webClientID, `{"rotateRefreshTokens":false}`, nil)
	first := f.signIn()
	for range 2 {
		again := f.granted(f.post(testToken, refreshForm(first.RefreshToken), f.basic))
		require.Equal(t, first.RefreshToken, again.RefreshToken)
	}
}

func TestRefresh_GracePeriodGivesTheSameSuccessor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newOAuthFixture(t)
		first := f.signIn()
		second := f.granted(f.post(testToken, refreshForm(first.RefreshToken), f.basic))
		elapse(rotationGrace)
		again := f.granted(f.post(testToken, refreshForm(first.RefreshToken), f.basic))
		require.Equal(t, second.RefreshToken, again.RefreshToken)
	})
}

func TestRefresh_ReuseRevokesAllOfTheSignIn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newOAuthFixture(t)
		other := f.signIn()
		first := f.signIn()
		second := f.granted(f.post(testToken, refreshForm(first.RefreshToken), f.basic))
		elapse(rotationGrace + time.Second)
		f.refused(f.post(testToken, refreshForm(first.RefreshToken), f.basic), 400, "invalid_grant", "The refresh token is")

		f.refused(f.post(testToken, refreshForm(second.RefreshToken), f.basic), 400, "invalid_grant", "The refresh token is")
		for _, token := range []string{first.AccessToken, second.AccessToken} {
			_, refusal := f.call("Bearer " + token)
			require.Equal(t, "E0000011", refusal.code)
		}
		_, refusal := f.call("Bearer " + other.AccessToken)
		require.Nil(t, refusal, "another sign-in is not touched")
	})
}

func TestRefresh_IdleTokenExpires(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newOAuthFixture(t)
		token := f.signIn().RefreshToken
		for range 3 {
			elapse(refreshIdleLife - time.Second)
			token = f.granted(f.post(testToken, refreshForm(token), f.basic)).RefreshToken
		}
		elapse(refreshIdleLife)
		f.refused(f.post(testToken, refreshForm(token), f.basic), 400, "invalid_grant", "The refresh token is invalid")
	})
}

func TestRefresh_ScopesOnlyShrink(t *testing.T) {
	t.Parallel()
	f := newOAuthFixture(t)
	token := f.signIn().RefreshToken
	form := refreshForm(token)
	form.Set("scope", "okta.users.read okta.apps.read")
	f.refused(f.post(testToken, form, f.basic), 400, "access_denied", "Denied scopes: okta.apps.read.")

	form.Set("scope", "okta.users.read")
	answer := f.granted(f.post(testToken, form, f.basic))
	require.Equal(t, "okta.users.read", answer.Scope)
	require.Empty(t, answer.RefreshToken, "not asked for, so the old one stays")
	f.granted(f.post(testToken, refreshForm(token), f.basic))
}

func TestRefresh_NoTokenWithoutOfflineAccess(t *testing.T) {
	t.Parallel()
	f := newOAuthFixture(t)
	form := codeForm(f.code(func(q url.Values) { q.Set("scope", "okta.users.read") }))
	form.Set("scope", "okta.users.read offline_access") // at this point it is too late to ask
	answer := f.granted(f.post(testToken, form, f.basic))
	require.Empty(t, answer.RefreshToken)
	require.Empty(t, answer.IDToken)
}

func TestRefresh_PersonIsGone(t *testing.T) {
	t.Parallel()
	f := newOAuthFixture(t)
	answer := f.signIn()
	clear(f.people)
	f.refused(f.post(testToken, refreshForm(answer.RefreshToken), f.basic), 400, "invalid_grant", "The refresh token is")
	_, refusal := f.call("Bearer " + answer.AccessToken)
	require.Equal(t, "E0000011", refusal.code)
}

func TestRefresh_ConcurrentUseLeavesOneSuccessor(t *testing.T) {
	t.Parallel()
	f := newOAuthFixture(t)
	token := f.signIn().RefreshToken
	var mu sync.Mutex
	successors := map[string]bool{}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			w := f.post(testToken, refreshForm(token), f.basic)
			var answer tokenAnswer
			mu.Lock()
			defer mu.Unlock()
			if json.Unmarshal(w.Body.Bytes(), &answer) == nil {
				successors[answer.RefreshToken] = true
			}
		})
	}
	all.Wait()
	require.Len(t, successors, 1)
	var counts map[string]tokenCount
	f.steer(http.MethodGet, "requests", "", &counts)
	require.Equal(t, tokenCount{Granted: 8}, counts["refresh_token"])
}

func TestAccessToken_ExpiresAfterAnHour(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newOAuthFixture(t)
		token := f.granted(f.post(testToken, f.credentialsForm(f.clientID))).AccessToken
		elapse(accessLife - time.Second)
		_, refusal := f.call("Bearer " + token)
		require.Nil(t, refusal)
		elapse(time.Second)
		_, refusal = f.call("Bearer " + token)
		require.Equal(t, "E0000011", refusal.code)
	})
}

func TestAccessToken_ReadsLikeOktas(t *testing.T) {
	t.Parallel()
	f := newOAuthFixture(t)
	claims := jwt.MapClaims{}
	_, err := jwt.ParseWithClaims(f.signIn().AccessToken, claims, func(*jwt.Token) (any, error) {
		return f.signing.Public().(*rsa.PublicKey), nil
	}, jwt.WithIssuer(testOrg), jwt.WithAudience(testOrg), jwt.WithSubject(ada.Login), jwt.WithExpirationRequired())
	require.NoError(t, err)
	require.Equal(t, f.webClientID, claims["cid"])
	require.Equal(t, ada.ID, claims["uid"])
	require.Contains(t, claims["scp"], "okta.users.read")
}

// There is one web client to begin with, so no request can show this.
func TestGrants_KeptToTheirClient(t *testing.T) {
	t.Parallel()
	f := newOAuthFixture(t)
	_, refusal := f.grants.redeem("0oaother", f.code(nil), testCallback, verifier, "")
	require.Equal(t, anotherClient, refusal)
	_, refusal = f.grants.renew(renewal{client: oauthClient{id: "0oaother"}, token: f.signIn().RefreshToken})
	require.Equal(t, anotherClient, refusal)
}

func TestGrants_ForgetWhatIsLongOver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newOAuthFixture(t)
		f.signIn()
		elapse(refreshIdleLife + time.Minute)
		f.granted(f.post(testToken, f.credentialsForm(f.clientID)))
		require.Empty(t, f.grants.codes)
		require.Empty(t, f.grants.refresh)
		require.Len(t, f.grants.access, 1)
		require.Len(t, f.replays.until, 1)
	})
}
