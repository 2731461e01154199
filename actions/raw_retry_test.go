package actions_test

import (
	"context"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/okta-connector/okta-connector/actions"
	"github.com/okta-connector/okta-connector/connections/okta"
)

// script is an org that gives one answer after the other, the last one for good, and remembers when it was asked.
type script struct {
	began   time.Time
	answers []func(*http.Request) (*http.Response, error)
	at      []time.Duration
}

func (s *script) RoundTrip(r *http.Request) (*http.Response, error) {
	n := min(len(s.at), len(s.answers)-1)
	s.at = append(s.at, time.Since(s.began))
	return s.answers[n](r)
}

func status(code int, header ...string) func(*http.Request) (*http.Response, error) {
	return func(r *http.Request) (*http.Response, error) {
		h := http.Header{"Date": {time.Now().UTC().Format(http.TimeFormat)}}
		for i := 0; i < len(header); i += 2 {
			h.Set(header[i], header[i+1])
		}
		return &http.Response{StatusCode: code, Header: h, Body: io.NopCloser(strings.NewReader(`{}`)), Request: r}, nil
	}
}

func broken(*http.Request) (*http.Response, error) { return nil, io.ErrUnexpectedEOF }

// silent never answers.
func silent(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

type answers = []func(*http.Request) (*http.Response, error)

// play runs a raw request on virtual time and returns when it was sent, to the millisecond.
func play(t *testing.T, answers answers, inputs string) (at []time.Duration, err error) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := &script{began: time.Now(), answers: answers}
		c, newErr := okta.New(okta.Config{BaseURL: "https://acme.okta.com", Auth: noCredential{}, Transport: s})
		require.NoError(t, newErr)
		_, err = invoke(t, c, actions.RawRequest, `{"url": "/users", `+inputs+`}`)
		at = s.at
	})
	return at, err
}

func TestRawRequest_Retries(t *testing.T) {
	t.Parallel()
	const get, post = `"method": "GET", `, `"method": "POST", "data": {}, `
	for name, c := range map[string]struct {
		answers answers
		inputs  string
		at      []int // milliseconds
		status  int   // of the refusal, 0: it works
	}{
		"not unless asked":   {answers{status(500), status(200)}, get + `"maxRetries": 0`, []int{0}, 500},
		"nor by default":     {answers{status(500), status(200)}, get + `"timeout": 0`, []int{0}, 500},
		"at once":            {answers{status(500), status(200)}, get + `"maxRetries": 1`, []int{0, 0}, 0},
		"writes too":         {answers{status(502), status(200)}, post + `"maxRetries": 1`, []int{0, 0}, 0},
		"broken connections": {answers{broken, status(200)}, post + `"maxRetries": 1`, []int{0, 0}, 0},
		"not a 4xx":          {answers{status(404), status(200)}, get + `"maxRetries": 3`, []int{0}, 404},
		"after the delay": {
			answers{status(500), status(503), status(200)},
			get + `"maxRetries": 2, "retryDelayMS": "1500"`,
			[]int{0, 1500, 3000},
			0,
		},
		"no more than asked": {
			answers{status(500)}, get + `"maxRetries": 2, "retryDelayMS": 1000`, []int{0, 1000, 2000}, 500,
		},
		"all errors": {
			answers{status(404), status(302), status(200)},
			get + `"maxRetries": 3, "retryAllErrors": true`,
			[]int{0, 0, 0},
			0,
		},
		"an attempt without end": {
			answers{silent, status(200)}, get + `"maxRetries": 1, "timeout": 2000, "retryDelayMS": 500`, []int{0, 2500}, 0,
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
	at, err := play(t, answers{silent}, `"method": "POST", "timeout": 250`)
	var network *okta.NetworkError
	require.ErrorAs(t, err, &network)
	require.True(t, network.TimedOut)
	require.Len(t, at, 1)
}

// TestRawRequest_Backoff: waiting grows although the delay is 0, which elsewhere makes it 0, 0, 0.
func TestRawRequest_Backoff(t *testing.T) {
	t.Parallel()
	at, err := play(t, answers{status(500), status(500), status(500), status(200)},
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
	limited := func(r *http.Request) (*http.Response, error) {
		reset := time.Now().Add(10 * time.Second).Unix()
		return status(429, "X-Rate-Limit-Limit", "600", "X-Rate-Limit-Remaining", "0", "X-Rate-Limit-Reset", itoa(reset))(r)
	}
	at, err := play(t, answers{limited, status(200)}, `"method": "POST", "data": {}`)
	require.NoError(t, err)
	require.Len(t, at, 2)
	require.GreaterOrEqual(t, at[1], 10*time.Second)
	require.LessOrEqual(t, at[1], 13*time.Second)
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

type noCredential struct{}

func (noCredential) Authorize(context.Context, *http.Request) error { return nil }
func (noCredential) Refused(*http.Request, *okta.Error) bool        { return false }
