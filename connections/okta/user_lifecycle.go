package okta

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
)

// ActivateUser activates a STAGED or DEPROVISIONED user; Okta finishes it in the background. Without sendEmail the
// answer is {"activationUrl", "activationToken"}, which let anybody in; with it Okta mails the link to the user and
// answers {}.
//
// POST /api/v1/users/{id}/lifecycle/activate, okta.users.manage. E0000007 when there is no such user, E0000016 when it
// is active already.
func (c *Client) ActivateUser(ctx context.Context, id string, sendEmail bool) (json.RawMessage, error) {
	return c.lifecycle(ctx, At(userPath+"/lifecycle/activate", id), flag("sendEmail", sendEmail))
}

// ReactivateUser starts the activation of a PROVISIONED or RECOVERY user again. The answer is ActivateUser's.
//
// POST /api/v1/users/{id}/lifecycle/reactivate, okta.users.manage. E0000007 when there is no such user, E0000038 for
// another status.
func (c *Client) ReactivateUser(ctx context.Context, id string, sendEmail bool) (json.RawMessage, error) {
	return c.lifecycle(ctx, At(userPath+"/lifecycle/reactivate", id), flag("sendEmail", sendEmail))
}

// DeactivateUser takes all apps away from a user and makes it DEPROVISIONED; Okta finishes it in the background.
// sendEmail tells the org's admins.
//
// POST /api/v1/users/{id}/lifecycle/deactivate, okta.users.manage. E0000007 when there is no such user.
func (c *Client) DeactivateUser(ctx context.Context, id string, sendEmail bool) error {
	_, err := c.lifecycle(ctx, At(userPath+"/lifecycle/deactivate", id), flag("sendEmail", sendEmail))
	return err
}

// SuspendUser keeps an ACTIVE user from signing in. Groups and apps stay.
//
// POST /api/v1/users/{id}/lifecycle/suspend, okta.users.manage. E0000007 when there is no such user, E0000038 or
// E0000001 for another status.
func (c *Client) SuspendUser(ctx context.Context, id string) error {
	_, err := c.lifecycle(ctx, At(userPath+"/lifecycle/suspend", id), nil)
	return err
}

// UnsuspendUser makes a SUSPENDED user ACTIVE.
//
// POST /api/v1/users/{id}/lifecycle/unsuspend, okta.users.manage. E0000007 when there is no such user, E0000038 or
// E0000001 for another status.
func (c *Client) UnsuspendUser(ctx context.Context, id string) error {
	_, err := c.lifecycle(ctx, At(userPath+"/lifecycle/unsuspend", id), nil)
	return err
}

// UnlockUser makes a LOCKED_OUT user ACTIVE, or lifts the block of unknown devices. Okta-sourced users only.
//
// POST /api/v1/users/{id}/lifecycle/unlock, okta.users.manage. E0000007 when there is no such user, E0000032 when it is
// not locked.
func (c *Client) UnlockUser(ctx context.Context, id string) error {
	_, err := c.lifecycle(ctx, At(userPath+"/lifecycle/unlock", id), nil)
	return err
}

// ResetPassword moves a user to RECOVERY and mints a one-time link for a new password: a new one each time. Without
// sendEmail the answer is {"resetPasswordUrl"}, which lets anybody in; with it Okta mails the link to the user and
// answers {}.
//
// POST /api/v1/users/{id}/lifecycle/reset_password, okta.users.manage. E0000007 when there is no such user, E0000017
// and E0000038 for one whose password cannot be reset.
func (c *Client) ResetPassword(
	ctx context.Context, id string, sendEmail, revokeSessions bool,
) (json.RawMessage, error) {
	query := flag("sendEmail", sendEmail)
	query.Set("revokeSessions", strconv.FormatBool(revokeSessions))
	return c.lifecycle(ctx, At(userPath+"/lifecycle/reset_password", id), query)
}

func (c *Client) lifecycle(ctx context.Context, path Path, query url.Values) (json.RawMessage, error) {
	return c.call(ctx, http.MethodPost, path, query, nil)
}

func flag(name string, value bool) url.Values { return url.Values{name: {strconv.FormatBool(value)}} }
