package manifest_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/okta-connector/okta-connector/connections/okta"
	"github.com/okta-connector/okta-connector/manifest"
	"github.com/okta-connector/okta-connector/runtime/connector"
)

// An ailing org answers reads, until it fails them too, and every write with a 500 that says nothing of what was done.
type ailing struct {
	failReads bool
	reads     map[string]int // by path
	writes    map[string]int // by method and path
	readAfter bool           // a read came after a write
}

func (o *ailing) RoundTrip(r *http.Request) (*http.Response, error) {
	answer := func(status int, body string) (*http.Response, error) {
		return &http.Response{
			StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), ContentLength: -1, Request: r,
		}, nil
	}
	path := r.URL.Path
	if r.Method != http.MethodGet {
		o.writes[r.Method+" "+path]++
		return answer(http.StatusInternalServerError, `{"errorCode":"E0000009"}`)
	}
	o.reads[path]++
	o.readAfter = o.readAfter || len(o.writes) > 0
	switch {
	case o.failReads:
		return answer(http.StatusInternalServerError, `{"errorCode":"E0000009"}`)
	case strings.Contains(path, "/apps/"), len(o.writes) > 0:
		return answer(http.StatusNotFound, `{"errorCode":"E0000007"}`)
	case path == "/api/v1/eventHooks":
		return answer(http.StatusOK, `[{
			"id":"who1","status":"ACTIVE","channel":{"config":{"uri":"https://engine.example.com/okta"}}
		}]`)
	}
	return answer(http.StatusOK, `{"id":"x1","status":"ACTIVE","profile":{"name":"Data","login":"x"}}`)
}

func (o *ailing) Authorize(context.Context, *http.Request) error { return nil }
func (o *ailing) Refused(*http.Request, *okta.Error) bool        { return false }

// perform runs an action's example on the org and returns how it ended.
func (o *ailing) perform(t *testing.T, action *connector.Action) error {
	t.Helper()
	o.reads, o.writes = map[string]int{}, map[string]int{}
	c, err := okta.New(okta.Config{BaseURL: "https://acme.okta.com", Auth: o, Transport: o})
	require.NoError(t, err)
	call, err := action.Bind(action.Example.Inputs)
	require.NoError(t, err)
	result, err := call(t.Context(), c)
	if result.Pages != nil {
		for _, err = range result.Pages {
			break
		}
	}
	return err
}

// Every action repeats what it says it repeats, and nothing else: no write goes out twice by itself unless twice is
// the same as once, or a read has shown that the first did not happen.
func TestActions_RepeatWhatTheySay(t *testing.T) {
	t.Parallel()
	const tries = 4
	seen := map[connector.Repeats]int{}
	for _, action := range manifest.New("test").Actions {
		seen[action.Repeats]++
		t.Run(action.Key, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := &ailing{failReads: action.Repeats == connector.RepeatsReads}
				err := o.perform(t, action)
				require.Equal(t, action.Repeats != connector.RepeatsAsAsked, err != nil, "%v", err)
				switch action.Repeats {
				case connector.RepeatsReads:
					require.Empty(t, o.writes)
					for path, n := range o.reads {
						require.Equal(t, tries, n, path)
					}
					require.Len(t, o.reads, 1)
				case connector.RepeatsIdempotent:
					require.Len(t, o.writes, 1)
					for write, n := range o.writes {
						require.Equal(t, tries, n, write)
					}
				case connector.RepeatsNever:
					require.True(t, okta.OutcomeUnknown(err), "%v", err)
					require.Len(t, o.writes, 1)
					for write, n := range o.writes {
						require.Equal(t, 1, n, write)
					}
				case connector.RepeatsReconciled:
					require.True(t, okta.OutcomeUnknown(err), "%v", err)
					require.True(t, o.readAfter, "it looks")
					for write, n := range o.writes {
						require.LessOrEqual(t, n, 2, write)
					}
				case connector.RepeatsAsAsked: // its example reads
				default:
					t.Fatal("an unknown class")
				}
			})
		})
	}
	require.Equal(t, 2, seen[connector.RepeatsReconciled])
	require.Equal(t, 4, seen[connector.RepeatsIdempotent])
	require.Equal(t, 1, seen[connector.RepeatsAsAsked])
}
