package runtime

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/okta-connector/okta-connector/connections/okta"
	"github.com/okta-connector/okta-connector/runtime/connector"
	"github.com/okta-connector/okta-connector/runtime/store"
)

const (
	minPollBackoff = 5 * time.Second
	maxPollBackoff = 5 * time.Minute
)

// claimPolls passes over connections of which many polls stand still.
func (e *Engine) claimPolls(ctx context.Context, n int, crowded []string) ([]claimed, time.Time, error) {
	polls, err := e.store.ClaimPolls(ctx, e.owner, e.lease, n, crowded...)
	if err != nil {
		return nil, time.Time{}, err
	}
	jobs := make([]claimed, len(polls))
	for i, p := range polls {
		jobs[i] = claimed{p.Subscription.Connection, func(work context.Context, at *place) {
			e.pollClaimed(work, ctx, p, at, false)
		}}
	}
	if len(jobs) > 0 {
		return jobs, time.Time{}, nil
	}
	next, _, err := e.store.NextDue(ctx, crowded...)
	return nil, next, err
}

// pollClaimed polls and records how it went. One that the engine's end interrupted is given back: it is due at once for
// whoever runs next.
func (e *Engine) pollClaimed(ctx, stop context.Context, p *store.Poll, at *place, baseline bool) {
	run, err := e.poll(ctx, stop, p, at, baseline)
	if !errors.Is(err, errInterrupted) {
		e.finishPoll(ctx, p, run, err)
		return
	}
	if err := e.store.ReleasePoll(context.WithoutCancel(ctx), p); err != nil {
		e.log.Error("poll not released", "subscription", p.Subscription.ID, "error", err)
	}
}

// poll reads what is new for a claimed subscription and commits it page by page. It gives up between two pages when
// stop ends.
func (e *Engine) poll(
	ctx, stop context.Context, p *store.Poll, at *place, baseline bool,
) (store.Run, error) {
	run := store.Run{StartedAt: time.Now()}
	ctx, span := e.tracePoll(ctx, p.Subscription)
	ctx, cancel := context.WithCancelCause(okta.Background(ctx))
	defer cancel(nil)
	defer e.keepClaim(ctx, cancel, func(ctx context.Context) error { return e.store.ExtendPoll(ctx, p) })()

	err := e.readPages(ctx, stop, p, at, baseline, &run)
	if cause := context.Cause(ctx); cause != nil && err != nil {
		err = cause
	}
	run.EndedAt = time.Now()
	switch {
	case err != nil:
		run.Result, run.Error = store.RunError, err.Error()
	case run.Events > 0:
		run.Result = store.RunCompleted
	default:
		run.Result = store.RunNoChanges
	}
	e.pollEnded(ctx, span, p.Subscription, run, err)
	return run, err
}

func (e *Engine) readPages(
	ctx, stop context.Context, p *store.Poll, at *place, baseline bool, run *store.Run,
) error {
	sub := p.Subscription
	trigger := e.index.Trigger(sub.Trigger)
	if trigger == nil {
		return &NotFoundError{Kind: "trigger", Name: sub.Trigger}
	}
	poll, err := trigger.Bind(sub.Inputs)
	if err != nil {
		return err
	}
	client, err := e.client(ctx, ConnectionRef{Name: sub.Connection})
	if err != nil {
		return err
	}
	start, err := startOf(p, baseline)
	if err != nil {
		return err
	}
	for batch, err := range poll(ctx, client, start, sub.Cursor) {
		if err != nil {
			return err
		}
		if err := e.commit(ctx, p, batch, run); err != nil {
			return err
		}
		at.moved()
		run.Pages++
		if stop.Err() != nil {
			return errInterrupted
		}
	}
	return nil
}

// commit stores a page. One without events, which is all that most polls read, waits for the end of the poll or for the
// page after it.
func (e *Engine) commit(ctx context.Context, p *store.Poll, batch connector.Batch, run *store.Run) error {
	if len(batch.Events) == 0 && p.Cursor == nil {
		p.Cursor = batch.Cursor
		return nil
	}
	if len(batch.Events) > 0 {
		e.rememberPoll(ctx, p.Subscription.ID)
	}
	added, err := e.store.CommitPage(ctx, p, store.Page{Events: storedEvents(batch.Events), Cursor: batch.Cursor})
	if err != nil {
		return err
	}
	p.Cursor = nil
	run.Events += added
	if added > 0 {
		wakeUp(e.wakeSend)
	}
	return nil
}

