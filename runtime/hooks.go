package runtime

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/okta-connector/okta-connector/connections/okta"
	"github.com/okta-connector/okta-connector/runtime/connector"
	"github.com/okta-connector/okta-connector/runtime/store"
	"github.com/okta-connector/okta-connector/schemas"
)

// Limits of Okta on event hooks; a warning is given when an org comes near.
const (
	maxHooksPerOrg   = 25
	maxTypesPerHook  = 300
	nearHooksPerOrg  = maxHooksPerOrg - 3
	nearTypesPerHook = maxTypesPerHook - 30
)

// hookState is what a subscription remembers of its event hook. It is sealed.
type hookState struct {
	HookID   string              `json:"hookId"`
	Secret   string              `json:"secret"` // Okta sends it as Authorization
	Verified bool                `json:"verified"`
	Warnings []connector.Warning `json:"warnings,omitempty"`
}

// HookView shows the event hook behind a subscription.
type HookView struct {
	ID       string              `json:"id"` // in Okta
	Verified bool                `json:"verified"`
	Warnings []connector.Warning `json:"warnings,omitempty"`
}

func hookView(state []byte) *HookView {
	var h hookState
	if json.Unmarshal(state, &h) != nil {
		return nil
	}
	return &HookView{ID: h.HookID, Verified: h.Verified, Warnings: h.Warnings}
}

// hookURL is where Okta sends a subscription's events.
func (e *Engine) hookURL(id string) string {
	return strings.TrimSuffix(e.publicURL, "/") + "/hooks/" + id
}

// registerHook makes Okta send a subscription's events here: it creates the hook or brings the one that is there up to
// date, and has Okta verify it. Doing it again changes nothing, on any replica: the hook is found by its URL.
func (e *Engine) registerHook(ctx context.Context, id string) error {
	if e.publicURL == "" {
		return &ConflictError{
			Code: "no_public_url", Detail: "Okta has to reach this server for event hooks: start it with --public-url",
		}
	}
	unlock, err := lock(ctx, e.store, "hook/"+id)
	if err != nil {
		return err
	}
	defer unlock()
	sub, err := e.store.Subscription(ctx, id)
	if err != nil {
		return notFound(err, "subscription", id)
	}
	client, err := e.client(ctx, ConnectionRef{Name: sub.Connection})
	if err != nil {
		return err
	}
	spec, err := e.index.Trigger(sub.Trigger).BindHook(sub.Inputs)
	if err != nil {
		return err
	}
	var state hookState
	_ = json.Unmarshal(sub.State, &state) // none yet
	if state.Secret == "" {
		// The secret is stored first: a hook that Okta has and we cannot recognise would be of no use.
		state.Secret = rand.Text()
		if err := e.saveHook(ctx, sub, state); err != nil {
			return err
		}
		sub.Version++
	}
	hook := okta.EventHook{
		Name: "Okta connector: " + id, Description: "Made and removed by the subscription " + id,
		URL: e.hookURL(id), Secret: state.Secret, Items: spec.Items, Filter: spec.Filter,
	}
	for _, h := range spec.Headers {
		hook.Headers = append(hook.Headers, okta.EventHookHeader{Key: h.Key, Value: h.Value})
	}
	found, hooks, err := findHook(ctx, client, hook.URL)
	if err != nil {
		return err
	}
	var raw json.RawMessage
	if found == "" {
		raw, err = client.CreateEventHook(ctx, hook)
		hooks++
	} else {
		raw, err = client.ReplaceEventHook(ctx, found, hook)
	}
	if err != nil {
		return err
	}
	var made oktaHook
	if err := json.Unmarshal(raw, &made); err != nil || made.ID == "" {
		return fmt.Errorf("event hook of %s: Okta's answer has no id", id)
	}
	state.HookID, state.Warnings = made.ID, hookWarnings(hooks, len(spec.Items))
	if made.Status == "INACTIVE" {
		if _, err := client.ActivateEventHook(ctx, made.ID); err != nil {
			return err
		}
	}
	state.Verified = made.VerificationStatus == "VERIFIED"
	if !state.Verified {
		_, err = client.VerifyEventHook(ctx, made.ID)
		state.Verified = err == nil
	}
	return errors.Join(err, e.saveHook(ctx, sub, state))
}

func (e *Engine) saveHook(ctx context.Context, sub store.Subscription, state hookState) error {
	raw, err := json.Marshal(state)
	if err != nil {
		return fmt.Errorf("event hook of %s: %w", sub.ID, err)
	}
	return conflictOf(e.store.UpdateSubscriptionState(ctx, sub.ID, sub.Version, raw))
}

