package actions_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/okta-connector/okta-connector/connections/okta"
	"github.com/okta-connector/okta-connector/connections/okta/oktatest"
	"github.com/okta-connector/okta-connector/runtime/connector"
)

const recordings = "../../shared/recorded/okta-traffic.jsonl"

// recording is one request that Okta's own SDKs or Terraform sent, and what Okta answered.
type recording struct {
	Source       string              `json:"source"`
	Method       string              `json:"method"`
	Path         string              `json:"path"`
	Query        string              `json:"query"`
	RequestBody  *string             `json:"requestBody"` // nil: the recorder dropped it
	Status       int                 `json:"status"`
	Headers      map[string][]string `json:"headers"`
	ResponseBody string              `json:"responseBody"`
}

// replay is how an action expresses a recorded request.
type replay struct {
	route  string // "POST /api/v1/users/{}"
	action *connector.Action

	// inputs derives the inputs from the recording; ids are what stands for {} in the path.
	inputs func(t *testing.T, r recording, ids []string) map[string]any

	// adds names the query parameters that we send although the recorder did not, always with a fixed choice.
	adds []string

	// skips names query parameters of recordings that no action sends, such as ones Okta ignores.
	skips []string

	// without takes out of a recorded body what no input can express; nil: nothing.
	without func(body map[string]any)

	// answers gives the answers to the requests that an action makes beside the recorded one, by "GET /path".
	answers func(r recording, ids []string) map[string]string

	// data is what the action answers; nil: what Okta answered.
	data func(r recording, ids []string) string

	// times is how often the recorded request is sent; 0: once.
	times int
}

func replays() []replay { return append(userReplays(), otherReplays()...) }

// TestReplay holds every action against real traffic: given what the recorder wanted, the action must send the same
// request, and hand on the recorded answer untouched.
func TestReplay(t *testing.T) {
	t.Parallel()
	rows := readRecordings(t)
	table := replays()
	for i, row := range rows {
		t.Run(fmt.Sprintf("%03d_%s_%s_%d", i, row.Method, strings.Trim(row.Path, "/"), row.Status), func(t *testing.T) {
			t.Parallel()
			for _, c := range table {
				if ids, ok := match(c.route, row); ok {
					c.run(t, row, ids)
					return
				}
			}
			t.Errorf("no action expresses %s %s", row.Method, row.Path)
		})
	}
}

func readRecordings(t *testing.T) []recording {
	t.Helper()
	file, err := os.Open(recordings)
	if os.IsNotExist(err) {
		t.Skipf("no recorded traffic at %s", recordings)
	}
	require.NoError(t, err)
	defer file.Close()
	var rows []recording
	for decoder := json.NewDecoder(file); decoder.More(); {
		var row recording
		require.NoError(t, decoder.Decode(&row))
		rows = append(rows, row)
	}
	require.NotEmpty(t, rows)
	return rows
}

// match tells whether a recording went to the route, and what stood for its {}.
func match(route string, row recording) (ids []string, ok bool) {
	method, template, _ := strings.Cut(route, " ")
	want, have := strings.Split(template, "/"), strings.Split(row.Path, "/")
	if method != row.Method || len(want) != len(have) {
		return nil, false
	}
	for i := range want {
		if want[i] == "{}" {
			ids = append(ids, have[i])
		} else if want[i] != have[i] {
			return nil, false
		}
	}
	return ids, true
}

func (c replay) run(t *testing.T, row recording, ids []string) {
	inputs := map[string]any{}
	if c.inputs != nil {
		inputs = c.inputs(t, row, ids)
	}
	raw, err := json.Marshal(inputs)
	require.NoError(t, err)
	org := oktatest.Serve(t, heldRequests(t, c.org(row, ids)))
	answer, err := invoke(t, org.Client(t, "token"), c.action, string(raw))
	c.checkRequests(t, row, org.Requests())
	if row.Status >= 400 {
		var refusal *okta.Error
		require.ErrorAs(t, err, &refusal)
		require.Equal(t, row.Status, refusal.Status)
		require.Contains(t, row.ResponseBody, refusal.Code)
		require.Contains(t, row.ResponseBody, refusal.Summary)
		return
	}
	require.NoError(t, err)
	want := row.ResponseBody
	if c.data != nil {
		want = c.data(row, ids)
	}
	require.Equal(t, compact(t, want), compact(t, string(answer.Data)))
	require.Equal(t, nextAfter(row), answer.NextCursor)
}

