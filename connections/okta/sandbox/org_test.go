package sandbox

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestServe_UnknownRoute(t *testing.T) {
	var log bytes.Buffer
	f := newFixture(t, Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	f.get("/api/v1/brands").refused(404, "E0000008")
	require.Contains(t, log.String(), "level=ERROR")
	require.Contains(t, log.String(), "path=/api/v1/brands")
	f.get("/").refused(404, "E0000008")
	f.do("PATCH", "/api/v1/users/x", nil).refused(405, "E0000022")
	f.do("DELETE", "/api/v1/users", nil).refused(405, "E0000022")
	f.do("POST", "/api/v1/policies", nil).refused(404, "E0000008") // Okta has it, the sandbox lacks it
	f.do("PUT", "/api/v1/apps/x", nil).refused(404, "E0000008")
	for _, path := range []string{
		"/api/v1//users", "/api/v1/users/../groups", "/api/v1/./users", "/api/v1/users/", "/api/v1/users/.", "//api/v1/users",
	} {
		f.get(path).refused(404, "E0000008")
	}
	f.get("/api/v1/users/%2E%2E").refused(404, "E0000007")
	require.NotContains(t, log.String(), f.org.apiToken)
}

func TestServe_Headers(t *testing.T) {
	f := newFixture(t, Options{})
	a, b := f.get("/api/v1/users"), f.get("/api/v1/nothing")
	require.Equal(t, "application/json", a.header.Get("Content-Type"))
	f.fault(`{"status":503}`)
	for _, answer := range []answer{a, b, f.get("/api/v1/groups")} {
		for _, name := range []string{"Limit", "Remaining", "Reset"} {
			require.NotEmpty(t, answer.header.Get("X-Rate-Limit-"+name), name)
		}
		require.NotEmpty(t, answer.header.Get("X-Okta-Request-Id"))
		require.NotEmpty(t, answer.header.Get("Date"))
	}
	require.NotEqual(t, a.header.Get("X-Okta-Request-Id"), b.header.Get("X-Okta-Request-Id"))
}

func TestServe_Body(t *testing.T) {
	f := newFixture(t, Options{})
	body := `{"profile":{"name":"Crew"}}`
	kind := func(value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set("Content-Type", value) }
	}
	f.do("POST", "/api/v1/groups", body, kind("text/plain")).refused(400, "E0000021")
	f.do("POST", "/api/v1/groups", body, kind("")).refused(400, "E0000021")
	f.do("POST", "/api/v1/groups", body, kind("application/json;charset=UTF-8")).ok()
	f.do("POST", "/api/v1/groups", strings.Repeat("x", maxBody+1)).refused(400, "E0000003")
}

func TestAuthenticate_APIToken(t *testing.T) {
	f := newFixture(t, Options{Users: 9})
	with := func(value string) answer {
		return f.do("GET", "/api/v1/users/me", nil, func(r *http.Request) { r.Header.Set("Authorization", value) })
	}
	require.Equal(t, f.org.admin, with("SSWS " + f.org.Credentials().APIToken).ok()["id"])
	require.Equal(t, f.org.admin, with("ssws " + f.org.apiToken).ok()["id"])
	token := f.org.apiToken
	for _, value := range []string{"", "SSWS", "SSWS x", "SSWS " + token + "x", "Basic x", token, "Bearer x", "DPoP x"} {
		with(value).refused(401, "E0000011")
	}
}

func TestScopes(t *testing.T) {
	t.Parallel()
	service := principal{kind: "PublicClientApp", scopes: []string{"okta.users.manage", "okta.groups.read"}}
	require.True(t, service.allows("okta.users.manage"))
	require.True(t, service.allows("okta.users.read"), "managing includes reading")
	require.True(t, service.allows("okta.groups.read"))
	require.True(t, service.allows(""))
	require.False(t, service.allows("okta.groups.manage"))
	require.False(t, service.allows("okta.logs.read"))
	require.True(t, principal{ssws: true}.allows("okta.logs.read"))
	for _, op := range operations {
		if op.scope == "" {
			require.Equal(t, "/api/v1/users/{id}/factors/questions", op.path, "the only one that needs none")
			continue
		}
		require.Contains(t, apiScopes, op.scope, op.path)
		require.Equal(t, op.method == "GET", strings.HasSuffix(op.scope, ".read"), op.path)
	}
}

func TestSeed_IsDeterministic(t *testing.T) {
	t.Parallel()
	made := func(seed uint64) (*Org, []string) {
		options := DefaultOptions()
		options.Seed = seed
		org, err := New(options)
		require.NoError(t, err)
		var told []string
		for _, u := range org.users.rows {
			told = append(told, u.id+" "+u.login()+" "+u.status+" "+u.text("department"))
		}
		for _, g := range org.groups.rows {
			told = append(told, g.id+" "+g.name()+" "+fmt.Sprint(org.members.of[g.id]))
		}
		for _, e := range org.log.events {
			told = append(told, e.uuid+" "+e.eventType)
		}
		return org, told
	}
	first, a := made(1)
	second, b := made(1)
	other, c := made(2)
	require.Equal(t, a, b)
	require.NotEqual(t, a, c)
	require.Equal(t, first.Credentials(), second.Credentials())
	require.NotEqual(t, first.apiToken, other.apiToken)
}

