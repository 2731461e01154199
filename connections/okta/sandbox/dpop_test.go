package sandbox

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"testing/synctest"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"
)

const testResource = testOrg + "/api/v1/users/ada@example.com" // as Okta wants it in htu: decoded

// testProver makes the DPoP proofs of one key.
type testProver struct {
	*testing.T
	key    crypto.Signer
	method jwt.SigningMethod
	public jwk
}

func newTestProver(t *testing.T) *testProver {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	return &testProver{t, key, jwt.SigningMethodES256, ecJWK(t, &key.PublicKey)}
}

// proof makes a fresh proof; edit changes claims and header before it is signed.
func (p *testProver) proof(method, htu string, edit func(claims, header map[string]any)) string {
	claims := jwt.MapClaims{"htm": method, "htu": htu, "iat": time.Now().Unix(), "jti": rand.Text()}
	t := jwt.NewWithClaims(p.method, claims)
	t.Header["typ"], t.Header["jwk"] = "dpop+jwt", p.public
	if edit != nil {
		edit(claims, t.Header)
	}
	signed, err := t.SignedString(p.key)
	require.NoError(p, err)
	return signed
}

// onToken puts a proof with the given nonce on a token request.
func (p *testProver) onToken(nonce string) func(*http.Request) {
	return func(r *http.Request) {
		r.Header.Set("DPoP", p.proof(http.MethodPost, testToken, func(claims, _ map[string]any) { claims["nonce"] = nonce }))
	}
}

// onCall puts a proof for token on a call for a resource.
func (p *testProver) onCall(token string) func(*http.Request) {
	return func(r *http.Request) {
		r.Header.Set("DPoP", p.proof(r.Method, testResource, func(claims, _ map[string]any) { claims["ath"] = ath(token) }))
	}
}

func ath(token string) string {
	sum := sha256.Sum256([]byte(token))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

func withProof(proof string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set("DPoP", proof) }
}

// boundToken goes the whole way of a service app that demands DPoP: refusal, nonce, token.
func (f *oauthFixture) boundToken(p *testProver) string {
	f.refused(f.post(testToken, f.credentialsForm(f.dpopClientID)),
		400, "invalid_dpop_proof", "The DPoP proof JWT header is missing.")
	w := f.post(testToken, f.credentialsForm(f.dpopClientID), p.onToken(""))
	f.refused(w, 400, "use_dpop_nonce", "Authorization server requires nonce in DPoP proof.")
	nonce := w.Header().Get("dpop-nonce")
	require.NotEmpty(f, nonce)

	w = f.post(testToken, f.credentialsForm(f.dpopClientID), p.onToken(nonce))
	answer := f.granted(w)
	require.Equal(f, nonce, w.Header().Get("dpop-nonce"))
	require.Equal(f, "DPoP", answer.TokenType)
	return answer.AccessToken
}

func TestDPoP_Handshake(t *testing.T) {
	t.Parallel()
	f, p := newOAuthFixture(t), newTestProver(t)
	token := f.boundToken(p)
	claims := jwt.MapClaims{}
	_, _, err := jwt.NewParser().ParseUnverified(token, claims)
	require.NoError(t, err)
	require.Equal(t, map[string]any{"jkt": p.public.thumbprint()}, claims["cnf"])
	for range 2 {
		who, refusal := f.call("DPoP "+token, p.onCall(token))
		require.Nil(t, refusal)
		require.Equal(t, f.dpopClientID, who.id)
	}
}

func TestDPoP_RSAKey(t *testing.T) {
	t.Parallel()
	f := newOAuthFixture(t)
	p := &testProver{t, f.key, jwt.SigningMethodRS512, newRSAKey(&f.key.(*rsa.PrivateKey).PublicKey)}
	token := f.boundToken(p)
	_, refusal := f.call("DPoP "+token, p.onCall(token))
	require.Nil(t, refusal)
}

