package main_test

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// configFile writes a configuration file of these lines into a folder of its own.
func configFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "connector.yaml")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

// refused starts a server that does not come up, and returns its exit code and what it says about the file, a line each.
func refused(t *testing.T, env []string, args ...string) (code int, says []string) {
	t.Helper()
	p := start(t, env, append([]string{"serve", "--addr", "127.0.0.1:0"}, args...)...)
	_, err := io.Copy(io.Discard, p.stdout)
	require.NoError(t, err)
	_ = p.cmd.Wait() // the exit code says it
	for line := range strings.Lines(p.logs.String()) {
		if _, said, ok := strings.Cut(line, "connector.yaml:"); ok {
			says = append(says, strings.TrimSpace(said))
		}
	}
	return p.cmd.ProcessState.ExitCode(), says
}

const webhookSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

func TestConfig_FaultsHaveTheirLine(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		file string
		says []string
	}{
		"not YAML": {"server: {", []string{"1: not YAML: did not find expected node content"}},
		"unknown names": {
			"servr: {}\n", []string{`1: servr: is not a known input; did you mean "server"?`},
		},
		"settings, keys and shapes at once": {`server:
  publicURL: https://connector.example
  dev: perhaps
  rateShare: 2
  keepEvents: 1m
  logLevel: [info]
keys:
  - name: engine
    key: k-1
    role: owner
  - name: engine
    key: k-1
    roles: read
connections:
  prod:
    kind: apiToken
subscriptions:
  joiners:
    trigger: newUsers
    connection: prod
    deliverTo: {url: "https://engine.example"}
`, []string{
			"2: server.publicURL: is not a setting: did you mean publicUrl?",
			"3: server.dev: must be true or false",
			"4: server.rateShare: must be a number above 0 and up to 1, such as 0.5",
			"5: server.keepEvents: must be an age such as 36h or 7d, at least 15m",
			"6: server.logLevel: must be a single value",
			"10: keys.0.role: must be one of read, invoke, admin",
			`13: keys.1.roles: is not a known input; did you mean "role"?`,
			"15: connections.prod.inputs: is required",
			"15: connections.prod.key: is required",
			"16: connections.prod.kind: is not a known input",
			"21: subscriptions.joiners.deliverTo: needs a secret, whsec_ and 24 to 64 bytes in base64, " +
				"such as env:WEBHOOK_SECRET",
		}},
		"what only the engine knows": {`connections:
  prod:
    key: apiToken
    inputs: {oktaDomain: acme-admin.okta.com, apiToken: canary}
  other: {key: password, inputs: {}}
subscriptions:
  joiners:
    trigger: newUsers
    connection: prod
  leavers:
    trigger: newUsers
    connection: gone
    schedule: often
keys:
  - name: engine
    key: k-1
    allow: ["get*", listUsers, newUsers, getUsr, "drop*"]
    deny: [deleteUsers]
`, []string{
			"4: connections.prod.inputs.oktaDomain: is the Admin Console, the API is at the org's own domain: " +
				"write acme.okta.com",
			"5: connections.other.key: is not one of apiToken, oauth2AuthorizationCode, oauth2ClientCredentials",
			`12: subscriptions.leavers.connection: there is no connection "gone"`,
			"17: keys.0.allow.3: is no action or trigger: did you mean getUser?",
			"17: keys.0.allow.4: is no action or trigger",
			"18: keys.0.deny.0: is no action or trigger: did you mean deleteUser?",
		}},
		"references that lead nowhere": {
			"connections:\n  a: {key: apiToken, inputs: {oktaDomain: \"env:NOT_SET\", apiToken: \"file:/not/there\"}}\n",
			[]string{
				"2: connections.a.inputs.apiToken: open /not/there: no such file or directory",
				"2: connections.a.inputs.oktaDomain: the environment variable NOT_SET is not set",
			},
		},
		"twice": {"server:\n  dev: true\n  dev: false\n", []string{"3: server.dev: stands here twice"}},
		"an alias": {
			"server: &s {dev: true}\nconnections: *s\n",
			[]string{"2: connections: aliases are not supported: write the value out"},
		},
		"two documents": {"server: {}\n---\nserver: {}\n", []string{"2: a second document begins here: there may be one"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, says := refused(t, nil, "--config", configFile(t, tc.file))
			require.Equal(t, 2, code)
			require.ElementsMatch(t, tc.says, says)
		})
	}
}

