package httpapi_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"
	"github.com/stretchr/testify/require"

	"github.com/okta-connector/okta-connector/manifest"
	"github.com/okta-connector/okta-connector/runtime"
	"github.com/okta-connector/okta-connector/runtime/httpapi"
)

func loadOpenAPI(t *testing.T, raw []byte) *openapi3.T {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData(raw)
	require.NoError(t, err)
	require.True(t, doc.IsOpenAPI31OrLater())
	return doc
}

func TestOpenAPI_IsValidAndHasAnOperationForEachAction(t *testing.T) {
	t.Parallel()
	m := manifest.New("test")
	raw := httpapi.OpenAPI(m)
	require.Equal(t, string(raw), string(httpapi.OpenAPI(m)), "the same bytes for the same manifest")
	doc := loadOpenAPI(t, raw)
	require.NoError(t, doc.Validate(t.Context()), "examples included")
	for _, a := range m.Actions {
		item := doc.Paths.Value("/v1/actions/" + a.Key + "/invoke")
		require.NotNil(t, item, a.Key)
		require.Equal(t, a.Key, item.Post.OperationID)
		require.Equal(t, []string{a.Group}, item.Post.Tags)
		body := item.Post.RequestBody.Value.Content["application/json"]
		require.NotNil(t, body.Example, a.Key)
		inputs := body.Schema.Value.Properties["inputs"].Value
		require.Len(t, inputs.Properties, len(a.Input.Fields()), a.Key)
		for _, status := range []string{"200", "202", "400", "401", "403", "422", "424", "429", "502", "504", "default"} {
			require.NotNil(t, item.Post.Responses.Value(status), "%s %s", a.Key, status)
		}
	}
	require.Len(t, doc.Webhooks, len(m.Triggers))
	require.NotContains(t, string(raw), `"$schema"`)
}

// TestOpenAPI_DescribesWhatIsServed sends requests to a server and holds them and the answers against the document.
func TestOpenAPI_DescribesWhatIsServed(t *testing.T) {
	t.Parallel()
	a := newServer(t, httpapi.Config{Keys: manyKeys(t)}, "root")
	_, raw := a.send(http.MethodGet, "/openapi.json", "")
	doc := loadOpenAPI(t, []byte(raw))
	doc.Servers = nil // the paths are compared as they are
	router, err := legacy.NewRouter(doc)
	require.NoError(t, err)

	user := `{"connection":"prod","inputs":` + aUser + `}`
	for _, test := range []struct {
		method, path, body string
		status             int
	}{
		{http.MethodPost, "/v1/actions/createUser/invoke", user, 200},
		{http.MethodPost, "/v1/actions/createUser/invoke", user, 424},
		{http.MethodPost, "/v1/actions/getUser/invoke", `{"connection":"prod","inputs":{"id":"nobody"}}`, 424},
		{http.MethodPost, "/v1/actions/listUsers/invoke", `{"connection":` + a.connection() + `,"inputs":{"limit":2}}`, 200},
		{http.MethodPost, "/v1/actions/deleteUser/preview", `{"connection":"prod","inputs":{"id":"new@example.com"}}`, 200},
		{http.MethodPost, "/v1/actions/deleteUser/validate", `{"connection":"prod","inputs":{"id":"new@example.com"}}`, 204},
		{http.MethodPost, "/v1/data-sources/selectUser", `{"connection":"prod","query":"new"}`, 200},
		{http.MethodPut, "/v1/connections/second", a.connection(), 201},
		{http.MethodPut, "/v1/connections/second", a.connection(), 200},
		{http.MethodGet, "/v1/connections", "", 200},
		{http.MethodPost, "/v1/connections/second/test", "", 200},
		{http.MethodDelete, "/v1/connections/second", "", 204},
		{http.MethodPut, "/v1/subscriptions/s", `{"trigger":"newUsers","connection":"prod","inputs":{},"deliverTo":{"url":"http://127.0.0.1:1/"}}`, 201},
		{http.MethodGet, "/v1/subscriptions", "", 200},
		{http.MethodPost, "/v1/subscriptions/s/poll", "", 200},
		{http.MethodPost, "/v1/subscriptions/s/rewind", `{"to":"2026-01-01T00:00:00Z"}`, 200},
		{http.MethodGet, "/v1/subscriptions/s/runs", "", 200},
		{http.MethodGet, "/v1/subscriptions/s/events", "", 200},
		{http.MethodGet, "/v1/deliveries?status=dead", "", 200},
		{http.MethodGet, "/v1/audit", "", 200},
		{http.MethodGet, "/v1/manifest", "", 200},
		{http.MethodDelete, "/v1/subscriptions/none", "", 404},
		{http.MethodGet, "/readyz", "", 200},
	} {
		name := test.method + " " + test.path
		res := a.do(test.method, test.path, test.body)
		answer, err := io.ReadAll(res.Body)
		require.NoError(t, err)
		require.NoError(t, res.Body.Close())
		require.Equal(t, test.status, res.StatusCode, "%s: %s", name, answer)

		request, err := http.NewRequestWithContext(t.Context(), test.method, test.path, strings.NewReader(test.body))
		require.NoError(t, err)
		request.Header.Set("Content-Type", "application/json")
		requireDescribed(t, router, request, res, answer)
	}
}

