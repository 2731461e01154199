package runtime

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/okta-connector/okta-connector/connections/okta"
	"github.com/okta-connector/okta-connector/runtime/connector"
	"github.com/okta-connector/okta-connector/runtime/store"
	"github.com/okta-connector/okta-connector/schemas"
)

// StartNow is the startFrom of a subscription that reports what happens from its registration on.
const StartNow = "now"

const defaultBatchSize = 100

// SubscriptionSpec is what a subscription is made of. Its tags are the schema of the request.
type SubscriptionSpec struct {
	Trigger    string         `json:"trigger" title:"Trigger" required:"true" doc:"What to watch: the key of a trigger."`
	Connection string         `json:"connection" title:"Connection" required:"true" doc:"The name of a stored connection."`
	Inputs     schemas.Object `json:"inputs" title:"Inputs" doc:"The inputs of the trigger."`
	Schedule   string         `json:"schedule" title:"Schedule" placeholder:"*/5 * * * *" doc:"When to poll: five cron fields, six with seconds, or @every 30s. The trigger's own schedule when not set."`
	TimeZone   string         `json:"timeZone" title:"Time zone" placeholder:"Europe/Berlin" doc:"The IANA time zone that the schedule is in. UTC when not set."`
	StartFrom  string         `json:"startFrom" title:"Start from" default:"now" doc:"now, or a date and time: older events are not reported. Read once, when the subscription is made."`
	BatchSize  *int           `json:"batchSize" title:"Batch size" min:"1" max:"1000" default:"100" doc:"The most events in one delivery."`
	DeliverTo  schemas.Object `json:"deliverTo" title:"Deliver to" doc:"Where events are sent: url, and optionally secret and headers. Without it they are kept for pulling."`
	Reconcile  bool           `json:"reconcile" title:"Reconcile" doc:"For event hooks: also read the System Log and report what the hook missed."`
}

// Receiver is the deliverTo of a subscription.
type Receiver struct {
	URL     string            `json:"url" title:"URL" required:"true" format:"uri" doc:"Takes a POST with a batch of CloudEvents."`
	Secret  schemas.Secret    `json:"secret" title:"Signing secret" doc:"whsec_ and 24 to 64 bytes in base64. Without one, one is made and shown once."`
	Headers schemas.KeyValues `json:"headers" title:"Headers" secret:"true" doc:"Sent with each delivery, for receivers that want a credential."`
}

var (
	subscriptionSchema = schemas.For[SubscriptionSpec]()
	receiverSchema     = schemas.For[Receiver]()
)

// SubscriptionView is a subscription as it may be shown.
type SubscriptionView struct {
	ID         string          `json:"id"`
	Trigger    string          `json:"trigger"`
	Connection string          `json:"connection"`
	Inputs     json.RawMessage `json:"inputs"`
	Schedule   string          `json:"schedule,omitempty"`
	TimeZone   string          `json:"timeZone,omitempty"`
	StartFrom  string          `json:"startFrom"`
	BatchSize  int             `json:"batchSize"`
	DeliverTo  *ReceiverView   `json:"deliverTo,omitempty"`
	Reconcile  bool            `json:"reconcile,omitempty"`
	Declared   bool            `json:"declared,omitempty"`
	Status     string          `json:"status"` // active, paused or failing
	NextPollAt *time.Time      `json:"nextPollAt,omitempty"`
	LastPoll   *PollView       `json:"lastPoll,omitempty"`
	Cursor     json.RawMessage `json:"cursor,omitempty"`
	Counts     CountsView      `json:"counts"`
	Hook       *HookView       `json:"hook,omitempty"`
	CreatedAt  time.Time       `json:"createdAt"`
	UpdatedAt  time.Time       `json:"updatedAt"`
}

// ReceiverView shows where events go. Secret is {"set": true}, or the new secret, once.
type ReceiverView struct {
	URL     string `json:"url"`
	Secret  any    `json:"secret"`
	Headers *isSet `json:"headers,omitempty"`
}

type isSet struct {
	Set bool `json:"set"`
}

