package okta

import (
	"context"
	"encoding/json"
	"iter"
	"net/url"
)

// A List is one of the org's lists, as an operation's method returns it: nothing is read until one of its methods is
// called, and each of them starts at the query's after parameter, or at the beginning.
type List struct {
	client *Client
	path   Path
	query  url.Values
}

func (c *Client) list(path Path, query url.Values) List {
	return List{client: c, path: path, query: query}
}

// Page reads one page.
func (l List) Page(ctx context.Context) (Page, error) { return l.client.Page(ctx, l.path, l.query, "") }

// Pages reads page by page to the end, see [Client.Pages].
func (l List) Pages(ctx context.Context) iter.Seq2[Page, error] {
	return l.client.Pages(ctx, l.path, l.query, "")
}

// All reads to the end and returns every item, for lists known to be short.
func (l List) All(ctx context.Context) ([]json.RawMessage, error) {
	var items []json.RawMessage
	for page, err := range l.Pages(ctx) {
		if err != nil {
			return nil, err
		}
		items = append(items, page.Items...)
	}
	return items, nil
}
