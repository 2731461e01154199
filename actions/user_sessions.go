package actions

import (
	"context"
	"encoding/json"

	"github.com/okta-connector/okta-connector/connections/okta"
	"github.com/okta-connector/okta-connector/runtime/connector"
)

type clearUserSessions struct {
	userIDRef
	OAuthTokens   bool `json:"oauthTokens" title:"OAuth Tokens" default:"false" always:"true" doc:"Also revoke the OpenID Connect and OAuth tokens issued to the user."`
	ForgetDevices bool `json:"forgetDevices" title:"Forget Devices" default:"false" always:"true" doc:"Also forget the devices that the user need not show every factor on, so that each is asked for again."`
}

// clearedSessions is what is so once a user's sessions are cleared, of which Okta says nothing.
type clearedSessions struct {
	ID              string `json:"id"`
	SessionsCleared bool   `json:"sessionsCleared"`
	TokensRevoked   bool   `json:"oauthTokensRevoked"`
	DevicesForgot   bool   `json:"devicesForgotten"`
}

// ClearUserSessions signs a user out everywhere. Okta forgets devices by default, the specification does not: the
// choice is always sent.
var ClearUserSessions = connector.NewAction(
	connector.ActionInfo{
		Key:   "clearUserSessions",
		Label: "Clear User Sessions",
		Description: "Ends all of a user's Okta sessions, so that the next access asks them to sign in. Sessions that an " +
			"app keeps by itself go on.",
		Group: "Users",
		Output: json.RawMessage(`{
			"$schema": "https://json-schema.org/draft/2020-12/schema",
			"type": "object",
			"properties": {
				"id": {"type": "string", "description": "The user, as the input named it."},
				"sessionsCleared": {"const": true},
				"oauthTokensRevoked": {"type": "boolean", "description": "Whether tokens were revoked too."},
				"devicesForgotten": {"type": "boolean", "description": "Whether remembered devices were forgotten too."}
			},
			"required": ["id", "sessionsCleared", "oauthTokensRevoked", "devicesForgotten"],
			"additionalProperties": true
		}`),
		Example: example(`{"userId": "00ub0oNGTSWTBKOLGLNR", "oauthTokens": true}`, `{
			"id": "00ub0oNGTSWTBKOLGLNR",
			"sessionsCleared": true,
			"oauthTokensRevoked": true,
			"devicesForgotten": false
		}`),
		Scopes:      []string{usersManage},
		Annotations: connector.Annotations{Idempotent: true},
		Repeats:     connector.RepeatsIdempotent,
	},
	func(ctx context.Context, c *okta.Client, in clearUserSessions) (connector.Result, error) {
		if err := c.RevokeUserSessions(ctx, in.UserID, in.OAuthTokens, in.ForgetDevices); err != nil {
			return connector.Result{}, err
		}
		return connector.Result{Data: clearedSessions{
			ID: in.UserID, SessionsCleared: true, TokensRevoked: in.OAuthTokens, DevicesForgot: in.ForgetDevices,
		}}, nil
	},
)
