package sandbox

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestListUsers_WhoIsIn(t *testing.T) {
	f := newFixture(t, Options{Users: 60})
	plain := values(f.get("/api/v1/users").list(), "status")
	require.NotContains(t, plain, statusDeprovisioned)
	searched := values(f.get("/api/v1/users", "search", "id pr").list(), "status")
	require.Contains(t, searched, statusDeprovisioned)
	require.Len(t, searched, 60, "so many people in any state")
	filtered := f.get("/api/v1/users", "filter", `status eq "DEPROVISIONED"`).list()
	require.Len(t, filtered, 60-len(plain))
}

func TestListUsers_Q(t *testing.T) {
	f := newFixture(t, Options{})
	for i := range 12 {
		f.user(fmt.Sprintf("zelda%d@example.com", i), "", nil)
	}
	gone := f.inState("zelda.gone@example.com", statusDeprovisioned)
	require.Len(t, f.get("/api/v1/users", "q", "ZELDA").list(), 10, "the default with q")
	all := f.get("/api/v1/users", "q", "zelda", "limit", "100").list()
	require.Len(t, all, 12)
	require.NotContains(t, values(all, "id"), gone)
	require.Empty(t, f.get("/api/v1/users", "q", "elda").list(), "only the beginning counts")
	require.Len(t, f.get("/api/v1/users", "q", "test per", "limit", "3").list(), 3)
	f.get("/api/v1/users", "q", "z", "filter", `status eq "ACTIVE"`).refused(400, "E0000033")
	f.get("/api/v1/users", "search", "id pr", "filter", `status eq "ACTIVE"`).refused(400, "E0000033")
}

func TestListUsers_Filter(t *testing.T) {
	f := newFixture(t, Options{Users: 30})
	u := f.org.users.rows[4]
	for text, want := range map[string]int{
		`id eq "` + u.id + `"`:                                               1,
		`profile.login eq "` + u.login() + `"`:                               1,
		`profile.login eq "` + "X" + u.login() + `"`:                         0,
		`status eq "LOCKED_OUT"`:                                             1,
		`status eq "locked_out"`:                                             0, // values of filters are exact
		`status eq "LOCKED_OUT" or status eq "SUSPENDED"`:                    2,
		`status eq "LOCKED_OUT" and status eq "SUSPENDED"`:                   0,
		`lastUpdated gt "2000-01-01T00:00:00.000Z" and id eq "` + u.id + `"`: 1,
		`lastUpdated lt "2000-01-01T00:00:00.000Z"`:                          0,
	} {
		require.Len(t, f.get("/api/v1/users", "filter", text).list(), want, text)
	}
	for text, code := range map[string]string{
		`status eq`: "E0000053", `status`: "E0000053", `status eq "A" bogus`: "E0000053",
		`created gt "2000-01-01T00:00:00.000Z"`: "E0000031", `status sw "A"`: "E0000031", `status ne "A"`: "E0000031",
		`lastUpdated gt "yesterday"`: "E0000031", `profile.title eq "x"`: "E0000031",
		`profile.email co "x"`: "E0000031", `not (status eq "A")`: "E0000031",
	} {
		f.get("/api/v1/users", "filter", text).refused(400, code)
	}
}

