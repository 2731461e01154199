package httpapi_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/okta-connector/okta-connector/connections"
	"github.com/okta-connector/okta-connector/connections/okta/oktatest"
	"github.com/okta-connector/okta-connector/connections/okta/sandbox"
	"github.com/okta-connector/okta-connector/manifest"
	"github.com/okta-connector/okta-connector/runtime"
	"github.com/okta-connector/okta-connector/runtime/connector"
	"github.com/okta-connector/okta-connector/runtime/httpapi"
	"github.com/okta-connector/okta-connector/runtime/store"
)

// An api is a whole server on an org of its own, with a connection named prod.
type api struct {
	t      *testing.T
	org    *oktatest.Org
	engine *runtime.Engine
	server *httptest.Server
	key    string
}

func newAPI(t *testing.T, keys ...string) *api {
	t.Helper()
	if len(keys) == 0 {
		return newServer(t, httpapi.Config{}, "")
	}
	return newServer(t, httpapi.Config{Keys: httpapi.NewKeys(keys)}, keys[0])
}

// newServer serves with cfg, whose Engine it makes; key is what the test's requests carry.
func newServer(t *testing.T, cfg httpapi.Config, key string) *api {
	t.Helper()
	a := &api{t: t, org: oktatest.New(t, sandbox.Options{Users: 12, Groups: 3, Apps: 2, LogEvents: 20})}
	sealer, err := store.NewSealer(bytes.Repeat([]byte{1}, 32))
	require.NoError(t, err)
	s, err := store.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "test.db"), store.Options{Sealer: sealer})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	a.engine, err = runtime.New(runtime.Config{
		Index: connector.NewIndex(manifest.New("test")), Store: s,
		Environment: connections.NewEnvironment(connections.Config{Dev: true}),
		Receivers:   runtime.NewReceiverTransport(),
	})
	require.NoError(t, err)
	a = a.beside(cfg)
	a.key = key
	status, answer := a.send(http.MethodPut, "/v1/connections/prod", a.connection())
	require.Equal(t, http.StatusCreated, status, "%s", answer)
	a.org.Forget()
	return a
}

// beside serves the same engine with another configuration.
func (a *api) beside(cfg httpapi.Config) *api {
	other := *a
	cfg.Engine = a.engine
	other.server = httptest.NewServer(httpapi.New(cfg))
	a.t.Cleanup(other.server.Close)
	return &other
}

func (a *api) connection() string {
	raw, err := json.Marshal(map[string]any{
		"key": "apiToken", "inputs": map[string]string{"oktaDomain": a.org.URL, "apiToken": a.org.Sandbox.Credentials().APIToken},
	})
	require.NoError(a.t, err)
	return string(raw)
}

// send sends a JSON body and returns the answer as it came. Headers are "Name: value".
func (a *api) send(method, path, body string, headers ...string) (int, string) {
	a.t.Helper()
	res := a.do(method, path, body, headers...)
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	require.NoError(a.t, err)
	return res.StatusCode, string(raw)
}

func (a *api) do(method, path, body string, headers ...string) *http.Response {
	a.t.Helper()
	req, err := http.NewRequestWithContext(a.t.Context(), method, a.server.URL+path, strings.NewReader(body))
	require.NoError(a.t, err)
	req.Header.Set("Content-Type", "application/json")
	if a.key != "" {
		req.Header.Set("Authorization", "Bearer "+a.key)
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		req.Header.Set(name, value)
	}
	res, err := http.DefaultClient.Do(req)
	require.NoError(a.t, err)
	return res
}

// invoke performs an action on prod.
func (a *api) invoke(action, inputs string, headers ...string) (int, map[string]any) {
	a.t.Helper()
	status, raw := a.send(http.MethodPost, "/v1/actions/"+action+"/invoke",
		`{"connection":"prod","inputs":`+inputs+`}`, headers...)
	var answer map[string]any
	require.NoError(a.t, json.Unmarshal([]byte(raw), &answer), "%s", raw)
	return status, answer
}

const aUser = `{"login":"new@example.com","email":"new@example.com","firstName":"New","lastName":"User"}`

func eventually(t *testing.T, true func() bool) {
	t.Helper()
	require.Eventually(t, true, 10*time.Second, 5*time.Millisecond)
}
