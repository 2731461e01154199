package triggers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"time"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/okta-connector/okta-connector/connections/okta"
	"github.com/okta-connector/okta-connector/runtime/connector"
	"github.com/okta-connector/okta-connector/schemas"
)

const (
	logPageSize    = 1000
	minLogPage     = 50                  // below this a query that times out is not helped by a smaller page
	logRetention   = 90 * 24 * time.Hour // Okta keeps no older events
	logFallback    = 15 * time.Minute    // read again when Okta refuses a stored link; Okta gives no bound for late events
	logEventPrefix = "com.okta.log."
	recentLogs     = 1000 // uuids kept to recognise what is read again
)

// NewSystemLogs reports every event of the System Log once, in the order in which Okta stored them.
var NewSystemLogs = connector.NewTrigger(
	connector.TriggerInfo{
		Key:   "newSystemLogs",
		Label: "New System Logs",
		Description: "Reports each new event of the System Log, oldest first, in the order in which Okta stores them: an " +
			"event that Okta stores late is reported late, not lost. A filter narrows down what Okta sends.",
		Schedule: "*/5 * * * *",
		Event:    schemas.LogEvent(),
		Example:  json.RawMessage(logEventExample),
		Scopes:   []string{"okta.logs.read"},
	},
	func(ctx context.Context, c *okta.Client, in newSystemLogs, start connector.Start, cursor *logCursor,
	) iter.Seq2[connector.Step[logCursor], error] {
		return scanLogs(ctx, c, in.Filter, start, cursor)
	},
)

type newSystemLogs struct {
	Filter string `json:"filter" title:"Filter" doc:"A System Log filter expression: only matching events are reported. published cannot be filtered on." placeholder:"eventType sw \"user.lifecycle\""`
}

// Check refuses what Okta refuses: the time is what the trigger itself moves along.
func (in newSystemLogs) Check() schemas.Invalid {
	if filtersPublished.MatchString(in.Filter) {
		return schemas.Invalid{{Pointer: "/filter", Detail: "cannot filter on published: the trigger follows time by itself"}}
	}
	return nil
}

var filtersPublished = regexp.MustCompile(`(?i)(^|[\s(])published\s+(eq|ne|gt|ge|lt|le|pr|sw|co)\b`)

// logCursor is Okta's own next link, verbatim, and what is needed to go on should Okta ever refuse it.
type logCursor struct {
	Next      okta.Cursor `json:"next"`
	Filter    string      `json:"filter,omitempty"` // baked into Next: another filter needs another link
	Since     time.Time   `json:"since"`            // the newest published seen that is not in the future, or the start
	Through   time.Time   `json:"through,omitzero"` // when the log was last read to its end, on Okta's clock
	Recent    []string    `json:"recent,omitempty"` // uuids, oldest first
	recentSet map[string]struct{}
	size      int // of a page, in this poll
}

// scanLogs follows the polling form of the System Log (no until, ascending), whose next link never ends, until a page
// is empty. Events are in the order of storage there, so no watermark on published can lose a late one.
func scanLogs(
	ctx context.Context, c *okta.Client, filter string, start connector.Start, stored *logCursor,
) iter.Seq2[connector.Step[logCursor], error] {
	return func(yield func(connector.Step[logCursor], error) bool) {
		cursor, err := logPosition(ctx, c, filter, start, stored)
		if err != nil {
			yield(connector.Step[logCursor]{}, err)
			return
		}
		for {
			asked := time.Now()
			page, err := cursor.fetch(ctx, c)
			if err != nil {
				yield(connector.Step[logCursor]{}, err)
				return
			}
			skew, err := c.ClockSkew(ctx)
			if err != nil {
				yield(connector.Step[logCursor]{}, err)
				return
			}
			if asked = asked.Add(skew); len(page.Items) == 0 {
				cursor.Through = asked
			}
			events, err := cursor.take(page, asked)
			if err != nil {
				yield(connector.Step[logCursor]{}, err)
				return
			}
			if !yield(connector.Step[logCursor]{Events: events, Cursor: *cursor}, nil) ||
				len(page.Items) == 0 || page.Next == "" {
				return
			}
		}
	}
}

func logPosition(
	ctx context.Context, c *okta.Client, filter string, start connector.Start, stored *logCursor,
) (*logCursor, error) {
	if stored == nil {
		from, err := startTime(ctx, c, start)
		if err != nil {
			return nil, err
		}
		stored = &logCursor{Since: from}
	}
	if stored.Filter != filter {
		stored.Next, stored.Filter = "", filter
		// What the old filter passed over long ago is not news to the new one.
		if read := stored.Through.Add(-logFallback); read.After(stored.Since) {
			stored.Since = read
		}
	}
	stored.size = logPageSize
	stored.recentSet = make(map[string]struct{}, len(stored.Recent))
	for _, id := range stored.Recent {
		stored.recentSet[id] = struct{}{}
	}
	return stored, nil
}

