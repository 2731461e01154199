package httpapi

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"github.com/okta-connector/okta-connector/connections/okta"
	"github.com/okta-connector/okta-connector/runtime"
	"github.com/okta-connector/okta-connector/runtime/connector"
	"github.com/okta-connector/okta-connector/runtime/store"
)

// invoke performs an action: at once, as a stream of lines, or, where the caller prefers, in the background; and once
// only, where the call has an Idempotency-Key.
func (s *server) invoke(w http.ResponseWriter, r *http.Request) {
	call, err := s.newCall(r)
	switch {
	case err != nil:
		s.fail(w, r, err)
	case call.key != "":
		s.once(w, r, call)
	case call.background:
		writeResponse(w, r, s.start(r, call))
	case acceptsNDJSON(r) && call.action.Annotations.ReadOnly:
		s.stream(w, r, call)
	default:
		s.perform(w, r, call)
	}
}

// A call is an invocation together with what its headers ask for.
type call struct {
	inv        runtime.Invocation
	prepared   *runtime.Prepared
	action     *connector.Action
	timeout    time.Duration // 0: none was asked for
	key        string        // Idempotency-Key
	background bool          // Prefer: respond-async
}

const maxIdempotencyKey = 255

func (s *server) newCall(r *http.Request) (call, error) {
	inv, err := s.invocation(r)
	if err != nil {
		return call{}, err
	}
	c := call{
		inv: inv, action: s.engine.Index().Action(inv.Action),
		key: r.Header.Get("Idempotency-Key"), background: prefersAsync(r),
	}
	if c.prepared, err = s.engine.Prepare(r.Context(), inv); err != nil {
		return c, err
	}
	note(r, "org", c.prepared.Org())
	if keys := r.Header["Idempotency-Key"]; len(keys) > 1 || len(keys) == 1 && !goodKey(c.key) {
		return c, newProblem(http.StatusBadRequest, "bad_header",
			"Idempotency-Key must stand there once, with 1 to 255 characters of printable ASCII")
	}
	h := r.Header.Get("Connector-Timeout")
	if h == "" {
		return c, nil
	}
	c.timeout, err = time.ParseDuration(h)
	if err != nil || c.timeout < minCallTimeout || c.timeout > maxCallTimeout {
		return c, newProblem(http.StatusBadRequest, "bad_header",
			fmt.Sprintf("Connector-Timeout must be a duration such as 10s, at most %s", maxCallTimeout))
	}
	return c, nil
}

func goodKey(key string) bool {
	return key != "" && len(key) <= maxIdempotencyKey &&
		strings.IndexFunc(key, func(c rune) bool { return c < ' ' || c > '~' }) < 0
}

func prefersAsync(r *http.Request) bool {
	for _, line := range r.Header.Values("Prefer") {
		for token := range strings.SplitSeq(line, ",") {
			name, _, _ := strings.Cut(token, ";")
			if strings.EqualFold(strings.TrimSpace(name), "respond-async") {
				return true
			}
		}
	}
	return false
}

// bound bounds a call. A caller that goes away stops a read; a write is carried to its end, so that its outcome is
// known. Only the end of the server's work ends both.
func (s *server) bound(r *http.Request, c call, usual time.Duration) (context.Context, context.CancelFunc) {
	ctx := r.Context()
	if !c.action.Annotations.ReadOnly {
		ctx = context.WithoutCancel(ctx)
	}
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(c.timeout, usual))
	unbind := context.AfterFunc(s.Work, cancel)
	return ctx, func() { unbind(); cancel() }
}

func (s *server) perform(w http.ResponseWriter, r *http.Request, c call) {
	ctx, cancel := s.bound(r, c, s.CallTimeout)
	defer cancel()
	answer, err := s.engine.Perform(ctx, c.prepared, func(okta.Page) {})
	if err != nil {
		s.fail(w, r, err)
		return
	}
	writeResponse(w, r, s.answered(ctx, r, answer))
}

// once performs a call, or gives the stored answer of the one before.
func (s *server) once(w http.ResponseWriter, r *http.Request, c call) {
	fingerprint, err := fingerprint(c)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	ctx, cancel := s.bound(r, c, s.CallTimeout)
	defer cancel()
	key := runtime.OnceKey{Scope: caller(r.Context()), Key: c.key, Fingerprint: fingerprint}
	if !c.action.Annotations.ReadOnly && !c.action.Annotations.Idempotent {
		key.Interrupted = interrupted(r)
	}
	resp, replayed, err := s.engine.Once(ctx, key, func(ctx context.Context) runtime.Response {
		if c.background {
			return s.start(r, c)
		}
		return s.respond(ctx, r, c, func(okta.Page) {})
	})
	if err != nil {
		s.fail(w, r, err)
		return
	}
	if replayed {
		w.Header().Set("Idempotent-Replayed", "true")
	}
	writeResponse(w, r, resp)
}

