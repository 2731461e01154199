package sandbox

import (
	"crypto"
	"errors"
	"slices"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// What is wrong with a signed JWT, before its claims are looked at.
var (
	errJWTMalformed = errors.New("not a JWT")
	errJWTAlgorithm = errors.New("an algorithm that its key has not")
	errJWTSignature = errors.New("a signature by another key")
)

// keyChoice chooses the key that a JWT must be signed with, by what it says of itself.
type keyChoice func(header map[string]any, claims jwt.MapClaims) (jwk, error)

// verifyJWT checks raw's signature and returns its claims. Times are not checked. An error of keyOf is returned as it
// is, all others are errJWK or one of the errJWT.
func verifyJWT(raw string, keyOf keyChoice) (jwt.MapClaims, error) {
	claims := jwt.MapClaims{}
	var refused error
	_, err := jwt.NewParser(jwt.WithoutClaimsValidation()).ParseWithClaims(raw, claims, func(t *jwt.Token) (any, error) {
		var key jwk
		if key, refused = keyOf(t.Header, claims); refused != nil {
			return nil, refused
		}
		var public crypto.PublicKey
		if public, refused = key.public(); refused != nil {
			return nil, refused
		}
		if !slices.Contains(key.algorithms(), t.Method.Alg()) {
			refused = errJWTAlgorithm
		}
		return public, refused
	})
	switch {
	case refused != nil:
		return nil, refused
	case errors.Is(err, jwt.ErrTokenMalformed):
		return nil, errJWTMalformed
	case errors.Is(err, jwt.ErrTokenUnverifiable): // a name that no algorithm has
		return nil, errJWTAlgorithm
	case err != nil:
		return nil, errJWTSignature
	}
	return claims, nil
}

// claimTime reads a claim in seconds since the epoch. A number in a string is not one.
func claimTime(claims jwt.MapClaims, name string) (time.Time, bool) {
	seconds, ok := claims[name].(float64)
	return time.Unix(int64(seconds), 0), ok
}

// claimText reads a claim that is text, "" when it is absent or something else.
func claimText(claims jwt.MapClaims, name string) string {
	s, _ := claims[name].(string)
	return s
}
