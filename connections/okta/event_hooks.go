package okta

import (
	"context"
	"encoding/json"
	"iter"
	"net/http"
)

const (
	hooksPath = "/api/v1/eventHooks"
	hookPath  = "/api/v1/eventHooks/{id}"
)

// EventHook is a hook as it is sent to Okta, in the few parts that vary.
type EventHook struct {
	Name        string
	Description string            // "" for none
	URL         string            // https
	Headers     []EventHookHeader // sent with each delivery
	Secret      string            // Okta sends it as Authorization and never shows it again; "" for none
	Items       []string          // event types, 1 to 300
	Filter      json.RawMessage   // events.filter; nil for none
}

// EventHookHeader is a header that Okta sends with each delivery.
type EventHookHeader struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// MarshalJSON writes the hook in Okta's form.
func (h EventHook) MarshalJSON() ([]byte, error) {
	type authScheme struct {
		Type  string `json:"type"`
		Key   string `json:"key"`
		Value string `json:"value"`
	}
	type config struct {
		URI     string            `json:"uri"`
		Headers []EventHookHeader `json:"headers,omitempty"`
		Auth    *authScheme       `json:"authScheme,omitempty"`
	}
	type channel struct {
		Type    string `json:"type"`
		Version string `json:"version"`
		Config  config `json:"config"`
	}
	type events struct {
		Type   string          `json:"type"`
		Items  []string        `json:"items"`
		Filter json.RawMessage `json:"filter,omitempty"`
	}
	var auth *authScheme
	if h.Secret != "" {
		auth = &authScheme{"HEADER", "Authorization", h.Secret}
	}
	return json.Marshal(struct {
		Name        string  `json:"name"`
		Description string  `json:"description,omitempty"`
		Events      events  `json:"events"`
		Channel     channel `json:"channel"`
	}{
		h.Name, h.Description,
		events{"EVENT_TYPE", h.Items, h.Filter},
		channel{"HTTP", "1.0.0", config{h.URL, h.Headers, auth}},
	})
}

// CreateEventHook registers a hook. It begins ACTIVE and UNVERIFIED: Okta sends nothing before it is verified.
//
// POST /api/v1/eventHooks, okta.eventHooks.manage. E0000001 for a URL, an event type or a filter that Okta refuses.
func (c *Client) CreateEventHook(ctx context.Context, hook EventHook) (json.RawMessage, error) {
	return c.call(ctx, http.MethodPost, At(hooksPath), nil, hook)
}

// GetEventHook reads one hook, without its secret.
//
// GET /api/v1/eventHooks/{eventHookId}, okta.eventHooks.read. E0000007 when there is none.
func (c *Client) GetEventHook(ctx context.Context, hookID string) (json.RawMessage, error) {
	return c.call(ctx, http.MethodGet, At(hookPath, hookID), nil, nil)
}

// ListEventHooks lists the hooks of the org, without their secrets. Okta does not page it.
//
// GET /api/v1/eventHooks, okta.eventHooks.read.
func (c *Client) ListEventHooks(ctx context.Context) iter.Seq2[Page, error] {
	return c.Pages(ctx, At(hooksPath), nil, "")
}

// ReplaceEventHook replaces a hook. Where its URL, headers or secret change it must be verified again.
//
// PUT /api/v1/eventHooks/{eventHookId}, okta.eventHooks.manage. E0000001 as for creating, E0000007 when there is none.
func (c *Client) ReplaceEventHook(ctx context.Context, hookID string, hook EventHook) (json.RawMessage, error) {
	return c.call(ctx, http.MethodPut, At(hookPath, hookID), nil, hook)
}

// DeleteEventHook removes a hook, which must be INACTIVE.
//
// DELETE /api/v1/eventHooks/{eventHookId}, okta.eventHooks.manage. E0000007 when there is none.
func (c *Client) DeleteEventHook(ctx context.Context, hookID string) error {
	_, err := c.call(ctx, http.MethodDelete, At(hookPath, hookID), nil, nil)
	return err
}

// ActivateEventHook turns a hook on. It does not verify it.
//
// POST /api/v1/eventHooks/{eventHookId}/lifecycle/activate, okta.eventHooks.manage. E0000007 when there is none.
func (c *Client) ActivateEventHook(ctx context.Context, hookID string) (json.RawMessage, error) {
	return c.call(ctx, http.MethodPost, At(hookPath+"/lifecycle/activate", hookID), nil, nil)
}

// DeactivateEventHook turns a hook off.
//
// POST /api/v1/eventHooks/{eventHookId}/lifecycle/deactivate, okta.eventHooks.manage. E0000007 when there is none.
func (c *Client) DeactivateEventHook(ctx context.Context, hookID string) (json.RawMessage, error) {
	return c.call(ctx, http.MethodPost, At(hookPath+"/lifecycle/deactivate", hookID), nil, nil)
}

// VerifyEventHook has Okta challenge the hook's URL, which it gives 3 s, twice; the call lasts as long.
//
// POST /api/v1/eventHooks/{eventHookId}/lifecycle/verify, okta.eventHooks.manage. E0000001 when the challenge was not
// met, E0000007 when there is no such hook.
func (c *Client) VerifyEventHook(ctx context.Context, hookID string) (json.RawMessage, error) {
	return c.call(ctx, http.MethodPost, At(hookPath+"/lifecycle/verify", hookID), nil, nil)
}
