package runtime

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/okta-connector/okta-connector/runtime/connector"
	"github.com/okta-connector/okta-connector/runtime/store"
)

// EventList is what a reader pulls: events in the JSON form of CloudEvents, and the cursor to come back with.
type EventList struct {
	Items    []json.RawMessage
	Next     string // "" when there were none: the cursor before still stands
	Warnings []connector.Warning
}

// Events lists kept events of a subscription in order, after the cursor of the list before ("" from the oldest). There
// is a new cursor whenever there were events; a reader comes back with the last one it got for what happens later. A
// reader that comes so late that events between were pruned is warned (events_pruned).
func (e *Engine) Events(ctx context.Context, id, after string, limit int) (EventList, error) {
	sub, err := e.store.Subscription(ctx, id)
	if err != nil {
		return EventList{}, notFound(err, "subscription", id)
	}
	seq, err := strconv.ParseInt(orZero(after), 10, 64)
	if err != nil || seq < 0 {
		return EventList{}, badCursor
	}
	client, err := e.client(ctx, ConnectionRef{Name: sub.Connection})
	if err != nil {
		return EventList{}, err
	}
	stored, err := e.store.Events(ctx, id, seq, limit)
	if err != nil {
		return EventList{}, notFound(err, "subscription", id)
	}
	list := EventList{Items: make([]json.RawMessage, len(stored)), Warnings: hookWarningsOf(sub)}
	if missing := missingBefore(stored, seq); after != "" && missing > 0 {
		list.Warnings = append(list.Warnings, connector.Warning{
			Code:   "events_pruned",
			Detail: fmt.Sprintf("%d events after this cursor are not kept any more; rewind to have them reported again", missing),
		})
	}
	for i, ev := range stored {
		list.Items[i] = AppendCloudEvent(nil, client.Org(), connector.Event{
			ID: ev.ID, Type: ev.Type, Time: ev.Time, Subject: ev.Subject, Data: ev.Data,
		})
		list.Next = strconv.FormatInt(ev.Seq, 10)
	}
	return list, nil
}

// missingBefore counts the events that were between seq and the last of these: numbers have no gaps of their own.
func missingBefore(stored []store.Event, seq int64) int64 {
	if len(stored) == 0 {
		return 0
	}
	return stored[len(stored)-1].Seq - seq - int64(len(stored))
}

// Runs lists the latest polls of a subscription, newest first.
func (e *Engine) Runs(ctx context.Context, id, after string, limit int) ([]PollView, string, error) {
	if _, err := e.store.Subscription(ctx, id); err != nil {
		return nil, "", notFound(err, "subscription", id)
	}
	before, err := strconv.ParseInt(orZero(after), 10, 64)
	if err != nil || before < 0 {
		return nil, "", badCursor
	}
	runs, err := e.store.Runs(ctx, id, before, limit+1)
	if err != nil {
		return nil, "", err
	}
	runs, next := cut(runs, limit, func(r store.Run) string { return strconv.FormatInt(r.Number, 10) })
	views := make([]PollView, len(runs))
	for i, run := range runs {
		views[i] = viewRun(run)
	}
	return views, next, nil
}

// DeliveryView is one batch on its way to a receiver.
type DeliveryView struct {
	ID            string     `json:"id"`
	Subscription  string     `json:"subscription"`
	Status        string     `json:"status"` // pending, delivered or dead
	Events        int64      `json:"events"`
	Attempts      int        `json:"attempts"`
	LastStatus    int        `json:"lastStatus,omitempty"` // the receiver's HTTP status
	LastError     string     `json:"lastError,omitempty"`
	CreatedAt     time.Time  `json:"createdAt"`
	NextAttemptAt *time.Time `json:"nextAttemptAt,omitempty"`
	FinishedAt    *time.Time `json:"finishedAt,omitempty"`
}

// Deliveries lists deliveries, newest first.
func (e *Engine) Deliveries(
	ctx context.Context, filter store.DeliveryFilter, after string, limit int,
) ([]DeliveryView, string, error) {
	found, err := e.store.Deliveries(ctx, filter, after, limit+1)
	if err != nil {
		return nil, "", err
	}
	found, next := cut(found, limit, func(d store.Delivery) string { return d.ID })
	views := make([]DeliveryView, len(found))
	for i, d := range found {
		views[i] = viewDelivery(d)
	}
	return views, next, nil
}

// RetryDelivery makes a dead delivery pending again, and a pending one due now.
func (e *Engine) RetryDelivery(ctx context.Context, id string) (DeliveryView, error) {
	if err := CallerOf(ctx).CheckSubscribe(); err != nil {
		return DeliveryView{}, err
	}
	if err := e.store.RetryDelivery(ctx, id); err != nil {
		if conflict := conflictOf(err); conflict != err { //nolint:errorlint // the same value when it is no conflict
			return DeliveryView{}, &ConflictError{Code: "delivered", Detail: "this delivery has arrived already"}
		}
		return DeliveryView{}, notFound(err, "delivery", id)
	}
	wakeUp(e.wakeSend)
	d, err := e.store.Delivery(ctx, id)
	return viewDelivery(d), err
}

// RetryDead makes all dead deliveries of a subscription pending again and returns how many there were.
func (e *Engine) RetryDead(ctx context.Context, subscription string) (int, error) {
	if err := CallerOf(ctx).CheckSubscribe(); err != nil {
		return 0, err
	}
	n, err := e.store.RetryDead(ctx, subscription)
	wakeUp(e.wakeSend)
	return n, notFound(err, "subscription", subscription)
}

func viewDelivery(d store.Delivery) DeliveryView {
	return DeliveryView{
		ID: d.ID, Subscription: d.Subscription, Status: d.Status, Events: d.LastSeq - d.FirstSeq + 1, Attempts: d.Attempts,
		LastStatus: d.LastStatus, LastError: d.LastError, CreatedAt: d.CreatedAt,
		NextAttemptAt: timeOrNil(d.NextAttemptAt), FinishedAt: timeOrNil(d.FinishedAt),
	}
}

// storedEvents are events as they are kept. A receiver takes no JSON that is not UTF-8: what is not is replaced, or the
// batch would hold up all that follow it.
func storedEvents(events []connector.Event) []store.Event {
	stored := make([]store.Event, len(events))
	for i, ev := range events {
		if !utf8.Valid(ev.Data) {
			ev.Data = bytes.ToValidUTF8(ev.Data, []byte("\uFFFD"))
		}
		stored[i] = store.Event{ID: ev.ID, Type: ev.Type, Subject: ev.Subject, Time: ev.Time, Data: ev.Data}
	}
	return stored
}

// keptEvent is an event as it was stored. Where nothing says when it happened, it happened when it came.
func keptEvent(ev store.Event) connector.Event {
	at := ev.Time
	if at.IsZero() {
		at = ev.ReceivedAt
	}
	return connector.Event{ID: ev.ID, Type: ev.Type, Time: at, Subject: ev.Subject, Data: ev.Data}
}

func timeOrNil(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func orZero(s string) string {
	if s == "" {
		return "0"
	}
	return s
}
