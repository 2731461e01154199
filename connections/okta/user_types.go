package okta

import (
	"context"
	"iter"
)

// ListUserTypes lists the org's user types. Okta does not page it.
//
// GET /api/v1/meta/types/user, okta.userTypes.read.
func (c *Client) ListUserTypes(ctx context.Context) iter.Seq2[Page, error] {
	return c.Pages(ctx, At("/api/v1/meta/types/user"), nil, "")
}
