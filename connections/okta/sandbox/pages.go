package sandbox

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// limit reads the limit parameter: first where it is absent or 0, and never more than most.
func (c *call) limit(first, most int) (int, *apiError) {
	text := c.query.Get("limit")
	if text == "" {
		return first, nil
	}
	n, err := strconv.Atoi(text)
	switch {
	case err != nil || n < 0:
		return 0, invalid("limit", "limit: The value is not a whole number, or negative.")
	case n == 0:
		return first, nil
	}
	return min(n, most), nil
}

// cursor is where a page ended: the sort key and id of its last object.
type cursor struct{ key, id string }

// String writes the cursor as a token that tells nothing and bears changing badly: a client that cuts it, counts on its
// letters or makes one up is found out. It ends in what has to be escaped in a query, as tokens may.
func (c cursor) String() string {
	payload := binary.AppendUvarint(nil, uint64(len(c.key)))
	payload = append(append(payload, c.key...), c.id...)
	payload = binary.LittleEndian.AppendUint32(payload, crc32.ChecksumIEEE(payload))
	return base64.RawURLEncoding.EncodeToString(payload) + "=="
}

// cursor reads the after parameter; the zero cursor where it is absent.
func (c *call) cursor() (cursor, *apiError) {
	text := c.query.Get("after")
	if text == "" {
		return cursor{}, nil
	}
	payload, err := base64.RawURLEncoding.DecodeString(strings.TrimSuffix(text, "=="))
	if err != nil || len(payload) < 5 || !strings.HasSuffix(text, "==") {
		return cursor{}, invalidPaging("Invalid cursor.")
	}
	payload, sum := payload[:len(payload)-4], binary.LittleEndian.Uint32(payload[len(payload)-4:])
	size, n := binary.Uvarint(payload)
	if sum != crc32.ChecksumIEEE(payload) || n <= 0 || uint64(len(payload)-n) < size {
		return cursor{}, invalidPaging("Invalid cursor.")
	}
	payload = payload[n:]
	return cursor{string(payload[:size]), string(payload[size:])}, nil
}

// link adds a Link header with the request's own query but for the cursor and limit, which come first. Parameters that
// Okta ignores, it leaves out of the links too.
func (c *call) link(rel, after string, limit int) {
	query := url.Values{}
	for name, values := range c.query {
		if name != "after" && name != "limit" && (name != "sortOrder" || c.query.Has("sortBy") || isLogs(c.r)) {
			query[name] = values
		}
	}
	var parts []string
	if after != "" {
		parts = append(parts, "after="+url.QueryEscape(after))
	}
	if limit >= 0 {
		parts = append(parts, "limit="+strconv.Itoa(limit))
	}
	if len(query) > 0 {
		parts = append(parts, query.Encode())
	}
	address := c.base() + c.r.URL.EscapedPath()
	if len(parts) > 0 {
		address += "?" + strings.Join(parts, "&")
	}
	c.head.Add("Link", fmt.Sprintf("<%s>; rel=%q", address, rel))
}

func isLogs(r *http.Request) bool { return r.URL.Path == "/api/v1/logs" }

// pageLinks writes the self link, and a next link where there is a next page.
func (c *call) pageLinks(limit int, next *cursor) {
	c.link("self", c.query.Get("after"), limit)
	if next != nil {
		c.link("next", next.String(), limit)
	}
}

// pageOf returns at most limit of the rows that come after the cursor in the order of their ids and are wanted, and
// where the next page begins, nil where there is none.
func pageOf[T any](rows []*T, idOf func(*T) string, after cursor, limit int, wanted func(*T) bool) ([]*T, *cursor) {
	start, found := slices.BinarySearchFunc(rows, after.id, func(r *T, id string) int {
		return strings.Compare(idOf(r), id)
	})
	if found {
		start++
	}
	page := make([]*T, 0, min(limit, len(rows)-start))
	for _, row := range rows[start:] {
		if wanted != nil && !wanted(row) {
			continue
		}
		if len(page) == limit {
			return page, &cursor{id: idOf(page[limit-1])}
		}
		page = append(page, row)
	}
	return page, nil
}

// pageOfSorted is pageOf for entries that are in the order of their keys.
func pageOfSorted[T any](
	entries []entry[T], idOf func(*T) string, after cursor, descending bool, limit int, wanted func(*T) bool,
) ([]*T, *cursor) {
	start := 0
	if after.id != "" {
		at, found := slices.BinarySearchFunc(entries, after, func(e entry[T], c cursor) int {
			if order := compareKeys(e.key, c.key, descending); order != 0 {
				return order
			}
			return strings.Compare(idOf(e.row), c.id)
		})
		if start = at; found {
			start++
		}
	}
	page := make([]*T, 0, min(limit, len(entries)-start))
	var last cursor
	for _, e := range entries[start:] {
		if wanted != nil && !wanted(e.row) {
			continue
		}
		if len(page) == limit {
			return page, &last
		}
		page, last = append(page, e.row), cursor{e.key, idOf(e.row)}
	}
	return page, nil
}

// array joins rendered objects to a JSON array, in buffer as far as that is large enough.
func array[T any](buffer []byte, rows []*T, render func([]byte, *T) []byte) []byte {
	b := buffer
	b = append(b, '[')
	for i, row := range rows {
		if i > 0 {
			b = append(b, ',')
		}
		b = render(b, row)
	}
	return append(b, ']')
}
