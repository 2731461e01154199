package main_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// examine runs the doctor and returns what it prints.
func examine(t *testing.T, wantCode int, env []string, args ...string) string {
	t.Helper()
	p := start(t, env, append([]string{"doctor", "--dev"}, args...)...)
	out, err := io.ReadAll(p.stdout)
	require.NoError(t, err)
	_ = p.cmd.Wait() // the exit code says it
	require.Equal(t, wantCode, p.cmd.ProcessState.ExitCode(), "%s%s", out, p.logs)
	return string(out)
}

func TestDoctor_NothingThereYet(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	out := examine(t, 0, nil, "--database", "sqlite:"+filepath.Join(dir, "connector.db"))
	require.Contains(t, out, "does not exist yet")
	require.Contains(t, out, "all is well")
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, left, "it makes nothing")
}

// A server that is declared in a file is examined by that file.
func TestDoctor_ReadsTheConfigurationFile(t *testing.T) {
	t.Parallel()
	database := "sqlite:" + filepath.Join(t.TempDir(), "connector.db")
	file := configFile(t, `server: {database: "env:DATABASE", publicUrl: "http://127.0.0.1:9", readOnly: true}
keys: [{name: engine, key: k}]
`)
	out := examine(t, 1, []string{"DATABASE=" + database}, "--config", file)
	require.Contains(t, out, "ok     API keys")
	require.Contains(t, out, "WRONG  public URL")
	require.Contains(t, out, strings.TrimPrefix(database, "sqlite:"))
}

func TestDoctor_FindsWhatIsWrong(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "connector.db")
	database := "sqlite:" + file
	s := serve(t, nil, "--sandbox", "--database", database)
	out := examine(t, 0, []string{"CONNECTOR_API_KEYS=canary-key"}, "--database", database, "--public-url", s.url)
	for _, line := range []string{
		"ok     API keys", "ok     public URL", "ok     database", "ok     connection sandbox", "all is well",
	} {
		require.Contains(t, out, line)
	}
	require.NotContains(t, out, "canary-key")

	late := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Date", time.Now().Add(time.Hour).UTC().Format(http.TimeFormat))
		_, _ = io.WriteString(w, `{"id":"00u1","profile":{"login":"ada@example.com"}}`)
	}))
	defer late.Close()
	closed := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = io.WriteString(w, `{"errorCode":"E0000011","errorSummary":"Invalid token provided"}`)
	}))
	defer closed.Close()
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	for name, url := range map[string]string{"late": late.URL, "closed": closed.URL} {
		status, answer := s.call(http.MethodPut, "/v1/connections/"+name, map[string]any{
			"key": "apiToken", "inputs": map[string]string{"oktaDomain": url, "apiToken": "00aCanaryToken"},
		})
		require.Equal(t, http.StatusCreated, status, "%v", answer)
	}
	for id, connection := range map[string]string{"good": "sandbox", "blind": "closed"} {
		status, answer := s.call(http.MethodPut, "/v1/subscriptions/"+id, map[string]string{
			"trigger": "newUsers", "connection": connection,
		})
		require.Equal(t, http.StatusCreated, status, "%v", answer)
	}
	status, _ := s.call(http.MethodPost, "/v1/subscriptions/good/pause", nil)
	require.Equal(t, http.StatusOK, status)
	out = examine(t, 1, nil, "--database", database, "--public-url", gone.URL)
	for _, line := range []string{
		"WRONG  public URL", "WRONG  connection closed", "ok     connection late", "WRONG  clock", " off that of late",
		"WRONG  subscription blind", "note   subscription good", "4 to mend",
	} {
		require.Contains(t, out, line)
	}
	require.Equal(t, 4, strings.Count(out, "→ "), "each with an advice")
	require.NotContains(t, out, "00aCanaryToken")

	s.stop()
	require.NoError(t, os.Remove(file+".key"))
	out = examine(t, 1, nil, "--database", database)
	require.Contains(t, out, "WRONG  database")
	require.Contains(t, out, "put the key file back")
	require.NoFileExists(t, file+".key")
}
