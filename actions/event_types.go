package actions

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
)

// eventTypesFile holds the types of System Log events that Okta sends to event hooks, as its event type catalog marks
// them.
//
//go:embed event_types.json
var eventTypesFile []byte

var eventTypes = sync.OnceValue(func() []string {
	var types []string
	if err := json.Unmarshal(eventTypesFile, &types); err != nil {
		panic(fmt.Sprintf("actions: event types: %v", err))
	}
	return types
})

// EventTypes returns the event types that Okta is known to send to event hooks, sorted. Okta adds to them: the list
// offers, it does not limit.
func EventTypes() []string { return slices.Clone(eventTypes()) }
