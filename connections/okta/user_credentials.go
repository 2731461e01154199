package okta

import (
	"context"
	"encoding/json"
	"net/http"
)

// ChangePassword replaces a password after Okta has checked the old one. The body has oldPassword and newPassword, each
// {"value"}, and revokeSessions. The answer is the user's credentials, without their values.
//
// POST /api/v1/users/{userId}/credentials/change_password, okta.users.manage. E0000001 and E0000014 for a wrong old
// password, E0000080 for a new one against the policy, E0000035 and E0000038 for a user that has no password to change.
func (c *Client) ChangePassword(ctx context.Context, userID string, body any) (json.RawMessage, error) {
	return c.call(ctx, http.MethodPost, At("/api/v1/users/{userId}/credentials/change_password", userID), nil, body)
}
