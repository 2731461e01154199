package sandbox

import (
	"net/http"
	"net/url"
	"strings"
)

// revoke is POST /oauth2/v1/revoke. A token that is not the client's, or not one at all, is no error (RFC 7009).
func (s *oauthServer) revoke(w http.ResponseWriter, r *http.Request) {
	client, form, refusal := s.tokenOfClient(r)
	if refusal != nil {
		refusal.write(w)
		return
	}
	s.grants.revoke(client.id, form.Get("token"))
	w.WriteHeader(http.StatusOK)
}

// introspect is POST /oauth2/v1/introspect (RFC 7662). Of another client's tokens it says that they are not active.
func (s *oauthServer) introspect(w http.ResponseWriter, r *http.Request) {
	client, form, refusal := s.tokenOfClient(r)
	if refusal != nil {
		refusal.write(w)
		return
	}
	answer := map[string]any{"active": false}
	if t, ok := s.grants.accessToken(form.Get("token")); ok && t.grant.clientID == client.id {
		answer = s.describe(t.grant, t.scopes)
		answer["token_type"] = "Bearer"
		if t.grant.jkt != "" {
			answer["token_type"], answer["cnf"] = "DPoP", map[string]string{"jkt": t.grant.jkt}
		}
		answer["jti"], answer["iat"], answer["exp"] = t.id, t.issued.Unix(), t.expires.Unix()
		answer["iss"], answer["aud"] = issuer(r), issuer(r)
	} else if t, ok := s.grants.refreshToken(form.Get("token")); ok && t.grant.clientID == client.id {
		answer = s.describe(t.grant, t.grant.scopes)
		answer["exp"] = t.expires.Unix()
	}
	writeOAuth(w, http.StatusOK, answer)
}

func (s *oauthServer) tokenOfClient(r *http.Request) (oauthClient, url.Values, *oauthError) {
	form, refusal := oauthForm(r)
	if refusal != nil {
		return oauthClient{}, nil, refusal
	}
	client, refusal := s.authenticateClient(r, form)
	if refusal == nil && form.Get("token") == "" {
		refusal = invalidRequest("The 'token' parameter is required.")
	}
	return client, form, refusal
}

func (s *oauthServer) describe(of *grant, scopes []string) map[string]any {
	answer := map[string]any{
		"active": true, "client_id": of.clientID, "sub": of.clientID, "scope": strings.Join(scopes, " "),
	}
	if of.personID == "" {
		return answer
	}
	if person, ok := s.config.Person(of.personID); ok {
		answer["sub"], answer["username"], answer["uid"] = person.Login, person.Login, person.ID
	}
	return answer
}
