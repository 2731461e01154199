package sandbox

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const (
	proofAge  = 5 * time.Minute // how old a proof may be
	clockSkew = time.Minute     // how far in the future an issue time may lie
)

// proof is a verified DPoP proof (RFC 9449): the key it was signed with, by thumbprint, and its claims.
type proof struct {
	jkt    string
	claims jwt.MapClaims
}

var proofRefusals = map[error]string{
	errJWTMalformed: "The DPoP proof JWT cannot be parsed.",
	errJWTAlgorithm: "The DPoP proof JWT signature algorithm is invalid.",
	errJWTSignature: "The DPoP proof JWT signature is invalid.",
	errJWK:          "The DPoP proof JWT is invalid.",
}

// readProof verifies r's proof for use on this request, once. The caller checks what ties it to a token or a nonce.
// A request without one has no proof and no error.
func (s *oauthServer) readProof(r *http.Request) (*proof, *oauthError) {
	headers := r.Header.Values("DPoP")
	if len(headers) == 0 {
		return nil, nil
	}
	if len(headers) > 1 {
		return nil, invalidProof("Multiple DPoP proof JWT headers are not allowed.")
	}
	var p proof
	claims, err := verifyJWT(headers[0], func(header map[string]any, _ jwt.MapClaims) (jwk, error) {
		key, refusal := proofKey(header)
		if refusal != nil {
			return jwk{}, refusal
		}
		p.jkt = key.thumbprint()
		return key, nil
	})
	if err != nil {
		return nil, jwtRefusal(err, invalidProof, proofRefusals)
	}
	p.claims = claims
	if refusal := p.fits(r, time.Now()); refusal != nil {
		return nil, refusal
	}
	if !s.replays.first("proof "+p.jkt+" "+claimText(claims, "jti"), time.Now().Add(proofAge+clockSkew)) {
		return nil, invalidProof("The DPoP proof JWT has already been used.")
	}
	return &p, nil
}

func proofKey(header map[string]any) (jwk, *oauthError) {
	if header["typ"] != "dpop+jwt" {
		return jwk{}, invalidProof("'typ' must be 'dpop+jwt' in the DPoP proof JWT.")
	}
	var key jwk
	raw, err := json.Marshal(header["jwk"])
	if err != nil || json.Unmarshal(raw, &key) != nil {
		return jwk{}, invalidProof(proofRefusals[errJWK])
	}
	return key, nil
}

// fits checks the claims that tie a proof to one request and one moment.
func (p *proof) fits(r *http.Request, now time.Time) *oauthError {
	if claimText(p.claims, "htm") != r.Method {
		return invalidProof("'htm' claim in the DPoP proof JWT is invalid.")
	}
	if claimText(p.claims, "htu") != proofURL(r) {
		return invalidProof("'htu' claim in the DPoP proof JWT is invalid.")
	}
	issued, ok := claimTime(p.claims, "iat")
	if !ok {
		return invalidProof("'iat' claim in the DPoP proof JWT is invalid.")
	}
	if issued.After(now.Add(clockSkew)) {
		return invalidProof("The DPoP proof JWT is issued in the future.")
	}
	if now.Sub(issued) > proofAge {
		return invalidProof("The DPoP proof JWT is issued more than five minutes in the past.")
	}
	if expires, ok := claimTime(p.claims, "exp"); ok && !now.Before(expires) {
		return invalidProof("The DPoP proof JWT is expired.")
	}
	if claimText(p.claims, "jti") == "" {
		return invalidProof("'jti' claim in the DPoP proof JWT is invalid.")
	}
	return nil
}

func (p *proof) hasNonce() bool { return claimText(p.claims, "nonce") != "" }

// covers reports whether the proof names token as the one it accompanies.
func (p *proof) covers(token string) bool {
	sum := sha256.Sum256([]byte(token))
	return claimText(p.claims, "ath") == base64.RawURLEncoding.EncodeToString(sum[:])
}

// proofURL is the htu that Okta expects: the URL without its query, the path decoded but for the few characters that
// cannot stand in a URL. A client that puts the escaped path there (%40 in a login) is refused by Okta, and here.
func proofURL(r *http.Request) string {
	return issuer(r) + strings.NewReplacer("%", "%25", " ", "%20", `"`, "%22", "#", "%23").Replace(r.URL.Path)
}
