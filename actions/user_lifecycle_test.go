package actions_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/okta-connector/okta-connector/actions"
	"github.com/okta-connector/okta-connector/connections/okta"
	"github.com/okta-connector/okta-connector/connections/okta/oktatest"
	"github.com/okta-connector/okta-connector/runtime/connector"
)

// lifecycle is one way to change a user's status.
type lifecycle struct {
	action *connector.Action
	from   func(*testing.T, *oktatest.Org) string // makes a user in a status the action is for
	sends  string                                 // after /lifecycle/
	status string                                 // afterwards
	refuse int                                    // how Okta refuses a user of another status; 0: it does not
	code   string
}

func lifecycles() []lifecycle {
	return []lifecycle{
		{actions.DeactivateUser, active, "deactivate?sendEmail=false", "DEPROVISIONED", 0, ""},
		{actions.SuspendUser, active, "suspend", "SUSPENDED", http.StatusBadRequest, okta.CodeValidation},
		{actions.UnsuspendUser, suspended, "unsuspend", "ACTIVE", http.StatusBadRequest, okta.CodeValidation},
		{actions.UnlockUser, locked, "unlock", "ACTIVE", http.StatusForbidden, "E0000032"},
	}
}

func active(t *testing.T, org *oktatest.Org) string { return addUser(t, org, "life@example.com") }

func staged(t *testing.T, org *oktatest.Org) string {
	return addUser(t, org, "life@example.com", `"activate": false`)
}

func provisioned(t *testing.T, org *oktatest.Org) string {
	user := mustInvoke(t, org.Client, actions.CreateUser, `{
		"login": "life@example.com", "email": "life@example.com", "firstName": "Ada", "lastName": "Lovelace"
	}`).object(t)
	org.Forget()
	return user["id"].(string)
}

func suspended(t *testing.T, org *oktatest.Org) string {
	id := active(t, org)
	mustInvoke(t, org.Client, actions.SuspendUser, fmt.Sprintf(`{"id": %q}`, id))
	org.Forget()
	return id
}

func locked(t *testing.T, org *oktatest.Org) string {
	users := mustInvoke(t, org.Client, actions.ListUsers, `{"filter": "status eq \"LOCKED_OUT\""}`).list(t)
	require.NotEmpty(t, users, "the sandbox seeds a user who is locked out")
	org.Forget()
	return users[0]["id"].(string)
}

func TestLifecycle(t *testing.T) {
	t.Parallel()
	for _, tt := range lifecycles() {
		t.Run(tt.action.Key, func(t *testing.T) {
			t.Parallel()
			org := newOrg(t)
			id := tt.from(t, org)
			answer := mustInvoke(t, org.Client, tt.action, fmt.Sprintf(`{"id": %q}`, id))
			require.JSONEq(t, fmt.Sprintf(`{"id": %q, "status": %q}`, id, tt.status), string(answer.Data))
			require.Equal(t, []string{"POST /api/v1/users/" + id + "/lifecycle/" + tt.sends}, org.Lines())
			require.Nil(t, org.Requests()[0].Body)
			require.Equal(t, tt.status, statusOf(t, org, id))
		})
	}
}

func TestLifecycle_WrongStatus(t *testing.T) {
	t.Parallel()
	for _, tt := range lifecycles() {
		if tt.refuse == 0 {
			continue
		}
		t.Run(tt.action.Key, func(t *testing.T) {
			t.Parallel()
			org := newOrg(t)
			_, err := invoke(t, org.Client, tt.action, fmt.Sprintf(`{"id": %q}`, staged(t, org)))
			requireRefusal(t, err, tt.refuse, tt.code)
		})
	}
}

