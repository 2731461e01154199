package okta

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
)

// RevokeUserSessions signs a user out of Okta everywhere, apps that keep a session of their own excepted. oauthTokens
// revokes the tokens issued to the user as well, forgetDevices what its devices were remembered for.
//
// DELETE /api/v1/users/{userId}/sessions, okta.users.manage. E0000007 when there is no such user.
func (c *Client) RevokeUserSessions(ctx context.Context, userID string, oauthTokens, forgetDevices bool) error {
	_, err := c.JSON(ctx, &Request{
		Method: http.MethodDelete,
		Path:   At("/api/v1/users/{userId}/sessions", userID),
		Query: url.Values{
			"oauthTokens":   {strconv.FormatBool(oauthTokens)},
			"forgetDevices": {strconv.FormatBool(forgetDevices)},
		},
		Retry: RetryIdempotent,
	})
	return err
}
