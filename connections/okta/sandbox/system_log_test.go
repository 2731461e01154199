package sandbox

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestLogs_PollingNeverEndsAndMissesNothing(t *testing.T) {
	f := newFixture(t, Options{Users: 5, LogEvents: 25})
	since := url.QueryEscape(time.Now().Add(-8 * day).Format(time.RFC3339))
	path := "/api/v1/logs?sortOrder=ASCENDING&limit=10&since=" + since
	var seen []string
	poll := func() (n int) {
		a := f.do("GET", path, nil)
		require.NotEmpty(t, a.link("next"), "also on an empty page")
		path = a.link("next")
		ids := values(a.list(), "uuid")
		seen = append(seen, ids...)
		return len(ids)
	}
	require.Equal(t, []int{10, 10, 5, 0, 0}, []int{poll(), poll(), poll(), poll(), poll()})
	late := `[{"eventType":"a.late.one","published":"%s"},{"eventType":"user.session.start","uuid":"given"}]`
	f.do("POST", "/_sandbox/logs", fmt.Sprintf(late, time.Now().Add(-3*day).UTC().Format(time.RFC3339))).list()
	require.Equal(t, 2, poll(), "an event that comes late is seen all the same")
	require.Equal(t, 0, poll())
	slices.Sort(seen)
	require.Len(t, slices.Compact(seen), 27)
	require.Contains(t, seen, "given")
}

// A client that keeps a link over a restart of the sandbox would miss what the new log has up to the old place.
func TestLogs_PollingLinkOfAnotherLogIsRefused(t *testing.T) {
	f := newFixture(t, Options{LogEvents: 5})
	next := f.get("/api/v1/logs").link("next")
	f.do("POST", "/_sandbox/reset", nil).nothing()
	require.Equal(t, "Invalid cursor.", f.do("GET", next, nil).refused(400, "E0000029"))
}

func TestLogs_PollingLinkCarriesTheQuery(t *testing.T) {
	f := newFixture(t, Options{LogEvents: 5})
	a := f.get("/api/v1/logs", "filter", `eventType eq "user.session.start"`, "since", "2026-11-01T00:00:00Z", "q", "x")
	for _, rel := range []string{"self", "next"} {
		parts := strings.SplitN(a.link(rel), "?", 2)
		query, err := url.ParseQuery(parts[1])
		require.NoError(t, err)
		require.Equal(t, `eventType eq "user.session.start"`, query.Get("filter"))
		require.Equal(t, "2026-11-01T00:00:00Z", query.Get("since"))
		require.Equal(t, rel == "next", strings.HasPrefix(parts[1], "after="))
	}
}

func TestLogs_BoundedEndsAndIsSorted(t *testing.T) {
	f := newFixture(t, Options{Users: 5, LogEvents: 25})
	late := `{"eventType":"a.late.one","published":"%s"}`
	f.do("POST", "/_sandbox/logs", fmt.Sprintf(late, time.Now().Add(-3*day).UTC().Format(time.RFC3339))).list()
	until := url.QueryEscape(time.Now().Add(time.Hour).Format(time.RFC3339))
	for _, order := range []string{"ASCENDING", "DESCENDING"} {
		events, pages := f.all("/api/v1/logs?limit=7&until=" + until + "&sortOrder=" + order)
		require.Len(t, events, 26)
		require.Equal(t, 4, pages)
		times := values(events, "published")
		if order == "DESCENDING" {
			slices.Reverse(times)
		}
		require.True(t, slices.IsSorted(times), "%s %q", order, times)
		require.NotEqual(t, "a.late.one", events[25]["eventType"])
	}
	newest, _ := f.all("/api/v1/logs?limit=7&sortOrder=DESCENDING")
	require.Len(t, newest, 26, "downwards there is an end without until too")
}

