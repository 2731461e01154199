package sandbox

import (
	"encoding/json"
	"fmt"
	"net/http"
)

// apiError is a refusal in Okta's error envelope.
type apiError struct {
	status  int
	code    string   // E0000007
	summary string   // Okta's errorSummary
	causes  []string // errorCauses[].errorSummary
}

// principal is who makes a request, once its credential has been accepted.
type principal struct {
	id     string
	kind   string // "User" for an API token or a signed-in person, "PublicClientApp" for a service app
	name   string // displayName in the System Log
	login  string // alternateId in the System Log
	scopes []string
	ssws   bool // an API token: no scopes apply
}

func (e *apiError) Error() string { return fmt.Sprintf("%d %s %s", e.status, e.code, e.summary) }

// write answers with the envelope; errorId makes one refusal findable in Okta's own logs.
func (e *apiError) write(w http.ResponseWriter, errorID string) {
	type cause struct {
		Summary string `json:"errorSummary"`
	}
	causes := make([]cause, len(e.causes))
	for i, c := range e.causes {
		causes[i] = cause{c}
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(e.status)
	_ = json.NewEncoder(w).Encode(map[string]any{
		"errorCode": e.code, "errorSummary": e.summary, "errorLink": e.code, "errorId": errorID, "errorCauses": causes,
	})
}
