package actions_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/okta-connector/okta-connector/actions"
	"github.com/okta-connector/okta-connector/connections/okta/oktatest"
)

func rawGet(t *testing.T, url string) string {
	t.Helper()
	inputs, err := json.Marshal(map[string]string{"url": url, "method": "GET"})
	require.NoError(t, err)
	return string(inputs)
}

// echo answers every request with an empty list.
func echo(t *testing.T) *oktatest.Server {
	t.Helper()
	return oktatest.Serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("[]"))
	}))
}

// TestRawRequest_HostilePaths: whatever is written for a path, the credential stays with the org's Management API.
func TestRawRequest_HostilePaths(t *testing.T) {
	t.Parallel()
	for _, url := range []string{
		// Another place.
		"https://evil.example/users", "HTTPS://evil.example/users", "http:/evil.example", "//evil.example/users",
		"///evil.example/users", "/\\evil.example/users", "\\\\evil.example\\users", "\\/evil.example", "evil.example/users",
		"@evil.example/users", ":443/users", ".evil.example", "users", "?limit=5", "#users", "javascript:alert(1)",
		" /users", "\t/users", "\n//evil.example", "file:///etc/passwd",
		// Up and out of /api/v1.
		"/..", "/../oauth2/v1/token", "/users/../../oauth2/v1/token", "/users/..", "/./users", "/users/.",
		"/%2e%2e/oauth2", "/%2E%2E/oauth2", "/.%2e/oauth2", "/%2e./oauth2", "/%2e/users",
		"/%252e%252e/oauth2", "/%25252e%25252e/oauth2", "/%25%32%65%25%32%65/oauth2", "/%252e%252e%252f%25zz",
		"/..%2foauth2", "/..%2Foauth2", "/users/..%2f..%2foauth2", "/users%2f..%2f..%2foauth2", "/%2e%2e%2foauth2",
		"/..%5coauth2", "/..\\oauth2", "/%5c..%5c", "/..%255coauth2",
		"/..;/oauth2", "/..;a=b/oauth2", "/%2e%2e;/oauth2", "/..%3b/oauth2", "/.;/users", "/;/users",
		"/.. /oauth2", "/%20../oauth2", "/..%20/oauth2", "/..%09/oauth2",
		"/\uff0e\uff0e/oauth2", "/\u2025/oauth2", "/%ef%bc%8e%ef%bc%8e/oauth2", "/\u2024\u2024/oauth2",
		"/users\uff0f..\uff0f..", "/users\u2215..", "/..\u2044oauth2", "/..\uff3coauth2", "/users%ef%bc%8f..",
		// Not UTF-8, overlong, or not an encoding at all.
		"/%c0%ae%c0%ae/oauth2", "/%e0%80%ae/x", "/%ff", "/%80users",
		"/%u002e%u002e/oauth2", "/%", "/%2", "/%zz", "/users/%e0%a4",
		// What ends a line, a string or a path.
		"/users\r\nHost: evil.example", "/users%0d%0aHost:evil.example", "/users%00", "/users\x00", "/users\x7f",
		"/users%7f", "/users\u0085", "/users%c2%85", "/users#fragment", "/users?limit=5#fragment", "/users\t",
		// Variables without a value, and the base twice.
		"/", "/users/", "/users//groups", "/groups//users/",
		"/users/%2f", "/users/%2F%2F", "/api/v1/users", "/%61pi/v1/users",
		// Queries.
		"/users?limit=%zz", "/users?q=%ff", "/users?a;b=c", "/users?q=a\nb",
	} {
		t.Run(url, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, []string{"/url"}, refusedFields(t, actions.RawRequest, rawGet(t, url)))
		})
	}
}

// TestRawRequest_Paths: what is allowed arrives as one segment where it was one, and as the same text.
func TestRawRequest_Paths(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]string{
		"/users":                                "GET /api/v1/users",
		"/users?limit=5":                        "GET /api/v1/users?limit=5",
		"/users?search=status eq \"ACTIVE\"":    "GET /api/v1/users?search=status+eq+%22ACTIVE%22",
		"/users?q=a%26b&q=c":                    "GET /api/v1/users?q=a%26b&q=c",
		"/users?":                               "GET /api/v1/users",
		"/users/ada@example.com":                "GET /api/v1/users/ada@example.com",
		"/users/ada%40example.com/groups":       "GET /api/v1/users/ada@example.com/groups",
		"/users/a%2Fb":                          "GET /api/v1/users/a%2Fb",
		"/users/a%23b":                          "GET /api/v1/users/a%23b",
		"/users/a%3Fb":                          "GET /api/v1/users/a%3Fb",
		"/users/a;b":                            "GET /api/v1/users/a%3Bb",
		"/users/M\u00fcller":                    "GET /api/v1/users/M%C3%BCller",
		"/users/M%C3%BCller":                    "GET /api/v1/users/M%C3%BCller",
		"/users/100%25":                         "GET /api/v1/users/100%25",
		"/users/a..b":                           "GET /api/v1/users/a..b",
		"/users/..ada":                          "GET /api/v1/users/..ada",
		"/groups/00g1/users/00u2":               "GET /api/v1/groups/00g1/users/00u2",
		"/policies?type=PASSWORD&after=%2Bx%3D": "GET /api/v1/policies?after=%2Bx%3D&type=PASSWORD",
	} {
		t.Run(url, func(t *testing.T) {
			t.Parallel()
			org := echo(t)
			mustInvoke(t, org.Client(t, "token"), actions.RawRequest, rawGet(t, url))
			require.Equal(t, []string{want}, org.Lines())
		})
	}
}
