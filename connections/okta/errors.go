package okta

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// Okta error codes that the connector acts on. Only the code is meant for control flow; summaries are for people.
const (
	CodeValidation     = "E0000001" // also duplicate logins and names
	CodeAuthentication = "E0000004"
	CodeNoPermission   = "E0000006"
	CodeNotFound       = "E0000007"
	CodeInternal       = "E0000009"
	CodeInvalidToken   = "E0000011"
	CodeFeatureOff     = "E0000015" // sent with 401: the org lacks the feature, the credential is fine
	CodeInvalidPaging  = "E0000029"
	CodeWrongStatus    = "E0000038" // not allowed in the user's current status
	CodeRateLimited    = "E0000047"
	CodeActivating     = "E0000112" // the user is still being activated: try again in a few minutes
)

// Error is a refusal by Okta: any answer of 400 or more, and an answer that should have been JSON and was not.
type Error struct {
	Status    int      // HTTP status
	Code      string   // errorCode, or OAuth's error; empty when the body was not Okta's
	Summary   string   // errorSummary, or OAuth's error_description
	Causes    []string // errorCauses[].errorSummary
	ID        string   // errorId
	RequestID string   // X-Okta-Request-Id
	Method    string
	Route     string // template, never the filled path
	Reason    string // set when the answer was not Okta's: "not JSON", "a redirect", "larger than the limit"

	header http.Header
}

// Error gives Okta's words, causes included. It holds no input and no credential of ours.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "okta: %s %s: %d", e.Method, e.Route, e.Status)
	for _, s := range append([]string{e.Code, e.Summary, e.Reason}, e.Causes...) {
		if s != "" {
			b.WriteString(" ")
			b.WriteString(s)
		}
	}
	return b.String()
}

// Header returns one header of the refusal ("" when absent).
func (e *Error) Header(name string) string { return e.header.Get(name) }

// HasCode reports whether err is a refusal by Okta with the given error code.
func HasCode(err error, code string) bool {
	var e *Error
	return errors.As(err, &e) && e.Code == code
}

// HasStatus reports whether err is a refusal by Okta with the given HTTP status.
func HasStatus(err error, status int) bool {
	var e *Error
	return errors.As(err, &e) && e.Status == status
}

// A RateLimitError says that the org's rate limit leaves no room before the call's deadline. Nothing was processed.
type RateLimitError struct {
	Route      string
	RetryAfter time.Duration // when room is expected
	Refusal    *Error        // Okta's 429, nil when the call was not even sent
}

func (e *RateLimitError) Error() string {
	return fmt.Sprintf("okta: %s: the org's rate limit is used up, room in %s", e.Route, e.RetryAfter.Round(time.Second))
}

func (e *RateLimitError) Unwrap() error {
	if e.Refusal == nil {
		return nil
	}
	return e.Refusal
}

// A NetworkError says that no answer came.
type NetworkError struct {
	Method, Route string
	Err           error // without the URL
	Sent          bool  // the request may have been processed: the outcome of a write is unknown
	TimedOut      bool
}

func (e *NetworkError) Error() string {
	return fmt.Sprintf("okta: %s %s: %v", e.Method, e.Route, e.Err)
}
func (e *NetworkError) Unwrap() error { return e.Err }

// OutcomeUnknown reports whether err leaves open whether Okta processed the request: the answer was lost on the way,
// or a 5xx came instead of one.
func OutcomeUnknown(err error) bool {
	var n *NetworkError
	if errors.As(err, &n) {
		return n.Sent
	}
	var e *Error
	return errors.As(err, &e) && e.Status >= 500 && e.Code != "E0000010" // read-only mode: surely not processed
}

// newError reads a refusal. Okta's envelope, OAuth's and foreign bodies are all met in practice, and errorCauses is
// an object in at least one documented example.
func newError(method, route string, status int, header http.Header, body []byte) *Error {
	e := &Error{
		Status: status, Method: method, Route: route, header: header,
		RequestID: header.Get("X-Okta-Request-Id"),
	}
	var v struct {
		Code        string          `json:"errorCode"`
		Summary     string          `json:"errorSummary"`
		ID          string          `json:"errorId"`
		Causes      json.RawMessage `json:"errorCauses"`
		OAuth       string          `json:"error"`
		Description string          `json:"error_description"`
		Message     string          `json:"message"`
	}
	if json.Unmarshal(body, &v) != nil {
		e.Reason = "the answer is not Okta's"
		return e
	}
	e.Code, e.Summary, e.ID = v.Code, v.Summary, v.ID
	if e.Code == "" {
		e.Code = v.OAuth
	}
	for _, s := range []string{v.Description, v.Message} {
		if e.Summary == "" {
			e.Summary = s
		}
	}
	e.Causes = readCauses(v.Causes)
	return e
}

func readCauses(raw json.RawMessage) []string {
	type cause struct {
		Summary string `json:"errorSummary"`
	}
	var list []cause
	if json.Unmarshal(raw, &list) != nil {
		var one cause
		if json.Unmarshal(raw, &one) != nil {
			return nil
		}
		list = []cause{one}
	}
	var out []string
	for _, c := range list {
		if c.Summary != "" {
			out = append(out, c.Summary)
		}
	}
	return out
}
