package sandbox

import (
	"encoding/json"
	"fmt"
	"net/http"
)

// apiError is a refusal in Okta's error envelope.
type apiError struct {
	status    int
	code      string   // E0000007; empty: the answer has no body, its challenge says it all
	summary   string   // Okta's errorSummary
	causes    []string // errorCauses[].errorSummary
	challenge string   // WWW-Authenticate, where an OAuth token was refused
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
	if e.challenge != "" {
		w.Header().Set("WWW-Authenticate", e.challenge)
	}
	if e.code == "" {
		w.WriteHeader(e.status)
		return
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

// invalid is E0000001, Okta's answer to nearly every request that does not fit: what names the object or attribute, the
// causes say what is wrong with it.
func invalid(what string, causes ...string) *apiError {
	return &apiError{
		status: http.StatusBadRequest, code: "E0000001", summary: "Api validation failed: " + what, causes: causes,
	}
}

// taken is the refusal of a value that must be unique in the org.
func taken(attribute string) *apiError {
	return invalid(attribute, attribute+": An object with this field already exists in the current organization")
}

// notFound is E0000007; kind is Okta's own word for the resource: User, UserGroup, AppInstance, Webhook.
func notFound(id, kind string) *apiError {
	return &apiError{
		status: http.StatusNotFound, code: "E0000007",
		summary: fmt.Sprintf("Not found: Resource not found: %s (%s)", id, kind),
	}
}

// refuse makes a refusal whose summary is always the same.
func refuse(status int, code, summary string) func(causes ...string) *apiError {
	return func(causes ...string) *apiError {
		return &apiError{status: status, code: code, summary: summary, causes: causes}
	}
}

// The refusals of Okta's error code list that more than one operation gives.
var (
	malformedBody   = refuse(400, "E0000003", "The request body was not well-formed.")
	forbidden       = refuse(403, "E0000006", "You do not have permission to perform the requested action")
	noSuchPath      = refuse(404, "E0000008", "The requested path was not found")
	invalidAPIToken = refuse(401, "E0000011", "Invalid token provided")
	credentialsStay = refuse(403, "E0000014", "Update of credentials failed")
	noSuchFeature   = refuse(401, "E0000015", "You do not have permission to access the feature you are requesting")
	alreadyActive   = refuse(403, "E0000016", "Activation failed because the user is already active")
	resetFailed     = refuse(403, "E0000017", "Password reset failed")
	wrongMediaType  = refuse(400, "E0000021",
		"Bad request.  Accept and/or Content-Type headers likely do not match supported values.")
	wrongMethod      = refuse(405, "E0000022", "The endpoint does not support the provided HTTP method")
	missingParameter = refuse(400, "E0000028", "The request is missing a required parameter.")
	invalidPaging    = refuse(400, "E0000029", "Invalid paging request.")
	invalidSearch    = refuse(400, "E0000031", "Invalid search criteria.")
	cannotUnlock     = refuse(403, "E0000032", "Unlock is not allowed for this user.")
	queryAndFilter   = refuse(400, "E0000033", "Bad request. Can't specify a search query and filter in the same request.")
	cannotForget     = refuse(403, "E0000034", "Forgot password not allowed on specified user.")
	cannotChange     = refuse(403, "E0000035", "Change password not allowed on specified user.")
	cannotChangeQA   = refuse(403, "E0000036", "Change recovery question not allowed on specified user.")
	wrongStatus      = refuse(403, "E0000038", "This operation is not allowed in the user's current status.")
	noCredentials    = refuse(400, "E0000041", "Credentials should not be set on this resource based on the scheme.")
	assignedByGroup  = refuse(403, "E0000046", "Deactivate application for user forbidden.")
	tooManyRequests  = refuse(429, "E0000047", "API call exceeded rate limit due to too many requests.")
	invalidFilter    = refuse(400, "E0000053", "Invalid SCIM filter.")
	cannotDeleteApp  = refuse(403, "E0000056", "Delete application forbidden.")
	weakPassword     = refuse(403, "E0000080",
		"The password does not meet the complexity requirements of the current password policy.")
	tooManyTargets  = refuse(400, "E0000093", "Target count limit exceeded")
	stillActivating = refuse(409, "E0000112",
		"Cannot update this user because they are still being activated. Please try again in a few minutes.")
	expiryWithoutPassword = refuse(400, "E0000124",
		"Could not create user. To create a user and expire their password immediately, a password must be specified.")
	expiryWithoutActivation = refuse(400, "E0000125",
		`Could not create user. To create a user and expire their password immediately, "activate" must be true.`)
)
