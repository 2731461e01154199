package connections_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"

	"github.com/okta-connector/okta-connector/connections"
	"github.com/okta-connector/okta-connector/connections/okta"
	"github.com/okta-connector/okta-connector/runtime/connector"
)

var serviceKey = sync.OnceValue(func() *ecdsa.PrivateKey {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	return key
})

func serviceInputs() inputs {
	der, err := x509.MarshalPKCS8PrivateKey(serviceKey())
	if err != nil {
		panic(err)
	}
	return inputs{
		"oktaDomain": "acme.okta.com", "clientId": "0oaservice", "scopes": "okta.users.read okta.groups.read",
		"privateKey": string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})),
	}
}

// issuer is an authorization server that checks little and counts. refuse may answer instead.
type issuer struct {
	requests atomic.Int64
	refuse   func(w http.ResponseWriter, r *http.Request, n int64) bool
	api      http.HandlerFunc
	seen     sync.Map // what was seen before
	repeats  atomic.Int64
}

func (s *issuer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/oauth2/v1/token" {
		s.api(w, r)
		return
	}
	n := s.requests.Add(1)
	if err := r.ParseForm(); err != nil {
		panic(err)
	}
	for _, once := range []string{r.PostForm.Get("client_assertion"), r.Header.Get("DPoP")} {
		if _, before := s.seen.LoadOrStore(once, true); before && once != "" {
			s.repeats.Add(1)
		}
	}
	if s.refuse != nil && s.refuse(w, r, n) {
		return
	}
	writeJSON(w, 200, fmt.Sprintf(`{"token_type":"Bearer","expires_in":3600,"access_token":"canary-%d","scope":%q}`,
		n, r.PostForm.Get("scope")))
}

// service opens a client of the org.
func service(t *testing.T, org *issuer) *okta.Client {
	t.Helper()
	return open(t, connections.ClientCredentials, answering(org.ServeHTTP), serviceInputs(), connector.Session{})
}

// tryService tests a connection to the org.
func tryService(t *testing.T, org *issuer) (connector.Identity, error) {
	t.Helper()
	return try(t, connections.ClientCredentials, answering(org.ServeHTTP), serviceInputs(), connector.Session{})
}

func fine(w http.ResponseWriter, _ *http.Request) { writeJSON(w, 200, `[]`) }

func TestClientCredentials_AssertionIsWhatOktaAsksFor(t *testing.T) {
	t.Parallel()
	org := &issuer{api: fine, refuse: func(_ http.ResponseWriter, r *http.Request, _ int64) bool {
		require.Equal(t, "https://acme.okta.com/oauth2/v1/token", r.URL.String())
		require.Equal(t, "application/x-www-form-urlencoded", r.Header.Get("Content-Type"))
		require.Empty(t, r.Header.Get("Authorization"))
		require.Equal(t, "client_credentials", r.PostForm.Get("grant_type"))
		require.Equal(t, "okta.users.read okta.groups.read", r.PostForm.Get("scope"))
		require.Equal(t, "urn:ietf:params:oauth:client-assertion-type:jwt-bearer", r.PostForm.Get("client_assertion_type"))
		claims := jwt.MapClaims{}
		token, err := jwt.ParseWithClaims(r.PostForm.Get("client_assertion"), claims,
			func(*jwt.Token) (any, error) { return serviceKey().Public(), nil }, jwt.WithValidMethods([]string{"ES256"}))
		require.NoError(t, err)
		require.Equal(t, "0oaservice", claims["iss"])
		require.Equal(t, "0oaservice", claims["sub"])
		require.Equal(t, "https://acme.okta.com/oauth2/v1/token", claims["aud"])
		require.InDelta(t, time.Now().Add(5*time.Minute).Unix(), claims["exp"], 2)
		require.NotEmpty(t, claims["jti"])
		require.NotContains(t, token.Header, "kid")
		return false
	}}
	id, err := tryService(t, org)
	require.NoError(t, err)
	id.LatencyMs = 0
	require.Equal(t, connector.Identity{
		OK: true, Org: "acme.okta.com", As: "0oaservice", Scopes: []string{"okta.users.read", "okta.groups.read"},
	}, id)
}

func TestClientCredentials_NamesTheKey(t *testing.T) {
	t.Parallel()
	org := &issuer{api: fine, refuse: func(_ http.ResponseWriter, r *http.Request, _ int64) bool {
		token, _, err := jwt.NewParser().ParseUnverified(r.PostForm.Get("client_assertion"), jwt.MapClaims{})
		require.NoError(t, err)
		require.Equal(t, "my-key", token.Header["kid"])
		return false
	}}
	in := serviceInputs().with("keyId", "my-key")
	_, err := try(t, connections.ClientCredentials, answering(org.ServeHTTP), in, connector.Session{})
	require.NoError(t, err)
}

