package okta

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"
	"time"
)

// Request is one operation to perform, in as many attempts as its retry rule allows.
type Request struct {
	Method      string
	Path        Path
	Query       url.Values
	Header      http.Header // the credential, Accept and User-Agent are added to each attempt
	Body        []byte      // nil: no body, sent with Content-Length 0 where the method wants one
	ContentType string      // of Body; empty: application/json
	Retry       *Retry      // nil: by method, see [Retry]

	rawQuery string // a next link's query, verbatim; takes the place of Query
}

// Response is an answer below 400.
type Response struct {
	Status int
	Header http.Header
	Body   []byte // never nil; empty where Okta sends none
}

// Do performs r and returns the answer, or one of [*Error], [*RateLimitError], [*NetworkError], or an error of the
// authoriser. A rate limit is waited out as long as ctx allows; what else is repeated, r.Retry says.
func (c *Client) Do(ctx context.Context, r *Request) (*Response, error) {
	retry := r.Retry
	if retry == nil {
		retry = retryByMethod(r.Method)
	}
	stats := statsOf(ctx)
	reauthorised := 0
	for failures := 0; ; {
		waited, err := c.governor.acquire(ctx, r.Method, r.Path.Template)
		stats.stoodStill(waited)
		if err != nil {
			return nil, err
		}
		resp, sent, err := c.attempt(ctx, r, stats)
		if err == nil {
			return resp, nil
		}
		if refusal := credentialRefused(err); refusal != nil && reauthorised < maxReauthorised && c.auth.Refused(sent, refusal) {
			reauthorised++
			continue
		}
		if HasStatus(err, http.StatusTooManyRequests) {
			continue // the governor has seen the headers: it waits, or says that there is no time to
		}
		if failures >= retry.Max || !retry.When(err) || ctx.Err() != nil {
			return nil, err
		}
		delay := retry.Delay(failures)
		if !hasTime(ctx, delay) {
			return nil, err
		}
		failures++
		c.log.DebugContext(ctx, "okta: trying again", "route", r.Path.Template, "after", delay, "failure", failures)
		stats.stoodStill(delay)
		if sleep(ctx, delay) != nil {
			return nil, err
		}
	}
}

// maxReauthorised bounds how often one call follows its authoriser's wish for another try: a token that was replaced,
// then a nonce that was learned.
const maxReauthorised = 2

func credentialRefused(err error) *Error {
	var e *Error
	if errors.As(err, &e) && (e.Status == http.StatusUnauthorized || e.Status == http.StatusBadRequest) {
		return e
	}
	return nil
}

// attempt sends r once. The request is returned for the authoriser to recognise its own credential in it.
func (c *Client) attempt(ctx context.Context, r *Request, stats *Stats) (*Response, *http.Request, error) {
	began := time.Now()
	a := Attempt{Org: c.base.Host, Method: r.Method, Route: r.Path.Template, Began: began}
	resp, sent, err := c.send(ctx, r, &a)
	a.Took, a.Err = time.Since(began), err
	if a.Status != 0 {
		stats.answered(a.RequestID)
	} else if isNetwork(err) {
		stats.answered("")
	}
	c.observe(ctx, a)
	return resp, sent, err
}

func (c *Client) send(ctx context.Context, r *Request, a *Attempt) (*Response, *http.Request, error) {
	ctx, cancel := context.WithTimeout(ctx, c.attemptTimeout)
	defer cancel()
	var wrote atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		WroteHeaders: func() { wrote.Store(true) },
	})
	req, err := c.newRequest(ctx, r)
	if err != nil {
		c.governor.release(r.Method, r.Path.Template, 0, nil)
		return nil, nil, err
	}
	res, err := c.http.Do(req)
	if err != nil {
		c.governor.release(r.Method, r.Path.Template, 0, nil)
		return nil, req, networkError(r, err, wrote.Load())
	}
	defer res.Body.Close()
	a.Status, a.RequestID = res.StatusCode, res.Header.Get("X-Okta-Request-Id")
	c.learnSkew(res.Header, time.Now())
	c.governor.release(r.Method, r.Path.Template, res.StatusCode, res.Header)
	resp, err := c.read(r, res)
	return resp, req, err
}

