package runtime

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"

	"go.opentelemetry.io/otel/trace"

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
	Meta       Meta                `json:"meta"`
	Warnings   []connector.Warning `json:"-"` // also in Meta
}

// AppendJSON appends the answer to dst as it goes over the wire: {"data","nextCursor","meta"}. Data is copied, not read
// again: it was checked when it came, and a Fetch All is large.
func (a *Answer) AppendJSON(dst []byte) ([]byte, error) {
	dst = append(append(dst, `{"data":`...), a.Data...)
	if a.NextCursor != "" {
		dst = append(append(dst, `,"nextCursor":`...), quote(a.NextCursor)...)
	}
	meta, err := a.Meta.MarshalJSON()
	if err != nil {
		return nil, fmt.Errorf("meta: %w", err)
	}
	return append(append(append(dst, `,"meta":`...), meta...), '}'), nil
}

func quote(s string) []byte {
	raw, _ := json.Marshal(s) // a string always marshals
	return raw
}

// ActionError is a failed invocation: which action, and what the org said.
type ActionError struct {
	Action *connector.Action
	Err    error
}

func (e *ActionError) Error() string { return fmt.Sprintf("%s: %v", e.Action.Key, e.Err) }
func (e *ActionError) Unwrap() error { return e.Err }

// Prepared is an invocation whose names and inputs are good: performing it is all that is left.
type Prepared struct {
	action     *connector.Action
	inputs     json.RawMessage
	call       connector.Call
	client     *okta.Client
	connection string            // how the audit trail names it
	caller     *Caller           // who prepared it
	span       trace.SpanContext // of the request it came with
}

// Org returns the host of the org that the call goes to.
func (p *Prepared) Org() string { return p.client.Org() }

// Prepare finds everything that is wrong with an invocation, in its inputs and its connection together, without calling
// Okta. Who may not perform the action gets a [ForbiddenError].
func (e *Engine) Prepare(ctx context.Context, inv Invocation) (*Prepared, error) {
	action := e.index.Action(inv.Action)
	if action == nil {
		return nil, &NotFoundError{Kind: "action", Name: inv.Action}
	}
	caller := CallerOf(ctx)
	if err := caller.CheckPerform(action); err != nil {
		return nil, err
	}
	call, inputErr := action.Bind(inv.Inputs)
	client, err := e.client(ctx, inv.Connection)
	if err := join("/inputs", inputErr, "/connection", err); err != nil {
		return nil, err
	}
	p := &Prepared{
		action: action, inputs: inv.Inputs, call: call, client: client,
		connection: inv.Connection.Name, caller: caller, span: trace.SpanContextFromContext(ctx),
	}
	if p.connection == "" {
		p.connection = client.Org()
	}
	return p, nil
}

// join puts the field errors of two parts of a request into one list, which comes before an error of another kind.
func join(underA string, a error, underB string, b error) error {
	var all schemas.Invalid
	var other error
	for _, part := range []struct {
		under string
		err   error
	}{{underA, a}, {underB, b}} {
		var invalid schemas.Invalid
		if errors.As(part.err, &invalid) {
			all = append(all, invalid.Under(part.under)...)
		} else if other == nil {
			other = part.err
		}
	}
	if len(all) > 0 {
		return all
	}
	return other
}

// Invoke validates, dispatches and answers. A Fetch All is collected; see [Engine.Stream] for the other way.
func (e *Engine) Invoke(ctx context.Context, inv Invocation) (*Answer, error) {
	p, err := e.Prepare(ctx, inv)
	if err != nil {
		return nil, err
	}
	return e.Perform(ctx, p, func(okta.Page) {})
}

// Perform makes a prepared call. progress is told of each page of a Fetch All as it arrives.
func (e *Engine) Perform(ctx context.Context, p *Prepared, progress func(okta.Page)) (*Answer, error) {
	ctx, seen := e.observe(ctx, p)
	answer, err := e.perform(ctx, p, seen.stats, progress)
	seen.end(ctx, err)
	if err != nil {
		return nil, &ActionError{Action: p.action, Err: err}
	}
	return answer, nil
}

func (e *Engine) perform(
	ctx context.Context, p *Prepared, stats *okta.Stats, progress func(okta.Page),
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
		Data: data, NextCursor: result.NextCursor, Meta: metaOf(result, stats), Warnings: result.Warnings,
	}, nil
}

// Stream makes a prepared call and hands its pages on as they arrive, in constant memory: while page works on one, the
// next is fetched, and no more. An action that answers no list is a single item. next gets the cursor of a list that
// stopped before its end, after the last page.
func (e *Engine) Stream(
	ctx context.Context, p *Prepared, page func(okta.Page) error, next func(cursor string) error,
) error {
	ctx, seen := e.observe(ctx, p)
	err := e.streamPages(ctx, p, page, next)
	seen.end(ctx, err)
	if err != nil {
		return &ActionError{Action: p.action, Err: err}
	}
	return nil
}

func (e *Engine) streamPages(
	ctx context.Context, p *Prepared, page func(okta.Page) error, next func(cursor string) error,
) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
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
		for pg, err := range okta.Prefetch(result.Pages, cancel) {
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

func collect(pages iter.Seq2[okta.Page, error], progress func(okta.Page)) (json.RawMessage, string, error) {
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
		progress(page)
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
