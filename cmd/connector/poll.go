package main

import (
	"context"
	"encoding/json"
	"time"

	"github.com/okta-connector/okta-connector/runtime/connector"
)

// poll asks a trigger once and prints what is new, and the cursor to ask with next time. Without a cursor a poll begins
// now: it brings no events, only the cursor, unless --start-from names a time.
func poll(ctx context.Context, p *program, args []string) error {
	var t target
	f := p.newFlags("poll", "TRIGGER")
	t.register(f)
	cursor := f.String("cursor", "", "the `JSON` cursor that the poll before printed")
	from := f.String("start-from", "", "without a cursor: the `time` to begin at, such as 2026-01-31T09:00:00Z")
	positional, err := p.parse(f, args)
	if err != nil {
		return err
	}
	key, err := one("poll", "TRIGGER", positional)
	if err != nil {
		return err
	}
	now := time.Now()
	start := connector.Start{Registered: now, Baseline: true}
	if *from != "" {
		if start.From, err = time.Parse(time.RFC3339Nano, *from); err != nil {
			return usagef("--start-from must be a time such as 2026-01-31T09:00:00Z")
		}
		start.Baseline = false
	}
	ref, err := t.ref()
	if err != nil {
		return err
	}
	inputs, err := p.inputs(t.input)
	if err != nil {
		return err
	}
	position, err := readCursor(*cursor)
	if err != nil {
		return err
	}
	engine, done, err := p.engine(ctx, &t)
	if err != nil {
		return err
	}
	defer done()
	if index := engine.Index(); index.Trigger(key) == nil {
		return usagef("there is no trigger %q%s", key, didYouMean(key, triggerKeys(index)))
	}
	events, next, err := engine.PollOnce(ctx, key, ref, inputs, start, position)
	if err != nil {
		return p.explain(err)
	}
	return p.print(struct {
		Events []json.RawMessage `json:"events"`
		Cursor json.RawMessage   `json:"cursor"`
	}{events, next})
}

func readCursor(text string) (json.RawMessage, error) {
	if text == "" {
		return nil, nil
	}
	if !json.Valid([]byte(text)) {
		return nil, usagef("--cursor must be the JSON that the poll before printed")
	}
	return json.RawMessage(text), nil
}
