package runtime

import (
	"context"
	"crypto/subtle"
	"encoding/json"

	"github.com/okta-connector/okta-connector/runtime/connector"
	"github.com/okta-connector/okta-connector/schemas"
)

// HookRefusedError says that a delivery of an event hook did not carry its secret.
type HookRefusedError struct{}

func (*HookRefusedError) Error() string { return "the Authorization header is not this hook's secret" }

// CheckHook proves that a delivery comes from the hook of the subscription. It is cheap, so that a stranger's body need
// not be read.
func (e *Engine) CheckHook(ctx context.Context, id, authorization string) error {
	sub, err := e.store.Subscription(ctx, id)
	if err != nil {
		return notFound(err, "subscription", id)
	}
	var state hookState
	_ = json.Unmarshal(sub.State, &state) // a polled subscription has none
	if state.Secret == "" {
		return &NotFoundError{Kind: "event hook", Name: id}
	}
	if subtle.ConstantTimeCompare([]byte(authorization), []byte(state.Secret)) != 1 {
		return &HookRefusedError{}
	}
	return nil
}

// HookExists reports whether a subscription takes deliveries of an event hook.
func (e *Engine) HookExists(ctx context.Context, id string) error {
	sub, err := e.store.Subscription(ctx, id)
	if err != nil {
		return notFound(err, "subscription", id)
	}
	if t := e.index.Trigger(sub.Trigger); t == nil || t.Kind != connector.Webhook {
		return &NotFoundError{Kind: "event hook", Name: id}
	}
	return nil
}

// AcceptHook stores the events of a delivery that passed [Engine.CheckHook]. When it returns nil they are safe.
func (e *Engine) AcceptHook(ctx context.Context, id string, body json.RawMessage) error {
	sub, err := e.store.Subscription(ctx, id)
	if err != nil {
		return notFound(err, "subscription", id)
	}
	var envelope struct {
		Data struct {
			Events []json.RawMessage `json:"events"`
		} `json:"data"`
	}
	if err := json.Unmarshal(body, &envelope); err != nil {
		return schemas.Invalid{{Pointer: "/data/events", Detail: "must be an array of events"}}
	}
	events := make([]connector.Event, 0, len(envelope.Data.Events))
	for _, raw := range envelope.Data.Events {
		event, err := e.index.Trigger(sub.Trigger).HookEvent(raw)
		if err != nil {
			// A refusal would cost the events beside it: Okta does not repeat what was refused.
			e.log.ErrorContext(ctx, "event of a hook cannot be read", "subscription", id, "error", err)
			continue
		}
		events = append(events, event)
	}
	if _, err := e.store.AcceptEvents(ctx, id, storedEvents(events)); err != nil {
		return err
	}
	wakeUp(e.wakeSend)
	return nil
}
