// Package connector is the vocabulary in which a component is declared: connections, triggers, actions and data
// sources, each with the schema of its inputs and the function behind it, and the manifest that lists them.
//
// What is declared here is performed elsewhere: the runtime dispatches without knowing any action, and an action runs
// without knowing the runtime.
//
// A declaration is a typed function and a struct of inputs:
//
//	type getGroup struct{ GroupRef }
//
//	var GetGroup = connector.NewAction(connector.ActionInfo{Key: "getGroup", ...},
//		func(ctx context.Context, c *okta.Client, in getGroup) (connector.Result, error) { ... })
//
// The type parameter ends at the constructor: behind it are plain structs, so that a table of all actions is a slice.
package connector

import (
	"encoding/json"
	"fmt"

	"github.com/okta-connector/okta-connector/schemas"
)

// Access says which connections a component accepts: all of them, one is required.
type Access struct {
	Label    string   `json:"label"`
	Required bool     `json:"required"`
	Accepts  []string `json:"accepts"` // connection keys
}

// Connections are the keys that every action and trigger of the component accepts, in the order of the manifest.
var connectionKeys = []string{"apiToken", "oauth2AuthorizationCode", "oauth2ClientCredentials"}

func access() Access { return Access{Label: "Connection", Required: true, Accepts: connectionKeys} }

// bind checks inputs against s and returns them typed. The error is a [schemas.Invalid] with pointers relative to the
// inputs.
func bind[In any](s *schemas.Schema, inputs json.RawMessage) (In, error) {
	var in In
	if len(inputs) == 0 {
		inputs = json.RawMessage("{}")
	}
	err := s.Decode(inputs, &in)
	return in, err
}

func mustKey(kind, key, label, description string) {
	if key == "" || label == "" || description == "" {
		panic(fmt.Sprintf("connector: %s %q needs a key, a label and a description", kind, key))
	}
}
