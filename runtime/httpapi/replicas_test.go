package httpapi_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
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
	"github.com/okta-connector/okta-connector/runtime/store/pgtest"
)

// A cluster is one database and one org; its members come and go.
type cluster struct {
	t   *testing.T
	org *oktatest.Org
	url string // of the database
}

// clusters runs a test on both databases: on SQLite the next member stands for the program started again, on
// PostgreSQL for a replica.
func clusters(t *testing.T, test func(*testing.T, cluster)) {
	t.Helper()
	databases := map[string]func(*testing.T) string{
		"sqlite":     func(t *testing.T) string { return "sqlite:" + filepath.Join(t.TempDir(), "test.db") },
		"postgresql": func(t *testing.T) string { return pgtest.URL(t) },
	}
	for name, url := range databases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, cluster{t, oktatest.New(t, sandbox.Options{Users: 12}), url(t)})
		})
	}
}

func (c cluster) store() *store.Store {
	c.t.Helper()
	sealer, err := store.NewSealer(bytes.Repeat([]byte{1}, 32))
	require.NoError(c.t, err)
	s, err := store.Open(c.t.Context(), c.url, store.Options{Sealer: sealer})
	require.NoError(c.t, err)
	c.t.Cleanup(func() { require.NoError(c.t, s.Close()) })
	return s
}

// member serves a new engine on the database.
func (c cluster) member() *api {
	c.t.Helper()
	engine, err := runtime.New(runtime.Config{
		Index: connector.NewIndex(manifest.New("test")), Store: c.store(),
		Environment: connections.NewEnvironment(connections.Config{Dev: true}),
	})
	require.NoError(c.t, err)
	a := &api{t: c.t, org: c.org, engine: engine, server: httptest.NewServer(httpapi.New(httpapi.Config{Engine: engine}))}
	c.t.Cleanup(a.server.Close)
	status, answer := a.send(http.MethodPut, "/v1/connections/prod", a.connection())
	require.Less(c.t, status, 300, "%s", answer)
	return a
}

func TestOnce_AnswersOutliveTheProcess(t *testing.T) {
	t.Parallel()
	clusters(t, func(t *testing.T, c cluster) {
		status, first := c.member().invoke("createUser", aUser, "Idempotency-Key: order-1")
		require.Equal(t, http.StatusOK, status, "%v", first)
		sent := len(c.org.Requests())
		other := c.member()
		status, again := other.invoke("createUser", aUser, "Idempotency-Key: order-1")
		require.Equal(t, http.StatusOK, status)
		require.Equal(t, first, again)
		status, p := other.invoke("createUser", strings.ReplaceAll(aUser, "new@", "other@"), "Idempotency-Key: order-1")
		require.Equal(t, http.StatusConflict, status, "%v", p)
		require.Len(t, c.org.Requests(), sent)
	})
}

func TestOnce_DuplicatesOnSeveralMembersMakeOneCall(t *testing.T) {
	t.Parallel()
	clusters(t, func(t *testing.T, c cluster) {
		members := []*api{c.member(), c.member(), c.member()}
		c.org.Fault(t, oktatest.Fault{Method: "POST", Path: "/api/v1/users", Delay: "200ms", Times: 1})
		c.org.Forget()
		ids := make([]any, 2*len(members))
		var group sync.WaitGroup
		for i := range ids {
			group.Go(func() {
				_, answer := members[i%len(members)].invoke("createUser", aUser, "Idempotency-Key: order-1")
				if data, ok := answer["data"].(map[string]any); ok {
					ids[i] = data["id"]
				}
			})
		}
		group.Wait()
		require.NotNil(t, ids[0])
		for _, id := range ids {
			require.Equal(t, ids[0], id)
		}
		require.Len(t, c.org.Requests(), 1)
	})
}

func TestOnce_KeepsARefusalAndWhatIsUnknown(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	status, first := a.invoke("suspendUser", `{"id":"nobody@example.com"}`, "Idempotency-Key: one")
	require.Equal(t, http.StatusFailedDependency, status)
	status, again := a.invoke("suspendUser", `{"id":"nobody@example.com"}`, "Idempotency-Key: one")
	require.Equal(t, http.StatusFailedDependency, status)
	require.Equal(t, first, again)

	a.org.Fault(t, oktatest.Fault{Method: "POST", Path: "/api/v1/groups", Status: 500, Times: 1, Processed: true})
	for range 2 {
		status, p := a.invoke("createGroup", `{"name":"New"}`, "Idempotency-Key: two")
		require.Equal(t, http.StatusBadGateway, status)
		require.Equal(t, "outcome_unknown", p["code"], "the same key must not make a second group")
	}
	require.Len(t, a.org.Requests(), 2)
}

func TestOnce_SurelyNothingHappenedMayTryAgain(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	a.org.Fault(t, oktatest.Fault{Method: "POST", Path: "/api/v1/groups", Status: 503, Times: 1}) // read-only mode
	status, p := a.invoke("createGroup", `{"name":"New"}`, "Idempotency-Key: one")
	require.Equal(t, http.StatusBadGateway, status)
	require.Equal(t, true, p["retryable"])
	status, _ = a.invoke("createGroup", `{"name":"New"}`, "Idempotency-Key: one")
	require.Equal(t, http.StatusOK, status)
}

