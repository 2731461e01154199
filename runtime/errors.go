package runtime

import (
	"fmt"
	"strings"
	"time"

	"github.com/okta-connector/okta-connector/schemas"
)

// NotFoundError says that something named in a request does not exist.
type NotFoundError struct {
	Kind string // "action", "trigger", "connection", "subscription", ...
	Name string
}

func (e *NotFoundError) Error() string { return fmt.Sprintf("there is no %s %q", e.Kind, e.Name) }

// ConflictError says that a request contradicts what is already so.
type ConflictError struct {
	Code   string // machine-readable: "connection_in_use"
	Detail string
}

func (e *ConflictError) Error() string { return e.Detail }

// ForbiddenError says that this server, or the caller's key, may not do what was asked.
type ForbiddenError struct{ Detail string }

func (e *ForbiddenError) Error() string { return e.Detail }

// DeliveryError says how a receiver refused a batch of events.
type DeliveryError struct {
	Status     int           // HTTP status; 0: no answer
	RetryAfter time.Duration // what the receiver asked for
	Detail     string        // no URL and no header
}

func (e *DeliveryError) Error() string {
	var b strings.Builder
	b.WriteString("the receiver ")
	if e.Status != 0 {
		fmt.Fprintf(&b, "answered %d", e.Status)
	} else {
		b.WriteString("did not answer")
	}
	if e.Detail != "" {
		b.WriteString(": " + e.Detail)
	}
	return b.String()
}

// badCursor refuses an after that no list of ours gave out.
var badCursor = schemas.Invalid{{Pointer: "/after", Detail: "is not a cursor of this list"}}
