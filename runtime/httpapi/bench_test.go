package httpapi_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"runtime/metrics"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/okta-connector/okta-connector/connections"
	"github.com/okta-connector/okta-connector/connections/okta"
	"github.com/okta-connector/okta-connector/manifest"
	"github.com/okta-connector/okta-connector/runtime"
	"github.com/okta-connector/okta-connector/runtime/connector"
	"github.com/okta-connector/okta-connector/runtime/httpapi"
	"github.com/okta-connector/okta-connector/runtime/store"
)

const (
	callers  = 16      // at once, each with a connection of its own
	people   = 100_000 // of a Fetch All
	pageSize = 200
)

// benchUser is as large as a user of a real org.
var benchUser = `{"id":"00u1a2b3c4d5e6f7g8h9","status":"ACTIVE","created":"2026-01-05T18:14:15.000Z",` +
	`"activated":"2026-01-05T18:14:15.000Z","statusChanged":"2026-01-05T18:14:15.000Z","lastLogin":null,` +
	`"lastUpdated":"2026-03-05T18:14:15.000Z","passwordChanged":"2026-01-05T18:14:15.000Z",` +
	`"type":{"id":"otyc04qb2rUDcq2YA4x6"},"profile":{"firstName":"Ada","lastName":"Lovelace","mobilePhone":null,` +
	`"secondEmail":null,"login":"ada@example.com","email":"ada@example.com","department":"Analytical Engines",` +
	`"costCenter":"1843"},"credentials":{"password":{},"emails":[{"value":"ada@example.com","status":"VERIFIED",` +
	`"type":"PRIMARY"}],"provider":{"type":"OKTA","name":"OKTA"}},` +
	`"_links":{"self":{"href":"https://acme.okta.com/api/v1/users/00u1a2b3c4d5e6f7g8h9"}}}`

// upstream answers as an org would, at once: one user, and a list of all people. Its bucket is never used up.
func upstream(b *testing.B) string {
	b.Helper()
	user := []byte(benchUser)
	page := []byte("[" + strings.Repeat(benchUser+",", pageSize-1) + benchUser + "]")
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Rate-Limit-Limit", "1000000")
		h.Set("X-Rate-Limit-Remaining", "900000")
		h.Set("X-Rate-Limit-Reset", strconv.FormatInt(time.Now().Add(time.Minute).Unix(), 10))
		h.Set("X-Okta-Request-Id", "aRequestIdAsLongAsOktas")
		h.Set("Content-Type", "application/json")
		if r.URL.Path != "/api/v1/users" {
			_, _ = w.Write(user)
			return
		}
		if n, _ := strconv.Atoi(r.URL.Query().Get("after")); n+1 < people/pageSize {
			h.Add("Link", fmt.Sprintf(`<https://acme.okta.com/api/v1/users?after=%d&limit=200>; rel="next"`, n+1))
		}
		_, _ = w.Write(page)
	}))
	b.Cleanup(s.Close)
	return s.URL
}

// benchAPI serves the connector as the program does, with a stored connection named prod to org.
func benchAPI(b *testing.B, org string) string {
	b.Helper()
	sealer, err := store.NewSealer(bytes.Repeat([]byte{1}, 32))
	require.NoError(b, err)
	s, err := store.Open(b.Context(), "sqlite:"+filepath.Join(b.TempDir(), "bench.db"), store.Options{Sealer: sealer})
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, s.Close()) })
	engine, err := runtime.New(runtime.Config{
		Index: connector.NewIndex(manifest.New("bench")), Store: s,
		// The default of 32 calls at once stands; callers are fewer.
		Environment: connections.NewEnvironment(connections.Config{Dev: true, Governor: okta.GovernorConfig{}}),
	})
	require.NoError(b, err)
	inputs, err := json.Marshal(map[string]string{"oktaDomain": org, "apiToken": "00aToken"})
	require.NoError(b, err)
	_, _, err = engine.PutConnection(b.Context(), "prod", "apiToken", inputs, false)
	require.NoError(b, err)
	server := httptest.NewServer(httpapi.New(httpapi.Config{Engine: engine}))
	b.Cleanup(server.Close)
	return server.URL
}

// bare makes the same call upstream as getUser, and does nothing else.
func bare(b *testing.B, org string) string {
	b.Helper()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 128}}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in struct {
			Inputs struct{ ID string }
		}
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		req, err := http.NewRequestWithContext(r.Context(), http.MethodGet, org+"/api/v1/users/"+in.Inputs.ID, http.NoBody)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		req.Header.Set("Authorization", "SSWS 00aToken")
		res, err := client.Do(req)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		defer res.Body.Close()
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.Copy(w, res.Body)
	}))
	b.Cleanup(s.Close)
	return s.URL
}

