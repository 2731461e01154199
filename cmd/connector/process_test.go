package main_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// program is the connector, built once for all tests of the package.
var program = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "connector")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "connector")
	out, err := exec.Command("go", "build", "-o", path, ".").CombinedOutput()
	if err != nil {
		return "", &exec.Error{Name: string(out), Err: err}
	}
	return path, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if path, err := program(); err == nil {
		os.RemoveAll(filepath.Dir(path))
	}
	os.Exit(code)
}

// A process is a running connector.
type process struct {
	t      testing.TB
	cmd    *exec.Cmd
	stdout *bufio.Reader
	logs   *lockedBuffer
	url    string // of the HTTP API, once serve has said it
}

// lockedBuffer takes the process's stderr while the test reads it.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// start runs the connector with args, in an environment that holds only env besides a home of its own.
func start(t testing.TB, env []string, args ...string) *process {
	t.Helper()
	path, err := program()
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), path, args...)
	cmd.Env = append([]string{"HOME=" + t.TempDir(), "PATH=" + os.Getenv("PATH")}, env...)
	return startCommand(t, cmd)
}

func startCommand(t testing.TB, cmd *exec.Cmd) *process {
	t.Helper()
	p := &process{t: t, cmd: cmd, logs: new(lockedBuffer)}
	p.cmd.Stderr = p.logs
	stdout, err := p.cmd.StdoutPipe()
	require.NoError(t, err)
	p.stdout = bufio.NewReader(stdout)
	require.NoError(t, p.cmd.Start())
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill() // it may have ended
		_ = p.cmd.Wait()
		if t.Failed() {
			t.Logf("%v said:\n%s", cmd.Args, p.logs)
		}
	})
	return p
}

// serve starts a server and waits until it says where it is.
func serve(t testing.TB, env []string, args ...string) *process {
	t.Helper()
	p := start(t, env, append([]string{"serve", "--addr", "127.0.0.1:0"}, args...)...)
	p.findURL()
	return p
}

// findURL waits until a server says where it is.
func (p *process) findURL() {
	p.t.Helper()
	p.url = strings.TrimSuffix(p.read(`http://\S+`), "/")
}

// read reads stdout up to a line that matches and returns the match.
func (p *process) read(pattern string) string {
	p.t.Helper()
	re := regexp.MustCompile(pattern)
	for {
		line, err := p.stdout.ReadString('\n')
		if found := re.FindString(line); found != "" {
			return found
		}
		require.NoError(p.t, err, "it ended without a line like %s: %s", pattern, p.logs)
	}
}

// kill ends the process as a power cut would.
func (p *process) kill() {
	p.t.Helper()
	require.NoError(p.t, p.cmd.Process.Signal(syscall.SIGKILL))
	_ = p.cmd.Wait() // "signal: killed"
}

// stop ends the process as an orchestrator does.
func (p *process) stop() {
	p.t.Helper()
	require.NoError(p.t, p.cmd.Process.Signal(syscall.SIGTERM))
	require.NoError(p.t, p.cmd.Wait())
}

// call sends a JSON request and reads a JSON answer.
func (p *process) call(method, path string, body any) (int, map[string]any) {
	p.t.Helper()
	raw, err := json.Marshal(body)
	require.NoError(p.t, err)
	req, err := http.NewRequestWithContext(p.t.Context(), method, p.url+path, bytes.NewReader(raw))
	require.NoError(p.t, err)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	require.NoError(p.t, err)
	defer res.Body.Close()
	var answer map[string]any
	if err := json.NewDecoder(res.Body).Decode(&answer); err != io.EOF {
		require.NoError(p.t, err)
	}
	return res.StatusCode, answer
}

// eventually waits for something that another process makes true.
func eventually(t testing.TB, true func() bool) {
	t.Helper()
	require.Eventually(t, true, 20*time.Second, 20*time.Millisecond)
}
