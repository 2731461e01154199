package sandbox

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func (f fixture) fault(body string) {
	f.Helper()
	f.do("POST", "/_sandbox/faults", body, func(r *http.Request) { r.Header.Del("Authorization") }).nothing()
}

func TestFault_CountsItsHits(t *testing.T) {
	f := newFixture(t, Options{})
	f.fault(`{"method":"GET","path":"/api/v1/users","status":500,"times":2,"resetAfter":2,"delay":"0s","drop":false}`)
	f.get("/api/v1/groups").list()
	f.get("/api/v1/users/me").ok()
	f.get("/api/v1/users", "limit", "1").refused(500, "E0000009")
	f.get("/api/v1/users").refused(500, "E0000009")
	f.get("/api/v1/users").list()

	f.fault(`{"status":503,"times":-1}`)
	for range 3 {
		f.do("POST", "/api/v1/anything", nil).refused(503, "E0000010")
	}
	f.do("DELETE", "/_sandbox/faults", nil).nothing()
	f.get("/api/v1/users").list()
}

func TestFault_BeforeTheCredential(t *testing.T) {
	f := newFixture(t, Options{})
	f.fault(`{"status":403}`)
	f.do("GET", "/api/v1/users", nil, func(r *http.Request) { r.Header.Del("Authorization") }).refused(403, "E0000006")
}

func TestFault_Paths(t *testing.T) {
	f := newFixture(t, Options{})
	for path, hits := range map[string]bool{
		"":                                true,
		"/api/v1/users/me":                true,
		"/api/v1/users/{id}":              true,
		"/api/v1/{kind}/me":               true,
		"/api/v1/users/":                  true,
		"/api/v1/*":                       true,
		"/api/v1/users":                   false,
		"/api/v1/users/{id}/groups":       false,
		"/api/v1/groups/{id}":             false,
		"/api/v1/users/me/":               false,
		"/api/v1/users/someone%40example": false,
	} {
		f.do("POST", "/_sandbox/faults", map[string]any{"path": path, "status": 500}).nothing()
		require.Equal(t, hits, f.get("/api/v1/users/me").status == 500, path)
		f.do("DELETE", "/_sandbox/faults", nil).nothing()
	}
}

func TestFault_RateLimits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newSerialFixture(t, Options{})
		settle(700 * time.Millisecond)
		f.fault(`{"status":429,"resetAfter":2}`)
		a := f.get("/api/v1/users")
		a.refused(429, "E0000047")
		require.Equal(t, "600", a.header.Get("X-Rate-Limit-Limit"))
		require.Equal(t, "0", a.header.Get("X-Rate-Limit-Remaining"))
		require.Empty(t, a.header.Get("Retry-After"))
		date, err := http.ParseTime(a.header.Get("Date"))
		require.NoError(t, err)
		require.Equal(t, strconv.FormatInt(date.Unix()+2, 10), a.header.Get("X-Rate-Limit-Reset"))

		f.fault(`{"status":429,"concurrency":true,"resetAfter":30}`)
		a = f.get("/api/v1/users")
		a.refused(429, "E0000047")
		require.Equal(t, "0", a.header.Get("X-Rate-Limit-Limit"))
		require.Equal(t, "0", a.header.Get("X-Rate-Limit-Remaining"))
	})
}

func TestFault_Bodies(t *testing.T) {
	f := newFixture(t, Options{})
	f.fault(`{"status":404,"body":{"status":404,"message":"not Okta's"}}`)
	a := f.get("/api/v1/users")
	require.JSONEq(t, `{"status":404,"message":"not Okta's"}`, string(a.body))
	f.fault(`{"status":502,"body":"<html>Bad gateway</html>"}`)
	a = f.get("/api/v1/users")
	require.Equal(t, "<html>Bad gateway</html>", string(a.body))
	require.Equal(t, "text/html", a.header.Get("Content-Type"))
	f.fault(`{"status":204}`)
	f.get("/api/v1/users").nothing()
	for status, code := range map[int]string{
		400: "E0000001", 401: "E0000011", 404: "E0000007", 405: "E0000022", 409: "E0000112",
		418: "E0000009", 504: "E0000009",
	} {
		f.fault(`{"status":` + strconv.Itoa(status) + `}`)
		f.get("/api/v1/users").refused(status, code)
	}
}

func TestFault_Delay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newSerialFixture(t, Options{})
		f.fault(`{"delay":"1500ms"}`)
		began := time.Now()
		f.get("/api/v1/users").list()
		require.Equal(t, 1500*time.Millisecond, time.Since(began), "slow, and then as usual")
	})
}

func TestFault_DropCutsTheConnection(t *testing.T) {
	f := newFixture(t, Options{})
	server := httptest.NewServer(f.org)
	t.Cleanup(server.Close)
	send := func(login string) error {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+"/api/v1/users", strings.NewReader(
			`{"profile":{"login":"`+login+`","email":"`+login+`","firstName":"A","lastName":"B"}}`))
		require.NoError(t, err)
		r.Header.Set("Authorization", "SSWS "+f.org.apiToken)
		r.Header.Set("Content-Type", "application/json")
		resp, err := server.Client().Do(r)
		if err == nil {
			err = resp.Body.Close()
		}
		return err
	}
	f.fault(`{"method":"POST","drop":true}`)
	require.Error(t, send("lost@example.com"))
	f.get("/api/v1/users/lost@example.com").refused(404, "E0000007")
	f.fault(`{"method":"POST","drop":true,"processed":true}`)
	require.Error(t, send("made@example.com"))
	f.get("/api/v1/users/made@example.com").ok()
	require.NoError(t, send("fine@example.com"))
}

func TestFault_Refused(t *testing.T) {
	f := newFixture(t, Options{})
	for _, body := range []string{
		`{"status":99}`, `{"status":600}`, `{"delay":"soon"}`, `{"typo":1}`, `{"status":"x"}`, `[`,
	} {
		f.do("POST", "/_sandbox/faults", body).refused(400, "E0000003")
	}
}

func TestReset_BringsTheFirstStateBack(t *testing.T) {
	f := newFixture(t, Options{Users: 20, Groups: 5, Apps: 3, LogEvents: 10})
	before := f.org.Credentials()
	users := values(f.get("/api/v1/users", "search", "id pr").list(), "id")
	f.user("ada@example.com", "", nil)
	f.fault(`{"status":500}`)
	f.do("POST", "/_sandbox/reset", nil).nothing()
	require.Equal(t, users, values(f.get("/api/v1/users", "search", "id pr").list(), "id"))
	require.Equal(t, before, f.org.Credentials())
	f.do("POST", "/_sandbox/users/nobody/lock", nil).refused(404, "E0000007")
	f.do("GET", "/_sandbox/nothing", nil, func(r *http.Request) { r.Header.Del("Authorization") })
}