func TestLifecycle_UnknownUser(t *testing.T) {
	t.Parallel()
	org := newOrg(t)
	for _, action := range []*connector.Action{
		actions.ActivateUser, actions.ReactivateUser, actions.DeactivateUser, actions.SuspendUser, actions.UnsuspendUser,
		actions.UnlockUser, actions.ResetUserPassword, actions.ListUserGroups, actions.ListUserApplications,
		actions.UpdateUser,
	} {
		_, err := invoke(t, org.Client, action, `{"id": "00unobody"}`)
		requireRefusal(t, err, http.StatusNotFound, okta.CodeNotFound)
	}
	for _, action := range []*connector.Action{actions.ClearUserSessions, actions.ListUserFactors} {
		_, err := invoke(t, org.Client, action, `{"userId": "00unobody"}`)
		requireRefusal(t, err, http.StatusNotFound, okta.CodeNotFound)
	}
}

// Decided: Send Email is always sent, in the query, with the specification's default, which is not Okta's.
func TestActivateUser_LinkIsInTheAnswer(t *testing.T) {
	t.Parallel()
	org := newOrg(t)
	id := staged(t, org)
	answer := mustInvoke(t, org.Client, actions.ActivateUser, fmt.Sprintf(`{"id": %q}`, id)).object(t)
	require.Equal(t, []string{"POST /api/v1/users/" + id + "/lifecycle/activate?sendEmail=false"}, org.Lines())
	require.NotEmpty(t, answer["activationToken"])
	require.Contains(t, answer["activationUrl"], answer["activationToken"])
	require.Equal(t, "ACTIVE", statusOf(t, org, id))

	_, err := invoke(t, org.Client, actions.ActivateUser, fmt.Sprintf(`{"id": %q}`, id))
	requireRefusal(t, err, http.StatusForbidden, "E0000016")
}

func TestActivateUser_Mailed(t *testing.T) {
	t.Parallel()
	org := newOrg(t)
	id := staged(t, org)
	answer := mustInvoke(t, org.Client, actions.ActivateUser, `{"id": "life@example.com", "sendEmail": true}`)
	require.JSONEq(t, fmt.Sprintf(`{"id": %q, "status": "ACTIVE"}`, id), string(answer.Data))
	require.Equal(t, []string{
		"POST /api/v1/users/life@example.com/lifecycle/activate?sendEmail=true",
		"GET /api/v1/users/life@example.com",
	}, org.Lines())
}

func TestActivateUser_MailedButNotRead(t *testing.T) {
	t.Parallel()
	org := newOrg(t)
	id := staged(t, org)
	org.Fault(t, oktatest.Fault{Method: http.MethodGet, Path: "/api/v1/users/" + id, Status: 403})
	answer := mustInvoke(t, org.Client, actions.ActivateUser, fmt.Sprintf(`{"id": %q, "sendEmail": true}`, id))
	require.JSONEq(t, fmt.Sprintf(`{"id": %q}`, id), string(answer.Data))
	require.Equal(t, "status_unknown", answer.Warnings[0].Code)
}

func TestReactivateUser(t *testing.T) {
	t.Parallel()
	org := newOrg(t)
	id := provisioned(t, org)
	answer := mustInvoke(t, org.Client, actions.ReactivateUser, fmt.Sprintf(`{"id": %q, "sendEmail": ""}`, id)).object(t)
	require.Equal(t, []string{"POST /api/v1/users/" + id + "/lifecycle/reactivate?sendEmail=false"}, org.Lines())
	require.NotEmpty(t, answer["activationToken"])
}

func TestReactivateUser_WrongStatus(t *testing.T) {
	t.Parallel()
	org := newOrg(t)
	_, err := invoke(t, org.Client, actions.ReactivateUser, fmt.Sprintf(`{"id": %q}`, staged(t, org)))
	requireRefusal(t, err, http.StatusForbidden, okta.CodeWrongStatus)
}

// Decided: Unlock User keeps its Send Email input, and sends nothing for it.
func TestUnlockUser_SendEmailIsNotSent(t *testing.T) {
	t.Parallel()
	org := newOrg(t)
	id := locked(t, org)
	mustInvoke(t, org.Client, actions.UnlockUser, fmt.Sprintf(`{"id": %q, "sendEmail": true}`, id))
	require.Equal(t, []string{"POST /api/v1/users/" + id + "/lifecycle/unlock"}, org.Lines())
}
