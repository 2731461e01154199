package sandbox

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"
)

// jwk is a JSON Web Key (RFC 7517), RSA or EC. The private members are read only to be refused.
type jwk struct {
	Kty string `json:"kty"`
	Alg string `json:"alg,omitempty"`
	Use string `json:"use,omitempty"`
	Kid string `json:"kid,omitempty"`

	N string `json:"n,omitempty"`
	E string `json:"e,omitempty"`

	Crv string `json:"crv,omitempty"`
	X   string `json:"x,omitempty"`
	Y   string `json:"y,omitempty"`

	D string `json:"d,omitempty"` // private exponent or scalar
	K string `json:"k,omitempty"` // symmetric key
}

var errJWK = errors.New("not a public RSA or EC key")

// newRSAKey describes pub for signatures. Its key id is its thumbprint, as when Okta makes a key.
func newRSAKey(pub *rsa.PublicKey) jwk {
	k := jwk{
		Kty: "RSA", Alg: "RS256", Use: "sig",
		N: base64.RawURLEncoding.EncodeToString(pub.N.Bytes()),
		E: base64.RawURLEncoding.EncodeToString(big.NewInt(int64(pub.E)).Bytes()),
	}
	k.Kid = k.thumbprint()
	return k
}

// public returns the key for verifying signatures, an *rsa.PublicKey or an *ecdsa.PublicKey.
func (k jwk) public() (crypto.PublicKey, error) {
	if k.D != "" || k.K != "" {
		return nil, errJWK
	}
	switch k.Kty {
	case "RSA":
		return k.rsa()
	case "EC":
		return k.ec()
	}
	return nil, errJWK
}

func (k jwk) rsa() (*rsa.PublicKey, error) {
	n, err := base64.RawURLEncoding.DecodeString(k.N)
	if err != nil {
		return nil, errJWK
	}
	e, err := base64.RawURLEncoding.DecodeString(k.E)
	if err != nil || len(e) == 0 || len(e) > 4 {
		return nil, errJWK
	}
	pub := &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: int(new(big.Int).SetBytes(e).Int64())}
	if pub.N.BitLen() < 2048 || pub.E < 3 {
		return nil, errJWK
	}
	return pub, nil
}

func (k jwk) ec() (*ecdsa.PublicKey, error) {
	curves := map[string]elliptic.Curve{"P-256": elliptic.P256(), "P-384": elliptic.P384(), "P-521": elliptic.P521()}
	curve, ok := curves[k.Crv]
	if !ok {
		return nil, errJWK
	}
	point := []byte{4} // uncompressed, SEC 1
	for _, coordinate := range []string{k.X, k.Y} {
		b, err := base64.RawURLEncoding.DecodeString(coordinate)
		if err != nil {
			return nil, errJWK
		}
		point = append(point, b...)
	}
	pub, err := ecdsa.ParseUncompressedPublicKey(curve, point)
	if err != nil {
		return nil, errJWK
	}
	return pub, nil
}

// algorithms are those that a key of this type and curve makes signatures with, none for a key of another kind.
func (k jwk) algorithms() []string {
	switch k.Kty + k.Crv {
	case "RSA":
		return []string{"RS256", "RS384", "RS512"}
	case "ECP-256":
		return []string{"ES256"}
	case "ECP-384":
		return []string{"ES384"}
	case "ECP-521":
		return []string{"ES512"}
	}
	return nil
}

// thumbprint is the key's SHA-256 thumbprint in base64url (RFC 7638): the hash of its required members, in order.
func (k jwk) thumbprint() string {
	canonical := fmt.Sprintf(`{"e":%q,"kty":%q,"n":%q}`, k.E, k.Kty, k.N)
	if k.Kty == "EC" {
		canonical = fmt.Sprintf(`{"crv":%q,"kty":%q,"x":%q,"y":%q}`, k.Crv, k.Kty, k.X, k.Y)
	}
	sum := sha256.Sum256([]byte(canonical))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}