func TestConfig_MissingFile(t *testing.T) {
	t.Parallel()
	code, _ := refused(t, nil, "--config", filepath.Join(t.TempDir(), "connector.yaml"))
	require.Equal(t, 2, code)
}

func TestConfig_DeclaredIsThereAndFixed(t *testing.T) {
	t.Parallel()
	org := startSandbox(t)
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "token"), []byte(org.APIToken+"\n"), 0o600))
	file := filepath.Join(dir, "connector.yaml")
	write := func(text string) { require.NoError(t, os.WriteFile(file, []byte(text), 0o600)) }
	declared := `server:
  dev: true
  logLevel: debug
  database: sqlite:` + filepath.Join(dir, "connector.db") + `
connections:
  prod:
    key: apiToken
    inputs: {oktaDomain: "env:OKTA_URL", apiToken: "file:token"}
subscriptions:
  joiners:
    trigger: newUsers
    connection: prod
    schedule: "@every 1s"
    startFrom: 2026-01-01T00:00:00Z
    deliverTo: {url: "http://127.0.0.1:9/", secret: "env:WEBHOOK_SECRET"}
`
	env := []string{"OKTA_URL=" + org.URL, "WEBHOOK_SECRET=" + webhookSecret}
	write(declared)
	p := serve(t, env, "--config", file)
	status, answer := p.call(http.MethodPost, "/v1/connections/prod/test", nil)
	require.Equal(t, http.StatusOK, status, "the references are resolved: %v", answer)
	for _, path := range []string{"/v1/connections/prod", "/v1/subscriptions/joiners"} {
		_, view := p.call(http.MethodGet, path, nil)
		require.Equal(t, true, view["declared"], path)
		for _, method := range []string{http.MethodPut, http.MethodDelete} {
			status, problem := p.call(method, path, map[string]any{
				"key": "apiToken", "inputs": map[string]any{"oktaDomain": org.URL, "apiToken": "x"},
			})
			if strings.Contains(path, "subscriptions") && method == http.MethodPut {
				status, problem = p.call(method, path, map[string]any{"trigger": "newUsers", "connection": "prod"})
			}
			require.Equal(t, http.StatusConflict, status, "%s %s: %v", method, path, problem)
			require.Equal(t, "declared", problem["code"])
		}
	}
	var cursor any
	eventually(t, func() bool {
		_, view := p.call(http.MethodGet, "/v1/subscriptions/joiners", nil)
		cursor = view["cursor"]
		return cursor != nil
	})
	p.stop()
	require.NotContains(t, p.logs.String(), org.APIToken)
	require.NotContains(t, p.logs.String(), webhookSecret)

	write(strings.Replace(declared, "@every 1s", "@every 1h", 1))
	p = serve(t, env, "--config", file)
	_, view := p.call(http.MethodGet, "/v1/subscriptions/joiners", nil)
	require.Equal(t, "@every 1h", view["schedule"])
	require.NotNil(t, view["cursor"])
	p.stop()

	settings, _, _ := strings.Cut(declared, "connections:")
	write(settings)
	p = serve(t, env, "--config", file)
	for _, path := range []string{"/v1/connections/prod", "/v1/subscriptions/joiners"} {
		status, _ := p.call(http.MethodGet, path, nil)
		require.Equal(t, http.StatusNotFound, status, path)
	}
}