// errInterrupted ends a poll between two pages because the engine stops. What it committed stands.
var errInterrupted = errors.New("interrupted")

func startOf(p *store.Poll, baseline bool) (connector.Start, error) {
	start := connector.Start{Registered: p.Subscription.CreatedAt.Add(-p.Ahead), Baseline: baseline}
	if p.Subscription.StartFrom == StartNow {
		return start, nil
	}
	from, err := time.Parse(time.RFC3339Nano, p.Subscription.StartFrom)
	if err != nil {
		return start, fmt.Errorf("startFrom: %w", err)
	}
	start.From = from
	return start, nil
}

// PollOnce asks a trigger once, outside any subscription: it returns the events as CloudEvents, and the cursor for the
// next time. Nothing is stored.
func (e *Engine) PollOnce(
	ctx context.Context, key string, ref ConnectionRef, inputs json.RawMessage,
	start connector.Start, cursor json.RawMessage,
) (events []json.RawMessage, next json.RawMessage, err error) {
	trigger := e.index.Trigger(key)
	if trigger == nil {
		return nil, nil, &NotFoundError{Kind: "trigger", Name: key}
	}
	poll, inputErr := trigger.Bind(inputs)
	client, err := e.client(ctx, ref)
	if err := join("", inputErr, "/connection", err); err != nil {
		return nil, nil, err
	}
	events, next = []json.RawMessage{}, cursor
	for batch, err := range poll(ctx, client, start, cursor) {
		if err != nil {
			return nil, nil, fmt.Errorf("poll %s: %w", key, err)
		}
		for _, event := range batch.Events {
			events = append(events, AppendCloudEvent(nil, client.Org(), event))
		}
		next = batch.Cursor
	}
	return events, next, nil
}

// keepClaim renews a claim until the returned function is called. A claim that is lost cancels the work.
func (e *Engine) keepClaim(
	ctx context.Context, cancel context.CancelCauseFunc, extend func(context.Context) error,
) (stop func()) {
	return every(ctx, e.lease/3, func() bool {
		err := extend(ctx)
		if errors.Is(err, store.ErrFenced) {
			cancel(err)
			return false
		}
		return true // one that could not be renewed just now may be the next time
	})
}

// finishPoll records the run and makes the next one due. A claim that was lost is somebody else's to finish.
func (e *Engine) finishPoll(ctx context.Context, p *store.Poll, run store.Run, failure error) {
	next, err := nextPoll(p, run, failure)
	if err != nil {
		run.Result, run.Error = store.RunError, err.Error()
	}
	err = e.store.FinishPoll(context.WithoutCancel(ctx), p, run, next)
	if err != nil && !errors.Is(err, store.ErrFenced) {
		e.log.Error("poll not recorded", "subscription", p.Subscription.ID, "error", err)
	}
}

// nextPoll is the schedule's next moment after a poll that worked, on the database's clock, which all replicas share.
// One that failed is repeated after a delay that doubles with each failure, whatever the schedule: sooner than an
// hourly one, later than one of every second. A rate limit says itself when it has room again.
func nextPoll(p *store.Poll, run store.Run, failure error) (time.Time, error) {
	sub, ended := p.Subscription, run.EndedAt.Add(p.Ahead)
	var limited *okta.RateLimitError
	switch {
	case errors.As(failure, &limited):
		return ended.Add(limited.RetryAfter + rand.N(minPollBackoff)), nil
	case run.Result == store.RunError:
		d := minPollBackoff << min(sub.Failures, 10)
		d = min(d, maxPollBackoff)
		return ended.Add(d - d/4 + rand.N(d/2)), nil
	}
	schedule, err := ParseSchedule(sub.Schedule, sub.TimeZone)
	if err != nil {
		return ended.Add(maxPollBackoff), err
	}
	return schedule.Spread(sub.ID, ended).Next(ended), nil
}
