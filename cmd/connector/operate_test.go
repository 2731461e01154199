package main_test

import (
	"bytes"
	"database/sql"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite"
)

// failStart starts a server that cannot start, and returns what it prints.
func failStart(t *testing.T, env []string, args ...string) string {
	t.Helper()
	p := start(t, env, append([]string{"serve"}, args...)...)
	_, err := io.Copy(io.Discard, p.stdout)
	require.NoError(t, err)
	_ = p.cmd.Wait() // the exit code says it
	require.Equal(t, 3, p.cmd.ProcessState.ExitCode(), "%s", p.logs)
	return p.logs.String()
}

// The messages are those that docs/configuration.md gives an advice for.
func TestServe_SaysWhyItDoesNotStart(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/configuration.md")
	require.NoError(t, err)
	require.Contains(t, string(page), "| `database cannot be reached` |")
	file := filepath.Join(t.TempDir(), "connector.db")
	running := serve(t, nil, "--dev", "--database", "sqlite:"+file)
	says := func(message string, env []string, args ...string) {
		t.Helper()
		require.Contains(t, failStart(t, env, args...), message)
		require.Contains(t, string(page), "| `"+message+"` |")
	}
	says("address already in use: is another server running there?", nil, "--addr", running.url[len("http://"):])
	says("database is locked by another process", nil, "--addr", "127.0.0.1:0", "--database", "sqlite:"+file)
	running.stop()

	says("the database is sealed with another key",
		[]string{"CONNECTOR_SECRET_KEY=" + strings.Repeat("ab", 32)}, "--addr", "127.0.0.1:0", "--database", "sqlite:"+file)

	db, err := sql.Open("sqlite", file)
	require.NoError(t, err)
	_, err = db.Exec(`INSERT INTO schema_migrations (version) VALUES (9999)`)
	require.NoError(t, err)
	require.NoError(t, db.Close())
	says("database was written by a newer version of this program", nil, "--addr", "127.0.0.1:0", "--database", "sqlite:"+file)
}

// heldOrg is an org that answers once it is told to, and tells when it is asked.
func heldOrg(t *testing.T) (org *httptest.Server, asked, answer chan struct{}) {
	t.Helper()
	asked, answer = make(chan struct{}), make(chan struct{})
	org = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		close(asked)
		<-answer
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"id":"00u1","status":"ACTIVE"}`)
	}))
	t.Cleanup(org.Close)
	return org, asked, answer
}

func TestServe_AnswersWhatIsUnderWayWhenStopped(t *testing.T) {
	t.Parallel()
	p := serve(t, nil, "--dev")
	org, asked, answer := heldOrg(t)
	body := `{"connection":{"key":"apiToken","inputs":{"oktaDomain":"` + org.URL + `","apiToken":"x"}},"inputs":{"id":"me"}}`
	type outcome struct {
		status int
		body   string
		err    error
	}
	done := make(chan outcome, 1)
	go func() {
		res, err := http.Post(p.url+"/v1/actions/getUser/invoke", "application/json", bytes.NewBufferString(body))
		if err != nil {
			done <- outcome{err: err}
			return
		}
		defer res.Body.Close()
		raw, err := io.ReadAll(res.Body)
		done <- outcome{res.StatusCode, string(raw), err}
	}()
	<-asked
	require.NoError(t, p.cmd.Process.Signal(syscall.SIGTERM))
	eventually(t, func() bool { // nothing new is taken
		res, err := http.Get(p.url + "/healthz")
		if err == nil {
			_ = res.Body.Close()
		}
		return err != nil
	})
	close(answer)
	got := <-done
	require.NoError(t, got.err)
	require.Equal(t, http.StatusOK, got.status, got.body)
	require.Contains(t, got.body, `"00u1"`)
	require.NoError(t, p.cmd.Wait(), "and then it ends well")
}

// What the image does on its first start.
func TestServe_MakesAnAPIKeyOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	env := []string{"CONNECTOR_MAKE_API_KEY=true", "CONNECTOR_DATABASE=sqlite:" + filepath.Join(dir, "connector.db")}
	p := start(t, env, "serve", "--addr", "0.0.0.0:0")
	key := strings.TrimSpace(p.read(`^  [A-Z2-7]{26}\s`))
	p.findURL()
	info, err := os.Stat(filepath.Join(dir, "connector.db.apikey"))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	require.NotContains(t, p.logs.String(), key)
	p.stop()

	p = start(t, env, "serve", "--addr", "127.0.0.1:0")
	greeting := p.read(`.+`)
	require.NotContains(t, greeting, "API key", "it is printed once")
	p.findURL()
	status, _ := p.call(http.MethodGet, "/v1/connections", nil)
	require.Equal(t, http.StatusUnauthorized, status)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.url+"/v1/connections", nil)
	require.NoError(t, err)
	req.Header.Set("Authorization", "Bearer "+key)
	res, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	require.Equal(t, http.StatusOK, res.StatusCode, "and stays the same")
}
