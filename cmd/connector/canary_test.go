package main_test

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Secrets and personal data are given in every place that takes them, calls work and fail; afterwards no log line, no
// answer of another call, no metric and no byte of the database holds them.
func TestCanaries_StayWhereTheyAre(t *testing.T) {
	t.Parallel()
	org := startSandbox(t)
	dir := t.TempDir()
	p := serve(t, []string{"CONNECTOR_LOG_LEVEL=debug"}, "--dev", "--database", "sqlite:"+filepath.Join(dir, "connector.db"))
	r := newReceiver(t)
	r.setDown(true) // what waits for delivery stays in the database

	call := func(action string, inputs map[string]any) map[string]any {
		t.Helper()
		_, answer := p.call(http.MethodPost, "/v1/actions/"+action+"/invoke",
			map[string]any{"connection": "prod", "inputs": inputs})
		return answer
	}
	status, view := p.call(http.MethodPut, "/v1/connections/prod", map[string]any{
		"key": "apiToken", "inputs": map[string]any{"oktaDomain": org.URL, "apiToken": org.APIToken},
	})
	require.Equal(t, http.StatusCreated, status, "%v", view)
	status, view = p.call(http.MethodPut, "/v1/subscriptions/logs", map[string]any{
		"trigger": "newSystemLogs", "connection": "prod", "schedule": "@every 1s",
		"deliverTo": map[string]any{
			"url": r.server.URL + "/canary-path", "secret": r.secret, "headers": map[string]string{"X-Key": "canary-header"},
		},
	})
	require.Equal(t, http.StatusCreated, status, "%v", view)

	person := map[string]any{
		"login": "canary.login@example.com", "email": "canary.login@example.com", "firstName": "Canary-First", "lastName": "Test",
		"password": "Canary-Passw0rd", "question": "Who?", "answer": "canary-answer",
	}
	made := call("createUser", person)
	require.Contains(t, made, "data", "%v", made)
	call("createUser", person) // refused: the login is taken
	call("getUser", map[string]any{"id": "canary.unknown@example.com"})
	call("setUserPassword", map[string]any{
		"userId": "canary.login@example.com", "oldPassword": "Canary-Wr0ng", "newPassword": "Canary-N3wpass",
	})
	call("createUser", map[string]any{"login": 1, "password": map[string]any{"canary-member": "canary-value"}})
	call("rawRequest", map[string]any{
		"url": "/canary-route", "method": "POST", "data": "canary-data", "headers": map[string]string{"X-Secret": "canary-raw"},
	})
	reset := call("resetUserPassword", map[string]any{"id": "canary.login@example.com", "sendEmail": false})
	link, ok := reset["data"].(map[string]any)["resetPasswordUrl"].(string)
	require.True(t, ok, "the link is the caller's: %v", reset)
	p.call(http.MethodPost, "/v1/actions/getUser/invoke", map[string]any{
		"connection": map[string]any{"key": "apiToken", "inputs": map[string]string{
			"oktaDomain": org.URL, "apiToken": "canary-inline-token",
		}}, "inputs": map[string]string{"id": "me"},
	})
	p.call(http.MethodPost, "/v1/subscriptions/logs/poll", nil)

	canaries := []string{
		"anary.login@example.com", "canary.unknown", "anary-First", "Canary-Passw0rd", "canary-answer", "Canary-Wr0ng",
		"Canary-N3wpass", "canary-member", "canary-value", "canary-data", "canary-raw", "canary-header", "canary-inline-token",
		"canary-route", org.APIToken, strings.TrimPrefix(r.secret, "whsec_"), link[strings.LastIndex(link, "/")+1:],
	}
	elsewhere := map[string]string{}
	for _, path := range []string{
		"/v1/connections", "/v1/connections/prod", "/v1/subscriptions", "/v1/subscriptions/logs", "/v1/subscriptions/logs/runs",
		"/v1/deliveries", "/v1/manifest", "/metrics", "/openapi.json", "/v1/audit",
	} {
		res, err := http.Get(p.url + path)
		require.NoError(t, err)
		body, err := io.ReadAll(res.Body)
		require.NoError(t, err)
		require.NoError(t, res.Body.Close())
		elsewhere["GET "+path] = string(body)
	}
	p.stop()
	elsewhere["the log"] = p.logs.String()
	files, err := filepath.Glob(filepath.Join(dir, "connector.db*"))
	require.NoError(t, err)
	for _, file := range files {
		raw, err := os.ReadFile(file)
		require.NoError(t, err)
		elsewhere["the file "+filepath.Base(file)] = string(raw)
	}
	require.Contains(t, elsewhere["the log"], "level=DEBUG")
	for place, text := range elsewhere {
		for _, canary := range canaries {
			require.NotContains(t, text, canary, "%s has %s", place, canary)
		}
	}
}

// sandboxOrg is what `connector sandbox` says of itself.
type sandboxOrg struct {
	URL, APIToken, FaultURL string
}

func startSandbox(t *testing.T, args ...string) sandboxOrg {
	t.Helper()
	p := start(t, nil, append([]string{"sandbox", "--addr", "127.0.0.1:0"}, args...)...)
	var org sandboxOrg
	require.NoError(t, json.Unmarshal([]byte(p.read(`{.*}`)), &org))
	return org
}
