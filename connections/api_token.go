package connections

import (
	"context"
	"net/http"
	"strings"

	"github.com/okta-connector/okta-connector/connections/okta"
	"github.com/okta-connector/okta-connector/runtime/connector"
	"github.com/okta-connector/okta-connector/schemas"
)

type apiToken struct {
	orgInput
	APIToken schemas.Secret `json:"apiToken" title:"API Token" required:"true" maxLength:"1000" doc:"Token made in the Admin Console under Security, API, Tokens. It has the rights of the admin who made it, ends with that account, and after 30 days without use."`
}

// APIToken signs in with a token that an admin made, Okta's own SSWS scheme.
var APIToken = connector.NewConnection(connector.ConnectionInfo{
	Key:         "apiToken",
	Label:       "API Token",
	Description: "Sign in with an API token from the Admin Console. Quick to set up; the token may do all that its owner may.",
}, connector.Behaviour[apiToken]{Check: checkAPIToken, Open: openAPIToken, Test: testAPIToken})

func checkAPIToken(env connector.Environment, in apiToken) schemas.Invalid {
	var invalid schemas.Invalid
	in.checkDomain(env, &invalid)
	switch token := in.token(); {
	case strings.HasPrefix(strings.ToLower(token), "bearer "):
		invalid.Add("/apiToken", "is an OAuth access token: use one of the OAuth 2.0 connections")
	case !visible(token):
		invalid.Add("/apiToken", "must be one line without spaces: copy it whole, and nothing else")
	}
	return invalid
}

// token returns the bare token: people paste it with the scheme that documentation shows before it.
func (in apiToken) token() string {
	token := strings.TrimSpace(in.APIToken.Reveal())
	if scheme, rest, _ := strings.Cut(token, " "); strings.EqualFold(scheme, "SSWS") {
		return strings.TrimSpace(rest)
	}
	return token
}

func openAPIToken(
	_ context.Context, env connector.Environment, _ connector.Session, in apiToken,
) (*okta.Client, error) {
	base, err := BaseURL(env, in.OktaDomain)
	if err != nil {
		return nil, err
	}
	return okta.New(config(env, base, &ssws{header: "SSWS " + in.token()}))
}

// ssws is the authoriser of an API token. Clients hold a pointer to it: fmt would print more of them.
type ssws struct{ header string }

// Authorize implements [okta.Authorizer].
func (a *ssws) Authorize(_ context.Context, r *http.Request) error {
	r.Header.Set("Authorization", a.header)
	return nil
}

// Refused implements [okta.Authorizer]: there is no other token.
func (*ssws) Refused(*http.Request, *okta.Error) bool { return false }

func testAPIToken(
	ctx context.Context, _ connector.Environment, _ connector.Session, _ apiToken, c *okta.Client,
) (connector.Identity, error) {
	id, err := whoAmI(ctx, c, []string{})
	if okta.HasCode(err, okta.CodeInvalidToken) {
		return id, &Failure{Err: err, Detail: "Okta does not take this API token: it is from another org, was revoked, " +
			"was not used for 30 days, may not be used from this network, or its owner's account was deactivated. " +
			"Make a new one in the Admin Console under Security, API, Tokens"}
	}
	return id, err
}
