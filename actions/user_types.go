package actions

import (
	"context"

	"github.com/okta-connector/okta-connector/connections/okta"
	"github.com/okta-connector/okta-connector/runtime/connector"
	"github.com/okta-connector/okta-connector/schemas"
)

// ListUserTypes lists the org's user types.
var ListUserTypes = connector.NewAction(
	connector.ActionInfo{
		Key:   "listUserTypes",
		Label: "List User Types",
		Description: "Lists the org's user types. The type of a user decides which profile attributes they have; it is " +
			"chosen when the user is created.",
		Group:  "User Types",
		Output: schemas.ListOf(schemas.UserType()),
		Example: example(`{}`, `[{
			"id": "oty1rae7kVbUuO1Xk0h8",
			"name": "user",
			"displayName": "User",
			"description": "Okta user profile template with default permission settings",
			"default": true,
			"created": "2024-01-15T08:00:00.000Z",
			"createdBy": "sprz9fj1ycBcsgopy1d6",
			"lastUpdated": "2024-01-15T08:00:00.000Z",
			"lastUpdatedBy": "sprz9fj1ycBcsgopy1d6"
		}]`),
		Scopes:      []string{"okta.userTypes.read"},
		Annotations: connector.Annotations{ReadOnly: true, Idempotent: true},
	},
	func(ctx context.Context, c *okta.Client, _ struct{}) (connector.Result, error) {
		return read(c.ListUserTypes(ctx), true)
	},
)
