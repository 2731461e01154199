package okta

import (
	"context"
	"net/http"
	"time"
)

// GovernorConfig tunes a [Governor]. The zero value works.
type GovernorConfig struct{}

// Governor shares one org's rate limits between all calls of the process.
type Governor struct{}

// NewGovernor returns a governor that has learned nothing yet.
func NewGovernor(GovernorConfig) *Governor { return &Governor{} }

func (g *Governor) acquire(ctx context.Context, method, route string) (time.Duration, error) {
	return 0, ctx.Err()
}

func (g *Governor) release(method, route string, status int, h http.Header) {}
