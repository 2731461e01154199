package httpapi

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net/http"
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

// caller names whose key a request came with, so that two callers' idempotency keys and long calls do not meet. It is ""
// where no keys are needed.
func caller(ctx context.Context) string {
	name, _ := ctx.Value(callerKey).(string)
	return name
}

// authenticate lets through who has a key: as a bearer token.
func (s *server) authenticate(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.Keys == nil {
			next.ServeHTTP(w, r)
			return
		}
		scheme, key, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		if !strings.EqualFold(scheme, "Bearer") || !s.Keys.Accepts(strings.TrimSpace(key)) {
			w.Header().Set("WWW-Authenticate", `Bearer realm="connector"`)
			s.fail(w, r, newProblem(http.StatusUnauthorized, "unauthorized", "this needs one of the server's API keys as a bearer token"))
			return
		}
		digest := sha256.Sum256([]byte(strings.TrimSpace(key)))
		ctx := context.WithValue(r.Context(), callerKey, hex.EncodeToString(digest[:6]))
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}
