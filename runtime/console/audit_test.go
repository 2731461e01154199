package console_test

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/okta-connector/okta-connector/runtime"
)

func TestAudit_ShowsWhoDidWhat(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{})
	v := s.visitor()
	require.Contains(t, v.get("/audit").body, "Nothing was changed yet")
	var group struct{ ID string }
	s.invoke("createGroup", map[string]any{"name": "Data Platform"}, &group)
	v.post("/actions/deleteGroup", url.Values{
		"connection": {"sandbox"}, "in.groupId": {"00gNotThereAtAll0000"}, "_do": {"confirmed"},
	})
	rows := regexp.MustCompile(`(?s)<tr id="line-.*?</tr>`).FindAllString(v.get("/audit").body, -1)
	require.Len(t, rows, 2)
	for row, wants := range map[string][]string{
		rows[0]: {
			">console<", `<a href="/actions/deleteGroup">Delete Group</a>`, "00gNotThereAtAll0000", "Refused by Okta",
			`<a href="/connections/sandbox">sandbox</a>`,
		},
		rows[1]: {">connector<", `<a href="/actions/createGroup">Create Group</a>`, group.ID, "Done"},
	} {
		for _, want := range wants {
			require.Contains(t, row, want)
		}
		require.Regexp(t, `>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d</span>.*<time datetime="[^"]+" title="[^"]+">`, row)
		require.Regexp(t, `Okta’s request id"><code>\w+</code>`, row)
	}
	require.NotContains(t, strings.Join(rows, ""), "Data Platform", "what was sent is not recorded")
}

func TestAudit_Pages(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{})
	for i := range 51 {
		s.invoke("createGroup", map[string]any{"name": fmt.Sprintf("Group of many %d", i)}, nil)
	}
	v := s.visitor()
	first := v.get("/audit").body
	require.Equal(t, 50, strings.Count(first, `<tr id="line-`))
	require.NotContains(t, first, ">Newest<")
	older := regexp.MustCompile(`href="(/audit\?after=\d+)"`).FindStringSubmatch(first)
	require.NotNil(t, older)
	last := v.get(older[1]).body
	require.Equal(t, 1, strings.Count(last, `<tr id="line-`))
	require.Contains(t, last, ">Newest<")
	require.NotContains(t, last, ">Older<")
	require.Equal(t, http.StatusUnprocessableEntity, v.get("/audit?after=x").status)
}

func TestAudit_IsForAdministrators(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{keys: []string{"key"}, reader: "reader"})
	reader, admin := s.visitor(), s.visitor()
	reader.post("/login", url.Values{"key": {"reader"}})
	admin.post("/login", url.Values{"key": {"key"}})
	require.NotContains(t, reader.get("/").body, `href="/audit"`)
	refused := reader.get("/audit")
	require.Equal(t, http.StatusForbidden, refused.status)
	require.Contains(t, refused.body, "it takes the role admin")
	require.Contains(t, admin.get("/").body, `href="/audit"`)
	require.Regexp(t, `href="/audit" aria-current="page"`, admin.get("/audit").body)
}

func TestAudit_LinksNoConnectionThatIsGone(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{})
	_, _, err := s.engine.PutConnection(t.Context(), "gone", "apiToken", toJSON(map[string]string{
		"oktaDomain": s.org.URL, "apiToken": s.org.Sandbox.Credentials().APIToken,
	}), false)
	require.NoError(t, err)
	_, err = s.engine.Invoke(t.Context(), runtime.Invocation{
		Action: "createGroup", Connection: runtime.ConnectionRef{Name: "gone"}, Inputs: toJSON(map[string]string{"name": "G"}),
	})
	require.NoError(t, err)
	require.NoError(t, s.engine.DeleteConnection(t.Context(), "gone"))
	page := s.visitor().get("/audit").body
	require.Contains(t, page, `data-label="Connection">gone<`, "one that is gone has no page to link to")
}
