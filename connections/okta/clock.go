package okta

import (
	"context"
	"errors"
	"net/http"
	"time"
)

// ClockSkew returns how far Okta's clock is ahead of ours. Where no answer has told it yet it asks: even a refusal
// carries Okta's Date.
func (c *Client) ClockSkew(ctx context.Context) (time.Duration, error) {
	if d, ok := c.Skew(); ok {
		return d, nil
	}
	_, err := c.Do(ctx, &Request{Method: http.MethodGet, Path: At("/api/v1/users/me")})
	var refused *Error
	if err != nil && !errors.As(err, &refused) {
		return 0, err
	}
	d, _ := c.Skew()
	return d, nil
}
