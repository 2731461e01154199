package okta

import (
	"context"
	"errors"
	"net/http"
	"time"
)

// A clock is what an answer told of the time at Okta.
type clock struct {
	date  string // as the header had it: many answers come within its second
	ahead time.Duration
}

// Skew returns how far Okta's clock is ahead of ours, to the second, and false before the first answer.
func (c *Client) Skew() (time.Duration, bool) {
	if told := c.clock.Load(); told != nil {
		return told.ahead, true
	}
	return 0, false
}

func (c *Client) learnSkew(h http.Header, now time.Time) {
	date := h.Get("Date")
	if told := c.clock.Load(); told != nil && told.date == date {
		return
	}
	if at, err := http.ParseTime(date); err == nil {
		c.clock.Store(&clock{date, at.Sub(now.Truncate(time.Second))})
	}
}

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