// PollView is how one poll ended.
type PollView struct {
	At     time.Time `json:"at"`
	Result string    `json:"result"` // completed, polled_no_changes or error
	Events int       `json:"events"`
	Pages  int       `json:"pages"`
	TookMs int64     `json:"tookMs"`
	Error  string    `json:"error,omitempty"`
}

// CountsView counts a subscription's events.
type CountsView struct {
	Received int64 `json:"received"`
	Pending  int64 `json:"pending"`
	Dead     int64 `json:"dead"`
}

// PutSubscription checks and stores a subscription and reports whether it is new. A known one keeps its cursor. A new
// one that starts now looks at the org once before this returns, so that what happens afterwards is an event and what
// happened before is not.
func (e *Engine) PutSubscription(
	ctx context.Context, id string, raw json.RawMessage, declared bool,
) (view SubscriptionView, created bool, err error) {
	if err := CallerOf(ctx).CheckSubscribe(); err != nil {
		return view, false, err
	}
	before, err := e.store.Subscription(ctx, id)
	known := err == nil
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return view, false, err
	}
	if before.Declared && !declared {
		return view, false, declaredError("subscription", id)
	}
	sub, fresh, err := e.readSubscription(ctx, id, raw, before, known)
	if err != nil {
		return view, false, err
	}
	sub.Declared = declared
	switch {
	case declared:
		err = e.storeDeclared(ctx, sub, before, known)
	case known:
		err = e.updateSubscription(ctx, sub, before)
	default:
		err = e.createSubscription(ctx, sub)
	}
	if err != nil {
		return view, false, err
	}
	wakeUp(e.wakePoll)
	wakeUp(e.wakeSend)
	view, err = e.Subscription(ctx, id)
	if fresh != "" && view.DeliverTo != nil {
		view.DeliverTo.Secret = fresh
	}
	return view, !known, err
}

func (e *Engine) createSubscription(ctx context.Context, sub store.Subscription) error {
	trigger := e.index.Trigger(sub.Trigger)
	polled := trigger.Kind == connector.Polling || sub.Reconcile
	if !polled {
		sub.NextPollAt = time.Time{}
	}
	if err := e.store.CreateSubscription(ctx, sub); err != nil {
		return err
	}
	if trigger.Kind == connector.Webhook {
		if err := e.registerHook(ctx, sub.ID, always); err != nil {
			return errors.Join(err, e.withdraw(context.WithoutCancel(ctx), sub.ID))
		}
	}
	if polled && sub.StartFrom == StartNow {
		e.baseline(ctx, sub.ID)
	}
	return nil
}

// withdraw removes a subscription whose event hook could not be set up: nothing watches, so better none than one that
// looks like it does. A hook that Okta keeps all the same leads nowhere, and is found again when the subscription is.
func (e *Engine) withdraw(ctx context.Context, id string) error {
	ctx, cancel := context.WithTimeout(ctx, baselineTimeout)
	defer cancel()
	err := e.DeleteSubscription(ctx, id)
	if err == nil {
		return nil
	}
	e.log.WarnContext(ctx, "event hook may be left behind", "subscription", id, "error", okta.Loggable(err))
	return e.AbandonSubscription(context.WithoutCancel(ctx), id)
}

const baselineTimeout = 10 * time.Second

// baseline is the first poll. Should it fail, the subscription is failing, says why, and starts from its registration.
func (e *Engine) baseline(ctx context.Context, id string) {
	p, err := e.store.ClaimPoll(ctx, id, e.owner, e.lease)
	if err != nil {
		return // a replica's dispatcher was faster
	}
	limited, cancel := context.WithTimeout(ctx, baselineTimeout)
	defer cancel()
	e.pollClaimed(limited, limited, p, nil, true)
}

func (e *Engine) updateSubscription(ctx context.Context, sub, before store.Subscription) error {
	if err := e.replaceSubscription(ctx, sub, before); err != nil {
		return err
	}
	if e.index.Trigger(sub.Trigger).Kind == connector.Webhook {
		return e.registerHook(ctx, sub.ID, always)
	}
	return nil
}

