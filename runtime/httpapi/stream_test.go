package httpapi_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/okta-connector/okta-connector/connections/okta/oktatest"
)

// A stream is an NDJSON answer under way.
type stream struct {
	*bufio.Scanner
	res *http.Response
}

func (a *api) stream(action, inputs string) *stream {
	a.t.Helper()
	res := a.do(http.MethodPost, "/v1/actions/"+action+"/invoke", `{"connection":"prod","inputs":`+inputs+`}`,
		"Accept: application/x-ndjson")
	a.t.Cleanup(func() { _ = res.Body.Close() })
	return &stream{bufio.NewScanner(res.Body), res}
}

// rest reads to the end.
func (s *stream) rest() []string {
	var lines []string
	for s.Scan() {
		lines = append(lines, s.Text())
	}
	return lines
}

const everybody = `{"fetchAll":true,"limit":5,"search":"status pr"}` // 12 people: three pages

func TestStream_BreaksOffWithAProblem(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	a.org.Fault(t, oktatest.Fault{Method: "GET", Path: "/api/v1/users", Delay: "0s", Times: 2})
	a.org.Fault(t, oktatest.Fault{Method: "GET", Path: "/api/v1/users", Status: 403, Times: 1})
	s := a.stream("listUsers", everybody)
	require.Equal(t, http.StatusOK, s.res.StatusCode)
	require.Equal(t, "application/x-ndjson", s.res.Header.Get("Content-Type"))
	lines := s.rest()
	require.Len(t, lines, 11, "two pages, and why there is no third")
	var last struct {
		Problem struct {
			Status    int
			Code      string
			RequestID string
			Okta      struct{ ErrorCode string }
		} `json:"@problem"`
	}
	require.NoError(t, json.Unmarshal([]byte(lines[10]), &last))
	require.Equal(t, 424, last.Problem.Status)
	require.Equal(t, "okta_refused", last.Problem.Code)
	require.Equal(t, "E0000006", last.Problem.Okta.ErrorCode)
	require.NotEmpty(t, last.Problem.RequestID)
}

// While a page is written the next one is fetched, and only that one: a slow reader holds the others back.
func TestStream_FetchesOnePageAhead(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	a.org.Fault(t, oktatest.Fault{Method: "GET", Path: "/api/v1/users", Delay: "0s", Times: 2})
	a.org.Fault(t, oktatest.Fault{Method: "GET", Path: "/api/v1/users", Delay: "300ms", Times: 1})
	s := a.stream("listUsers", everybody)
	for range 5 {
		require.True(t, s.Scan())
	}
	eventually(t, func() bool { return len(a.org.Requests()) >= 2 })
	require.Len(t, s.rest(), 7)
	require.Len(t, a.org.Requests(), 3)
}

// The System Log has no end that is worth waiting for: a list that stopped at the cap says where to go on.
func TestStream_SaysWhereToGoOn(t *testing.T) {
	t.Parallel()
	event := `{"uuid":"5d5f1e40-0000-11ef-8000-000000000000","published":"2026-01-01T00:00:00.000Z","eventType":"x"}`
	page := "[\n" + strings.Repeat(event+",\r\n", 999) + event + "\n]"
	pages := 0
	org := oktatest.Serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/api/v1/logs" { // asked for the org's clock
			http.NotFound(w, r)
			return
		}
		pages++
		w.Header().Add("Link", fmt.Sprintf(`<http://%s/api/v1/logs?after=page%d>; rel="next"`, r.Host, pages))
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(page))
	}))
	a := newAPI(t)
	body := `{"connection":{"key":"apiToken","inputs":{"oktaDomain":"` + org.URL + `","apiToken":"00a"}},` +
		`"inputs":{"fetchAll":true}}`
	res := a.do(http.MethodPost, "/v1/actions/getSystemLogs/invoke", body, "Accept: application/x-ndjson")
	defer res.Body.Close()
	lines := (&stream{bufio.NewScanner(res.Body), res}).rest()
	require.Len(t, lines, 10_001)
	require.JSONEq(t, event, lines[9_999])
	require.JSONEq(t, `{"@next":"page10"}`, lines[10_000])
	require.LessOrEqual(t, pages, 11, "the page after the cap may have been fetched ahead")
}

func TestStream_OfAnActionThatAnswersNoList(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	lines := a.stream("getUser", `{"id":"me"}`).rest()
	require.Len(t, lines, 1)
	require.Contains(t, lines[0], `"status":"ACTIVE"`)
	s := a.stream("listGroups", `{"search":"profile.name eq \"nothing\""}`)
	require.Equal(t, http.StatusOK, s.res.StatusCode)
	require.Empty(t, s.rest())
}
