package actions

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/okta-connector/okta-connector/connections/okta"
	"github.com/okta-connector/okta-connector/runtime/connector"
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

// after is the error of a later step, nil when it worked: it tells what an earlier one did.
func after(done string, err error) error {
	if err == nil {
		return nil
	}
	return &connector.PartialError{Done: done, Err: err}
}

// reason is why Okta refused, in its own words. Any other error speaks for itself.
func reason(err error) string {
	var partial *connector.PartialError
	if errors.As(err, &partial) {
		return reason(partial.Err) + "; " + partial.Done
	}
	var refusal *okta.Error
	if !errors.As(err, &refusal) || refusal.Code == "" {
		return err.Error()
	}
	return cmp.Or(strings.Join(refusal.Causes, "; "), refusal.Summary) + " (" + refusal.Code + ")"
}
