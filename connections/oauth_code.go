package connections

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/okta-connector/okta-connector/connections/okta"
	"github.com/okta-connector/okta-connector/runtime/connector"
	"github.com/okta-connector/okta-connector/schemas"
)

type oauthCode struct {
	orgInput
	Scopes       string         `json:"scopes" title:"Scopes" required:"true" maxLength:"4000" placeholder:"offline_access okta.users.read okta.groups.read" doc:"Okta API scopes to ask for, separated by spaces, each granted to the app. Add offline_access, or the sign-in ends after an hour."`
	ClientID     string         `json:"clientId" title:"Client ID" required:"true" maxLength:"255" placeholder:"0oa1a2b3c4d5e6f7g8h9" doc:"Client ID of your OIDC web app. Its sign-in redirect URIs must hold this runtime's /oauth/callback address exactly."`
	ClientSecret schemas.Secret `json:"clientSecret" title:"Client secret value" required:"true" maxLength:"1000" doc:"Client secret of the app, from its General tab."`
}

// OAuthCode signs in as a person, who agrees in a browser once (RFC 6749, section 4.1, with PKCE).
var OAuthCode = connector.NewConnection(connector.ConnectionInfo{
	Key:   "oauth2AuthorizationCode",
	Label: "OAuth 2.0 Authorization Code",
	Description: "Sign in as a person, who agrees in the browser once. What is done is done in that person's name, within " +
		"the scopes and that person's admin roles.",
	Authorize: true,
}, connector.Behaviour[oauthCode]{
	Check: checkOAuthCode, Open: openOAuthCode, Test: testOAuthCode, Begin: beginSignIn, Finish: finishSignIn,
})

func checkOAuthCode(env connector.Environment, in oauthCode) schemas.Invalid {
	var invalid schemas.Invalid
	in.checkDomain(env, &invalid)
	checkScopes(in.Scopes, &invalid)
	if !visible(in.ClientID) {
		invalid.Add("/clientId", "must not contain spaces")
	}
	if !visible(in.secret()) {
		invalid.Add("/clientSecret", "must be one line without spaces: copy it whole, and nothing else")
	}
	return invalid
}

func (in oauthCode) secret() string { return strings.TrimSpace(in.ClientSecret.Reveal()) }

// signInDigest is what a sign-in belongs to: with another org, client or set of scopes it is worth nothing.
type signInDigest [sha256.Size]byte

func (in oauthCode) digest(base string) signInDigest {
	scopes := strings.Join(slices.Sorted(slices.Values(splitScopes(in.Scopes))), " ")
	return sha256.Sum256(fmt.Appendf(nil, "%q %q %q", base, in.ClientID, scopes))
}

func (d signInDigest) String() string { return base64.RawURLEncoding.EncodeToString(d[:]) }

// endpoint returns the token endpoint for this client, with client_secret_basic: an app's default at Okta.
func (in oauthCode) endpoint(env connector.Environment, base string) *tokenEndpoint {
	id, secret := url.QueryEscape(in.ClientID), url.QueryEscape(in.secret()) // RFC 6749, section 2.3.1
	return &tokenEndpoint{env: env, base: base, authenticate: func(r *http.Request, _ url.Values) error {
		r.SetBasicAuth(id, secret)
		return nil
	}}
}

func openOAuthCode(
	_ context.Context, env connector.Environment, session connector.Session, in oauthCode,
) (*okta.Client, error) {
	s, base, err := in.signedIn(env, session)
	if err != nil {
		return nil, err
	}
	return okta.New(config(env, base, &s.source))
}

// signedIn returns the sign-in of a stored connection: the same for all calls in this process.
func (in oauthCode) signedIn(env connector.Environment, session connector.Session) (*signedIn, string, error) {
	base, err := BaseURL(env, in.OktaDomain)
	if err != nil {
		return nil, "", err
	}
	if session.State == nil {
		return nil, "", &NotAuthorizedError{
			Detail: "a sign-in is kept with a stored connection: store it under a name, and sign in there",
		}
	}
	type key struct {
		name   string
		digest signInDigest
		secret [sha256.Size]byte
	}
	digest := in.digest(base)
	return connector.Remember(env.Memory, key{session.Name, digest, sha256.Sum256([]byte(in.secret()))}, func() *signedIn {
		s := &signedIn{
			name: session.Name, state: session.State, endpoint: in.endpoint(env, base), digest: digest,
			persists: slices.Contains(splitScopes(in.Scopes), offlineAccess),
		}
		s.obtain = s.fromState
		return s
	}), base, nil
}

