package runtime

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/okta-connector/okta-connector/runtime/connector"
	"github.com/okta-connector/okta-connector/runtime/store"
)

const (
	// DefaultRetryFor is how long a delivery is tried before it is dead.
	DefaultRetryFor = 24 * time.Hour

	minSendBackoff = time.Second
	maxSendBackoff = 15 * time.Minute
	sendTimeout    = 30 * time.Second // of one attempt
	sendTurn       = 5 * time.Second  // then a subscription with a backlog lets others go first
	maxReplyBody   = 64 << 10         // read of a receiver's answer, to reuse its connection
)

func newReceiverClient(transport http.RoundTripper) *http.Client {
	return &http.Client{
		Transport: transport,
		Timeout:   sendTimeout,
		// A redirect would take the events, and the headers with them, to an address nobody gave.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

func (e *Engine) claimDeliveries(ctx context.Context, n int, _ []string) ([]claimed, time.Time, error) {
	shipments, err := e.store.ClaimDeliveries(ctx, e.owner, e.lease, n)
	if err != nil {
		return nil, time.Time{}, err
	}
	jobs := make([]claimed, len(shipments))
	for i, s := range shipments {
		jobs[i] = claimed{run: func(work context.Context, at *place) { e.deliver(work, ctx, s, at) }}
	}
	if len(jobs) > 0 {
		return jobs, time.Time{}, nil
	}
	_, next, err := e.store.NextDue(ctx)
	return nil, next, err
}

// deliver sends a claimed batch, and then the batches behind it as long as the receiver takes them and the turn lasts.
// A receiver that was waited for without a place has to queue for one again.
func (e *Engine) deliver(ctx, stop context.Context, s *store.Shipment, at *place) {
	began := time.Now()
	for s != nil {
		traced, span := e.traceDelivery(ctx, s)
		attempted := time.Now()
		outcome := e.attempt(traced, s)
		if ctx.Err() != nil && !outcome.Delivered {
			span.End()
			e.releaseDelivery(ctx, s)
			return
		}
		e.deliveryEnded(traced, span, s, outcome, time.Since(attempted))
		at.moved()
		outcome.More = outcome.Delivered && stop.Err() == nil && !at.yielded() && time.Since(began) < sendTurn
		next, err := e.store.FinishDelivery(context.WithoutCancel(ctx), s, outcome)
		if err != nil {
			if !errors.Is(err, store.ErrFenced) {
				e.log.Error("delivery not recorded", "delivery", s.Delivery.ID, "error", err)
			}
			return
		}
		s = next
	}
}

// releaseDelivery gives back what the engine's end cut short: it is due at once for whoever runs next.
func (e *Engine) releaseDelivery(ctx context.Context, s *store.Shipment) {
	if err := e.store.ReleaseDelivery(context.WithoutCancel(ctx), s); err != nil {
		e.log.Error("delivery not released", "delivery", s.Delivery.ID, "error", err)
	}
}

// attempt sends one batch once and judges the answer: 2xx is delivered, anything else is tried again until the batch is
// too old. The claim is renewed while the receiver thinks; losing it ends the attempt.
func (e *Engine) attempt(ctx context.Context, s *store.Shipment) store.Outcome {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer e.keepClaim(ctx, cancel, func(ctx context.Context) error { return e.store.ExtendDelivery(ctx, s) })()
	status, err := e.send(ctx, s)
	if err == nil {
		return store.Outcome{Delivered: true, Status: status}
	}
	outcome := store.Outcome{Error: err.Error()}
	delay := sendBackoff(s.Delivery.Attempts)
	var refused *DeliveryError
	if errors.As(err, &refused) {
		outcome.Status = refused.Status
		delay = max(delay, min(refused.RetryAfter, e.retryFor/2)) // so that there is a next time
	}
	now := time.Now()
	if retry := now.Add(delay); retry.Before(s.Delivery.PendingSince.Add(e.retryFor)) {
		outcome.RetryAt = retry
	}
	return outcome
}

// sendBackoff is at most a second at first and doubles to a quarter of an hour; up to a half is at random.
func sendBackoff(attempts int) time.Duration {
	d := min(minSendBackoff<<min(attempts, 20), maxSendBackoff)
	return d/2 + rand.N(d/2)
}

// send posts a batch and returns the status of a receiver that took it. Errors of one that did not are
// [DeliveryError]s.
func (e *Engine) send(ctx context.Context, s *store.Shipment) (status int, err error) {
	client, err := e.client(ctx, ConnectionRef{Name: s.Connection})
	if err != nil {
		return 0, fmt.Errorf("connection %s: %w", s.Connection, err)
	}
	events := make([]connector.Event, len(s.Events))
	for i, ev := range s.Events {
		events[i] = keptEvent(ev)
	}
	body := cloudEventBatch(client.Org(), events)
	now := time.Now()
	signature, err := Sign(s.To.Secret, s.Delivery.ID, now, body)
	if err != nil {
		return 0, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.To.URL, bytes.NewReader(body))
	if err != nil {
		return 0, &DeliveryError{Detail: "its URL is not valid"}
	}
	for name, value := range s.To.Headers {
		req.Header.Set(name, value)
	}
	req.Header.Set("Content-Type", BatchContentType)
	req.Header.Set("User-Agent", e.env.UserAgent)
	req.Header.Set("webhook-id", s.Delivery.ID)
	req.Header.Set("webhook-timestamp", strconv.FormatInt(now.Unix(), 10))
	req.Header.Set("webhook-signature", signature)
	res, err := e.receivers.Do(req)
	if err != nil {
		return 0, &DeliveryError{Detail: withoutURL(err).Error()}
	}
	defer res.Body.Close()
	_, _ = io.CopyN(io.Discard, res.Body, maxReplyBody) // what it says does not matter, its status does
	if res.StatusCode/100 != 2 {
		return 0, &DeliveryError{Status: res.StatusCode, RetryAfter: retryAfter(res.Header, now)}
	}
	return res.StatusCode, nil
}

// retryAfter reads the header in seconds or as a date; 0 when there is none.
func retryAfter(h http.Header, now time.Time) time.Duration {
	value := h.Get("Retry-After")
	if n, err := strconv.Atoi(value); err == nil && n > 0 {
		return time.Duration(min(n, 24*3600)) * time.Second
	}
	if at, err := http.ParseTime(value); err == nil {
		return max(0, at.Sub(now))
	}
	return 0
}

// withoutURL drops the URL that net/http puts into its errors: its path may be a secret.
func withoutURL(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}
