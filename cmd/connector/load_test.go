package main_test

import (
	"bufio"
	"bytes"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/okta-connector/okta-connector/runtime"
)

var (
	drainEvents   = flag.Int("drain", 0, "how many log events TestLoad_Drain lets through; 0: it is skipped")
	subscriptions = flag.Int("subscriptions", 0, "how many subscriptions TestLoad_Subscriptions polls each minute; 0: it is skipped")
)

// counter is a receiver that counts events and does nothing else.
type counter struct {
	server *httptest.Server
	events atomic.Int64
	bytes  atomic.Int64
}

func newCounter(t *testing.T) *counter {
	t.Helper()
	c := new(counter)
	c.server = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		lines := bufio.NewScanner(r.Body)
		lines.Buffer(make([]byte, 64<<10), 64<<20)
		for lines.Scan() {
			c.bytes.Add(int64(len(lines.Bytes())))
			c.events.Add(int64(strings.Count(lines.Text(), `"specversion"`)))
		}
	}))
	t.Cleanup(c.server.Close)
	return c
}

// memory returns the resident memory of a process in bytes: now, and at most.
func (p *process) memory() (now, most int64) {
	p.t.Helper()
	raw, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(p.cmd.Process.Pid), "status"))
	require.NoError(p.t, err)
	for line := range strings.Lines(string(raw)) {
		var kb int64
		if _, err := fmt.Sscanf(line, "VmHWM: %d kB", &kb); err == nil {
			most = kb << 10
		}
		if _, err := fmt.Sscanf(line, "VmRSS: %d kB", &kb); err == nil {
			now = kb << 10
		}
	}
	return now, most
}

// cpu returns the processor time that a process has used.
func (p *process) cpu() time.Duration {
	p.t.Helper()
	raw, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(p.cmd.Process.Pid), "stat"))
	require.NoError(p.t, err)
	fields := strings.Fields(string(raw[bytes.LastIndexByte(raw, ')')+1:]))
	user, err := strconv.Atoi(fields[11])
	require.NoError(p.t, err)
	system, err := strconv.Atoi(fields[12])
	require.NoError(p.t, err)
	return time.Duration(user+system) * 10 * time.Millisecond // the unit of /proc on Linux
}

// TestLoad_Drain lets a backlog of the System Log through to a receiver and says how fast that was and how much memory
// it took.
func TestLoad_Drain(t *testing.T) {
	if *drainEvents == 0 {
		t.Skip("skipped: -drain says how many events")
	}
	o := startOrg(t, "--users", "50", "--log-events", strconv.Itoa(*drainEvents))
	p := serve(t, nil, "--dev", "--database", "sqlite:"+filepath.Join(t.TempDir(), "connector.db"))
	status, answer := p.call(http.MethodPut, "/v1/connections/org", o.connection())
	require.Equal(t, http.StatusCreated, status, "%v", answer)
	r := newCounter(t)
	idle, _ := p.memory()
	began, cpu := time.Now(), p.cpu()
	status, answer = p.call(http.MethodPut, "/v1/subscriptions/logs", map[string]any{
		"trigger": "newSystemLogs", "connection": "org", "schedule": "@every 1s", "batchSize": 100,
		"startFrom": okta(time.Now().Add(-89 * 24 * time.Hour)), "deliverTo": map[string]any{"url": r.server.URL},
	})
	require.Equal(t, http.StatusCreated, status, "%v", answer)
	require.Eventually(t, func() bool { return r.events.Load() >= int64(*drainEvents) }, 30*time.Minute, 10*time.Millisecond)
	took := time.Since(began)
	_, most := p.memory()
	t.Logf("%d events (%d MB) in %s: %.0f/s, %s of processor time; memory %d MiB idle, %d MiB at most",
		*drainEvents, r.bytes.Load()>>20, took.Round(time.Millisecond), float64(*drainEvents)/took.Seconds(),
		p.cpu()-cpu, idle>>20, most>>20)
	require.NoError(t, p.cmd.Process.Signal(syscall.SIGTERM))
}

// TestLoad_Subscriptions polls many subscriptions once a minute and says how late their polls came and what that cost.
func TestLoad_Subscriptions(t *testing.T) {
	if *subscriptions == 0 {
		t.Skip("skipped: -subscriptions says how many")
	}
	o := startOrg(t, "--users", "10", "--log-events", "0")
	p := serve(t, nil, "--dev", "--database", "sqlite:"+filepath.Join(t.TempDir(), "connector.db"))
	status, answer := p.call(http.MethodPut, "/v1/connections/org", o.connection())
	require.Equal(t, http.StatusCreated, status, "%v", answer)
	began := time.Now()
	var saving sync.WaitGroup
	for worker := range 8 {
		saving.Go(func() {
			for i := worker; i < *subscriptions; i += 8 {
				status, answer := p.call(http.MethodPut, fmt.Sprintf("/v1/subscriptions/s%d", i), map[string]any{
					"trigger": "newSystemLogs", "connection": "org", "schedule": "* * * * *",
				})
				if status != http.StatusCreated {
					t.Error(status, answer)
				}
			}
		})
	}
	saving.Wait()
	t.Logf("%d subscriptions saved in %s", *subscriptions, time.Since(began).Round(time.Millisecond))
	const minutes = 3
	time.Sleep(time.Until(time.Now().Truncate(time.Minute).Add(time.Minute))) //nolint:forbidigo // a schedule of minutes
	first, cpu := time.Now(), p.cpu()
	time.Sleep(minutes * time.Minute) //nolint:forbidigo // as above
	used, took := p.cpu()-cpu, time.Since(first)
	now, most := p.memory()
	lags := p.lags(first)
	at := func(percent int) time.Duration { return lags[len(lags)*percent/100].Round(time.Millisecond) }
	t.Logf("%d polls in %d minutes: lag p50 %s, p95 %s, p99 %s, most %s; %.0f %% of one processor; memory %d MiB, %d at most",
		len(lags), minutes, at(50), at(95), at(99), lags[len(lags)-1].Round(time.Millisecond),
		100*used.Seconds()/took.Seconds(), now>>20, most>>20)
}

// lags returns how late polls began since a time, the least first, of a sample of a thousand subscriptions.
func (p *process) lags(since time.Time) []time.Duration {
	p.t.Helper()
	every, err := runtime.ParseSchedule("* * * * *", "")
	require.NoError(p.t, err)
	var lags []time.Duration
	for i := 0; i < *subscriptions; i += max(1, *subscriptions/1000) {
		id := fmt.Sprintf("s%d", i)
		_, answer := p.call(http.MethodGet, "/v1/subscriptions/"+id+"/runs?limit=20", nil)
		for _, run := range answer["items"].([]any) {
			at, err := time.Parse(time.RFC3339Nano, run.(map[string]any)["at"].(string))
			require.NoError(p.t, err)
			if at.After(since) {
				lags = append(lags, at.Sub(every.Spread(id, at).Next(at.Add(-time.Minute))))
			}
		}
	}
	slices.Sort(lags)
	return lags
}
