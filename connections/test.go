package connections

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/okta-connector/okta-connector/connections/okta"
	"github.com/okta-connector/okta-connector/runtime/connector"
)

// whoAmI asks for the person that the credential belongs to: GET /api/v1/users/me, okta.users.read or .read.self.
func whoAmI(ctx context.Context, c *okta.Client, scopes []string) (connector.Identity, error) {
	began := time.Now()
	const route = "/api/v1/users/me"
	raw, err := c.JSON(ctx, &okta.Request{Method: http.MethodGet, Path: okta.At(route)})
	if err != nil {
		return connector.Identity{}, explained(err, []string{"okta.users.read"})
	}
	var me struct {
		ID      string `json:"id"`
		Profile struct {
			Login string `json:"login"`
		} `json:"profile"`
	}
	if json.Unmarshal(raw, &me) != nil || me.ID == "" {
		return connector.Identity{}, explained(&okta.Error{
			Status: http.StatusOK, Method: http.MethodGet, Route: route, Reason: "the answer is not a user",
		}, nil)
	}
	return connector.Identity{
		OK: true, Org: c.Org(), As: cmp.Or(me.Profile.Login, me.ID), Scopes: scopes,
		LatencyMs: time.Since(began).Milliseconds(),
	}, nil
}

// probes are calls that cost little, each allowed by one pair of scopes, those first that every org answers.
var probes = []struct {
	resource string // of okta.{resource}.read and okta.{resource}.manage
	path     string
	query    url.Values
}{
	{"users", "/api/v1/users", url.Values{"limit": {"1"}}},
	{"groups", "/api/v1/groups", url.Values{"limit": {"1"}}},
	{"apps", "/api/v1/apps", url.Values{"limit": {"1"}}},
	{"logs", "/api/v1/logs", url.Values{"limit": {"1"}}},
	{"eventHooks", "/api/v1/eventHooks", nil},
	{"policies", "/api/v1/policies", url.Values{"type": {"OKTA_SIGN_ON"}, "limit": {"1"}}},
	{"userTypes", "/api/v1/meta/types/user", nil},
	{"schemas", "/api/v1/meta/schemas/user/default", nil},
	{"realms", "/api/v1/realms", url.Values{"limit": {"1"}}},
}

// probe makes the first call that the granted scopes allow. Scopes that we know no call for prove nothing more than
// that Okta gave a token.
func probe(ctx context.Context, c *okta.Client, id connector.Identity) (connector.Identity, error) {
	for _, p := range probes {
		scope := "okta." + p.resource + ".read"
		if !slices.Contains(id.Scopes, scope) && !slices.Contains(id.Scopes, "okta."+p.resource+".manage") {
			continue
		}
		began := time.Now()
		_, err := c.JSON(ctx, &okta.Request{Method: http.MethodGet, Path: okta.At(p.path), Query: p.query})
		if err != nil {
			return connector.Identity{}, explained(err, []string{scope})
		}
		id.LatencyMs = time.Since(began).Milliseconds()
		return id, nil
	}
	return id, nil
}

// missingGrant names the scopes that were asked for and silently left out: Okta refuses only when none is granted.
func missingGrant(asked string, granted []string) error {
	var missing []string
	for _, scope := range splitScopes(asked) {
		if strings.HasPrefix(scope, "okta.") && !slices.Contains(granted, scope) {
			missing = append(missing, scope)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return &Failure{Detail: "Okta left out scopes that are not granted to the app: " + strings.Join(missing, ", ") +
		". Grant them in the Admin Console (Applications, the app, Okta API Scopes), or take them out of Scopes"}
}
