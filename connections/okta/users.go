package okta

import (
	"context"
	"encoding/json"
	"iter"
	"net/http"
	"net/url"
)

const (
	usersPath      = "/api/v1/users"
	userPath       = "/api/v1/users/{id}"
	userGroupsPath = "/api/v1/users/{id}/groups"
	appLinksPath   = "/api/v1/users/{id}/appLinks"
)

// ListUsers lists users by search, filter or q, a page of at most 200 at a time. Without one of them, and with q,
// DEPROVISIONED users are left out. Okta does not page a q.
//
// GET /api/v1/users, okta.users.read. E0000031 for a search or filter Okta cannot read, E0000029 for a bad cursor.
func (c *Client) ListUsers(ctx context.Context, query url.Values) iter.Seq2[Page, error] {
	return c.Pages(ctx, At(usersPath), query, "")
}

// CreateUser creates a user. The query takes activate, provider and nextLogin, the body profile, credentials, groupIds,
// realmId and type.
//
// POST /api/v1/users, okta.users.manage. E0000001 for a login that is taken or an attribute the org does not know,
// E0000080 for a password against the policy, E0000093 for more than 20 groups, E0000124 and E0000125 for a nextLogin
// without a password or without activation.
func (c *Client) CreateUser(ctx context.Context, query url.Values, body any) (json.RawMessage, error) {
	return c.call(ctx, http.MethodPost, At(usersPath), query, body)
}

// GetUser reads one user by id, login, unambiguous login shortname, or "me". expand is "", blocks or classification.
//
// GET /api/v1/users/{id}, okta.users.read. E0000007 when there is none.
func (c *Client) GetUser(ctx context.Context, id, expand string) (json.RawMessage, error) {
	return c.call(ctx, http.MethodGet, At(userPath, id), expanded(expand), nil)
}

// UpdateUser changes what the body names of profile, credentials and realmId, and nothing else. A profile attribute
// that is null is emptied.
//
// POST /api/v1/users/{id}, okta.users.manage. E0000001 for a login that is taken or an attribute the org does not know,
// E0000007 when there is no such user, E0000014 and E0000080 for credentials that are refused, E0000038 for the user's
// status, E0000112 while the user is being activated.
func (c *Client) UpdateUser(ctx context.Context, id string, body any) (json.RawMessage, error) {
	return c.call(ctx, http.MethodPost, At(userPath, id), nil, body)
}

// DeleteUser deactivates a user, or removes one that is DEPROVISIONED for good. sendEmail tells the org's admins of the
// deactivation.
//
// DELETE /api/v1/users/{id}, okta.users.manage. E0000007 when there is none.
func (c *Client) DeleteUser(ctx context.Context, id string, sendEmail bool) error {
	_, err := c.call(ctx, http.MethodDelete, At(userPath, id), flag("sendEmail", sendEmail), nil)
	return err
}

// ListUserGroups lists the groups that a user is a member of. Okta documents no paging, and pages at 200.
//
// GET /api/v1/users/{id}/groups, okta.users.read. E0000007 when there is no such user.
func (c *Client) ListUserGroups(ctx context.Context, id string) iter.Seq2[Page, error] {
	return c.Pages(ctx, At(userGroupsPath, id), nil, "")
}

// ListAppLinks lists the links to a user's apps, however they were assigned. Okta does not page it.
//
// GET /api/v1/users/{id}/appLinks, okta.users.read. E0000007 when there is no such user.
func (c *Client) ListAppLinks(ctx context.Context, id string) iter.Seq2[Page, error] {
	return c.Pages(ctx, At(appLinksPath, id), nil, "")
}