// replaceSubscription stores a known subscription anew. An event hook that reconciles from now on begins to do so now:
// what it brought before need not be kept any more, and would be reported again.
func (e *Engine) replaceSubscription(ctx context.Context, sub, before store.Subscription) error {
	if err := e.store.UpdateSubscription(ctx, sub); err != nil {
		return conflictOf(err)
	}
	if before.NextPollAt.IsZero() && !sub.NextPollAt.IsZero() && before.Cursor == nil {
		return e.store.Rewind(ctx, sub.ID, nil, time.Now().UTC().Format(time.RFC3339Nano))
	}
	return nil
}

// conflictOf words a change that met another one.
func conflictOf(err error) error {
	if errors.Is(err, store.ErrConflict) {
		return &ConflictError{Code: "changed_meanwhile", Detail: "somebody else changed it at the same time: read it again"}
	}
	return err
}

// readSubscription checks everything a request says and returns what to store. fresh is a signing secret that was made
// here.
func (e *Engine) readSubscription(
	ctx context.Context, id string, raw json.RawMessage, before store.Subscription, known bool,
) (sub store.Subscription, fresh string, err error) {
	var spec SubscriptionSpec
	if err := subscriptionSchema.Decode(raw, &spec); err != nil {
		return sub, "", err
	}
	invalid := checkName("/id", id)
	trigger := e.index.Trigger(spec.Trigger)
	if trigger == nil {
		return sub, "", &NotFoundError{Kind: "trigger", Name: spec.Trigger}
	}
	if err := CallerOf(ctx).CheckWatch(trigger); err != nil {
		return sub, "", err
	}
	if known && before.Trigger != spec.Trigger || known && before.Connection != spec.Connection {
		return sub, "", &ConflictError{
			Code:   "subscription_fixed",
			Detail: "a subscription keeps its trigger and its connection: its cursor belongs to them; make another one",
		}
	}
	if _, err := e.Connection(ctx, spec.Connection); err != nil {
		return sub, "", err
	}
	inputs, err := json.Marshal(spec.Inputs)
	if err != nil {
		return sub, "", fmt.Errorf("subscription %s: inputs: %w", id, err)
	}
	if spec.Inputs == nil {
		inputs = json.RawMessage("{}")
	}
	inputs, _ = keepSecrets(inputs, before.Inputs)              // triggers have no domain to move
	if bad, ok := trigger.Check(inputs).(schemas.Invalid); ok { //nolint:errorlint // Bind returns it bare
		invalid = append(invalid, bad.Under("/inputs")...)
	}
	if spec.Schedule == "" {
		spec.Schedule = trigger.Schedule
	}
	if spec.Schedule == "" {
		spec.Schedule = "*/5 * * * *"
	}
	schedule, err := ParseSchedule(spec.Schedule, spec.TimeZone)
	if bad, ok := errors.AsType[schemas.Invalid](err); ok {
		invalid = append(invalid, bad...)
	}
	if spec.StartFrom == "" {
		spec.StartFrom = StartNow
	}
	if _, err := time.Parse(time.RFC3339Nano, spec.StartFrom); err != nil && spec.StartFrom != StartNow {
		invalid.Add("/startFrom", "must be now, or a date and time such as 2026-01-31T09:00:00Z")
	}
	if spec.Reconcile && trigger.Kind != connector.Webhook {
		invalid.Add("/reconcile", "is for event hooks: a polling trigger misses nothing that could be filled in")
	}
	deliver, fresh, bad := readReceiver(spec.DeliverTo, before.Deliver)
	invalid = append(invalid, bad...)
	if len(invalid) > 0 {
		return sub, "", invalid
	}
	batch := defaultBatchSize
	if spec.BatchSize != nil {
		batch = *spec.BatchSize
	}
	sub = store.Subscription{
		ID: id, Trigger: spec.Trigger, Connection: spec.Connection, Inputs: inputs, Schedule: spec.Schedule,
		TimeZone: spec.TimeZone, StartFrom: spec.StartFrom, BatchSize: batch, Deliver: deliver, Reconcile: spec.Reconcile,
		State: before.State, Version: before.Version,
	}
	now := time.Now()
	sub.NextPollAt = schedule.Spread(id, now).Next(now)
	scheduled := before.Schedule == sub.Schedule && before.TimeZone == sub.TimeZone && !before.NextPollAt.IsZero()
	switch {
	case known && trigger.Kind == connector.Webhook && !sub.Reconcile:
		sub.NextPollAt = time.Time{}
	case !known && sub.StartFrom != StartNow:
		sub.NextPollAt = now
	case scheduled && before.NextPollAt.Before(sub.NextPollAt):
		sub.NextPollAt = before.NextPollAt // who saves more often than a schedule comes due does not put it off
	}
	return sub, fresh, nil
}

