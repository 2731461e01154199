package connections_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/okta-connector/okta-connector/connections"
	"github.com/okta-connector/okta-connector/connections/okta"
	"github.com/okta-connector/okta-connector/runtime/connector"
)

var webInputs = inputs{
	"oktaDomain": "acme.okta.com", "clientId": "0oaweb", "clientSecret": "canary", "scopes": "okta.users.read",
}

func TestOAuthCode_AuthorizeURL(t *testing.T) {
	t.Parallel()
	in := webInputs.with("scopes", "offline_access,okta.users.read")
	begun, err := connections.OAuthCode.BeginSignIn(connector.Environment{}, in.json(), "https://c.example/oauth/callback")
	require.NoError(t, err)
	u, err := url.Parse(begun.URL)
	require.NoError(t, err)
	require.Equal(t, "https://acme.okta.com/oauth2/v1/authorize", u.Scheme+"://"+u.Host+u.Path)
	q := u.Query()
	require.Equal(t, "code", q.Get("response_type"))
	require.Equal(t, "https://c.example/oauth/callback", q.Get("redirect_uri"))
	require.Equal(t, "offline_access okta.users.read", q.Get("scope"))
	require.Equal(t, begun.State, q.Get("state"))
	require.Equal(t, "S256", q.Get("code_challenge_method"))
	require.Len(t, q.Get("code_challenge"), 43)
	require.NotContains(t, begun.URL, "canary")

	again, err := connections.OAuthCode.BeginSignIn(connector.Environment{}, in.json(), "https://c.example/oauth/callback")
	require.NoError(t, err)
	require.NotEqual(t, begun.State, again.State)
	require.NotEqual(t, string(begun.Flow), string(again.Flow))
}

func TestOAuthCode_RefusesBadInputs(t *testing.T) {
	t.Parallel()
	in := webInputs
	for _, tt := range []struct{ key, value, want string }{
		{"clientId", "0oa web", "must not contain spaces"},
		{"clientSecret", "can ary", "must be one line without spaces"},
		{"scopes", ",", "must name a scope"},
		{"oktaDomain", "10.0.0.1", "not an address"},
	} {
		got := invalid(t, connections.OAuthCode, in.with(tt.key, tt.value))
		require.Len(t, got, 1)
		require.Equal(t, "/"+tt.key, got[0].Pointer)
		require.Contains(t, got[0].Detail, tt.want)
		secretless(t, got.Error())
	}
}

func TestOAuthCode_NeedsSomebodyToSignIn(t *testing.T) {
	t.Parallel()
	o := newOrg(t)
	s := connector.Session{Name: "prod", State: newSharedState()}
	_, err := try(t, connections.OAuthCode, o.env(), o.web(), s)
	var missing *connections.NotAuthorizedError
	require.ErrorAs(t, err, &missing)
	require.Equal(t, "prod", missing.Connection)
	require.Contains(t, missing.Detail, "nobody has signed in at Okta for it yet: connect it")
	require.Contains(t, missing.Detail, "POST /v1/connections/prod/authorize")
	require.Equal(t, tokenCount{}, o.counts("refresh_token"))

	opener, err := connections.OAuthCode.Bind(o.env(), o.web().json())
	require.NoError(t, err)
	_, err = opener(t.Context(), connector.Session{})
	require.ErrorAs(t, err, &missing, "an inline connection has nowhere to keep a sign-in")
}

func TestOAuthCode_SignsInAndCalls(t *testing.T) {
	t.Parallel()
	for _, dpop := range []string{"false", "true"} {
		o := newOrg(t)
		o.steer("POST", "clients/"+o.WebClientID, `{"requireDPoP":`+dpop+`}`)
		env, s := o.env(), connector.Session{Name: "prod", State: newSharedState()}
		o.signIn(env, o.web(), s)
		id, err := try(t, connections.OAuthCode, env, o.web(), s)
		require.NoError(t, err)
		require.Contains(t, id.As, "@")
		require.Equal(t, []string{"offline_access", "okta.users.read"}, id.Scopes)
		require.Zero(t, o.counts("refresh_token").Granted)
		require.Equal(t, dpop == "true", o.sent("/api/v1/users/me", "DPoP")[1] != "")
	}
}

