package telemetry_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	"github.com/stretchr/testify/require"

	"github.com/okta-connector/okta-connector/connections/okta"
	"github.com/okta-connector/okta-connector/runtime"
	"github.com/okta-connector/okta-connector/runtime/telemetry"
)

// scrape returns what Prometheus would read.
func scrape(t *testing.T, m *telemetry.Metrics) string {
	t.Helper()
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil))
	require.Equal(t, http.StatusOK, w.Code, "%s", w.Body)
	return w.Body.String()
}

func requireLines(t *testing.T, page string, lines ...string) {
	t.Helper()
	for _, line := range lines {
		require.Contains(t, strings.Split(page, "\n"), line)
	}
}

func TestMetrics_CountWhatIsTold(t *testing.T) {
	t.Parallel()
	m := telemetry.NewMetrics("1.2.3")
	o := m.Observer()
	o.Invocation("getUser", runtime.OutcomeDone, 30*time.Millisecond)
	o.Invocation("getUser", runtime.OutcomeRefused, time.Millisecond)
	o.Poll("newUsers", "completed", 7, time.Second)
	o.Poll("newUsers", "error", 0, time.Second)
	o.Delivery(runtime.DeliveryDelivered, 5, time.Second)
	o.Delivery(runtime.DeliveryRetried, 5, time.Second)
	o.Delivery(runtime.DeliveryDead, 5, time.Second)
	route := okta.Attempt{Org: "acme.okta.com", Method: "GET", Route: "/api/v1/users/{id}", RequestID: "id-of-okta", Took: time.Second}
	answered := route
	answered.Status = 429
	m.Attempt(t.Context(), route)
	m.Attempt(t.Context(), answered)

	page := scrape(t, m)
	requireLines(t, page,
		`connector_invocations_total{action="getUser",outcome="done"} 1`,
		`connector_invocations_total{action="getUser",outcome="refused"} 1`,
		`connector_invocation_duration_seconds_bucket{action="getUser",le="0.025"} 1`,
		`connector_invocation_duration_seconds_bucket{action="getUser",le="0.05"} 2`,
		`connector_polls_total{result="completed",trigger="newUsers"} 1`,
		`connector_polls_total{result="error",trigger="newUsers"} 1`,
		`connector_events_total{trigger="newUsers"} 7`,
		`connector_deliveries_total{outcome="dead"} 1`,
		`connector_deliveries_total{outcome="delivered"} 1`,
		`connector_deliveries_total{outcome="retried"} 1`,
		`connector_delivered_events_total 5`,
		`connector_okta_requests_total{method="GET",route="/api/v1/users/{id}",status="429"} 1`,
		`connector_okta_requests_total{method="GET",route="/api/v1/users/{id}",status="none"} 1`,
		`connector_okta_request_duration_seconds_count{method="GET",route="/api/v1/users/{id}"} 2`,
	)
	require.Contains(t, page, `connector_build_info{goversion="go1.`)
	require.Contains(t, page, `version="1.2.3"} 1`)
	require.Contains(t, page, "\ngo_goroutines ")
	require.NotContains(t, page, "id-of-okta")

	problems, err := promlint.New(strings.NewReader(page)).Lint()
	require.NoError(t, err)
	for _, p := range problems {
		require.NotContains(t, p.Metric, "connector_", p.Text)
	}
}

func TestMetrics_RateLimitsOfOrgs(t *testing.T) {
	t.Parallel()
	m := telemetry.NewMetrics("dev")
	made := map[string]*okta.Governor{}
	of := m.WatchGovernors(func(org string) *okta.Governor {
		if made[org] == nil {
			made[org] = okta.NewGovernor(okta.GovernorConfig{})
		}
		return made[org]
	})
	for i := range 150 {
		request(t, of, fmt.Sprintf("org-%d.okta.com", i))
	}
	request(t, of, "org-149.okta.com")
	page := scrape(t, m)
	requireLines(t, page,
		`connector_okta_bucket_limit{method="GET",org="org-149.okta.com",route="/api/v1/users/{id}"} 600`,
		`connector_okta_bucket_remaining{method="GET",org="org-149.okta.com",route="/api/v1/users/{id}"} 599`,
		`connector_okta_bucket_waiting{method="GET",org="org-149.okta.com",route="/api/v1/users/{id}"} 0`,
		`connector_okta_bucket_in_flight{method="GET",org="org-149.okta.com",route="/api/v1/users/{id}"} 0`,
	)
	require.Equal(t, 100, strings.Count(page, "\nconnector_okta_bucket_limit{"), "the label org is bounded")
	require.NotContains(t, page, `org="org-49.okta.com"`)
}

// request has an org's governor learn of its limit.
func request(t *testing.T, of func(string) *okta.Governor, org string) {
	t.Helper()
	c, err := okta.New(okta.Config{
		BaseURL: "https://" + org, Auth: noAuth{}, Governor: of(org), Transport: roundTrip(func(r *http.Request) *http.Response {
			w := httptest.NewRecorder()
			w.Header().Set("X-Rate-Limit-Limit", "600")
			w.Header().Set("X-Rate-Limit-Remaining", "599")
			w.Header().Set("X-Rate-Limit-Reset", fmt.Sprint(time.Now().Add(time.Minute).Unix()))
			w.Header().Set("Date", time.Now().UTC().Format(http.TimeFormat))
			res := w.Result()
			res.Request = r
			return res
		}),
	})
	require.NoError(t, err)
	_, err = c.Do(t.Context(), &okta.Request{Method: http.MethodGet, Path: okta.At("/api/v1/users/{id}", "00u1")})
	require.NoError(t, err)
}
