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
	From time.Time // nothing older is an event
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
		return func(ctx context.Context, c *okta.Client, start Start, raw json.RawMessage) iter.Seq2[Batch, error] {
			return func(yield func(Batch, error) bool) {
				var cursor *Cursor
				if len(raw) > 0 && string(raw) != "null" {
					if err := json.Unmarshal(raw, &cursor); err != nil {
						yield(Batch{}, fmt.Errorf("poll %s: cursor: %w", t.Key, err))
						return
					}
				}
				for step, err := range poll(ctx, c, in, start, cursor) {
					if err != nil {
						yield(Batch{}, fmt.Errorf("poll %s: %w", t.Key, err))
						return
					}
					next, err := json.Marshal(step.Cursor)
					if err != nil {
						yield(Batch{}, fmt.Errorf("poll %s: cursor: %w", t.Key, err))
						return
					}
					if !yield(Batch{Events: step.Events, Cursor: next}, nil) {
						return
					}
				}
			}
		}, nil
	}
	return t
}

// Bind checks the inputs of a polling trigger and returns the poll they make. The error is a [schemas.Invalid].
func (t *Trigger) Bind(inputs json.RawMessage) (Poll, error) {
	if t.bind == nil {
		return nil, fmt.Errorf("trigger %s is not polled: Okta calls it", t.Key)
	}
	return t.bind(inputs)
}

// HookSpec is what a webhook trigger asks Okta to send, from its inputs.
type HookSpec struct {
	Items   []string          // event types
	Headers schemas.KeyValues // sent with each delivery, besides the secret
	Filter  json.RawMessage   // events.filter as Okta takes it; nil when there is none
}

// NewHook declares a trigger that Okta calls through an event hook. spec derives the hook from the inputs.
func NewHook[In any](info TriggerInfo, spec func(In) HookSpec) *Trigger {
	mustKey("trigger", info.Key, info.Label, info.Description)
	t := &Trigger{TriggerInfo: info, Kind: Webhook, Input: schemas.For[In]()}
	t.hook = func(inputs json.RawMessage) (HookSpec, error) {
		in, err := bind[In](t.Input, inputs)
		if err != nil {
			return HookSpec{}, err
		}
		return spec(in), nil
	}
	return t
}

// BindHook checks the inputs of a webhook trigger and returns the hook they ask for.
func (t *Trigger) BindHook(inputs json.RawMessage) (HookSpec, error) {
	if t.hook == nil {
		return HookSpec{}, fmt.Errorf("trigger %s is polled: Okta does not call it", t.Key)
	}
	return t.hook(inputs)
}

// Check checks inputs without doing anything.
func (t *Trigger) Check(inputs json.RawMessage) error {
	if t.Kind == Webhook {
		_, err := t.BindHook(inputs)
		return err
	}
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
