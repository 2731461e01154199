package okta

import (
	"context"
	"iter"
	"net/url"
)

// ListRealms lists the realms of the org.
//
// GET /api/v1/realms, okta.realms.read. 401 with E0000015 where the org has no realms.
func (c *Client) ListRealms(ctx context.Context, query url.Values) iter.Seq2[Page, error] {
	return c.Pages(ctx, At("/api/v1/realms"), query, "")
}
