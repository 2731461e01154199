package runtime

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"sync/atomic"
	"time"

	"github.com/okta-connector/okta-connector/connections/okta"
	"github.com/okta-connector/okta-connector/runtime/store"
)

const (
	backgroundKept   = time.Hour        // how long the answer of a long call can be fetched at most
	backgroundLimit  = 2 * time.Hour    // and how long one that runs is remembered
	backgroundReport = time.Second      // between two reports of progress
	backgroundLease  = 10 * time.Second // a call whose process died is lost after this
)

// Progress counts what a call has read so far. It is safe for concurrent use.
type Progress struct {
	pages, items atomic.Int64
	stats        *okta.Stats
}

// WithProgress returns the context to make a call with, and what tells how far it is once each page is counted.
func WithProgress(ctx context.Context) (context.Context, *Progress) {
	ctx, stats := okta.WithStats(ctx)
	return ctx, &Progress{stats: stats}
}

// Page counts a page.
func (p *Progress) Page(page okta.Page) {
	p.pages.Add(1)
	p.items.Add(int64(len(page.Items)))
}

// Read returns how many pages and items were counted, and how long the call stood still for rate limits.
func (p *Progress) Read() (pages, items int64, waited time.Duration) {
	return p.pages.Load(), p.items.Load(), p.stats.Waited()
}

// MarshalJSON writes {"pages","items","waitedMs"}.
func (p *Progress) MarshalJSON() ([]byte, error) {
	pages, items, waited := p.Read()
	return json.Marshal(map[string]int64{"pages": pages, "items": items, "waitedMs": waited.Milliseconds()})
}

// LongCall is a call that goes on after its request was answered. It is lost when the process that made it ended
// without a word: how far it came is unknown, and nobody goes on with it.
type LongCall struct {
	ID         string          `json:"id"`
	Action     string          `json:"action"`
	Status     string          `json:"status"` // running, done, failed, cancelled or lost
	Progress   json.RawMessage `json:"progress,omitempty"`
	Answer     json.RawMessage `json:"answer,omitempty"`  // done
	Problem    json.RawMessage `json:"problem,omitempty"` // failed
	CreatedAt  time.Time       `json:"createdAt"`
	FinishedAt *time.Time      `json:"finishedAt,omitempty"`
	ExpiresAt  time.Time       `json:"expiresAt"`
}

// Background starts a call that outlives its request, and returns the id to ask for it with. Its context ends when
// somebody cancels it, or the engine stops.
func (e *Engine) Background(
	ctx context.Context, scope, action string, run func(context.Context, *Progress) Response,
) (id string, err error) {
	id, owner := rand.Text(), rand.Text()
	err = e.store.CreateInvocation(
		ctx, store.Invocation{ID: id, Scope: scope, Action: action}, owner, backgroundLease, backgroundLimit)
	if err != nil {
		return "", err
	}
	e.background.Go(func() {
		ctx, cancel := context.WithCancelCause(e.life)
		defer cancel(nil)
		e.running.Store(id, cancel)
		defer e.running.Delete(id)
		ctx, progress := WithProgress(ctx)
		stop := every(ctx, backgroundReport, func() bool { return e.report(ctx, cancel, id, owner, progress) })
		resp := run(ctx, progress)
		stop()
		e.finishBackground(ctx, id, owner, progress, resp)
	})
	return id, nil
}

var errCancelled = errors.New("cancelled by the caller")

func (e *Engine) report(
	ctx context.Context, cancel context.CancelCauseFunc, id, owner string, progress *Progress,
) bool {
	raw, err := progress.MarshalJSON()
	if err != nil {
		return false
	}
	cancelled, err := e.store.ReportInvocation(ctx, id, owner, raw, backgroundLease)
	if cancelled {
		cancel(errCancelled)
	}
	return !errors.Is(err, store.ErrFenced)
}

func (e *Engine) finishBackground(ctx context.Context, id, owner string, progress *Progress, resp Response) {
	status := store.InvocationDone
	switch {
	case errors.Is(context.Cause(ctx), errCancelled):
		status = store.InvocationCancelled
	case resp.Status >= 400:
		status = store.InvocationFailed
	}
	ctx = context.WithoutCancel(ctx)
	e.report(ctx, func(error) {}, id, owner, progress)
	kept := min(backgroundKept, e.answersKept)
	err := e.store.FinishInvocation(ctx, id, owner, status, resp.Status, resp.Body, kept)
	if err != nil {
		e.log.ErrorContext(ctx, "answer of a long call not stored", "error", err)
	}
}

// LongCall returns a long call of the given scope, or a [NotFoundError].
func (e *Engine) LongCall(ctx context.Context, scope, id string) (LongCall, error) {
	inv, err := e.store.Invocation(ctx, id)
	if err == nil && inv.Scope != scope {
		err = store.ErrNotFound
	}
	if err != nil {
		return LongCall{}, notFound(err, "invocation", id)
	}
	call := LongCall{
		ID: inv.ID, Action: inv.Action, Status: inv.Status, Progress: inv.Progress, CreatedAt: inv.CreatedAt,
		FinishedAt: timeOrNil(inv.FinishedAt), ExpiresAt: inv.ExpiresAt,
	}
	switch inv.Status {
	case store.InvocationDone:
		call.Answer = inv.Answer
	case store.InvocationFailed:
		call.Problem = inv.Answer
	}
	return call, nil
}

// CancelLongCall asks for the end of a long call: at once where this process makes it, otherwise within the second.
// What it has changed by then stays changed.
func (e *Engine) CancelLongCall(ctx context.Context, scope, id string) error {
	if _, err := e.LongCall(ctx, scope, id); err != nil {
		return err
	}
	if err := e.store.CancelInvocation(ctx, id); err != nil {
		return notFound(err, "invocation", id)
	}
	if cancel, ours := e.running.Load(id); ours {
		cancel.(context.CancelCauseFunc)(errCancelled)
	}
	return nil
}
