package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/okta-connector/okta-connector/connections"
	"github.com/okta-connector/okta-connector/connections/okta"
	"github.com/okta-connector/okta-connector/runtime"
	"github.com/okta-connector/okta-connector/runtime/connector"
	"github.com/okta-connector/okta-connector/runtime/store"
	"github.com/okta-connector/okta-connector/schemas"
)

// problem is an answer that is an error, in the form of RFC 9457.
type problem struct {
	Type       string               `json:"type"`
	Title      string               `json:"title"`
	Status     int                  `json:"status"`
	Detail     string               `json:"detail"`
	Code       string               `json:"code"`
	Retryable  bool                 `json:"retryable"`            // the same call is safe to repeat, and may work then
	RetryAfter int                  `json:"retryAfter,omitempty"` // seconds
	Errors     []schemas.FieldError `json:"errors,omitempty"`
	Okta       *oktaProblem         `json:"okta,omitempty"`
	RequestID  string               `json:"requestId,omitempty"`
}

// oktaProblem is Okta's refusal as Okta worded it.
type oktaProblem struct {
	Status       int     `json:"status"`
	ErrorCode    string  `json:"errorCode"`
	ErrorSummary string  `json:"errorSummary"`
	ErrorID      string  `json:"errorId"`
	ErrorCauses  []cause `json:"errorCauses"`
}

type cause struct {
	ErrorSummary string `json:"errorSummary"`
}

// Error makes a problem an error, so that handlers return it.
func (p *problem) Error() string { return p.Detail }

// newProblem fills in what follows from status and code.
func newProblem(status int, code, detail string) *problem {
	return &problem{
		Type: "about:blank", Title: http.StatusText(status), Status: status, Code: code, Detail: detail,
	}
}

// Describe words err for a person at a shell as a problem document does for an engine.
func Describe(err error) string {
	p := problemOf(err)
	if p.Status == http.StatusInternalServerError || p.Status == http.StatusServiceUnavailable { // the details are ours
		return err.Error()
	}
	return p.Detail
}

// Document returns the problem document that err would be answered with, and its status.
func Document(err error) (status int, document json.RawMessage) {
	p := problemOf(err)
	raw, _ := json.Marshal(p) // text and numbers: it always marshals
	return p.Status, raw
}

// problemOf is the one place where an error gets its status.
func problemOf(err error) *problem {
	var (
		p         *problem
		invalid   schemas.Invalid
		syntax    *schemas.SyntaxError
		tooLarge  *http.MaxBytesError
		notFound  *runtime.NotFoundError
		conflict  *runtime.ConflictError
		forbidden *runtime.ForbiddenError
		missing   *connections.NotAuthorizedError
		signIn    *runtime.SignInError
		failure   *connections.Failure
		action    *runtime.ActionError
		partial   *connector.PartialError
	)
	errors.As(err, &action)
	switch {
	case errors.As(err, &p):
		return p
	case errors.As(err, &invalid):
		p = newProblem(http.StatusUnprocessableEntity, "invalid_inputs", invalidDetail(invalid))
		p.Title, p.Errors = "Invalid inputs", invalid
		return p
	case errors.As(err, &syntax):
		return newProblem(http.StatusBadRequest, "bad_json", "the body cannot be read: "+syntax.Error())
	case errors.As(err, &tooLarge):
		return newProblem(http.StatusRequestEntityTooLarge, "body_too_large",
			fmt.Sprintf("the body is larger than %d bytes", tooLarge.Limit))
	case errors.As(err, &notFound):
		return newProblem(http.StatusNotFound, strings.ReplaceAll(notFound.Kind, " ", "_")+"_not_found", err.Error())
	case errors.As(err, &conflict):
		return newProblem(http.StatusConflict, conflict.Code, conflict.Detail)
	case errors.As(err, &forbidden):
		return newProblem(http.StatusForbidden, "forbidden", forbidden.Detail)
	case errors.As(err, &missing):
		return newProblem(http.StatusFailedDependency, "not_authorized", missing.Error())
	}
	if p := oktaProblemOf(err, action); p != nil {
		if errors.As(err, &partial) {
			p.Detail += "; " + partial.Done
		}
		return p
	}
	switch {
	case errors.As(err, &failure):
		return newProblem(http.StatusFailedDependency, "connection_refused", failure.Detail)
	case errors.As(err, &signIn):
		return newProblem(http.StatusBadRequest, "sign_in_failed", signIn.Error())
	case store.Unavailable(err):
		p := newProblem(http.StatusServiceUnavailable, "database_unreachable", "the connector's database does not serve just now")
		p.Retryable = true
		return p
	}
	return newProblem(http.StatusInternalServerError, "internal", "something went wrong here; the log has the details")
}

