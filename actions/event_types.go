package actions

import (
	_ "embed"
	"encoding/json"
	"fmt"
)

// eventTypesFile holds the types of System Log events that Okta sends to event hooks, as its event type catalog marks
// them.
//
//go:embed event_types.json
var eventTypesFile []byte

// EventTypes returns the event types that Okta is known to send to event hooks, sorted. Okta adds to them: the list
// offers, it does not limit.
//
// It reads the file each time: declarations call it while the package is being initialised, when a variable that keeps
// the result may not be there yet.
func EventTypes() []string {
	var types []string
	if err := json.Unmarshal(eventTypesFile, &types); err != nil {
		panic(fmt.Sprintf("actions: event types: %v", err))
	}
	return types
}
