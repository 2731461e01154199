package actions

import (
	"encoding/json"
	"iter"
	"net/url"
	"slices"
	"strconv"

	"github.com/okta-connector/okta-connector/connections/okta"
	"github.com/okta-connector/okta-connector/runtime/connector"
	"github.com/okta-connector/okta-connector/schemas"
)

// pageSize is the items a page has where Limit is not given: the specification's default, and the largest page that
// Okta advises for every list but the System Log.
const pageSize = 200

type fetchAllInput struct {
	FetchAll bool `json:"fetchAll" title:"Fetch All" default:"false" doc:"Read every page instead of one. Limit is then the size of the pages, not of the result."`
}

type afterInput struct {
	After string `json:"after" title:"After" doc:"Where to continue: the nextCursor of the page before, with all other inputs repeated. Empty starts at the beginning."`
}

type sortInputs struct {
	SortBy    string `json:"sortBy" title:"Sort By" example:"lastUpdated" doc:"The property to sort by. It has an effect together with Search only; equal values are sorted by id."`
	SortOrder string `json:"sortOrder" title:"Sort Order" options:"asc=Ascending,desc=Descending" doc:"The direction of Sort By, ascending when not set. Okta ignores it without Sort By."`
}

// extraParametersInput is for lists with the inputs of [sortInputs], Search, Filter, q, After and Limit.
type extraParametersInput struct {
	ExtraParameters schemas.KeyValues `json:"extraParameters" title:"Extra Parameters" example:"{\"fields\": \"id,status\"}" doc:"More query parameters of Okta's operation, sent as they are. One that has an input here must be given there."`
}

// queryOf builds a query of name, value pairs, without those that are not set.
func queryOf(pairs ...string) url.Values {
	query := make(url.Values)
	for pair := range slices.Chunk(pairs, 2) {
		if pair[1] != "" {
			query.Set(pair[0], pair[1])
		}
	}
	return query
}

// number writes a limit for [queryOf], or the given default where it is 0.
func number(limit, otherwise int) string {
	if limit == 0 {
		limit = otherwise
	}
	return strconv.Itoa(limit)
}

// read answers with the first of pages and the cursor after it, or with all of them.
func read(pages iter.Seq2[okta.Page, error], fetchAll bool) (connector.Result, error) {
	if fetchAll {
		return connector.Result{Pages: pages}, nil
	}
	for page, err := range pages {
		if err != nil {
			return connector.Result{}, err
		}
		result := connector.Result{Data: array(page.Items)}
		if len(page.Items) > 0 { // the System Log links from an empty page to itself
			result.NextCursor = page.Next.After()
		}
		return result, nil
	}
	return connector.Result{Data: array(nil)}, nil
}

// array puts items into one JSON array, each byte for byte as Okta sent it.
func array(items []json.RawMessage) json.RawMessage {
	data := []byte{'['}
	for i, item := range items {
		if i > 0 {
			data = append(data, ',')
		}
		data = append(data, item...)
	}
	return append(data, ']')
}

// checkSearching holds the query of a list of users or groups against what Okta documents. The inputs are named as
// Okta's parameters.
func checkSearching(query url.Values) schemas.Invalid {
	var bad schemas.Invalid
	kinds := slices.DeleteFunc([]string{"search", "filter", "q"}, func(name string) bool { return !query.Has(name) })
	if len(kinds) > 1 {
		for _, name := range kinds {
			bad.Add(schemas.Pointer(name), "excludes the others: give one of Search, Filter and q")
		}
	}
	if query.Has("q") && query.Has("after") {
		bad.Add("/after", "cannot be combined with q: Okta answers it with a single page; use Search")
	}
	return bad
}

// CheckEach refuses parameters that an input of the action stands for; those are checked, these are not.
func (in extraParametersInput) CheckEach() schemas.Invalid {
	var bad schemas.Invalid
	for i, row := range in.ExtraParameters {
		switch row.Key {
		case "search", "filter", "q", "after", "limit", "sortBy", "sortOrder":
			bad.Add(rowPointer("extraParameters", i), "must be given in the input of that name")
		}
	}
	return bad
}

// rowPointer points at a row of a key-value input.
func rowPointer(input string, row int) string { return schemas.Pointer(input, strconv.Itoa(row)) }

// addExtra appends extra parameters to a query.
func addExtra(query url.Values, extra schemas.KeyValues) url.Values {
	for _, row := range extra {
		query.Add(row.Key, row.Value)
	}
	return query
}
