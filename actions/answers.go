package actions

import (
	"encoding/json"

	"github.com/okta-connector/okta-connector/runtime/connector"
)

// answer passes on what Okta answered.
func answer(data json.RawMessage, err error) (connector.Result, error) {
	if err != nil {
		return connector.Result{}, err
	}
	return connector.Result{Data: data}, nil
}

// outcome is the answer where Okta gives none: what is now so.
type outcome struct {
	ID     string `json:"id"`
	Status string `json:"status"`
}

// became answers that an object is now in a state, unless err says that it is not.
func became(id, status string, err error) (connector.Result, error) {
	if err != nil {
		return connector.Result{}, err
	}
	return connector.Result{Data: outcome{ID: id, Status: status}}, nil
}

// saysNothing reports whether Okta answered with no body or an empty object.
func saysNothing(data json.RawMessage) bool {
	var members map[string]json.RawMessage
	return len(data) == 0 || json.Unmarshal(data, &members) == nil && len(members) == 0
}
