package okta

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// endless is a body that goes on as long as its request does, a byte at a time.
type endless struct{ ctx context.Context }

func (b endless) Read(p []byte) (int, error) {
	select {
	case <-time.After(time.Second):
		return copy(p, " "), nil
	case <-b.ctx.Done():
		return 0, b.ctx.Err()
	}
}

func (endless) Close() error { return nil }

// Whatever an org answers, a call without a deadline ends, with an error.
func TestDo_NothingAnOrgAnswersHoldsACallForEver(t *testing.T) {
	t.Parallel()
	refusing := func(h func() http.Header) roundTripper {
		return func(r *http.Request) (*http.Response, error) { return answer(r, 429, h(), ""), nil }
	}
	for name, org := range map[string]roundTripper{
		"a body without end": func(r *http.Request) (*http.Response, error) {
			res := answer(r, 200, nil, "")
			res.ContentLength, res.Body = -1, endless{r.Context()}
			return res, nil
		},
		"a refusal's body without end": func(r *http.Request) (*http.Response, error) {
			res := answer(r, 404, nil, "")
			res.ContentLength, res.Body = -1, endless{r.Context()}
			return res, nil
		},
		"no answer": func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		},
		"another protocol":                        func(r *http.Request) (*http.Response, error) { return answer(r, 101, nil, ""), nil },
		"a limit that is always used up":          refusing(func() http.Header { return rateHeaders(1, 0, 0) }),
		"no more calls at once, ever":             refusing(func() http.Header { return rateHeaders(0, 0, time.Minute) }),
		"a refusal without a word":                refusing(func() http.Header { return nil }),
		"a wait that is asked for anew each time": refusing(func() http.Header { return http.Header{"Retry-After": {"60"}} }),
		"unavailable for ever": func(r *http.Request) (*http.Response, error) {
			return answer(r, 503, http.Header{"Retry-After": {"60"}}, ""), nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				_, err := newTestClient(t, Config{Transport: org}).Do(t.Context(), aGet)
				require.Error(t, err)
				require.LessOrEqual(t, time.Since(began), time.Hour)
			})
		})
	}
}

func TestDo_RetryAfter(t *testing.T) {
	t.Parallel()
	date := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC) // as inside synctest
	for value, want := range map[string]time.Duration{
		"20": 20 * time.Second,
		date.Add(time.Minute).Format(http.TimeFormat): time.Minute,
		"0": 0, "": 0, "soon": 0, "-20": 0, "1.5": 0, "99999999999999999999": 0, "86400": 0,
		date.Add(-time.Hour).Format(http.TimeFormat):     0,
		date.Add(24 * time.Hour).Format(http.TimeFormat): 0,
	} {
		for _, refusal := range []int{429, 503, 500} {
			synctest.Test(t, func(t *testing.T) {
				h := http.Header{"Retry-After": {value}, "Date": {date.Format(http.TimeFormat)}}
				c := newTestClient(t, Config{Transport: steps(func(r *http.Request) (*http.Response, error) {
					return answer(r, refusal, h, ""), nil
				}, status(200, "{}"))})
				began := time.Now()
				_, err := c.Do(t.Context(), aGet)
				require.NoError(t, err)
				if refusal == 500 || want == 0 {
					require.Less(t, time.Since(began), 2*time.Second, "%d %q", refusal, value)
				} else {
					require.Equal(t, want, time.Since(began), "%d %q", refusal, value)
				}
			})
		}
	}
}

func TestDo_RetryAfterBeyondTheDeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newTestClient(t, Config{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			return answer(r, 429, http.Header{"Retry-After": {"60"}}, ""), nil
		})})
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		_, err := c.Do(ctx, aGet)
		var refused *RateLimitError
		require.ErrorAs(t, err, &refused)
		require.Equal(t, time.Minute, refused.RetryAfter)
		require.NoError(t, ctx.Err(), "told at once")
	})
}

func TestDo_ARefusalThatBreaksOffIsOne(t *testing.T) {
	t.Parallel()
	lost := errors.New("connection reset")
	for _, length := range []int64{-1, 100} {
		c := newTestClient(t, Config{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			res := answer(r, 400, nil, "")
			res.ContentLength = length
			res.Body = io.NopCloser(io.MultiReader(strings.NewReader(`{"errorCode":`), iotest.ErrReader(lost)))
			return res, nil
		})})
		_, err := c.Do(t.Context(), aPost)
		require.True(t, HasStatus(err, 400))
		require.False(t, OutcomeUnknown(err), "Okta did not do it")
	}
}

func TestNewError_KeepsLittleOfALongRefusal(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("\u00fc", 1<<20)
	causes := strings.TrimSuffix(strings.Repeat(`{"errorSummary":"`+long[:30000]+`"},`, 100), ",")
	body := `{"errorCode":"` + long + `","errorSummary":"` + long + `","errorCauses":[` + causes + `]}`
	e := newError("GET", "/api/v1/x", 400, http.Header{headerRequestID: {long}}, []byte(body))
	require.Len(t, e.Causes, 50)
	require.Less(t, len(e.Error()), 120_000)
	require.LessOrEqual(t, len(e.RequestID), 2003)
	require.True(t, strings.HasSuffix(e.Summary, "\u00fc..."), "cut between characters")

	c := newTestClient(t, Config{Transport: status(400, body)})
	_, err := c.Do(t.Context(), aGet)
	var refused *Error
	require.ErrorAs(t, err, &refused)
	require.Equal(t, "the answer is not Okta's", refused.Reason, "it was not read to its end")
}
