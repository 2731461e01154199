package okta

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"
)

// An Attempt is what happened on the wire once, for metrics and traces.
type Attempt struct {
	Org, Method, Route string // Route is the template: /api/v1/users/{id}
	Status             int    // 0: no answer
	RequestID          string // X-Okta-Request-Id
	Err                error
	Began              time.Time
	Took               time.Duration // until the body was read
}

// attempted is what came of one attempt: resp or err.
type attempted struct {
	sent   *http.Request // nil when no request could be made; the authoriser finds its own credential in it
	resp   *Response
	err    error
	inLine bool // all that a repeat has to wait for is known to the governor
}

// refusal returns the answer that was an error, if one was.
func (a *attempted) refusal() *Error {
	var e *Error
	errors.As(a.err, &e)
	return e
}

// ofCredential reports whether e may be about the credential. Okta's own 401 for a feature that the org lacks is not;
// a refused DPoP proof is a 400, with an OAuth code.
func (e *Error) ofCredential() bool {
	switch {
	case e == nil:
		return false
	case e.Status == http.StatusUnauthorized:
		return e.Code != CodeFeatureOff
	}
	return e.Status == http.StatusBadRequest && e.Code != CodeValidation
}

// attempt sends r once and gives the ticket back.
func (c *Client) attempt(ctx context.Context, r *Request, t *ticket, stats *Stats) (a attempted) {
	defer t.done()
	within, cancel := context.WithTimeout(ctx, c.timeout(r))
	defer cancel()
	reached := reach{}
	req, err := c.newRequest(reached.trace(within), r)
	if err != nil {
		return attempted{err: err}
	}
	if err := within.Err(); err != nil { // the authoriser took all the time there was
		return attempted{err: c.networkError(ctx, within, r, err, false)}
	}
	a.sent = req
	seen := Attempt{Org: c.base.Host, Method: r.Method, Route: r.Path.Template, Began: time.Now()}
	defer func() {
		seen.Took, seen.Err = time.Since(seen.Began), a.err
		c.observe(ctx, seen)
	}()

	res, err := c.transport.RoundTrip(req)
	if err != nil {
		a.err = c.networkError(ctx, within, r, err, !reached.nobody.Load())
		if !reached.nobody.Load() {
			stats.answered("")
		}
		return a
	}
	defer res.Body.Close()
	seen.Status, seen.RequestID = res.StatusCode, requestID(res.Header)
	stats.answered(seen.RequestID)
	c.learnSkew(res.Header, time.Now())
	a.inLine = t.answered(res.StatusCode, res.Header)
	body, err := c.read(res)
	if err != nil && (res.StatusCode < 400 || within.Err() != nil) { // a refusal that breaks off is one
		a.err = c.networkError(ctx, within, r, err, true)
		return a
	}
	a.resp, a.err = c.judge(r, res, body)
	return a
}

func (c *Client) timeout(r *Request) time.Duration { return cmp.Or(r.Timeout, c.attemptTimeout) }

// reach knows whether a request may have got to the server: not before there was a connection to carry it. A transport
// that tells nothing counts as if it had.
type reach struct{ nobody atomic.Bool }

func (n *reach) trace(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(string) { n.nobody.Store(true) }, // again when a reused connection took nothing
		GotConn: func(httptrace.GotConnInfo) { n.nobody.Store(false) },
	})
}

const (
	maxErrorBody = 1 << 20 // of what is read of a refusal: Okta's are a few hundred bytes
	trusted      = 1 << 20 // bytes of a body for which room is made because the header announces them
)

// read takes a body of at most one byte more than the limit, with an error as much as came. Reading to its end lets the
// connection be used again.
func (c *Client) read(res *http.Response) ([]byte, error) {
	most := c.maxBody + 1
	if res.StatusCode >= 400 {
		most = min(most, maxErrorBody)
	}
	if n := res.ContentLength; n > 0 && n <= min(trusted, most) && res.Request.Method != http.MethodHead {
		body := make([]byte, n)
		read, err := io.ReadFull(res.Body, body)
		return body[:read], err
	}
	return io.ReadAll(io.LimitReader(res.Body, most))
}

func (c *Client) judge(r *Request, res *http.Response, body []byte) (*Response, error) {
	switch {
	case int64(len(body)) > c.maxBody:
		return nil, unreadable(r, res.StatusCode, res.Header,
			fmt.Sprintf("the answer is larger than %d bytes", c.maxBody))
	case res.StatusCode >= 400:
		return nil, newError(r.Method, r.Path.Template, res.StatusCode, res.Header, body)
	case res.StatusCode < 200:
		return nil, unreadable(r, res.StatusCode, res.Header, "the answer switches to another protocol")
	case res.StatusCode >= 300 && res.StatusCode != http.StatusNotModified:
		return nil, unreadable(r, res.StatusCode, res.Header, "the answer is a redirect")
	}
	return &Response{Status: res.StatusCode, Header: res.Header, Body: body}, nil
}

// networkError tells apart who ended the attempt: the caller, our own limit on one attempt, or the network.
func (c *Client) networkError(ctx, within context.Context, r *Request, err error, sent bool) *NetworkError {
	if cause := ctx.Err(); cause != nil {
		e := interrupted(r.Method, r.Path.Template, cause)
		e.Sent = sent
		return e
	}
	e := &NetworkError{Method: r.Method, Route: r.Path.Template, Err: err, Sent: sent}
	if within.Err() != nil {
		e.TimedOut, e.Err = true, fmt.Errorf("no answer within %s", c.timeout(r))
		return e
	}
	var timeout interface{ Timeout() bool }
	e.TimedOut = errors.As(err, &timeout) && timeout.Timeout()
	return e
}
