package okta

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// writesOf performs requests against answers that the request's last path segment decides, and returns what was noted.
func writesOf(t *testing.T, requests ...*Request) Writes {
	t.Helper()
	client := newTestClient(t, Config{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
		header := http.Header{headerRequestID: {"req" + strings.ReplaceAll(r.URL.Path, "/", "-")}}
		switch {
		case strings.HasSuffix(r.URL.Path, "/lost"):
			return nil, errors.New("broken pipe")
		case strings.HasSuffix(r.URL.Path, "/refused"):
			return answer(r, http.StatusForbidden, header, `{"errorCode":"E0000006"}`), nil
		}
		return answer(r, http.StatusOK, header, `{"id":"00uNew"}`), nil
	})})
	ctx, stats := WithStats(t.Context())
	for _, r := range requests {
		_, _ = client.Do(ctx, r) // how it ends is what the notes are about
	}
	return stats.Writes()
}

func TestStats_NotesWhatACallSetOutToChange(t *testing.T) {
	t.Parallel()
	read := &Request{Method: http.MethodGet, Path: At("/api/v1/users/{id}", "00u1")}
	token := &Request{Method: http.MethodPost, Path: At("/oauth2/v1/token")}
	create := &Request{Method: http.MethodPost, Path: At("/api/v1/users"), Body: []byte(`{}`)}
	member := &Request{Method: http.MethodPut, Path: At("/api/v1/groups/{id}/users/{id}", "00g1", "a/b")}
	refused := &Request{Method: http.MethodDelete, Path: At("/api/v1/users/{id}", "refused")}
	lost := &Request{Method: http.MethodPost, Path: Raw("/api/v1/users/lost", "/api/v1/users/{id}")}

	require.Zero(t, writesOf(t, read, token))
	require.Equal(t, Writes{Begun: 1, Done: 1, Objects: []string{"00uNew"}, RequestID: "req-api-v1-users"},
		writesOf(t, create), "what was created is known by its answer")
	require.Equal(t, Writes{
		Begun: 3, Done: 2, Objects: []string{"00g1/a/b", "refused"}, RequestID: "req-api-v1-users-refused",
	}, writesOf(t, member, member, refused), "each object once")
	require.Equal(t, Writes{Begun: 1, Objects: []string{"lost"}}, writesOf(t, lost))
}
