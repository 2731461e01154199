package main_test

import (
	"bufio"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
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
	fields := strings.Fields(string(raw[strings.LastIndexByte(string(raw), ')')+1:]))
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
