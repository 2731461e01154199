package okta

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// noAuth is an authoriser that adds nothing and cannot renew anything.
type noAuth struct{}

func (noAuth) Authorize(context.Context, *http.Request) error { return nil }
func (noAuth) Refused(*http.Request, *Error) bool             { return false }

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func newTestClient(t testing.TB, cfg Config) *Client {
	t.Helper()
	if cfg.BaseURL == "" {
		cfg.BaseURL = "https://acme.okta.com"
	}
	if cfg.Auth == nil {
		cfg.Auth = noAuth{}
	}
	c, err := New(cfg)
	require.NoError(t, err)
	return c
}

func answer(r *http.Request, status int, header http.Header, body string) *http.Response {
	if header == nil {
		header = http.Header{}
	}
	return &http.Response{
		StatusCode: status, Header: header, Request: r, ContentLength: int64(len(body)),
		Body: io.NopCloser(strings.NewReader(body)),
	}
}

// pass lets virtual time pass.
func pass(d time.Duration) { <-time.After(d) }

func rateHeaders(limit, remaining int, resetIn time.Duration) http.Header {
	now := time.Now()
	return http.Header{
		headerLimit:     {strconv.Itoa(limit)},
		headerRemaining: {strconv.Itoa(remaining)},
		headerReset:     {strconv.FormatInt(now.Add(resetIn).Unix(), 10)},
		"Date":          {now.UTC().Format(http.TimeFormat)},
	}
}

// fakeOrg counts calls in buckets as Okta does. It is a RoundTripper, so that it works in virtual time.
type fakeOrg struct {
	buckets map[string]*fakeBucket // by path, see bucket
	skew    time.Duration          // how far the org's clock is ahead of ours
	latency time.Duration
	jitter  time.Duration            // at most so much more latency
	slow    map[string]time.Duration // extra latency by query
	atOnce  int                      // calls it takes at once; 0: any number
	silent  bool                     // sends no rate-limit headers
	mu      sync.Mutex
	tallied tally
}

type tally struct {
	underWay int
	most     int // that were under way at once
	calls    int
	refused  int
	served   []string // queries in the order of their acceptance
}

// tally returns the counts so far, while calls go on.
func (o *fakeOrg) tally() tally {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.tallied
}

type fakeBucket struct {
	limit  int
	window time.Duration
	begun  time.Time // of the present window
	used   int
}

func (b *fakeBucket) roll(now time.Time) {
	if gone := now.Sub(b.begun); gone >= b.window {
		b.begun = b.begun.Add(gone.Truncate(b.window))
		b.used = 0
	}
}

// bucket is named by the path after /api/v1/, or else by its first part.
func (o *fakeOrg) bucket(r *http.Request) *fakeBucket {
	path := strings.TrimPrefix(r.URL.Path, "/api/v1/")
	if b := o.buckets[path]; b != nil {
		return b
	}
	name, _, _ := strings.Cut(path, "/")
	return o.buckets[name]
}

func (o *fakeOrg) RoundTrip(r *http.Request) (*http.Response, error) {
	status, header := o.enter(r)
	defer o.leave()
	select {
	case <-time.After(o.latency + o.slow[r.URL.RawQuery] + rand.N(o.jitter+1)):
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	header.Set("Date", time.Now().Add(o.skew).UTC().Format(http.TimeFormat))
	if o.silent {
		header = http.Header{}
	}
	body := "[]"
	if status != http.StatusOK {
		body = `{"errorCode":"E0000047","errorSummary":"API call exceeded rate limit due to too many requests."}`
	}
	return answer(r, status, header, body), nil
}

func (o *fakeOrg) enter(r *http.Request) (int, http.Header) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.tallied.calls++
	o.tallied.underWay++
	o.tallied.most = max(o.tallied.most, o.tallied.underWay)
	now := time.Now()
	b := o.bucket(r)
	b.roll(now)
	reset := strconv.FormatInt(b.begun.Add(b.window).Add(o.skew).Unix(), 10)
	if o.atOnce > 0 && o.tallied.underWay > o.atOnce {
		o.tallied.refused++
		return http.StatusTooManyRequests, http.Header{headerLimit: {"0"}, headerRemaining: {"0"}, headerReset: {reset}}
	}
	h := http.Header{headerLimit: {strconv.Itoa(b.limit)}, headerReset: {reset}}
	if b.used == b.limit {
		o.tallied.refused++
		h.Set(headerRemaining, "0")
		return http.StatusTooManyRequests, h
	}
	b.used++
	o.tallied.served = append(o.tallied.served, r.URL.RawQuery)
	h.Set(headerRemaining, strconv.Itoa(b.limit-b.used))
	return http.StatusOK, h
}

func (o *fakeOrg) leave() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.tallied.underWay--
}

// use makes a bucket's present window be used up to n.
func (o *fakeOrg) use(bucket string, n int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.buckets[bucket].used = n
}

// client returns one with a governor of its own.
func (o *fakeOrg) client(t testing.TB, cfg GovernorConfig) *Client {
	t.Helper()
	return newTestClient(t, Config{Transport: o, Governor: NewGovernor(cfg)})
}

// newFakeOrg has one bucket, users, with a window of a minute that begins now.
func newFakeOrg(limit int) *fakeOrg {
	return &fakeOrg{
		latency: 100 * time.Millisecond,
		buckets: map[string]*fakeBucket{
			"users": {limit: limit, window: time.Minute, begun: time.Now()},
		},
	}
}

// get calls GET template, with n as the query so that the order of service can be told.
func get(ctx context.Context, c *Client, template string, n int) error {
	path := strings.ReplaceAll(template, "{id}", "x")
	_, err := c.Do(ctx, &Request{Method: http.MethodGet, Path: Raw(path, template), rawQuery: fmt.Sprintf("n=%d", n)})
	return err
}
