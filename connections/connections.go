// Package connections turns the inputs that a person stored about an org into an authorised client: an API token, or
// OAuth 2.0 as a person or as a service, with DPoP where Okta demands it. It also decides which hosts and addresses are
// reached at all, and says in words what is wrong when Okta refuses.
//
// What is asked of Okta with the client, and where inputs and tokens are stored and sealed, is left to others.
//
// Tokens are requested by code of our own rather than by golang.org/x/oauth2: an assertion and a DPoP proof must be
// made anew for each attempt on the wire, refused proofs teach a nonce, and a refresh token is rotated under a lock
// that all replicas share. That library has no place for any of the three.
package connections

import (
	"slices"
	"strings"

	"github.com/okta-connector/okta-connector/connections/okta"
	"github.com/okta-connector/okta-connector/runtime/connector"
	"github.com/okta-connector/okta-connector/schemas"
)

// orgInput is the first input of every connection.
type orgInput struct {
	OktaDomain string `json:"oktaDomain" title:"Okta Domain" required:"true" maxLength:"300" placeholder:"acme.okta.com" doc:"Host name of your org: acme.okta.com, acme.oktapreview.com or a custom domain of yours. The address of the Admin Console, with -admin in it, is not it."`
}

// checkDomain reports what is wrong with the domain.
func (in orgInput) checkDomain(env connector.Environment, invalid *schemas.Invalid) {
	if _, err := BaseURL(env, in.OktaDomain); err != nil {
		invalid.Add("/oktaDomain", err.Error())
	}
}

// config is what all clients of an org have in common.
func config(env connector.Environment, base string, auth okta.Authorizer) okta.Config {
	_, org, _ := strings.Cut(base, "://")
	return okta.Config{
		BaseURL: base, Auth: auth, Transport: env.Transport, Governor: governor(env, org),
		UserAgent: env.UserAgent, Observe: env.Observe, Logger: env.Logger,
	}
}

// governor returns the rate budget of what is named, nil for one of the client's own.
func governor(env connector.Environment, name string) *okta.Governor {
	if env.Governor == nil {
		return nil
	}
	return env.Governor(name)
}

// visible reports whether s is ASCII that can be seen, and something: what may stand in a header or a form, and shows
// that nothing was pasted along.
func visible(s string) bool {
	return s != "" && strings.IndexFunc(s, func(r rune) bool { return r <= ' ' || r >= 0x7f }) < 0
}

// splitScopes takes scopes apart, each once and in the order given. Commas are taken for spaces.
func splitScopes(text string) []string {
	var scopes []string
	for _, s := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r <= ' ' }) {
		if !slices.Contains(scopes, s) {
			scopes = append(scopes, s)
		}
	}
	return scopes
}

// checkScopes reports what is wrong with the Scopes input.
func checkScopes(text string, invalid *schemas.Invalid) {
	scopes := splitScopes(text)
	bad := func(s string) bool { return !visible(s) || strings.ContainsAny(s, `"\`) } // RFC 6749, section 3.3
	switch {
	case len(scopes) == 0:
		invalid.Add("/scopes", "must name a scope, such as okta.users.read")
	case slices.ContainsFunc(scopes, bad):
		invalid.Add("/scopes", "must be scopes separated by spaces, such as okta.users.read okta.groups.read")
	}
}
