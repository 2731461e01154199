package actions

import (
	"context"
	"iter"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/okta-connector/okta-connector/connections/okta"
	"github.com/okta-connector/okta-connector/runtime/connector"
	"github.com/okta-connector/okta-connector/schemas"
)

const (
	maxLogEvents   = 10_000 // what one Fetch All of the System Log reads at most
	logPageSize    = 1000   // Okta's largest page of it
	maxLogKeywords = 10
	maxLogKeyword  = 40 // characters
)

type getSystemLogs struct {
	fetchAllInput
	Since  string `json:"since" title:"Since" format:"date-time" example:"2026-02-04T00:00:00Z" doc:"Only events from this time on. Not set, Okta goes back 7 days. It has no effect together with After."`
	Until  string `json:"until" title:"Until" format:"date-time" example:"2026-02-05T00:00:00Z" doc:"Only events before this time. Not set, Fetch All stops at the present time of the org's own clock."`
	Filter string `json:"filter" title:"Filter" example:"eventType eq \"user.session.start\"" doc:"A condition on the properties of events: eventType eq \"user.session.start\" and outcome.result eq \"FAILURE\"."`
	Q      string `json:"q" title:"q" example:"ada@example.com" doc:"Words that the events contain, in whatever property: at most 10, of at most 40 characters each."`
	afterInput
	Limit     int    `json:"limit" title:"Limit" min:"1" max:"1000" example:"1000" doc:"How many events a page has, at most 1,000. Not set, one page has 200 and those of Fetch All have 1,000."`
	SortOrder string `json:"sortOrder" title:"Sort Order" options:"ASCENDING=Oldest first,DESCENDING=Newest first" example:"DESCENDING" doc:"The order of the events, the oldest first when not set."`
}

// Check holds the two ends of the time asked for against each other.
func (in getSystemLogs) Check() schemas.Invalid {
	since, errSince := time.Parse(time.RFC3339, in.Since)
	until, errUntil := time.Parse(time.RFC3339, in.Until)
	if errSince == nil && errUntil == nil && since.After(until) {
		return schemas.Invalid{{Pointer: "/since", Detail: "must not be after Until"}}
	}
	return nil
}

// CheckEach holds the words to look for against Okta's limits.
func (in getSystemLogs) CheckEach() schemas.Invalid {
	var bad schemas.Invalid
	words := strings.Fields(in.Q)
	if len(words) > maxLogKeywords {
		bad.Add("/q", "must not have more than 10 words")
	}
	for _, word := range words {
		if utf8.RuneCountInString(word) > maxLogKeyword {
			bad.Add("/q", "must not have words of more than 40 characters")
			break
		}
	}
	return bad
}

// pages reads the log. A cursor says where it begins, and Okta takes no other beginning beside it.
func (in getSystemLogs) pages(ctx context.Context, c *okta.Client, size int) iter.Seq2[okta.Page, error] {
	if in.After != "" {
		in.Since = ""
	}
	return c.ListLogEvents(ctx, queryOf("since", in.Since, "until", in.Until, "filter", in.Filter, "q", in.Q,
		"after", in.After, "limit", number(in.Limit, size), "sortOrder", in.SortOrder))
}

// fetchAll reads to the end, which without Until there would be none: Okta then keeps linking to what comes next.
func (in getSystemLogs) fetchAll(ctx context.Context, c *okta.Client) (connector.Result, error) {
	if in.Until == "" {
		skew, err := c.ClockSkew(ctx)
		if err != nil {
			return connector.Result{}, err
		}
		// The skew is known to the second: one more, so that what has just happened is not cut off.
		in.Until = time.Now().Add(skew + time.Second).UTC().Format("2006-01-02T15:04:05.000Z")
	}
	return connector.Result{Pages: capped(in.pages(ctx, c, logPageSize))}, nil
}

// capped ends at an empty page, and where one more page of the same size would exceed what a call may read. The last
// page then keeps its link, for the next call.
func capped(pages iter.Seq2[okta.Page, error]) iter.Seq2[okta.Page, error] {
	return func(yield func(okta.Page, error) bool) {
		read := 0
		for page, err := range pages {
			if len(page.Items) == 0 {
				page.Next = ""
			}
			read += len(page.Items)
			if !yield(page, err) || page.Next == "" || read+len(page.Items) > maxLogEvents {
				return
			}
		}
	}
}

// GetSystemLogs reads what happened in the org.
var GetSystemLogs = connector.NewAction(
	connector.ActionInfo{
		Key:   "getSystemLogs",
		Label: "Get System Logs",
		Description: "Reads events of the System Log, which Okta keeps for 90 days. Fetch All reads up to now and " +
			"stops at 10,000 events: with After and the cursor it returns, another call goes on from there. To be " +
			"told of events as they come, use the New System Logs trigger.",
		Group:  "System Log",
		Output: schemas.ListOf(schemas.LogEvent()),
		Example: example(
			`{"since": "2026-02-04T00:00:00Z", "filter": "eventType eq \"user.session.start\"", "limit": 100}`,
			logEventsExample,
		),
		Scopes:      []string{"okta.logs.read"},
		Annotations: connector.Annotations{ReadOnly: true, Idempotent: true},
	},
	func(ctx context.Context, c *okta.Client, in getSystemLogs) (connector.Result, error) {
		if in.FetchAll {
			return in.fetchAll(ctx, c)
		}
		return read(in.pages(ctx, c, pageSize), false)
	},
)

const logEventsExample = `[{
	"uuid": "0b1f6f3e-0181-11f1-8f6a-7d2f1c6a9d51",
	"published": "2026-02-04T07:58:12.345Z",
	"eventType": "user.session.start",
	"version": "0",
	"severity": "INFO",
	"displayMessage": "User login to Okta",
	"actor": {
		"id": "00u1emaK22TWRYd3TtG7", "type": "User", "alternateId": "ada@example.com", "displayName": "Ada Lovelace"
	},
	"client": {"ipAddress": "203.0.113.7", "device": "Computer", "zone": "null"},
	"outcome": {"result": "SUCCESS", "reason": null},
	"target": [],
	"transaction": {"type": "WEB", "id": "aYL3pVq2c0GZ8pQ1rD5mWwAAB9o", "detail": {}},
	"debugContext": {"debugData": {"requestUri": "/api/v1/authn"}}
}]`