// A client that outlives the sandbox's process knows the objects and events of the run before: none may come again.
func TestSeed_WhatComesLaterIsNew(t *testing.T) {
	f := newFixture(t, Options{LogEvents: 5})
	told := func() (user, event string) {
		made := f.user("ada@example.com", "?activate=false", nil)
		events := f.get("/api/v1/logs").list()
		return made["id"].(string), events[len(events)-1]["uuid"].(string)
	}
	user, event := told()
	f.do("POST", "/_sandbox/reset", nil).nothing()
	userThen, eventThen := told()
	require.NotEqual(t, user, userThen)
	require.NotEqual(t, event, eventThen)
}

func TestSeed_LooksLikeACompany(t *testing.T) {
	f := newFixture(t, DefaultOptions())
	users := f.org.users.rows
	require.Len(t, users, 200)
	require.Equal(t, 20, f.org.groups.len())
	require.Equal(t, 8, f.org.apps.len())
	require.Len(t, f.get("/api/v1/logs", "limit", "1000").list(), 1000, "all of the history is in a first look")
	states, logins, managed, factors := map[string]int{}, map[string]bool{}, 0, 0
	for _, u := range users {
		require.Empty(t, f.org.checkProfile(u.profile), u.login())
		require.False(t, u.lastUpdated.After(now().Time))
		require.False(t, u.created.After(u.lastUpdated.Time))
		states[u.status]++
		logins[u.login()] = true
		if u.profile["manager"] != nil {
			managed++
		}
		factors += len(f.org.factors[u.id])
	}
	for _, status := range allStates {
		require.Positive(t, states[status], status)
	}
	require.Greater(t, states[statusActive], 150)
	require.Len(t, logins, 200)
	require.Greater(t, managed, 150)
	require.Greater(t, factors, 50)
	require.True(t, slices.IsSortedFunc(users, func(a, b *user) int { return a.created.Compare(b.created.Time) }))
	require.Equal(t, statusActive, f.org.users.get(f.org.admin).status)
	require.Equal(t, statusActive, users[0].status, "whoever takes the first gets somebody who can be worked with")
	require.NotEqual(t, f.org.admin, users[0].id)
	require.Greater(t, len(f.get("/api/v1/groups/"+f.groupNamed("Engineering")+"/users").list()), 20)
}

func TestSeed_SmallOrgs(t *testing.T) {
	for n := range 12 {
		f := fixture{t, nil}
		var err error
		f.org, err = New(Options{Users: n, Groups: n, Apps: n, LogEvents: n})
		require.NoError(t, err)
		require.Equal(t, max(n, 1), f.org.users.len())
		require.Equal(t, max(n, 1), f.org.groups.len())
		if n >= 2 {
			require.NotEmpty(t, f.get("/api/v1/users", "filter", `status eq "LOCKED_OUT"`).list())
		}
	}
}

func TestOrg_ConcurrentUse(t *testing.T) {
	f := newFixture(t, Options{Users: 50, Groups: 10, Apps: 5, LogEvents: 50, SearchLag: 1})
	var all sync.WaitGroup
	for i := range 3 {
		all.Go(func() {
			for k := range 10 {
				f.user(fmt.Sprintf("p%d.%d@example.com", i, k), "", nil)
				f.get("/api/v1/users", "search", "id pr", "sortBy", "lastUpdated").list()
				f.get("/api/v1/users").list()
				f.get("/api/v1/logs").list()
				f.do("POST", "/api/v1/users/"+fmt.Sprintf("p%d.%d", i, k)+"/lifecycle/deactivate", nil).ok()
				f.org.changeSomething()
			}
		})
	}
	all.Wait()
	require.GreaterOrEqual(t, f.org.users.len(), 80)
}

// quiet is a response writer that keeps nothing.
type quiet struct{ header http.Header }

func (q quiet) Header() http.Header         { return q.header }
func (q quiet) Write(b []byte) (int, error) { return len(b), nil }
func (q quiet) WriteHeader(int)             {}

func benchmark(b *testing.B, path string) {
	org, err := New(Options{Users: 10_000, Groups: 20, Apps: 8, LogEvents: 10_000, Limits: "none"})
	require.NoError(b, err)
	r := httptest.NewRequest(http.MethodGet, "http://"+testHost+path, nil)
	r.Header.Set("Authorization", "SSWS "+org.apiToken)
	b.ReportAllocs()
	for b.Loop() {
		org.ServeHTTP(quiet{http.Header{}}, r)
	}
}

func BenchmarkGetUser(b *testing.B)   { benchmark(b, "/api/v1/users/me") }
func BenchmarkListUsers(b *testing.B) { benchmark(b, "/api/v1/users?limit=200") }
func BenchmarkSearchUsers(b *testing.B) {
	benchmark(b, "/api/v1/users?limit=200&search=id+pr&sortBy=created")
}
func BenchmarkLogs(b *testing.B) { benchmark(b, "/api/v1/logs?limit=1000") }

func BenchmarkNew(b *testing.B) {
	for _, options := range []Options{DefaultOptions(), {Users: 100_000, Groups: 20, Apps: 8, LogEvents: 1000}} {
		b.Run(fmt.Sprint(options.Users), func(b *testing.B) {
			for b.Loop() {
				_, err := New(options)
				require.NoError(b, err)
			}
		})
	}
}
