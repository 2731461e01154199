package runtime

import (
	"context"
	"errors"
	"time"

	"github.com/okta-connector/okta-connector/runtime/connector"
	"github.com/okta-connector/okta-connector/runtime/store"
	"github.com/okta-connector/okta-connector/schemas"
)

// DeleteSubscription removes a subscription with its events, and its event hook in Okta. Where the hook cannot be
// removed the subscription stays: see [Engine.AbandonSubscription].
func (e *Engine) DeleteSubscription(ctx context.Context, id string) error {
	if err := e.checkRemovable(ctx, id); err != nil {
		return err
	}
	return e.removeSubscription(ctx, id)
}

// checkRemovable refuses to remove what the configuration file declares, and the caller who may not.
func (e *Engine) checkRemovable(ctx context.Context, id string) error {
	if err := CallerOf(ctx).CheckSubscribe(); err != nil {
		return err
	}
	sub, err := e.store.Subscription(ctx, id)
	if err == nil && sub.Declared {
		return declaredError("subscription", id)
	}
	return notFound(err, "subscription", id)
}

func (e *Engine) removeSubscription(ctx context.Context, id string) error {
	unlock, err := lock(ctx, e.store, hookLock(id)) // a hook that is being set up would be left behind
	if err != nil {
		return err
	}
	defer unlock()
	sub, err := e.store.Subscription(ctx, id)
	if err != nil {
		return notFound(err, "subscription", id)
	}
	if t := e.index.Trigger(sub.Trigger); t != nil && t.Kind == connector.Webhook {
		if err := e.removeHook(ctx, sub); err != nil {
			return err
		}
	}
	return notFound(e.store.DeleteSubscription(ctx, id), "subscription", id)
}

// AbandonSubscription removes a subscription with its events and leaves what it has in Okta, for when the org cannot be
// reached any more.
func (e *Engine) AbandonSubscription(ctx context.Context, id string) error {
	if err := e.checkRemovable(ctx, id); err != nil {
		return err
	}
	return notFound(e.store.DeleteSubscription(ctx, id), "subscription", id)
}

const pollNowTimeout = time.Minute

// PollNow polls a subscription at once, waits for the outcome and returns it. A poll under way is waited for first. The
// poll goes on when ctx ends; one that takes longer than a minute is broken off between two pages, and goes on with its
// schedule.
func (e *Engine) PollNow(ctx context.Context, id string) (SubscriptionView, error) {
	if err := CallerOf(ctx).CheckSubscribe(); err != nil {
		return SubscriptionView{}, err
	}
	if err := e.checkPolled(ctx, id); err != nil {
		return SubscriptionView{}, err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), pollNowTimeout)
	defer cancel()
	for {
		p, err := e.store.ClaimPoll(ctx, id, e.owner, e.lease)
		if err == nil {
			e.pollClaimed(context.WithoutCancel(ctx), ctx, p, nil, false)
			return e.Subscription(context.WithoutCancel(ctx), id)
		}
		if !errors.Is(err, store.ErrBusy) {
			return SubscriptionView{}, notFound(err, "subscription", id)
		}
		waitUntil(ctx, time.Now().Add(50*time.Millisecond), nil)
		if ctx.Err() != nil {
			return SubscriptionView{}, &ConflictError{
				Code: "poll_running", Detail: "a poll of this subscription is still running",
			}
		}
	}
}

// checkPolled refuses what only a subscription that polls can do.
func (e *Engine) checkPolled(ctx context.Context, id string) error {
	sub, err := e.store.Subscription(ctx, id)
	if err != nil {
		return notFound(err, "subscription", id)
	}
	if t := e.index.Trigger(sub.Trigger); t != nil && t.Kind == connector.Webhook && !sub.Reconcile {
		return &ConflictError{
			Code: "not_polled", Detail: "Okta sends the events of this subscription: only one that reconciles also polls",
		}
	}
	return nil
}

// SetPaused stops or resumes a subscription: neither polls nor deliveries begin while it is paused.
func (e *Engine) SetPaused(ctx context.Context, id string, paused bool) (SubscriptionView, error) {
	if err := CallerOf(ctx).CheckSubscribe(); err != nil {
		return SubscriptionView{}, err
	}
	if err := e.store.SetPaused(ctx, id, paused); err != nil {
		return SubscriptionView{}, notFound(err, "subscription", id)
	}
	wakeUp(e.wakePoll)
	wakeUp(e.wakeSend)
	return e.Subscription(ctx, id)
}

// maxAhead is how far ahead of ours the clock of who names a time may be.
const maxAhead = time.Minute

// Rewind makes the subscription start again at a time; events since then are reported once more.
func (e *Engine) Rewind(ctx context.Context, id string, to time.Time) (SubscriptionView, error) {
	if err := CallerOf(ctx).CheckSubscribe(); err != nil {
		return SubscriptionView{}, err
	}
	if err := e.checkPolled(ctx, id); err != nil {
		return SubscriptionView{}, err
	}
	if time.Until(to) > maxAhead {
		return SubscriptionView{}, schemas.Invalid{{Pointer: "/to", Detail: "must not be in the future"}}
	}
	if err := e.store.Rewind(ctx, id, nil, to.UTC().Format(time.RFC3339Nano)); err != nil {
		return SubscriptionView{}, notFound(err, "subscription", id)
	}
	wakeUp(e.wakePoll)
	return e.Subscription(ctx, id)
}
