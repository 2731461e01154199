package okta

import (
	"context"
	"iter"
	"net/url"
)

// ListLogEvents reads the System Log, a page of at most 1,000 at a time. A query with an upper bound ends. One without,
// in ascending order, never does: its last page is empty and still links to what comes next.
//
// GET /api/v1/logs, okta.logs.read. E0000053 for a filter or a time that Okta cannot use, E0000009 when the query took
// more than 30 s.
func (c *Client) ListLogEvents(ctx context.Context, query url.Values) iter.Seq2[Page, error] {
	return c.Pages(ctx, At("/api/v1/logs"), query, "")
}