// expire makes the access token one of the past, as the clock will.
func expire(t *testing.T, s *sharedState) {
	s.edit(t, func(doc map[string]any) { doc["until"] = time.Now().Add(-time.Minute).Format(time.RFC3339) })
}

func TestOAuthCode_RefreshStoresTheNewTokenFirst(t *testing.T) {
	t.Parallel()
	for _, rotate := range []bool{true, false} {
		o := newOrg(t)
		if !rotate {
			o.steer("POST", "clients/"+o.WebClientID, `{"rotateRefreshTokens":false}`)
		}
		state := newSharedState()
		s := connector.Session{Name: "prod", State: state}
		o.signIn(o.env(), o.web(), s)
		before := state.member(t, "refresh")
		expire(t, state)
		_, err := try(t, connections.OAuthCode, o.env(), o.web(), s)
		require.NoError(t, err)
		require.Equal(t, rotate, before != state.member(t, "refresh"))
		require.NotEmpty(t, state.member(t, "refresh"))
		require.Equal(t, tokenCount{Granted: 1}, o.counts("refresh_token"))
	}
}

// Replicas share nothing but the state: an environment each.
func TestOAuthCode_ReplicasRefreshOnce(t *testing.T) {
	t.Parallel()
	o := newOrg(t)
	state := newSharedState()
	s := connector.Session{Name: "prod", State: state}
	o.signIn(o.env(), o.web(), s)
	expire(t, state)

	var calls sync.WaitGroup
	for range 2 {
		c := open(t, connections.OAuthCode, o.env(), o.web(), s)
		for range 20 {
			calls.Go(func() {
				if err := users(t.Context(), c); err != nil {
					t.Error(err)
				}
			})
		}
	}
	calls.Wait()
	require.Equal(t, tokenCount{Granted: 1}, o.counts("refresh_token"))
}

func TestOAuthCode_DPoPBoundRefreshUsesTheSameKeyEverywhere(t *testing.T) {
	t.Parallel()
	o := newOrg(t)
	o.steer("POST", "clients/"+o.WebClientID, `{"requireDPoP":true}`)
	state := newSharedState()
	s := connector.Session{Name: "prod", State: state}
	o.signIn(o.env(), o.web(), s)
	key := state.member(t, "key")
	require.NotEmpty(t, key)
	for range 3 {
		expire(t, state)
		require.NoError(t, users(t.Context(), open(t, connections.OAuthCode, o.env(), o.web(), s)))
	}
	require.Equal(t, key, state.member(t, "key"))
	require.Equal(t, tokenCount{Granted: 3}, o.counts("refresh_token"), "the nonce is kept too")
}

func TestOAuthCode_DPoPDemandedAfterTheSignIn(t *testing.T) {
	t.Parallel()
	o := newOrg(t)
	state := newSharedState()
	s := connector.Session{Name: "prod", State: state}
	o.signIn(o.env(), o.web(), s)
	o.steer("POST", "clients/"+o.WebClientID, `{"requireDPoP":true}`)
	expire(t, state)
	_, err := try(t, connections.OAuthCode, o.env(), o.web(), s)
	require.ErrorContains(t, err, "connect again")
}

func TestOAuthCode_ARevokedAccessTokenIsRefreshed(t *testing.T) {
	t.Parallel()
	o := newOrg(t)
	state := newSharedState()
	s := connector.Session{Name: "prod", State: state}
	o.signIn(o.env(), o.web(), s)
	// An access token that Okta does not know, in its time.
	state.edit(t, func(doc map[string]any) { doc["access"] = "canary" })
	require.NoError(t, users(t.Context(), open(t, connections.OAuthCode, o.env(), o.web(), s)))
	require.Equal(t, tokenCount{Granted: 1}, o.counts("refresh_token"))
	require.NotEqual(t, "canary", state.member(t, "access"))
}

