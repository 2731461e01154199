package runtime

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/okta-connector/okta-connector/connections/okta"
	"github.com/okta-connector/okta-connector/runtime/connector"
	"github.com/okta-connector/okta-connector/runtime/store"
)

const (
	mendEvery  = time.Minute
	checkEvery = time.Hour // the org is asked what it has
)

// keepHooks puts event hooks right, until ctx ends: those that a crash or a refusal left unfinished, those that lead to
// the public URL of an earlier run, and those that somebody removed or turned off in Okta. The URL is compared once:
// replicas with different ones, which is a mistake, do not take a hook from each other for ever.
func (e *Engine) keepHooks(ctx context.Context) {
	if e.publicURL == "" {
		return
	}
	tick := time.NewTicker(mendEvery)
	defer tick.Stop()
	var checked time.Time
	for first := true; ; first = false {
		m := mending{Engine: e, moved: first}
		if time.Since(checked) >= checkEvery {
			checked, m.called = time.Now(), map[string]map[string]bool{}
		}
		if err := m.mend(ctx); err != nil && ctx.Err() == nil {
			e.log.Error("event hooks not looked after", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// mending is one look at all event hooks.
type mending struct {
	*Engine
	moved  bool                       // the public URL may have changed
	called map[string]map[string]bool // ids of the hooks that an org calls, by connection; nil: orgs are not asked
}

func (m *mending) mend(ctx context.Context) error {
	const page = 100
	for after := ""; ; {
		subs, err := m.store.Subscriptions(ctx, after, page)
		if err != nil {
			return err
		}
		for _, sub := range subs {
			after = sub.ID
			if t := m.index.Trigger(sub.Trigger); t != nil && t.Kind == connector.Webhook {
				m.mendOne(okta.Background(ctx), sub)
			}
		}
		if len(subs) < page {
			return nil
		}
	}
}

func (m *mending) mendOne(ctx context.Context, sub store.Subscription) {
	var seen hookState
	_ = json.Unmarshal(sub.State, &seen) // none when a crash came before it
	lost := seen.Verified && !m.calls(ctx, sub.Connection, seen.HookID)
	broken := func(now hookState) bool {
		return lost && now.HookID == seen.HookID || !now.Verified || m.moved && now.URL != m.hookURL(sub.ID)
	}
	if !broken(seen) {
		return
	}
	var gone *NotFoundError
	err := m.registerHook(ctx, sub.ID, broken)
	if err != nil && !errors.As(err, &gone) && ctx.Err() == nil {
		m.log.WarnContext(ctx, "event hook not set up", "subscription", sub.ID, "error", okta.Loggable(err))
	}
}

// calls reports whether Okta calls a hook, as far as it can be asked.
func (m *mending) calls(ctx context.Context, connection, hook string) bool {
	if m.called == nil {
		return true
	}
	ids, asked := m.called[connection]
	if !asked {
		var err error
		if ids, err = m.calledHooks(ctx, connection); err != nil {
			m.log.WarnContext(ctx, "event hooks not checked", "connection", connection, "error", okta.Loggable(err))
		}
		m.called[connection] = ids
	}
	return ids == nil || ids[hook]
}

// calledHooks returns the ids of the hooks of an org that are active and verified.
func (m *mending) calledHooks(ctx context.Context, connection string) (map[string]bool, error) {
	client, err := m.client(ctx, ConnectionRef{Name: connection})
	if err != nil {
		return nil, err
	}
	ids := map[string]bool{}
	for h, err := range oktaHooks(ctx, client) {
		if err != nil {
			return nil, err
		}
		ids[h.ID] = h.Status == "ACTIVE" && h.VerificationStatus == "VERIFIED"
	}
	return ids, nil
}
