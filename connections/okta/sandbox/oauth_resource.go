package sandbox

import (
	"fmt"
	"net/http"
	"strings"
)

// authenticate finds out who makes a request with an OAuth access token, bearer or bound to a key by DPoP.
func (s *oauthServer) authenticate(r *http.Request) (principal, *apiError) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	t, ok := s.grants.accessToken(token)
	if !ok || !usesDPoP(r) && !strings.EqualFold(scheme, "Bearer") {
		return principal{}, invalidToken(r)
	}
	if refusal := s.checkBinding(r, token, t); refusal != nil {
		return principal{}, &apiError{status: refusal.status, challenge: challenge(r, true, "", refusal)}
	}
	client, ok := s.clients.find(t.grant.clientID)
	if !ok {
		return principal{}, invalidToken(r)
	}
	if t.grant.personID == "" {
		return principal{
			id: client.id, kind: "PublicClientApp", name: client.name, login: client.id, scopes: t.scopes,
		}, nil
	}
	person, ok := s.config.Person(t.grant.personID)
	if !ok {
		return principal{}, invalidToken(r)
	}
	return principal{id: person.ID, kind: "User", name: person.Name, login: person.Login, scopes: t.scopes}, nil
}

func usesDPoP(r *http.Request) bool {
	scheme, _, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	return strings.EqualFold(scheme, "DPoP")
}

// checkBinding holds a bound token to its key and to the DPoP scheme, and any other to the Bearer scheme.
func (s *oauthServer) checkBinding(r *http.Request, token string, t accessToken) *oauthError {
	bound := t.grant.jkt != ""
	switch {
	case bound && !usesDPoP(r):
		return invalidRequest("The resource request must use the DPoP authentication scheme when using a DPoP bound token.")
	case !bound && usesDPoP(r):
		return &oauthError{http.StatusUnauthorized, "invalid_token", "The presented access_token is not DPoP bound."}
	case !bound:
		return nil
	}
	p, refusal := s.readProof(r)
	switch {
	case refusal != nil:
		return refusal
	case p == nil:
		return invalidRequest("The resource request requires a DPoP proof.")
	case !p.covers(token):
		return invalidProof("'ath' claim in the DPoP proof does not match the presented access_token.")
	case p.jkt != t.grant.jkt:
		return invalidProof("The access_token is not bound to the provided DPoP proof.")
	}
	return nil
}

// invalidToken refuses a token that is unknown, expired or revoked, or whose owner is gone.
func invalidToken(r *http.Request) *apiError {
	return &apiError{
		status: http.StatusUnauthorized, code: "E0000011", summary: "Invalid token provided",
		challenge: challenge(r, usesDPoP(r), "", &oauthError{
			code: "invalid_token", description: "The access token is invalid.",
		}),
	}
}

// insufficientScope refuses a token that lacks the scope of the operation.
func insufficientScope(r *http.Request, scope string) *apiError {
	return &apiError{status: http.StatusForbidden, challenge: challenge(r, usesDPoP(r), scope, &oauthError{
		code: "insufficient_scope", description: "The access token provided does not contain the required scopes.",
	})}
}

// challenge is a WWW-Authenticate header as Okta writes it: its addresses are http there too.
func challenge(r *http.Request, dpop bool, scope string, refusal *oauthError) string {
	scheme := "Bearer "
	if dpop {
		scheme = `DPoP algs="RS256 RS384 RS512 ES256 ES384 ES512", `
	}
	return scheme + fmt.Sprintf(
		`authorization_uri="http://%[1]s/oauth2/v1/authorize", realm="http://%[1]s", scope="%[2]s", error="%[3]s", `+
			`error_description="%[4]s", resource="%[5]s"`,
		r.Host, scope, refusal.code, refusal.description, r.URL.EscapedPath())
}