// Subscription returns a subscription, or a [NotFoundError].
func (e *Engine) Subscription(ctx context.Context, id string) (SubscriptionView, error) {
	sub, err := e.store.Subscription(ctx, id)
	if err != nil {
		return SubscriptionView{}, notFound(err, "subscription", id)
	}
	return e.viewSubscription(sub), nil
}

// Subscriptions lists subscriptions by id, after the given one.
func (e *Engine) Subscriptions(ctx context.Context, after string, limit int) ([]SubscriptionView, string, error) {
	subs, err := e.store.Subscriptions(ctx, after, limit+1)
	if err != nil {
		return nil, "", err
	}
	views := make([]SubscriptionView, 0, len(subs))
	for _, sub := range subs {
		views = append(views, e.viewSubscription(sub))
	}
	views, next := cut(views, limit, func(v SubscriptionView) string { return v.ID })
	return views, next, nil
}

func (e *Engine) viewSubscription(sub store.Subscription) SubscriptionView {
	view := SubscriptionView{
		ID: sub.ID, Trigger: sub.Trigger, Connection: sub.Connection, Inputs: json.RawMessage("{}"),
		Schedule: sub.Schedule, TimeZone: sub.TimeZone, StartFrom: sub.StartFrom, BatchSize: sub.BatchSize,
		Reconcile: sub.Reconcile, Declared: sub.Declared, Status: statusOf(sub), Cursor: sub.Cursor,
		Counts:    CountsView{Received: sub.Counts.Received, Pending: sub.Counts.Pending, Dead: sub.Counts.Dead},
		CreatedAt: sub.CreatedAt, UpdatedAt: sub.UpdatedAt,
	}
	trigger := e.index.Trigger(sub.Trigger)
	if trigger != nil {
		view.Inputs = trigger.Input.Redact(sub.Inputs)
	}
	if trigger != nil && trigger.Kind == connector.Webhook {
		view.Hook = hookView(sub.State)
		if !sub.Paused && (view.Hook == nil || !view.Hook.Verified) {
			view.Status = statusFailing // Okta sends nothing to a hook that it has not verified
		}
	}
	view.NextPollAt = timeOrNil(sub.NextPollAt)
	if view.NextPollAt == nil {
		view.Schedule, view.TimeZone = "", ""
	}
	if sub.LastPoll != nil {
		run := viewRun(*sub.LastPoll)
		view.LastPoll = &run
	}
	if sub.Deliver != nil {
		view.DeliverTo = &ReceiverView{URL: sub.Deliver.URL, Secret: isSet{true}}
		if len(sub.Deliver.Headers) > 0 {
			view.DeliverTo.Headers = &isSet{true}
		}
	}
	return view
}

const statusFailing = "failing"

func statusOf(sub store.Subscription) string {
	switch {
	case sub.Paused:
		return "paused"
	case sub.Failures > 0:
		return statusFailing
	}
	return "active"
}

func viewRun(run store.Run) PollView {
	return PollView{
		At: run.StartedAt, Result: run.Result, Events: run.Events, Pages: run.Pages, Error: run.Error,
		TookMs: run.EndedAt.Sub(run.StartedAt).Milliseconds(),
	}
}

func notFound(err error, kind, name string) error {
	if errors.Is(err, store.ErrNotFound) {
		return &NotFoundError{Kind: kind, Name: name}
	}
	return err
}