func TestDPoP_ProofRefusals(t *testing.T) {
	t.Parallel()
	f, p := newOAuthFixture(t), newTestProver(t)
	token := f.boundToken(p)
	proof := func(edit func(claims, header map[string]any)) string {
		return p.proof(http.MethodGet, testResource, func(claims, header map[string]any) {
			claims["ath"] = ath(token)
			edit(claims, header)
		})
	}
	claim := func(name string, value any) string {
		return proof(func(claims, _ map[string]any) { claims[name] = value })
	}
	head := func(name string, value any) string {
		return proof(func(_, header map[string]any) { header[name] = value })
	}
	in := func(d time.Duration) int64 { return time.Now().Add(d).Unix() }
	used := proof(func(_, _ map[string]any) {})
	_, refusal := f.call("DPoP "+token, withProof(used))
	require.Nil(t, refusal)
	private := map[string]any{"kty": "EC", "crv": "P-256", "x": p.public.X, "y": p.public.Y, "d": p.public.X}
	other := newTestProver(t)
	symmetric, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{}).SignedString([]byte("k"))
	require.NoError(t, err)

	for name, c := range map[string]struct{ proof, description string }{
		"not a JWT":        {"abc", "The DPoP proof JWT cannot be parsed."},
		"type":             {head("typ", "JWT"), "'typ' must be 'dpop+jwt' in the DPoP proof JWT."},
		"no type":          {symmetric, "'typ' must be 'dpop+jwt' in the DPoP proof JWT."},
		"algorithm":        {head("alg", "HS256"), "The DPoP proof JWT signature algorithm is invalid."},
		"other curve":      {head("alg", "ES384"), "The DPoP proof JWT signature algorithm is invalid."},
		"no algorithm":     {head("alg", "none"), "The DPoP proof JWT signature algorithm is invalid."},
		"made-up one":      {head("alg", "XS1"), "The DPoP proof JWT signature algorithm is invalid."},
		"no key":           {head("jwk", nil), "The DPoP proof JWT is invalid."},
		"key is text":      {head("jwk", "key"), "The DPoP proof JWT is invalid."},
		"private key":      {head("jwk", private), "The DPoP proof JWT is invalid."},
		"another's key":    {head("jwk", other.public), "The DPoP proof JWT signature is invalid."},
		"method":           {claim("htm", "POST"), "'htm' claim in the DPoP proof JWT is invalid."},
		"no method":        {claim("htm", nil), "'htm' claim in the DPoP proof JWT is invalid."},
		"other URL":        {claim("htu", testOrg+"/api/v1/users"), "'htu' claim in the DPoP proof JWT is invalid."},
		"URL with query":   {claim("htu", testResource+"?expand=x"), "'htu' claim in the DPoP proof JWT is invalid."},
		"escaped path":     {claim("htu", testOrg+"/api/v1/users/ada%40example.com"), "'htu' claim in the DPoP proof JWT"},
		"https":            {claim("htu", "https://acme.test/api/v1/users/ada@example.com"), "'htu' claim in the DPoP proof"},
		"no time":          {claim("iat", nil), "'iat' claim in the DPoP proof JWT is invalid."},
		"time in text":     {claim("iat", "now"), "'iat' claim in the DPoP proof JWT is invalid."},
		"old":              {claim("iat", in(-6*time.Minute)), "is issued more than five minutes in the past."},
		"of the future":    {claim("iat", in(2*time.Minute)), "The DPoP proof JWT is issued in the future."},
		"expired":          {claim("exp", in(-time.Minute)), "The DPoP proof JWT is expired."},
		"no id":            {claim("jti", nil), "'jti' claim in the DPoP proof JWT is invalid."},
		"used":             {used, "The DPoP proof JWT has already been used."},
		"no token hash":    {claim("ath", nil), "'ath' claim in the DPoP proof does not match the presented access_token."},
		"other token hash": {claim("ath", ath("x")), "'ath' claim in the DPoP proof does not match the presented"},
		"another key": {
			other.proof(http.MethodGet, testResource, func(claims, _ map[string]any) { claims["ath"] = ath(token) }),
			"The access_token is not bound to the provided DPoP proof.",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, got := f.call("DPoP "+token, withProof(c.proof))
			requireChallenge(t, got, 400, "DPoP ", "invalid_dpop_proof", c.description)
		})
	}
}

func TestDPoP_OneProofOnly(t *testing.T) {
	t.Parallel()
	f, p := newOAuthFixture(t), newTestProver(t)
	token := f.boundToken(p)
	_, refusal := f.call("DPoP "+token, p.onCall(token), func(r *http.Request) { r.Header.Add("DPoP", "another") })
	requireChallenge(t, refusal, 400, "DPoP ", "invalid_dpop_proof", "Multiple DPoP proof JWT headers are not allowed.")
}

