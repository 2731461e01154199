package runtime

import (
	"context"
	"time"
)

// ClockSkew returns how far the clock of a stored connection's org is ahead of ours, to the second, and false before
// the org has answered anything.
func (e *Engine) ClockSkew(ctx context.Context, connection string) (ahead time.Duration, known bool, err error) {
	client, err := e.client(ctx, ConnectionRef{Name: connection})
	if err != nil {
		return 0, false, err
	}
	ahead, known = client.Skew()
	return ahead, known, nil
}
