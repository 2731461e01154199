package actions_test

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/okta-connector/okta-connector/actions"
	"github.com/okta-connector/okta-connector/connections/okta"
)

// What a script can do besides answering with a status.
const (
	broken = -1 - iota // the connection breaks
	silent             // no answer ever comes
)

// script is an org that gives one answer after the other, the last one for good, and remembers what it was asked when.
type script struct {
	began   time.Time
	answers []int         // status, broken or silent
	ahead   time.Duration // of Okta's clock
	at      []time.Duration
	asked   []*url.URL
}

func (s *script) RoundTrip(r *http.Request) (*http.Response, error) {
	answer := s.answers[min(len(s.at), len(s.answers)-1)]
	s.at, s.asked = append(s.at, time.Since(s.began)), append(s.asked, r.URL)
	switch answer {
	case broken:
		return nil, io.ErrUnexpectedEOF
	case silent:
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	h := http.Header{"Date": {time.Now().Add(s.ahead).UTC().Format(http.TimeFormat)}}
	if answer == http.StatusTooManyRequests {
		h.Set("X-Rate-Limit-Limit", "600")
		h.Set("X-Rate-Limit-Remaining", "0")
		h.Set("X-Rate-Limit-Reset", strconv.FormatInt(time.Now().Add(10*time.Second).Unix(), 10))
	}
	return &http.Response{StatusCode: answer, Header: h, Body: http.NoBody, Request: r}, nil
}

// client makes a client of the script, which begins now.
func (s *script) client(t *testing.T) *okta.Client {
	t.Helper()
	s.began = time.Now()
	c, err := okta.New(okta.Config{BaseURL: "https://acme.okta.com", Auth: noCredential{}, Transport: s})
	require.NoError(t, err)
	return c
}

// play runs a raw request on virtual time and returns when it was sent.
func play(t *testing.T, answers []int, inputs string) (at []time.Duration, err error) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := &script{answers: answers}
		_, err = invoke(t, s.client(t), actions.RawRequest, `{"url": "/users", `+inputs+`}`)
		at = s.at
	})
	return at, err
}

func TestRawRequest_Retries(t *testing.T) {
	t.Parallel()
	const get, post = `"method": "GET", `, `"method": "POST", "data": {}, `
	for name, c := range map[string]struct {
		answers []int
		inputs  string
		at      []int // milliseconds
		status  int   // of the refusal, 0: it works
	}{
		"not unless asked":   {[]int{500, 200}, get + `"maxRetries": 0`, []int{0}, 500},
		"nor by default":     {[]int{500, 200}, get + `"timeout": 0`, []int{0}, 500},
		"at once":            {[]int{500, 200}, get + `"maxRetries": 1`, []int{0, 0}, 0},
		"writes too":         {[]int{502, 200}, post + `"maxRetries": 1`, []int{0, 0}, 0},
		"broken connections": {[]int{broken, 200}, post + `"maxRetries": 1`, []int{0, 0}, 0},
		"not a 4xx":          {[]int{404, 200}, get + `"maxRetries": 3`, []int{0}, 404},
		"after the delay": {
			[]int{500, 503, 200},
			get + `"maxRetries": 2, "retryDelayMS": "1500"`,
			[]int{0, 1500, 3000},
			0,
		},
		"no more than asked": {
			[]int{500}, get + `"maxRetries": 2, "retryDelayMS": 1000`, []int{0, 1000, 2000}, 500,
		},
		"all errors": {
			[]int{404, 302, 200},
			get + `"maxRetries": 3, "retryAllErrors": true`,
			[]int{0, 0, 0},
			0,
		},
		"an attempt without end": {
			[]int{silent, 200}, get + `"maxRetries": 1, "timeout": 2000, "retryDelayMS": 500`, []int{0, 2500}, 0,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sent, err := play(t, c.answers, c.inputs)
			at := make([]int, len(sent))
			for i, d := range sent {
				at[i] = int(d.Milliseconds())
			}
			require.Equal(t, c.at, at)
			if c.status == 0 {
				require.NoError(t, err)
				return
			}
			require.True(t, okta.HasStatus(err, c.status), "%v", err)
		})
	}
}

// TestRawRequest_Timeout: no answer in time is told as such, at the time that was asked for.
func TestRawRequest_Timeout(t *testing.T) {
	t.Parallel()
	at, err := play(t, []int{silent}, `"method": "POST", "timeout": 250`)
	var network *okta.NetworkError
	require.ErrorAs(t, err, &network)
	require.True(t, network.TimedOut)
	require.Len(t, at, 1)
}

// TestRawRequest_Backoff: waiting grows although the delay is 0, which elsewhere makes it 0, 0, 0.
func TestRawRequest_Backoff(t *testing.T) {
	t.Parallel()
	at, err := play(t, []int{500, 500, 500, 200},
		`"method": "GET", "maxRetries": 3, "useExponentialBackoff": true`)
	require.NoError(t, err)
	require.Len(t, at, 4)
	for i, least := range []time.Duration{250 * time.Millisecond, 500 * time.Millisecond, time.Second} {
		waited := at[i+1] - at[i]
		require.GreaterOrEqual(t, waited, least)
		require.LessOrEqual(t, waited, least*3/2)
	}
}

// TestRawRequest_RateLimit: a rate limit is waited out, retries or none.
func TestRawRequest_RateLimit(t *testing.T) {
	t.Parallel()
	at, err := play(t, []int{429, 200}, `"method": "POST", "data": {}`)
	require.NoError(t, err)
	require.Len(t, at, 2)
	require.GreaterOrEqual(t, at[1], 10*time.Second)
	require.LessOrEqual(t, at[1], 13*time.Second)
}

type noCredential struct{}

func (noCredential) Authorize(context.Context, *http.Request) error { return nil }
func (noCredential) Refused(*http.Request, *okta.Error) bool        { return false }