const offlineAccess = "offline_access"

// flow is what a sign-in needs to remember while the person is at Okta.
type flow struct {
	State    string `json:"state"`
	Verifier string `json:"verifier"` // PKCE: proves that who asked for the code also exchanges it
	Callback string `json:"callback"`
	For      string `json:"for"` // the digest of the inputs it was begun with
}

func beginSignIn(env connector.Environment, in oauthCode, callback string) (connector.SignIn, error) {
	base, err := BaseURL(env, in.OktaDomain)
	if err != nil {
		return connector.SignIn{}, err
	}
	f := flow{
		State: rand.Text(), Verifier: rand.Text() + rand.Text(), Callback: callback, For: in.digest(base).String(),
	}
	challenge := sha256.Sum256([]byte(f.Verifier))
	query := url.Values{
		"client_id":             {in.ClientID},
		"response_type":         {"code"},
		"redirect_uri":          {callback},
		"scope":                 {strings.Join(splitScopes(in.Scopes), " ")},
		"state":                 {f.State},
		"code_challenge":        {base64.RawURLEncoding.EncodeToString(challenge[:])},
		"code_challenge_method": {"S256"},
	}
	raw, err := json.Marshal(f)
	if err != nil {
		return connector.SignIn{}, fmt.Errorf("begin to sign in: %w", err)
	}
	return connector.SignIn{URL: base + "/oauth2/v1/authorize?" + query.Encode(), State: f.State, Flow: raw}, nil
}

// SignInError says why a person's way to Okta and back did not end in a sign-in.
type SignInError struct {
	Code   string // OAuth's error, "" when it was not Okta that stopped it
	Detail string // for the person, with what to do
}

func (e *SignInError) Error() string { return "sign in: " + e.Detail }

func finishSignIn(
	ctx context.Context, env connector.Environment, session connector.Session, in oauthCode,
	raw json.RawMessage, query url.Values,
) error {
	s, base, err := in.signedIn(env, session)
	if err != nil {
		return err
	}
	var f flow
	if err := json.Unmarshal(raw, &f); err != nil {
		return errors.New("sign in: the flow is damaged")
	}
	switch {
	case f.State == "" || subtle.ConstantTimeCompare([]byte(f.State), []byte(query.Get("state"))) == 0:
		return &SignInError{Detail: "this is not the answer to the sign-in that was begun here: begin again"}
	case f.For != s.digest.String():
		return &SignInError{Detail: "the connection was changed while you were at Okta: begin again"}
	case query.Has("iss") && query.Get("iss") != base: // RFC 9207
		return &SignInError{Detail: "the answer is from another org than the one that was asked: begin again"}
	case query.Has("error"):
		return &SignInError{
			Code: query.Get("error"), Detail: explainCallback(query.Get("error"), query.Get("error_description")),
		}
	case query.Get("code") == "":
		return &SignInError{Detail: "Okta's answer holds no code: begin again"}
	}
	// An endpoint of its own: the key for proofs, if there is one, is new with each sign-in.
	endpoint := in.endpoint(env, base)
	t, err := endpoint.request(ctx, grant{form: url.Values{
		"grant_type": {"authorization_code"}, "code": {query.Get("code")},
		"redirect_uri": {f.Callback}, "code_verifier": {f.Verifier},
	}, scopes: splitScopes(in.Scopes)})
	if err != nil {
		return explained(err, nil)
	}
	return s.begin(ctx, t, endpoint)
}

func testOAuthCode(
	ctx context.Context, env connector.Environment, session connector.Session, in oauthCode, c *okta.Client,
) (connector.Identity, error) {
	s, _, err := in.signedIn(env, session)
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
	reads := func(scope string) bool { return strings.HasPrefix(scope, "okta.users.") }
	if slices.ContainsFunc(t.scopes, reads) {
		return whoAmI(ctx, c, t.scopes)
	}
	return probe(ctx, c, connector.Identity{
		OK: true, Org: c.Org(), As: in.ClientID, Scopes: t.scopes, LatencyMs: time.Since(began).Milliseconds(),
	})
}
