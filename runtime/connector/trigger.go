package connector

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"time"

	"github.com/okta-connector/okta-connector/connections/okta"
	"github.com/okta-connector/okta-connector/schemas"
)

// Kind is how a trigger learns of events.
type Kind string

// The two kinds of triggers.
const (
	Polling Kind = "polling" // we ask Okta on a schedule
	Webhook Kind = "webhook" // Okta calls us
)

// TriggerInfo is what people and engines read about a trigger.
type TriggerInfo struct {
	Key         string
	Label       string
	Description string
	Schedule    string          // polling: the default, five cron fields
	Event       json.RawMessage // JSON Schema of an event's data
	Example     json.RawMessage // one event's data
	Scopes      []string
}

// Event is one thing that happened in the org.
type Event struct {
	ID      string          `json:"id"`   // the same event always has the same id
	Type    string          `json:"type"` // com.okta.user.created
	Time    time.Time       `json:"time"`
	Subject string          `json:"subject,omitempty"` // the Okta id it is about
	Data    json.RawMessage `json:"data"`              // Okta's object, whole
}

// Start is where a poll begins that has no cursor yet.
type Start struct {
	From       time.Time // a time that was asked for, on Okta's clock; zero: from the registration on
	Registered time.Time // when the subscription was saved, on our clock
	Baseline   bool      // it is being saved just now: what the org already holds is not an event
}

// Batch is what one page of a poll brought, and the cursor that stands after it. Both are stored together or not at
// all.
type Batch struct {
	Events []Event
	Cursor json.RawMessage
}

// Step is a [Batch] with the cursor still typed, as a trigger yields it.
type Step[Cursor any] struct {
	Events []Event
	Cursor Cursor
}

// Trigger is one source of events.
type Trigger struct {
	TriggerInfo
	Kind  Kind
	Input *schemas.Schema
	bind  func(json.RawMessage) (Poll, error)
	hook  func(json.RawMessage) (HookSpec, error)
	event func(json.RawMessage) (Event, error)
}

// Poll asks Okta once for what is new, page by page. A nil cursor begins at start. Each batch is yielded as soon as its
// page is read; after an error nothing more is yielded, and what was yielded before stands.
type Poll func(ctx context.Context, c *okta.Client, start Start, cursor json.RawMessage) iter.Seq2[Batch, error]

// NewTrigger declares a polling trigger. Cursor is its position in the org's history, stored as JSON between polls;
// poll gets nil where there is none yet.
func NewTrigger[In, Cursor any](
	info TriggerInfo,
	poll func(ctx context.Context, c *okta.Client, in In, start Start, cursor *Cursor) iter.Seq2[Step[Cursor], error],
) *Trigger {
	mustKey("trigger", info.Key, info.Label, info.Description)
	t := &Trigger{TriggerInfo: info, Kind: Polling, Input: schemas.For[In]()}
	t.bind = func(inputs json.RawMessage) (Poll, error) {
		in, err := bind[In](t.Input, inputs)
		if err != nil {
			return nil, err
		}
		return NewPoll(func(ctx context.Context, c *okta.Client, start Start, cursor *Cursor) iter.Seq2[Step[Cursor], error] {
			return poll(ctx, c, in, start, cursor)
		}), nil
	}
	return t
}

// NewPoll makes a [Poll] of one whose cursor is typed.
func NewPoll[Cursor any](
	poll func(ctx context.Context, c *okta.Client, start Start, cursor *Cursor) iter.Seq2[Step[Cursor], error],
) Poll {
	return func(ctx context.Context, c *okta.Client, start Start, raw json.RawMessage) iter.Seq2[Batch, error] {
		return func(yield func(Batch, error) bool) {
			var cursor *Cursor
			if err := json.Unmarshal(orNull(raw), &cursor); err != nil {
				yield(Batch{}, fmt.Errorf("cursor: %w", err))
				return
			}
			for step, err := range poll(ctx, c, start, cursor) {
				if err != nil {
					yield(Batch{}, err)
					return
				}
				next, err := json.Marshal(step.Cursor)
				if err != nil {
					yield(Batch{}, fmt.Errorf("cursor: %w", err))
					return
				}
				if !yield(Batch{Events: step.Events, Cursor: next}, nil) {
					return
				}
			}
		}
	}
}

func orNull(raw json.RawMessage) json.RawMessage {
	if len(raw) == 0 {
		return json.RawMessage("null")
	}
	return raw
}

// Bind checks inputs and returns the poll they make: for a webhook trigger, the one that reconciles with the System
// Log. It never calls Okta; the error is a [schemas.Invalid].
func (t *Trigger) Bind(inputs json.RawMessage) (Poll, error) { return t.bind(inputs) }

// HookSpec is what a webhook trigger asks Okta to send, from its inputs.
type HookSpec struct {
	Items   []string          // event types, without duplicates
	Headers schemas.KeyValues // sent with each delivery, besides the secret
	Filter  json.RawMessage   // events.filter as Okta takes it; nil when there is none
}

// Hook is the behaviour of a webhook trigger whose inputs are In.
type Hook[In any] struct {
	Spec      func(In) HookSpec
	Event     func(json.RawMessage) (Event, error) // reads one of data.events
	Reconcile func(In) Poll                        // reads what the hook may have missed from the System Log
}

// NewHook declares a trigger that Okta calls through an event hook.
func NewHook[In any](info TriggerInfo, hook Hook[In]) *Trigger {
	mustKey("trigger", info.Key, info.Label, info.Description)
	t := &Trigger{TriggerInfo: info, Kind: Webhook, Input: schemas.For[In](), event: hook.Event}
	t.hook = func(inputs json.RawMessage) (HookSpec, error) {
		in, err := bind[In](t.Input, inputs)
		if err != nil {
			return HookSpec{}, err
		}
		return hook.Spec(in), nil
	}
	t.bind = func(inputs json.RawMessage) (Poll, error) {
		in, err := bind[In](t.Input, inputs)
		if err != nil {
			return nil, err
		}
		return hook.Reconcile(in), nil
	}
	return t
}

// HookEvent reads one event of a hook's delivery.
func (t *Trigger) HookEvent(raw json.RawMessage) (Event, error) { return t.event(raw) }

// BindHook checks the inputs of a webhook trigger and returns the hook they ask for.
func (t *Trigger) BindHook(inputs json.RawMessage) (HookSpec, error) {
	if t.hook == nil {
		return HookSpec{}, fmt.Errorf("trigger %s is polled: Okta does not call it", t.Key)
	}
	return t.hook(inputs)
}

// Check checks inputs without doing anything. The error is a [schemas.Invalid].
func (t *Trigger) Check(inputs json.RawMessage) error {
	_, err := t.Bind(inputs)
	return err
}

// MarshalJSON writes the trigger's entry of the manifest.
func (t *Trigger) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Key         string          `json:"key"`
		Label       string          `json:"label"`
		Description string          `json:"description"`
		Kind        Kind            `json:"kind"`
		Schedule    string          `json:"schedule,omitempty"`
		Connection  Access          `json:"connection"`
		InputSchema json.RawMessage `json:"inputSchema"`
		EventSchema json.RawMessage `json:"eventSchema"`
		Example     json.RawMessage `json:"example"`
		Scopes      []string        `json:"scopes"`
	}{
		t.Key, t.Label, t.Description, t.Kind, t.Schedule, access(), t.Input.JSON(), t.Event, t.Example, t.Scopes,
	})
}