func TestLogs_Window(t *testing.T) {
	f := newFixture(t, Options{})
	base := time.Now().UTC().Add(-time.Hour).Truncate(time.Second)
	var list []map[string]any
	for i := range 5 {
		at := base.Add(time.Duration(i) * time.Minute).Format(stampLayout)
		list = append(list, map[string]any{"eventType": fmt.Sprint(i), "published": at})
	}
	f.do("POST", "/_sandbox/logs", list).list()
	window := func(from, to int) []string {
		return values(f.get("/api/v1/logs", "since", base.Add(time.Duration(from)*time.Minute).Format(time.RFC3339),
			"until", base.Add(time.Duration(to)*time.Minute).Format(time.RFC3339)).list(), "eventType")
	}
	require.Equal(t, []string{"1", "2"}, window(1, 3), "windows side by side neither miss nor repeat")
	require.Equal(t, []string{"3", "4"}, window(3, 9))
	require.Empty(t, window(3, 1))
	old := map[string]any{"eventType": "old", "published": base.Add(-8 * day).Format(stampLayout)}
	require.Equal(t, "old", f.do("POST", "/_sandbox/logs", old).list()[0]["eventType"])
	newest := values(f.get("/api/v1/logs", "sortOrder", "DESCENDING").list(), "eventType")
	require.NotContains(t, newest, "old", "seven days by default")
}

func TestLogs_Limit(t *testing.T) {
	f := newFixture(t, Options{LogEvents: 150})
	require.Len(t, f.get("/api/v1/logs").list(), 100)
	a := f.get("/api/v1/logs", "limit", "0")
	require.Empty(t, a.list())
	require.Len(t, f.do("GET", strings.Replace(a.link("next"), "limit=0", "limit=1000", 1), nil).list(), 150)
	require.Empty(t, f.get("/api/v1/logs", "limit", "0", "sortOrder", "DESCENDING").list())
}

func TestLogs_FilterAndKeywords(t *testing.T) {
	f := newFixture(t, Options{})
	u := f.user("ada@example.com", "", nil)
	f.do("DELETE", "/api/v1/users/"+u["id"].(string), nil).nothing()
	for query, want := range map[[2]string]int{
		{"filter", `eventType eq "user.lifecycle.create"`}:                              1,
		{"filter", `eventType sw "user.lifecycle"`}:                                     3,
		{"filter", `target.id eq "` + u["id"].(string) + `"`}:                           3,
		{"filter", `actor.id eq "` + f.org.admin + `" and outcome.result ne "FAILURE"`}: 3,
		{"filter", `not (eventType ew "create")`}:                                       2,
		{"filter", `debugContext.debugData.requestUri sw "/api/v1/users/"`}:             1,
		{"filter", `transaction.detail.requestApiTokenId pr`}:                           3,
		{"filter", `client.geographicalContext.city eq "Paris"`}:                        0,
		{"q", "ADA@example.com deactivate"}:                                             1,
		{"q", "ada nobody"}:                                                             0,
	} {
		require.Len(t, f.get("/api/v1/logs", query[0], query[1]).list(), want, query)
	}
}

func TestLogs_Refused(t *testing.T) {
	f := newFixture(t, Options{})
	for query, code := range map[[2]string]string{
		{"limit", "1001"}: "E0000001", {"limit", "-1"}: "E0000001", {"limit", "x"}: "E0000001",
		{"sortOrder", "asc"}:           "E0000001",
		{"q", strings.Repeat("x", 41)}: "E0000001", {"q", strings.Repeat("x ", 11)}: "E0000001",
		{"since", "yesterday"}: "E0000053", {"until", "x"}: "E0000053",
		{"since", time.Now().Add(-181 * day).Format(time.RFC3339)}: "E0000053",
		{"filter", `eventType eq`}:                                 "E0000053",
		{"filter", `published gt "2026-01-01T00:00:00Z"`}:          "E0000031",
		{"filter", `nope eq "x"`}:                                  "E0000031",
		{"filter", `debugContext.debugData.url co "x"`}:            "E0000031",
		{"filter", `debugContext.debugData.requestUri co "x"`}:     "E0000031",
		{"after", "x"}: "E0000029",
	} {
		f.get("/api/v1/logs", query[0], query[1]).refused(400, code)
	}
	f.do("POST", "/_sandbox/logs", `{"published":"yesterday"}`).refused(400, "E0000003")
	f.do("POST", "/_sandbox/logs", `{"uuid":7}`).refused(400, "E0000003")
	f.do("POST", "/_sandbox/logs", `[7]`).refused(400, "E0000003")
}

