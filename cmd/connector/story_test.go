package main_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/okta-connector/okta-connector/connections/okta/sandbox"
)

// admin is an administrator at a shell: each step is one command, and nothing is kept between them.
type admin struct {
	*testing.T
	org   string
	token string
	home  string
}

func newAdmin(t *testing.T) admin {
	t.Helper()
	org, err := sandbox.New(sandbox.Options{Users: 5, Groups: 2, Apps: 4, Seed: 1})
	require.NoError(t, err)
	server := httptest.NewServer(org)
	t.Cleanup(server.Close)
	return admin{t, server.URL, org.Credentials().APIToken, t.TempDir()}
}

// run invokes an action; args fill the verbs of inputs, quoted as JSON where the verb is %q.
func (a admin) run(action, inputs string, args ...any) (stdout, stderr []byte, code int) {
	a.Helper()
	path, err := program()
	require.NoError(a, err)
	cmd := exec.CommandContext(a.Context(), path, "invoke", action,
		"--org", a.org, "--token", a.token, "--input", fmt.Sprintf(inputs, args...))
	cmd.Env = []string{"HOME=" + a.home, "PATH=" + os.Getenv("PATH")}
	var out, log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &log
	if err := cmd.Run(); cmd.ProcessState == nil {
		require.NoError(a, err)
	}
	return out.Bytes(), log.Bytes(), cmd.ProcessState.ExitCode()
}

// does invokes an action that works and returns what it answers.
func (a admin) does(action, inputs string, args ...any) map[string]any {
	a.Helper()
	data, _ := a.answer(action, inputs, args...).(map[string]any)
	return data
}

// lists is does for an action that answers a list.
func (a admin) lists(action, inputs string, args ...any) []any {
	a.Helper()
	data, _ := a.answer(action, inputs, args...).([]any)
	return data
}

func (a admin) answer(action, inputs string, args ...any) any {
	a.Helper()
	stdout, stderr, code := a.run(action, inputs, args...)
	require.Zero(a, code, "%s: %s", action, stderr)
	var answer struct {
		Data any            `json:"data"`
		Meta map[string]any `json:"meta"`
	}
	require.NoError(a, json.Unmarshal(stdout, &answer), "%s", stdout)
	require.NotContains(a, answer.Meta, "warnings")
	return answer.Data
}

// story is what the System Log tells of a target, oldest first.
func (a admin) story(target any) []string {
	a.Helper()
	var told []string
	for _, item := range a.lists("getSystemLogs",
		`{"filter": "target.id eq \"%s\"", "sortOrder": "ASCENDING", "fetchAll": true}`, target) {
		event := item.(map[string]any)
		require.Equal(a, "SUCCESS", event["outcome"].(map[string]any)["result"])
		require.Equal(a, "User", event["actor"].(map[string]any)["type"])
		told = append(told, event["eventType"].(string))
	}
	return told
}

// TestStory_JoinsChangesLeaves is what an administrator does with a person over the years, and what the System Log
// tells of it afterwards.
func TestStory_JoinsChangesLeaves(t *testing.T) {
	t.Parallel()
	a := newAdmin(t)

	// Grace starts on Monday. Her account is prepared; nobody is mailed yet.
	grace := a.does("createUser", `{
		"login": "grace@example.com", "email": "grace@example.com", "firstName": "Grace", "lastName": "Hopper",
		"department": "Compilers", "profileExtraInputs": {"costCenter": "1906"}, "activate": false
	}`)
	require.Equal(t, "STAGED", grace["status"])
	id := grace["id"]

	// She joins a group that is made for her, and will need an application.
	group := a.does("createGroup", `{"name": "Compilers"}`)["id"]
	a.does("addUserToGroup", `{"groupId": %q, "userId": %q}`, group, id)
	app := a.lists("listApplications", `{"filter": "status eq \"ACTIVE\""}`)[0].(map[string]any)["id"]
	assigned := a.does("assignApplicationToUser", `{"applicationId": %q, "userId": %q}`, app, id)
	require.Equal(t, "USER", assigned["scope"])

	// Monday. Her manager hands her the link; she has lost it by noon and is given a password.
	require.Contains(t, a.does("activateUser", `{"id": "grace@example.com"}`)["activationUrl"], "http")
	a.does("setUserPassword", `{"userId": %q, "newPassword": "Mark-II-Moth-1947"}`, id)
	require.Equal(t, "ACTIVE", a.does("getUser", `{"id": %q}`, id)["status"])

	// Her work changes: another department, a word more about the group, her name in the application.
	changed := a.does("updateUser", `{"id": %q, "department": "Standards"}`, id)["profile"].(map[string]any)
	require.Equal(t, []any{"Standards", "Hopper", "1906"},
		[]any{changed["department"], changed["lastName"], changed["costCenter"]})
	described := a.does("updateGroup", `{"groupId": %q, "description": "And standards"}`, group)["profile"]
	require.Equal(t, map[string]any{"name": "Compilers", "description": "And standards"}, described)
	a.does("updateApplicationUserAssignment", `{"applicationId": %q, "userId": %q, "username": "ghopper"}`, app, id)

	// She retires: signed out everywhere, out of the application and the group, deactivated, and in the end deleted.
	a.does("clearUserSessions", `{"userId": %q, "oauthTokens": true}`, id)
	a.does("removeApplicationUserAssignment", `{"applicationId": %q, "userId": %q}`, app, id)
	a.does("removeUserFromGroup", `{"groupId": %q, "userId": %q}`, group, id)
	require.Equal(t, "DEPROVISIONED", a.does("deactivateUser", `{"id": %q}`, id)["status"])
	require.Equal(t, "DELETED", a.does("deleteUser", `{"id": %q}`, id)["status"])
	_, stderr, code := a.run("getUser", `{"id": %q}`, id)
	require.Equal(t, 1, code)
	require.Contains(t, string(stderr), "Okta answered 404")

	require.Equal(t, []string{
		"user.lifecycle.create", "group.user_membership.add", "application.user_membership.add",
		"user.lifecycle.activate", "user.account.update_password",
		"user.account.update_profile", "application.user_membership.update",
		"user.session.clear", "application.user_membership.remove", "group.user_membership.remove",
		"user.lifecycle.deactivate", "user.lifecycle.delete.initiated", "user.lifecycle.delete.completed",
	}, a.story(id))
	require.Equal(t, []string{
		"group.lifecycle.create", "group.user_membership.add", "group.profile.update", "group.user_membership.remove",
	}, a.story(group))
}
