package schemas

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
)

// The JSON Schemas of what comes back from Okta. They are open: properties they do not name are to be expected, and a
// value that Okta may add to is described, not enumerated.
//
//go:embed objects/*.json
var objects embed.FS

//go:embed manifest.schema.json
var manifest []byte

// User is the schema of a user, as /api/v1/users/{id} returns it.
func User() json.RawMessage { return object("user") }

// Group is the schema of a group, as /api/v1/groups/{id} returns it.
func Group() json.RawMessage { return object("group") }

// Application is the schema of an application, as /api/v1/apps/{id} returns it.
func Application() json.RawMessage { return object("application") }

// AppUser is the schema of an application's assignment to a user, as /api/v1/apps/{id}/users/{id} returns it.
func AppUser() json.RawMessage { return object("app-user") }

// AppLink is the schema of an item of /api/v1/users/{id}/appLinks.
func AppLink() json.RawMessage { return object("app-link") }

// EventHook is the schema of an event hook, as /api/v1/eventHooks/{id} returns it.
func EventHook() json.RawMessage { return object("event-hook") }

// LogEvent is the schema of a System Log event, as an item of /api/v1/logs.
func LogEvent() json.RawMessage { return object("log-event") }

// Policy is the schema of what policies of all types have in common, as an item of /api/v1/policies.
func Policy() json.RawMessage { return object("policy") }

// Realm is the schema of a realm, as an item of /api/v1/realms.
func Realm() json.RawMessage { return object("realm") }

// Factor is the schema of what a user's factors of all types have in common, as an item of /api/v1/users/{id}/factors.
func Factor() json.RawMessage { return object("factor") }

// UserType is the schema of a user type, as an item of /api/v1/meta/types/user.
func UserType() json.RawMessage { return object("user-type") }

// Manifest is the schema of the manifest document itself.
func Manifest() json.RawMessage { return bytes.Clone(manifest) }

// ListOf is the schema of an array whose items one of the schemas above describes.
func ListOf(item json.RawMessage) json.RawMessage {
	list := struct {
		Schema string                     `json:"$schema"`
		Type   string                     `json:"type"`
		Items  map[string]json.RawMessage `json:"items"`
	}{Schema: Dialect, Type: "array"}
	if err := json.Unmarshal(item, &list.Items); err != nil {
		panic(fmt.Sprintf("schemas: ListOf: %v", err))
	}
	delete(list.Items, "$schema") // it belongs to the root of a document
	return marshal(list)
}

// object returns an embedded file without the white space.
func object(name string) json.RawMessage {
	file, err := objects.ReadFile("objects/" + name + ".json")
	if err != nil {
		panic(fmt.Sprintf("schemas: %v", err))
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, file); err != nil {
		panic(fmt.Sprintf("schemas: %s: %v", name, err))
	}
	return compact.Bytes()
}