func TestClientCredentials_EachAttemptHasAnAssertionOfItsOwn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org := &issuer{api: fine, refuse: func(w http.ResponseWriter, _ *http.Request, n int64) bool {
			switch n {
			case 1:
				writeJSON(w, 503, `{}`)
			case 2:
				h := w.Header()
				h.Set("X-Rate-Limit-Limit", "10")
				h.Set("X-Rate-Limit-Remaining", "0")
				h.Set("Date", time.Now().UTC().Format(http.TimeFormat))
				h.Set("X-Rate-Limit-Reset", strconv.FormatInt(time.Now().Add(5*time.Second).Unix(), 10))
				writeJSON(w, 429, `{"errorCode":"E0000047"}`)
			}
			return n < 3
		}}
		require.NoError(t, users(t.Context(), service(t, org)))
		require.EqualValues(t, 3, org.requests.Load())
		require.Zero(t, org.repeats.Load())
	})
}

func TestClientCredentials_OneTokenForAllWhoNeedIt(t *testing.T) {
	t.Parallel()
	org := &issuer{api: fine}
	env := answering(org.ServeHTTP)
	in := serviceInputs()
	var calls sync.WaitGroup
	for range 50 {
		c := open(t, connections.ClientCredentials, env, in, connector.Session{})
		calls.Go(func() {
			if err := users(t.Context(), c); err != nil {
				t.Error(err)
			}
		})
	}
	calls.Wait()
	require.EqualValues(t, 1, org.requests.Load())

	call := func(in inputs, s connector.Session) int64 {
		require.NoError(t, users(t.Context(), open(t, connections.ClientCredentials, env, in, s)))
		return org.requests.Load()
	}
	again := in.with("scopes", " okta.groups.read,okta.users.read ")
	require.EqualValues(t, 1, call(again, connector.Session{Name: "prod"}), "the same set of scopes")
	for i, other := range []inputs{
		in.with("scopes", "okta.users.read"), in.with("clientId", "0oaother"), in.with("oktaDomain", "other.okta.com"),
		in.with("keyId", "k"),
	} {
		require.EqualValues(t, i+2, call(other, connector.Session{}))
	}
}

func TestClientCredentials_TokenIsReplacedShortlyBeforeItsEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org := &issuer{api: fine}
		c := service(t, org)
		call := func(want int64) {
			require.NoError(t, users(t.Context(), c))
			require.Equal(t, want, org.requests.Load())
		}
		call(1)
		pass(58 * time.Minute)
		call(1)
		pass(90 * time.Second)
		call(2)
	})
}

// A life that is missing or makes no sense is taken for Okta's own, of an hour, and never for more than a day.
func TestClientCredentials_LivesThatATokenMayHave(t *testing.T) {
	t.Parallel()
	for life, want := range map[string]time.Duration{
		`"expires_in":300`:                 270 * time.Second,
		`"expires_in":"3600"`:              59 * time.Minute,
		`"expires_in":1e99`:                59 * time.Minute,
		`"expires_in":0`:                   59 * time.Minute,
		`"expires_in":-3600`:               59 * time.Minute,
		`"expires_in":null`:                59 * time.Minute,
		`"x":0`:                            59 * time.Minute,
		`"expires_in":9223372036854775807`: 24*time.Hour - time.Minute,
	} {
		synctest.Test(t, func(t *testing.T) {
			org := &issuer{api: fine, refuse: func(w http.ResponseWriter, _ *http.Request, _ int64) bool {
				writeJSON(w, 200, `{"token_type":"Bearer","access_token":"canary",`+life+`}`)
				return true
			}}
			c := service(t, org)
			require.NoError(t, users(t.Context(), c))
			pass(want - time.Second)
			require.NoError(t, users(t.Context(), c))
			require.EqualValues(t, 1, org.requests.Load(), life)
			pass(2 * time.Second)
			require.NoError(t, users(t.Context(), c))
			require.EqualValues(t, 2, org.requests.Load(), life)
		})
	}
}

func TestClientCredentials_OnlyAnInvalidTokenIsReplaced(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		body, challenge string
		tokens          int64
	}{
		"invalid token":     {body: `{"errorCode":"E0000011"}`, tokens: 2},
		"feature off":       {body: `{"errorCode":"E0000015"}`, challenge: `error="invalid_token"`, tokens: 1},
		"not signed in":     {body: `{"errorCode":"E0000004"}`, tokens: 1},
		"without a body":    {challenge: `error="invalid_token"`, tokens: 2},
		"without any word":  {tokens: 1},
		"another challenge": {challenge: `error="insufficient_scope"`, tokens: 1},
	} {
		org := &issuer{api: func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Authorization") != "Bearer canary-1" {
				fine(w, r)
				return
			}
			w.Header().Add("WWW-Authenticate", `Basic realm="x"`)
			w.Header().Add("WWW-Authenticate", "Bearer "+test.challenge)
			writeJSON(w, 401, test.body)
		}}
		err := users(t.Context(), service(t, org))
		require.Equal(t, test.tokens == 1, err != nil, name)
		require.Equal(t, test.tokens, org.requests.Load(), name)
	}
}

