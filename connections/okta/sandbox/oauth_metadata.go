package sandbox

import "net/http"

// metadata is GET /.well-known/openid-configuration and /.well-known/oauth-authorization-server (RFC 8414): what this
// server has of Okta's.
func (s *oauthServer) metadata(w http.ResponseWriter, r *http.Request) {
	iss := issuer(r)
	methods := []string{"client_secret_basic", "client_secret_post", "private_key_jwt"}
	algorithms := []string{"RS256", "RS384", "RS512", "ES256", "ES384", "ES512"}
	writeOAuth(w, http.StatusOK, map[string]any{
		"issuer":                                           iss,
		"authorization_endpoint":                           iss + "/oauth2/v1/authorize",
		"token_endpoint":                                   iss + "/oauth2/v1/token",
		"revocation_endpoint":                              iss + "/oauth2/v1/revoke",
		"introspection_endpoint":                           iss + "/oauth2/v1/introspect",
		"jwks_uri":                                         iss + "/oauth2/v1/keys",
		"response_types_supported":                         []string{"code"},
		"response_modes_supported":                         []string{"query"},
		"grant_types_supported":                            grantTypes,
		"subject_types_supported":                          []string{"public"},
		"id_token_signing_alg_values_supported":            []string{"RS256"},
		"scopes_supported":                                 signInScopes,
		"code_challenge_methods_supported":                 []string{"S256"},
		"token_endpoint_auth_methods_supported":            methods,
		"revocation_endpoint_auth_methods_supported":       methods,
		"introspection_endpoint_auth_methods_supported":    methods,
		"token_endpoint_auth_signing_alg_values_supported": algorithms,
		"dpop_signing_alg_values_supported":                algorithms,
	})
}

// keys is GET /oauth2/v1/keys: what ID tokens are verified with.
func (s *oauthServer) keys(w http.ResponseWriter, _ *http.Request) {
	writeOAuth(w, http.StatusOK, map[string]any{"keys": []jwk{newRSAKey(&s.signing.PublicKey)}})
}
