package sandbox

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// app returns the path of the seeded application with that label.
func (f fixture) app(label string) string {
	f.Helper()
	for _, a := range f.org.apps.rows {
		if a.label == label {
			return "/api/v1/apps/" + a.id
		}
	}
	f.Fatal("no application " + label)
	return ""
}

func (f fixture) groupNamed(name string) string {
	f.Helper()
	for _, g := range f.org.groups.rows {
		if g.name() == name {
			return g.id
		}
	}
	f.Fatal("no group " + name)
	return ""
}

var company = Options{Users: 60, Groups: 20, Apps: 10}

func TestListApplications(t *testing.T) {
	f := newFixture(t, company)
	u := f.user("ada@example.com", "", nil)["id"].(string)
	f.do("POST", f.app("Slack")+"/users", map[string]any{"id": u}).ok()
	for query, want := range map[[2]string][]string{
		{"q", "sla"}:                         {"Slack"},
		{"q", "github_"}:                     {"GitHub Enterprise"},
		{"filter", `status eq "INACTIVE"`}:   {"Legacy Timesheets"},
		{"filter", `name eq "bookmark"`}:     {"Employee Handbook"},
		{"filter", `user.id eq "` + u + `"`}: {"Slack"},
		{"filter", `group.id eq "` + f.groupNamed("Engineering") + `"`}:  {"Slack", "GitHub Enterprise", "Jira"},
		{"filter", `user.id eq "nobody"`}:                                {},
		{"filter", `settings.slo.enabled eq true`}:                       {},
		{"filter", `settings.slo.enabled eq false and name eq "zoomus"`}: {"Zoom"},
	} {
		require.Equal(t, want, values(f.get("/api/v1/apps", query[0], query[1]).list(), "label"), query)
	}
	require.Equal(t, []string{"Legacy Timesheets"},
		values(f.get("/api/v1/apps", "q", "leg", "filter", `status eq "INACTIVE"`).list(), "label"), "both may be given")
	f.get("/api/v1/apps", "filter", `label eq "Slack"`).refused(400, "E0000031")
	f.get("/api/v1/apps", "filter", `status`).refused(400, "E0000053")

	mine := `user.id eq "` + u + `"`
	expanded := f.get("/api/v1/apps", "filter", mine, "expand", "user/"+u).list()
	require.Equal(t, u, at(expanded[0], "_embedded.user.id"))
	for _, refused := range [][]string{
		{"expand", "user/" + u}, {"expand", "user", "filter", mine}, {"expand", "user/other", "filter", mine},
	} {
		require.Equal(t, "Expand query is malformed.", f.get("/api/v1/apps", refused...).refused(400, "E0000001"))
	}
}

func TestGetApplication(t *testing.T) {
	f := newFixture(t, company)
	require.Equal(t, "SAML_2_0", f.get(f.app("Slack")).ok()["signOnMode"])
	require.Contains(t, string(f.get("/api/v1/apps/0oanone").body), "(AppInstance)")
	f.get(f.app("Slack"), "expand", "user/00unone").refused(404, "E0000007")
}

func TestApplication_DeletedOnlyWhenInactive(t *testing.T) {
	f := newFixture(t, company)
	path := f.app("Slack")
	f.do("DELETE", path, nil).refused(403, "E0000056")
	f.do("POST", path+"/lifecycle/deactivate", nil).ok()
	f.do("POST", path+"/lifecycle/activate", nil).ok()
	f.do("POST", path+"/lifecycle/deactivate", nil).ok()
	f.do("DELETE", path, nil).nothing()
	f.get(path).refused(404, "E0000007")
	f.get("/api/v1/users/" + f.org.users.rows[0].id + "/appLinks").list()
}

