package actions

import (
	"encoding/json"
	"fmt"

	"github.com/okta-connector/okta-connector/schemas"
)

// statusSchema describes the small object that stands in for an empty answer: the ids it is about, and what is now so.
func statusSchema(ids ...string) json.RawMessage {
	type property struct {
		Type string `json:"type"`
	}
	properties := map[string]property{"status": {"string"}}
	for _, id := range ids {
		properties[id] = property{"string"}
	}
	schema, err := json.Marshal(map[string]any{
		"$schema": schemas.Dialect, "type": "object", "properties": properties, "required": append(ids, "status"),
	})
	if err != nil {
		panic(fmt.Sprintf("actions: statusSchema: %v", err))
	}
	return schema
}
