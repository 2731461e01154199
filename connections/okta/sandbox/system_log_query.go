package sandbox

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"
)

const (
	logsPage      = 100
	maxLogsPage   = 1000
	logsReach     = 7 * day   // how far back a query without since goes
	logsOldest    = 180 * day // the oldest since that is accepted
	maxKeywords   = 10
	maxKeywordLen = 40
)

// logQuery is a query of the System Log, read.
type logQuery struct {
	since, until time.Time
	polling      bool // no until, ascending: never ends, and follows the order in which events became known
	descending   bool
	limit        int
	after        cursor
	filter       *expression
	keywords     []string // in lower case
}

// logAttributes are the first parts of the names that a filter may use.
var logAttributes = []string{
	"actor", "authenticationContext", "client", "debugContext", "device", "displayMessage", "eventType", "legacyEventType",
	"outcome", "request", "securityContext", "severity", "target", "transaction", "uuid", "version",
}

// logsWithoutContains are too long for co.
var logsWithoutContains = []string{"debugContext.debugData.url", "debugContext.debugData.requestUri"}

var logRules = rules{logs: true, attribute: func(name string) bool {
	first, _, _ := strings.Cut(name, ".")
	return slices.Contains(logAttributes, first)
}}

// listLogEvents is GET /api/v1/logs.
func (o *Org) listLogEvents(c *call) *apiError {
	q, refusal := c.logQuery(time.Now().UTC())
	if refusal != nil {
		return refusal
	}
	var page []*logEvent
	var next *cursor
	if q.polling {
		if q.after.id != "" && q.after.key != o.log.epoch {
			return invalidPaging("Invalid cursor.")
		}
		page, next = o.log.poll(q)
	} else {
		page, next = o.log.window(q)
	}
	c.link("self", c.query.Get("after"), c.limitAsGiven())
	if next != nil {
		c.link("next", next.String(), c.limitAsGiven())
	}
	c.answer = array(c.buffer, page, func(b []byte, e *logEvent) []byte { return append(b, e.raw...) })
	return nil
}

// limitAsGiven is the limit for the links, which repeat it only where the request has one.
func (c *call) limitAsGiven() int {
	n, err := strconv.Atoi(c.query.Get("limit"))
	if err != nil {
		return -1
	}
	return n
}

func (c *call) logQuery(now time.Time) (logQuery, *apiError) {
	q := logQuery{until: now, limit: logsPage}
	var refusal *apiError
	if q.after, refusal = c.cursor(); refusal != nil {
		return q, refusal
	}
	if text := c.query.Get("limit"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 || n > maxLogsPage {
			return q, invalid("limit", fmt.Sprintf("limit: The value must be between 0 and %d.", maxLogsPage))
		}
		q.limit = n
	}
	switch order := c.query.Get("sortOrder"); order {
	case "DESCENDING":
		q.descending = true
	case "ASCENDING", "":
	default:
		return q, invalid("sortOrder", "sortOrder: The value must be ASCENDING or DESCENDING.")
	}
	if text := c.query.Get("until"); text != "" {
		if q.until = parseTime(text); q.until.IsZero() {
			return q, invalidFilter("until: not an ISO 8601 timestamp")
		}
	} else {
		q.polling = !q.descending
	}
	q.since = q.until.Add(-logsReach)
	if text := c.query.Get("since"); text != "" {
		q.since = parseTime(text)
		switch {
		case q.since.IsZero():
			return q, invalidFilter("since: not an ISO 8601 timestamp")
		case now.Sub(q.since) > logsOldest:
			return q, invalidFilter("The since parameter is over 180 days prior to the current day.")
		}
	}
	if q.keywords, refusal = keywords(c.query.Get("q")); refusal != nil {
		return q, refusal
	}
	q.filter, refusal = logFilter(c.query.Get("filter"))
	return q, refusal
}

func keywords(text string) ([]string, *apiError) {
	words := strings.Fields(strings.ToLower(text))
	if len(words) > maxKeywords {
		return nil, invalid("q", fmt.Sprintf("q: There are more than %d keywords.", maxKeywords))
	}
	for _, word := range words {
		if len(word) > maxKeywordLen {
			return nil, invalid("q", fmt.Sprintf("q: A keyword has more than %d characters.", maxKeywordLen))
		}
	}
	return words, nil
}

