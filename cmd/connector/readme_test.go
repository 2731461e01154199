package main_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// shells returns the shell snippets of the README, one string each.
func shells(t *testing.T) []string {
	t.Helper()
	raw, err := os.ReadFile("../../README.md")
	require.NoError(t, err)
	var snippets []string
	for _, m := range regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(string(raw), -1) {
		snippets = append(snippets, strings.TrimSpace(m[1]))
	}
	return snippets
}

// The two commands at the top are the ones that a stranger pastes: they stand there in this form, and the first is what
// every test of this package runs as a built binary.
func TestREADME_BeginsWithTheTwoCommands(t *testing.T) {
	t.Parallel()
	snippets := shells(t)
	require.Equal(t, "go run ./cmd/connector serve --sandbox", snippets[0])
	require.Equal(t, "go test ./...", snippets[1])
	ci, err := os.ReadFile("../../.ci/run")
	require.NoError(t, err)
	require.Contains(t, string(ci), "\n"+snippets[1]+"\n", "the checks run the README's test command")
}

func TestREADME_CommandsWork(t *testing.T) {
	t.Parallel()
	p := serve(t, nil, "--sandbox")
	org := start(t, nil, "sandbox", "--addr", "127.0.0.1:0")
	var sandbox struct{ URL, APIToken string }
	require.NoError(t, json.Unmarshal([]byte(org.read(`{.*}`)), &sandbox))
	path, err := program()
	require.NoError(t, err)

	ran := 0
	for _, snippet := range shells(t)[2:] {
		// What stands for the reader's own server and org becomes ours; go build is what made program.
		script := strings.NewReplacer(
			"http://127.0.0.1:8080", p.url, "https://acme.okta.com", sandbox.URL, "00aYourToken", sandbox.APIToken,
			"./connector", path, "curl -s ", "curl -s --fail-with-body ", "go build -o connector ./cmd/connector\n", "",
		).Replace(snippet)
		if strings.Contains(script, "docker") {
			continue
		}
		t.Run(strings.Fields(snippet)[0], func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), "sh", "-euc", script)
			cmd.Dir = t.TempDir()
			cmd.Env = append(os.Environ(), "HOME="+cmd.Dir, "XDG_DATA_HOME="+filepath.Join(cmd.Dir, "data"))
			out, err := cmd.CombinedOutput()
			require.NoError(t, err, "%s\n%s", script, out)
		})
		ran++
	}
	require.GreaterOrEqual(t, ran, 4)
}

// The line that serve prints is the README's, and works when pasted.
func TestServe_PrintedLineGivesAUser(t *testing.T) {
	t.Parallel()
	p := serve(t, nil, "--sandbox")
	line := p.read(`curl .*`)
	require.Contains(t, shells(t), strings.Replace(line, p.url, "http://127.0.0.1:8080", 1))
	out, err := exec.CommandContext(t.Context(), "sh", "-c", line).Output()
	require.NoError(t, err)
	var answer struct {
		Data struct{ ID, Status string }
	}
	require.NoError(t, json.Unmarshal(out, &answer), "%s", out)
	require.Equal(t, "ACTIVE", answer.Data.Status)
}
