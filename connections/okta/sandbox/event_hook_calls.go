package sandbox

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"
)

const (
	hookTimeout  = 3 * time.Second
	hookTries    = 2 // at most one retry
	hookBatch    = 100
	hookGather   = 50 * time.Millisecond // events this close to each other travel together
	maxHookReply = 64 << 10
)

// newHookClient makes the client for calls to event hooks. It follows no redirects.
func newHookClient(transport http.RoundTripper) *http.Client {
	return &http.Client{
		Transport: transport, Timeout: hookTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// verifyEventHook is POST /api/v1/eventHooks/{eventHookId}/lifecycle/verify: it asks the hook to repeat a challenge.
func (o *Org) verifyEventHook(c *call) *apiError {
	o.mu.RLock()
	h, refusal := o.hookOf(c)
	o.mu.RUnlock()
	if refusal != nil {
		return refusal
	}
	if err := o.challenge(c.r.Context(), h.channel.Config.URI); err != nil {
		return invalid("eventHook", "Event hook verification failed: "+err.Error())
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.setHook(c, "event_hook.verified", func(h *eventHook) { h.verification = hookVerified })
}

// challenge sends the one GET request that a hook gets. It carries neither the hook's secret nor its headers.
func (o *Org) challenge(ctx context.Context, uri string) error {
	value := requestID() + requestID()
	reply, err := o.callHook(func() (*http.Request, error) {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, uri, nil)
		if err == nil {
			r.Header.Set("X-Okta-Verification-Challenge", value)
			r.Header.Set("Accept", "application/json")
		}
		return r, err
	})
	if err != nil {
		return err
	}
	var answer struct {
		Verification string `json:"verification"`
	}
	if err := json.Unmarshal(reply, &answer); err != nil {
		return errors.New("the answer is not JSON")
	}
	if answer.Verification != value {
		return errors.New("the answer does not repeat the challenge")
	}
	return nil
}

// callHook sends what request makes, a second time when there was no answer or one above 499. The error is that of the
// last try, and does not name the address: it may hold a secret.
func (o *Org) callHook(request func() (*http.Request, error)) (reply []byte, err error) {
	var failed error
	for range hookTries {
		r, err := request()
		if err != nil {
			return nil, errors.New("the address is not valid")
		}
		r.Header.Set("User-Agent", "Okta-Sandbox")
		resp, err := o.hookClient.Do(r)
		if err != nil {
			failed = hookSilence(err)
			continue
		}
		reply, err = io.ReadAll(io.LimitReader(resp.Body, maxHookReply))
		_ = resp.Body.Close()
		switch status := resp.StatusCode; {
		case status < http.StatusMultipleChoices && err == nil:
			return reply, nil
		case status < http.StatusMultipleChoices:
			failed = hookSilence(err)
		case status < http.StatusInternalServerError:
			return nil, fmt.Errorf("the answer's status is %d", status)
		default:
			failed = fmt.Errorf("the answer's status is %d, twice", status)
		}
	}
	return nil, failed
}

// hookSilence says why there is no answer.
func hookSilence(err error) error {
	if timeout := net.Error(nil); errors.As(err, &timeout) && timeout.Timeout() {
		return errors.New("no answer within 3 seconds")
	}
	return errors.New("the connection failed")
}

// delivery is a batch of events for one hook.
type delivery struct {
	hook   *eventHook
	events []json.RawMessage
}

// deliverEvents calls the hooks with new events until ctx ends. Each hook gets one call at a time, so that a slow one
// keeps nobody else waiting.
func (o *Org) deliverEvents(ctx context.Context) {
	var calls sync.WaitGroup
	defer calls.Wait()
	busy, done := map[string]bool{}, make(chan string)
	for {
		pause(ctx, hookGather)
		o.mu.Lock()
		due, grown := o.dueDeliveries(busy), o.log.growth()
		o.mu.Unlock()
		for _, d := range due {
			busy[d.hook.id] = true
			calls.Go(func() {
				o.deliver(ctx, d)
				select {
				case done <- d.hook.id:
				case <-ctx.Done():
				}
			})
		}
		select {
		case <-ctx.Done():
			return
		case id := <-done:
			delete(busy, id)
		case <-grown:
		}
	}
}

// pause returns after d or when ctx ends.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// dueDeliveries takes the next batch for every hook that is not busy. For the org, taken is delivered: what a hook does
// not accept is not sent again.
func (o *Org) dueDeliveries(busy map[string]bool) []delivery {
	var due []delivery
	for _, h := range slices.Clone(o.hooks.rows) {
		if !h.delivers() || busy[h.id] || h.from >= len(o.log.events) {
			continue
		}
		d, changed := delivery{hook: h}, *h
		for changed.from < len(o.log.events) && len(d.events) < hookBatch {
			if e := o.log.events[changed.from]; h.wants(e) {
				d.events = append(d.events, e.raw)
			}
			changed.from++
		}
		o.hooks.put(&changed)
		if len(d.events) > 0 {
			due = append(due, d)
		}
	}
	return due
}

func (h *eventHook) wants(e *logEvent) bool {
	if !slices.Contains(h.events.Items, e.eventType) {
		return false
	}
	c, ok := h.conditions[e.eventType]
	return !ok || c.holds(e)
}

func (o *Org) deliver(ctx context.Context, d delivery) {
	o.mu.Lock()
	id := o.ids.uuid()
	o.mu.Unlock()
	config := d.hook.channel.Config
	body, err := json.Marshal(map[string]any{
		"eventType": "com.okta.event_hook", "eventTypeVersion": "1.0", "cloudEventsVersion": "0.1",
		"source":  d.hook.home + "/api/v1/eventHooks/" + d.hook.id,
		"eventId": id, "data": map[string]any{"events": d.events},
		"eventTime": stamp{time.Now()}, "contentType": "application/json",
	})
	if err == nil {
		_, err = o.callHook(func() (*http.Request, error) {
			r, err := http.NewRequestWithContext(ctx, http.MethodPost, config.URI, bytes.NewReader(body))
			if err != nil {
				return nil, err
			}
			r.Header.Set("Content-Type", "application/json")
			r.Header.Set("Accept", "application/json")
			for _, h := range config.Headers {
				r.Header.Set(h.Key, h.Value)
			}
			if auth := config.AuthScheme; auth != nil {
				r.Header.Set(auth.Key, auth.Value)
			}
			return r, nil
		})
	}
	if err != nil && ctx.Err() == nil {
		o.logger.LogAttrs(ctx, slog.LevelWarn, "event hook did not accept a delivery", slog.String("hook", d.hook.id),
			slog.Int("events", len(d.events)), slog.String("reason", err.Error()))
	}
}