// load sends n requests by 16 callers and returns how long it took.
func load(b *testing.B, n int, url, body string) time.Duration {
	b.Helper()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: callers}}
	defer client.CloseIdleConnections()
	var left atomic.Int64
	left.Store(int64(n))
	began := time.Now()
	var group sync.WaitGroup
	for range callers {
		group.Go(func() {
			for left.Add(-1) >= 0 {
				res, err := client.Post(url, "application/json", strings.NewReader(body))
				if err != nil {
					b.Error(err)
					return
				}
				_, _ = io.Copy(io.Discard, res.Body)
				_ = res.Body.Close()
				if res.StatusCode != http.StatusOK {
					b.Error(res.Status)
					return
				}
			}
		})
	}
	group.Wait()
	return time.Since(began)
}

const getUserBody = `{"connection":"prod","inputs":{"id":"ada@example.com"}}`

// BenchmarkInvoke performs Get User over the whole HTTP path, by 16 callers, and in turns with it a handler that does
// nothing but make the same call upstream. ratio is how many of the handler's calls one of ours is worth, the median of
// the turns: both carry the cost of the callers and of the org, which answers at once.
func BenchmarkInvoke(b *testing.B) {
	org := upstream(b)
	ours, theirs := benchAPI(b, org)+"/v1/actions/getUser/invoke", bare(b, org)
	const turn = 100
	load(b, turn, ours, getUserBody) // what happens once: schemas, sockets
	load(b, turn, theirs, getUserBody)
	var ratios []float64
	var took, bareTook time.Duration
	b.ReportAllocs()
	for b.Loop() {
		t := load(b, turn, ours, getUserBody)
		b.StopTimer()
		bt := load(b, turn, theirs, getUserBody)
		b.StartTimer()
		took, bareTook = took+t, bareTook+bt
		ratios = append(ratios, bt.Seconds()/t.Seconds())
	}
	slices.Sort(ratios)
	calls := float64(turn * len(ratios))
	b.ReportMetric(calls/took.Seconds(), "calls/s")
	b.ReportMetric(calls/bareTook.Seconds(), "bare-calls/s")
	b.ReportMetric(ratios[len(ratios)/2], "ratio")
}

// BenchmarkFetchAll streams 100,000 users as NDJSON over the whole HTTP path, and in turns with it a pager that reads
// the pages, decodes them and writes one item a line, which is what anybody would write by hand. ratio compares them;
// peak-MB is the heap that the stream had at most, whatever the length of the list.
func BenchmarkFetchAll(b *testing.B) {
	org := upstream(b)
	ours := benchAPI(b, org) + "/v1/actions/listUsers/invoke"
	var took, bareTook time.Duration
	var peak uint64
	n := 0
	for b.Loop() {
		heap := watchHeap()
		took += streamAll(b, ours)
		peak = max(peak, heap())
		b.StopTimer()
		bareTook += pageAll(b, org)
		b.StartTimer()
		n++
	}
	items := float64(n * people)
	b.ReportMetric(items/took.Seconds(), "items/s")
	b.ReportMetric(items/bareTook.Seconds(), "bare-items/s")
	b.ReportMetric(bareTook.Seconds()/took.Seconds(), "ratio")
	b.ReportMetric(float64(peak)/(1<<20), "peak-MB")
}

// watchHeap looks at the heap until it is asked for the most it saw.
func watchHeap() (most func() uint64) {
	stop, result := make(chan struct{}), make(chan uint64)
	go func() {
		samples := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		var peak uint64
		for {
			metrics.Read(samples)
			peak = max(peak, samples[0].Value.Uint64())
			select {
			case <-stop:
				result <- peak
				return
			case <-tick.C:
			}
		}
	}()
	return func() uint64 { close(stop); return <-result }
}

func streamAll(b *testing.B, url string) time.Duration {
	b.Helper()
	began := time.Now()
	req, err := http.NewRequestWithContext(b.Context(), http.MethodPost, url,
		strings.NewReader(`{"connection":"prod","inputs":{"fetchAll":true}}`))
	require.NoError(b, err)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/x-ndjson")
	res, err := http.DefaultClient.Do(req)
	require.NoError(b, err)
	defer res.Body.Close()
	var lines lineCounter
	_, err = io.Copy(&lines, res.Body)
	require.NoError(b, err)
	require.Equal(b, people, lines.n)
	return time.Since(began)
}

func pageAll(b *testing.B, org string) time.Duration {
	b.Helper()
	began := time.Now()
	var lines lineCounter
	for page := range people / pageSize {
		res, err := http.Get(org + "/api/v1/users?limit=200&after=" + strconv.Itoa(page))
		require.NoError(b, err)
		var items []json.RawMessage
		require.NoError(b, json.NewDecoder(res.Body).Decode(&items))
		_ = res.Body.Close()
		for _, item := range items {
			_, _ = lines.Write(item)
			_, _ = io.WriteString(&lines, "\n")
		}
	}
	require.Equal(b, people, lines.n)
	return time.Since(began)
}

// lineCounter is a reader who has all the time in the world.
type lineCounter struct{ n int }

// Write implements [io.Writer].
func (c *lineCounter) Write(p []byte) (int, error) {
	c.n += bytes.Count(p, []byte{'\n'})
	return len(p), nil
}
