package sandbox

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// crew creates a group of that name and returns its path.
func (f fixture) crew() string {
	f.Helper()
	g := f.do("POST", "/api/v1/groups", `{"profile":{"name":"Crew","description":"d","floor":3}}`).ok()
	return "/api/v1/groups/" + g["id"].(string)
}

func TestGroup_Life(t *testing.T) {
	f := newFixture(t, Options{})
	path := f.crew()
	g := f.get(path).ok()
	require.Equal(t, "OKTA_GROUP", g["type"])
	require.Equal(t, []any{"okta:user_group"}, g["objectClass"])
	require.Equal(t, map[string]any{"name": "Crew", "description": "d", "floor": 3.0}, g["profile"])

	replaced := f.do("PUT", path, `{"profile":{"name":"Crew 2"}}`).ok()
	require.Equal(t, map[string]any{"name": "Crew 2", "description": nil}, replaced["profile"], "the rest is lost")
	f.do("PUT", path, `{"profile":{"description":"x"}}`).refused(400, "E0000001")
	f.do("DELETE", path, nil).nothing()
	require.Contains(t, string(f.get(path).body), "(UserGroup)")
	f.do("PUT", path, `{"profile":{"name":"x"}}`).refused(404, "E0000007")
	require.Equal(t, []string{
		"group.lifecycle.create Crew", "group.profile.update Crew 2", "group.lifecycle.delete Crew 2",
	}, f.events())
}

func TestGroup_Refused(t *testing.T) {
	f := newFixture(t, Options{Users: 1, Groups: 14, Apps: 4})
	f.crew()
	f.do("POST", "/api/v1/groups", `{"profile":{"name":"crew"}}`).refused(400, "E0000001")
	f.do("POST", "/api/v1/groups", `{"profile":{"name":" "}}`).refused(400, "E0000001")
	f.do("POST", "/api/v1/groups", `{}`).refused(400, "E0000001")
	f.do("POST", "/api/v1/groups", `{"profile":{"name":7}}`).refused(400, "E0000003")

	imported := f.get("/api/v1/groups", "filter", `type eq "APP_GROUP"`).list()
	require.Len(t, imported, 1)
	for _, id := range []string{f.org.everyone, imported[0]["id"].(string)} {
		path := "/api/v1/groups/" + id
		f.do("PUT", path, `{"profile":{"name":"x"}}`).refused(403, "E0000006")
		f.do("PUT", path+"/users/"+f.org.admin, nil).refused(403, "E0000006")
		f.do("DELETE", path+"/users/"+f.org.admin, nil).refused(403, "E0000006")
	}
	f.do("DELETE", "/api/v1/groups/"+f.org.everyone, nil).refused(403, "E0000006")
	f.do("DELETE", "/api/v1/groups/"+imported[0]["id"].(string), nil).nothing()
}

func TestMembership_IsIdempotent(t *testing.T) {
	f := newFixture(t, Options{})
	path, u := f.crew(), f.user("ada@example.com", "", nil)["id"].(string)
	for range 2 {
		f.do("PUT", path+"/users/"+u, nil).nothing()
	}
	require.Equal(t, []string{u}, values(f.get(path+"/users").list(), "id"))
	require.Equal(t, []string{"Everyone", "Crew"}, values(f.get("/api/v1/users/"+u+"/groups").list(), "profile.name"))
	for range 2 {
		f.do("DELETE", path+"/users/"+u, nil).nothing()
	}
	require.Empty(t, f.get(path+"/users").list())
	events := f.events()
	require.Equal(t, []string{
		"group.user_membership.add Test Person Crew", "group.user_membership.remove Test Person Crew",
	}, events[len(events)-2:], "nothing is told of what changes nothing")

	require.Contains(t, string(f.do("PUT", path+"/users/ada@example.com", nil).body), "(User)", "ids only")
	f.do("PUT", path+"/users/00unone", nil).refused(404, "E0000007")
	f.do("PUT", "/api/v1/groups/00gnone/users/"+u, nil).refused(404, "E0000007")
}

func TestMembership_MovesOnlyItsOwnTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newSerialFixture(t, Options{})
		path, u := f.crew(), f.user("ada@example.com", "", nil)
		settle(time.Minute)
		f.do("PUT", path+"/users/"+u["id"].(string), nil).nothing()
		g := f.get(path).ok()
		require.Greater(t, g["lastMembershipUpdated"], g["lastUpdated"])
		require.Equal(t, u["lastUpdated"], f.get("/api/v1/users/" + u["id"].(string)).ok()["lastUpdated"])
	})
}

func TestListGroups(t *testing.T) {
	f := newFixture(t, Options{Users: 20, Groups: 12})
	require.Len(t, f.get("/api/v1/groups").list(), 12)
	for query, want := range map[[2]string]int{
		{"q", "every"}:                       1,
		{"q", "veryone"}:                     0,
		{"search", `profile.name sw "cUst"`}: 1,
		{"search", `profile.description co "freight" and type eq "x"`}:    0,
		{"search", `type eq "BUILT_IN" or profile.name eq "Engineering"`}: 2,
		{"filter", `type eq "BUILT_IN"`}:                                  1,
		{"filter", `lastMembershipUpdated gt "2000-01-01T00:00:00.000Z"`}: 12,
		{"filter", `id eq "` + f.org.everyone + `"`}:                      1,
	} {
		a := f.get("/api/v1/groups", query[0], query[1])
		require.Len(t, a.list(), want, query)
		require.Equal(t, query[0] == "q", len(a.header.Values("Link")) == 0)
	}
	f.get("/api/v1/groups", "filter", `profile.name eq "x"`).refused(400, "E0000031")
	f.get("/api/v1/groups", "search", `type co "x"`).refused(400, "E0000031")
	f.get("/api/v1/groups", "search", `_links pr`).refused(400, "E0000031")

	stats := f.get("/api/v1/groups", "expand", "stats", "filter", `type eq "BUILT_IN"`).list()
	require.InDelta(t, 20, at(stats[0], "_embedded.stats.usersCount"), 0)
}

func TestListGroups_ExpandsTheApp(t *testing.T) {
	f := newFixture(t, Options{Users: 5, Groups: 12, Apps: 8})
	imported := 0
	for _, g := range f.get("/api/v1/groups", "expand", "app").list() {
		app, isImported := at(g, "_embedded.app.id").(string)
		require.Equal(t, g["type"] == groupApp, isImported)
		if isImported {
			require.Equal(t, at(g, "source.id"), app)
			imported++
		}
	}
	require.NotZero(t, imported)
}

func TestListGroups_SearchLagsBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newSerialFixture(t, Options{SearchLag: 2 * time.Second})
		for _, path := range []string{"/api/v1/groups", "/api/v1/realms"} {
			f.do("POST", path, `{"profile":{"name":"Newest"}}`).ok()
			found := func() int { return len(f.get(path, "search", `profile.name eq "Newest"`).list()) }
			require.Zero(t, found(), path)
			settle(2 * time.Second)
			require.Equal(t, 1, found(), path)
		}
		require.Len(t, f.get("/api/v1/groups", "filter", `type eq "OKTA_GROUP"`).list(), 1)
		f.do("POST", "/api/v1/groups", `{"profile":{"name":"Newer still"}}`).ok()
		require.Len(t, f.get("/api/v1/groups", "filter", `type eq "OKTA_GROUP"`).list(), 2, "a filter has no lag")
	})
}
