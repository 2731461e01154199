package okta

import (
	"context"
	"iter"
	"net/http"
)

// ListFactors lists the factors a user has enrolled, as far as the enrolment policy that applies to the caller's own
// network and device allows them. Okta does not page it.
//
// GET /api/v1/users/{userId}/factors, okta.users.read. E0000007 when there is no such user.
func (c *Client) ListFactors(ctx context.Context, userID string) iter.Seq2[Page, error] {
	return c.Pages(ctx, At("/api/v1/users/{userId}/factors", userID), nil, "")
}

// UnenrollFactor removes a factor from a user. With a push or signed_nonce factor, all of the user's Okta Verify
// factors go. removeRecovery, for sms and call, ends the use of the phone number for recovery too.
//
// DELETE /api/v1/users/{userId}/factors/{factorId}, okta.users.manage. E0000007 when the user or the factor is not
// there.
func (c *Client) UnenrollFactor(ctx context.Context, userID, factorID string, removeRecovery bool) error {
	_, err := c.call(ctx, http.MethodDelete, At("/api/v1/users/{userId}/factors/{factorId}", userID, factorID),
		flag("removeRecoveryEnrollment", removeRecovery), nil)
	return err
}