// interrupted is the answer to a key whose call may have been made, by a process that ended.
func interrupted(r *http.Request) *runtime.Response {
	resp := refusal(r, newProblem(http.StatusBadGateway, "outcome_unknown", "the process that made this call ended before "+
		"Okta's answer was stored; look at the org before you make the call with another key"))
	return &resp
}

// fingerprint is the same for bodies that say the same.
func fingerprint(c call) (string, error) {
	var inputs any
	if len(c.inv.Inputs) > 0 {
		dec := json.NewDecoder(bytes.NewReader(c.inv.Inputs))
		dec.UseNumber()
		if err := dec.Decode(&inputs); err != nil {
			return "", err
		}
	}
	canonical, err := json.Marshal([]any{c.inv.Action, c.inv.Connection, inputs})
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(canonical)
	return hex.EncodeToString(sum[:]), nil
}

// respond performs a call and renders what it answers, success or problem. What surely changed nothing is not kept: the
// same key may try again.
func (s *server) respond(
	ctx context.Context, r *http.Request, c call, progress func(okta.Page),
) runtime.Response {
	answer, err := s.engine.Perform(ctx, c.prepared, progress)
	if err == nil {
		return s.answered(ctx, r, answer)
	}
	return refusal(r, err)
}

// refusal renders a problem.
func refusal(r *http.Request, err error) runtime.Response {
	p := *problemOf(err)
	p.RequestID = requestID(r.Context())
	body, _ := json.Marshal(&p) // a problem always marshals
	return runtime.Response{
		Status: p.Status, Body: body, Code: p.Code, Keep: !p.Retryable && p.Status != http.StatusInternalServerError,
	}
}

// answered renders an answer.
func (s *server) answered(ctx context.Context, r *http.Request, answer *runtime.Answer) runtime.Response {
	body, err := answer.AppendJSON(make([]byte, 0, len(answer.Data)+metaSize))
	if err != nil {
		s.log.ErrorContext(ctx, "answer", "error", err)
		return refusal(r, newProblem(http.StatusInternalServerError, "internal", "the answer could not be written"))
	}
	return runtime.Response{Status: http.StatusOK, Body: body, Keep: true}
}

const metaSize = 256 // about what an answer has besides its data

// start begins a call in the background. Its answer says where to ask for it.
func (s *server) start(r *http.Request, c call) runtime.Response {
	timeout := c.timeout
	if timeout == 0 {
		timeout = maxCallTimeout
	}
	id, err := s.engine.Background(r.Context(), caller(r.Context()), c.inv.Action,
		func(ctx context.Context, progress *runtime.Progress) runtime.Response {
			ctx, cancel := context.WithTimeout(ctx, timeout)
			defer cancel()
			return s.respond(ctx, r, c, progress.Page)
		})
	if err != nil {
		return refusal(r, err)
	}
	body, _ := json.Marshal(map[string]string{"id": id, "location": invocationPath + id}) // always marshals
	return runtime.Response{Status: http.StatusAccepted, Body: body, Keep: true}
}

const invocationPath = "/v1/invocations/"

func writeResponse(w http.ResponseWriter, r *http.Request, resp runtime.Response) {
	if resp.Code != "" {
		note(r, "outcome", resp.Code)
	}
	kind := "application/json"
	if resp.Status >= http.StatusBadRequest {
		kind = "application/problem+json"
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Length", strconv.Itoa(len(resp.Body))) // otherwise it would go out in chunks
	switch resp.Status {
	case http.StatusAccepted:
		var at struct {
			Location string `json:"location"`
		}
		if json.Unmarshal(resp.Body, &at) == nil {
			w.Header().Set("Location", at.Location)
		}
	case http.StatusTooManyRequests:
		var p problem
		if json.Unmarshal(resp.Body, &p) == nil && p.RetryAfter > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(p.RetryAfter))
		}
	}
	w.WriteHeader(resp.Status)
	_, _ = w.Write(resp.Body) // the caller has gone if this fails
}

func (s *server) longCall(r *http.Request) (reply, error) {
	call, err := s.engine.LongCall(r.Context(), caller(r.Context()), chi.URLParam(r, "id"))
	if call.Status == store.InvocationLost {
		call.Problem, _ = json.Marshal(s.lost(call)) // text and numbers: it always marshals
	}
	return ok(call), err
}

// lost says what a caller may do about a call whose process ended.
func (s *server) lost(call runtime.LongCall) *problem {
	action := s.engine.Index().Action(call.Action)
	if action != nil && action.Annotations.ReadOnly {
		p := newProblem(http.StatusBadGateway, "call_lost", "the process that made this call ended; make it again")
		p.Retryable = true
		return p
	}
	return newProblem(http.StatusBadGateway, "outcome_unknown",
		"the process that made this call ended; look at the org before you make it again")
}

func (s *server) cancelLongCall(r *http.Request) (reply, error) {
	return noContent, s.engine.CancelLongCall(r.Context(), caller(r.Context()), chi.URLParam(r, "id"))
}
