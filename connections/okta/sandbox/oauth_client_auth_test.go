package sandbox

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"
)

func TestClientCredentials_GivesBearerToken(t *testing.T) {
	t.Parallel()
	f := newOAuthFixture(t)
	answer := f.granted(f.post(testToken, f.credentialsForm(f.clientID)))
	require.Equal(t, "Bearer", answer.TokenType)
	require.Equal(t, 3600, answer.ExpiresIn)
	require.Equal(t, "okta.users.read okta.groups.read", answer.Scope)
	require.Empty(t, answer.RefreshToken)

	who, refusal := f.call("Bearer " + answer.AccessToken)
	require.Nil(t, refusal)
	require.Equal(t, principal{
		id: f.clientID, kind: "PublicClientApp", name: "Sandbox Service", login: f.clientID,
		scopes: []string{"okta.users.read", "okta.groups.read"},
	}, who)
}

func TestClientAssertion_Refusals(t *testing.T) {
	t.Parallel()
	f := newOAuthFixture(t)
	claim := func(name string, value any) func(_, _ map[string]any) {
		return func(claims, _ map[string]any) { claims[name] = value }
	}
	in := func(d time.Duration) int64 { return time.Now().Add(d).Unix() }
	used := f.assertion(nil)
	f.granted(f.post(testToken, url.Values{
		"grant_type": {"client_credentials"}, "scope": {"okta.users.read"},
		"client_assertion_type": {assertionType}, "client_assertion": {used},
	}))
	other, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	ofOtherKey, err := jwt.NewWithClaims(jwt.SigningMethodES256, jwt.MapClaims{"iss": f.clientID}).SignedString(other)
	require.NoError(t, err)
	unsigned, err := jwt.NewWithClaims(jwt.SigningMethodNone, jwt.MapClaims{"iss": f.clientID}).
		SignedString(jwt.UnsafeAllowNoneSignatureType)
	require.NoError(t, err)
	whole := f.assertion(nil)
	broken := whole[:len(whole)-8] + "AAAAAAAA"

	for name, c := range map[string]struct{ assertion, description string }{
		"not a JWT":         {"abc", "The parsing of the client_assertion failed."},
		"broken signature":  {broken, "The client_assertion signature is invalid."},
		"other algorithm":   {ofOtherKey, "The client_assertion JWT signature algorithm is invalid."},
		"no signature":      {unsigned, "The client_assertion JWT signature algorithm is invalid."},
		"used":              {used, "The client_assertion token has already been used."},
		"unknown issuer":    {f.assertion(claim("iss", "0oaother")), "The issuer claim for client_assertion is not a valid"},
		"no issuer":         {f.assertion(claim("iss", nil)), "The issuer claim for client_assertion is not a valid"},
		"web client":        {f.assertion(claim("iss", f.webClientID)), "The client does not have a JWKSet configured"},
		"other subject":     {f.assertion(claim("sub", "0oaother")), "The subject claim for client_assertion is not a valid"},
		"audience is org":   {f.assertion(claim("aud", testOrg)), "The audience claim for client_assertion must be the"},
		"audience is https": {f.assertion(claim("aud", "https://acme.test/oauth2/v1/token")), "The audience claim"},
		"no audience":       {f.assertion(claim("aud", nil)), "The audience claim for client_assertion must be the"},
		"no expiry":         {f.assertion(claim("exp", nil)), "must contain the 'exp' claim as seconds since epoch."},
		"expiry in text":    {f.assertion(claim("exp", "9999999999")), "must contain the 'exp' claim as seconds"},
		"expired":           {f.assertion(claim("exp", in(-time.Second))), "The client_assertion token is expired."},
		"expires too late":  {f.assertion(claim("exp", in(61*time.Minute))), "has an expiration too far into the future."},
		"issued later":      {f.assertion(claim("iat", in(2*time.Minute))), "must be issued before the current time."},
		"other key id": {
			f.assertion(func(_, header map[string]any) { header["kid"] = "other" }), "The client_assertion JWT kid is invalid.",
		},
		"empty key id": {
			f.assertion(func(_, header map[string]any) { header["kid"] = "" }), "The client_assertion JWT kid is invalid.",
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := f.in(t)
			form := f.credentialsForm(f.clientID)
			form.Set("client_assertion", c.assertion)
			f.refused(f.post(testToken, form), 401, "invalid_client", c.description)
		})
	}
}