func TestClientCredentials_ATokenThatIsAlwaysRefusedIsNotRequestedForEver(t *testing.T) {
	t.Parallel()
	org := &issuer{api: func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, 401, `{"errorCode":"E0000011"}`) }}
	err := users(t.Context(), service(t, org))
	require.True(t, okta.HasCode(err, okta.CodeInvalidToken))
	require.LessOrEqual(t, org.requests.Load(), int64(3))
}

func TestClientCredentials_OthersWaitOnWhenTheFirstGivesUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org := &issuer{api: fine, refuse: func(http.ResponseWriter, *http.Request, int64) bool {
			pass(5 * time.Second)
			return false
		}}
		c := service(t, org)
		hasty, cancel := contextWithTimeout(t, time.Second)
		defer cancel()
		first, second := make(chan error, 1), make(chan error, 1)
		go func() { first <- users(hasty, c) }()
		synctest.Wait()
		go func() { second <- users(t.Context(), c) }()
		require.Error(t, <-first)
		require.NoError(t, <-second)
		require.EqualValues(t, 1, org.requests.Load())
	})
}

// What a person reads when Okta gives no token, by Okta's words.
func TestClientCredentials_TestExplainsRefusals(t *testing.T) {
	t.Parallel()
	assertion := "The client_assertion "
	for _, tt := range []struct {
		status                  int
		code, description, want string
	}{
		{401, "invalid_client", assertion + "signature is invalid.", "Private Key is not one whose public half the app has"},
		{401, "invalid_client", assertion + "JWT kid is invalid.", "the app has no key with this Key ID"},
		{401, "invalid_client", "The client does not have a JWKSet configured.", "the app has no public key"},
		{401, "invalid_client", "The issuer claim is not a valid client_id.", "this org has no active app with this"},
		{401, "invalid_client", assertion + "token is expired.", "is this machine's clock right?"},
		{401, "invalid_client", assertion + "token has an expiration too far into the future.", "clock right?"},
		{401, "invalid_client", assertion + "token must be issued before the current time.", "clock right?"},
		{401, "invalid_client", assertion + "token has already been used.", "is something repeating requests"},
		{401, "invalid_client", "The audience claim must be the endpoint invoked.", "calls itself by another name"},
		{400, "unauthorized_client", "The grant type is not allowed.", "the app may not use this kind of connection"},
		{400, "consent_required", "You are not allowed any of the requested scopes.", "none of the Scopes is granted"},
		{400, "invalid_scope", "One or more scopes are not configured.", "check their spelling"},
		{400, "invalid_scope", "Cannot request 'openid' scopes using client credentials.", "are for people"},
		{400, "access_denied", "Policy evaluation failed for this request.", "a policy of the org denies"},
		{403, "something_new", "New words.", "Okta gave no access token. Okta says: New words (something_new)"},
	} {
		org := &issuer{api: fine, refuse: func(w http.ResponseWriter, _ *http.Request, _ int64) bool {
			writeJSON(w, tt.status, fmt.Sprintf(`{"error":%q,"error_description":%q}`, tt.code, tt.description))
			return true
		}}
		_, err := tryService(t, org)
		var failure *connections.Failure
		require.ErrorAs(t, err, &failure, tt.description)
		require.Contains(t, failure.Detail, tt.want)
		require.Contains(t, failure.Detail, strings.TrimSuffix(tt.description, "."))
		require.NotContains(t, failure.Detail, "clock is", "clocks agree")
		require.EqualValues(t, 1, org.requests.Load(), "a refusal is not tried again")
		secretless(t, err.Error())
	}
}

func TestClientCredentials_TestMeasuresTheClock(t *testing.T) {
	t.Parallel()
	for skew, want := range map[time.Duration]string{
		7*time.Minute + 12*time.Second: "This machine's clock is 7m12s behind Okta's",
		-2 * time.Hour:                 "This machine's clock is 2h0m0s ahead of Okta's",
	} {
		synctest.Test(t, func(t *testing.T) {
			org := &issuer{api: fine, refuse: func(w http.ResponseWriter, _ *http.Request, _ int64) bool {
				w.Header().Set("Date", time.Now().Add(skew).UTC().Format(http.TimeFormat))
				writeJSON(w, 401, `{"error":"invalid_client","error_description":"The client_assertion token is expired."}`)
				return true
			}}
			_, err := tryService(t, org)
			require.ErrorContains(t, err, want)
		})
	}
}

