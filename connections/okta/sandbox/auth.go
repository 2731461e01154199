package sandbox

import (
	"crypto/subtle"
	"net/http"
	"slices"
	"strings"
)

// authenticate finds out who makes a request: the administrator with an API token, or whoever an OAuth token is for.
// Unlike Okta's, the token outlives its owner: a demonstration that deactivates everybody should not lock itself out.
func (o *Org) authenticate(r *http.Request) (principal, *apiError) {
	scheme, credential, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	switch strings.ToLower(scheme) {
	case "bearer", "dpop":
		return o.oauth.authenticate(r)
	case "ssws":
		if subtle.ConstantTimeCompare([]byte(credential), []byte(o.apiToken)) == 1 {
			return o.tokenOwner(), nil
		}
	}
	return principal{}, invalidAPIToken()
}

func (o *Org) tokenOwner() principal {
	o.mu.RLock()
	defer o.mu.RUnlock()
	return o.administrator()
}

func (o *Org) administrator() principal {
	p := principal{id: o.admin, kind: "User", ssws: true}
	if u := o.users.get(o.admin); u != nil {
		p.name, p.login = u.name(), u.login()
	}
	return p
}

// allows reports whether the principal may use operations of scope; managing includes reading.
func (p principal) allows(scope string) bool {
	return p.ssws || scope == "" || slices.Contains(p.scopes, scope) ||
		slices.Contains(p.scopes, strings.TrimSuffix(scope, ".read")+".manage")
}
