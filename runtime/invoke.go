package runtime

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"time"

	"github.com/okta-connector/okta-connector/connections/okta"
	"github.com/okta-connector/okta-connector/runtime/connector"
	"github.com/okta-connector/okta-connector/schemas"
)

// ConnectionRef names a stored connection, or holds one inline. In JSON it is a string or an object.
type ConnectionRef struct {
	Name   string          // a stored connection
	Key    string          // inline: the connection's key, with Inputs
	Inputs json.RawMessage // inline
}

// UnmarshalJSON reads "prod" or {"key","inputs"}.
func (r *ConnectionRef) UnmarshalJSON(raw []byte) error {
	if json.Unmarshal(raw, &r.Name) == nil {
		return nil
	}
	var inline struct {
		Key    string          `json:"key"`
		Inputs json.RawMessage `json:"inputs"`
	}
	if err := json.Unmarshal(raw, &inline); err != nil {
		return schemas.Invalid{{Pointer: "", Detail: "must be a connection's name, or an object with key and inputs"}}
	}
	r.Key, r.Inputs = inline.Key, inline.Inputs
	return nil
}

// MarshalJSON writes the form that [ConnectionRef.UnmarshalJSON] reads.
func (r ConnectionRef) MarshalJSON() ([]byte, error) {
	if r.Key == "" {
		return json.Marshal(r.Name)
	}
	return json.Marshal(map[string]any{"key": r.Key, "inputs": r.Inputs})
}

// Invocation is one step to perform.
type Invocation struct {
	Action     string
	Connection ConnectionRef
	Inputs     json.RawMessage
}

// Answer is the outcome of an invocation that worked.
type Answer struct {
	Data       json.RawMessage     `json:"data"`
	NextCursor string              `json:"nextCursor,omitempty"`
	Meta       map[string]any      `json:"meta"`
	Warnings   []connector.Warning `json:"-"` // also in Meta
}

// ActionError is a failed invocation: which action, and what the org said.
type ActionError struct {
	Action *connector.Action
	Err    error
}

func (e *ActionError) Error() string { return fmt.Sprintf("%s: %v", e.Action.Key, e.Err) }
func (e *ActionError) Unwrap() error { return e.Err }

// prepared is an invocation whose names and inputs are good: running it is all that is left.
type prepared struct {
	action *connector.Action
	call   connector.Call
	client *okta.Client
}

// Check finds everything wrong with an invocation, without calling Okta.
func (e *Engine) Check(ctx context.Context, inv Invocation) error {
	_, err := e.prepare(ctx, inv)
	return err
}

// prepare reports what is wrong with the connection and with the inputs together.
func (e *Engine) prepare(ctx context.Context, inv Invocation) (*prepared, error) {
	action := e.index.Action(inv.Action)
	if action == nil {
		return nil, &NotFoundError{Kind: "action", Name: inv.Action}
	}
	call, inputErr := action.Bind(inv.Inputs)
	client, err := e.client(ctx, inv.Connection)
	if err := join("/inputs", inputErr, "/connection", err); err != nil {
		return nil, err
	}
	return &prepared{action: action, call: call, client: client}, nil
}

// join puts the field errors of inputs and connection into one list. Another kind of error comes first: a connection
// that does not exist is not the inputs' fault.
func join(underA string, a error, underB string, b error) error {
	var all schemas.Invalid
	for _, part := range []struct {
		under string
		err   error
	}{{underA, a}, {underB, b}} {
		invalid, ok := part.err.(schemas.Invalid) //nolint:errorlint // Bind returns it bare
		if part.err != nil && !ok {
			return part.err
		}
		all = append(all, invalid.Under(part.under)...)
	}
	if len(all) > 0 {
		return all
	}
	return nil
}

// Invoke validates, dispatches and answers. A Fetch All is collected; see [Engine.Stream] for the other way.
func (e *Engine) Invoke(ctx context.Context, inv Invocation) (*Answer, error) {
	p, err := e.prepare(ctx, inv)
	if err != nil {
		return nil, err
	}
	return e.run(ctx, p, func(okta.Page) error { return nil })
}

