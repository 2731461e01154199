package okta

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestDryRun_ReadsAndDoesNotWrite(t *testing.T) {
	t.Parallel()
	var sent []string
	c := newTestClient(t, Config{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
		sent = append(sent, r.Method)
		return answer(r, http.StatusOK, nil, `{"id":"00u1"}`), nil
	})})
	dry, run := c.DryRun()

	user, err := dry.GetUser(t.Context(), "00u1", "")
	require.NoError(t, err)
	require.JSONEq(t, `{"id":"00u1"}`, string(user))
	made, err := dry.CreateUser(t.Context(), nil, map[string]any{"profile": map[string]string{"login": "ada"}})
	require.NoError(t, err)
	require.JSONEq(t, `{"id":"new-id","profile":{"login":"ada"}}`, string(made))
	assigned, err := dry.AssignUserToApplication(t.Context(), "0oa1", map[string]string{"id": "00u1"})
	require.NoError(t, err)
	require.JSONEq(t, `{"id":"00u1"}`, string(assigned), "an id of its own stays")
	require.NoError(t, dry.DeleteUser(t.Context(), "00u1", true))
	patched, err := dry.Do(t.Context(), &Request{Method: http.MethodPatch, Path: At("/api/v1/x"), Body: []byte("a text")})
	require.NoError(t, err)
	require.Equal(t, "{}", string(patched.Body))

	require.Equal(t, []string{http.MethodGet}, sent)
	steps := run.Steps()
	require.Len(t, steps, 5)
	require.False(t, steps[0].Write())
	for _, step := range steps[1:] {
		require.True(t, step.Write())
	}
	require.Equal(t, "true", steps[3].Request.Query.Get("sendEmail"))
	require.Equal(t, http.StatusNoContent, steps[3].Answer.Status)
}

// Whatever finds its way around the first fence stops at the second.
func TestDryRun_NoWriteReachesTheWire(t *testing.T) {
	t.Parallel()
	c := newTestClient(t, Config{Transport: roundTripper(func(*http.Request) (*http.Response, error) { panic("sent") })})
	dry, _ := c.DryRun()
	dry.dry = nil
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, "get"} {
		_, err := dry.Do(t.Context(), &Request{
			Method: method, Path: At("/api/v1/x"), Body: []byte("{}"), Retry: &Retry{When: neverSent},
		})
		require.ErrorIs(t, err, errReadOnly, method)
	}
}

func TestDryRun_RefusesWhatCannotBeSent(t *testing.T) {
	t.Parallel()
	dry, run := newTestClient(t, Config{}).DryRun()
	require.Error(t, dry.DeleteUser(t.Context(), "", true))
	require.Empty(t, run.Steps())
}

func TestDryRun_SharesWhatTheClientKnows(t *testing.T) {
	t.Parallel()
	c := newTestClient(t, Config{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
		h := http.Header{"Date": {time.Now().Add(time.Hour).UTC().Format(http.TimeFormat)}}
		return answer(r, http.StatusOK, h, `{}`), nil
	})})
	dry, _ := c.DryRun()
	_, err := dry.GetUser(t.Context(), "me", "")
	require.NoError(t, err)
	require.Same(t, c.Governor(), dry.Governor())
	skew, known := c.Skew()
	require.True(t, known)
	require.InDelta(t, time.Hour, skew, float64(2*time.Second))
}