func TestOAuthCode_AnEndedSignInIsNotTriedAgain(t *testing.T) {
	t.Parallel()
	o := newOrg(t)
	state := newSharedState()
	s := connector.Session{Name: "prod", State: state}
	o.signIn(o.env(), o.web(), s)
	o.steer("DELETE", "tokens", "")
	expire(t, state)
	for range 3 {
		_, err := try(t, connections.OAuthCode, o.env(), o.web(), s)
		var ended *connections.NotAuthorizedError
		require.ErrorAs(t, err, &ended)
		require.Contains(t, ended.Detail, "the sign-in has ended at Okta")
		secretless(t, err.Error())
	}
	require.Equal(t, tokenCount{Refused: 1}, o.counts("refresh_token"))

	o.signIn(o.env(), o.web(), s)
	require.NoError(t, users(t.Context(), open(t, connections.OAuthCode, o.env(), o.web(), s)))
}

func TestOAuthCode_WithoutOfflineAccessItEndsWithItsHour(t *testing.T) {
	t.Parallel()
	o := newOrg(t)
	state := newSharedState()
	s := connector.Session{Name: "prod", State: state}
	in := o.web().with("scopes", "okta.users.read")
	o.signIn(o.env(), in, s)
	require.NoError(t, users(t.Context(), open(t, connections.OAuthCode, o.env(), in, s)))
	expire(t, state)
	_, err := try(t, connections.OAuthCode, o.env(), in, s)
	require.ErrorContains(t, err, "add offline_access to Scopes")
}

func TestOAuthCode_OtherInputsNeedAnotherSignIn(t *testing.T) {
	t.Parallel()
	o := newOrg(t)
	s := connector.Session{Name: "prod", State: newSharedState()}
	o.signIn(o.env(), o.web(), s)
	_, err := try(t, connections.OAuthCode, o.env(), o.web().with("scopes", "offline_access okta.groups.read"), s)
	var missing *connections.NotAuthorizedError
	require.ErrorAs(t, err, &missing)
}

func TestOAuthCode_AStoreThatFailsLosesNoRefreshToken(t *testing.T) {
	t.Parallel()
	for _, failures := range []int{2, 1000} {
		synctest.Test(t, func(t *testing.T) {
			o := newOrgInMemory(t)
			state := newSharedState()
			s := connector.Session{Name: "prod", State: state}
			o.signIn(o.env(), o.web(), s)
			before := state.member(t, "refresh")
			pass(time.Hour)
			state.breakDown(1, failures)
			c := open(t, connections.OAuthCode, o.env(), o.web(), s)
			if failures > 2 {
				require.ErrorIs(t, users(t.Context(), c), errDisk)
				require.Equal(t, before, state.member(t, "refresh"))
				pass(time.Minute) // by now the old refresh token would end everything
				state.breakDown(0, 0)
			}
			require.NoError(t, users(t.Context(), c))
			require.NotEqual(t, before, state.member(t, "refresh"))
			require.Equal(t, tokenCount{Granted: 1}, o.counts("refresh_token"))
			pass(time.Hour)
			require.NoError(t, users(t.Context(), c), "the stored refresh token is the good one")
		})
	}
}

// Where nothing can be stored Okta is not asked to replace what is.
func TestOAuthCode_ABrokenStoreIsNoticedBeforeTheRefresh(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := newOrgInMemory(t)
		state := newSharedState()
		s := connector.Session{Name: "prod", State: state}
		o.signIn(o.env(), o.web(), s)
		pass(time.Hour)
		state.breakDown(0, 1)
		c := open(t, connections.OAuthCode, o.env(), o.web(), s)
		require.ErrorIs(t, users(t.Context(), c), errDisk)
		require.Zero(t, o.counts("refresh_token"))
		pass(time.Hour)
		require.NoError(t, users(t.Context(), c))
	})
}

