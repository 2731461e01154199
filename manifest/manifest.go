// Package manifest is the table of everything the component offers, one line each, in the order in which people see it.
// What the lines do is declared in packages connections, triggers and actions; this one only lists them.
//
// A table was chosen over registration from init functions: it can be read, the compiler checks it, and a test finds
// what was declared but not listed. manifest.json beside it is the rendered table: a change of what engines see shows
// in a diff. Go test with -update writes it anew.
package manifest

import (
	"github.com/okta-connector/okta-connector/actions"
	"github.com/okta-connector/okta-connector/connections"
	"github.com/okta-connector/okta-connector/runtime/connector"
	"github.com/okta-connector/okta-connector/triggers"
)

//go:generate go test . -run Golden -update

// New returns the manifest of a build with the given version.
func New(version string) *connector.Manifest {
	return &connector.Manifest{
		Key:         "okta",
		Label:       "Okta",
		Description: "Manage users, groups, applications, event hooks and policies of an Okta org, and watch what happens in it.",
		Version:     version,
		Connections: []*connector.Connection{
			connections.APIToken,
			connections.OAuthCode,
			connections.ClientCredentials,
		},
		Triggers: []*connector.Trigger{
			triggers.EventHook,
			triggers.NewSystemLogs,
			triggers.NewUsers,
			triggers.UpdatedUsers,
		},
		Actions: []*connector.Action{
			actions.ActivateEventHook,
			actions.ActivateUser,
			actions.AddUserToGroup,
			actions.AssignApplicationToUser,
			actions.ClearUserSessions,
			actions.CreateEventHook,
			actions.CreateGroup,
			actions.CreateUser,
			actions.DeactivateEventHook,
			actions.DeactivateUser,
			actions.DeleteAllEventHooks,
			actions.DeleteEventHook,
			actions.DeleteGroup,
			actions.DeleteUser,
			actions.GetApplication,
			actions.GetApplicationUserAssignment,
			actions.GetEventHook,
			actions.GetGroup,
			actions.GetSystemLogs,
			actions.GetUser,
			actions.ListApplications,
			actions.ListEventHooks,
			actions.ListGroupMembers,
			actions.ListGroups,
			actions.ListPolicies,
			actions.ListRealms,
			actions.ListUserApplications,
			actions.ListUserFactors,
			actions.ListUserGroups,
			actions.ListUsers,
			actions.ListUserTypes,
			actions.RawRequest,
			actions.ReactivateUser,
			actions.RemoveApplicationUserAssignment,
			actions.RemoveUserFromGroup,
			actions.ResetUserPassword,
			actions.SetUserPassword,
			actions.SuspendUser,
			actions.UnenrollUserFactor,
			actions.UnlockUser,
			actions.UnsuspendUser,
			actions.UpdateApplicationUserAssignment,
			actions.UpdateGroup,
			actions.UpdateUser,
			actions.VerifyEventHook,
		},
		DataSources: []*connector.DataSource{
			actions.SelectUser,
			actions.SelectGroup,
			actions.SelectApplication,
			actions.SelectEventHook,
			actions.SelectPolicy,
			actions.SelectRealm,
			actions.SelectUserFactor,
			actions.SelectUserType,
		},
	}
}
