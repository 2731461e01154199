package okta

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// steps answers with one function after another, the last one for ever.
func steps(fs ...roundTripper) roundTripper {
	n := 0
	return func(r *http.Request) (*http.Response, error) {
		f := fs[min(n, len(fs)-1)]
		n++
		return f(r)
	}
}

func status(code int, body string) roundTripper {
	return func(r *http.Request) (*http.Response, error) { return answer(r, code, nil, body), nil }
}

func fails(err error) roundTripper {
	return func(*http.Request) (*http.Response, error) { return nil, err }
}

// hangs never answers.
func hangs(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, context.Cause(r.Context())
}

var (
	aGet  = &Request{Method: http.MethodGet, Path: At("/api/v1/users/{id}", "ada")}
	aPost = &Request{Method: http.MethodPost, Path: At("/api/v1/users"), Body: []byte(`{}`)}
)

func TestDo_TheRequest(t *testing.T) {
	t.Parallel()
	var got *http.Request
	var body string
	c := newTestClient(t, Config{
		BaseURL: "https://acme.okta.com/", UserAgent: "test/1",
		Auth: authorizer{authorize: func(r *http.Request) error {
			r.Header.Set("Authorization", "SSWS secret")
			return nil
		}},
		Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			got = r
			b, err := io.ReadAll(r.Body)
			body = string(b)
			return answer(r, 200, nil, ""), err
		}),
	})
	_, err := c.Do(t.Context(), &Request{
		Method: http.MethodPost, Path: At("/api/v1/users/{id}/groups", "a/b c"), Query: url.Values{"sendEmail": {"false"}},
		Body: []byte(`{"a":1}`),
		Header: http.Header{
			"authorization": {"Bearer forged"}, "X-Extra": {"1"}, "Accept-Encoding": {"br"},
		},
	})
	require.NoError(t, err)
	require.Equal(t, "https://acme.okta.com/api/v1/users/a%2Fb%20c/groups?sendEmail=false", got.URL.String())
	require.Equal(t, `{"a":1}`, body)
	require.Equal(t, http.Header{
		"Authorization": {"SSWS secret"}, "X-Extra": {"1"}, "User-Agent": {"test/1"},
		"Accept": {"application/json"}, "Content-Type": {"application/json"},
	}, got.Header)
}

func TestDo_OnlyTheAuthoriserSetsTheCredential(t *testing.T) {
	t.Parallel()
	c := newTestClient(t, Config{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
		require.Empty(t, r.Header.Values("Authorization"))
		return answer(r, 200, nil, ""), nil
	})})
	r := *aGet
	r.Header = http.Header{"authorization": {"Bearer forged"}}
	_, err := c.Do(t.Context(), &r)
	require.NoError(t, err)
	require.Len(t, r.Header, 1, "the caller's own map is left as it is")
}

type closing struct {
	io.Reader
	closed *bool
}

func (c closing) Close() error {
	*c.closed = true
	return nil
}

func TestDo_BodiesAreClosed(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]io.Reader{
		"read":      strings.NewReader("{}"),
		"too large": strings.NewReader(strings.Repeat(" ", 100)),
		"broken":    iotest.ErrReader(io.ErrUnexpectedEOF),
	} {
		closed := false
		c := newTestClient(t, Config{MaxBody: 64, Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			res := answer(r, 200, nil, "")
			res.ContentLength, res.Body = -1, closing{body, &closed}
			return res, nil
		})})
		_, _ = c.Do(t.Context(), aPost)
		require.True(t, closed, name)
	}
}

func TestDo_RetriesOnlyWhatIsSafe(t *testing.T) {
	t.Parallel()
	lost := errors.New("connection reset")
	for name, test := range map[string]struct {
		request  *Request
		answer   roundTripper
		attempts int
		unknown  bool
	}{
		"a read on 500":               {aGet, status(500, `{"errorCode":"E0000009"}`), 4, false},
		"a read on 503":               {aGet, status(503, ""), 4, false},
		"a read whose answer is lost": {aGet, fails(lost), 4, false},
		"a read that is refused":      {aGet, status(400, `{"errorCode":"E0000001"}`), 1, false},
		"a read not found":            {aGet, status(404, `{"errorCode":"E0000007"}`), 1, false},
		"a write on 500":              {aPost, status(500, `{"errorCode":"E0000009"}`), 1, true},
		"a write in read-only mode":   {aPost, status(503, `{"errorCode":"E0000010"}`), 1, false},
		"a write lost":                {aPost, fails(lost), 1, true},
		"an idempotent write lost": {
			&Request{Method: http.MethodPut, Path: At("/api/v1/x"), Retry: RetryIdempotent}, fails(lost), 4, true,
		},
		"no retries wished": {
			&Request{Method: http.MethodGet, Path: At("/api/v1/x"), Retry: &Retry{}}, status(500, ""), 1, false,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var seen []Attempt
				c := newTestClient(t, Config{
					Transport: test.answer,
					Observe:   func(_ context.Context, a Attempt) { seen = append(seen, a) },
				})
				ctx, stats := WithStats(t.Context())
				began := time.Now()
				_, err := c.Do(ctx, test.request)
				require.Error(t, err)
				require.Len(t, seen, test.attempts)
				require.Equal(t, test.attempts, stats.Requests())
				require.Equal(t, time.Since(began), stats.Waited(), "nothing took time but the pauses")
				require.Equal(t, test.unknown, OutcomeUnknown(err))
			})
		})
	}
}