// fetch reads the next page. A refused link is replaced by a search that begins a little earlier; a query that Okta
// could not finish in its 30 s is repeated with smaller pages, and so are those that follow it.
func (cur *logCursor) fetch(ctx context.Context, c *okta.Client) (okta.Page, error) {
	for {
		page, err := c.Page(ctx, okta.At("/api/v1/logs"), cur.query(), withLimit(cur.Next, cur.size))
		switch {
		case err == nil:
			return page, nil
		case okta.HasStatus(err, http.StatusBadRequest) && cur.Next != "":
			cur.Next, cur.Since = "", cur.Since.Add(-logFallback)
		case okta.HasCode(err, okta.CodeInternal) && cur.size > minLogPage:
			cur.size /= 2
		default:
			return okta.Page{}, err
		}
	}
}

func (cur *logCursor) query() url.Values {
	since := cur.Since
	if oldest := time.Now().Add(-logRetention); since.Before(oldest) {
		since = oldest
	}
	q := url.Values{
		"since":     {since.UTC().Format(oktaTime)},
		"sortOrder": {"ASCENDING"},
		"limit":     {strconv.Itoa(cur.size)},
	}
	if cur.Filter != "" {
		q.Set("filter", cur.Filter)
	}
	return q
}

var limitParam = regexp.MustCompile(`([?&]limit=)\d+`)

// withLimit asks a stored link for smaller pages; at full size the link stays as Okta wrote it.
func withLimit(next okta.Cursor, size int) okta.Cursor {
	if size == logPageSize {
		return next
	}
	return okta.Cursor(limitParam.ReplaceAllString(string(next), "${1}"+strconv.Itoa(size)))
}

// take moves the cursor over a page, asked for at a time on Okta's clock, and returns its events without those already
// reported.
func (cur *logCursor) take(page okta.Page, asked time.Time) ([]connector.Event, error) {
	if page.Next != "" {
		cur.Next = okta.Cursor(limitParam.ReplaceAllString(string(page.Next), "${1}"+strconv.Itoa(logPageSize)))
	} else {
		cur.Next = ""
	}
	events := make([]connector.Event, 0, len(page.Items))
	for _, raw := range page.Items {
		event, err := logEvent(raw)
		if err != nil {
			return nil, err
		}
		if event.Time.After(cur.Since) && !event.Time.After(asked.Add(time.Second)) {
			cur.Since = event.Time
		}
		if _, reported := cur.recentSet[event.ID]; reported {
			continue
		}
		cur.recentSet[event.ID] = struct{}{}
		cur.Recent = append(cur.Recent, event.ID)
		events = append(events, event)
	}
	if surplus := len(cur.Recent) - recentLogs; surplus > 0 {
		for _, id := range cur.Recent[:surplus] {
			delete(cur.recentSet, id)
		}
		cur.Recent = slices.Clone(cur.Recent[surplus:])
	}
	return events, nil
}

// asOktaWritesIt takes what encoding/json takes. That package reads an event twice, which was a quarter of the work of
// letting a backlog through.
var asOktaWritesIt = jsonv2.JoinOptions(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))

// logEvent reads what a CloudEvent needs of a LogEvent; the rest is handed on unread. Of one that is not as Okta writes
// them it takes what tells it apart: an error would keep all that follow it waiting.
func logEvent(raw json.RawMessage) (connector.Event, error) {
	var e struct {
		UUID      string    `json:"uuid"`
		Published time.Time `json:"published"`
		EventType string    `json:"eventType"`
		Actor     struct {
			ID string `json:"id"`
		} `json:"actor"`
		Target []struct {
			ID string `json:"id"`
		} `json:"target"`
	}
	if err := jsonv2.Unmarshal(raw, &e, asOktaWritesIt); err != nil {
		var least struct {
			UUID      string `json:"uuid"`
			EventType string `json:"eventType"`
		}
		if err := jsonv2.Unmarshal(raw, &least, asOktaWritesIt); err != nil {
			return connector.Event{}, fmt.Errorf("a log event: %w", err)
		}
		return identified(connector.Event{ID: least.UUID, Type: logEventPrefix + least.EventType, Data: raw})
	}
	subject := e.Actor.ID
	if len(e.Target) > 0 && e.Target[0].ID != "" {
		subject = e.Target[0].ID
	}
	return identified(connector.Event{
		ID: e.UUID, Type: logEventPrefix + e.EventType, Time: e.Published, Subject: subject, Data: raw,
	})
}

func identified(e connector.Event) (connector.Event, error) {
	if e.ID == "" {
		return connector.Event{}, errors.New("a log event has no uuid")
	}
	return e, nil
}