// A process that is killed between Okta's answer and the store leaves a refresh token that Okta has replaced. For half
// a minute it is still good; after that the person reads what happened.
func TestOAuthCode_AProcessThatIsKilledWhileItRefreshes(t *testing.T) {
	t.Parallel()
	for _, after := range []time.Duration{5 * time.Second, time.Minute} {
		synctest.Test(t, func(t *testing.T) {
			o := newOrgInMemory(t)
			state := newSharedState()
			s := connector.Session{Name: "prod", State: state}
			o.signIn(o.env(), o.web(), s)
			pass(time.Hour)
			state.breakDown(1, 1000)
			began := time.Now()
			ctx, cancel := contextWithTimeout(t, time.Second)
			require.Error(t, users(ctx, open(t, connections.OAuthCode, o.env(), o.web(), s)), "the first process")
			cancel()
			pass(after - time.Since(began))
			state.breakDown(0, 0)

			c := open(t, connections.OAuthCode, o.env(), o.web(), s)
			err := users(t.Context(), c)
			if after < 30*time.Second {
				require.NoError(t, err)
				pass(2 * time.Hour)
				require.NoError(t, users(t.Context(), c))
				return
			}
			var lost *connections.NotAuthorizedError
			require.ErrorAs(t, err, &lost)
			require.Contains(t, lost.Detail, "this runtime was stopped, or cut off from Okta, just as Okta replaced")
			require.EqualError(t, users(t.Context(), c), lost.Detail, "and again")
			require.Equal(t, 1, o.counts("refresh_token").Refused)
			o.signIn(o.env(), o.web(), s)
			raw, _, err := state.Load(t.Context())
			require.NoError(t, err)
			require.NotContains(t, string(raw), "begun")
		})
	}
}

// Okta takes a refresh token that it has replaced for half a minute more: an answer that is lost is asked for again in
// that time.
func TestOAuthCode_AnAnswerThatIsLostIsAskedForAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := newOrgInMemory(t)
		state := newSharedState()
		s := connector.Session{Name: "prod", State: state}
		env := o.env()
		o.signIn(env, o.web(), s)
		pass(time.Hour)
		org, lost := env.Transport, 0
		env.Transport = roundTrips(func(r *http.Request) (*http.Response, error) {
			res, err := org.RoundTrip(r)
			if strings.HasSuffix(r.URL.Path, "/token") && lost < 2 {
				lost++
				<-r.Context().Done()
				return nil, r.Context().Err()
			}
			return res, err
		})
		env.Memory = connector.NewMemory(10)
		c := open(t, connections.OAuthCode, env, o.web(), s)
		require.NoError(t, users(t.Context(), c))
		require.Equal(t, 2, lost)
		pass(2 * time.Hour)
		require.NoError(t, users(t.Context(), c))
	})
}

func TestOAuthCode_LivesOnForDays(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := newOrgInMemory(t)
		s := connector.Session{Name: "prod", State: newSharedState()}
		o.signIn(o.env(), o.web(), s)
		replicas := []*okta.Client{
			open(t, connections.OAuthCode, o.env(), o.web(), s), open(t, connections.OAuthCode, o.env(), o.web(), s),
		}
		for range 4 * 24 * 3 { // three days, every quarter of an hour
			for _, c := range replicas {
				require.NoError(t, users(t.Context(), c))
			}
			pass(15 * time.Minute)
		}
		require.Equal(t, tokenCount{Granted: 71}, o.counts("refresh_token"))
	})
}

