package sandbox

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// testHost is the org's name in requests, and so in links.
const testHost = "larkspur.test"

// fixture is an org and a client with its API token.
type fixture struct {
	*testing.T
	org *Org
}

func newFixture(t *testing.T, options Options) fixture {
	t.Helper()
	t.Parallel()
	return newSerialFixture(t, options)
}

// newSerialFixture is for tests that cannot run in parallel: those in a bubble.
func newSerialFixture(t *testing.T, options Options) fixture {
	t.Helper()
	org, err := New(options)
	require.NoError(t, err)
	return fixture{t, org}
}

// answer is what the org said.
type answer struct {
	t      *testing.T
	status int
	header http.Header
	body   []byte
}

// do sends a request; a body that is not a string is sent as JSON. Edits change the request before.
func (f fixture) do(method, path string, body any, edits ...func(*http.Request)) answer {
	f.Helper()
	var text string
	switch b := body.(type) {
	case nil:
	case string:
		text = b
	default:
		raw, err := json.Marshal(b)
		require.NoError(f, err)
		text = string(raw)
	}
	r := httptest.NewRequest(method, "http://"+testHost+path, strings.NewReader(text))
	r.Header.Set("Authorization", "SSWS "+f.org.apiToken)
	if text != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for _, edit := range edits {
		edit(r)
	}
	w := httptest.NewRecorder()
	f.org.ServeHTTP(w, r)
	return answer{f.T, w.Code, w.Header(), w.Body.Bytes()}
}

func (f fixture) get(path string, query ...string) answer {
	f.Helper()
	q := url.Values{}
	for i := 0; i < len(query); i += 2 {
		q.Set(query[i], query[i+1])
	}
	if len(q) > 0 {
		path += "?" + q.Encode()
	}
	return f.do("GET", path, nil)
}

// ok asserts a 200 and returns the object in the body.
func (a answer) ok() map[string]any {
	a.t.Helper()
	require.Equal(a.t, 200, a.status, "%s", a.body)
	var v map[string]any
	require.NoError(a.t, json.Unmarshal(a.body, &v), "%s", a.body)
	return v
}

// list asserts a 200 and returns the array in the body.
func (a answer) list() []map[string]any {
	a.t.Helper()
	require.Equal(a.t, 200, a.status, "%s", a.body)
	var v []map[string]any
	require.NoError(a.t, json.Unmarshal(a.body, &v), "%s", a.body)
	return v
}

func (a answer) nothing() {
	a.t.Helper()
	require.Equal(a.t, 204, a.status, "%s", a.body)
	require.Empty(a.t, a.body)
}

// refused asserts Okta's error envelope and returns the first cause.
func (a answer) refused(status int, code string) string {
	a.t.Helper()
	require.Equal(a.t, status, a.status, "%s", a.body)
	var e struct {
		Code    string                    `json:"errorCode"`
		Summary string                    `json:"errorSummary"`
		Link    string                    `json:"errorLink"`
		ID      string                    `json:"errorId"`
		Causes  *[]map[string]interface{} `json:"errorCauses"`
	}
	require.NoError(a.t, json.Unmarshal(a.body, &e), "%s", a.body)
	require.Equal(a.t, code, e.Code, "%s", a.body)
	require.Equal(a.t, code, e.Link)
	require.NotEmpty(a.t, e.Summary)
	require.NotEmpty(a.t, e.ID)
	require.NotNil(a.t, e.Causes)
	if len(*e.Causes) == 0 {
		return ""
	}
	return (*e.Causes)[0]["errorSummary"].(string)
}

var linkForm = regexp.MustCompile(`^<http://` + regexp.QuoteMeta(testHost) + `([^>]+)>; rel="(self|next)"$`)

// link returns the path and query of a Link header, "" where there is none.
func (a answer) link(rel string) string {
	a.t.Helper()
	for _, value := range a.header.Values("Link") {
		m := linkForm.FindStringSubmatch(value)
		require.NotNil(a.t, m, value)
		if m[2] == rel {
			return m[1]
		}
	}
	return ""
}

// all follows next links from path and returns every object.
func (f fixture) all(path string) (items []map[string]any, pages int) {
	f.Helper()
	for path != "" {
		a := f.do("GET", path, nil)
		items = append(items, a.list()...)
		pages++
		path = a.link("next")
	}
	return items, pages
}

// user creates one; parts of body override what is made up.
func (f fixture) user(login string, query string, body map[string]any) map[string]any {
	f.Helper()
	whole := map[string]any{"profile": map[string]any{
		"login": login, "email": login, "firstName": "Test", "lastName": "Person",
	}}
	for name, value := range body {
		whole[name] = value
	}
	return f.do("POST", "/api/v1/users"+query, whole).ok()
}

// events are the types and first targets of what the System Log holds, oldest first.
func (f fixture) events() []string {
	f.Helper()
	var told []string
	for _, e := range f.get("/api/v1/logs", "limit", "1000").list() {
		text := e["eventType"].(string)
		for _, target := range e["target"].([]any) {
			text += " " + target.(map[string]any)["displayName"].(string)
		}
		told = append(told, text)
	}
	return told
}

// settle lets d pass in a bubble, and everything that is under way come to rest.
func settle(d time.Duration) {
	time.Sleep(d) //nolint:forbidigo // virtual
	synctest.Wait()
}

func values(items []map[string]any, path string) []string {
	out := make([]string, len(items))
	for i, item := range items {
		out[i], _ = at(item, path).(string)
	}
	return out
}