func TestDPoP_TokenRequestProofIsCheckedToo(t *testing.T) {
	t.Parallel()
	f, p := newOAuthFixture(t), newTestProver(t)
	nonce := f.nonces.current()
	once := p.proof(http.MethodPost, testToken, func(claims, _ map[string]any) { claims["nonce"] = nonce })
	f.granted(f.post(testToken, f.credentialsForm(f.dpopClientID), withProof(once)))
	f.refused(f.post(testToken, f.credentialsForm(f.dpopClientID), withProof(once)),
		400, "invalid_dpop_proof", "The DPoP proof JWT has already been used.")
	f.refused(f.post(testToken, f.credentialsForm(f.dpopClientID), withProof(p.proof("GET", testToken, nil))),
		400, "invalid_dpop_proof", "'htm' claim")
}

// Okta's SDK for Node.js sends a proof without a nonce for every service app, and works with those that demand none.
func TestDPoP_ProofThatNobodyDemanded(t *testing.T) {
	t.Parallel()
	f, p := newOAuthFixture(t), newTestProver(t)
	bare := func(r *http.Request) { r.Header.Set("DPoP", p.proof(http.MethodPost, testToken, nil)) }
	answer := f.granted(f.post(testToken, f.credentialsForm(f.clientID), bare))
	require.Equal(t, "Bearer", answer.TokenType)
	_, refusal := f.call("Bearer " + answer.AccessToken)
	require.Nil(t, refusal)
	bound := f.granted(f.post(testToken, f.credentialsForm(f.clientID), p.onToken(f.nonces.current())))
	require.Equal(t, "DPoP", bound.TokenType, "who knows a nonce means it")
	f.refused(f.post(testToken, f.credentialsForm(f.clientID), p.onToken("stale")), 400, "use_dpop_nonce", "requires nonce")
}

// Each leg of the handshake needs an assertion of its own, as at Okta.
func TestDPoP_RefusedLegUsesTheAssertionUp(t *testing.T) {
	t.Parallel()
	f, p := newOAuthFixture(t), newTestProver(t)
	form := f.credentialsForm(f.dpopClientID)
	f.refused(f.post(testToken, form, p.onToken("")), 400, "use_dpop_nonce", "requires nonce")
	f.refused(f.post(testToken, form, p.onToken(f.nonces.current())), 401, "invalid_client", "has already been used.")
}

func TestDPoP_TokenKeepsToItsScheme(t *testing.T) {
	t.Parallel()
	f, p := newOAuthFixture(t), newTestProver(t)
	bound := f.boundToken(p)
	bearer := f.granted(f.post(testToken, f.credentialsForm(f.clientID))).AccessToken

	_, refusal := f.call("Bearer "+bound, p.onCall(bound))
	requireChallenge(t, refusal, 400, "DPoP ", "invalid_request",
		"The resource request must use the DPoP authentication scheme when using a DPoP bound token.")
	_, refusal = f.call("DPoP " + bound)
	requireChallenge(t, refusal, 400, "DPoP ", "invalid_request", "The resource request requires a DPoP proof.")
	_, refusal = f.call("DPoP "+bearer, p.onCall(bearer))
	requireChallenge(t, refusal, 401, "DPoP ", "invalid_token", "The presented access_token is not DPoP bound.")
}

func TestDPoP_NonceGrowsOld(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f, p := newOAuthFixture(t), newTestProver(t)
		ask := func(nonce string) *httptest.ResponseRecorder {
			return f.post(testToken, f.credentialsForm(f.dpopClientID), p.onToken(nonce))
		}
		first := ask("").Header().Get("dpop-nonce")
		elapse(nonceRenewal - time.Second)
		require.Equal(t, first, ask(first).Header().Get("dpop-nonce"))
		elapse(time.Second)
		w := ask(first)
		f.granted(w)
		require.NotEqual(t, first, w.Header().Get("dpop-nonce"), "a good answer brings the next one")
		elapse(nonceLife - nonceRenewal)
		f.refused(ask(first), 400, "use_dpop_nonce", "requires nonce")
	})
}