func TestAssignment_Life(t *testing.T) {
	f := newFixture(t, company)
	u := f.user("ada@example.com", "", nil)["id"].(string)
	users := f.app("Expense Portal") + "/users"
	assigned := f.do("POST", users, map[string]any{
		"id": u, "credentials": map[string]any{"userName": "ada", "password": map[string]any{"value": "s3cret"}},
		"profile": map[string]any{"costCode": 7},
	})
	require.NotContains(t, string(assigned.body), "s3cret")
	require.Equal(t, "USER", assigned.ok()["scope"])
	require.Equal(t, "ada", at(assigned.ok(), "credentials.userName"))
	require.NotNil(t, assigned.ok()["passwordChanged"])

	changed := f.do("POST", users+"/"+u, `{"profile":{"team":"A"}}`).ok()
	require.Equal(t, map[string]any{"costCode": 7.0, "team": "A"}, changed["profile"])
	f.do("POST", users+"/"+u, `{}`).refused(400, "E0000001")
	require.Equal(t, u, at(f.get(users+"/"+u, "expand", "user").ok(), "_embedded.user.id"))
	require.NotContains(t, f.get(users+"/"+u).ok(), "_embedded")
	require.Equal(t, []string{"Expense Portal"}, values(f.get("/api/v1/users/"+u+"/appLinks").list(), "label"))

	f.do("POST", users, map[string]any{"id": u}).ok()
	f.do("DELETE", users+"/"+u, nil).nothing()
	f.do("DELETE", users+"/"+u, nil).refused(404, "E0000007")
	require.Empty(t, f.get("/api/v1/users/"+u+"/appLinks").list())

	events := f.get("/api/v1/logs", "filter", `eventType sw "application.user_membership"`).list()
	require.Equal(t, []string{
		"application.user_membership.add", "application.user_membership.update", "application.user_membership.update",
		"application.user_membership.remove",
	}, values(events, "eventType"))
	require.Equal(t, []any{"AppUser", "AppInstance", "User"}, at(events[0], "target.type"))
}

func TestAssignment_Refused(t *testing.T) {
	f := newFixture(t, company)
	u := f.user("ada@example.com", "", nil)["id"].(string)
	gone := f.inState("gone@example.com", statusDeprovisioned)[len("/api/v1/users/"):]
	asUser := func(name string, value any) map[string]any { return map[string]any{"id": u, name: value} }
	named, secret := map[string]any{"userName": "x"}, map[string]any{"password": map[string]any{"value": "x"}}
	for name, c := range map[string]struct {
		app    string
		body   map[string]any
		status int
		code   string
	}{
		"no id":                   {"Slack", map[string]any{}, 400, "E0000001"},
		"nobody":                  {"Slack", map[string]any{"id": "00unone"}, 404, "E0000007"},
		"a login":                 {"Slack", map[string]any{"id": "ada@example.com"}, 404, "E0000007"},
		"deactivated":             {"Slack", map[string]any{"id": gone}, 403, "E0000038"},
		"unknown scope":           {"Slack", asUser("scope", "WORLD"), 400, "E0000001"},
		"no group for it":         {"Slack", asUser("scope", "GROUP"), 400, "E0000001"},
		"password for SAML":       {"Slack", asUser("credentials", secret), 400, "E0000041"},
		"credentials of bookmark": {"Employee Handbook", asUser("credentials", named), 400, "E0000041"},
		"credentials are shared":  {"Port Authority", asUser("credentials", named), 400, "E0000041"},
		"mapped attribute":        {"Salesforce", asUser("profile", map[string]any{"email": "x"}), 403, "E0000075"},
		"empty name":              {"Slack", asUser("credentials", map[string]any{"userName": ""}), 400, "E0000001"},
	} {
		t.Run(name, func(t *testing.T) {
			f := fixture{t, f.org}
			f.do("POST", f.app(c.app)+"/users", c.body).refused(c.status, c.code)
		})
	}
	f.do("POST", f.app("Salesforce")+"/users", map[string]any{"id": u, "profile": map[string]any{"region": "EMEA"}}).ok()
	pushed := f.get(f.app("Salesforce") + "/users/" + u).ok()
	require.Equal(t, "SYNCHRONIZED", pushed["syncState"])
	require.Equal(t, pushed["lastUpdated"], pushed["lastSync"])
	require.NotEmpty(t, pushed["externalId"])
}