func TestClientAssertion_OptionalParts(t *testing.T) {
	t.Parallel()
	f := newOAuthFixture(t)
	for name, edit := range map[string]func(claims, header map[string]any){
		"no key id, as there is one key": func(_, header map[string]any) { delete(header, "kid") },
		"no jti":                         func(claims, _ map[string]any) { delete(claims, "jti") },
		"no iat":                         func(claims, _ map[string]any) { delete(claims, "iat") },
		"a clock that is a little fast": func(claims, _ map[string]any) {
			claims["iat"] = time.Now().Add(30 * time.Second).Unix()
		},
		"a whole hour":       func(claims, _ map[string]any) { claims["exp"] = time.Now().Add(time.Hour).Unix() },
		"audience in a list": func(claims, _ map[string]any) { claims["aud"] = []string{testToken} },
	} {
		t.Run(name, func(t *testing.T) {
			f := f.in(t)
			form := f.credentialsForm(f.clientID)
			form.Set("client_assertion", f.assertion(edit))
			f.granted(f.post(testToken, form))
		})
	}
}

func TestClientAssertion_RegisteredECKeys(t *testing.T) {
	t.Parallel()
	f := newOAuthFixture(t)
	keys := make([]jwk, 0, 3)
	assertions := map[string]string{}
	for alg, curve := range map[string]elliptic.Curve{
		"ES256": elliptic.P256(), "ES384": elliptic.P384(), "ES512": elliptic.P521(),
	} {
		key, err := ecdsa.GenerateKey(curve, rand.Reader)
		require.NoError(t, err)
		public := ecJWK(t, &key.PublicKey)
		keys = append(keys, public)
		signed := jwt.NewWithClaims(jwt.GetSigningMethod(alg), jwt.MapClaims{
			"iss": f.clientID, "sub": f.clientID, "aud": testToken, "exp": time.Now().Add(time.Minute).Unix(),
		})
		signed.Header["kid"] = public.Kid
		assertions[alg], err = signed.SignedString(key)
		require.NoError(t, err)
	}
	settings, err := json.Marshal(clientSettings{Keys: &keys})
	require.NoError(t, err)
	f.steer(http.MethodPost, "clients/"+f.clientID, string(settings), nil)

	for alg, assertion := range assertions {
		form := f.credentialsForm(f.clientID)
		form.Set("client_assertion", assertion)
		require.Equal(t, http.StatusOK, f.post(testToken, form).Code, alg)
	}
	form := f.credentialsForm(f.clientID)
	form.Set("client_assertion", f.assertion(func(_, header map[string]any) { delete(header, "kid") }))
	f.refused(f.post(testToken, form), 401, "invalid_client", "The client_assertion JWT kid is invalid.")
}

