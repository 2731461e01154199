package connections

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/okta-connector/okta-connector/connections/okta"
)

const (
	codeInvalidProof = "invalid_dpop_proof"
	codeUseNonce     = "use_dpop_nonce"
	headerNonce      = "DPoP-Nonce"
)

// prover signs the DPoP proofs (RFC 9449) of one client with a key that is for nothing else. The nonce that a server
// wants in them is kept by nonce, one for each server.
type prover struct {
	key    *ecdsa.PrivateKey
	public jwk
}

func newProver() (*prover, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("dpop: key: %w", err)
	}
	return proverOf(key)
}

func proverOf(key *ecdsa.PrivateKey) (*prover, error) {
	public, err := publicJWK(&key.PublicKey)
	if err != nil {
		return nil, fmt.Errorf("dpop: key: %w", err)
	}
	return &prover{key: key, public: public}, nil
}

// marshal returns the private key for the connection's sealed state.
func (p *prover) marshal() ([]byte, error) { return x509.MarshalECPrivateKey(p.key) }

func unmarshalProver(der []byte) (*prover, error) {
	key, err := x509.ParseECPrivateKey(der)
	if err != nil {
		return nil, fmt.Errorf("dpop: stored key: %w", err)
	}
	return proverOf(key)
}

// prove puts a proof for this very attempt on r. token is the access token that r carries, "" for a request for one.
func (p *prover) prove(r *http.Request, token, nonce string) error {
	claims := jwt.MapClaims{
		"htm": r.Method,
		"htu": proofURL(r.URL),
		"iat": time.Now().Unix(),
		"jti": rand.Text(),
	}
	if nonce != "" {
		claims["nonce"] = nonce
	}
	if token != "" {
		sum := sha256.Sum256([]byte(token))
		claims["ath"] = base64.RawURLEncoding.EncodeToString(sum[:])
	}
	t := jwt.NewWithClaims(jwt.SigningMethodES256, claims)
	t.Header["typ"], t.Header["jwk"] = "dpop+jwt", p.public
	signed, err := t.SignedString(p.key)
	if err != nil {
		return fmt.Errorf("dpop: proof: %w", err)
	}
	r.Header.Set("DPoP", signed)
	return nil
}

var proofEscapes = strings.NewReplacer("%", "%25", " ", "%20", `"`, "%22", "#", "%23")

// proofURL is the htu claim of a proof: without query and fragment, and with the path decoded except for what cannot
// stand in a URL. So Okta compares it, where RFC 9449 leaves it open (okta/okta-sdk-java#1526).
func proofURL(u *url.URL) string { return u.Scheme + "://" + u.Host + proofEscapes.Replace(u.Path) }

// nonce is the value that a server last asked for in proofs. The zero value is none.
type nonce struct {
	mu    sync.Mutex
	value string
}

func (n *nonce) current() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.value
}

// learn takes the nonce of an answer, if it has one.
func (n *nonce) learn(value string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if value != "" {
		n.value = value
	}
}

// wantsNonce reports whether a refusal asks for the nonce it brings: at the token endpoint by its code, elsewhere by
// its WWW-Authenticate.
func wantsNonce(e *okta.Error) bool {
	return e.Code == codeUseNonce || challenge(e, "error") == codeUseNonce
}

var challengeParam = regexp.MustCompile(`(\w+)="([^"]*)"`)

// challenge returns a parameter of the refusal's WWW-Authenticate (RFC 6750, section 3), "" when there is none.
func challenge(e *okta.Error, name string) string {
	for _, param := range challengeParam.FindAllStringSubmatch(e.Header("WWW-Authenticate"), -1) {
		if param[1] == name {
			return param[2]
		}
	}
	return ""
}