// Over HTTP a reference is text like any other: who may store a connection may not read the server's files.
func TestConfig_ReferencesAreNotForCallers(t *testing.T) {
	t.Parallel()
	org := startSandbox(t)
	p := serve(t, []string{"TOKEN=" + org.APIToken}, "--dev")
	status, view := p.call(http.MethodPut, "/v1/connections/prod", map[string]any{
		"key": "apiToken", "inputs": map[string]any{"oktaDomain": org.URL, "apiToken": "env:TOKEN"},
	})
	require.Equal(t, http.StatusCreated, status, "%v", view)
	status, answer := p.call(http.MethodPost, "/v1/connections/prod/test", nil)
	require.Equal(t, http.StatusFailedDependency, status, "the text env:TOKEN is no token: %v", answer)
}

func TestConfig_FlagBeforeEnvironmentBeforeFile(t *testing.T) {
	t.Parallel()
	file := configFile(t, "server: {rateShare: 0.1, keepAudit: 1d, keepDead: 1d, database: 'postgres://u:canary@h/db'}\n")
	database := "sqlite:" + filepath.Join(t.TempDir(), "connector.db")
	p := serve(t, []string{"CONNECTOR_KEEP_AUDIT=2d", "CONNECTOR_KEEP_DEAD=2d", "CONNECTOR_DATABASE=" + database},
		"--config", file, "--keep-dead", "3d")
	p.stop()
	require.Contains(t, p.logs.String(), "keepAudit=2d keepDead=3d rateShare=0.1")
	require.NotContains(t, p.logs.String(), "canary")
}

func TestConfig_ShowsNoPasswordOfTheDatabase(t *testing.T) {
	t.Parallel()
	p := start(t, []string{"CONNECTOR_SECRET_KEY=" + strings.Repeat("00", 32)},
		"serve", "--addr", "127.0.0.1:0", "--database", "postgres://u:canary@127.0.0.1:1/db?sslpassword=canary")
	_ = p.cmd.Wait() // it cannot reach the database
	require.Equal(t, 3, p.cmd.ProcessState.ExitCode())
	require.Contains(t, p.logs.String(), "database=")
	require.NotContains(t, p.logs.String(), "canary")
}

func TestConfig_KeysAndRestrictions(t *testing.T) {
	t.Parallel()
	file := configFile(t, `server: {sandbox: true, denyDestructive: true}
keys:
  - {name: dashboard, key: "env:DASHBOARD_KEY"}
  - {name: engine, key: engine-key, role: invoke, deny: ["*EventHook*"]}
`)
	p := serve(t, []string{"DASHBOARD_KEY=dashboard-key"}, "--config", file)
	for name, tc := range map[string]struct {
		key, action, inputs string
		status              int
	}{
		"no key":                        {"", "getUser", `{"id":"me"}`, 401},
		"a key that reads":              {"dashboard-key", "getUser", `{"id":"me"}`, 200},
		"and does not write":            {"dashboard-key", "deactivateUser", `{"id":"me"}`, 403},
		"a key that invokes":            {"engine-key", "listUsers", `{}`, 200},
		"but not what it is denied":     {"engine-key", "listEventHooks", `{}`, 403},
		"nor what the server forbids":   {"engine-key", "deleteUser", `{"id":"me"}`, 403},
		"and what is not is Okta's own": {"engine-key", "unlockUser", `{"id":"me"}`, 424},
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.url+"/v1/actions/"+tc.action+"/invoke",
			strings.NewReader(`{"connection":"sandbox","inputs":`+tc.inputs+`}`))
		require.NoError(t, err)
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Authorization", "Bearer "+tc.key)
		res, err := http.DefaultClient.Do(req)
		require.NoError(t, err)
		body, err := io.ReadAll(res.Body)
		require.NoError(t, err)
		require.NoError(t, res.Body.Close())
		require.Equal(t, tc.status, res.StatusCode, "%s: %s", name, body)
	}
}