// A new sign-in is seen at once by the replica it was made through, and soon by the others.
func TestOAuthCode_ANewSignInTakesOver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := newOrgInMemory(t)
		env, s := o.env(), connector.Session{Name: "prod", State: newSharedState()}
		o.signIn(env, o.web(), s)
		own, other := open(t, connections.OAuthCode, env, o.web(), s), open(t, connections.OAuthCode, o.env(), o.web(), s)
		call := func(c *okta.Client) string {
			require.NoError(t, users(t.Context(), c))
			sent := o.sent(absentUser, "Authorization")
			return sent[len(sent)-1]
		}
		before := call(own)
		require.Equal(t, before, call(other))
		o.signIn(env, o.web(), s)
		require.NotEqual(t, before, call(own))
		require.Equal(t, before, call(other))
		pass(6 * time.Second)
		require.Equal(t, call(own), call(other))
	})
}

// What the person reads on the page that Okta sends the browser back to.
func TestOAuthCode_FinishExplainsWhatWentWrong(t *testing.T) {
	t.Parallel()
	o := newOrg(t)
	env, s := o.env(), connector.Session{Name: "prod", State: newSharedState()}
	begun, err := connections.OAuthCode.BeginSignIn(env, o.web().json(), callback)
	require.NoError(t, err)
	finish := func(in inputs, query url.Values) error {
		return connections.OAuthCode.FinishSignIn(t.Context(), env, s, in.json(), begun.Flow, query)
	}
	good := o.decide(begun.URL, "allow")
	with := func(name, value string) url.Values {
		q := url.Values{name: {value}}
		for k, v := range good {
			if k != name {
				q[k] = v
			}
		}
		return q
	}
	back := func(code, description string) url.Values {
		return url.Values{"state": {begun.State}, "error": {code}, "error_description": {description}}
	}
	for want, query := range map[string]url.Values{
		"this is not the answer to the sign-in":  with("state", "another"),
		"Okta's answer holds no code":            with("code", ""),
		"the answer is from another org":         with("iss", "https://evil.example"),
		"the code that Okta gave the browser":    with("code", "canary"),
		"you declined, or you are not assigned":  o.decide(begun.URL, "deny"),
		"the app may not use the Authorization":  back("unauthorized_client", ""),
		"Okta ended it. Okta says: Words, words": back("new", "Words, words."),
		"that was begun here: begin again":       {},
	} {
		err := finish(o.web(), query)
		require.ErrorContains(t, err, want)
		secretless(t, err.Error())
	}
	require.ErrorContains(t, finish(o.web().with("scopes", "okta.users.read"), good), "the connection was changed")

	wrong := o.web().with("clientSecret", "canary-secret")
	err = finish(wrong, good)
	require.ErrorContains(t, err, "Okta does not accept the client secret")
	secretless(t, err.Error())

	require.NoError(t, finish(o.web(), good))
	require.ErrorContains(t, finish(o.web(), good), "has expired or was used")
}

func TestOAuthCode_ASlowLockEndsWithTheCaller(t *testing.T) {
	t.Parallel()
	o := newOrg(t)
	state := newSharedState()
	s := connector.Session{Name: "prod", State: state}
	o.signIn(o.env(), o.web(), s)
	expire(t, state)
	unlock, err := state.Lock(t.Context())
	require.NoError(t, err)
	ctx, cancel := contextWithTimeout(t, 50*time.Millisecond)
	defer cancel()
	c := open(t, connections.OAuthCode, o.env(), o.web(), s)
	require.ErrorIs(t, users(ctx, c), context.DeadlineExceeded)
	unlock()
	require.NoError(t, users(t.Context(), c), "who waits on gets the token")
	require.Equal(t, tokenCount{Granted: 1}, o.counts("refresh_token"))
}

func TestOAuthCode_StateHoldsWhatIsDocumentedAndNoSecretOfTheInputs(t *testing.T) {
	t.Parallel()
	o := newOrg(t)
	state := newSharedState()
	o.signIn(o.env(), o.web(), connector.Session{Name: "prod", State: state})
	raw, _, err := state.Load(t.Context())
	require.NoError(t, err)
	require.NotContains(t, string(raw), o.WebClientSecret)
	require.NotContains(t, string(raw), "[redacted]", "a secret type would not come back")
}
