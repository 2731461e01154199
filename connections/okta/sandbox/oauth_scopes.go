package sandbox

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// apiScopes are granted to every client at first: those of the operations that the sandbox has.
var apiScopes = []string{
	"okta.apps.manage", "okta.apps.read",
	"okta.eventHooks.manage", "okta.eventHooks.read",
	"okta.groups.manage", "okta.groups.read",
	"okta.logs.read",
	"okta.policies.manage", "okta.policies.read",
	"okta.realms.manage", "okta.realms.read",
	"okta.schemas.manage", "okta.schemas.read",
	"okta.sessions.manage", "okta.sessions.read",
	"okta.userTypes.manage", "okta.userTypes.read",
	"okta.users.manage", "okta.users.read",
}

// signInScopes need a person, not a grant.
var signInScopes = []string{"openid", "profile", "email", "address", "phone", "groups", "offline_access"}

// apiScope is the form of all scopes that an administrator can grant.
var apiScope = regexp.MustCompile(`^okta\.[A-Za-z.]+\.(manage|read)$`)

// grant returns those of the requested scopes that c gets. Okta leaves out what was not granted, and refuses only
// when nothing remains; a scope that it does not know is refused always.
func (c oauthClient) grant(requested string) ([]string, *oauthError) {
	scopes := strings.Fields(requested)
	if len(scopes) == 0 {
		return nil, invalidScope("No scopes were requested.")
	}
	var out []string
	for _, scope := range scopes {
		signIn := slices.Contains(signInScopes, scope)
		switch {
		case signIn && c.service:
			return nil, invalidScope("Cannot request 'openid' scopes using client credentials.")
		case !signIn && !apiScope.MatchString(scope):
			return nil, invalidScope("One or more scopes are not configured for the authorization server resource.")
		case (signIn || slices.Contains(c.scopes, scope)) && !slices.Contains(out, scope):
			out = append(out, scope)
		}
	}
	if len(out) == 0 {
		return nil, &oauthError{
			http.StatusBadRequest, "consent_required", "You are not allowed any of the requested scopes.",
		}
	}
	return out, nil
}

// narrow returns the requested ones of the scopes that were granted at the sign-in, all of them when none are named.
func narrow(granted []string, requested string) ([]string, *oauthError) {
	scopes := strings.Fields(requested)
	if len(scopes) == 0 {
		return granted, nil
	}
	denied := slices.DeleteFunc(slices.Clone(scopes), func(s string) bool { return slices.Contains(granted, s) })
	if len(denied) > 0 {
		return nil, &oauthError{http.StatusBadRequest, "access_denied", fmt.Sprintf(
			"Some of the scopes requested for the refresh request were not granted in the original authorize request. "+
				"Denied scopes: %s.", strings.Join(denied, ", "))}
	}
	return scopes, nil
}
