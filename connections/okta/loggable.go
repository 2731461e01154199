package okta

import (
	"errors"
	"fmt"
)

// Loggable words err for a log. Okta's own words are left out: they repeat what was asked for, which may be a person's
// login.
func Loggable(err error) string {
	var e *Error
	if !errors.As(err, &e) {
		return err.Error()
	}
	text := fmt.Sprintf("okta: %s %s: %d", e.Method, e.Route, e.Status)
	for _, s := range []string{e.Code, e.Reason} {
		if s != "" {
			text += " " + s
		}
	}
	return text
}
