package main_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A shellOrg is a sandbox process and the flags that reach it.
type shellOrg struct {
	t        *testing.T
	program  string
	url      string
	token    string
	faultURL string
}

func newShellOrg(t *testing.T, args ...string) *shellOrg {
	t.Helper()
	p := start(t, nil, append([]string{"sandbox", "--addr", "127.0.0.1:0"}, args...)...)
	var first struct{ URL, APIToken, FaultURL string }
	require.NoError(t, json.Unmarshal([]byte(p.read(`{.*}`)), &first))
	path, err := program()
	require.NoError(t, err)
	return &shellOrg{t, path, first.URL, first.APIToken, first.FaultURL}
}

func (o *shellOrg) args(action, inputs string, more ...string) []string {
	return append([]string{"invoke", action, "--org", o.url, "--token", o.token, "--input", inputs}, more...)
}

// invoke runs the command and returns its exit code and what it printed.
func (o *shellOrg) invoke(action, inputs string, more ...string) (code int, stdout, stderr string) {
	o.t.Helper()
	var out, errs bytes.Buffer
	cmd := exec.CommandContext(o.t.Context(), o.program, o.args(action, inputs, more...)...)
	cmd.Env = []string{"HOME=" + o.t.TempDir()}
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	if exit, failed := errors.AsType[*exec.ExitError](err); failed {
		return exit.ExitCode(), out.String(), errs.String()
	}
	require.NoError(o.t, err)
	return 0, out.String(), errs.String()
}

func (o *shellOrg) fault(fault string) {
	o.t.Helper()
	res, err := http.Post(o.faultURL, "application/json", strings.NewReader(fault))
	require.NoError(o.t, err)
	require.NoError(o.t, res.Body.Close())
	require.Equal(o.t, http.StatusNoContent, res.StatusCode)
}

func TestInvoke_Preview(t *testing.T) {
	t.Parallel()
	o := newShellOrg(t)
	code, stdout, stderr := o.invoke("suspendUser", `{"id":"me"}`, "--preview")
	require.Zero(t, code, stderr)
	require.Empty(t, stderr)
	var preview struct {
		Requests []struct{ Method, Path string }
		Changes  []struct{ Pointer string }
	}
	require.NoError(t, json.Unmarshal([]byte(stdout), &preview), stdout)
	require.Len(t, preview.Requests, 1)
	require.Equal(t, "/api/v1/users/me/lifecycle/suspend", preview.Requests[0].Path)
	require.Equal(t, "/status", preview.Changes[0].Pointer)
	_, stdout, _ = o.invoke("getUser", `{"id":"me"}`)
	require.Contains(t, stdout, `"status": "ACTIVE"`, "nothing happened")
}

// Who reads only stdout sees that a list broke off: its last line says so, and the exit code.
func TestInvoke_StreamThatBreaksOff(t *testing.T) {
	t.Parallel()
	o := newShellOrg(t, "--users", "30")
	all := `{"fetchAll":true,"limit":10,"search":"status pr"}`
	code, stdout, stderr := o.invoke("listUsers", all, "--output", "ndjson")
	require.Zero(t, code, stderr)
	require.Empty(t, stderr)
	lines := strings.Split(strings.TrimSuffix(stdout, "\n"), "\n")
	require.Len(t, lines, 30)
	for _, line := range lines {
		require.True(t, json.Valid([]byte(line)))
	}

	o.fault(`{"method":"GET","path":"/api/v1/users","delay":"0s","times":2}`)
	o.fault(`{"method":"GET","path":"/api/v1/users","status":403,"times":1}`)
	code, stdout, stderr = o.invoke("listUsers", all, "--output", "ndjson")
	require.Equal(t, 1, code)
	require.Contains(t, stderr, "connector: ")
	lines = strings.Split(strings.TrimSuffix(stdout, "\n"), "\n")
	require.Len(t, lines, 21)
	var last struct {
		Problem struct {
			Status int    `json:"status"`
			Code   string `json:"code"`
		} `json:"@problem"`
	}
	require.NoError(t, json.Unmarshal([]byte(lines[20]), &last))
	require.Equal(t, 424, last.Problem.Status)
	require.Equal(t, "okta_refused", last.Problem.Code)

	o.fault(`{"method":"GET","path":"/api/v1/users","status":403,"times":1}`)
	code, stdout, _ = o.invoke("listUsers", all, "--output", "ndjson")
	require.Equal(t, 1, code)
	require.Empty(t, stdout, "nothing began")
}

// On a terminal a call that takes long shows how far it is, and takes the line away at its end.
func TestInvoke_ProgressOnATerminal(t *testing.T) {
	t.Parallel()
	script, err := exec.LookPath("script")
	if err != nil {
		t.Skip("skipped: script(1), which makes a terminal, is not installed")
	}
	o := newShellOrg(t, "--users", "30")
	o.fault(`{"method":"GET","path":"/api/v1/users","delay":"600ms","times":3}`)
	args := o.args("listUsers", `{"fetchAll":true,"limit":10,"search":"status pr"}`)
	for i, arg := range args {
		args[i] = "'" + arg + "'"
	}
	cmd := exec.CommandContext(t.Context(), script, "-qec", o.program+" "+strings.Join(args, " ")+" >/dev/null", "/dev/null")
	cmd.Env = []string{"HOME=" + t.TempDir(), "SHELL=/bin/sh", "PATH=/usr/bin:/bin"}
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.Contains(t, string(out), "1 page, 10 items")
	require.True(t, strings.HasSuffix(string(out), "\r\x1b[K"), "%q", out)
}
