package okta

import (
	"context"
	"iter"
	"net/url"
)

// ListPolicies lists the policies of one type, which the query must name.
//
// GET /api/v1/policies, okta.policies.read. E0000028 without a type.
func (c *Client) ListPolicies(ctx context.Context, query url.Values) iter.Seq2[Page, error] {
	return c.Pages(ctx, At("/api/v1/policies"), query, "")
}
