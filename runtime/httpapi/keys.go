package httpapi

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net/http"
	"slices"
	"strings"
)

// Keys are the API keys of a server. Only their digests are held.
type Keys struct{ digests [][sha256.Size]byte }

// NewKeys returns nil when there are none: no key is needed then.
func NewKeys(keys []string) *Keys {
	var k Keys
	for _, key := range keys {
		if key = strings.TrimSpace(key); key != "" {
			k.digests = append(k.digests, sha256.Sum256([]byte(key)))
		}
	}
	if len(k.digests) == 0 {
		return nil
	}
	return &k
}

// Accepts reports whether key is one of them, in a time that does not depend on which.
func (k *Keys) Accepts(key string) bool {
	digest, found := sha256.Sum256([]byte(key)), 0
	for _, d := range k.digests {
		found |= subtle.ConstantTimeCompare(d[:], digest[:])
	}
	return found == 1
}

// callerOf names the key of a request, so that two callers' idempotency keys and long calls do not meet, and a session
// ends with its key.
func callerOf(digest [sha256.Size]byte) string { return hex.EncodeToString(digest[:6]) }

// knows reports whether caller names one of the keys. Without keys everyone is known.
func (k *Keys) knows(caller string) bool {
	if k == nil {
		return true
	}
	return slices.ContainsFunc(k.digests, func(d [sha256.Size]byte) bool { return callerOf(d) == caller })
}

// bearer returns the caller that a request's bearer token names. Without keys it is "", and everyone is let in.
func (k *Keys) bearer(r *http.Request) (caller string, ok bool) {
	if k == nil {
		return "", true
	}
	scheme, key, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	key = strings.TrimSpace(key)
	if !strings.EqualFold(scheme, "Bearer") || !k.Accepts(key) {
		return "", false
	}
	return callerOf(sha256.Sum256([]byte(key))), true
}

// caller names whose key a request came with; "" where no keys are needed.
func caller(ctx context.Context) string {
	name, _ := ctx.Value(callerKey).(string)
	return name
}

// authenticate lets through who has a key: as a bearer token, or, to read, in exchange for a session.
func (s *server) authenticate(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, ok := s.Keys.bearer(r)
		if !ok && s.Sessions != nil && (r.Method == http.MethodGet || r.Method == http.MethodHead) {
			name, ok = s.Sessions.Caller(r)
		}
		if !ok {
			w.Header().Set("WWW-Authenticate", `Bearer realm="connector"`)
			s.fail(w, r, newProblem(http.StatusUnauthorized, "unauthorized", "this needs one of the server's API keys as a bearer token"))
			return
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), callerKey, name)))
	})
}