func TestDo_ReadSucceedsAfterFailures(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newTestClient(t, Config{Transport: steps(status(500, ""), fails(io.ErrUnexpectedEOF), status(200, "{}"))})
		resp, err := c.Do(t.Context(), aGet)
		require.NoError(t, err)
		require.Equal(t, "{}", string(resp.Body))
	})
}

func TestDo_NoTimeForAnotherTry(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newTestClient(t, Config{Transport: status(500, "")})
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		_, err := c.Do(ctx, aGet)
		require.True(t, HasStatus(err, 500), "the reason, not the deadline")
		require.NoError(t, ctx.Err())
	})
}

func TestDo_WhoEndedTheCall(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newTestClient(t, Config{Transport: roundTripper(hangs), AttemptTimeout: 10 * time.Second})
		var network *NetworkError

		_, err := c.Do(t.Context(), aPost)
		require.ErrorAs(t, err, &network)
		require.True(t, network.TimedOut)
		require.True(t, OutcomeUnknown(err))
		require.NotErrorIs(t, err, context.DeadlineExceeded, "the caller's deadline did not pass")
		require.EqualError(t, err, "okta: POST /api/v1/users: no answer within 10s")

		short := *aPost
		short.Timeout = time.Second
		_, err = c.Do(t.Context(), &short)
		require.EqualError(t, err, "okta: POST /api/v1/users: no answer within 1s")

		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err = c.Do(ctx, aPost)
		require.ErrorAs(t, err, &network)
		require.True(t, network.TimedOut)
		require.True(t, OutcomeUnknown(err))
		require.ErrorIs(t, err, context.DeadlineExceeded)

		ctx, cancel = context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		_, err = c.Do(ctx, aPost)
		require.ErrorAs(t, err, &network)
		require.False(t, network.TimedOut)
		require.True(t, OutcomeUnknown(err))
		require.ErrorIs(t, err, context.Canceled)

		_, err = c.Do(ctx, aPost)
		require.ErrorIs(t, err, context.Canceled)
		require.False(t, OutcomeUnknown(err), "over before anything was sent")
	})
}

func TestDo_CancelledBetweenTries(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newTestClient(t, Config{Transport: status(500, "")})
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(100*time.Millisecond, cancel)
		_, err := c.Do(ctx, &Request{Method: http.MethodPut, Path: At("/api/v1/x"), Retry: RetryIdempotent})
		require.ErrorIs(t, err, context.Canceled)
		require.True(t, OutcomeUnknown(err), "the 500 may have been carried out")
	})
}

func TestDo_BodyThatBreaksOff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newTestClient(t, Config{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			res := answer(r, 200, nil, `{"id":`)
			res.ContentLength = 100
			return res, nil
		})})
		_, err := c.Do(t.Context(), aPost)
		require.ErrorIs(t, err, io.ErrUnexpectedEOF)
		require.True(t, OutcomeUnknown(err))
	})
}

func TestDo_BadPath(t *testing.T) {
	t.Parallel()
	c := newTestClient(t, Config{Transport: roundTripper(func(*http.Request) (*http.Response, error) { panic("sent") })})
	for _, path := range []Path{At("/api/v1/users/{id}", ""), Raw("/api/v1/%zz", "/api/v1/x")} {
		_, err := c.Do(t.Context(), &Request{Method: http.MethodDelete, Path: path})
		require.Error(t, err)
		require.False(t, OutcomeUnknown(err))
	}
	require.Zero(t, c.Governor().underWay)
}

