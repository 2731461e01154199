package runtime

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"time"

	"github.com/okta-connector/okta-connector/runtime/store"
)

// DefaultAnswersKept is how long the answer of an idempotent call is kept.
const DefaultAnswersKept = 24 * time.Hour

// Response is the answer of a call as it goes over the wire, so that it can be given again.
type Response struct {
	Status int             `json:"status"`
	Body   json.RawMessage `json:"body,omitempty"`
	Code   string          `json:"-"` // of a problem, for the log
	Keep   bool            `json:"-"` // false: the call surely changed nothing, and the same key may try again
}

// An OnceKey is a caller's Idempotency-Key, and what it may be used for.
type OnceKey struct {
	Scope       string // whose key: two callers do not meet
	Key         string
	Fingerprint string // of the call; the key is refused for another one

	// Interrupted answers a call that began in a process which ended before it had an answer: whether it happened is
	// unknown, so that it is not made again. Nil where making it twice makes no difference.
	Interrupted *Response
}

// Once performs a call at most once for a key. Who comes with the same key gets the stored answer, and waits while the
// first call is still running, on whichever replica. A key that was used for another call is a [ConflictError].
func (e *Engine) Once(
	ctx context.Context, key OnceKey, run func(context.Context) Response,
) (resp Response, replayed bool, err error) {
	id, owner := store.CallKey{Scope: key.Scope, Key: key.Key}, rand.Text()
	for {
		call, err := e.store.BeginIdempotent(ctx, id, key.Fingerprint, owner, lockTime, e.answersKept)
		if err != nil {
			return Response{}, false, err
		}
		switch call.State {
		case store.CallMismatch:
			return Response{}, false, &ConflictError{
				Code: "idempotency_key_reused", Detail: "this Idempotency-Key was used with another body",
			}
		case store.CallDone:
			return Response{Status: call.Status, Body: call.Answer}, true, nil
		case store.CallInterrupted:
			if lost := key.Interrupted; lost != nil {
				return *lost, false, e.store.FinishIdempotent(ctx, id, owner, lost.Status, lost.Body)
			}
		case store.CallInProgress:
			waitUntil(ctx, time.Now().Add(lockRetry), nil)
			if ctx.Err() != nil {
				return Response{}, false, &ConflictError{
					Code: "call_running", Detail: "a call with this Idempotency-Key is still running",
				}
			}
			continue
		}
		resp = e.runOnce(ctx, id, owner, run)
		return resp, false, nil
	}
}

// runOnce runs while it keeps the key, then stores the answer or gives the key back.
func (e *Engine) runOnce(
	ctx context.Context, id store.CallKey, owner string, run func(context.Context) Response,
) Response {
	stop := every(ctx, lockTime/3, func() bool {
		return e.store.ExtendIdempotent(ctx, id, owner, lockTime) == nil
	})
	resp := run(ctx)
	stop()
	ctx = context.WithoutCancel(ctx)
	var err error
	if resp.Keep {
		err = e.store.FinishIdempotent(ctx, id, owner, resp.Status, resp.Body)
	} else {
		err = e.store.AbandonIdempotent(ctx, id, owner)
	}
	if err != nil {
		e.log.ErrorContext(ctx, "answer of an idempotent call not stored", "error", err)
	}
	return resp
}

// every calls do at each interval until it returns false, ctx ends, or stop is called. stop waits for a running do.
func every(ctx context.Context, interval time.Duration, do func() bool) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(interval)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			if !do() {
				return
			}
		}
	}()
	return func() { cancel(); <-done }
}
