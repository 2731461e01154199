package connections

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math/big"
	"strings"

	"github.com/golang-jwt/jwt/v5"
)

// signingKey is a private key that Okta knows the public half of, and how to sign with it.
type signingKey struct {
	signer crypto.Signer
	method jwt.SigningMethod
	id     string // kid, from a JWK that names it
}

// parseKey reads a private key as people paste it: PEM of any of the three kinds (PKCS #8, PKCS #1, SEC 1), with its
// line ends real, written as \n or lost, or the JWK that the Admin Console shows. Errors complete "Private Key ..." and
// hold nothing of the text.
func parseKey(text string) (*signingKey, error) {
	text = strings.Trim(strings.TrimSpace(text), `"'`)
	if strings.HasPrefix(text, "{") {
		return parseJWK([]byte(text))
	}
	text = strings.NewReplacer(`\r`, "", `\n`, "\n").Replace(text)
	kind, body, err := cutPEM(text)
	if err != nil {
		return nil, err
	}
	der, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(body), ""))
	if err != nil || len(der) == 0 {
		return nil, errors.New("is damaged: between its BEGIN and END lines is not only Base64")
	}
	key, err := parseDER(der)
	if err != nil {
		return nil, errors.New("is damaged, or not what its BEGIN line says (" + kind + ")")
	}
	return newSigningKey(key, "")
}

const wantPEM = "must be a private key: a JWK, or PEM text with its lines -----BEGIN ...----- and -----END ...-----"

// cutPEM finds the private key among the blocks of text. encoding/pem is not used because it wants the line ends that
// single-line form fields take away.
func cutPEM(text string) (kind, body string, err error) {
	err = errors.New(wantPEM)
	for {
		_, rest, ok := strings.Cut(text, "-----BEGIN ")
		if !ok {
			return "", "", err
		}
		kind, rest, ok = strings.Cut(rest, "-----")
		if !ok {
			return "", "", err
		}
		body, text, ok = strings.Cut(rest, "-----END "+kind+"-----")
		if !ok {
			return "", "", errors.New("is cut off: its END line is missing")
		}
		switch kind {
		case "PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY":
			if strings.Contains(body, "ENCRYPTED") {
				return "", "", errEncrypted
			}
			return kind, body, nil
		case "ENCRYPTED PRIVATE KEY":
			return "", "", errEncrypted
		case "OPENSSH PRIVATE KEY":
			return "", "", errors.New("is in OpenSSH's own format: convert it with ssh-keygen -p -m pem")
		case "PUBLIC KEY", "RSA PUBLIC KEY", "CERTIFICATE":
			err = errors.New("is the public half, which Okta keeps: the private one is needed")
		}
	}
}

var errEncrypted = errors.New("is locked with a passphrase: write it out unlocked with openssl pkey")

// parseDER goes by the content: BEGIN lines of converted keys are wrong often enough.
func parseDER(der []byte) (any, error) {
	if key, err := x509.ParsePKCS8PrivateKey(der); err == nil {
		return key, nil
	}
	if key, err := x509.ParsePKCS1PrivateKey(der); err == nil {
		return key, nil
	}
	return x509.ParseECPrivateKey(der)
}

func newSigningKey(key any, id string) (*signingKey, error) {
	switch key := key.(type) {
	case *rsa.PrivateKey:
		if key.N.BitLen() < 2048 {
			return nil, errors.New("is an RSA key of fewer than 2048 bits: make a longer one")
		}
		return &signingKey{signer: key, method: jwt.SigningMethodRS256, id: id}, nil
	case *ecdsa.PrivateKey:
		if method := methodOf(key.Curve); method != nil {
			return &signingKey{signer: key, method: method, id: id}, nil
		}
	}
	return nil, errors.New("is of a kind that Okta does not take: make an RSA key, or an EC key on P-256, P-384 or P-521")
}

func methodOf(curve elliptic.Curve) jwt.SigningMethod {
	switch curve {
	case elliptic.P256():
		return jwt.SigningMethodES256
	case elliptic.P384():
		return jwt.SigningMethodES384
	case elliptic.P521():
		return jwt.SigningMethodES512
	}
	return nil
}