func TestClientCredentials_TestNamesScopesThatAreNotGranted(t *testing.T) {
	t.Parallel()
	org := &issuer{api: fine, refuse: func(w http.ResponseWriter, _ *http.Request, _ int64) bool {
		writeJSON(w, 200, `{"token_type":"Bearer","expires_in":3600,"access_token":"canary","scope":"okta.users.read"}`)
		return true
	}}
	_, err := tryService(t, org)
	require.ErrorContains(t, err, "Okta left out scopes that are not granted to the app: okta.groups.read")
}

func TestClientCredentials_ScopesThatAreNotNamedAreThoseAskedFor(t *testing.T) {
	t.Parallel()
	org := &issuer{api: fine, refuse: func(w http.ResponseWriter, _ *http.Request, _ int64) bool {
		writeJSON(w, 200, `{"token_type":"Bearer","expires_in":3600,"access_token":"canary"}`)
		return true
	}}
	id, err := tryService(t, org)
	require.NoError(t, err)
	require.Equal(t, []string{"okta.users.read", "okta.groups.read"}, id.Scopes)
}

func TestClientCredentials_TestNamesTheMissingRole(t *testing.T) {
	t.Parallel()
	org := &issuer{api: func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, 403, `{"errorCode":"E0000006"}`)
	}}
	_, err := tryService(t, org)
	require.ErrorContains(t, err, "needs an admin role that covers this")
}

func TestClientCredentials_AnswersThatHoldNoToken(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`<html>canary</html>`: "the answer is not JSON",
		`{}`:                  "holds no access token",
		`[]`:                  "holds no access token",
		`{"access_token":"canary\r\nX: y","token_type":"Bearer"}`: "holds no access token",
		`{"access_token":"canary","token_type":"mac"}`:            "a token of an unknown type",
		`{"access_token":"canary","token_type":"DPoP"}`:           "a token of an unknown type", // nothing was proved
	} {
		org := &issuer{api: fine, refuse: func(w http.ResponseWriter, _ *http.Request, _ int64) bool {
			writeJSON(w, 200, body)
			return true
		}}
		c := service(t, org)
		err := users(t.Context(), c)
		require.ErrorContains(t, err, want)
		require.True(t, okta.HasStatus(err, 200), "an answer that is not Okta's")
		secretless(t, err.Error())
		require.Contains(t, connections.Explain(err, nil), "the host answered 200, but the answer ")
		secretless(t, connections.Explain(err, nil))
	}
}

func TestClientCredentials_RefusesBadInputs(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ key, value, want string }{
		{"clientId", "0oa service", "must not contain spaces"},
		{"privateKey", "canary", "must be a private key"},
		{"scopes", " , ", "must name a scope"},
		{"scopes", `okta.users.read "x"`, "must be scopes separated by spaces"},
		{"scopes", "okta.users.read offline_access", "must not hold offline_access"},
		{"keyId", "a b", "must not contain spaces"},
		{"oktaDomain", "acme-admin.okta.com", "write acme.okta.com"},
	} {
		got := invalid(t, connections.ClientCredentials, serviceInputs().with(tt.key, tt.value))
		require.Len(t, got, 1, tt.value)
		require.Equal(t, "/"+tt.key, got[0].Pointer)
		require.Contains(t, got[0].Detail, tt.want)
		secretless(t, got.Error())
	}
}

// A burst of callers that wait for one token must not use up the places that the request for it needs.
// What the tags cannot say of an input is told with the rest, and only of inputs that the tags let pass.
func TestClientCredentials_TellsOfAllFieldsAtOnce(t *testing.T) {
	t.Parallel()
	fields := invalid(t, connections.ClientCredentials, inputs{
		"oktaDomain": "http://acme.okta.com", "privateKey": "no key", "scopes": "offline_access", "other": "x",
	})
	var pointers []string
	for _, field := range fields {
		pointers = append(pointers, field.Pointer)
	}
	require.Equal(t, []string{"/oktaDomain", "/clientId", "/privateKey", "/scopes", "/other"}, pointers)
	_, err := connections.ClientCredentials.Bind(connector.Environment{}, json.RawMessage(`[]`))
	require.ErrorContains(t, err, "must be a JSON object")
	require.NotContains(t, err.Error(), "oktaDomain")
}

func TestClientCredentials_TokenRequestsDoNotWaitForTheirOwnCallers(t *testing.T) {
	t.Parallel()
	org := &issuer{api: fine}
	env := answering(org.ServeHTTP)
	env.Governor = connections.NewEnvironment(connections.Config{Governor: okta.GovernorConfig{MaxConcurrent: 1}}).Governor
	ctx, cancel := contextWithTimeout(t, 10*time.Second)
	defer cancel()
	require.NoError(t, users(ctx, open(t, connections.ClientCredentials, env, serviceInputs(), connector.Session{})))
}
