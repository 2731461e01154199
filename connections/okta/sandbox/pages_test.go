package sandbox

import (
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPages_CoverEachObjectOnce(t *testing.T) {
	f := newFixture(t, Options{Users: 61, Groups: 23, Apps: 21})
	for path, want := range map[string]int{
		"/api/v1/groups?limit=5": 23,
		"/api/v1/apps?limit=2":   21,
		"/api/v1/apps":           21,
		"/api/v1/users?limit=10&search=" + url.QueryEscape(`created gt "2000-01-01T00:00:00.000Z"`): 61,
		"/api/v1/users?limit=7&sortBy=lastUpdated&search=id+pr":                                     61,
		"/api/v1/users?limit=7&sortBy=profile.department&sortOrder=desc&search=id+pr":               61,
		"/api/v1/groups?limit=5&sortBy=profile.name&search=id+pr":                                   23,
		"/api/v1/realms": 12,
		"/api/v1/groups/" + f.org.everyone + "/users?limit=9": 61,
	} {
		items, pages := f.all(path)
		require.Len(t, items, want, path)
		require.Greater(t, pages, 1, path)
		seen := map[string]bool{}
		for _, id := range values(items, "id") {
			require.False(t, seen[id], path)
			seen[id] = true
		}
	}
}

func TestPages_Links(t *testing.T) {
	f := newFixture(t, Options{Users: 30})
	search := `created gt "2000-01-01T00:00:00.000Z"`
	first := f.get("/api/v1/users", "search", search, "limit", "5", "sortBy", "created")
	require.Len(t, first.header.Values("Link"), 2, "a line for each link")

	self, next := first.link("self"), first.link("next")
	require.True(t, strings.HasPrefix(self, "/api/v1/users?limit=5&"), self)
	require.True(t, strings.HasPrefix(next, "/api/v1/users?after="), next)
	query, err := url.ParseQuery(strings.SplitN(next, "?", 2)[1])
	require.NoError(t, err)
	require.Equal(t, search, query.Get("search"))
	require.Equal(t, "created", query.Get("sortBy"))
	require.NotContains(t, query.Get("after"), first.list()[4]["id"], "a cursor is not an id")

	second := f.do("GET", next, nil)
	require.Equal(t, next, second.link("self"), "self is the request, cursor first")

	last := f.get("/api/v1/users", "limit", "200")
	require.Len(t, last.header.Values("Link"), 1)
	require.Equal(t, "/api/v1/users?limit=200", last.link("self"))
}

func TestPages_Defaults(t *testing.T) {
	f := newFixture(t, Options{Users: 1})
	for path, want := range map[string]string{
		"/api/v1/users":                               "/api/v1/users?limit=200",
		"/api/v1/users?limit=5000":                    "/api/v1/users?limit=200",
		"/api/v1/users?sortOrder=0&search=id+pr":      "/api/v1/users?limit=200&search=id+pr",
		"/api/v1/groups":                              "/api/v1/groups?limit=10000",
		"/api/v1/apps":                                "/api/v1/apps?limit=20",
		"/api/v1/apps?limit=1000":                     "/api/v1/apps?limit=200",
		"/api/v1/realms":                              "/api/v1/realms?limit=10&search=id+pr",
		"/api/v1/policies?type=PASSWORD":              "/api/v1/policies?type=PASSWORD",
		"/api/v1/users/me/groups":                     "/api/v1/users/me/groups?limit=200",
		"/api/v1/groups/" + f.org.everyone + "/users": "/api/v1/groups/" + f.org.everyone + "/users?limit=1000",
	} {
		require.Equal(t, want, f.do("GET", path, nil).link("self"), path)
	}
	for _, path := range []string{
		"/api/v1/users?q=a", "/api/v1/groups?q=Every", "/api/v1/eventHooks", "/api/v1/meta/types/user",
		"/api/v1/users/me/factors", "/api/v1/users/me/appLinks",
	} {
		a := f.do("GET", path, nil)
		require.Equal(t, 200, a.status, path)
		require.Empty(t, a.header.Values("Link"), "%s has no pages", path)
	}
}

func TestPages_CursorRefused(t *testing.T) {
	f := newFixture(t, Options{Users: 30})
	next := f.get("/api/v1/users", "limit", "5").link("next")
	query, err := url.ParseQuery(strings.SplitN(next, "?", 2)[1])
	require.NoError(t, err)
	good := query.Get("after")
	f.get("/api/v1/users", "after", good).list()
	cut := strings.TrimSuffix(good, "==")
	for _, after := range []string{"garbage", "00u1", good[:len(good)-1], good[1:], "x" + good, cut} {
		for _, path := range []string{"/api/v1/users", "/api/v1/groups", "/api/v1/apps", "/api/v1/logs"} {
			require.Equal(t, "Invalid cursor.", f.get(path, "after", after).refused(400, "E0000029"), after)
		}
	}
}

func TestPages_LimitRefused(t *testing.T) {
	f := newFixture(t, Options{})
	for _, limit := range []string{"-1", "ten", "1.5"} {
		f.get("/api/v1/users", "limit", limit).refused(400, "E0000001")
	}
}

func TestPages_GrowWhileTheyAreRead(t *testing.T) {
	f := newFixture(t, Options{Users: 12})
	first := f.get("/api/v1/users", "limit", "5", "search", "id pr", "sortBy", "created")
	f.user("late@example.com", "", nil)
	rest, _ := f.all(first.link("next"))
	require.Len(t, rest, 8, "who came during paging is on a later page")
	require.Equal(t, "late@example.com", at(rest[7], "profile.login"))
}
