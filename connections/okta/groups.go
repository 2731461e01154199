package okta

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"net/http"
	"net/url"
)

const (
	groupsPath  = "/api/v1/groups"
	groupPath   = "/api/v1/groups/{id}"
	membersPath = "/api/v1/groups/{id}/users"
	memberPath  = "/api/v1/groups/{id}/users/{id}"
)

// AddGroup creates a group of type OKTA_GROUP from its profile: name, description and the org's own attributes.
//
// POST /api/v1/groups, okta.groups.manage. A name that is taken is E0000001.
func (c *Client) AddGroup(ctx context.Context, profile any) (json.RawMessage, error) {
	return c.call(ctx, http.MethodPost, At(groupsPath), nil, map[string]any{"profile": profile})
}

// GetGroup reads one group.
//
// GET /api/v1/groups/{groupId}, okta.groups.read. E0000007 when there is none.
func (c *Client) GetGroup(ctx context.Context, groupID string) (json.RawMessage, error) {
	return c.call(ctx, http.MethodGet, At(groupPath, groupID), nil, nil)
}

// ReplaceGroup replaces the whole profile: an attribute that is left out is lost. Only an OKTA_GROUP can be changed.
//
// PUT /api/v1/groups/{groupId}, okta.groups.manage. E0000001 for a bad profile, E0000007 when there is no such group.
func (c *Client) ReplaceGroup(ctx context.Context, groupID string, profile any) (json.RawMessage, error) {
	body, err := json.Marshal(map[string]any{"profile": profile})
	if err != nil {
		return nil, fmt.Errorf("okta: group profile: %w", err)
	}
	return c.JSON(ctx, &Request{
		Method: http.MethodPut, Path: At(groupPath, groupID), Body: body, Retry: RetryIdempotent,
	})
}

// DeleteGroup removes an OKTA_GROUP or an APP_GROUP.
//
// DELETE /api/v1/groups/{groupId}, okta.groups.manage. E0000007 when there is none.
func (c *Client) DeleteGroup(ctx context.Context, groupID string) error {
	_, err := c.call(ctx, http.MethodDelete, At(groupPath, groupID), nil, nil)
	return err
}

// ListGroups lists groups by search, filter or q, a page of at most 10,000 at a time. Okta does not page a q.
//
// GET /api/v1/groups, okta.groups.read. E0000031 for an expression Okta cannot read, E0000029 for a bad cursor.
func (c *Client) ListGroups(ctx context.Context, query url.Values) iter.Seq2[Page, error] {
	return c.Pages(ctx, At(groupsPath), query, "")
}

// ListGroupUsers lists the members of a group.
//
// GET /api/v1/groups/{groupId}/users, okta.groups.read. E0000007 when there is no such group.
func (c *Client) ListGroupUsers(ctx context.Context, groupID string, query url.Values) iter.Seq2[Page, error] {
	return c.Pages(ctx, At(membersPath, groupID), query, "")
}

// AssignUserToGroup makes the user a member; so does a second call.
//
// PUT /api/v1/groups/{groupId}/users/{userId}, okta.groups.manage. E0000006 for groups that Okta or an app fills,
// E0000007 when the group or the user is not there.
func (c *Client) AssignUserToGroup(ctx context.Context, groupID, userID string) error {
	_, err := c.JSON(ctx, &Request{
		Method: http.MethodPut, Path: At(memberPath, groupID, userID), Retry: RetryIdempotent,
	})
	return err
}

// UnassignUserFromGroup ends a membership. A group rule may bring it back.
//
// DELETE /api/v1/groups/{groupId}/users/{userId}, okta.groups.manage. E0000007 when the group or the user is not there.
func (c *Client) UnassignUserFromGroup(ctx context.Context, groupID, userID string) error {
	_, err := c.JSON(ctx, &Request{
		Method: http.MethodDelete, Path: At(memberPath, groupID, userID), Retry: RetryIdempotent,
	})
	return err
}
