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
	"net/url"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// Request is one operation to perform, in as many attempts as its retry rule allows.
type Request struct {
	Method      string
	Path        Path
	Query       url.Values
	Header      http.Header   // the credential is added to each attempt, and Accept and User-Agent where they are missing
	Body        []byte        // nil: no body, sent with Content-Length 0 where the method wants one
	ContentType string        // of Body; empty: application/json
	Retry       *Retry        // nil: by method, see [Retry]
	Timeout     time.Duration // one attempt; 0: the client's

	rawQuery string // a next link's query, verbatim; takes the place of Query
}

// Response is an answer below 400.
type Response struct {
	Status int
	Header http.Header
	Body   []byte // never nil; empty where Okta sends none
}

const (
	// maxRenewals bounds how often one call follows its authoriser's wish for another try: a token that was replaced,
	// then a nonce that was learned.
	maxRenewals = 2

	// maxRefusals bounds the 429s that one call waits out. A real one meets a few: its governor knows the limits.
	maxRefusals = 30
)

// Do performs r and returns the answer, or one of [*Error], [*RateLimitError], [*NetworkError] and [*CredentialError].
// A rate limit is waited out as long as ctx allows, unless there is no end to it; what else is repeated, r.Retry says.
// When ctx ends the call, the error is a NetworkError that wraps ctx.Err().
func (c *Client) Do(ctx context.Context, r *Request) (*Response, error) {
	if isRead(r.Method) {
		return c.do(ctx, r)
	}
	if c.dry != nil {
		return c.dry.pretend(c, r)
	}
	resp, err := c.do(ctx, r)
	statsOf(ctx).wrote(r, resp, err)
	return resp, err
}

func (c *Client) do(ctx context.Context, r *Request) (*Response, error) {
	retry := r.Retry
	if retry == nil {
		retry = retryByMethod(r.Method)
	}
	stats := statsOf(ctx)
	turn := newTurn(ctx, r.Method, r.Path.Template)
	var failures, renewals, refusals, inLine int
	var refused *Error // the last 429
	for {
		began := time.Now()
		ticket, err := c.governor.acquire(ctx, turn)
		stats.stoodStill(time.Since(began))
		if err != nil {
			return nil, withRefusal(err, refused)
		}
		a := c.attempt(ctx, r, ticket, stats)
		var pause time.Duration
		switch refusal := a.refusal(); {
		case a.err == nil:
			if c.dry != nil {
				c.dry.add(DryStep{r, a.resp})
			}
			return a.resp, nil
		case a.sent == nil:
			return nil, a.err
		case refusal != nil && refusal.Status == http.StatusTooManyRequests:
			refused = refusal
			if a.inLine && inLine < maxRefusals {
				inLine++
				continue
			}
			pause = max(standBack(refusals), refusal.retryAfter())
			refusals++
			if refusals+inLine > maxRefusals || !hasTime(ctx, pause) {
				return nil, &RateLimitError{Route: r.Path.Template, RetryAfter: pause, Refusal: refused}
			}
		case renewals < maxRenewals && refusal.ofCredential() && c.auth.Refused(a.sent, refusal):
			renewals++
			continue
		case failures < retry.Max && retry.When(a.err):
			pause = max(retry.Delay(failures), refusal.retryAfter())
			failures++
			if !hasTime(ctx, pause) {
				return nil, a.err
			}
			c.log.DebugContext(ctx, "okta: trying again", "route", r.Path.Template, "after", pause, "failure", failures)
		default:
			return nil, a.err
		}
		if !stats.sleep(ctx, pause) {
			e := interrupted(r.Method, r.Path.Template, ctx.Err())
			e.Sent = OutcomeUnknown(a.err)
			return nil, e
		}
	}
}

// withRefusal adds Okta's own 429 to the governor's word that there is no time to wait.
func withRefusal(err error, refused *Error) error {
	var limited *RateLimitError
	if errors.As(err, &limited) {
		limited.Refusal = refused
	}
	return err
}

func (c *Client) newRequest(ctx context.Context, r *Request) (*http.Request, error) {
	query := r.rawQuery
	if query == "" {
		query = r.Query.Encode()
	}
	u, err := r.Path.url(c.base, query)
	if err != nil {
		return nil, fmt.Errorf("okta: %s %s: %w", r.Method, r.Path.Template, err)
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
	setDefault(req.Header, "User-Agent", c.userAgent)
	if r.Body != nil && r.ContentType != "" {
		req.Header.Set("Content-Type", r.ContentType)
	}
	setDefault(req.Header, "Content-Type", "application/json")
	req.Header.Del("Accept-Encoding") // so that the transport decompresses, under our limit
	// Last: no header of the caller's may stand in the credential's place.
	req.Header.Del("Authorization")
	if err := c.auth.Authorize(ctx, req); err != nil {
		return nil, &CredentialError{Err: err}
	}
	return req, nil
}

func setDefault(h http.Header, name, value string) {
	if h.Get(name) == "" {
		h.Set(name, value)
	}
}

// JSON performs r and returns the answer's JSON as Okta sent it; nil when the answer has no body.
func (c *Client) JSON(ctx context.Context, r *Request) (json.RawMessage, error) {
	resp, err := c.Do(ctx, r)
	if err != nil {
		return nil, err
	}
	return resp.JSON(r)
}

// tolerant takes JSON as encoding/json does: what a duplicate name means is for the reader to say.
var tolerant = []jsontext.Options{jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)}

// JSON returns the body, nil when empty, or an [*Error] when it is not JSON.
func (resp *Response) JSON(r *Request) (json.RawMessage, error) {
	body := bytes.TrimSpace(resp.Body)
	if len(body) == 0 {
		return nil, nil
	}
	if !jsontext.Value(body).IsValid(tolerant...) {
		return nil, resp.notJSON(r)
	}
	return body, nil
}

func (resp *Response) notJSON(r *Request) *Error {
	reason := "the answer is not JSON"
	kind, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if err == nil && kind != "application/json" {
		reason += " but " + kind
	}
	return unreadable(r, resp.Status, resp.Header, reason)
}

// call is the short form of the operations: an optional body value, JSON out.
func (c *Client) call(
	ctx context.Context, method string, path Path, query url.Values, body any,
) (json.RawMessage, error) {
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
