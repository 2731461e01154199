package actions_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/okta-connector/okta-connector/actions"
	"github.com/okta-connector/okta-connector/connections/okta/oktatest"
)

func TestListUserGroups(t *testing.T) {
	t.Parallel()
	org := newOrg(t)
	group := mustInvoke(t, org.Client, actions.CreateGroup, `{"name": "Difference Engines"}`).object(t)["id"]
	id := addUser(t, org, "ada@example.com", fmt.Sprintf(`"groupIds": [%q]`, group))
	groups := mustInvoke(t, org.Client, actions.ListUserGroups, fmt.Sprintf(`{"id": %q}`, id)).list(t)
	require.Equal(t, []string{"GET /api/v1/users/" + id + "/groups"}, org.Lines())
	require.ElementsMatch(t, []any{everyone(t, org), group}, ids(groups, "id"))
}

// Decided: List User Groups follows next links, which Okta does not document, although it has no inputs for them.
func TestListUserGroups_FollowsNext(t *testing.T) {
	t.Parallel()
	org := oktatest.Serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("after") == "" {
			w.Header().Add("Link", `<https://`+r.Host+r.URL.Path+`?limit=200>; rel="self"`)
			w.Header().Add("Link", `<https://`+r.Host+r.URL.Path+`?after=00g1&limit=200>; rel="next"`)
			_, _ = w.Write([]byte(`[{"id": "00g1"}]`))
			return
		}
		_, _ = w.Write([]byte(`[{"id": "00g2"}]`))
	}))
	answer := mustInvoke(t, org.Client(t, "token"), actions.ListUserGroups, `{"id": "00u1"}`)
	require.JSONEq(t, `[{"id": "00g1"}, {"id": "00g2"}]`, string(answer.Data))
	require.Equal(t, []string{
		"GET /api/v1/users/00u1/groups", "GET /api/v1/users/00u1/groups?after=00g1&limit=200",
	}, org.Lines())
}

func TestListUserApplications(t *testing.T) {
	t.Parallel()
	org := newOrg(t)
	app := mustInvoke(t, org.Client, actions.ListApplications, `{"filter": "status eq \"ACTIVE\""}`).list(t)[0]["id"]
	id := addUser(t, org, "ada@example.com")
	mustInvoke(t, org.Client, actions.AssignApplicationToUser,
		fmt.Sprintf(`{"applicationId": %q, "userId": %q}`, app, id))
	org.Forget()
	links := mustInvoke(t, org.Client, actions.ListUserApplications, fmt.Sprintf(`{"id": %q}`, id)).list(t)
	require.Equal(t, []string{"GET /api/v1/users/" + id + "/appLinks"}, org.Lines())
	require.Contains(t, ids(links, "appInstanceId"), app)
}

func ids(objects []map[string]any, name string) []any {
	list := make([]any, 0, len(objects))
	for _, object := range objects {
		list = append(list, object[name])
	}
	return list
}
