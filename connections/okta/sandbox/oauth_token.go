package sandbox

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// tokenAnswer is the good answer of the token endpoint.
type tokenAnswer struct {
	TokenType    string `json:"token_type"`
	ExpiresIn    int    `json:"expires_in"` // seconds
	AccessToken  string `json:"access_token"`
	Scope        string `json:"scope"`
	RefreshToken string `json:"refresh_token,omitempty"`
	IDToken      string `json:"id_token,omitempty"`
}

// grantTypes are those of the token endpoint.
var grantTypes = []string{"authorization_code", "client_credentials", "refresh_token"}

// token is POST /oauth2/v1/token.
func (s *oauthServer) token(w http.ResponseWriter, r *http.Request) {
	answer, refusal := s.exchange(w, r)
	s.counts.add(r.PostForm.Get("grant_type"), refusal == nil)
	if refusal != nil {
		refusal.write(w)
		return
	}
	writeOAuth(w, http.StatusOK, answer)
}

func (s *oauthServer) exchange(w http.ResponseWriter, r *http.Request) (*tokenAnswer, *oauthError) {
	form, refusal := oauthForm(r)
	if refusal != nil {
		return nil, refusal
	}
	grantType := form.Get("grant_type")
	switch {
	case grantType == "":
		return nil, invalidRequest(fmt.Sprintf(
			"The token request must specify a 'grant_type'. Valid values: [%s]", strings.Join(grantTypes, ", ")))
	case !slices.Contains(grantTypes, grantType):
		return nil, &oauthError{http.StatusBadRequest, "unsupported_grant_type", fmt.Sprintf(
			"The authorization grant type is not supported by the authorization server. Configured grant types: [%s].",
			strings.Join(grantTypes, ", "))}
	}
	client, refusal := s.authenticateClient(r, form)
	if refusal != nil {
		return nil, refusal
	}
	if !slices.Contains(client.grantTypes(), grantType) {
		return nil, &oauthError{http.StatusBadRequest, "unauthorized_client", fmt.Sprintf(
			"The client is not authorized to use the provided grant type. Configured grant types: [%s].",
			strings.Join(client.grantTypes(), ", "))}
	}
	jkt, refusal := s.tokenProof(w, r, client)
	if refusal != nil {
		return nil, refusal
	}
	switch grantType {
	case "authorization_code":
		return s.exchangeCode(r, client, form, jkt)
	case "refresh_token":
		return s.exchangeRefresh(r, client, form, jkt)
	}
	return s.exchangeCredentials(r, client, form, jkt)
}

// tokenProof checks the DPoP proof of a token request, which must carry a nonce of ours, and returns the thumbprint of
// its key: "" without a proof, where the client may do without. A service app that may do without gets a bearer token
// for a proof that has no nonce: Okta's SDK for Node.js sends one whatever the app demands.
func (s *oauthServer) tokenProof(w http.ResponseWriter, r *http.Request, client oauthClient) (string, *oauthError) {
	p, refusal := s.readProof(r)
	switch {
	case refusal != nil:
		return "", refusal
	case p == nil && client.requireDPoP:
		return "", invalidProof("The DPoP proof JWT header is missing.")
	case p == nil, client.service && !client.requireDPoP && !p.hasNonce():
		return "", nil
	}
	w.Header().Set("dpop-nonce", s.nonces.current())
	if !s.nonces.accepts(claimText(p.claims, "nonce")) {
		return "", &oauthError{
			http.StatusBadRequest, "use_dpop_nonce", "Authorization server requires nonce in DPoP proof.",
		}
	}
	return p.jkt, nil
}

func (s *oauthServer) exchangeCredentials(
	r *http.Request, client oauthClient, form url.Values, jkt string,
) (*tokenAnswer, *oauthError) {
	scopes, refusal := client.grant(form.Get("scope"))
	if refusal != nil {
		return nil, refusal
	}
	return s.mint(r, &grant{clientID: client.id, scopes: scopes, jkt: jkt}, oauthPerson{}, scopes)
}

