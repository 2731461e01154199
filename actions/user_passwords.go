package actions

import (
	"context"
	"encoding/json"

	"github.com/okta-connector/okta-connector/connections/okta"
	"github.com/okta-connector/okta-connector/runtime/connector"
	"github.com/okta-connector/okta-connector/schemas"
)

type resetUserPassword struct {
	userRef
	SendEmail      bool `json:"sendEmail" title:"Send Email" default:"true" always:"true" doc:"Let Okta mail the link to the user. Otherwise the link is in the answer, for you to pass on."`
	RevokeSessions bool `json:"revokeSessions" title:"Revoke Sessions" default:"false" always:"true" doc:"Also end all of the user's sessions."`
}

// ResetUserPassword starts the recovery of a password.
var ResetUserPassword = connector.NewAction(
	connector.ActionInfo{
		Key:   "resetUserPassword",
		Label: "Reset User Password",
		Description: "Takes the password away from a user, who cannot sign in again until they choose a new one through a " +
			"one-time link. Each call makes a new link.",
		Group: "Users",
		Output: json.RawMessage(`{
			"$schema": "https://json-schema.org/draft/2020-12/schema",
			"description": "The link where Okta did not mail it; otherwise the user's id and status.",
			"type": "object",
			"properties": {
				"resetPasswordUrl": {"type": "string", "description": "Where the user chooses a password. Whoever has it can."},
				"id": {"type": "string", "description": "The user, as the input named it."},
				"status": {"const": "RECOVERY"}
			},
			"additionalProperties": true
		}`),
		Example: example(
			`{"id": "ada@example.com", "sendEmail": false}`,
			`{"resetPasswordUrl": "https://acme.okta.com/signin/reset-password/XE6wE17zmphl3KqAPFxO"}`,
		),
		Scopes:      []string{usersManage},
		Annotations: connector.Annotations{Destructive: true},
	},
	func(ctx context.Context, c *okta.Client, in resetUserPassword) (connector.Result, error) {
		link, err := c.ResetPassword(ctx, in.ID, in.SendEmail, in.RevokeSessions)
		if err == nil && saysNothing(link) {
			return became(in.ID, "RECOVERY", nil)
		}
		return answer(link, err)
	},
)

type setUserPassword struct {
	userIDRef
	NewPassword     schemas.Secret `json:"newPassword" title:"New Password" doc:"The password to set, held against the org's password policy. Required unless New Hash Password is given."`
	NewHashPassword schemas.Object `json:"newHashPassword" title:"New Hash Password" secret:"true" doc:"A password hash from another system instead, shaped as in Create User. Okta takes it for a STAGED user only, and not together with Old Password."`
	OldPassword     schemas.Secret `json:"oldPassword" title:"Old Password" doc:"The present password. When given, Okta checks it, as if the user changed the password; otherwise the password is set as an administrator does."`
	OldHashPassword schemas.Object `json:"oldHashPassword" title:"Old Hash Password" secret:"true" doc:"Must be empty: Okta checks a present password in plain text only, so a hash of it is refused."`
	RevokeSessions  bool           `json:"revokeSessions" title:"Revoke Sessions" default:"false" always:"true" doc:"Also end all of the user's sessions."`
}

// CheckEach holds a new hash against what Okta imports, and refuses an old one.
func (in *setUserPassword) CheckEach() schemas.Invalid {
	bad := checkHash("newHashPassword", in.NewHashPassword)
	if in.OldHashPassword != nil {
		bad.Add("/oldHashPassword", "cannot be used: Okta checks a present password in plain text only; use Old Password")
	}
	return bad
}

// Check leaves exactly the three ways there are: the old password and a new one, a new one, or a new hash.
func (in *setUserPassword) Check() schemas.Invalid {
	var bad schemas.Invalid
	switch {
	case in.NewPassword == "" && in.NewHashPassword == nil:
		bad.Add("/newPassword", "is required, unless New Hash Password is given")
	case in.NewPassword != "" && in.NewHashPassword != nil:
		bad.Add("/newHashPassword", "excludes New Password: give one of them")
	case in.OldPassword != "" && in.NewHashPassword != nil:
		bad.Add("/newHashPassword", "cannot be combined with Old Password: Okta changes a password to plain text only")
	}
	return bad
}

// SetUserPassword changes a password with the old one, or sets it as an administrator. Okta has no operation that does
// both, and none that takes an old hash.
var SetUserPassword = connector.NewAction(
	connector.ActionInfo{
		Key:   "setUserPassword",
		Label: "Set User Password",
		Description: "Sets a user's password. With Old Password Okta checks that one first and answers with the user's " +
			"credentials; without it the password is set as an administrator does, and the answer is the user.",
		Group: "Users",
		Output: json.RawMessage(`{
			"$schema": "https://json-schema.org/draft/2020-12/schema",
			"description": "The user's credentials where Old Password was given, otherwise the whole user.",
			"type": "object",
			"properties": {
				"id": {"type": "string", "description": "The user's id."},
				"status": {"type": "string", "description": "The user's status."},
				"profile": {"type": "object"},
				"credentials": {"type": "object"},
				"password": {"type": "object", "description": "An empty object: a password is set."},
				"recovery_question": {"type": "object"},
				"provider": {"type": "object"}
			},
			"additionalProperties": true
		}`),
		Example: example(
			`{
				"userId": "00ub0oNGTSWTBKOLGLNR", "oldPassword": "tlpWENT2m", "newPassword": "uTVM,TPw55",
				"revokeSessions": true
			}`,
			`{"password": {}, "provider": {"type": "OKTA", "name": "OKTA"}}`,
		),
		Scopes:      []string{usersManage},
		Annotations: connector.Annotations{Destructive: true},
	},
	func(ctx context.Context, c *okta.Client, in setUserPassword) (connector.Result, error) {
		if in.OldPassword != "" {
			return answer(c.ChangePassword(ctx, in.UserID, map[string]any{
				"oldPassword":    passwordValue(in.OldPassword),
				"newPassword":    passwordValue(in.NewPassword),
				"revokeSessions": in.RevokeSessions,
			}))
		}
		set := credentialInputs{Password: in.NewPassword, HashPassword: in.NewHashPassword}
		result, err := answer(c.UpdateUser(ctx, in.UserID, map[string]any{"credentials": set.credentials()}))
		if err != nil || !in.RevokeSessions {
			return result, err
		}
		if err := c.RevokeUserSessions(ctx, in.UserID, false, false); err != nil {
			result.Warnings = []connector.Warning{{
				Code: "sessions_not_cleared", Detail: "The password is set, but clearing the sessions failed: " + reason(err),
			}}
		}
		return result, nil
	},
)
