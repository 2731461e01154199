package triggers

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"net/url"
	"strconv"
	"time"

	"github.com/okta-connector/okta-connector/connections/okta"
	"github.com/okta-connector/okta-connector/runtime/connector"
	"github.com/okta-connector/okta-connector/schemas"
)

const (
	// overlap is how far behind the watermark each search begins: the search index lags behind the directory, without
	// a bound that Okta promises; in practice by about a second.
	overlap = 120 * time.Second

	// creationSpan is how long after created a creation itself still moves lastUpdated (0 to 2 s in recorded creates).
	creationSpan = 2 * time.Second

	userPageSize = 200
	oktaTime     = "2006-01-02T15:04:05.000Z"
)

// NewUsers reports each user once, after the search index shows it.
var NewUsers = connector.NewTrigger(
	connector.TriggerInfo{
		Key:   "newUsers",
		Label: "New Users",
		Description: "Reports each user that was created in the org, whoever created it: a person, an import, an API call. " +
			"Users that existed before the subscription are not reported.",
		Schedule: "*/5 * * * *",
		Event:    schemas.User(),
		Example:  json.RawMessage(userExample),
		Scopes:   []string{"okta.users.read"},
	},
	func(ctx context.Context, c *okta.Client, _ noInputs, start connector.Start, cursor *userCursor,
	) iter.Seq2[connector.Step[userCursor], error] {
		return scanUsers(ctx, c, newUsers, start, cursor)
	},
)

// UpdatedUsers reports each change of a user that moved its lastUpdated.
var UpdatedUsers = connector.NewTrigger(
	connector.TriggerInfo{
		Key:   "updatedUsers",
		Label: "Updated Users",
		Description: "Reports a user whenever its lastUpdated moves: its profile, status or credentials changed. " +
			"The creation of a user is not an update. Polling sees the user as it is at the poll: of several changes " +
			"between two polls the last one is reported, two changes within one second look like one, and a user that was " +
			"deleted for good is not seen any more. Group memberships, application assignments and sign-ins need not move " +
			"lastUpdated: watch those with New System Logs.",
		Schedule: "*/5 * * * *",
		Event:    schemas.User(),
		Example:  json.RawMessage(userExample),
		Scopes:   []string{"okta.users.read"},
	},
	func(ctx context.Context, c *okta.Client, _ noInputs, start connector.Start, cursor *userCursor,
	) iter.Seq2[connector.Step[userCursor], error] {
		return scanUsers(ctx, c, updatedUsers, start, cursor)
	},
)

type noInputs struct{}

// userCursor is a position in the directory's history. Okta's timestamps have a resolution of one second, so a
// position alone would lose the second user of a second: what was already seen inside the overlap is kept with it.
type userCursor struct {
	From      time.Time            `json:"from"`      // nothing older is an event
	Watermark time.Time            `json:"watermark"` // the newest timestamp seen, never the clock
	Seen      map[string]time.Time `json:"seen"`      // user id → newest timestamp seen of it, inside the overlap
}

// user is what a scan reads of Okta's user; the rest is handed on unread.
type user struct {
	ID          string    `json:"id"`
	Created     time.Time `json:"created"`
	LastUpdated time.Time `json:"lastUpdated"`
}

// A userScan is what the two triggers differ in.
type userScan struct {
	attribute string
	eventType string
	timestamp func(user) time.Time
	eventID   func(user) string
	// isEvent decides on a user that was not seen with this timestamp; known tells whether it was seen with another.
	isEvent func(u user, from time.Time, known bool) bool
}

var newUsers = userScan{
	attribute: "created",
	eventType: "com.okta.user.created",
	timestamp: func(u user) time.Time { return u.Created },
	eventID:   func(u user) string { return u.ID + ":created" },
	isEvent:   func(user, time.Time, bool) bool { return true },
}

var updatedUsers = userScan{
	attribute: "lastUpdated",
	eventType: "com.okta.user.updated",
	timestamp: func(u user) time.Time { return u.LastUpdated },
	eventID:   func(u user) string { return u.ID + ":updated:" + u.LastUpdated.UTC().Format(oktaTime) },
	isEvent: func(u user, from time.Time, known bool) bool {
		creation := u.LastUpdated.Sub(u.Created) <= creationSpan && u.Created.After(from)
		return known || !creation
	},
}

// scanUsers reads, in ascending order, who came after the watermark. A user that changes while the scan runs moves to
// the end of that order: it may be read twice, never missed.
func scanUsers(
	ctx context.Context, c *okta.Client, scan userScan, start connector.Start, stored *userCursor,
) iter.Seq2[connector.Step[userCursor], error] {
	return func(yield func(connector.Step[userCursor], error) bool) {
		cursor, err := userPosition(ctx, c, start, stored)
		if err != nil {
			yield(connector.Step[userCursor]{}, err)
			return
		}
		query := url.Values{
			"search":    {fmt.Sprintf(`%s gt "%s"`, scan.attribute, cursor.Watermark.Add(-overlap).UTC().Format(oktaTime))},
			"sortBy":    {scan.attribute},
			"sortOrder": {"asc"},
			"limit":     {strconv.Itoa(userPageSize)},
		}
		for page, err := range c.Pages(ctx, okta.At("/api/v1/users"), query, "") {
			if err != nil {
				yield(connector.Step[userCursor]{}, err)
				return
			}
			events, err := cursor.take(scan, page.Items)
			if err != nil {
				yield(connector.Step[userCursor]{}, err)
				return
			}
			if start.Baseline && stored == nil {
				events = nil
			}
			if !yield(connector.Step[userCursor]{Events: events, Cursor: *cursor}, nil) {
				return
			}
		}
	}
}

// userPosition is where the scan begins: the stored cursor, or a first one at the second of the start.
func userPosition(
	ctx context.Context, c *okta.Client, start connector.Start, stored *userCursor,
) (*userCursor, error) {
	if stored != nil {
		if stored.Seen == nil {
			stored.Seen = map[string]time.Time{}
		}
		return stored, nil
	}
	from, err := startTime(ctx, c, start)
	if err != nil {
		return nil, err
	}
	from = from.Truncate(time.Second)
	return &userCursor{From: from, Watermark: from, Seen: map[string]time.Time{}}, nil
}

// take moves the cursor over a page and returns what of it is an event.
func (cur *userCursor) take(scan userScan, items []json.RawMessage) ([]connector.Event, error) {
	var events []connector.Event
	for _, raw := range items {
		var u user
		if err := json.Unmarshal(raw, &u); err != nil {
			return nil, fmt.Errorf("a user of the list: %w", err)
		}
		at := scan.timestamp(u)
		last, known := cur.Seen[u.ID]
		if known && !at.After(last) || at.Before(cur.From) {
			continue // it was seen like this, or the search index has gone back to what it was before
		}
		cur.Seen[u.ID] = at
		if at.After(cur.Watermark) {
			cur.Watermark = at
		}
		if !scan.isEvent(u, cur.From, known) {
			continue
		}
		events = append(events, connector.Event{
			ID: scan.eventID(u), Type: scan.eventType, Time: at, Subject: u.ID, Data: raw,
		})
	}
	horizon := cur.Watermark.Add(-overlap)
	for id, at := range cur.Seen {
		if !at.After(horizon) {
			delete(cur.Seen, id) // no later search can return it with this timestamp
		}
	}
	return events, nil
}
