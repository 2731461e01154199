package actions_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/okta-connector/okta-connector/actions"
	"github.com/okta-connector/okta-connector/connections/okta"
	"github.com/okta-connector/okta-connector/connections/okta/oktatest"
)

// Decided: Send Email is sent even when it is not set, since Okta has no default for it.
func TestResetUserPassword_MailedByDefault(t *testing.T) {
	t.Parallel()
	org := newOrg(t)
	id := addUser(t, org, "ada@example.com")
	for _, inputs := range []string{`{"id": %q}`, `{"id": %q, "sendEmail": null, "revokeSessions": ""}`} {
		answer := mustInvoke(t, org.Client, actions.ResetUserPassword, fmt.Sprintf(inputs, id))
		require.JSONEq(t, fmt.Sprintf(`{"id": %q, "status": "RECOVERY"}`, id), string(answer.Data))
	}
	const sent = "/lifecycle/reset_password?revokeSessions=false&sendEmail=true"
	require.Equal(t, []string{"POST /api/v1/users/" + id + sent, "POST /api/v1/users/" + id + sent}, org.Lines())
	require.Equal(t, "RECOVERY", statusOf(t, org, id))
}

func TestResetUserPassword_LinkIsInTheAnswer(t *testing.T) {
	t.Parallel()
	org := newOrg(t)
	id := addUser(t, org, "ada@example.com")
	answer := mustInvoke(t, org.Client, actions.ResetUserPassword,
		fmt.Sprintf(`{"id": %q, "sendEmail": false, "revokeSessions": true}`, id)).object(t)
	require.Contains(t, answer["resetPasswordUrl"], "/reset")
	require.Equal(t, []string{
		"POST /api/v1/users/" + id + "/lifecycle/reset_password?revokeSessions=true&sendEmail=false",
	}, org.Lines())
}

// Decided: with an old password Okta changes the password, and takes Revoke Sessions in the body.
func TestSetUserPassword_WithTheOldOne(t *testing.T) {
	t.Parallel()
	org := newOrg(t)
	id := addUser(t, org, "ada@example.com")
	answer := mustInvoke(t, org.Client, actions.SetUserPassword, fmt.Sprintf(
		`{"userId": %q, "oldPassword": "Engine-No-1843", "newPassword": "Engine-No-1844"}`, id)).object(t)
	require.Equal(t, []string{"POST /api/v1/users/" + id + "/credentials/change_password"}, org.Lines())
	require.JSONEq(t, `{
		"oldPassword": {"value": "Engine-No-1843"}, "newPassword": {"value": "Engine-No-1844"}, "revokeSessions": false
	}`, string(org.Requests()[0].Body))
	require.Contains(t, answer, "provider")

	_, err := invoke(t, org.Client, actions.SetUserPassword, fmt.Sprintf(
		`{"userId": %q, "oldPassword": "Engine-No-1843", "newPassword": "Engine-No-1845"}`, id))
	requireRefusal(t, err, http.StatusForbidden, "E0000014")
}

// Decided: without an old password an administrator sets it, then the sessions are cleared if asked.
func TestSetUserPassword_AsAdministrator(t *testing.T) {
	t.Parallel()
	org := newOrg(t)
	id := addUser(t, org, "ada@example.com")
	answer := mustInvoke(t, org.Client, actions.SetUserPassword,
		fmt.Sprintf(`{"userId": %q, "newPassword": "Engine-No-1844", "revokeSessions": true}`, id))
	require.Equal(t, id, answer.object(t)["id"])
	require.Empty(t, answer.Warnings)
	require.Equal(t, []string{
		"POST /api/v1/users/" + id,
		"DELETE /api/v1/users/" + id + "/sessions?forgetDevices=false&oauthTokens=false",
	}, org.Lines())
	require.JSONEq(t, `{"credentials": {"password": {"value": "Engine-No-1844"}}}`, string(org.Requests()[0].Body))
}

func TestSetUserPassword_SessionsStay(t *testing.T) {
	t.Parallel()
	org := newOrg(t)
	id := addUser(t, org, "ada@example.com")
	mustInvoke(t, org.Client, actions.SetUserPassword, fmt.Sprintf(`{"userId": %q, "newPassword": "Engine-No-1844"}`, id))
	require.Equal(t, []string{"POST /api/v1/users/" + id}, org.Lines())
}

func TestSetUserPassword_SessionsNotClearedIsAWarning(t *testing.T) {
	t.Parallel()
	org := newOrg(t)
	id := addUser(t, org, "ada@example.com")
	org.Fault(t, oktatest.Fault{Method: http.MethodDelete, Path: "/api/v1/users/" + id + "/sessions", Status: 403})
	answer := mustInvoke(t, org.Client, actions.SetUserPassword,
		fmt.Sprintf(`{"userId": %q, "newPassword": "Engine-No-1844", "revokeSessions": true}`, id))
	require.Equal(t, id, answer.object(t)["id"])
	require.Equal(t, "sessions_not_cleared", answer.Warnings[0].Code)
}

// Decided: a new hash goes through the update, which Okta allows for STAGED users.
func TestSetUserPassword_NewHash(t *testing.T) {
	t.Parallel()
	org := newOrg(t)
	id := staged(t, org)
	const hash = `{
		"algorithm": "SHA-256", "salt": "c2FsdA==", "saltOrder": "PREFIX",
		"value": "E2Ab3kBgBmLvzcRtkWzMm5tcjyWdGaZ5LZvJuRqRt7o="
	}`
	mustInvoke(t, org.Client, actions.SetUserPassword, fmt.Sprintf(`{"userId": %q, "newHashPassword": %s}`, id, hash))
	require.Equal(t, []string{"POST /api/v1/users/" + id}, org.Lines())
	require.JSONEq(t, `{"credentials": {"password": {"hash": `+hash+`}}}`, string(org.Requests()[0].Body))
}

func TestSetUserPassword_NewHashOfAnActiveUser(t *testing.T) {
	t.Parallel()
	org := newOrg(t)
	_, err := invoke(t, org.Client, actions.SetUserPassword, fmt.Sprintf(
		`{"userId": %q, "newHashPassword": {"algorithm": "MD5", "value": "CY9rzUYh03PK3k6DJie09g=="}}`,
		addUser(t, org, "ada@example.com")))
	requireRefusal(t, err, http.StatusBadRequest, okta.CodeValidation)
}

func TestSetUserPassword_Rules(t *testing.T) {
	t.Parallel()
	const md5 = `{"algorithm": "MD5", "value": "CY9rzUYh03PK3k6DJie09g=="}`
	for name, tt := range map[string]struct {
		inputs string
		fields []string
	}{
		"nothing to set":         {`"revokeSessions": true`, []string{"/newPassword"}},
		"nothing but the old":    {`"oldPassword": "a"`, []string{"/newPassword"}},
		"two things to set":      {`"newPassword": "a", "newHashPassword": ` + md5, []string{"/newHashPassword"}},
		"a change to a hash":     {`"oldPassword": "a", "newHashPassword": ` + md5, []string{"/newHashPassword"}},
		"an old hash, refused":   {`"newPassword": "a", "oldHashPassword": ` + md5, []string{"/oldHashPassword"}},
		"a hash of no algorithm": {`"newHashPassword": {"value": "a"}`, []string{"/newHashPassword/algorithm"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tt.fields, refusedFields(t, actions.SetUserPassword, `{"userId": "00u1", `+tt.inputs+`}`))
		})
	}
}
