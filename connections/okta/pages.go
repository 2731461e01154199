package okta

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"iter"
	"net/http"
	"net/url"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// Page is one answer of a list, its items as Okta sent them. The items share one buffer: to keep few of them for long,
// clone them.
type Page struct {
	Items []json.RawMessage
	Next  Cursor
}

// AppendLines appends the items to dst, each on a line of its own, as NDJSON has it.
func (p Page) AppendLines(dst []byte) []byte {
	for _, item := range p.Items {
		if bytes.ContainsAny(item, "\r\n") {
			item = bytes.Map(dropLineBreaks, item) // never inside a JSON text
		}
		dst = append(append(dst, item...), '\n')
	}
	return dst
}

func dropLineBreaks(r rune) rune {
	if r == '\n' || r == '\r' {
		return -1
	}
	return r
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
	for pair := range strings.SplitSeq(query, "&") {
		if value, ok := strings.CutPrefix(pair, "after="); ok {
			if s, err := url.QueryUnescape(value); err == nil {
				return s
			}
		}
	}
	return ""
}

// split returns the escaped path and the query, and false for anything that is not plainly a path below /api/v1/.
func (n Cursor) split() (escaped, query string, ok bool) {
	escaped, query, _ = strings.Cut(string(n), "?")
	if !strings.HasPrefix(escaped, "/api/v1/") || strings.ContainsFunc(string(n), unfitForLink) {
		return "", "", false
	}
	path, err := url.PathUnescape(escaped)
	if err != nil {
		return "", "", false
	}
	for segment := range strings.SplitSeq(path, "/") {
		if segment == "." || segment == ".." {
			return "", "", false
		}
	}
	return escaped, query, true
}

// unfitForLink holds for what RFC 3986 wants escaped and what would change the request otherwise.
func unfitForLink(r rune) bool {
	return r <= ' ' || r == 0x7f || r == '\\' || r == '#'
}

// Page fetches one page of a list: the first one when at is empty, otherwise the page that at points to.
func (c *Client) Page(ctx context.Context, path Path, query url.Values, at Cursor) (Page, error) {
	r := &Request{Method: http.MethodGet, Path: path, Query: query}
	if at != "" {
		escaped, rawQuery, ok := at.split()
		if !ok {
			return Page{}, unreadable(r, http.StatusOK, nil, "the next link is not one of Okta's")
		}
		r.Path, r.Query, r.rawQuery = Raw(escaped, path.Template), nil, rawQuery
	}
	resp, err := c.Do(ctx, r)
	if err != nil {
		return Page{}, err
	}
	page := Page{Next: nextLink(resp.Header.Values("Link"))}
	if len(bytes.TrimSpace(resp.Body)) == 0 {
		return page, nil
	}
	items, err := splitList(resp.Body)
	switch {
	case errors.Is(err, errNotList):
		return Page{}, unreadable(r, resp.Status, resp.Header, "the answer is not a list")
	case err != nil:
		return Page{}, resp.notJSON(r)
	}
	page.Items = items
	return page, nil
}

var errNotList = errors.New("not a list")

// splitList returns the elements of a JSON array as parts of body. One pass of jsontext both checks and splits, several
// times faster than encoding/json, which reads twice and copies.
func splitList(body []byte) ([]json.RawMessage, error) {
	d := jsontext.NewDecoder(bytes.NewBuffer(body), tolerant...)
	if kind := d.PeekKind(); kind != jsontext.KindBeginArray {
		if _, err := d.ReadValue(); err != nil {
			return nil, err
		}
		return nil, errNotList
	}
	if _, err := d.ReadToken(); err != nil {
		return nil, err
	}
	items := []json.RawMessage{}
	for d.PeekKind() != jsontext.KindEndArray {
		item, err := d.ReadValue()
		if err != nil {
			return nil, err
		}
		end := d.InputOffset()
		items = append(items, body[end-int64(len(item)):end:end])
	}
	if _, err := d.ReadToken(); err != nil {
		return nil, err
	}
	if _, err := d.ReadToken(); !errors.Is(err, io.EOF) {
		return nil, errors.New("more than one value")
	}
	return items, nil
}

// ErrRepeatedLink ends a list whose next link leads back to a page already read. It comes with an [*Error].
var ErrRepeatedLink = errors.New("the list would never end")

// Pages fetches a list page by page as the caller consumes it, from at (the start when empty) to the last page. After
// an error it yields nothing more. The caller ends lists that never end, such as the polling form of the System Log.
func (c *Client) Pages(ctx context.Context, path Path, query url.Values, at Cursor) iter.Seq2[Page, error] {
	return func(yield func(Page, error) bool) {
		var read trail
		at := at
		for {
			read.add(at)
			page, err := c.Page(ctx, path, query, at)
			if err != nil {
				yield(Page{}, err)
				return
			}
			if !yield(page, nil) || page.Next == "" {
				return
			}
			if read.has(page.Next) {
				r := &Request{Method: http.MethodGet, Path: path}
				yield(Page{}, fmt.Errorf("%w: %w", unreadable(r, http.StatusOK, nil, "the next link repeats"), ErrRepeatedLink))
				return
			}
			at = page.Next
		}
	}
}

// maxTrail is how many links are remembered before the older ones are forgotten: a loop of real servers is short.
const maxTrail = 4096

// trail remembers links by their hashes.
type trail struct {
	seed maphash.Seed
	seen map[uint64]struct{}
}

func (t *trail) add(n Cursor) {
	if t.seen == nil || len(t.seen) == maxTrail {
		t.seed, t.seen = maphash.MakeSeed(), make(map[uint64]struct{})
	}
	t.seen[maphash.String(t.seed, string(n))] = struct{}{}
}

func (t *trail) has(n Cursor) bool {
	_, ok := t.seen[maphash.String(t.seed, string(n))]
	return ok
}
