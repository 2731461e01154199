package runtime

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"strings"

	"github.com/okta-connector/okta-connector/connections/okta"
	"github.com/okta-connector/okta-connector/runtime/connector"
	"github.com/okta-connector/okta-connector/runtime/store"
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
	URL      string              `json:"url"`    // where it leads
	Secret   string              `json:"secret"` // Okta sends it as Authorization
	Verified bool                `json:"verified"`
	Problem  string              `json:"problem,omitempty"`
	Warnings []connector.Warning `json:"warnings,omitempty"`
}

// HookView shows the event hook behind a subscription.
type HookView struct {
	ID       string              `json:"id"`                // in Okta
	Verified bool                `json:"verified"`          // Okta sends events only if it is
	Problem  string              `json:"problem,omitempty"` // why it is not
	Warnings []connector.Warning `json:"warnings,omitempty"`
}

func hookView(state []byte) *HookView {
	var h hookState
	if json.Unmarshal(state, &h) != nil {
		return nil
	}
	return &HookView{ID: h.HookID, Verified: h.Verified, Problem: h.Problem, Warnings: h.Warnings}
}

// hookURL is where Okta sends a subscription's events.
func (e *Engine) hookURL(id string) string {
	return strings.TrimSuffix(e.publicURL, "/") + "/hooks/" + id
}

// hookLock is held by whoever sets up or removes a subscription's event hook.
func hookLock(id string) string { return "hook/" + id }

var errNoPublicURL = &ConflictError{
	Code: "no_public_url", Detail: "Okta has to reach this server for event hooks: start it with --public-url",
}

// always registers a hook whatever its state.
func always(hookState) bool { return true }

// registerHook makes Okta send a subscription's events here, if its hook is in a state that needs it: it creates the
// hook or brings the one that is there up to date, and has Okta verify it. Doing it again changes nothing, on any
// replica: the hook is found by its id, or by its URL when a crash came before the id was stored.
func (e *Engine) registerHook(ctx context.Context, id string, needed func(hookState) bool) error {
	if e.publicURL == "" {
		return errNoPublicURL
	}
	unlock, err := lock(ctx, e.store, hookLock(id))
	if err != nil {
		return err
	}
	defer unlock()
	sub, err := e.store.Subscription(ctx, id)
	if err != nil {
		return notFound(err, "subscription", id)
	}
	var state hookState
	_ = json.Unmarshal(sub.State, &state) // none yet
	if !needed(state) {
		return nil
	}
	if state.Secret == "" {
		// The secret is stored first: a hook that Okta has and we cannot recognise would be of no use.
		state.Secret = rand.Text()
		if err := e.saveHook(ctx, sub, state); err != nil {
			return err
		}
		sub.Version++
	}
	wrote, stats := okta.WithStats(ctx)
	err = e.setUpHook(wrote, sub, &state)
	e.audit(ctx, wroteCall{CallerOf(ctx), "setUpEventHook", sub.Connection}, stats.Writes(), err)
	if state.Verified = err == nil; !state.Verified {
		state.Problem = err.Error()
	}
	return errors.Join(err, e.saveHook(context.WithoutCancel(ctx), sub, state))
}

// setUpHook returns nil when Okta has the hook as the subscription asks for it, active and verified. Whether it does or
// not, state then knows the hook's id, if it has one.
func (e *Engine) setUpHook(ctx context.Context, sub store.Subscription, state *hookState) error {
	client, err := e.client(ctx, ConnectionRef{Name: sub.Connection})
	if err != nil {
		return err
	}
	spec, err := e.index.Trigger(sub.Trigger).BindHook(sub.Inputs)
	if err != nil {
		return err
	}
	state.URL, state.Problem = e.hookURL(sub.ID), ""
	hook := okta.EventHook{
		Name: "Okta connector: " + sub.ID, Description: "Made and removed by the subscription " + sub.ID,
		URL: state.URL, Secret: state.Secret, Items: spec.Items, Filter: spec.Filter,
	}
	for _, h := range spec.Headers {
		hook.Headers = append(hook.Headers, okta.EventHookHeader{Key: h.Key, Value: h.Value})
	}
	found, hooks, err := findHook(ctx, client, *state)
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
		return fmt.Errorf("event hook of %s: Okta's answer has no id", sub.ID)
	}
	state.HookID, state.Warnings = made.ID, hookWarnings(hooks, len(spec.Items))
	if made.Status == "INACTIVE" {
		if _, err := client.ActivateEventHook(ctx, made.ID); err != nil {
			return err
		}
	}
	if made.VerificationStatus != "VERIFIED" {
		_, err = client.VerifyEventHook(ctx, made.ID)
	}
	return err
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

// oktaHooks are the event hooks of an org.
func oktaHooks(ctx context.Context, c *okta.Client) iter.Seq2[oktaHook, error] {
	return func(yield func(oktaHook, error) bool) {
		for page, err := range c.ListEventHooks(ctx) {
			if err != nil {
				yield(oktaHook{}, err)
				return
			}
			for _, raw := range page.Items {
				var h oktaHook
				if err := json.Unmarshal(raw, &h); err != nil {
					yield(h, fmt.Errorf("an event hook of the list: %w", err))
					return
				}
				if !yield(h, nil) {
					return
				}
			}
		}
	}
}

// findHook returns the id of the hook that state tells of, "" when there is none, and how many active hooks there are.
func findHook(ctx context.Context, c *okta.Client, state hookState) (id string, hooks int, err error) {
	for h, err := range oktaHooks(ctx, c) {
		if err != nil {
			return "", 0, err
		}
		if h.Status == "ACTIVE" {
			hooks++
		}
		if h.ID == state.HookID || id == "" && h.Channel.Config.URI == state.URL {
			id = h.ID
		}
	}
	return id, hooks, nil
}

func hookWarnings(hooks, types int) []connector.Warning {
	var w []connector.Warning
	if hooks >= nearHooksPerOrg {
		w = append(w, connector.Warning{
			Code:   "hooks_near_limit",
			Detail: fmt.Sprintf("the org has %d active event hooks; Okta serves at most %d", hooks, maxHooksPerOrg),
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
		state.URL = e.hookURL(sub.ID)
		if state.HookID, _, err = findHook(ctx, client, state); err != nil || state.HookID == "" {
			return err
		}
	}
	wrote, stats := okta.WithStats(ctx)
	_, err = client.DeactivateEventHook(wrote, state.HookID)
	var refused *okta.Error
	if err == nil || errors.As(err, &refused) { // as Okta may do with one that is inactive already
		if deleted := client.DeleteEventHook(wrote, state.HookID); deleted == nil || err == nil {
			err = deleted
		}
	}
	e.audit(ctx, wroteCall{CallerOf(ctx), "removeEventHook", sub.Connection}, stats.Writes(), err)
	if okta.HasStatus(err, http.StatusNotFound) {
		return nil
	}
	return err
}

// hookWarningsOf says which of Okta's limits the event hook of a subscription comes near; nil for one that is polled.
func hookWarningsOf(sub store.Subscription) []connector.Warning {
	var state hookState
	_ = json.Unmarshal(sub.State, &state) // a polled subscription has none
	return state.Warnings
}