func (s *oauthServer) exchangeCode(
	r *http.Request, client oauthClient, form url.Values, jkt string,
) (*tokenAnswer, *oauthError) {
	of, refusal := s.grants.redeem(client.id, form.Get("code"), form.Get("redirect_uri"), form.Get("code_verifier"), jkt)
	if refusal != nil {
		return nil, refusal
	}
	person, ok := s.config.Person(of.personID)
	if !ok {
		return nil, invalidGrant("The authorization code is invalid or has expired.")
	}
	answer, refusal := s.mint(r, of, person, of.scopes)
	if refusal == nil && slices.Contains(of.scopes, "offline_access") {
		answer.RefreshToken = s.grants.newRefresh(of)
	}
	return answer, refusal
}

func (s *oauthServer) exchangeRefresh(
	r *http.Request, client oauthClient, form url.Values, jkt string,
) (*tokenAnswer, *oauthError) {
	renewed, refusal := s.grants.renew(renewal{client, form.Get("refresh_token"), jkt, form.Get("scope")})
	if refusal != nil {
		return nil, refusal
	}
	person, ok := s.config.Person(renewed.grant.personID)
	if !ok {
		return nil, invalidGrant("The refresh token is invalid or expired.")
	}
	answer, refusal := s.mint(r, renewed.grant, person, renewed.scopes)
	if refusal == nil {
		answer.RefreshToken = renewed.token
	}
	return answer, refusal
}

// mint issues an access token, and an ID token where openid is among the scopes. They look like Okta's; what counts
// for the sandbox is that it remembers the access token.
func (s *oauthServer) mint(
	r *http.Request, of *grant, person oauthPerson, scopes []string,
) (*tokenAnswer, *oauthError) {
	now := time.Now()
	t := accessToken{grant: of, id: "AT." + rand.Text(), scopes: scopes, issued: now, expires: now.Add(accessLife)}
	subject := person.Login
	if subject == "" {
		subject = of.clientID
	}
	claims := jwt.MapClaims{
		"ver": 1, "jti": t.id, "iss": issuer(r), "aud": issuer(r), "sub": subject, "cid": of.clientID, "scp": scopes,
		"iat": now.Unix(), "exp": t.expires.Unix(),
	}
	answer := &tokenAnswer{TokenType: "Bearer", ExpiresIn: int(accessLife.Seconds()), Scope: strings.Join(scopes, " ")}
	if person.ID != "" {
		claims["uid"], claims["auth_time"] = person.ID, of.signedIn.Unix()
	}
	if of.jkt != "" {
		claims["cnf"] = map[string]string{"jkt": of.jkt}
		answer.TokenType = "DPoP"
	}
	var err error
	if answer.AccessToken, err = s.sign(claims); err != nil {
		return nil, serverError(err)
	}
	if slices.Contains(scopes, "openid") {
		if answer.IDToken, err = s.sign(idClaims(issuer(r), of, person, scopes, now)); err != nil {
			return nil, serverError(err)
		}
	}
	s.grants.addAccess(answer.AccessToken, t)
	return answer, nil
}

// idClaims says who signed in, as much as the scopes allow (OpenID Connect Core).
func idClaims(iss string, of *grant, person oauthPerson, scopes []string, now time.Time) jwt.MapClaims {
	claims := jwt.MapClaims{
		"ver": 1, "jti": "ID." + rand.Text(), "iss": iss, "aud": of.clientID, "sub": person.ID,
		"iat": now.Unix(), "exp": now.Add(accessLife).Unix(), "auth_time": of.signedIn.Unix(), "amr": []string{"pwd"},
	}
	if of.nonce != "" {
		claims["nonce"] = of.nonce
	}
	if slices.Contains(scopes, "profile") {
		claims["name"], claims["preferred_username"] = person.Name, person.Login
	}
	if slices.Contains(scopes, "email") {
		claims["email"], claims["email_verified"] = person.Email, true
	}
	return claims
}

func (s *oauthServer) sign(claims jwt.MapClaims) (string, error) {
	t := jwt.NewWithClaims(jwt.SigningMethodRS256, claims)
	t.Header["kid"] = s.signingID
	return t.SignedString(s.signing)
}
