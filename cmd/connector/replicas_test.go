package main_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/okta-connector/okta-connector/connections/okta/oktatest"
	"github.com/okta-connector/okta-connector/connections/okta/sandbox"
	"github.com/okta-connector/okta-connector/runtime/store/pgtest"
)

// replicas starts several servers at once on an empty PostgreSQL database: one of them sets it up.
func replicas(t *testing.T, database string, n int, args ...string) []*process {
	t.Helper()
	env := []string{
		"CONNECTOR_SECRET_KEY=" + base64.StdEncoding.EncodeToString(make([]byte, 32)), "CONNECTOR_LOG_LEVEL=debug",
	}
	all := make([]*process, n)
	for i := range all {
		all[i] = start(t, env, append([]string{"serve", "--addr", "127.0.0.1:0", "--dev", "--database", database}, args...)...)
	}
	for _, p := range all {
		p.findURL()
	}
	return all
}

// TestReplicas_ShareTheWork counts polls where they arrive.
func TestReplicas_ShareTheWork(t *testing.T) {
	t.Parallel()
	all := replicas(t, pgtest.URL(t), 3)
	org := oktatest.New(t, sandbox.Options{Limits: "none"})
	status, answer := all[0].call(http.MethodPut, "/v1/connections/org", map[string]any{
		"key": "apiToken", "inputs": map[string]any{"oktaDomain": org.URL, "apiToken": org.Sandbox.Credentials().APIToken},
	})
	require.Equal(t, http.StatusCreated, status, "%v", answer)
	const subscriptions, period = 30, 2 * time.Second
	for i := range subscriptions { // through any of them
		status, answer := all[i%3].call(http.MethodPut, fmt.Sprintf("/v1/subscriptions/s%d", i), map[string]any{
			"trigger": "newSystemLogs", "connection": "org", "schedule": "*/2 * * * * *",
		})
		require.Equal(t, http.StatusCreated, status, "%v", answer)
	}
	time.Sleep(3 * period) //nolint:forbidigo // processes live in real time
	for i := range subscriptions {
		status, answer = all[0].call(http.MethodPost, fmt.Sprintf("/v1/subscriptions/s%d/pause", i), nil)
		require.Equal(t, http.StatusOK, status, "%v", answer)
	}
	recorded := 0
	for i := range subscriptions {
		_, answer = all[1].call(http.MethodGet, fmt.Sprintf("/v1/subscriptions/s%d/runs?limit=100", i), nil)
		runs := answer["items"].([]any)
		recorded += len(runs)
		scheduled := runs[:len(runs)-1] // the oldest is the baseline
		require.GreaterOrEqual(t, len(scheduled), 2)
		slots := map[time.Time]bool{}
		for _, run := range scheduled {
			at, err := time.Parse(time.RFC3339Nano, run.(map[string]any)["at"].(string))
			require.NoError(t, err)
			require.False(t, slots[at.Truncate(period)], "s%d was polled twice at %s", i, at.Truncate(period))
			slots[at.Truncate(period)] = true
		}
	}
	polls := 0
	for _, line := range org.Lines() {
		if strings.HasPrefix(line, "GET /api/v1/logs") {
			polls++
		}
	}
	require.Equal(t, recorded, polls, "each poll that the org saw is in the history, and the other way round")
	var did []int
	for i, p := range all {
		did = append(did, strings.Count(p.logs.String(), "msg=poll "))
		require.Greater(t, did[i], polls/20, "replica %d has a part of the work", i)
	}
	t.Logf("%d polls; by replica: %v", polls, did)
}
