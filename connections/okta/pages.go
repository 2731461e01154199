package okta

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"strings"
)

// Page is one answer of a list, its items as Okta sent them.
type Page struct {
	Items []json.RawMessage
	Next  Cursor
}

// Cursor is the path and query of a rel="next" link, kept as Okta wrote it. It is empty after the last page.
//
// Okta asks clients to follow the link and not to rebuild it; the host is left out, so that a credential can only
// ever go to the connection's own org.
type Cursor string

// After returns the link's after parameter, for callers that repeat the other parameters themselves; "" when the link
// has none.
func (n Cursor) After() string {
	_, query, _ := strings.Cut(string(n), "?")
	for _, pair := range strings.Split(query, "&") {
		if value, ok := strings.CutPrefix(pair, "after="); ok {
			if s, err := url.QueryUnescape(value); err == nil {
				return s
			}
		}
	}
	return ""
}

// Page fetches one page of a list: the first one when at is empty, otherwise the page that at points to.
func (c *Client) Page(ctx context.Context, path Path, query url.Values, at Cursor) (Page, error) {
	r := &Request{Method: http.MethodGet, Path: path, Query: query}
	if at != "" {
		escaped, rawQuery, _ := strings.Cut(string(at), "?")
		if !strings.HasPrefix(escaped, "/api/v1/") {
			return Page{}, fmt.Errorf("okta: %s: the next link is not one of Okta's", path.Template)
		}
		r.Path, r.rawQuery = Raw(escaped, path.Template), rawQuery
	}
	resp, err := c.Do(ctx, r)
	if err != nil {
		return Page{}, err
	}
	raw, err := resp.JSON(r)
	if err != nil {
		return Page{}, err
	}
	page := Page{Next: nextLink(resp.Header.Values("Link"))}
	if raw == nil {
		return page, nil
	}
	if err := json.Unmarshal(raw, &page.Items); err != nil {
		return Page{}, &Error{
			Status: resp.Status, Method: r.Method, Route: path.Template, Reason: "the answer is not a list",
			RequestID: resp.Header.Get("X-Okta-Request-Id"), header: resp.Header,
		}
	}
	return page, nil
}

// ErrRepeatedLink ends a list whose next link leads back to a page already read.
var ErrRepeatedLink = errors.New("okta: the next link repeats: the list would never end")

// Pages fetches a list page by page as the caller consumes it, from at (the start when empty) to the last page. After
// an error it yields nothing more. The caller ends lists that never end, such as the polling form of the System Log.
func (c *Client) Pages(ctx context.Context, path Path, query url.Values, at Cursor) iter.Seq2[Page, error] {
	return func(yield func(Page, error) bool) {
		seen := make(map[Cursor]struct{})
		for {
			page, err := c.Page(ctx, path, query, at)
			if err != nil {
				yield(Page{}, err)
				return
			}
			if !yield(page, nil) || page.Next == "" {
				return
			}
			if _, repeated := seen[page.Next]; repeated || page.Next == at {
				yield(Page{}, fmt.Errorf("%s: %w", path.Template, ErrRepeatedLink))
				return
			}
			at = page.Next
			seen[at] = struct{}{}
		}
	}
}
