package runtime

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"

	"github.com/okta-connector/okta-connector/connections/okta"
)

// Preview is what a call would do. Nothing in it is a secret: those read "[redacted]".
type Preview struct {
	Requests []PreviewRequest `json:"requests"` // in order; reads were made, writes were not
	Current  any              `json:"current"`  // what would be changed or deleted; a list where that is several things
	Changes  []Change         `json:"changes"`  // to Current
}

// PreviewRequest is one request to Okta.
type PreviewRequest struct {
	Method string         `json:"method"`
	Path   string         `json:"path"`
	Query  map[string]any `json:"query"` // a string, or a list where a name stands several times
	Body   any            `json:"body"`  // JSON, text in a string, or null
	Note   string         `json:"note,omitempty"`
}

// Change is one difference between what is there now and what would be.
type Change struct {
	Pointer string `json:"pointer"` // into Current; "" is the whole of it
	From    any    `json:"from"`
	To      any    `json:"to"` // null also for what would be gone
}

const (
	noteRead      = "a read: it was made for this preview"
	noteFirstPage = "a read: its first page was fetched for this preview, and more follow"
	notePretend   = okta.PretendID + " stands for the id that Okta will give"
	noteHidden    = "what is there now may not be read with this connection"

	noteFirstDelete = "Okta deactivates the user first: only a deactivated user is deleted"
)

// Preview finds out what [Engine.Perform] would do, without a write: the action runs as ever, on a client that reads
// and only remembers what it should write. A thing that is to be changed and is not there is an error, as it would be
// for the call itself.
func (e *Engine) Preview(ctx context.Context, p *Prepared) (*Preview, error) {
	preview, err := p.preview(ctx)
	if err != nil {
		return nil, &ActionError{Action: p.action, Err: err}
	}
	return preview, nil
}

func (p *Prepared) preview(ctx context.Context) (*Preview, error) {
	client, run := p.client.DryRun()
	result, err := p.call(ctx, client)
	if err != nil {
		return nil, err
	}
	more := false
	if result.Pages != nil {
		if more, err = readFirst(result.Pages); err != nil {
			return nil, err
		}
	}
	steps := run.Steps()
	objects, notes, err := touched(ctx, client, steps)
	if err != nil {
		return nil, err
	}
	r := newRedactor(p.action.Input, p.inputs)
	preview := &Preview{Requests: make([]PreviewRequest, len(steps)), Changes: []Change{}}
	for i, step := range steps {
		preview.Requests[i] = r.request(step, cmp.Or(notes[i], noteOf(step, more)))
	}
	preview.compare(objects, r)
	return preview, nil
}

// readFirst reads one page, and reports whether it has a next one.
func readFirst(pages iter.Seq2[okta.Page, error]) (more bool, err error) {
	for page, err := range pages {
		return page.Next != "", err
	}
	return false, nil
}

func noteOf(step okta.DryStep, morePages bool) string {
	switch {
	case !step.Write() && morePages:
		return noteFirstPage
	case !step.Write():
		return noteRead
	case strings.Contains(step.Request.Path.String(), "/"+okta.PretendID):
		return notePretend
	}
	return ""
}

// compare fills in what is there now and what would become of it.
func (p *Preview) compare(objects []*object, r *redactor) {
	if len(objects) == 1 {
		p.Current = r.value(objects[0].before)
		p.Changes = r.changes(p.Changes, "", objects[0])
		return
	}
	list := make([]any, len(objects))
	for i, o := range objects {
		list[i] = r.value(o.before)
		p.Changes = r.changes(p.Changes, fmt.Sprintf("/%d", i), o)
	}
	if len(list) > 0 {
		p.Current = list
	}
}

// decode reads one JSON value, its numbers as they are written.
func decode(raw json.RawMessage) (any, error) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return nil, err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("more than one value")
	}
	return v, nil
}
