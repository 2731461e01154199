package okta

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
	"unicode"
)

// Okta error codes that the connector acts on. Only the code is meant for control flow; summaries are for people.
const (
	CodeValidation     = "E0000001" // also duplicate logins and names
	CodeAuthentication = "E0000004"
	CodeNoPermission   = "E0000006"
	CodeNotFound       = "E0000007"
	CodeInternal       = "E0000009" // also a query that took longer than 30 s
	CodeReadOnly       = "E0000010" // the org is in read-only mode: surely not processed
	CodeInvalidToken   = "E0000011"
	CodeFeatureOff     = "E0000015" // sent with 401: the org lacks the feature, the credential is fine
	CodeInvalidPaging  = "E0000029"
	CodeWrongStatus    = "E0000038" // not allowed in the user's current status
	CodeRateLimited    = "E0000047"
	CodeActivating     = "E0000112" // the user is still being activated: try again in a few minutes
)

const headerRequestID = "X-Okta-Request-Id"

// Bounds of what is kept of a refusal, beyond which nothing of Okta's goes.
const (
	maxText   = 2000 // bytes of one text
	maxCauses = 50
)

func requestID(h http.Header) string { return clip(h.Get(headerRequestID)) }

// clip makes text from elsewhere fit to be shown: too long a one is cut, between characters, and control characters,
// which a terminal obeys, become spaces.
func clip(s string) string {
	if len(s) > maxText {
		s = strings.ToValidUTF8(s[:maxText], "") + "..."
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, s)
}

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

// Error gives Okta's words, causes included. They may name the object that was meant; they hold no credential.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "okta: %s %s: %d", e.Method, e.Route, e.Status)
	for _, s := range append([]string{e.Code, e.Summary, e.Reason}, e.Causes...) {
		if s != "" {
			b.WriteString(" " + s)
		}
	}
	return b.String()
}

// Header returns one header of the refusal, its lines joined as RFC 9110 has it ("" when absent).
func (e *Error) Header(name string) string { return strings.Join(e.header.Values(name), ", ") }

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

// A RateLimitError says that the org's rate limit, or the number of calls it takes at once, leaves no room before the
// call's deadline. Nothing was processed.
type RateLimitError struct {
	Route      string
	RetryAfter time.Duration // at least so long there is no room; may be 0
	Refusal    *Error        // Okta's 429, nil when the call was not even sent
}

func (e *RateLimitError) Error() string {
	return fmt.Sprintf("okta: %s: the org's rate limit is used up for %s", e.Route, e.RetryAfter.Round(time.Second))
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
	Err           error // without the URL; ctx.Err() when the caller's context ended the call
	Sent          bool  // the request may have been processed: the outcome of a write is unknown
	TimedOut      bool
}

func (e *NetworkError) Error() string {
	return fmt.Sprintf("okta: %s %s: %s", e.Method, e.Route, clip(e.Err.Error())) // it may repeat what came
}

func (e *NetworkError) Unwrap() error { return e.Err }

// interrupted is the error of a call that its context ended before anything was sent.
func interrupted(method, route string, cause error) *NetworkError {
	return &NetworkError{
		Method: method, Route: route, Err: cause, TimedOut: errors.Is(cause, context.DeadlineExceeded),
	}
}

// A CredentialError says that the authoriser had no credential for a request, so that nothing was sent. It wraps the
// authoriser's own error, which may be an [*Error] or [*NetworkError] of the token endpoint.
type CredentialError struct{ Err error }

func (e *CredentialError) Error() string { return e.Err.Error() }
func (e *CredentialError) Unwrap() error { return e.Err }

// OutcomeUnknown reports whether err leaves open whether Okta carried out a write: the answer was lost on the way or
// cannot be read, or a 5xx came instead of one. A read that failed leaves nothing open.
func OutcomeUnknown(err error) bool {
	var (
		unsent  *CredentialError
		network *NetworkError
		refusal *Error
	)
	switch {
	case errors.As(err, &unsent):
		return false
	case errors.As(err, &network):
		return network.Sent && !isRead(network.Method)
	case errors.As(err, &refusal) && isRead(refusal.Method):
		return false
	case errors.As(err, &refusal):
		return refusal.Status < 300 || refusal.Status >= 500 && refusal.Code != CodeReadOnly
	}
	return false
}

// unreadable is the error for an answer that is not what Okta sends.
func unreadable(r *Request, status int, header http.Header, reason string) *Error {
	return &Error{
		Status: status, Method: r.Method, Route: r.Path.Template, Reason: reason,
		RequestID: requestID(header), header: header,
	}
}

// newError reads a refusal. Okta's envelope, OAuth's and foreign bodies are all met in practice, so each member is read
// by itself: one of another type than expected does not hide the others.
func newError(method, route string, status int, header http.Header, body []byte) *Error {
	e := &Error{
		Status: status, Method: method, Route: route, header: header,
		RequestID: requestID(header),
	}
	if len(body) == 0 {
		return e
	}
	var members map[string]json.RawMessage
	if json.Unmarshal(body, &members) != nil {
		e.Reason = "the answer is not Okta's"
		return e
	}
	e.Code = firstText(members, "errorCode", "error")
	e.Summary = firstText(members, "errorSummary", "error_description", "message")
	e.ID = firstText(members, "errorId")
	e.Causes = readCauses(members["errorCauses"])
	return e
}

// firstText returns the first of the named members that is a string with something in it.
func firstText(members map[string]json.RawMessage, names ...string) string {
	for _, name := range names {
		var s string
		if json.Unmarshal(members[name], &s) == nil && s != "" {
			return clip(s)
		}
	}
	return ""
}

// readCauses takes the documented list, and the single object that Okta's own examples also have.
func readCauses(raw json.RawMessage) []string {
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) != nil {
		list = []json.RawMessage{raw}
	}
	var causes []string
	for _, one := range list[:min(len(list), maxCauses)] {
		var cause map[string]json.RawMessage
		if json.Unmarshal(one, &cause) != nil {
			continue
		}
		if s := firstText(cause, "errorSummary"); s != "" {
			causes = append(causes, s)
		}
	}
	return causes
}
