package sandbox

import (
	"crypto/subtle"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const (
	assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
	assertionLife = time.Hour // how far ahead an assertion may expire
)

// oauthForm reads the parameters of a POST. What comes in the URL is not looked at, but for secrets, which are refused.
func oauthForm(r *http.Request) (url.Values, *oauthError) {
	if r.ParseForm() != nil {
		return nil, invalidRequest("Invalid request")
	}
	for _, name := range []string{"client_secret", "client_assertion"} {
		if r.URL.Query().Has(name) {
			return nil, invalidRequest("Client credentials cannot be supplied via query parameters.")
		}
	}
	for _, values := range r.PostForm {
		if len(values) > 1 {
			return nil, invalidRequest("The request contained multiple parameters with the same name.")
		}
	}
	return r.PostForm, nil
}

// authenticateClient finds out which client makes the request: by client_secret_basic, client_secret_post or
// private_key_jwt, and by one of them only.
func (s *oauthServer) authenticateClient(r *http.Request, form url.Values) (oauthClient, *oauthError) {
	header, secret, assertion := r.Header.Get("Authorization"), form.Get("client_secret"), form.Get("client_assertion")
	supplied := slices.DeleteFunc([]string{header, secret, assertion}, func(s string) bool { return s == "" })
	switch {
	case len(supplied) == 0:
		return oauthClient{}, invalidClient("No client credentials found.")
	case len(supplied) > 1:
		return oauthClient{}, &oauthError{
			http.StatusUnauthorized, "invalid_request",
			"Cannot supply multiple client credentials. Use one of the following: credentials in the Authorization " +
				"header, credentials in the post body, or a client_assertion in the post body.",
		}
	case header != "":
		return s.clientByHeader(r, form.Get("client_id"))
	case secret != "":
		return s.clientBySecret(form.Get("client_id"), secret)
	}
	return s.clientByAssertion(r, form)
}

func (s *oauthServer) clientByHeader(r *http.Request, bodyID string) (oauthClient, *oauthError) {
	user, password, ok := r.BasicAuth()
	id, idErr := url.QueryUnescape(user) // both are form-encoded inside the header: RFC 6749, section 2.3.1
	secret, secretErr := url.QueryUnescape(password)
	if !ok || idErr != nil || secretErr != nil || bodyID != "" && bodyID != id {
		return oauthClient{}, invalidClient("Found Authentication header but was not valid client credentials.")
	}
	return s.clientBySecret(id, secret)
}

func (s *oauthServer) clientBySecret(id, secret string) (oauthClient, *oauthError) {
	client, ok := s.clients.find(id)
	switch {
	case !ok:
		return client, invalidClient("Invalid value for 'client_id' parameter.")
	case client.service:
		return client, invalidClient("Client Credentials requests to the Org Authorization Server must use the " +
			"private_key_jwt token_endpoint_auth_method.")
	case subtle.ConstantTimeCompare([]byte(secret), []byte(client.secret)) == 0:
		return client, invalidClient("The client secret supplied for a confidential client is invalid.")
	}
	return client, nil
}

var assertionRefusals = map[error]string{
	errJWTMalformed: "The parsing of the client_assertion failed.",
	errJWTAlgorithm: "The client_assertion JWT signature algorithm is invalid.",
	errJWTSignature: "The client_assertion signature is invalid.",
	errJWK:          "The client JWKSet is invalid.",
}

func (s *oauthServer) clientByAssertion(r *http.Request, form url.Values) (oauthClient, *oauthError) {
	if form.Get("client_assertion_type") != assertionType {
		return oauthClient{}, invalidRequest("The client_assertion_type is invalid.")
	}
	var client oauthClient
	claims, err := verifyJWT(form.Get("client_assertion"), func(header map[string]any, claims jwt.MapClaims) (jwk, error) {
		var ok bool
		if client, ok = s.clients.find(claimText(claims, "iss")); !ok {
			return jwk{}, invalidClient("The issuer claim for client_assertion is not a valid client_id.")
		}
		key, refusal := client.assertionKey(header)
		if refusal != nil {
			return jwk{}, refusal
		}
		return key, nil
	})
	if err != nil {
		return client, jwtRefusal(err, invalidClient, assertionRefusals)
	}
	if id := form.Get("client_id"); id != "" && id != client.id {
		return client, invalidClient("Invalid value for 'client_id' parameter.")
	}
	return client, s.checkAssertion(r, client, claims)
}

// assertionKey chooses the registered key that kid names. Without a kid there is a choice only among one.
func (c oauthClient) assertionKey(header map[string]any) (jwk, *oauthError) {
	if len(c.keys) == 0 {
		return jwk{}, invalidClient("The client does not have a JWKSet configured, but the client_assertion requires one.")
	}
	kid, named := header["kid"]
	if !named && len(c.keys) == 1 {
		return c.keys[0], nil
	}
	i := slices.IndexFunc(c.keys, func(k jwk) bool { return k.Kid == kid })
	if i < 0 {
		return jwk{}, invalidClient("The client_assertion JWT kid is invalid.")
	}
	return c.keys[i], nil
}

// checkAssertion checks the claims of an assertion whose issuer and signature are right, and uses it up.
func (s *oauthServer) checkAssertion(r *http.Request, client oauthClient, claims jwt.MapClaims) *oauthError {
	now := time.Now()
	if claimText(claims, "sub") != client.id {
		return invalidClient("The subject claim for client_assertion is not a valid client_id.")
	}
	if audience, err := claims.GetAudience(); err != nil || !slices.Contains(audience, issuer(r)+r.URL.Path) {
		return invalidClient("The audience claim for client_assertion must be the endpoint invoked for the request.")
	}
	expires, ok := claimTime(claims, "exp")
	switch {
	case !ok:
		return invalidClient("The client_assertion must contain the 'exp' claim as seconds since epoch.")
	case !now.Before(expires):
		return invalidClient("The client_assertion token is expired.")
	case expires.Sub(now) > assertionLife:
		return invalidClient("The client_assertion token has an expiration too far into the future.")
	}
	if issued, ok := claimTime(claims, "iat"); ok && issued.After(now.Add(clockSkew)) {
		return invalidClient("The client_assertion token must be issued before the current time.")
	}
	jti := claimText(claims, "jti")
	if jti != "" && !s.replays.first(strings.Join([]string{"assertion", client.id, jti}, " "), expires) {
		return invalidClient("The client_assertion token has already been used.")
	}
	return nil
}