func (e *Engine) run(ctx context.Context, p *prepared, progress func(okta.Page) error) (*Answer, error) {
	ctx, stats := okta.WithStats(ctx)
	began := time.Now()
	answer, err := e.perform(ctx, p, stats, progress)
	e.observeInvocation(ctx, p, stats, time.Since(began), err)
	if err != nil {
		return nil, &ActionError{Action: p.action, Err: err}
	}
	return answer, nil
}

func (e *Engine) perform(
	ctx context.Context, p *prepared, stats *okta.Stats, progress func(okta.Page) error,
) (*Answer, error) {
	result, err := p.call(ctx, p.client)
	if err != nil {
		return nil, err
	}
	var data json.RawMessage
	if result.Pages != nil {
		data, result.NextCursor, err = collect(result.Pages, progress)
	} else {
		data, err = marshal(result.Data)
	}
	if err != nil {
		return nil, err
	}
	return &Answer{
		Data: data, NextCursor: result.NextCursor, Meta: meta(result, stats), Warnings: result.Warnings,
	}, nil
}

// Stream performs an invocation and hands its pages on as they arrive, in constant memory. An action that answers no
// list is a single item. next gets the cursor of a list that stopped before its end, after the last page.
func (e *Engine) Stream(
	ctx context.Context, inv Invocation, page func(okta.Page) error, next func(cursor string) error,
) error {
	p, err := e.prepare(ctx, inv)
	if err != nil {
		return err
	}
	ctx, stats := okta.WithStats(ctx)
	began := time.Now()
	err = e.streamPages(ctx, p, page, next)
	e.observeInvocation(ctx, p, stats, time.Since(began), err)
	if err != nil {
		return &ActionError{Action: p.action, Err: err}
	}
	return nil
}

func (e *Engine) streamPages(
	ctx context.Context, p *prepared, page func(okta.Page) error, next func(cursor string) error,
) error {
	result, err := p.call(ctx, p.client)
	if err != nil {
		return err
	}
	cursor := result.NextCursor
	if result.Pages == nil {
		data, err := marshal(result.Data)
		if err != nil {
			return err
		}
		var items []json.RawMessage
		if json.Unmarshal(data, &items) != nil {
			items = []json.RawMessage{data}
		}
		if err := page(okta.Page{Items: items}); err != nil {
			return err
		}
	} else {
		for pg, err := range result.Pages {
			if err != nil {
				return err
			}
			if err := page(pg); err != nil {
				return err
			}
			cursor = pg.Next.After()
		}
	}
	if cursor == "" {
		return nil
	}
	return next(cursor)
}

func collect(pages iter.Seq2[okta.Page, error], progress func(okta.Page) error) (json.RawMessage, string, error) {
	data, next := []byte{'['}, ""
	for page, err := range pages {
		if err != nil {
			return nil, "", err
		}
		for _, item := range page.Items {
			if len(data) > 1 {
				data = append(data, ',')
			}
			data = append(data, item...)
		}
		next = page.Next.After()
		if err := progress(page); err != nil {
			return nil, "", err
		}
	}
	return append(data, ']'), next, nil
}

func marshal(data any) (json.RawMessage, error) {
	if raw, ok := data.(json.RawMessage); ok && len(raw) > 0 {
		return raw, nil
	}
	raw, err := json.Marshal(data)
	if err != nil {
		return nil, fmt.Errorf("answer: %w", err)
	}
	return raw, nil
}

func meta(result connector.Result, stats *okta.Stats) map[string]any {
	m := map[string]any{
		"requests":       stats.Requests(),
		"waitedMs":       stats.Waited().Milliseconds(),
		"oktaRequestIds": stats.RequestIDs(),
	}
	for k, v := range result.Meta {
		m[k] = v
	}
	if len(result.Warnings) > 0 {
		m["warnings"] = result.Warnings
	}
	return m
}