func logFilter(text string) (*expression, *apiError) {
	if text == "" {
		return nil, nil
	}
	e, refusal := logRules.filter(text)
	if refusal != nil {
		return nil, refusal
	}
	e.each(func(c *expression) bool {
		if c.op == "co" && slices.Contains(logsWithoutContains, c.attribute) {
			refusal = invalidSearch(c.attribute + ": The operator co is not supported.")
		}
		return refusal == nil
	})
	return e, refusal
}

// poll answers a polling query: events in the order in which they became known, and always a next page. Its cursor is a
// place in that order, so that nothing is seen twice and nothing is missed.
func (l *systemLog) poll(q logQuery) (page []*logEvent, next *cursor) {
	from := sort.Search(len(l.events), func(i int) bool { return !l.events[i].persisted.Before(q.since) })
	if n, err := strconv.Atoi(q.after.id); err == nil {
		from = max(from, n)
	}
	to := from
	for ; to < len(l.events) && len(page) < q.limit; to++ {
		if l.events[to].matches(q) {
			page = append(page, l.events[to])
		}
	}
	return page, &cursor{l.epoch, strconv.Itoa(to)}
}

// window answers a bounded query: events in the order of their published times, and a next page while there is one.
func (l *systemLog) window(q logQuery) (page []*logEvent, next *cursor) {
	first, last := l.firstPublished(q.since), l.firstPublished(q.until)
	if q.after.id != "" {
		seq, _ := strconv.Atoi(q.after.id)
		at := &logEvent{seq: seq, published: stamp{parseTime(q.after.key)}}
		i, found := slices.BinarySearchFunc(l.byPublished, at, (*logEvent).compare)
		if q.descending {
			last = min(last, i)
		} else if first = max(first, i); found {
			first = max(first, i+1)
		}
	}
	for n := range max(last-first, 0) {
		e := l.byPublished[first+n]
		if q.descending {
			e = l.byPublished[last-1-n]
		}
		if !e.matches(q) {
			continue
		}
		if len(page) == q.limit {
			if q.limit == 0 {
				return nil, nil
			}
			end := page[q.limit-1]
			return page, &cursor{end.published.String(), strconv.Itoa(end.seq)}
		}
		page = append(page, e)
	}
	return page, nil
}

func (l *systemLog) firstPublished(at time.Time) int {
	return sort.Search(len(l.byPublished), func(i int) bool { return !l.byPublished[i].published.Before(at) })
}

func (e *logEvent) matches(q logQuery) bool {
	if len(q.keywords) > 0 {
		text := bytes.ToLower(e.raw)
		for _, word := range q.keywords {
			if !bytes.Contains(text, []byte(word)) {
				return false
			}
		}
	}
	if q.filter == nil {
		return true
	}
	var decoded map[string]any
	return q.filter.matches(func(name string) any {
		if name == "eventType" {
			return e.eventType
		}
		if decoded == nil {
			if err := json.Unmarshal(e.raw, &decoded); err != nil {
				panic("sandbox: log event: " + err.Error()) // was written by json.Marshal
			}
		}
		return at(decoded, name)
	}, false)
}

// inject stores an event as given, with what a LogEvent cannot do without where it is missing.
func (o *Org) inject(fields map[string]any) (*logEvent, error) {
	known := time.Now().UTC().Truncate(time.Millisecond)
	e := &logEvent{persisted: known, published: stamp{known}}
	if text, ok := fields["published"].(string); ok {
		if e.published = (stamp{parseTime(text)}); e.published.IsZero() {
			return nil, fmt.Errorf("published: %q is not an ISO 8601 timestamp", text)
		}
	}
	whole := map[string]any{
		"uuid": o.ids.uuid(), "published": e.published, "eventType": "sandbox.event.injected", "version": "0",
		"severity": "INFO", "displayMessage": "Injected event", "outcome": eventOutcome{Result: "SUCCESS"},
		"actor": target{ID: o.admin, Type: "User"}, "target": nil,
	}
	for name, value := range fields {
		whole[name] = value
	}
	var ok bool
	if e.uuid, ok = whole["uuid"].(string); !ok {
		return nil, fmt.Errorf("uuid: not a string")
	}
	if e.eventType, ok = whole["eventType"].(string); !ok {
		return nil, fmt.Errorf("eventType: not a string")
	}
	var err error
	if e.raw, err = json.Marshal(whole); err != nil {
		return nil, err
	}
	o.log.append(e)
	return e, nil
}