func TestListUsers_Search(t *testing.T) {
	f := newFixture(t, Options{})
	f.user("ada@example.com", "", map[string]any{"profile": map[string]any{
		"login": "ada@example.com", "email": "ada@example.com", "firstName": "Ada", "lastName": "Lovelace",
		"skills": []string{"go", "sql"}, "badgeNumber": 7, "contractor": true, "department": "Analysis",
	}})
	for text, want := range map[string]int{
		`profile.firstName eq "ADA"`:                                          1,
		`profile.lastName co "love"`:                                          1,
		`profile.login sw "ADA@"`:                                             1,
		`profile.skills eq "sql"`:                                             1,
		`profile.badgeNumber lt 8`:                                            1,
		`profile.contractor eq true`:                                          1,
		`profile.department pr and profile.title pr and status pr`:            1, // the administrator
		`status eq "PROVISIONED" and (created gt "2020-01-01T00:00:00.000Z")`: 1,
		`type.id eq "` + f.org.defaultType().id + `"`:                         2,
		`(status lt "PROVISIONED" or status gt "PROVISIONED")`:                1,
	} {
		require.Len(t, f.get("/api/v1/users", "search", text).list(), want, text)
	}
	for _, text := range []string{
		`profile.nope eq "x"`, `credentials.password pr`, `profile.department co "x"`, `status ne "ACTIVE"`, `status eq`,
		`Status eq "ACTIVE"`, `not (status eq "ACTIVE")`, `profile.login ew "com"`, `created gt "soon"`, `created gt 5`,
	} {
		f.get("/api/v1/users", "search", text).refused(400, "E0000031")
	}
	f.get("/api/v1/users", "search", "id pr", "sortBy", "profile.nope").refused(400, "E0000031")
}

func TestListUsers_Sort(t *testing.T) {
	f := newFixture(t, Options{Users: 40})
	for _, by := range []string{"created", "lastUpdated", "profile.lastName", "profile.badgeNumber", "status"} {
		ascending := f.get("/api/v1/users", "search", "id pr", "sortBy", by).list()
		keys := make([]string, len(ascending))
		for i, u := range ascending {
			keys[i] = sortKey(f.org.users.get(u["id"].(string)).attribute(by))
		}
		require.True(t, slices.IsSorted(keys), "%s: %q", by, keys)
		for i := 1; i < len(keys); i++ {
			require.True(t, keys[i-1] != keys[i] || ascending[i-1]["id"].(string) < ascending[i]["id"].(string), "ties by id")
		}
		descending := f.get("/api/v1/users", "search", "id pr", "sortBy", by, "sortOrder", "desc").list()
		slices.Reverse(keys)
		for i, u := range descending {
			require.Equal(t, keys[i], sortKey(f.org.users.get(u["id"].(string)).attribute(by)))
		}
	}
	unsorted := f.get("/api/v1/users", "sortBy", "profile.lastName").list()
	require.True(t, slices.IsSorted(values(unsorted, "id")), "sortBy is for searches only")
}

func TestListUsers_Fields(t *testing.T) {
	f := newFixture(t, Options{})
	u := f.get("/api/v1/users", "fields", "status,profile:(firstName, login)").list()[0]
	require.Len(t, u, 3)
	require.Contains(t, u, "id")
	require.Equal(t, statusActive, u["status"])
	require.Len(t, u["profile"], 2)
}

func TestSearch_LagsBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newSerialFixture(t, Options{Users: 3, SearchLag: 2 * time.Second})
		search := func() int {
			return len(f.get("/api/v1/users", "search", `profile.firstName eq "Test"`, "sortBy", "created").list())
		}
		require.Len(t, f.get("/api/v1/users", "search", "id pr").list(), 3, "what was there at first is found at once")
		u := f.user("ada@example.com", "", nil)
		path := "/api/v1/users/" + u["id"].(string)
		require.Equal(t, u["id"], f.get(path).ok()["id"], "by id there is no lag")
		require.Len(t, f.get("/api/v1/users", "filter", `profile.login eq "ada@example.com"`).list(), 1)
		require.Zero(t, search())
		settle(2 * time.Second)
		require.Equal(t, 1, search())

		f.do("POST", path, `{"profile":{"firstName":"Ada"}}`).ok()
		stale := f.get("/api/v1/users", "search", `profile.firstName eq "Test"`).list()
		require.Equal(t, "Test", at(stale[0], "profile.firstName"), "what a search finds is as old as the index")
		f.do("DELETE", path, nil).nothing()
		f.do("DELETE", path, nil).nothing()
		require.Equal(t, 1, search())
		settle(2 * time.Second)
		require.Zero(t, search())
		require.Len(t, f.get("/api/v1/users", "search", "id pr").list(), 3)
	})
}
