package httpapi

import (
	"net/http"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"
	"github.com/stretchr/testify/require"

	"github.com/okta-connector/okta-connector/runtime"
	"github.com/okta-connector/okta-connector/runtime/connector"
)

// TestDescribedRoutes_AreTheRoutes holds the OpenAPI document's table against the router: nothing is missing, nothing
// is made up.
func TestDescribedRoutes_AreTheRoutes(t *testing.T) {
	t.Parallel()
	engine, err := runtime.New(runtime.Config{Index: connector.NewIndex(&connector.Manifest{Key: "test"})})
	require.NoError(t, err)
	var served, described []string
	router := New(Config{Engine: engine}).(chi.Routes)
	require.NoError(t, chi.Walk(router, func(
		method, route string, _ http.Handler, _ ...func(http.Handler) http.Handler,
	) error {
		// Each action has an operation of its own, and a hook is Okta's to call.
		if route != "/v1/actions/{key}/invoke" && !strings.HasPrefix(route, "/hooks/") {
			served = append(served, method+" "+route)
		}
		return nil
	}))
	for _, r := range describedRoutes {
		described = append(described, r.method+" "+r.path)
	}
	require.ElementsMatch(t, served, described)
}
