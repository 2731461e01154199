package connections

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"
)

var testRSA = sync.OnceValue(func() *rsa.PrivateKey { return must(rsa.GenerateKey(rand.Reader, 2048)) })

func testEC(curve elliptic.Curve) *ecdsa.PrivateKey {
	return must(ecdsa.GenerateKey(curve, rand.Reader))
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func encodePEM(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

func pkcs8(key any) string { return encodePEM("PRIVATE KEY", must(x509.MarshalPKCS8PrivateKey(key))) }

func rsaJWK(key *rsa.PrivateKey, kid string) string {
	b := base64.RawURLEncoding.EncodeToString
	return string(must(json.Marshal(jwk{
		Kty: "RSA", Kid: kid, N: b(key.N.Bytes()), E: "AQAB", D: b(key.D.Bytes()),
		P: b(key.Primes[0].Bytes()), Q: b(key.Primes[1].Bytes()),
	})))
}

func ecJWK(key *ecdsa.PrivateKey) string {
	k := must(publicJWK(&key.PublicKey))
	k.D = base64.RawURLEncoding.EncodeToString(must(key.Bytes()))
	return string(must(json.Marshal(k)))
}

func TestParseKey_TakesEveryFormOfAKey(t *testing.T) {
	t.Parallel()
	r, p256, p384, p521 := testRSA(), testEC(elliptic.P256()), testEC(elliptic.P384()), testEC(elliptic.P521())
	plain := pkcs8(r)
	rs256, es256, es384, es512 := jwt.SigningMethodRS256, jwt.SigningMethodES256, jwt.SigningMethodES384,
		jwt.SigningMethodES512
	for name, tt := range map[string]struct {
		text   string
		method jwt.SigningMethod
		id     string
	}{
		"PKCS #8 RSA":           {plain, rs256, ""},
		"PKCS #1":               {encodePEM("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(r)), rs256, ""},
		"PKCS #8 P-256":         {pkcs8(p256), es256, ""},
		"PKCS #8 P-384":         {pkcs8(p384), es384, ""},
		"PKCS #8 P-521":         {pkcs8(p521), es512, ""},
		"SEC 1":                 {encodePEM("EC PRIVATE KEY", must(x509.MarshalECPrivateKey(p256))), es256, ""},
		"after EC PARAMETERS":   {encodePEM("EC PARAMETERS", []byte{6, 1, 0}) + pkcs8(p256), es256, ""},
		"after its certificate": {encodePEM("CERTIFICATE", []byte("x")) + plain, rs256, ""},
		"wrong BEGIN line":      {encodePEM("RSA PRIVATE KEY", must(x509.MarshalPKCS8PrivateKey(r))), rs256, ""},
		"literal \\n":           {strings.ReplaceAll(plain, "\n", `\n`), rs256, ""},
		"literal \\r\\n":        {strings.ReplaceAll(plain, "\n", `\r\n`), rs256, ""},
		"CRLF":                  {strings.ReplaceAll(plain, "\n", "\r\n"), rs256, ""},
		"on one line":           {strings.ReplaceAll(plain, "\n", " "), rs256, ""},
		"line ends lost":        {strings.ReplaceAll(plain, "\n", ""), rs256, ""},
		"indented":              {"  " + strings.ReplaceAll(plain, "\n", "\n    "), rs256, ""},
		"quoted":                {`"` + strings.ReplaceAll(plain, "\n", `\n`) + `"`, rs256, ""},
		"RSA JWK":               {rsaJWK(r, "k1"), rs256, "k1"},
		"EC JWK":                {ecJWK(p384), es384, ""},
		"padded JWK":            {regexp.MustCompile(`("[ndpq]":"[^"]*)"`).ReplaceAllString(rsaJWK(r, ""), `$1=="`), rs256, ""},
		"JWK set":               {`{"keys":[` + rsaJWK(r, "k2") + `]}`, rs256, "k2"},
	} {
		key, err := parseKey(tt.text)
		require.NoError(t, err, name)
		require.Equal(t, tt.method, key.method, name)
		require.Equal(t, tt.id, key.id, name)
		signature, err := key.method.Sign("text", key.signer)
		require.NoError(t, err, name)
		require.NoError(t, key.method.Verify("text", signature, key.signer.Public()), name)
	}
}

func TestParseKey_SaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	r, junk := testRSA(), []byte("canary")
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	locked := "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\ncanary\n-----END RSA PRIVATE KEY-----"
	short := must(rsa.GenerateKey(rand.Reader, 1024))
	public := encodePEM("PUBLIC KEY", must(x509.MarshalPKIXPublicKey(&r.PublicKey)))
	otherN := rsaJWK(&rsa.PrivateKey{
		PublicKey: rsa.PublicKey{N: must(rsa.GenerateKey(rand.Reader, 2048)).N}, D: r.D, Primes: r.Primes,
	}, "")
	for text, want := range map[string]string{
		"":                             "must be a private key",
		"hunter2-canary":               "must be a private key",
		"-----BEGIN PRIVATE KEY-----":  "is cut off",
		pkcs8(r)[:400]:                 "is cut off",
		encodePEM("PRIVATE KEY", nil):  "is damaged",
		encodePEM("PRIVATE KEY", junk): "is damaged",
		strings.Replace(pkcs8(r), "MII", "!!!", 1): "is damaged",
		public:                                   "is the public half",
		encodePEM("CERTIFICATE", []byte("x")):    "is the public half",
		encodePEM("ENCRYPTED PRIVATE KEY", junk): "is locked with a passphrase",
		locked:                                   "is locked",
		encodePEM("OPENSSH PRIVATE KEY", junk):   "is in OpenSSH's own format",
		pkcs8(ed):                                "is of a kind that Okta does not take",
		pkcs8(testEC(elliptic.P224())):           "is of a kind that Okta does not take",
		pkcs8(short):                             "fewer than 2048 bits",
		"{":                                      "is not a JWK",
		"{}":                                     "is not an RSA or EC key",
		`{"kty":"RSA","n":"AQ","e":"AQ"}`:        "is the public half",
		`{"keys":[]}`:                            "is not an RSA or EC key",
		`{"kty":"oct","k":"canary","d":"x"}`:     "is not an RSA or EC key",
		`{"kty":"RSA","d":"AQ"}`:                 "lacks the JWK members p and q",
		`{"kty":"RSA","d":"AQ","p":"AQ","q":"AQ","n":"%","e":"AQAB"}`: "is a damaged JWK",
		`{"kty":"EC","crv":"P-256","d":"AA"}`:                         "is a damaged JWK",
		`{"kty":"EC","crv":"secp256k1","d":"AQ"}`:                     "is of a kind that Okta does not take",
		otherN: "is a damaged JWK",
		`{"keys":[` + rsaJWK(r, "a") + "," + rsaJWK(r, "b") + `]}`: "holds several private keys",
	} {
		_, err := parseKey(text)
		require.ErrorContains(t, err, want)
		require.NotContains(t, err.Error(), "canary")
	}
}

func FuzzKey(f *testing.F) {
	f.Add(pkcs8(testRSA()))
	f.Add(encodePEM("EC PRIVATE KEY", must(x509.MarshalECPrivateKey(testEC(elliptic.P256())))))
	f.Add(rsaJWK(testRSA(), "k"))
	f.Add(ecJWK(testEC(elliptic.P521())))
	f.Fuzz(func(t *testing.T, text string) {
		key, err := parseKey(text)
		if err != nil {
			if len(text) > 40 {
				require.NotContains(t, err.Error(), text[:40])
			}
			return
		}
		signature, err := key.method.Sign("text", key.signer)
		require.NoError(t, err)
		require.NoError(t, key.method.Verify("text", signature, key.signer.Public()))
	})
}