// oktaHook is what is read of Okta's event hook.
type oktaHook struct {
	ID                 string `json:"id"`
	Status             string `json:"status"`
	VerificationStatus string `json:"verificationStatus"`
	Channel            struct {
		Config struct {
			URI string `json:"uri"`
		} `json:"config"`
	} `json:"channel"`
}

// findHook returns the id of the hook with the given URL, "" when there is none, and how many hooks the org has.
func findHook(ctx context.Context, c *okta.Client, url string) (id string, hooks int, err error) {
	for page, err := range c.ListEventHooks(ctx) {
		if err != nil {
			return "", 0, err
		}
		for _, raw := range page.Items {
			var h oktaHook
			if err := json.Unmarshal(raw, &h); err != nil {
				return "", 0, fmt.Errorf("an event hook of the list: %w", err)
			}
			hooks++
			if h.Channel.Config.URI == url {
				id = h.ID
			}
		}
	}
	return id, hooks, nil
}

func hookWarnings(hooks, types int) []connector.Warning {
	var w []connector.Warning
	if hooks >= nearHooksPerOrg {
		w = append(w, connector.Warning{
			Code:   "hooks_near_limit",
			Detail: fmt.Sprintf("the org has %d event hooks; Okta serves at most %d", hooks, maxHooksPerOrg),
		})
	}
	if types >= nearTypesPerHook {
		w = append(w, connector.Warning{
			Code:   "types_near_limit",
			Detail: fmt.Sprintf("the hook asks for %d event types; Okta allows at most %d", types, maxTypesPerHook),
		})
	}
	return w
}

// removeHook takes the event hook out of Okta. One that is gone already is no error.
func (e *Engine) removeHook(ctx context.Context, sub store.Subscription) error {
	client, err := e.client(ctx, ConnectionRef{Name: sub.Connection})
	if err != nil {
		return err
	}
	var state hookState
	_ = json.Unmarshal(sub.State, &state) // none when creating it failed
	if state.HookID == "" {
		if state.HookID, _, err = findHook(ctx, client, e.hookURL(sub.ID)); err != nil || state.HookID == "" {
			return err
		}
	}
	_, err = client.DeactivateEventHook(ctx, state.HookID)
	if err == nil {
		err = client.DeleteEventHook(ctx, state.HookID)
	}
	if okta.HasStatus(err, http.StatusNotFound) {
		return nil
	}
	return err
}

// HookRefusedError says that a delivery of an event hook did not carry its secret.
type HookRefusedError struct{}

func (*HookRefusedError) Error() string { return "the Authorization header is not this hook's secret" }

// CheckHook proves that a delivery comes from the hook of the subscription. It is cheap, so that a stranger's body need
// not be read.
func (e *Engine) CheckHook(ctx context.Context, id, authorization string) error {
	sub, err := e.store.Subscription(ctx, id)
	if err != nil {
		return notFound(err, "subscription", id)
	}
	var state hookState
	_ = json.Unmarshal(sub.State, &state) // a polled subscription has none
	if state.Secret == "" {
		return &NotFoundError{Kind: "event hook", Name: id}
	}
	if subtle.ConstantTimeCompare([]byte(authorization), []byte(state.Secret)) != 1 {
		return &HookRefusedError{}
	}
	return nil
}

// HookExists reports whether a subscription takes deliveries of an event hook.
func (e *Engine) HookExists(ctx context.Context, id string) error {
	sub, err := e.store.Subscription(ctx, id)
	if err != nil {
		return notFound(err, "subscription", id)
	}
	if t := e.index.Trigger(sub.Trigger); t == nil || t.Kind != connector.Webhook {
		return &NotFoundError{Kind: "event hook", Name: id}
	}
	return nil
}

// AcceptHook stores the events of a delivery that passed [Engine.CheckHook]. When it returns nil they are safe.
func (e *Engine) AcceptHook(ctx context.Context, id string, body json.RawMessage) error {
	sub, err := e.store.Subscription(ctx, id)
	if err != nil {
		return notFound(err, "subscription", id)
	}
	var envelope struct {
		Data struct {
			Events []json.RawMessage `json:"events"`
		} `json:"data"`
	}
	if err := json.Unmarshal(body, &envelope); err != nil {
		return schemas.Invalid{{Pointer: "/data/events", Detail: "must be an array of events"}}
	}
	events := make([]connector.Event, 0, len(envelope.Data.Events))
	for i, raw := range envelope.Data.Events {
		event, err := e.index.Trigger(sub.Trigger).HookEvent(raw)
		if err != nil {
			return schemas.Invalid{{Pointer: fmt.Sprintf("/data/events/%d", i), Detail: "is not an event with a uuid"}}
		}
		events = append(events, event)
	}
	if _, err := e.store.AcceptEvents(ctx, id, storedEvents(events)); err != nil {
		return err
	}
	wakeUp(e.wakeSend)
	return nil
}
