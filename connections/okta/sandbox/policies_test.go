package sandbox

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestListPolicies(t *testing.T) {
	f := newFixture(t, Options{})
	all := f.get("/api/v1/policies", "type", "ACCESS_POLICY").list()
	require.Len(t, all, 4)
	for _, p := range all {
		require.Equal(t, "ACCESS_POLICY", p["type"])
		require.Equal(t, "APP", at(p, "_embedded.resourceType"))
	}
	require.Len(t, f.get("/api/v1/policies", "type", "ACCESS_POLICY", "status", "INACTIVE").list(), 1)
	require.Len(t, f.get("/api/v1/policies", "type", "ACCESS_POLICY", "q", "any").list(), 1)
	require.Empty(t, f.get("/api/v1/policies", "type", "ACCESS_POLICY", "resourceId", "aus1").list())
	require.Equal(t, []string{"Any two factors", "Legacy portals", "Okta Admin Console", "Seamless for managed devices"},
		values(f.get("/api/v1/policies", "type", "ACCESS_POLICY", "sortBy", "name").list(), "name"))
	paged, pages := f.all("/api/v1/policies?type=ACCESS_POLICY&limit=3")
	require.Len(t, paged, 4)
	require.Equal(t, 2, pages)
	require.Empty(t, f.get("/api/v1/policies", "type", "CLIENT_UPDATE").list())
	for _, kind := range []string{"OKTA_SIGN_ON", "PASSWORD", "MFA_ENROLL", "IDP_DISCOVERY", "PROFILE_ENROLLMENT"} {
		require.NotEmpty(t, f.get("/api/v1/policies", "type", kind).list(), kind)
	}
	passwords := f.get("/api/v1/policies", "type", "PASSWORD", "q", "Default").list()[0]
	require.Equal(t, []any{f.org.everyone}, at(passwords, "conditions.people.groups.include"))
	require.InDelta(t, 8, at(passwords, "settings.password.complexity.minLength"), 0)
	require.Nil(t, f.get("/api/v1/policies", "type", "IDP_DISCOVERY").list()[0]["conditions"])
	f.get("/api/v1/policies").refused(400, "E0000028")
	f.get("/api/v1/policies", "type", "NOPE").refused(400, "E0000001")
	require.Equal(t, all[0], f.get("/api/v1/policies/"+all[0]["id"].(string)).ok())
	f.get("/api/v1/policies/rstnone").refused(404, "E0000007")
}