func TestJSON_Answers(t *testing.T) {
	t.Parallel()
	const (
		other = "the answer is not JSON"
	)
	for name, test := range map[string]struct {
		status int
		kind   string
		body   string
		want   string
		reason string
	}{
		"an object":         {status: 200, body: " {\"a\":1}\n", want: `{"a":1}`},
		"a string":          {status: 200, body: `"x"`, want: `"x"`},
		"the same name":     {status: 200, body: `{"a":1,"a":2}`, want: `{"a":1,"a":2}`},
		"no content":        {status: 204},
		"an empty 200":      {status: 200, body: "  \n"},
		"a captive portal":  {status: 200, kind: "text/html; x=y", body: "<", reason: other + " but text/html"},
		"no kind":           {status: 200, body: "hello", reason: other},
		"broken JSON":       {status: 200, kind: "application/json; charset=UTF-8", body: "{", reason: other},
		"two values":        {status: 200, body: "{} {}", reason: other},
		"half a value":      {status: 200, body: `{"a":`, reason: other},
		"a redirect":        {status: 302, reason: "the answer is a redirect"},
		"more than allowed": {status: 200, body: strings.Repeat("1", 65), reason: "the answer is larger than 64 bytes"},
		"all that is":       {status: 200, body: strings.Repeat("1", 64), want: strings.Repeat("1", 64)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newTestClient(t, Config{MaxBody: 64, Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
				return answer(r, test.status, http.Header{"Content-Type": {test.kind}}, test.body), nil
			})})
			raw, err := c.JSON(t.Context(), aPost)
			if test.reason == "" {
				require.NoError(t, err)
				require.Equal(t, test.want, string(raw))
				return
			}
			var e *Error
			require.ErrorAs(t, err, &e)
			require.Equal(t, test.reason, e.Reason)
			require.Equal(t, test.status == http.StatusOK, OutcomeUnknown(err), "a redirect did nothing")
		})
	}
}

func TestDo_NotModified(t *testing.T) {
	t.Parallel()
	c := newTestClient(t, Config{Transport: status(304, "")})
	resp, err := c.Do(t.Context(), aGet)
	require.NoError(t, err)
	require.Equal(t, 304, resp.Status)
	require.NotNil(t, resp.Body)
}

func TestObserve_TellsOfEachAttempt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var seen []Attempt
		ids := func(status int, id string) roundTripper {
			return func(r *http.Request) (*http.Response, error) {
				pass(time.Second)
				return answer(r, status, http.Header{headerRequestID: {id}}, "{}"), nil
			}
		}
		c := newTestClient(t, Config{
			Transport: steps(ids(503, "first"), ids(200, "second")),
			Observe:   func(_ context.Context, a Attempt) { seen = append(seen, a) },
		})
		ctx, stats := WithStats(t.Context())
		_, err := c.Do(ctx, aGet)
		require.NoError(t, err)
		require.Len(t, seen, 2)
		require.True(t, HasStatus(seen[0].Err, 503))
		seen[0].Err = nil
		for i, want := range []Attempt{{Status: 503, RequestID: "first"}, {Status: 200, RequestID: "second"}} {
			want.Org, want.Method, want.Route = "acme.okta.com", "GET", "/api/v1/users/{id}"
			want.Began, want.Took = seen[i].Began, time.Second
			require.Equal(t, want, seen[i])
		}
		require.Equal(t, []string{"first", "second"}, stats.RequestIDs())
	})
}

func TestStats_KeepsTheLatestRequestIDs(t *testing.T) {
	t.Parallel()
	var s Stats
	for i := range maxRequestIDs + 3 {
		s.answered(string(rune('A' + i)))
	}
	require.Len(t, s.RequestIDs(), maxRequestIDs)
	require.Equal(t, "D", s.RequestIDs()[0])
	require.Equal(t, maxRequestIDs+3, s.Requests())
}

func TestSkew(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org := newFakeOrg(10)
		org.skew = -90 * time.Minute
		c := org.client(t, GovernorConfig{})
		_, known := c.Skew()
		require.False(t, known)
		require.NoError(t, get(t.Context(), c, "/api/v1/users", 0))
		skew, known := c.Skew()
		require.True(t, known)
		require.Equal(t, -90*time.Minute, skew)
	})
}

func TestNew_NamesTheWrongField(t *testing.T) {
	t.Parallel()
	for _, base := range []string{
		"", "acme.okta.com", "ftp://acme.okta.com", "https://", "https://acme.okta.com/api", "https://u:p@acme.okta.com",
		"https://acme.okta.com?x=1", "https://acme okta.com", "://",
	} {
		_, err := New(Config{BaseURL: base, Auth: noAuth{}})
		require.ErrorContains(t, err, "BaseURL", base)
		require.NotContains(t, err.Error(), "u:p")
	}
	_, err := New(Config{BaseURL: "https://acme.okta.com"})
	require.ErrorContains(t, err, "Auth")
}