func TestAssignment_ByGroup(t *testing.T) {
	f := newFixture(t, company)
	u := f.user("ada@example.com", "", nil)["id"].(string)
	engineering, sales := f.groupNamed("Engineering"), f.groupNamed("Sales")
	apps := func() []string { return values(f.get("/api/v1/users/"+u+"/appLinks").list(), "label") }
	f.do("PUT", "/api/v1/groups/"+engineering+"/users/"+u, nil).nothing()
	require.Equal(t, []string{"Slack", "GitHub Enterprise", "Jira"}, apps())
	f.do("PUT", "/api/v1/groups/"+sales+"/users/"+u, nil).nothing()
	slack := f.app("Slack") + "/users/" + u
	require.Equal(t, "GROUP", f.get(slack).ok()["scope"])
	f.do("DELETE", slack, nil).refused(403, "E0000046")

	f.do("DELETE", "/api/v1/groups/"+engineering+"/users/"+u, nil).nothing()
	require.Equal(t, []string{"Slack", "Salesforce"}, apps(), "Sales brings Slack too")
	f.do("POST", f.app("Slack")+"/users", map[string]any{"id": u}).ok()
	require.Equal(t, "USER", f.get(slack).ok()["scope"])
	f.do("DELETE", "/api/v1/groups/"+sales, nil).nothing()
	require.Equal(t, []string{"Slack"}, apps())

	path := f.crew()
	f.do("PUT", path+"/users/"+u, nil).nothing()
	zoom, id := f.app("Zoom"), path[len("/api/v1/groups/"):]
	f.get(zoom+"/groups/"+id).refused(404, "E0000007")
	f.do("PUT", zoom+"/groups/"+id, nil).ok()
	require.Equal(t, id, f.get(zoom + "/groups/" + id).ok()["id"])
	f.do("PUT", zoom+"/groups/"+id, `{"priority":3,"profile":{"role":"guest"}}`).ok()
	assigned := f.get(zoom + "/groups/" + id).ok()
	require.Equal(t, []any{3.0, "guest"}, []any{assigned["priority"], at(assigned, "profile.role")})
	require.Equal(t, []string{id}, values(f.get(zoom+"/groups").list(), "id"))
	require.Equal(t, []string{"Zoom"}, values(f.get(path+"/apps").list(), "label"))
	require.Equal(t, []string{"Slack", "Zoom"}, apps())
	f.do("POST", "/api/v1/users/"+u+"/lifecycle/deactivate", nil).ok()
	require.Empty(t, apps())
	f.do("POST", "/api/v1/users/"+u+"/lifecycle/activate", nil).ok()
	require.Equal(t, []string{"Zoom"}, apps(), "the group brings it again")
	f.do("POST", f.app("Slack")+"/users", map[string]any{"id": u}).ok()
	f.do("DELETE", zoom+"/groups/"+id, nil).nothing()
	require.Equal(t, []string{"Slack"}, apps())
}

func TestListApplicationUsers_Pages(t *testing.T) {
	f := newFixture(t, Options{Users: 400, Groups: 20, Apps: 10})
	users, pages := f.all(f.app("Slack") + "/users")
	require.Greater(t, pages, 1)
	require.Len(t, users, f.org.assigned.users[f.app("Slack")[len("/api/v1/apps/"):]].len())
	found := f.get(f.app("Slack")+"/users", "q", at(users[3], "credentials.userName").(string), "expand", "user").list()
	require.Len(t, found, 1)
	require.Equal(t, found[0]["id"], at(found[0], "_embedded.user.id"))
}