// jwk is a key of RFC 7517 with the members of the kinds we read and write.
type jwk struct {
	Kty string `json:"kty"`
	Kid string `json:"kid,omitempty"`
	Crv string `json:"crv,omitempty"`
	X   string `json:"x,omitempty"`
	Y   string `json:"y,omitempty"`
	N   string `json:"n,omitempty"`
	E   string `json:"e,omitempty"`
	D   string `json:"d,omitempty"`
	P   string `json:"p,omitempty"`
	Q   string `json:"q,omitempty"`
}

// parseJWK reads a JWK, or a set of them that holds one private key.
func parseJWK(text []byte) (*signingKey, error) {
	var set struct {
		jwk
		Keys []jwk `json:"keys"`
	}
	if json.Unmarshal(text, &set) != nil {
		return nil, errors.New("is not a JWK: its JSON is damaged")
	}
	k := set.jwk
	for _, one := range set.Keys {
		if one.D == "" {
			continue
		}
		if k.D != "" {
			return nil, errors.New("holds several private keys: give one of them")
		}
		k = one
	}
	if k.D == "" && (k.Kty != "" || len(set.Keys) > 0) {
		return nil, errors.New("is the public half, which Okta keeps: the private one is needed")
	}
	switch k.Kty {
	case "RSA":
		return k.rsa()
	case "EC":
		return k.ec()
	}
	return nil, errors.New("is not an RSA or EC key in JWK form")
}

var errJWK = errors.New("is a damaged JWK: its numbers do not fit together")

// decodeNumber also takes the padding that RFC 7515 forbids and some encoders write.
func decodeNumber(text string) ([]byte, error) {
	return base64.RawURLEncoding.DecodeString(strings.TrimRight(text, "="))
}

func (k *jwk) rsa() (*signingKey, error) {
	if k.P == "" || k.Q == "" {
		return nil, errors.New("lacks the JWK members p and q")
	}
	var numbers [5]*big.Int
	for i, s := range []string{k.N, k.E, k.D, k.P, k.Q} {
		raw, err := decodeNumber(s)
		if err != nil || len(raw) == 0 {
			return nil, errJWK
		}
		numbers[i] = new(big.Int).SetBytes(raw)
	}
	n, e, d := numbers[0], numbers[1], numbers[2]
	if n.BitLen() > 16384 || !e.IsInt64() || e.Int64() > 1<<31-1 {
		return nil, errJWK
	}
	key := &rsa.PrivateKey{
		PublicKey: rsa.PublicKey{N: n, E: int(e.Int64())}, D: d, Primes: []*big.Int{numbers[3], numbers[4]},
	}
	if n.BitLen() >= 2048 { // newSigningKey has the better words for a short one
		if key.Validate() != nil {
			return nil, errJWK
		}
		key.Precompute()
	}
	return newSigningKey(key, k.Kid)
}

func (k *jwk) ec() (*signingKey, error) {
	curve := map[string]elliptic.Curve{"P-256": elliptic.P256(), "P-384": elliptic.P384(), "P-521": elliptic.P521()}[k.Crv]
	if curve == nil {
		return newSigningKey(nil, "")
	}
	d, err := decodeNumber(k.D)
	size := (curve.Params().BitSize + 7) / 8
	if err != nil || len(d) > size {
		return nil, errJWK
	}
	// Some encoders drop leading zeros, which RFC 7518 forbids.
	key, err := ecdsa.ParseRawPrivateKey(curve, append(make([]byte, size-len(d)), d...))
	if err != nil {
		return nil, errJWK
	}
	return newSigningKey(key, k.Kid)
}

// publicJWK returns the public half of an EC key, as a DPoP proof carries it.
func publicJWK(key *ecdsa.PublicKey) (jwk, error) {
	raw, err := key.Bytes() // 4, x, y
	if err != nil {
		return jwk{}, err
	}
	half := (len(raw) - 1) / 2
	return jwk{
		Kty: "EC",
		Crv: key.Curve.Params().Name,
		X:   base64.RawURLEncoding.EncodeToString(raw[1 : 1+half]),
		Y:   base64.RawURLEncoding.EncodeToString(raw[1+half:]),
	}, nil
}
