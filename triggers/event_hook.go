package triggers

import (
	"context"
	"encoding/json"
	"iter"
	"slices"
	"strings"

	"github.com/okta-connector/okta-connector/actions"
	"github.com/okta-connector/okta-connector/connections/okta"
	"github.com/okta-connector/okta-connector/runtime/connector"
	"github.com/okta-connector/okta-connector/schemas"
)

// EventHook takes events that Okta sends as they happen.
var EventHook = connector.NewHook(
	connector.TriggerInfo{
		Key:   "eventHook",
		Label: "Event Hook",
		Description: "Reports events within seconds, as Okta sends them. Saving the subscription creates an event hook in " +
			"Okta and verifies it; removing it removes the hook. Okta sends each event at most twice, in no order, and not " +
			"again when this server was down for longer: a subscription that reconciles reads those from the System Log.",
		Event:   schemas.LogEvent(),
		Example: json.RawMessage(logEventExample),
		Scopes:  []string{"okta.eventHooks.manage"},
	},
	connector.Hook[eventHook]{
		Spec: func(in eventHook) connector.HookSpec {
			return connector.HookSpec{Items: in.Types(), Headers: in.Headers, Filter: in.OktaFilter()}
		},
		Event: logEvent,
		Reconcile: func(in eventHook) connector.Poll {
			return connector.NewPoll(
				func(ctx context.Context, c *okta.Client, start connector.Start, cursor *logCursor,
				) iter.Seq2[connector.Step[logCursor], error] {
					return reconcile(ctx, c, in.Types(), start, cursor)
				})
		},
	},
)

type eventHook struct{ actions.HookEvents }

// maxFilterTypes is how many event types are asked for by a filter: with more the request line grows too long for some
// proxies, and the whole log is read instead.
const maxFilterTypes = 20

// reconcile reads the hook's event types from the System Log. What the hook brought already has the same uuid there.
// Conditions on single types are Okta's to evaluate: an event that one of them held back is reported all the same.
func reconcile(
	ctx context.Context, c *okta.Client, types []string, start connector.Start, cursor *logCursor,
) iter.Seq2[connector.Step[logCursor], error] {
	return func(yield func(connector.Step[logCursor], error) bool) {
		for step, err := range scanLogs(ctx, c, typesFilter(types), start, cursor) {
			step.Events = slices.DeleteFunc(step.Events, func(e connector.Event) bool {
				return !slices.Contains(types, strings.TrimPrefix(e.Type, logEventPrefix))
			})
			if !yield(step, err) {
				return
			}
		}
	}
}

func typesFilter(types []string) string {
	if len(types) > maxFilterTypes {
		return ""
	}
	terms := make([]string, len(types))
	for i, t := range types {
		quoted, _ := json.Marshal(t) // a string always marshals
		terms[i] = "eventType eq " + string(quoted)
	}
	return strings.Join(terms, " or ")
}