func requireDescribed(t *testing.T, router routers.Router, r *http.Request, res *http.Response, answer []byte) {
	t.Helper()
	name := r.Method + " " + r.URL.Path
	route, path, err := router.FindRoute(r)
	require.NoError(t, err, name)
	input := &openapi3filter.RequestValidationInput{
		Request: r, PathParams: path, Route: route,
		Options: &openapi3filter.Options{
			IncludeResponseStatus: true, AuthenticationFunc: openapi3filter.NoopAuthenticationFunc,
		},
	}
	require.NoError(t, openapi3filter.ValidateRequest(t.Context(), input), name)
	require.NoError(t, openapi3filter.ValidateResponse(t.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: input, Status: res.StatusCode, Header: res.Header,
		Body: io.NopCloser(bytes.NewReader(answer)), Options: input.Options,
	}), "%s: %s", name, answer)
}

func TestOpenAPI_ShowsAKeyWhatItMayDo(t *testing.T) {
	t.Parallel()
	a := newServer(t, httpapi.Config{Keys: manyKeys(t)}, "root")
	tags := map[string]string{}
	for _, key := range []string{"root", "narrow"} {
		res := a.do(http.MethodGet, "/openapi.json", "", as(key))
		raw, err := io.ReadAll(res.Body)
		require.NoError(t, err)
		require.NoError(t, res.Body.Close())
		tags[key] = res.Header.Get("ETag")
		doc := loadOpenAPI(t, raw)
		require.NoError(t, doc.Validate(t.Context()))
		require.NotNil(t, doc.Paths.Value("/v1/actions/getUser/invoke"))
		require.Equal(t, key == "root", doc.Paths.Value("/v1/actions/listUsers/invoke") != nil)
		require.Equal(t, key == "root", doc.Webhooks["updatedUsers"] != nil)

		status, _ := a.send(http.MethodGet, "/openapi.json", "", as(key), "If-None-Match: "+tags[key])
		require.Equal(t, http.StatusNotModified, status)
	}
	require.NotEqual(t, tags["root"], tags["narrow"])
	status, _ := a.send(http.MethodGet, "/openapi.json", "", as("stranger"))
	require.Equal(t, http.StatusUnauthorized, status)
}

// TestOpenAPI_NothingToWatch is what a key for reading sees: no trigger, and a document that is still valid.
func TestOpenAPI_NothingToWatch(t *testing.T) {
	t.Parallel()
	reader := &runtime.Caller{Name: "reader", Role: runtime.RoleRead}
	raw := httpapi.OpenAPI(reader.View(manifest.New("test")))
	doc := loadOpenAPI(t, raw)
	require.NoError(t, doc.Validate(t.Context()))
	require.Empty(t, doc.Webhooks)
	require.True(t, json.Valid(raw))
}
