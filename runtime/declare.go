package runtime

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/okta-connector/okta-connector/connections/okta"
	"github.com/okta-connector/okta-connector/runtime/connector"
	"github.com/okta-connector/okta-connector/runtime/store"
)

// A Declaration is what an operator's configuration file asks for, by name. What it declares cannot be changed over
// HTTP, and goes when the file no longer has it.
type Declaration struct {
	Connections   map[string]ConnectionSpec
	Subscriptions map[string]json.RawMessage // as [Engine.PutSubscription] takes them
}

// A ConnectionSpec is what a connection is made of.
type ConnectionSpec struct {
	Key    string          `json:"key"`
	Inputs json.RawMessage `json:"inputs"`
}

// A DeclarationError says what is wrong with one declared object.
type DeclarationError struct {
	Kind string // "connection" or "subscription"
	Name string
	Err  error
}

func (e *DeclarationError) Error() string { return fmt.Sprintf("%s %s: %v", e.Kind, e.Name, e.Err) }
func (e *DeclarationError) Unwrap() error { return e.Err }

// removeTimeout bounds how long a start waits for Okta to remove an event hook.
const removeTimeout = 30 * time.Second

// Declare makes what is stored what d says, and returns every [DeclarationError] it found. A subscription that stays
// keeps its cursor. Only when all is good does what an earlier declaration had, and this one has not, go.
//
// Nothing here waits for an org: a new subscription is due at once, and event hooks are set up by [Engine.Run].
func (e *Engine) Declare(ctx context.Context, d Declaration) ([]*DeclarationError, error) {
	unlock, err := lock(ctx, e.store, "declaration") // replicas start together
	if err != nil {
		return nil, err
	}
	defer unlock()
	var faults []*DeclarationError
	bad := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(d.Connections)) {
		spec := d.Connections[name]
		if _, _, err := e.PutConnection(ctx, name, spec.Key, spec.Inputs, true); err != nil {
			faults = append(faults, &DeclarationError{Kind: "connection", Name: name, Err: err})
			bad[name] = true
		}
	}
	for _, id := range slices.Sorted(maps.Keys(d.Subscriptions)) {
		_, _, err := e.PutSubscription(ctx, id, d.Subscriptions[id], true)
		var missing *NotFoundError
		if err == nil || errors.As(err, &missing) && bad[missing.Name] {
			continue // its connection is among the faults already
		}
		faults = append(faults, &DeclarationError{Kind: "subscription", Name: id, Err: err})
	}
	if len(faults) > 0 {
		return faults, nil
	}
	if err := e.removeUndeclaredSubscriptions(ctx, d); err != nil {
		return nil, err
	}
	return nil, e.removeUndeclaredConnections(ctx, d)
}

// removeUndeclaredSubscriptions leaves one whose event hook Okta does not let go for the next start.
func (e *Engine) removeUndeclaredSubscriptions(ctx context.Context, d Declaration) error {
	ctx, cancel := context.WithTimeout(ctx, removeTimeout)
	defer cancel()
	for after, more := "", true; more; {
		subs, next, err := e.Subscriptions(ctx, after, declaredPage)
		if err != nil {
			return err
		}
		for _, sub := range subs {
			if _, stays := d.Subscriptions[sub.ID]; stays || !sub.Declared {
				continue
			}
			if err := e.removeSubscription(ctx, sub.ID); err != nil {
				e.log.ErrorContext(ctx, "subscription is no longer declared and could not be removed",
					"subscription", sub.ID, "error", okta.Loggable(err))
				continue
			}
			e.log.WarnContext(ctx, "subscription removed: it is no longer declared", "subscription", sub.ID)
		}
		after, more = next, next != ""
	}
	return nil
}

const declaredPage = 100

// removeUndeclaredConnections leaves one that a subscription needs, and lets it be changed over HTTP from then on.
func (e *Engine) removeUndeclaredConnections(ctx context.Context, d Declaration) error {
	for after, more := "", true; more; {
		stored, err := e.store.Connections(ctx, after, declaredPage)
		if err != nil {
			return err
		}
		for _, c := range stored {
			after = c.Name
			if _, stays := d.Connections[c.Name]; stays || !c.Declared {
				continue
			}
			err := e.store.DeleteConnection(ctx, c.Name)
			var used *store.InUseError
			if errors.As(err, &used) {
				e.log.WarnContext(ctx, "connection is no longer declared, and stays for its subscriptions",
					"connection", c.Name, "subscriptions", used.Subscriptions)
				c.Declared = false
				_, err = e.store.PutConnection(ctx, c, true)
			} else if err == nil {
				e.log.WarnContext(ctx, "connection removed: it is no longer declared", "connection", c.Name)
			}
			if err != nil {
				return err
			}
			e.clients.forget(c.Name)
		}
		more = len(stored) == declaredPage
	}
	return nil
}

// hookOfDeclared readies the event hook of a declared subscription for [Engine.keepHooks]: one whose inputs changed
// counts as not set up.
func (e *Engine) hookOfDeclared(sub, before *store.Subscription) error {
	if e.publicURL == "" {
		return errNoPublicURL
	}
	if sub.State == nil || sameInputs(sub.Inputs, before.Inputs) {
		return nil
	}
	var state hookState
	if err := json.Unmarshal(sub.State, &state); err != nil {
		return fmt.Errorf("event hook of %s: %w", sub.ID, err)
	}
	state.Verified = false
	var err error
	sub.State, err = json.Marshal(state)
	return err
}

// storeDeclared stores a declared subscription without a call to its org.
func (e *Engine) storeDeclared(ctx context.Context, sub, before store.Subscription, known bool) error {
	trigger := e.index.Trigger(sub.Trigger)
	if trigger.Kind == connector.Webhook {
		if err := e.hookOfDeclared(&sub, &before); err != nil {
			return err
		}
	}
	if known {
		return e.replaceSubscription(ctx, sub, before)
	}
	sub.NextPollAt = time.Now()
	if trigger.Kind == connector.Webhook && !sub.Reconcile {
		sub.NextPollAt = time.Time{}
	}
	return e.store.CreateSubscription(ctx, sub)
}