// oktaProblemOf maps what went wrong between us and the org; nil when err is about something else.
func oktaProblemOf(err error, action *runtime.ActionError) *problem {
	var (
		limited *okta.RateLimitError
		unsent  *okta.CredentialError
		refused *okta.Error
		network *okta.NetworkError
	)
	switch {
	case errors.As(err, &limited):
		p := newProblem(http.StatusTooManyRequests, "rate_limited",
			"the org's rate limit leaves no room within the time allowed")
		p.Retryable, p.RetryAfter = true, seconds(limited.RetryAfter)
		return p
	case errors.As(err, &refused) && refused.Reason == "" && refused.Status < 500:
		p := newProblem(http.StatusFailedDependency, "okta_refused", explain(err, action, refusalDetail(refused)))
		p.Title, p.Okta = "Okta refused", oktaPart(refused)
		if errors.As(err, &unsent) {
			p.Code = "credential_refused" // the call itself was not even sent
		}
		p.Retryable = refused.Code == okta.CodeActivating
		return p
	case errors.As(err, &refused):
		p := newProblem(http.StatusBadGateway, "okta_failed", explain(err, action, failureDetail(refused)))
		p.Okta = oktaPart(refused)
		return outcome(p, err, action)
	case errors.As(err, &network) && network.TimedOut, errors.Is(err, context.DeadlineExceeded):
		p := newProblem(http.StatusGatewayTimeout, "timeout", "Okta did not answer within the time allowed")
		return outcome(p, err, action)
	case errors.Is(err, context.Canceled):
		p := newProblem(http.StatusBadGateway, "cancelled", "the call was ended before Okta answered")
		return outcome(p, err, action)
	case errors.As(err, &network):
		p := newProblem(http.StatusBadGateway, "okta_unreachable",
			explain(err, action, "no answer from the org: "+network.Err.Error()))
		return outcome(p, err, action)
	}
	return nil
}

// outcome says whether the same call is safe to repeat: reads are, and writes that surely did not happen, such as those
// for which there was no credential.
func outcome(p *problem, err error, action *runtime.ActionError) *problem {
	write := action != nil && !action.Action.Annotations.ReadOnly
	p.Retryable = true
	if write && okta.OutcomeUnknown(err) {
		p.Retryable = action.Action.Annotations.Idempotent
		p.Code = "outcome_unknown"
		p.Detail += "; whether Okta carried the call out is unknown"
	}
	return p
}

func oktaPart(e *okta.Error) *oktaProblem {
	causes := make([]cause, len(e.Causes))
	for i, c := range e.Causes {
		causes[i] = cause{c}
	}
	return &oktaProblem{Status: e.Status, ErrorCode: e.Code, ErrorSummary: e.Summary, ErrorID: e.ID, ErrorCauses: causes}
}

// explain words err as a person can act on it, where it is about the connection; otherwise as given.
func explain(err error, action *runtime.ActionError, otherwise string) string {
	var scopes []string
	if action != nil {
		scopes = action.Action.Scopes
	}
	if explained := connections.Explain(err, scopes); explained != "" {
		return explained
	}
	return otherwise
}

func refusalDetail(e *okta.Error) string {
	detail := fmt.Sprintf("Okta answered %d", e.Status)
	if e.Summary != "" {
		detail += ": " + e.Summary
	}
	if len(e.Causes) > 0 {
		detail += " (" + strings.Join(e.Causes, "; ") + ")"
	}
	return detail
}

func failureDetail(e *okta.Error) string {
	if e.Reason != "" {
		return fmt.Sprintf("the org answered %d, and %s", e.Status, e.Reason)
	}
	return strings.TrimSuffix(fmt.Sprintf("Okta failed with %d: %s", e.Status, e.Summary), ": ")
}

func invalidDetail(invalid schemas.Invalid) string {
	if len(invalid) == 1 {
		return strings.TrimPrefix(invalid[0].Pointer+" ", " ") + invalid[0].Detail
	}
	return fmt.Sprintf("%d fields are not valid", len(invalid))
}

func seconds(d time.Duration) int { return max(1, int(math.Ceil(d.Seconds()))) }

// writeProblem answers with err's problem.
func writeProblem(w http.ResponseWriter, r *http.Request, err error) *problem {
	p := *problemOf(err)
	p.RequestID = requestID(r.Context())
	h := w.Header()
	h.Set("Content-Type", "application/problem+json")
	h.Set("Cache-Control", "no-store")
	if p.RetryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(p.RetryAfter))
	}
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(&p) // the caller has gone if this fails
	return &p
}