func TestDPoP_NonceRotatedByControl(t *testing.T) {
	t.Parallel()
	f, p := newOAuthFixture(t), newTestProver(t)
	first := f.nonces.current()
	var rotated struct{ Nonce string }
	f.steer(http.MethodPost, "nonce", "", &rotated)
	require.NotEqual(t, first, rotated.Nonce)
	f.granted(f.post(testToken, f.credentialsForm(f.dpopClientID), p.onToken(first)))

	f.steer(http.MethodPost, "nonce", `{"forget":true}`, &rotated)
	w := f.post(testToken, f.credentialsForm(f.dpopClientID), p.onToken(first))
	f.refused(w, 400, "use_dpop_nonce", "requires nonce")
	require.Equal(t, rotated.Nonce, w.Header().Get("dpop-nonce"))
}

func TestDPoP_BindsTheTokensOfASignIn(t *testing.T) {
	t.Parallel()
	f, p := newOAuthFixture(t), newTestProver(t)
	nonce := f.nonces.current()
	answer := f.signIn(p.onToken(nonce))
	require.Equal(t, "DPoP", answer.TokenType)
	_, refusal := f.call("DPoP "+answer.AccessToken, p.onCall(answer.AccessToken))
	require.Nil(t, refusal)

	form := refreshForm(answer.RefreshToken)
	f.refused(f.post(testToken, form, f.basic), 400, "invalid_dpop_proof", "The DPoP proof JWT header is missing.")
	f.refused(f.post(testToken, form, f.basic, newTestProver(t).onToken(nonce)),
		400, "invalid_dpop_proof", "Invalid DPoP Public Key binding in refresh token")
	again := f.granted(f.post(testToken, form, f.basic, p.onToken(nonce)))
	require.Equal(t, "DPoP", again.TokenType)
}

func TestDPoP_BearerRefreshTokenStaysBearer(t *testing.T) {
	t.Parallel()
	f, p := newOAuthFixture(t), newTestProver(t)
	f.refused(f.post(testToken, refreshForm(f.signIn().RefreshToken), f.basic, p.onToken(f.nonces.current())),
		400, "invalid_dpop_proof", "Invalid DPoP Public Key binding in refresh token")
}

func TestDPoP_RequiredOfTheWebClient(t *testing.T) {
	t.Parallel()
	f, p := newOAuthFixture(t), newTestProver(t)
	f.steer(http.MethodPost, "clients/"+f.webClientID, `{"requireDPoP":true}`, nil)
	form := codeForm(f.code(nil))
	f.refused(f.post(testToken, form, f.basic), 400, "invalid_dpop_proof", "The DPoP proof JWT header is missing.")
	f.granted(f.post(testToken, form, f.basic, p.onToken(f.nonces.current()))) // the code is still good
}

func TestProofURL(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"/api/v1/users/a%40b":           "/api/v1/users/a@b",
		"/api/v1/users/%C3%B6":          "/api/v1/users/ö",
		"/api/v1/groups/a%20b%25%22%23": `/api/v1/groups/a%20b%25%22%23`,
		"/api/v1/groups/a%2Fb+c":        "/api/v1/groups/a/b+c",
	} {
		u, err := url.Parse(testOrg + path + "?q=1")
		require.NoError(t, err)
		require.Equal(t, testOrg+want, proofURL(&http.Request{Host: "acme.test", URL: u}))
		secure := &http.Request{Host: "acme.test", URL: u, TLS: &tls.ConnectionState{}}
		require.Equal(t, "https://acme.test"+want, proofURL(secure))
	}
}

// requireChallenge checks a refusal that is told in the WWW-Authenticate header alone.
func requireChallenge(t *testing.T, refusal *apiError, status int, scheme, code, description string) {
	t.Helper()
	require.NotNil(t, refusal)
	w := httptest.NewRecorder()
	refusal.write(w, "id")
	require.Equal(t, status, w.Code)
	require.Empty(t, w.Body.String())
	got := w.Header().Get("WWW-Authenticate")
	require.Contains(t, got, scheme)
	require.Contains(t, got, `error="`+code+`", error_description="`)
	require.Contains(t, got, description)
	require.Contains(t, got, `realm="http://acme.test"`)
	require.Contains(t, got, `resource="/api/v1/users/ada%40example.com"`)
}