// org answers as recorded, and what the action does besides as the case says.
func (c replay) org(row recording, ids []string) http.Handler {
	others := map[string]string{}
	if c.answers != nil {
		others = c.answers(row, ids)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == row.Method && r.URL.EscapedPath() == row.Path {
			for name, values := range row.Headers {
				if !strings.EqualFold(name, "Content-Length") && !strings.EqualFold(name, "Content-Encoding") &&
					!strings.EqualFold(name, "Transfer-Encoding") {
					w.Header()[http.CanonicalHeaderKey(name)] = values
				}
			}
			w.WriteHeader(row.Status)
			_, _ = w.Write([]byte(row.ResponseBody))
			return
		}
		body, ok := others[r.Method+" "+r.URL.EscapedPath()]
		if !ok {
			http.Error(w, "the test expects no such request", http.StatusTeapot)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(body))
	})
}

func (c replay) checkRequests(t *testing.T, row recording, sent []oktatest.Request) {
	t.Helper()
	times := 0
	for _, r := range sent {
		if r.Method != row.Method || r.Path != row.Path {
			continue
		}
		times++
		c.checkQuery(t, row, r.Query)
		if row.RequestBody != nil {
			require.JSONEq(t, c.expressible(t, *row.RequestBody), string(r.Body))
		}
	}
	require.Equal(t, max(c.times, 1), times, "%s %s", row.Method, row.Path)
}

func (c replay) checkQuery(t *testing.T, row recording, sent url.Values) {
	t.Helper()
	recorded, err := url.ParseQuery(row.Query)
	require.NoError(t, err)
	for _, name := range c.skips {
		recorded.Del(name)
	}
	for _, name := range c.adds {
		if !recorded.Has(name) {
			require.True(t, sent.Has(name), "%s is always sent", name)
			sent.Del(name)
		}
	}
	require.Equal(t, recorded.Encode(), sent.Encode())
}

// expressible is a recorded body without what no input can say.
func (c replay) expressible(t *testing.T, recorded string) string {
	t.Helper()
	if c.without == nil {
		return recorded
	}
	var body map[string]any
	require.NoError(t, json.Unmarshal([]byte(recorded), &body))
	c.without(body)
	raw, err := json.Marshal(body)
	require.NoError(t, err)
	return string(raw)
}

func compact(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, json.Compact(&b, []byte(text)))
	return b.String()
}

// nextAfter reads the cursor from the recorded Link headers, without our own code.
func nextAfter(row recording) string {
	for name, values := range row.Headers {
		if !strings.EqualFold(name, "Link") {
			continue
		}
		for _, value := range values {
			target, ok := strings.CutSuffix(value, `>; rel="next"`)
			if u, err := url.Parse(strings.TrimPrefix(target, "<")); ok && err == nil {
				return u.Query().Get("after")
			}
		}
	}
	return ""
}

// recordedQuery turns a recorded query into inputs of the same names, without the named parameters.
func recordedQuery(t *testing.T, row recording, without ...string) map[string]any {
	t.Helper()
	query, err := url.ParseQuery(row.Query)
	require.NoError(t, err)
	inputs := map[string]any{}
	for name := range query {
		inputs[name] = query.Get(name)
	}
	for _, name := range without {
		delete(inputs, name)
	}
	return inputs
}

// recordedBody reads the body that was sent, or the one that was answered where the recorder dropped it.
func recordedBody(t *testing.T, row recording) map[string]any {
	t.Helper()
	text := row.ResponseBody
	if row.RequestBody != nil {
		text = *row.RequestBody
	}
	var body map[string]any
	require.NoError(t, json.Unmarshal([]byte(text), &body))
	return body
}

// byID names the path's ids as inputs.
func byID(names ...string) func(*testing.T, recording, []string) map[string]any {
	return func(_ *testing.T, _ recording, ids []string) map[string]any {
		inputs := map[string]any{}
		for i, name := range names {
			inputs[name] = ids[i]
		}
		return inputs
	}
}
