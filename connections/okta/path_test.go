package okta

import (
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAt_AValueIsOneSegment(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		"00u1":            "/api/v1/users/00u1/groups",
		"ada@example.com": "/api/v1/users/ada@example.com/groups",
		"a/b":             "/api/v1/users/a%2Fb/groups",
		"..":              "/api/v1/users/%2E%2E/groups",
		".":               "/api/v1/users/%2E/groups",
		"...":             "/api/v1/users/.../groups",
		"../../apps":      "/api/v1/users/..%2F..%2Fapps/groups",
		"a%2Fb":           "/api/v1/users/a%252Fb/groups",
		"a?b#c;d":         "/api/v1/users/a%3Fb%23c%3Bd/groups",
		"{id}":            "/api/v1/users/%7Bid%7D/groups",
		"a\\b c\n":        "/api/v1/users/a%5Cb%20c%0A/groups",
		"ü":               "/api/v1/users/%C3%BC/groups",
	} {
		p := At("/api/v1/users/{id}/groups", value)
		require.Equal(t, want, p.String())
		require.Equal(t, "/api/v1/users/{id}/groups", p.Template)
		u, err := p.url(&url.URL{Scheme: "https", Host: "acme.okta.com"}, "a=b")
		require.NoError(t, err)
		require.Equal(t, "https://acme.okta.com"+want+"?a=b", u.String(), "goes out as it is")
		require.Equal(t, "/api/v1/users/"+value+"/groups", u.Path)
	}
}

func TestAt_WrongNumberOfValues(t *testing.T) {
	t.Parallel()
	require.Panics(t, func() { At("/api/v1/users/{id}") })
	require.Panics(t, func() { At("/api/v1/users", "x") })
	require.Equal(t, "/api/v1/apps/1/users/2", At("/api/v1/apps/{id}/users/{userId}", "1", "2").String())
}

func TestBackoff(t *testing.T) {
	t.Parallel()
	for failure, least := range map[int]int{0: 250, 1: 500, 2: 1000, 8: 64000, 100: 64000} {
		for range 50 {
			ms := int(Backoff(failure).Milliseconds())
			require.GreaterOrEqual(t, ms, least)
			require.Less(t, ms, least*3/2)
		}
	}
}
