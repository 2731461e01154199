//go:build linux

package main_test

import (
	"encoding/json"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// dockerfile is what the test reads of an instruction: the rest of its last line, and of those that go on from it.
func dockerfile(t *testing.T, instruction string) string {
	t.Helper()
	raw, err := os.ReadFile("../../Dockerfile")
	require.NoError(t, err)
	text := strings.ReplaceAll(string(raw), "\\\n", "")
	found := regexp.MustCompile(`(?m)^`+instruction+` (.*)$`).FindAllStringSubmatch(text, -1)
	require.NotEmpty(t, found, instruction)
	return found[len(found)-1][1]
}

// TestImage runs what the image holds the way an orchestrator does that allows little: as the image's user, on a root
// that cannot be written to, with no more than the image's environment. The files of the base image are left out: the
// program needs none of them but certificates.
func TestImage(t *testing.T) {
	t.Parallel()
	if os.Getuid() != 0 || exec.Command("unshare", "-m", "true").Run() != nil {
		t.Skip("skipped: making a root of its own needs root")
	}
	dir := t.TempDir()
	build := exec.CommandContext(t.Context(), "sh", "-c", strings.ReplaceAll(dockerfile(t, "RUN"), "/out/", dir+"/"))
	build.Dir, build.Env = "../..", append(os.Environ(), "VERSION=test")
	out, err := build.CombinedOutput()
	require.NoError(t, err, "%s", out)
	data := filepath.Join(dir, "data")
	const nonroot = 65532
	require.Equal(t, "nonroot", dockerfile(t, "USER"))
	require.NoError(t, os.Chown(data, nonroot, nonroot))

	var entrypoint, args []string
	require.NoError(t, json.Unmarshal([]byte(dockerfile(t, "ENTRYPOINT")), &entrypoint))
	require.NoError(t, json.Unmarshal([]byte(dockerfile(t, "CMD")), &args))
	env := strings.Fields(dockerfile(t, "ENV"))
	require.Contains(t, env, "CONNECTOR_ADDR=0.0.0.0:8080")
	env[0] = "CONNECTOR_ADDR=0.0.0.0:0" // 8080 may be taken here
	run := func() *process {
		const mount = `mount --bind $0 $0 && mount --bind $0/data $0/data && mount -o remount,bind,ro $0 && ` +
			`exec chroot --userspec=65532:65532 $0 "$@"`
		cmd := exec.CommandContext(t.Context(), "unshare",
			append(append([]string{"-m", "sh", "-c", mount, dir}, entrypoint...), args...)...)
		cmd.Env = append([]string{"PATH=/usr/bin:/bin:/usr/sbin:/sbin"}, env...)
		return startCommand(t, cmd)
	}

	p := run()
	key := strings.TrimSpace(p.read(`^  [A-Z2-7]{26}\s`))
	p.findURL()
	call := func(method, path, body string) int {
		req, err := http.NewRequestWithContext(t.Context(), method, p.url+path, strings.NewReader(body))
		require.NoError(t, err)
		req.Header.Set("Authorization", "Bearer "+key)
		req.Header.Set("Content-Type", "application/json")
		res, err := http.DefaultClient.Do(req)
		require.NoError(t, err)
		require.NoError(t, res.Body.Close())
		return res.StatusCode
	}
	require.Equal(t, http.StatusOK, call(http.MethodGet, "/healthz", ""))
	require.Equal(t, http.StatusCreated, call(http.MethodPut, "/v1/connections/c",
		`{"key":"apiToken","inputs":{"oktaDomain":"acme.okta.com","apiToken":"x"}}`))
	require.Equal(t, http.StatusCreated, call(http.MethodPut, "/v1/subscriptions/s", `{"trigger":"newSystemLogs",
		"connection":"c","startFrom":"2026-01-01T00:00:00Z","schedule":"0 0 1 1 *","timeZone":"Europe/Berlin"}`))
	p.stop() // which fails unless it ends well

	p = run()
	require.NotContains(t, p.read(`.+`), "API key")
	p.findURL()
	require.Equal(t, http.StatusOK, call(http.MethodGet, "/v1/subscriptions/s", ""), "the key and the data are still there")
	p.stop()

	var files []string
	require.NoError(t, filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			files = append(files, strings.TrimPrefix(path, dir))
		}
		return err
	}))
	for _, file := range files {
		require.True(t, file == entrypoint[0] || strings.HasPrefix(file, "/data/"), file)
	}
}
