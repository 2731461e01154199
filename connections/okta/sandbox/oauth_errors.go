package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
)

// oauthError is a refusal by the authorization server (RFC 6749, section 5.2), in Okta's words.
type oauthError struct {
	status      int
	code        string
	description string
}

func (e *oauthError) Error() string { return fmt.Sprintf("%d %s %s", e.status, e.code, e.description) }

func (e *oauthError) write(w http.ResponseWriter) {
	writeOAuth(w, e.status, map[string]string{"error": e.code, "error_description": e.description})
}

func invalidClient(description string) *oauthError {
	return &oauthError{http.StatusUnauthorized, "invalid_client", description}
}

func invalidRequest(description string) *oauthError {
	return &oauthError{http.StatusBadRequest, "invalid_request", description}
}

func invalidGrant(description string) *oauthError {
	return &oauthError{http.StatusBadRequest, "invalid_grant", description}
}

func invalidScope(description string) *oauthError {
	return &oauthError{http.StatusBadRequest, "invalid_scope", description}
}

func invalidProof(description string) *oauthError {
	return &oauthError{http.StatusBadRequest, "invalid_dpop_proof", description}
}

func serverError(err error) *oauthError {
	return &oauthError{http.StatusInternalServerError, "server_error", err.Error()}
}

// jwtRefusal turns what verifyJWT found into a refusal; words has Okta's sentence for each errJWT and errJWK.
func jwtRefusal(err error, invalid func(string) *oauthError, words map[error]string) *oauthError {
	if refusal := (*oauthError)(nil); errors.As(err, &refusal) {
		return refusal
	}
	return invalid(words[err])
}

// writeOAuth answers with JSON that nobody may keep: it holds tokens, or says why there are none.
func writeOAuth(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-cache, no-store")
	w.Header().Set("Pragma", "no-cache")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) //nolint:errchkjson // a client that has gone away needs no answer
}