func TestClientAuthentication_Refusals(t *testing.T) {
	t.Parallel()
	f := newOAuthFixture(t)
	with := func(form url.Values, name, value string) url.Values {
		form.Set(name, value)
		return form
	}
	secret := func(id, secret string) func(*http.Request) {
		return func(r *http.Request) { r.SetBasicAuth(id, secret) }
	}
	for name, c := range map[string]struct {
		form        url.Values
		edit        func(*http.Request)
		status      int
		code        string
		description string
	}{
		"nothing": {
			codeForm("x"), func(*http.Request) {}, 401, "invalid_client", "No client credentials found.",
		},
		"only an id": {
			with(codeForm("x"), "client_id", f.webClientID), func(*http.Request) {},
			401, "invalid_client", "No client credentials found.",
		},
		"header and body": {
			with(codeForm("x"), "client_secret", f.webClientSecret), f.basic,
			401, "invalid_request", "Cannot supply multiple client credentials.",
		},
		"header and assertion": {
			f.credentialsForm(f.clientID), f.basic, 401, "invalid_request", "Cannot supply multiple client credentials.",
		},
		"not basic": {
			codeForm("x"), func(r *http.Request) { r.Header.Set("Authorization", "Bearer x") },
			401, "invalid_client", "Found Authentication header but was not valid client credentials.",
		},
		"another id in the body": {
			with(codeForm("x"), "client_id", "0oaother"), f.basic,
			401, "invalid_client", "Found Authentication header but was not valid client credentials.",
		},
		"unknown client": {
			codeForm("x"), secret("0oaother", "s"), 401, "invalid_client", "Invalid value for 'client_id' parameter.",
		},
		"wrong secret": {
			codeForm("x"), secret(f.webClientID, "s"),
			401, "invalid_client", "The client secret supplied for a confidential client is invalid.",
		},
		"a secret for a service app": {
			url.Values{"grant_type": {"client_credentials"}},
			secret(f.clientID, "s"),
			401, "invalid_client", "must use the private_key_jwt token_endpoint_auth_method.",
		},
		"assertion type": {
			with(f.credentialsForm(f.clientID), "client_assertion_type", "jwt"), func(*http.Request) {},
			400, "invalid_request", "The client_assertion_type is invalid.",
		},
		"assertion of another client": {
			with(f.credentialsForm(f.clientID), "client_id", f.webClientID), func(*http.Request) {},
			401, "invalid_client", "Invalid value for 'client_id' parameter.",
		},
		"secret in the URL": {
			codeForm("x"), func(r *http.Request) { r.URL.RawQuery = "client_secret=s" },
			400, "invalid_request", "Client credentials cannot be supplied via query parameters.",
		},
		"a parameter twice": {
			url.Values{"grant_type": {"client_credentials", "client_credentials"}},
			func(*http.Request) {},
			400, "invalid_request", "The request contained multiple parameters with the same name.",
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := f.in(t)
			f.refused(f.post(testToken, c.form, c.edit), c.status, c.code, c.description)
		})
	}
}

func TestClientAuthentication_InactiveClient(t *testing.T) {
	t.Parallel()
	f := newOAuthFixture(t)
	token := f.granted(f.post(testToken, f.credentialsForm(f.clientID))).AccessToken
	signedIn := f.signIn()
	for _, id := range []string{f.clientID, f.webClientID} {
		f.steer(http.MethodPost, "clients/"+id, `{"status":"INACTIVE"}`, nil)
	}
	f.refused(f.post(testToken, f.credentialsForm(f.clientID)), 401, "invalid_client", "The issuer claim")
	f.refused(f.post(testToken, refreshForm(signedIn.RefreshToken), f.basic), 401, "invalid_client", "'client_id'")
	for _, bearer := range []string{token, signedIn.AccessToken} {
		_, refusal := f.call("Bearer " + bearer)
		require.Equal(t, "E0000011", refusal.code)
	}
}

func TestClientAuthentication_SecretInBody(t *testing.T) {
	t.Parallel()
	f := newOAuthFixture(t)
	form := codeForm(f.code(nil))
	form.Set("client_id", f.webClientID)
	form.Set("client_secret", f.webClientSecret)
	f.granted(f.post(testToken, form))
}

func ecJWK(t *testing.T, pub *ecdsa.PublicKey) jwk {
	point, err := pub.Bytes()
	require.NoError(t, err)
	half := (len(point) - 1) / 2
	k := jwk{
		Kty: "EC", Crv: pub.Curve.Params().Name,
		X: base64.RawURLEncoding.EncodeToString(point[1 : 1+half]),
		Y: base64.RawURLEncoding.EncodeToString(point[1+half:]),
	}
	k.Kid = k.thumbprint()
	return k
}