func TestLogs_Event(t *testing.T) {
	f := newFixture(t, Options{})
	f.user("ada@example.com", "?activate=false", nil)
	e := f.get("/api/v1/logs").list()[0]
	admin := f.org.users.get(f.org.admin)
	require.Equal(t, map[string]any{
		"id": admin.id, "type": "User", "alternateId": admin.login(), "displayName": admin.name(), "detailEntry": nil,
	}, e["actor"])
	require.Equal(t, "ada@example.com", at(e, "target.alternateId").([]any)[0])
	require.Equal(t, "SUCCESS", at(e, "outcome.result"))
	require.Equal(t, "Create okta user", e["displayMessage"])
	require.Equal(t, "192.0.2.1", at(e, "client.ipAddress"))
	require.Equal(t, "/api/v1/users", at(e, "debugContext.debugData.requestUri"))
	require.Regexp(t, `^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`, e["uuid"])
	require.Regexp(t, `^20.{8}T.{8}\.\d{3}Z$`, e["published"])
	require.NotContains(t, string(f.get("/api/v1/logs").body), f.org.apiToken)
}

func TestLogs_TellTheStoryOfAPerson(t *testing.T) {
	f := newFixture(t, company)
	u := f.user("ada@example.com", "?activate=false", nil)["id"].(string)
	began := len(f.org.log.events)
	path := "/api/v1/users/" + u
	f.do("PUT", "/api/v1/groups/"+f.groupNamed("Works Council")+"/users/"+u, nil).nothing()
	f.do("POST", f.app("Zoom")+"/users", map[string]any{"id": u}).ok()
	f.do("POST", path+"/lifecycle/activate?sendEmail=false", nil).ok()
	f.do("POST", path, `{"profile":{"title":"Countess"}}`).ok()
	f.do("DELETE", path+"/sessions", nil).nothing()
	f.do("DELETE", f.app("Zoom")+"/users/"+u, nil).nothing()
	f.do("POST", path+"/lifecycle/deactivate", nil).ok()
	f.do("DELETE", path, nil).nothing()
	var told []string
	for _, e := range f.org.log.events[began:] {
		told = append(told, e.eventType)
	}
	require.Equal(t, []string{
		"group.user_membership.add", "application.user_membership.add", "user.lifecycle.activate",
		"user.account.update_profile", "user.session.clear", "application.user_membership.remove",
		"user.lifecycle.deactivate", "user.lifecycle.delete.initiated", "user.lifecycle.delete.completed",
	}, told)
	var profile map[string]any
	require.NoError(t, json.Unmarshal(f.org.log.events[began+3].raw, &profile))
	require.Equal(t, "title", at(profile, "debugContext.debugData.changedAttributes"))
}

func TestLogs_EveryEventHasAMessage(t *testing.T) {
	f := newFixture(t, Options{Users: 30, Groups: 20, Apps: 10, LogEvents: 300})
	for range 500 {
		f.org.changeSomething()
	}
	for _, e := range f.org.log.events {
		require.Contains(t, eventKinds, e.eventType)
	}
}

func TestRun_Activity(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newSerialFixture(t, Options{Users: 30, Groups: 20, Apps: 10, Activity: 50})
		go func() { _ = f.org.Run(t.Context()) }()
		settle(20 * time.Second)
		require.GreaterOrEqual(t, len(f.events()), 1000)
		require.Greater(t, len(f.get("/api/v1/users", "search", "id pr").list()), 100, "people are hired")
	})
}
