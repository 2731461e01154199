package actions

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const oktaDocument = "../../shared/okta-openapi/management.json"

// TestRawRoute_OfOperations: a raw request to an operation's path shares the operation's route.
func TestRawRoute_OfOperations(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile(oktaDocument)
	if os.IsNotExist(err) {
		t.Skip("Okta's OpenAPI document is not beside the project")
	}
	require.NoError(t, err)
	var document struct{ Paths map[string]json.RawMessage }
	require.NoError(t, json.Unmarshal(raw, &document))
	parameter := regexp.MustCompile(`\{\w+\}`)
	for path := range document.Paths {
		want := parameter.ReplaceAllString(path, "{id}")
		filled := parameter.ReplaceAllString(path, "00u1emaK22TWRYd3TtG7")
		require.Equal(t, want, rawRoute(strings.Split(strings.TrimPrefix(filled, "/api/v1/"), "/")))
	}
}

// TestRawRoute_IsBounded: what is no word of the API never gets into a metric's label.
func TestRawRoute_IsBounded(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"users/me":                   "/api/v1/users/{id}",
		"users/ada@example.com":      "/api/v1/users/{id}",
		"users/ada":                  "/api/v1/users/{id}",
		"groups/rules/0pr1":          "/api/v1/groups/rules/{id}",
		"meta/schemas/user/default":  "/api/v1/meta/schemas/user/default",
		"nonsense/nonsense/nonsense": "/api/v1/{id}/{id}/{id}",
	} {
		require.Equal(t, want, rawRoute(strings.Split(path, "/")))
	}
}
