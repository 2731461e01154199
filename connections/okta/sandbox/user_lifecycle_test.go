package sandbox

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// inState creates a user and brings them into a state by the API alone.
func (f fixture) inState(login, status string) string {
	f.Helper()
	query, body := "", withPassword(goodPassword)
	switch status {
	case statusStaged:
		query = "?activate=false"
	case statusProvisioned:
		body = nil
	}
	path := "/api/v1/users/" + f.user(login, query, body)["id"].(string)
	switch status {
	case statusRecovery:
		f.do("POST", path+"/lifecycle/reset_password?sendEmail=true", nil).ok()
	case statusPasswordExpired:
		f.do("POST", path+"/lifecycle/expire_password", nil).ok()
	case statusLockedOut:
		f.do("POST", "/_sandbox/users/"+login+"/lock", nil).nothing()
	case statusSuspended:
		f.do("POST", path+"/lifecycle/suspend", nil).ok()
	case statusDeprovisioned:
		f.do("POST", path+"/lifecycle/deactivate", nil).ok()
	}
	require.Equal(f, status, f.get(path).ok()["status"])
	return path
}

var allStates = []string{
	statusStaged, statusProvisioned, statusActive, statusRecovery, statusPasswordExpired, statusLockedOut, statusSuspended,
	statusDeprovisioned,
}

func TestLifecycle_EveryOperationInEveryState(t *testing.T) {
	f := newFixture(t, Options{})
	for _, c := range []struct {
		operation string
		to        map[string]string // by the state before; from all others it is refused
		code      string
		status    int
		cause     string
		event     string
	}{
		{
			operation: "activate", code: "E0000016", status: 403, event: "user.lifecycle.activate",
			to: map[string]string{statusStaged: statusActive, statusDeprovisioned: statusProvisioned},
		},
		{
			operation: "reactivate", code: "E0000038", status: 403, event: "user.lifecycle.reactivate",
			to: map[string]string{statusProvisioned: statusProvisioned, statusRecovery: statusRecovery},
		},
		{
			operation: "deactivate", code: "E0000038", status: 403, event: "user.lifecycle.deactivate",
			to: map[string]string{
				statusStaged: statusDeprovisioned, statusProvisioned: statusDeprovisioned, statusActive: statusDeprovisioned,
				statusRecovery: statusDeprovisioned, statusPasswordExpired: statusDeprovisioned,
				statusLockedOut: statusDeprovisioned, statusSuspended: statusDeprovisioned,
			},
		},
		{
			operation: "suspend", code: "E0000001", status: 400, event: "user.lifecycle.suspend",
			cause: "Cannot suspend a user that is not active", to: map[string]string{statusActive: statusSuspended},
		},
		{
			operation: "unsuspend", code: "E0000001", status: 400, event: "user.lifecycle.unsuspend",
			cause: "Cannot unsuspend a user that is not suspended",
			to:    map[string]string{statusSuspended: statusActive},
		},
		{
			operation: "unlock", code: "E0000032", status: 403, event: "user.account.unlock_by_admin",
			cause: "The user is not locked out.", to: map[string]string{statusLockedOut: statusActive},
		},
		{
			operation: "reset_password?sendEmail=false", code: "E0000038", status: 403, event: "user.account.reset_password",
			to: map[string]string{
				statusProvisioned: statusRecovery, statusActive: statusRecovery, statusRecovery: statusRecovery,
				statusPasswordExpired: statusRecovery, statusLockedOut: statusRecovery,
			},
		},
		{
			operation: "expire_password", code: "E0000038", status: 403, event: "user.account.expire_password",
			to: map[string]string{
				statusActive: statusPasswordExpired, statusPasswordExpired: statusPasswordExpired,
				statusRecovery: statusPasswordExpired, statusLockedOut: statusPasswordExpired,
			},
		},
	} {
		for _, before := range allStates {
			t.Run(c.operation+" from "+before, func(t *testing.T) {
				f := fixture{t, f.org}
				f.do("POST", "/_sandbox/reset", nil).nothing()
				path := f.inState("ada@example.com", before)
				told := len(f.events())
				a := f.do("POST", path+"/lifecycle/"+c.operation, nil)
				after, allowed := c.to[before]
				if !allowed {
					require.Equal(t, c.cause, a.refused(c.status, c.code))
					require.Equal(t, before, f.get(path).ok()["status"])
					require.Len(t, f.events(), told)
					return
				}
				a.ok()
				require.Equal(t, after, f.get(path).ok()["status"])
				require.Equal(t, []string{c.event + " Test Person"}, f.events()[told:])
			})
		}
	}
}

