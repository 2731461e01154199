package okta

import (
	"context"
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

type authorizer struct {
	authorize func(*http.Request) error
	refused   func(*http.Request, *Error) bool
}

func (a authorizer) Authorize(_ context.Context, r *http.Request) error {
	if a.authorize == nil {
		return nil
	}
	return a.authorize(r)
}

func (a authorizer) Refused(r *http.Request, e *Error) bool {
	return a.refused != nil && a.refused(r, e)
}

func TestDo_RenewsARefusedCredential(t *testing.T) {
	t.Parallel()
	token := "old"
	var carried []string
	c := newTestClient(t, Config{
		Auth: authorizer{
			authorize: func(r *http.Request) error {
				r.Header.Set("Authorization", token)
				return nil
			},
			refused: func(r *http.Request, e *Error) bool {
				token = "new"
				return e.Code == CodeInvalidToken && r.Header.Get("Authorization") == "old"
			},
		},
		Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			carried = append(carried, r.Header.Get("Authorization"))
			if carried[len(carried)-1] == "old" {
				return answer(r, 401, nil, `{"errorCode":"E0000011","errorSummary":"Invalid token provided"}`), nil
			}
			return answer(r, 200, nil, "{}"), nil
		}),
	})
	_, err := c.Do(t.Context(), aPost)
	require.NoError(t, err)
	require.Equal(t, []string{"old", "new"}, carried)
}

func TestDo_RenewalsAreBounded(t *testing.T) {
	t.Parallel()
	asked := 0
	c := newTestClient(t, Config{
		Auth: authorizer{refused: func(*http.Request, *Error) bool {
			asked++
			return true
		}},
		Transport: status(401, `{"errorCode":"E0000011"}`),
	})
	ctx, stats := WithStats(t.Context())
	_, err := c.Do(ctx, aGet)
	require.True(t, HasCode(err, CodeInvalidToken))
	require.Equal(t, maxRenewals, asked)
	require.Equal(t, maxRenewals+1, stats.Requests())
}

func TestDo_RefusalsThatAreNotOfTheCredential(t *testing.T) {
	t.Parallel()
	for _, refusal := range []roundTripper{
		status(401, `{"errorCode":"E0000015","errorSummary":"You do not have permission to access the feature"}`),
		status(400, `{"errorCode":"E0000001","errorSummary":"Api validation failed: login"}`),
		status(403, `{"errorCode":"E0000006"}`),
		status(404, `{"errorCode":"E0000007"}`),
	} {
		c := newTestClient(t, Config{
			Transport: refusal,
			Auth: authorizer{refused: func(_ *http.Request, e *Error) bool {
				t.Errorf("asked about %v", e)
				return true
			}},
		})
		_, err := c.Do(t.Context(), aGet)
		require.Error(t, err)
	}
}

func TestDo_NoCredential(t *testing.T) {
	t.Parallel()
	for name, reason := range map[string]error{
		"refused":    &Error{Status: 401, Code: "invalid_client"},
		"rate limit": &Error{Status: 429, Code: CodeRateLimited},
		"failing":    &Error{Status: 500},
		"no network": &NetworkError{Sent: true, Err: io.EOF},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tries := 0
			c := newTestClient(t, Config{
				Auth: authorizer{authorize: func(*http.Request) error {
					tries++
					return reason
				}},
				Observe: func(context.Context, Attempt) { t.Error("there was no attempt") },
			})
			ctx, stats := WithStats(t.Context())
			_, err := c.Do(ctx, aPost)
			var none *CredentialError
			require.ErrorAs(t, err, &none)
			require.ErrorIs(t, err, reason)
			require.False(t, OutcomeUnknown(err), "nothing was sent")
			require.Equal(t, 1, tries)
			require.Zero(t, stats.Requests())
			require.Zero(t, c.Governor().Snapshot()[0].InFlight)
		})
	}
}

func TestDo_AuthoriserTakesAllTheTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newTestClient(t, Config{
			Auth: authorizer{authorize: func(*http.Request) error {
				pass(time.Minute)
				return nil
			}},
			Transport: roundTripper(func(*http.Request) (*http.Response, error) { panic("sent") }),
		})
		_, err := c.Do(t.Context(), aPost)
		var network *NetworkError
		require.ErrorAs(t, err, &network)
		require.True(t, network.TimedOut)
		require.False(t, network.Sent)
	})
}

func TestDo_APanicGivesTheTicketBack(t *testing.T) {
	t.Parallel()
	c := newTestClient(t, Config{Auth: authorizer{authorize: func(*http.Request) error { panic("boom") }}})
	require.Panics(t, func() { _, _ = c.Do(t.Context(), aGet) })
	require.Zero(t, c.Governor().underWay)
}
