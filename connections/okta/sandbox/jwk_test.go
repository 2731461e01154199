package sandbox

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

// The example of RFC 7638, section 3.1.
func TestJWK_Thumbprint(t *testing.T) {
	t.Parallel()
	k := jwk{
		Kty: "RSA", Alg: "RS256", Kid: "2011-04-29", E: "AQAB",
		N: "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3" +
			"oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdA" +
			"ZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-" +
			"kEgU8awapJzKnqDKgw",
	}
	require.Equal(t, "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs", k.thumbprint())
}

func TestJWK_RoundTrip(t *testing.T) {
	t.Parallel()
	keys, err := oauthKeys()
	require.NoError(t, err)
	public, err := newRSAKey(&keys[0].PublicKey).public()
	require.NoError(t, err)
	require.True(t, keys[0].PublicKey.Equal(public))

	for _, curve := range []elliptic.Curve{elliptic.P256(), elliptic.P384(), elliptic.P521()} {
		key, err := ecdsa.GenerateKey(curve, rand.Reader)
		require.NoError(t, err)
		public, err := ecJWK(t, &key.PublicKey).public()
		require.NoError(t, err)
		require.True(t, key.PublicKey.Equal(public))
	}
}

func TestJWK_Refusals(t *testing.T) {
	t.Parallel()
	keys, err := oauthKeys()
	require.NoError(t, err)
	good := newRSAKey(&keys[0].PublicKey)
	with := func(edit func(*jwk)) jwk {
		k := good
		edit(&k)
		return k
	}
	small, err := rsa.GenerateKey(rand.Reader, 1024)
	require.NoError(t, err)
	for name, k := range map[string]jwk{
		"empty":         {},
		"symmetric":     {Kty: "oct", K: "c2VjcmV0"},
		"private":       with(func(k *jwk) { k.D = "AQAB" }),
		"small":         newRSAKey(&small.PublicKey),
		"modulus":       with(func(k *jwk) { k.N = "not base64!" }),
		"no exponent":   with(func(k *jwk) { k.E = "" }),
		"exponent 1":    with(func(k *jwk) { k.E = "AQ" }),
		"huge exponent": with(func(k *jwk) { k.E = k.N }),
		"curve":         {Kty: "EC", Crv: "secp256k1", X: "AA", Y: "AA"},
		"no point":      {Kty: "EC", Crv: "P-256"},
		"off the curve": {Kty: "EC", Crv: "P-256", X: good.N[:43], Y: good.N[43:86]},
	} {
		_, err := k.public()
		require.ErrorIs(t, err, errJWK, name)
	}
}

func FuzzJWK(f *testing.F) {
	f.Add(`{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}`)
	f.Add(`{"kty":"RSA","n":"AQAB","e":"AQAB"}`)
	f.Fuzz(func(t *testing.T, raw string) {
		var k jwk
		if json.Unmarshal([]byte(raw), &k) != nil {
			return
		}
		if public, err := k.public(); err == nil {
			require.NotNil(t, public)
			require.NotEmpty(t, k.algorithms())
		}
	})
}