func TestActivate_HandsOutTheLinkOnlyWithoutMail(t *testing.T) {
	f := newFixture(t, Options{})
	path := f.inState("ada@example.com", statusStaged)
	answer := f.do("POST", path+"/lifecycle/activate?sendEmail=false", nil).ok()
	require.Len(t, answer["activationToken"], 20)
	require.Contains(t, answer["activationUrl"], "http://"+testHost+"/tokens/"+answer["activationToken"].(string))

	for _, query := range []string{"", "?sendEmail=true"} {
		path := f.inState("b"+query[min(len(query), 1):]+"@example.com", statusStaged)
		require.Empty(t, f.do("POST", path+"/lifecycle/activate"+query, nil).ok(), "Okta's default is to mail")
	}
	path = f.inState("c@example.com", statusProvisioned)
	require.NotEmpty(t, f.do("POST", path+"/lifecycle/reactivate", nil).ok(), "and here it is not")
}

func TestResetPassword(t *testing.T) {
	f := newFixture(t, Options{})
	path := f.inState("ada@example.com", statusActive)
	f.do("POST", path+"/lifecycle/reset_password", nil).refused(400, "E0000028")
	path += "/lifecycle/reset_password?"
	first := f.do("POST", path+"sendEmail=false", nil).ok()["resetPasswordUrl"]
	second := f.do("POST", path+"sendEmail=false&revokeSessions=true", nil).ok()["resetPasswordUrl"]
	require.NotEqual(t, first, second)
	require.Empty(t, f.do("POST", path+"sendEmail=true", nil).ok())
	require.Contains(t, f.events(), "user.session.clear Test Person")

	elsewhere := f.user("fed@example.com", "", map[string]any{"credentials": map[string]any{
		"provider": map[string]any{"type": "ACTIVE_DIRECTORY", "name": "corp"},
	}})
	path = "/api/v1/users/" + elsewhere["id"].(string)
	f.do("POST", path+"/lifecycle/reset_password?sendEmail=false", nil).refused(403, "E0000017")
}

func TestExpirePassword_WithTemporary(t *testing.T) {
	f := newFixture(t, Options{})
	path := f.inState("ada@example.com", statusActive)
	temporary := f.do("POST", path+"/lifecycle/expire_password_with_temp_password", nil).ok()["tempPassword"].(string)
	require.Equal(t, statusPasswordExpired, f.get(path).ok()["status"])
	f.do("POST", path+"/credentials/change_password", map[string]any{
		"oldPassword": map[string]any{"value": temporary}, "newPassword": map[string]any{"value": goodPassword},
	}).ok()
	require.Equal(t, statusActive, f.get(path).ok()["status"])
}

func TestDeleteUser_TakesTwo(t *testing.T) {
	f := newFixture(t, Options{Users: 9, Groups: 10, Apps: 5})
	var u *user
	for _, candidate := range f.org.users.rows {
		if candidate.status == statusActive && len(f.org.assigned.apps[candidate.id]) > 0 && candidate.id != f.org.admin {
			u = candidate
		}
	}
	path := "/api/v1/users/" + u.login()
	f.do("DELETE", path, nil).nothing()
	require.Equal(t, statusDeprovisioned, f.get(path).ok()["status"])
	require.Empty(t, f.get(path+"/appLinks").list(), "deactivation takes the applications")
	require.Greater(t, len(f.get(path+"/groups").list()), 1, "and leaves the groups")

	f.do("DELETE", path, nil).nothing()
	f.get(path).refused(404, "E0000007")
	f.do("DELETE", path, nil).refused(404, "E0000007")
	for _, g := range f.org.groups.rows {
		require.NotContains(t, values(f.get("/api/v1/groups/"+g.id+"/users").list(), "id"), u.id)
	}
	events := f.events()
	require.Equal(t, []string{
		"user.lifecycle.delete.initiated " + u.name(), "user.lifecycle.delete.completed " + u.name(),
	}, events[len(events)-2:])
	require.True(t, slices.ContainsFunc(events, func(e string) bool {
		return len(e) > 34 && e[:34] == "application.user_membership.remove"
	}))
}

func TestDeprovisionedUser_CannotBeChanged(t *testing.T) {
	f := newFixture(t, Options{})
	path := f.inState("ada@example.com", statusDeprovisioned)
	f.do("POST", path, `{"profile":{"title":"x"}}`).refused(403, "E0000038")
}