func (c *Client) newRequest(ctx context.Context, r *Request) (*http.Request, error) {
	query := r.rawQuery
	if query == "" {
		query = r.Query.Encode()
	}
	u, err := r.Path.url(c.base, query)
	if err != nil {
		return nil, fmt.Errorf("okta: %s %s: path: %w", r.Method, r.Path.Template, err)
	}
	var body io.Reader = http.NoBody
	if r.Body != nil {
		body = bytes.NewReader(r.Body)
	}
	req, err := http.NewRequestWithContext(ctx, r.Method, "", body)
	if err != nil {
		return nil, fmt.Errorf("okta: %s %s: %w", r.Method, r.Path.Template, err)
	}
	req.URL, req.Host = u, u.Host
	for name, values := range r.Header {
		req.Header[http.CanonicalHeaderKey(name)] = values
	}
	setDefault(req.Header, "Accept", "application/json")
	if r.Body != nil && r.ContentType != "" {
		req.Header.Set("Content-Type", r.ContentType)
	}
	setDefault(req.Header, "Content-Type", "application/json")
	req.Header.Set("User-Agent", c.userAgent)
	// Last: no header of the caller's may stand in the credential's place.
	req.Header.Del("Authorization")
	if err := c.auth.Authorize(ctx, req); err != nil {
		return nil, err
	}
	return req, nil
}

func (c *Client) read(r *Request, res *http.Response) (*Response, error) {
	body, err := io.ReadAll(io.LimitReader(res.Body, c.maxBody+1))
	if err != nil {
		return nil, networkError(r, err, true)
	}
	foreign := func(reason string) error {
		return &Error{
			Status: res.StatusCode, Method: r.Method, Route: r.Path.Template, Reason: reason,
			RequestID: res.Header.Get("X-Okta-Request-Id"), header: res.Header,
		}
	}
	switch {
	case int64(len(body)) > c.maxBody:
		return nil, foreign(fmt.Sprintf("the answer is larger than %d MiB", c.maxBody>>20))
	case res.StatusCode >= 400:
		return nil, newError(r.Method, r.Path.Template, res.StatusCode, res.Header, body)
	case res.StatusCode >= 300 && res.StatusCode != http.StatusNotModified:
		return nil, foreign("the answer is a redirect: is this the org's own domain?")
	}
	return &Response{Status: res.StatusCode, Header: res.Header, Body: body}, nil
}

// JSON performs r and returns the answer's JSON as Okta sent it; nil when the answer has no body.
func (c *Client) JSON(ctx context.Context, r *Request) (json.RawMessage, error) {
	resp, err := c.Do(ctx, r)
	if err != nil {
		return nil, err
	}
	return resp.JSON(r)
}

// JSON returns the body, nil when empty, or an [*Error] when it is not JSON.
func (resp *Response) JSON(r *Request) (json.RawMessage, error) {
	body := bytes.TrimSpace(resp.Body)
	if len(body) == 0 {
		return nil, nil
	}
	if !json.Valid(body) {
		kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
		return nil, &Error{
			Status: resp.Status, Method: r.Method, Route: r.Path.Template, header: resp.Header,
			RequestID: resp.Header.Get("X-Okta-Request-Id"),
			Reason:    "the answer is not JSON (" + strings.TrimSpace(kind+" ") + "): is this the org's own domain?",
		}
	}
	return body, nil
}

// call is the short form of the operations: an optional body value, JSON out.
func (c *Client) call(ctx context.Context, method string, path Path, query url.Values, body any) (json.RawMessage, error) {
	r := &Request{Method: method, Path: path, Query: query}
	if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			return nil, fmt.Errorf("okta: %s %s: body: %w", method, path.Template, err)
		}
		r.Body = raw
	}
	return c.JSON(ctx, r)
}

func networkError(r *Request, err error, sent bool) *NetworkError {
	// url.Error repeats the URL, and with it what the caller searched for.
	var u *url.Error
	timedOut := errors.As(err, &u) && u.Timeout() || errors.Is(err, context.DeadlineExceeded)
	if u != nil {
		err = u.Err
	}
	return &NetworkError{Method: r.Method, Route: r.Path.Template, Err: err, Sent: sent, TimedOut: timedOut}
}

func isNetwork(err error) bool {
	var n *NetworkError
	return errors.As(err, &n)
}

func setDefault(h http.Header, name, value string) {
	if h.Get(name) == "" {
		h.Set(name, value)
	}
}