func TestOnce_HeadersThatAreNoKey(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	for _, key := range []string{"", strings.Repeat("x", 256), "with\ttab", "ümlaut"} {
		status, p := a.invoke("createGroup", `{"name":"New"}`, "Idempotency-Key: "+key)
		require.Equal(t, http.StatusBadRequest, status, "%q", key)
		require.Equal(t, "bad_header", p["code"])
	}
	require.Empty(t, a.org.Requests())
	status, _ := a.invoke("createGroup", `{"name":"New"}`, "Idempotency-Key: "+strings.Repeat("x", 255))
	require.Equal(t, http.StatusOK, status)
}

func TestLongCall_AnswerOutlivesTheProcess(t *testing.T) {
	t.Parallel()
	clusters(t, func(t *testing.T, c cluster) {
		a := c.member()
		location := a.begin("listUsers", `{"fetchAll":true,"limit":5,"search":"status pr"}`)
		call := a.ended(location)
		require.Equal(t, "done", call.Status)
		require.Len(t, call.Answer.Data, 12)
		require.Equal(t, 3, call.Progress.Pages)
		require.Equal(t, 12, call.Progress.Items)
		require.Equal(t, call, c.member().ended(location))
		require.InDelta(t, time.Hour, time.Until(call.ExpiresAt), float64(time.Minute))
	})
}

func TestLongCall_IsLostWithItsProcess(t *testing.T) {
	t.Parallel()
	clusters(t, func(t *testing.T, c cluster) {
		a := c.member()
		s := c.store()
		for _, action := range []string{"listUsers", "createGroup"} {
			inv := store.Invocation{ID: "of-" + action, Action: action}
			require.NoError(t, s.CreateInvocation(t.Context(), inv, "dead", time.Millisecond, time.Hour))
		}
		lost := a.ended("/v1/invocations/of-listUsers")
		require.Equal(t, "lost", lost.Status)
		require.Equal(t, "call_lost", lost.Problem.Code)
		require.True(t, lost.Problem.Retryable, "a read may be made again")
		lost = a.ended("/v1/invocations/of-createGroup")
		require.Equal(t, "outcome_unknown", lost.Problem.Code)
		require.False(t, lost.Problem.Retryable)
	})
}

func TestLongCall_CancelledThroughAnotherMember(t *testing.T) {
	t.Parallel()
	clusters(t, func(t *testing.T, c cluster) {
		a, other := c.member(), c.member()
		c.org.Fault(t, oktatest.Fault{Method: "GET", Path: "/api/v1/users", Delay: "1m"})
		location := a.begin("listUsers", `{"fetchAll":true}`)
		status, _ := other.send(http.MethodDelete, location, "")
		require.Equal(t, http.StatusNoContent, status)
		require.Equal(t, "cancelled", other.ended(location).Status)
	})
}

type longCall struct {
	Status   string
	Progress struct{ Pages, Items, WaitedMs int }
	Answer   struct{ Data []json.RawMessage }
	Problem  struct {
		Code      string
		Retryable bool
	}
	ExpiresAt time.Time
}

// begin begins a long call and returns where it is.
func (a *api) begin(action, inputs string) string {
	a.t.Helper()
	res := a.do(http.MethodPost, "/v1/actions/"+action+"/invoke", `{"connection":"prod","inputs":`+inputs+`}`,
		"Prefer: respond-async")
	defer res.Body.Close()
	require.Equal(a.t, http.StatusAccepted, res.StatusCode)
	return res.Header.Get("Location")
}

// ended waits for a long call's end.
func (a *api) ended(location string) longCall {
	a.t.Helper()
	var call longCall
	eventually(a.t, func() bool {
		status, raw := a.send(http.MethodGet, location, "")
		return status == http.StatusOK && json.Unmarshal([]byte(raw), &call) == nil && call.Status != "running"
	})
	return call
}

func TestLongCall_CancelledAtOnce(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	a.org.Fault(t, oktatest.Fault{Method: "GET", Path: "/api/v1/users", Delay: "1m"})
	location := a.begin("listUsers", `{"fetchAll":true}`)
	eventually(t, func() bool { return len(a.org.Requests()) == 1 })
	began := time.Now()
	status, _ := a.send(http.MethodDelete, location, "")
	require.Equal(t, http.StatusNoContent, status)
	require.Equal(t, "cancelled", a.ended(location).Status)
	require.Less(t, time.Since(began), 900*time.Millisecond, "not only at the next report")
}

func TestLongCall_TellsWhatItWaited(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	a.org.Fault(t, oktatest.Fault{Method: "GET", Path: "/api/v1/users", Status: 500, Times: 1})
	call := a.ended(a.begin("listUsers", `{"fetchAll":true}`))
	require.Equal(t, "done", call.Status)
	require.GreaterOrEqual(t, call.Progress.WaitedMs, 250, "the pause before the second try")
}
