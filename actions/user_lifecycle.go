package actions

import (
	"context"
	"encoding/json"

	"github.com/okta-connector/okta-connector/connections/okta"
	"github.com/okta-connector/okta-connector/runtime/connector"
)

// activation is the output schema of what starts an activation.
var activation = json.RawMessage(`{
	"$schema": "https://json-schema.org/draft/2020-12/schema",
	"description": "The link and its token where Okta did not mail them; otherwise the user's id and status.",
	"type": "object",
	"properties": {
		"activationUrl": {"type": "string", "description": "Where the user sets up the account. Whoever has it can."},
		"activationToken": {"type": "string", "description": "The token in that link, for a link of your own."},
		"id": {"type": "string", "description": "The user's id."},
		"status": {"type": "string", "description": "The status just after the call; Okta may still be finishing."}
	},
	"additionalProperties": true
}`)

const activationExample = `{
	"activationUrl": "https://acme.okta.com/tokens/XE6wE17zmphl3KqAPFxO/verify",
	"activationToken": "XE6wE17zmphl3KqAPFxO"
}`

// activated answers with the link. Where Okta mailed it instead the answer is empty, and the status depends on whether
// the user has a password: the user is read, once. That look-up failing does not undo what was done.
func activated(
	ctx context.Context, c *okta.Client, id string, link json.RawMessage, err error,
) (connector.Result, error) {
	if err != nil || !saysNothing(link) {
		return answer(link, err)
	}
	user := outcome{ID: id}
	raw, unread := c.GetUser(ctx, id, "")
	if unread == nil {
		unread = json.Unmarshal(raw, &user)
	}
	if unread == nil {
		return connector.Result{Data: user}, nil
	}
	return connector.Result{Data: map[string]string{"id": id}, Warnings: []connector.Warning{{
		Code: "status_unknown", Detail: "Okta mailed the link, but the user could not be read then: " + reason(unread),
	}}}, nil
}

type activateUser struct {
	userRef
	SendEmail bool `json:"sendEmail" title:"Send Email" default:"false" always:"true" doc:"Let Okta mail the activation link to the user. Otherwise the link is in the answer, for you to pass on."`
}

// ActivateUser activates a user.
var ActivateUser = connector.NewAction(
	connector.ActionInfo{
		Key:   "activateUser",
		Label: "Activate User",
		Description: "Activates a user who is STAGED or DEPROVISIONED. The answer has the activation link unless Okta is " +
			"asked to mail it.",
		Group:   "Users",
		Output:  activation,
		Example: example(`{"id": "ada@example.com"}`, activationExample),
		Scopes:  []string{usersManage},
	},
	func(ctx context.Context, c *okta.Client, in activateUser) (connector.Result, error) {
		link, err := c.ActivateUser(ctx, in.ID, in.SendEmail)
		return activated(ctx, c, in.ID, link, err)
	},
)

type reactivateUser struct {
	userRef
	SendEmail bool `json:"sendEmail" title:"Send Email" default:"false" always:"true" doc:"Let Okta mail the new activation link to the user. Otherwise the link is in the answer, for you to pass on."`
}

// ReactivateUser starts an activation again.
var ReactivateUser = connector.NewAction(
	connector.ActionInfo{
		Key:   "reactivateUser",
		Label: "Reactivate User",
		Description: "Starts the activation of a user again who is PROVISIONED or in RECOVERY and did not finish it, with " +
			"a new link. For a deactivated user use Activate User.",
		Group:   "Users",
		Output:  activation,
		Example: example(`{"id": "ada@example.com"}`, activationExample),
		Scopes:  []string{usersManage},
	},
	func(ctx context.Context, c *okta.Client, in reactivateUser) (connector.Result, error) {
		link, err := c.ReactivateUser(ctx, in.ID, in.SendEmail)
		return activated(ctx, c, in.ID, link, err)
	},
)

type deactivateUser struct {
	userRef
	SendEmail bool `json:"sendEmail" title:"Send Email" default:"false" always:"true" doc:"Tell the org's administrators by e-mail that the user was deactivated. The user gets no mail."`
}

// DeactivateUser deactivates a user.
var DeactivateUser = connector.NewAction(
	connector.ActionInfo{
		Key:   "deactivateUser",
		Label: "Deactivate User",
		Description: "Deactivates a user: all apps are taken away, and an app that Okta provisions may delete what the " +
			"user had there. The user stays in the directory and can be activated again.",
		Group:       "Users",
		Output:      statusSchema("id"),
		Example:     example(`{"id": "ada@example.com"}`, `{"id": "ada@example.com", "status": "DEPROVISIONED"}`),
		Scopes:      []string{usersManage},
		Annotations: connector.Annotations{Destructive: true, Idempotent: true},
	},
	func(ctx context.Context, c *okta.Client, in deactivateUser) (connector.Result, error) {
		return became(in.ID, "DEPROVISIONED", c.DeactivateUser(ctx, in.ID, in.SendEmail))
	},
)

// SuspendUser suspends a user.
var SuspendUser = connector.NewAction(
	connector.ActionInfo{
		Key:   "suspendUser",
		Label: "Suspend User",
		Description: "Keeps an ACTIVE user from signing in until they are unsuspended. Groups, apps and profile stay as " +
			"they are.",
		Group:       "Users",
		Output:      statusSchema("id"),
		Example:     example(`{"id": "ada@example.com"}`, `{"id": "ada@example.com", "status": "SUSPENDED"}`),
		Scopes:      []string{usersManage},
		Annotations: connector.Annotations{Idempotent: true},
	},
	func(ctx context.Context, c *okta.Client, in userRef) (connector.Result, error) {
		return became(in.ID, "SUSPENDED", c.SuspendUser(ctx, in.ID))
	},
)

// UnsuspendUser ends a suspension.
var UnsuspendUser = connector.NewAction(
	connector.ActionInfo{
		Key:         "unsuspendUser",
		Label:       "Unsuspend User",
		Description: "Lets a SUSPENDED user sign in again.",
		Group:       "Users",
		Output:      statusSchema("id"),
		Example:     example(`{"id": "ada@example.com"}`, `{"id": "ada@example.com", "status": "ACTIVE"}`),
		Scopes:      []string{usersManage},
		Annotations: connector.Annotations{Idempotent: true},
	},
	func(ctx context.Context, c *okta.Client, in userRef) (connector.Result, error) {
		return became(in.ID, "ACTIVE", c.UnsuspendUser(ctx, in.ID))
	},
)

type unlockUser struct {
	userRef
	SendEmail bool `json:"sendEmail" title:"Send Email" default:"false" doc:"Has no effect: Okta never mails anybody when a user is unlocked. It is here for flows that set it."`
}

// UnlockUser unlocks a user. Okta has no parameter for SendEmail, so nothing is sent.
var UnlockUser = connector.NewAction(
	connector.ActionInfo{
		Key:   "unlockUser",
		Label: "Unlock User",
		Description: "Lets a user sign in again who is LOCKED_OUT after too many failed attempts, or whose unknown devices " +
			"are blocked. Users whose password a directory such as Active Directory checks are unlocked there.",
		Group:       "Users",
		Output:      statusSchema("id"),
		Example:     example(`{"id": "ada@example.com"}`, `{"id": "ada@example.com", "status": "ACTIVE"}`),
		Scopes:      []string{usersManage},
		Annotations: connector.Annotations{Idempotent: true},
	},
	func(ctx context.Context, c *okta.Client, in unlockUser) (connector.Result, error) {
		return became(in.ID, "ACTIVE", c.UnlockUser(ctx, in.ID))
	},
)
