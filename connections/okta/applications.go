package okta

import (
	"context"
	"encoding/json"
	"iter"
	"net/http"
	"net/url"
)

const (
	appsPath     = "/api/v1/apps"
	appPath      = "/api/v1/apps/{id}"
	appUsersPath = "/api/v1/apps/{id}/users"
	appUserPath  = "/api/v1/apps/{id}/users/{id}"
)

// ListApplications lists app instances by q or filter, a page of at most 200 at a time.
//
// GET /api/v1/apps, okta.apps.read. E0000001 for an expand without its filter, E0000029 for a bad cursor.
func (c *Client) ListApplications(ctx context.Context, query url.Values) iter.Seq2[Page, error] {
	return c.Pages(ctx, At(appsPath), query, "")
}

// GetApplication reads one app instance. expand is "" or user/{userId}.
//
// GET /api/v1/apps/{appId}, okta.apps.read. E0000007 when there is none.
func (c *Client) GetApplication(ctx context.Context, appID, expand string) (json.RawMessage, error) {
	return c.call(ctx, http.MethodGet, At(appPath, appID), expanded(expand), nil)
}

// AssignUserToApplication gives a user access to an app. The body names the user in its id; scope, credentials and
// profile are optional.
//
// POST /api/v1/apps/{appId}/users, okta.apps.manage. E0000041 for credentials that the app's sign-in does not take,
// E0000075 for attributes that are pushed from Okta, E0000007 when there is no such app or user.
func (c *Client) AssignUserToApplication(ctx context.Context, appID string, body any) (json.RawMessage, error) {
	return c.call(ctx, http.MethodPost, At(appUsersPath, appID), nil, body)
}

// GetApplicationUser reads one assignment. expand is "" or user.
//
// GET /api/v1/apps/{appId}/users/{userId}, okta.apps.read. E0000007 when the user is not assigned.
func (c *Client) GetApplicationUser(ctx context.Context, appID, userID, expand string) (json.RawMessage, error) {
	return c.call(ctx, http.MethodGet, At(appUserPath, appID, userID), expanded(expand), nil)
}

// UpdateApplicationUser changes the profile or the credentials of an assignment.
//
// POST /api/v1/apps/{appId}/users/{userId}, okta.apps.manage. E0000041, E0000075 as for assigning, E0000007 when the
// user is not assigned.
func (c *Client) UpdateApplicationUser(ctx context.Context, appID, userID string, body any) (json.RawMessage, error) {
	return c.call(ctx, http.MethodPost, At(appUserPath, appID, userID), nil, body)
}

// UnassignUserFromApplication takes the app away from a user, and with some apps the account there too. What came
// through a group cannot be taken away here. sendEmail tells the org's admins.
//
// DELETE /api/v1/apps/{appId}/users/{userId}, okta.apps.manage. E0000007 when the user is not assigned.
func (c *Client) UnassignUserFromApplication(ctx context.Context, appID, userID string, sendEmail bool) error {
	_, err := c.call(ctx, http.MethodDelete, At(appUserPath, appID, userID), flag("sendEmail", sendEmail), nil)
	return err
}

func expanded(expand string) url.Values {
	if expand == "" {
		return nil
	}
	return url.Values{"expand": {expand}}
}
