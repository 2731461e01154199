package actions

import (
	"context"

	"github.com/okta-connector/okta-connector/connections/okta"
	"github.com/okta-connector/okta-connector/runtime/connector"
	"github.com/okta-connector/okta-connector/schemas"
)

// AddUserToGroup makes a user a member of a group.
var AddUserToGroup = connector.NewAction(
	connector.ActionInfo{
		Key:   "addUserToGroup",
		Label: "Add User to Group",
		Description: "Makes a user a member of a group. Somebody who is one already stays one. Only groups of the " +
			"org's own take members this way: those that an app or Okta itself fills refuse it.",
		Group:  groupsResource,
		Output: statusSchema("groupId", "userId"),
		Example: example(
			`{"groupId": "00g1emaKYZTWRYYRRTSK", "userId": "00u1emaK22TWRYd3TtG7"}`,
			`{"groupId": "00g1emaKYZTWRYYRRTSK", "userId": "00u1emaK22TWRYd3TtG7", "status": "MEMBER"}`,
		),
		Scopes:      []string{groupsManage},
		Annotations: connector.Annotations{Idempotent: true},
		Repeats:     connector.RepeatsIdempotent,
	},
	func(ctx context.Context, c *okta.Client, in groupMember) (connector.Result, error) {
		if err := c.AssignUserToGroup(ctx, in.GroupID, in.UserID); err != nil {
			return connector.Result{}, err
		}
		return in.now("MEMBER"), nil
	},
)

type groupMember struct {
	groupRef
	userIDRef
}

// now says what the membership is, where Okta answers with nothing.
func (in groupMember) now(status string) connector.Result {
	return connector.Result{Data: map[string]string{"groupId": in.GroupID, "userId": in.UserID, "status": status}}
}

// RemoveUserFromGroup ends a membership.
var RemoveUserFromGroup = connector.NewAction(
	connector.ActionInfo{
		Key:   "removeUserFromGroup",
		Label: "Remove User from Group",
		Description: "Ends a user's membership in a group, and with it the access to apps that came through the " +
			"group. A group rule that still matches the user may bring the membership back.",
		Group:  groupsResource,
		Output: statusSchema("groupId", "userId"),
		Example: example(
			`{"groupId": "00g1emaKYZTWRYYRRTSK", "userId": "00u1emaK22TWRYd3TtG7"}`,
			`{"groupId": "00g1emaKYZTWRYYRRTSK", "userId": "00u1emaK22TWRYd3TtG7", "status": "REMOVED"}`,
		),
		Scopes:      []string{groupsManage},
		Annotations: connector.Annotations{Destructive: true, Idempotent: true},
		Repeats:     connector.RepeatsIdempotent,
	},
	func(ctx context.Context, c *okta.Client, in groupMember) (connector.Result, error) {
		if err := c.UnassignUserFromGroup(ctx, in.GroupID, in.UserID); err != nil {
			return connector.Result{}, err
		}
		return in.now("REMOVED"), nil
	},
)

type listGroupMembers struct {
	groupRef
	fetchAllInput
	afterInput
	Limit int `json:"limit" title:"Limit" min:"1" example:"200" doc:"How many users a page has, 200 when not set, which is also what Okta advises."`
}

// ListGroupMembers lists the users in a group.
var ListGroupMembers = connector.NewAction(
	connector.ActionInfo{
		Key:         "listGroupMembers",
		Label:       "List Group Members",
		Description: "Lists the users who are members of a group, as whole users.",
		Group:       groupsResource,
		Output:      schemas.ListOf(schemas.User()),
		Example:     example(`{"groupId": "00g1emaKYZTWRYYRRTSK", "fetchAll": true}`, memberExample),
		Scopes:      []string{groupsRead},
		Annotations: connector.Annotations{ReadOnly: true, Idempotent: true},
	},
	func(ctx context.Context, c *okta.Client, in listGroupMembers) (connector.Result, error) {
		query := queryOf("after", in.After, "limit", number(in.Limit, pageSize))
		return read(c.ListGroupUsers(ctx, in.GroupID, query), in.FetchAll)
	},
)

const memberExample = `[{
	"id": "00u1emaK22TWRYd3TtG7",
	"status": "ACTIVE",
	"created": "2026-01-12T09:10:44.000Z",
	"activated": "2026-01-12T09:10:45.000Z",
	"statusChanged": "2026-01-12T11:26:03.000Z",
	"lastLogin": "2026-02-04T07:58:12.000Z",
	"lastUpdated": "2026-01-12T11:26:03.000Z",
	"passwordChanged": "2026-01-12T11:26:03.000Z",
	"type": {"id": "oty1emaKXZTWRYd3TtG1"},
	"profile": {"firstName": "Ada", "lastName": "Lovelace", "login": "ada@example.com", "email": "ada@example.com"}
}]`
