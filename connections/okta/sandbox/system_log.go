package sandbox

import (
	"cmp"
	"encoding/json"
	"net"
	"net/http"
	"slices"
	"time"
)

// systemLog holds all events twice: in the order in which they became known, which polling queries follow, and in that
// of their published times, which bounded queries follow. Late events are why the two differ.
type systemLog struct {
	events      []*logEvent // events[i].seq == i
	byPublished []*logEvent
	epoch       string        // of this log, in polling cursors: those of another log are refused
	grown       chan struct{} // closed and replaced when events are added
}

// logEvent is one event, in JSON as it is served.
type logEvent struct {
	seq             int
	uuid, eventType string
	persisted       time.Time
	published       stamp
	raw             json.RawMessage
}

// append adds an event that becomes known at persisted.
func (l *systemLog) append(e *logEvent) {
	e.seq = len(l.events)
	l.events = append(l.events, e)
	at, _ := slices.BinarySearchFunc(l.byPublished, e, (*logEvent).compare)
	l.byPublished = slices.Insert(l.byPublished, at, e)
	if l.grown != nil {
		close(l.grown)
		l.grown = nil
	}
}

// growth returns a channel that is closed when the next event is added.
func (l *systemLog) growth() <-chan struct{} {
	if l.grown == nil {
		l.grown = make(chan struct{})
	}
	return l.grown
}

// compare orders by published time, then by when the event became known.
func (e *logEvent) compare(other *logEvent) int {
	return cmp.Or(e.published.Compare(other.published.Time), cmp.Compare(e.seq, other.seq))
}

// happening is a change, or another thing that happened, for the System Log to tell.
type happening struct {
	event   string // type
	targets []target
	reason  string         // of a failure; empty: it succeeded
	debug   map[string]any // beside what comes from the request
	at      time.Time      // zero: now
}

// origin is who did something and from where.
type origin struct {
	who                               principal
	ip, userAgent, requestID, uri, by string // by: id of the API token
	place                             *place
}

// target is what an event was done to.
type target struct {
	ID          string         `json:"id"`
	Type        string         `json:"type"`
	AlternateID string         `json:"alternateId"`
	DisplayName string         `json:"displayName"`
	DetailEntry map[string]any `json:"detailEntry"`
}

func (u *user) target() target {
	return target{ID: u.id, Type: "User", AlternateID: u.login(), DisplayName: u.name()}
}

// origin describes the request for the System Log.
func (o *Org) origin(c *call) origin {
	ip, _, err := net.SplitHostPort(c.r.RemoteAddr)
	if err != nil {
		ip = c.r.RemoteAddr
	}
	from := origin{
		who: c.who, ip: ip, userAgent: c.r.UserAgent(), requestID: c.head.Get("X-Okta-Request-Id"), uri: c.r.URL.Path,
	}
	if c.who.ssws {
		from.by = o.tokenID()
	}
	return from
}

// tokenID is the id of the API token, which events name in place of the token.
func (o *Org) tokenID() string { return prefixAPIToken + o.orgID[len(prefixOrg):] }

// tell writes a success without more to say to the System Log.
func (o *Org) tell(from origin, event string, targets ...target) {
	o.record(from, happening{event: event, targets: targets})
}

// record writes h to the System Log.
func (o *Org) record(from origin, h happening) {
	at := h.at
	if at.IsZero() {
		at = time.Now()
	}
	at = at.UTC().Truncate(time.Millisecond)
	e := &logEvent{uuid: o.ids.uuid(), eventType: h.event, persisted: at, published: stamp{at}}
	var err error
	if e.raw, err = json.Marshal(newEventJSON(e, from, h)); err != nil {
		panic("sandbox: log event: " + err.Error()) // only strings and what was decoded from JSON
	}
	o.log.append(e)
}

// injectEvents is POST /_sandbox/logs: an event or an array of them, kept as given and made whole where they are not.
// A published time in the past makes a late event: polling queries see it next, bounded ones in its place.
func (o *Org) injectEvents(w http.ResponseWriter, r *http.Request) {
	var body json.RawMessage
	if !readControl(w, r, &body) {
		return
	}
	given := make([]map[string]any, 1)
	var err error
	if len(body) > 0 && body[0] == '[' {
		err = json.Unmarshal(body, &given)
	} else {
		err = json.Unmarshal(body, &given[0])
	}
	if err != nil {
		refuseControl(w, err)
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	stored := make([]json.RawMessage, 0, len(given))
	for _, fields := range given {
		e, err := o.inject(fields)
		if err != nil {
			refuseControl(w, err)
			return
		}
		stored = append(stored, e.raw)
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(stored) // a client that has gone away needs no answer
}
