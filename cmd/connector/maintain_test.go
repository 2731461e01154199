package main_test

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// run runs a command to its end and returns its exit code.
func run(t *testing.T, args ...string) int {
	t.Helper()
	p := start(t, nil, args...)
	_, err := io.Copy(io.Discard, p.stdout)
	require.NoError(t, err)
	_ = p.cmd.Wait() // the exit code says it
	return p.cmd.ProcessState.ExitCode()
}

func TestRotateKey_OfAKeyFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	database := "sqlite:" + filepath.Join(dir, "connector.db")
	p := serve(t, nil, "--sandbox", "--database", database)
	require.Equal(t, 3, run(t, "rotate-key", "--database", database), "the server would not know the new key")
	p.stop()
	before, err := os.ReadFile(filepath.Join(dir, "connector.db.key"))
	require.NoError(t, err)
	require.Equal(t, 0, run(t, "rotate-key", "--database", database))
	after, err := os.ReadFile(filepath.Join(dir, "connector.db.key"))
	require.NoError(t, err)
	require.NotEqual(t, before, after)
	require.Len(t, after, len(before), "the old key is gone")

	p = serve(t, nil, "--dev", "--database", database)
	status, _ := p.call(http.MethodGet, "/v1/connections/sandbox", nil)
	require.Equal(t, http.StatusOK, status)
	p.stop()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "connector.db.key"), before, 0o600))
	code := run(t, "serve", "--addr", "127.0.0.1:0", "--database", database)
	require.Equal(t, 3, code, "a wrong key is told at start")
}

func TestBackup_WhileTheServerRuns(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	database := "sqlite:" + filepath.Join(dir, "connector.db")
	serve(t, nil, "--sandbox", "--database", database)
	copied := filepath.Join(dir, "copy.db")
	require.Equal(t, 0, run(t, "backup", copied, "--database", database))
	require.Equal(t, 1, run(t, "backup", copied, "--database", database), "a file that is there is not overwritten")
	key, err := os.ReadFile(filepath.Join(dir, "connector.db.key"))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(copied+".key", key, 0o600))
	p := serve(t, nil, "--dev", "--database", "sqlite:"+copied)
	status, _ := p.call(http.MethodGet, "/v1/connections/sandbox", nil)
	require.Equal(t, http.StatusOK, status)
}

func TestCommands_ExitCodes(t *testing.T) {
	t.Parallel()
	busy := serve(t, nil, "--sandbox")
	for name, tc := range map[string]struct {
		code int
		args []string
	}{
		"help":               {0, []string{"help"}},
		"version":            {0, []string{"version"}},
		"manifest":           {0, []string{"manifest"}},
		"good inputs":        {0, []string{"validate", "getUser", "--input", `{"id":"me"}`}},
		"bad inputs":         {1, []string{"validate", "getUser"}},
		"bad trigger inputs": {1, []string{"validate", "newSystemLogs", "--input", `{"x":1}`}},
		"bad connection inputs": {1, []string{
			"validate", "apiToken", "--input", `{"oktaDomain":"acme-admin.okta.com","apiToken":"x"}`,
		}},
		"no command":              {2, nil},
		"an unknown command":      {2, []string{"serv"}},
		"an unknown flag":         {2, []string{"serve", "--prot", "1"}},
		"an unknown action":       {2, []string{"validate", "getUsr"}},
		"inputs that are no JSON": {2, []string{"validate", "getUser", "--input", `{`}},
		"no org":                  {2, []string{"invoke", "getUser"}},
		"open to the world":       {2, []string{"serve", "--addr", "0.0.0.0:0"}},
		"a port that is taken":    {3, []string{"serve", "--addr", busy.url[len("http://"):]}},
		"an unknown database":     {2, []string{"serve", "--database", "mysql://x"}},
		"an org that is not there": {1, []string{
			"invoke", "getUser", "--org", "http://127.0.0.1:1", "--token", "x", "--input", `{"id":"me"}`,
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tc.code, run(t, tc.args...))
		})
	}
}
