// Package triggers declares what the component watches for: new and updated users, new events of the System Log, and
// Okta's event hooks. A trigger reads Okta and moves a cursor; when it runs, where the cursor is kept and how events
// reach an engine is left to the runtime.
package triggers

import (
	"context"
	"time"

	"github.com/okta-connector/okta-connector/connections/okta"
	"github.com/okta-connector/okta-connector/runtime/connector"
)

// startTime is where a first poll begins, on Okta's clock. A time that somebody gave is taken as it is; the moment of
// registration was read from our clock and is moved by how far the two differ. That is known to the second: where Okta
// seems ahead it may be so by almost a second less, and what happened in that second is not to be missed.
func startTime(ctx context.Context, c *okta.Client, start connector.Start) (time.Time, error) {
	if !start.From.IsZero() {
		return start.From, nil
	}
	skew, err := c.ClockSkew(ctx)
	if err != nil {
		return time.Time{}, err
	}
	if skew > 0 {
		skew -= time.Second
	}
	return start.Registered.Add(skew), nil
}
