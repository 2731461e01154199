package connections

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/okta-connector/okta-connector/connections/okta"
	"github.com/okta-connector/okta-connector/runtime/connector"
	"github.com/okta-connector/okta-connector/schemas"
)

const (
	assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
	assertionLife = 5 * time.Minute // Okta takes up to an hour, which a clock that is ahead of its own would exceed
)

type clientCredentials struct {
	orgInput
	ClientID   string         `json:"clientId" title:"Client ID" required:"true" maxLength:"255" placeholder:"0oa1a2b3c4d5e6f7g8h9" doc:"Client ID of your service app (API Services). The app needs scopes granted on its Okta API Scopes tab, and admin roles on its Admin roles tab."`
	PrivateKey schemas.Secret `json:"privateKey" title:"Private Key (PEM format)" required:"true" widget:"longtext" maxLength:"20000" doc:"Private half of a key whose public half is registered with the app: PEM text, or the JWK that the Admin Console shows when it makes a key. RSA, or EC on P-256, P-384 or P-521."`
	Scopes     string         `json:"scopes" title:"Scopes" required:"true" maxLength:"4000" placeholder:"okta.users.read okta.groups.read" doc:"Okta API scopes to ask for, separated by spaces, such as okta.users.manage. Each must be granted to the app."`
	KeyID      string         `json:"keyId" title:"Key ID" maxLength:"255" doc:"The key's ID (kid) as the Admin Console shows it. Needed only where the app has several keys; a JWK brings its own."`
}

// ClientCredentials signs in as a service app with a signed assertion (private_key_jwt, RFC 7523), the only way Okta
// gives its API scopes to a service.
var ClientCredentials = connector.NewConnection(connector.ConnectionInfo{
	Key:   "oauth2ClientCredentials",
	Label: "OAuth 2.0 Client Credentials",
	Description: "Sign in as a service app of your own, with a key pair instead of a shared secret. It may do what its " +
		"scopes and its admin roles both allow.",
}, connector.Behaviour[clientCredentials]{
	Check: checkClientCredentials, Open: openClientCredentials, Test: testClientCredentials,
})

func checkClientCredentials(env connector.Environment, in clientCredentials) schemas.Invalid {
	var invalid schemas.Invalid
	in.checkDomain(env, &invalid)
	if !visible(in.ClientID) {
		invalid.Add("/clientId", "must not contain spaces")
	}
	if _, err := in.key(env); err != nil {
		invalid.Add("/privateKey", err.Error())
	}
	checkScopes(in.Scopes, &invalid)
	if slices.Contains(splitScopes(in.Scopes), "offline_access") {
		invalid.Add("/scopes", "must not hold offline_access: a service app needs no refresh token")
	}
	if in.KeyID != "" && !visible(in.KeyID) {
		invalid.Add("/keyId", "must not contain spaces")
	}
	return invalid
}

type (
	keyDigest     [sha256.Size]byte
	serviceDigest [sha256.Size]byte
)

// key parses the private key, once for all who use the same text.
func (in clientCredentials) key(env connector.Environment) (*signingKey, error) {
	text := in.PrivateKey.Reveal()
	return connector.Remember(env.Memory, keyDigest(sha256.Sum256([]byte(text))), func() func() (*signingKey, error) {
		return sync.OnceValues(func() (*signingKey, error) { return parseKey(text) })
	})()
}

func openClientCredentials(
	_ context.Context, env connector.Environment, _ connector.Session, in clientCredentials,
) (*okta.Client, error) {
	s, base, err := in.source(env)
	if err != nil {
		return nil, err
	}
	return okta.New(config(env, base, s))
}

// source returns what gets tokens for this org, client, key and set of scopes: the same for the same ones, whichever
// connection asks.
func (in clientCredentials) source(env connector.Environment) (s *source, base string, err error) {
	if base, err = BaseURL(env, in.OktaDomain); err != nil {
		return nil, "", err
	}
	key, err := in.key(env)
	if err != nil {
		return nil, "", err
	}
	scopes := splitScopes(in.Scopes)
	sorted := strings.Join(slices.Sorted(slices.Values(scopes)), " ")
	digest := sha256.Sum256(fmt.Appendf(nil, "%q", []string{
		base, in.ClientID, sorted, in.KeyID, in.PrivateKey.Reveal(),
	}))
	return connector.Remember(env.Memory, serviceDigest(digest), func() *source {
		signer := assertion{client: in.ClientID, audience: base + tokenPath, key: key, keyID: in.KeyID}
		endpoint := &tokenEndpoint{env: env, base: base, authenticate: signer.authenticate}
		form := url.Values{"grant_type": {"client_credentials"}, "scope": {strings.Join(scopes, " ")}}
		return &source{obtain: func(ctx context.Context, _ string) (*tokens, time.Time, error) {
			t, err := endpoint.request(ctx, grant{form: form, scopes: scopes, retry: okta.RetryIdempotent})
			if err != nil {
				return nil, time.Time{}, err
			}
			return t, t.until, nil
		}}
	}), base, nil
}

// assertion is how a service app proves who it is.
type assertion struct {
	client   string
	audience string // the token endpoint by the very name it is called
	key      *signingKey
	keyID    string
}

// authenticate adds an assertion that was never used before.
func (a *assertion) authenticate(_ *http.Request, form url.Values) error {
	// No iat: Okta does not ask for it, and refuses one in its future.
	t := jwt.NewWithClaims(a.key.method, jwt.MapClaims{
		"iss": a.client, "sub": a.client, "aud": a.audience,
		"exp": time.Now().Add(assertionLife).Unix(), "jti": rand.Text(),
	})
	if kid := cmp.Or(a.keyID, a.key.id); kid != "" {
		t.Header["kid"] = kid
	}
	signed, err := t.SignedString(a.key.signer)
	if err != nil {
		return fmt.Errorf("sign the assertion: %w", err)
	}
	form.Set("client_assertion_type", assertionType)
	form.Set("client_assertion", signed)
	return nil
}

func testClientCredentials(
	ctx context.Context, env connector.Environment, _ connector.Session, in clientCredentials, c *okta.Client,
) (connector.Identity, error) {
	s, _, err := in.source(env)
	if err != nil {
		return connector.Identity{}, err
	}
	began := time.Now()
	t, err := s.token(ctx)
	if err != nil {
		return connector.Identity{}, explained(err, nil)
	}
	if err := missingGrant(in.Scopes, t.scopes); err != nil {
		return connector.Identity{}, err
	}
	id := connector.Identity{
		OK: true, Org: c.Org(), As: in.ClientID, Scopes: t.scopes, LatencyMs: time.Since(began).Milliseconds(),
	}
	return probe(ctx, c, id)
}
