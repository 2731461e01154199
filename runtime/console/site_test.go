package console_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/okta-connector/okta-connector/connections"
	"github.com/okta-connector/okta-connector/connections/okta/oktatest"
	"github.com/okta-connector/okta-connector/connections/okta/sandbox"
	"github.com/okta-connector/okta-connector/manifest"
	"github.com/okta-connector/okta-connector/runtime"
	"github.com/okta-connector/okta-connector/runtime/connector"
	"github.com/okta-connector/okta-connector/runtime/console"
	"github.com/okta-connector/okta-connector/runtime/httpapi"
	"github.com/okta-connector/okta-connector/runtime/store"
)

// A site is a whole server with its console, on an org of its own that is stored as the connection sandbox.
type site struct {
	t      testing.TB
	URL    string
	org    *oktatest.Org
	engine *runtime.Engine
	index  *connector.Index
}

// siteOptions say how a site differs from one on loopback, without keys, in sandbox mode.
type siteOptions struct {
	keys        []string
	reader      string // a key that may only look, beside keys
	embedOrigin string
	empty       bool // nothing is connected
}

func newSite(t testing.TB, opts siteOptions) *site {
	t.Helper()
	s := &site{t: t, index: connector.NewIndex(manifest.New("test"))}
	s.org = oktatest.New(t, sandbox.Options{Users: 60, Groups: 6, Apps: 3, LogEvents: 40, Seed: 7})
	sealer, err := store.NewSealer(bytes.Repeat([]byte{1}, 32))
	require.NoError(t, err)
	opened, err := store.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "test.db"), store.Options{Sealer: sealer})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, opened.Close()) })

	server := httptest.NewUnstartedServer(nil)
	s.URL = "http://" + server.Listener.Addr().String()
	s.engine, err = runtime.New(runtime.Config{
		Index: s.index, Store: opened, PublicURL: s.URL,
		Environment: connections.NewEnvironment(connections.Config{Dev: true}),
		Receivers:   runtime.NewReceiverTransport(),
	})
	require.NoError(t, err)
	keys := httpapi.NewKeys(opts.keys)
	if opts.reader != "" {
		keys, err = keys.With(httpapi.Key{Name: "reader", Secret: opts.reader})
		require.NoError(t, err)
	}
	sessions := httpapi.NewSessions(keys, bytes.Repeat([]byte{2}, 32), s.URL)
	pages, err := console.New(console.Config{
		Engine: s.engine, Sessions: sessions, PublicURL: s.URL, EmbedOrigin: opts.embedOrigin, Sandbox: "sandbox",
	})
	require.NoError(t, err)
	server.Config.Handler = httpapi.New(httpapi.Config{
		Engine: s.engine, Keys: keys, Sessions: sessions, Console: pages, PublicURL: s.URL,
	})
	server.Start()
	t.Cleanup(server.Close)
	if !opts.empty {
		s.connect("sandbox")
	}
	return s
}

func (s *site) connect(name string) {
	s.t.Helper()
	_, _, err := s.engine.PutConnection(s.t.Context(), name, "apiToken", toJSON(map[string]string{
		"oktaDomain": s.org.URL, "apiToken": s.org.Sandbox.Credentials().APIToken,
	}), false)
	require.NoError(s.t, err)
}

// run polls and delivers until the test ends.
func (s *site) run() {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.engine.Run(ctx) }()
	s.t.Cleanup(func() {
		cancel()
		require.NoError(s.t, <-ended)
	})
}

// invoke performs an action and reads what it answers.
func (s *site) invoke(action string, inputs map[string]any, into any) {
	s.t.Helper()
	answer, err := s.engine.Invoke(s.t.Context(), runtime.Invocation{
		Action: action, Connection: runtime.ConnectionRef{Name: "sandbox"}, Inputs: toJSON(inputs),
	})
	require.NoError(s.t, err)
	if into != nil {
		require.NoError(s.t, json.Unmarshal(answer.Data, into))
	}
}

func (s *site) subscribe(id string, spec map[string]any) {
	s.t.Helper()
	spec["connection"] = "sandbox"
	_, _, err := s.engine.PutSubscription(s.t.Context(), id, toJSON(spec), false)
	require.NoError(s.t, err)
}

// sequence keeps names apart.
var sequence atomic.Int64

func toJSON(v any) json.RawMessage {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return raw
}

// A visitor is a browser without scripts: it keeps cookies and follows redirects.
type visitor struct {
	*site
	client *http.Client
}

func (s *site) visitor() *visitor {
	jar, err := cookiejar.New(nil)
	require.NoError(s.t, err)
	return &visitor{site: s, client: &http.Client{Jar: jar}}
}

// A sight is the page that a visitor ended on.
type sight struct {
	status int
	url    *url.URL
	header http.Header
	body   string
}

func (v *visitor) get(path string) sight {
	v.t.Helper()
	return v.send(http.MethodGet, path, nil, nil)
}

func (v *visitor) post(path string, form url.Values) sight {
	v.t.Helper()
	return v.send(http.MethodPost, path, form, nil)
}

func (v *visitor) send(method, path string, form url.Values, header http.Header) sight {
	v.t.Helper()
	if !strings.HasPrefix(path, "http") {
		path = v.URL + path
	}
	req, err := http.NewRequestWithContext(v.t.Context(), method, path, strings.NewReader(form.Encode()))
	require.NoError(v.t, err)
	for name, values := range header {
		req.Header[name] = values
	}
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	res, err := v.client.Do(req)
	require.NoError(v.t, err)
	defer res.Body.Close()
	var body bytes.Buffer
	_, err = body.ReadFrom(res.Body)
	require.NoError(v.t, err)
	return sight{status: res.StatusCode, url: res.Request.URL, header: res.Header, body: body.String()}
}
