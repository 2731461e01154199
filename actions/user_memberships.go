package actions

import (
	"context"

	"github.com/okta-connector/okta-connector/connections/okta"
	"github.com/okta-connector/okta-connector/runtime/connector"
	"github.com/okta-connector/okta-connector/schemas"
)

// ListUserGroups lists all groups of a user. Okta documents no paging for it and pages at 200 all the same, so every
// next link is followed.
var ListUserGroups = connector.NewAction(
	connector.ActionInfo{
		Key:         "listUserGroups",
		Label:       "List User Groups",
		Description: "Lists every group that a user is a member of, however many there are.",
		Group:       "Users",
		Output:      schemas.ListOf(schemas.Group()),
		Example: example(`{"id": "ada@example.com"}`, `[{
			"id": "00g1emaKYZTWRYYRRTSK",
			"created": "2025-11-03T10:00:00.000Z",
			"lastUpdated": "2025-11-03T10:00:00.000Z",
			"lastMembershipUpdated": "2026-03-02T09:15:29.000Z",
			"objectClass": ["okta:user_group"],
			"type": "OKTA_GROUP",
			"profile": {"name": "Engineering", "description": "Everybody who builds the product"}
		}]`),
		Scopes:      []string{usersRead},
		Annotations: connector.Annotations{ReadOnly: true, Idempotent: true},
	},
	func(ctx context.Context, c *okta.Client, in userRef) (connector.Result, error) {
		return read(c.ListUserGroups(ctx, in.ID), true)
	},
)

// ListUserApplications lists the app links of a user.
var ListUserApplications = connector.NewAction(
	connector.ActionInfo{
		Key:   "listUserApplications",
		Label: "List User Applications",
		Description: "Lists the links to a user's apps as the dashboard shows them, whether assigned directly or through a " +
			"group. For the applications themselves use List Applications with the filter user.id eq \"...\".",
		Group:  "Users",
		Output: schemas.ListOf(schemas.AppLink()),
		Example: example(`{"id": "ada@example.com"}`, `[{
			"id": "00ub0oNGTSWTBKOLGLNR",
			"label": "Acme Wiki",
			"linkUrl": "https://acme.okta.com/home/bookmark/0oabkvBLDEKCNXBGYUAS/2557",
			"logoUrl": "https://acme.okta.com/img/logos/bookmark.png",
			"appName": "bookmark",
			"appInstanceId": "0oabkvBLDEKCNXBGYUAS",
			"appAssignmentId": "0ua5a6dMZQVMLGGRNHSK",
			"credentialsSetup": true,
			"hidden": false,
			"sortOrder": 0
		}]`),
		Scopes:      []string{usersRead},
		Annotations: connector.Annotations{ReadOnly: true, Idempotent: true},
	},
	func(ctx context.Context, c *okta.Client, in userRef) (connector.Result, error) {
		return read(c.ListAppLinks(ctx, in.ID), true)
	},
)
