package sandbox

import (
	"encoding/binary"
	"strings"
)

// listing is what the lists with search, filter and q have in common.
type listing[T any] struct {
	table     *table[T]
	attribute func(*T, string) any // by name, for expressions and sortBy
	search    rules
	filter    rules
	visible   func(*T) bool         // in the plain list and for q; nil: all
	matchesQ  func(*T, string) bool // q is in lower case
	limit     int                   // of a page, where the request names none
	limitQ    int                   // with q
	most      int
}

// page reads the query of c and returns the objects it asks for, having written the links. Without a q: with it there
// are neither pages nor links.
func (l listing[T]) page(c *call) ([]*T, *apiError) {
	search, filter, q := c.query.Get("search"), c.query.Get("filter"), strings.ToLower(c.query.Get("q"))
	if filter != "" && (search != "" || q != "") {
		return nil, queryAndFilter()
	}
	first := l.limit
	if q != "" {
		first = l.limitQ
	}
	limit, refusal := c.limit(first, l.most)
	if refusal != nil {
		return nil, refusal
	}
	wanted, refusal := l.wanted(search, filter, q)
	if refusal != nil {
		return nil, refusal
	}
	if q != "" && search == "" {
		page, _ := pageOf(l.table.rows, l.table.idOf, cursor{}, limit, wanted)
		return page, nil
	}
	after, refusal := c.cursor()
	if refusal != nil {
		return nil, refusal
	}
	var page []*T
	var next *cursor
	sortBy := c.query.Get("sortBy")
	switch {
	case search == "":
		page, next = pageOf(l.table.rows, l.table.idOf, after, limit, wanted)
	case sortBy == "":
		page, next = pageOf(l.table.search(), l.table.idOf, after, limit, wanted)
	case !l.search.attribute(sortBy):
		return nil, invalidSearch("sortBy: " + sortBy + ": The attribute is not supported here.")
	default:
		descending := strings.HasPrefix(strings.ToLower(c.query.Get("sortOrder")), "desc")
		entries := l.table.sorted(sortBy, descending, func(row *T) string { return sortKey(l.attribute(row, sortBy)) })
		page, next = pageOfSorted(entries, l.table.idOf, after, descending, limit, wanted)
	}
	c.pageLinks(limit, next)
	return page, nil
}

// wanted makes the condition that an object has to meet.
func (l listing[T]) wanted(search, filter, q string) (func(*T) bool, *apiError) {
	rules, text, read := l.search, search, l.search.search
	if filter != "" {
		rules, text, read = l.filter, filter, l.filter.filter
	}
	if text == "" {
		return func(row *T) bool {
			return (l.visible == nil || l.visible(row)) && (q == "" || l.matchesQ(row, q))
		}, nil
	}
	e, refusal := read(text)
	if refusal != nil {
		return nil, refusal
	}
	return func(row *T) bool {
		return e.matches(func(name string) any { return l.attribute(row, name) }, rules.exact) &&
			(q == "" || l.matchesQ(row, q))
	}, nil
}

// sortKey makes values of one attribute comparable as text.
func sortKey(value any) string {
	switch v := value.(type) {
	case string:
		return strings.ToLower(v)
	case stamp:
		return v.String()
	case bool:
		if v {
			return "1"
		}
		return "0"
	case interface{ Int64() (int64, error) }: // json.Number
		n, _ := v.Int64()
		return string(binary.BigEndian.AppendUint64(nil, uint64(n)^1<<63)) // negative ones first
	case []any:
		if len(v) > 0 {
			return sortKey(v[0])
		}
	}
	return ""
}
