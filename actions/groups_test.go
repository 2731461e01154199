package actions_test

import (
	"fmt"
	"io"
	"net/http"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/okta-connector/okta-connector/actions"
	"github.com/okta-connector/okta-connector/connections/okta"
	"github.com/okta-connector/okta-connector/connections/okta/oktatest"
)

// addGroup creates a group and returns its id. What was sent for it is forgotten.
func addGroup(t *testing.T, org *oktatest.Org, name string) string {
	t.Helper()
	group := mustInvoke(t, org.Client, actions.CreateGroup, fmt.Sprintf(`{"name": %q, "description": "before"}`, name))
	org.Forget()
	return group.object(t)["id"].(string)
}

// everyone is the id of the group that Okta itself fills.
func everyone(t *testing.T, org *oktatest.Org) string {
	t.Helper()
	groups := mustInvoke(t, org.Client, actions.ListGroups, `{"filter": "type eq \"BUILT_IN\""}`).list(t)
	require.Len(t, groups, 1)
	org.Forget()
	return groups[0]["id"].(string)
}

func TestCreateGroup(t *testing.T) {
	t.Parallel()
	org := newOrg(t)
	group := mustInvoke(t, org.Client, actions.CreateGroup,
		`{"name": "Data Platform", "description": "Builds it"}`).object(t)
	require.Equal(t, "OKTA_GROUP", group["type"])
	require.Equal(t, map[string]any{"name": "Data Platform", "description": "Builds it"}, group["profile"])
	require.Equal(t, []string{"POST /api/v1/groups"}, org.Lines())
	require.JSONEq(t, `{"profile": {"name": "Data Platform", "description": "Builds it"}}`, string(org.Requests()[0].Body))

	_, err := invoke(t, org.Client, actions.CreateGroup, `{"name": "Data Platform"}`)
	requireRefusal(t, err, 400, okta.CodeValidation)
	require.JSONEq(t, `{"profile": {"name": "Data Platform"}}`, string(org.Requests()[1].Body))

	require.Equal(t, []string{"/name"}, refusedFields(t, actions.CreateGroup, `{"name": " "}`))
}

func TestGetGroup(t *testing.T) {
	t.Parallel()
	org := newOrg(t)
	id := addGroup(t, org, "Data Platform")
	group := mustInvoke(t, org.Client, actions.GetGroup, `{"groupId": "`+id+`"}`).object(t)
	require.Equal(t, id, group["id"])
	require.Equal(t, []string{"GET /api/v1/groups/" + id}, org.Lines())

	_, err := invoke(t, org.Client, actions.GetGroup, `{"groupId": "../users/me"}`)
	requireRefusal(t, err, 404, okta.CodeNotFound)
	require.Equal(t, "GET /api/v1/groups/..%2Fusers%2Fme", org.Lines()[1], "an id is one segment, whatever it holds")
}

// TestUpdateGroup_KeepsWhatIsNotGiven names the decision on Update Group: read, merge, PUT.
func TestUpdateGroup_KeepsWhatIsNotGiven(t *testing.T) {
	t.Parallel()
	const custom = `"costCenter": 9007199254740993, "tags": ["a"], "x": null`
	const group = `{"id": "00g1", "profile": {"name": "Old", "description": "before", ` + custom + `}}`
	for inputs, want := range map[string]string{
		`"name": "New"`:                        `"name": "New", "description": "before"`,
		`"description": "after", "name": null`: `"name": "Old", "description": "after"`,
		`"description": ""`:                    `"name": "Old", "description": ""`,
	} {
		org := answering(t, 200, nil, group)
		mustInvoke(t, org.Client(t, "token"), actions.UpdateGroup, `{"groupId": "00g1", `+inputs+`}`)
		require.Equal(t, []string{"GET /api/v1/groups/00g1", "PUT /api/v1/groups/00g1"}, org.Lines())
		require.JSONEq(t, `{"profile": {`+want+`, `+custom+`}}`, string(org.Requests()[1].Body))
		require.Contains(t, string(org.Requests()[1].Body), "9007199254740993", "numbers are not rounded on the way")
	}

	org := answering(t, 200, nil, group)
	answer := mustInvoke(t, org.Client(t, "token"), actions.UpdateGroup, `{"groupId": "00g1", "description": null}`)
	require.Equal(t, []string{"GET /api/v1/groups/00g1"}, org.Lines(), "nothing to change")
	require.JSONEq(t, group, string(answer.Data))
}

func TestUpdateGroup(t *testing.T) {
	t.Parallel()
	org := newOrg(t)
	id := addGroup(t, org, "Data Platform")
	group := mustInvoke(t, org.Client, actions.UpdateGroup,
		`{"groupId": "`+id+`", "name": "Platform", "description": ""}`).object(t)
	require.Equal(t, "Platform", group["profile"].(map[string]any)["name"])
	require.Empty(t, group["profile"].(map[string]any)["description"])

	_, err := invoke(t, org.Client, actions.UpdateGroup, `{"groupId": "nobody", "name": "Platform"}`)
	requireRefusal(t, err, 404, okta.CodeNotFound)
}

func TestDeleteGroup(t *testing.T) {
	t.Parallel()
	org := newOrg(t)
	id := addGroup(t, org, "Data Platform")
	answer := mustInvoke(t, org.Client, actions.DeleteGroup, `{"groupId": "`+id+`"}`)
	require.JSONEq(t, `{"id": "`+id+`", "status": "DELETED"}`, string(answer.Data))
	require.Equal(t, []string{"DELETE /api/v1/groups/" + id}, org.Lines())

	_, err := invoke(t, org.Client, actions.DeleteGroup, `{"groupId": "`+id+`"}`)
	requireRefusal(t, err, 404, okta.CodeNotFound)
	_, err = invoke(t, org.Client, actions.DeleteGroup, `{"groupId": "`+everyone(t, org)+`"}`)
	require.Error(t, err, "Okta keeps Everyone")
}

func TestListGroups(t *testing.T) {
	t.Parallel()
	org := newOrg(t)
	for i := range 3 {
		addGroup(t, org, fmt.Sprintf("Data %d", i))
	}
	all := mustInvoke(t, org.Client, actions.ListGroups, `{}`)
	require.Len(t, all.list(t), 5+3, "seeded, Everyone among them, and made here")
	require.Empty(t, all.NextCursor)
	require.Equal(t, []string{"GET /api/v1/groups?limit=200"}, org.Lines())

	org.Forget()
	const search = `"search": "profile.name sw \"Data\"", "sortBy": "profile.name", "sortOrder": "desc"`
	page := mustInvoke(t, org.Client, actions.ListGroups, `{"limit": 2, `+search+`}`)
	require.Len(t, page.list(t), 2)
	require.Equal(t, "Data 2", page.list(t)[0]["profile"].(map[string]any)["name"])
	require.NotEmpty(t, page.NextCursor)
	rest := mustInvoke(t, org.Client, actions.ListGroups,
		fmt.Sprintf(`{"limit": 2, "after": %q, %s}`, page.NextCursor, search))
	require.Len(t, rest.list(t), 1)
	require.Empty(t, rest.NextCursor)
	require.Equal(t,
		"GET /api/v1/groups?limit=2&search=profile.name+sw+%22Data%22&sortBy=profile.name&sortOrder=desc", org.Lines()[0])

	org.Forget()
	every := mustInvoke(t, org.Client, actions.ListGroups, `{"fetchAll": true, "limit": 2, `+search+`}`)
	require.Len(t, every.list(t), 3)
	require.Len(t, org.Requests(), 2)

	_, err := invoke(t, org.Client, actions.ListGroups, `{"search": "profile.name like \"x\""}`)
	var refusal *okta.Error
	require.ErrorAs(t, err, &refusal)
	require.Equal(t, 400, refusal.Status)
}

// TestListGroups_Q: Okta does not page a q, so that all of it must fit into one page.
func TestListGroups_Q(t *testing.T) {
	t.Parallel()
	org := empty(t)
	mustInvoke(t, org.Client(t, "token"), actions.ListGroups, `{"q": "Data"}`)
	mustInvoke(t, org.Client(t, "token"), actions.ListGroups,
		`{"q": "Data", "fetchAll": true, "extraParameters": {"expand": "stats"}}`)
	require.Equal(t, []string{
		"GET /api/v1/groups?limit=200&q=Data", "GET /api/v1/groups?expand=stats&limit=10000&q=Data",
	}, org.Lines())
}

func TestListGroups_Checks(t *testing.T) {
	t.Parallel()
	for inputs, want := range map[string][]string{
		`{"limit": 10001}`:                    {"/limit"},
		`{"search": "a", "q": "b"}`:           {"/search", "/q"},
		`{"search": "a", "filter": "b"}`:      {"/search", "/filter"},
		`{"q": "b", "after": "c"}`:            {"/after"},
		`{"sortBy": "x", "sortOrder": "up"}`:  {"/sortOrder"},
		`{"extraParameters": {"limit": "5"}}`: {"/extraParameters/limit"},
		`{"extraParameters": [{"key": "a"}]}`: {"/extraParameters/0"},
	} {
		require.Equal(t, want, refusedFields(t, actions.ListGroups, inputs), inputs)
	}
}

func TestGroupMembers(t *testing.T) {
	t.Parallel()
	org := newOrg(t)
	group, user := addGroup(t, org, "Data Platform"), addUser(t, org, "ada@example.com")
	ids := fmt.Sprintf(`{"groupId": %q, "userId": %q}`, group, user)
	path := "/api/v1/groups/" + group + "/users/" + user
	const membership = `{"groupId": %q, "userId": %q, "status": %q}`

	for range 2 { // twice is the same as once
		added := mustInvoke(t, org.Client, actions.AddUserToGroup, ids)
		require.JSONEq(t, fmt.Sprintf(membership, group, user, "MEMBER"), string(added.Data))
	}
	members := mustInvoke(t, org.Client, actions.ListGroupMembers, `{"groupId": "`+group+`"}`).list(t)
	require.Len(t, members, 1)
	require.Equal(t, user, members[0]["id"])
	removed := mustInvoke(t, org.Client, actions.RemoveUserFromGroup, ids)
	require.JSONEq(t, fmt.Sprintf(membership, group, user, "REMOVED"), string(removed.Data))
	require.Equal(t, []string{
		"PUT " + path, "PUT " + path, "GET /api/v1/groups/" + group + "/users?limit=200", "DELETE " + path,
	}, org.Lines())
	nobody := mustInvoke(t, org.Client, actions.ListGroupMembers, `{"groupId": "`+group+`", "fetchAll": true}`)
	require.Empty(t, nobody.list(t))

	_, err := invoke(t, org.Client, actions.AddUserToGroup,
		fmt.Sprintf(`{"groupId": %q, "userId": %q}`, everyone(t, org), user))
	requireRefusal(t, err, 403, okta.CodeNoPermission)
	_, err = invoke(t, org.Client, actions.RemoveUserFromGroup, fmt.Sprintf(`{"groupId": %q, "userId": "nobody"}`, group))
	requireRefusal(t, err, 404, okta.CodeNotFound)
	_, err = invoke(t, org.Client, actions.ListGroupMembers, `{"groupId": "nobody"}`)
	requireRefusal(t, err, 404, okta.CodeNotFound)
}

func TestListGroupMembers_Pages(t *testing.T) {
	t.Parallel()
	org := newOrg(t)
	group := everyone(t, org)
	first := mustInvoke(t, org.Client, actions.ListGroupMembers, fmt.Sprintf(`{"groupId": %q, "limit": 7}`, group))
	require.Len(t, first.list(t), 7)
	second := mustInvoke(t, org.Client, actions.ListGroupMembers,
		fmt.Sprintf(`{"groupId": %q, "limit": 7, "after": %q}`, group, first.NextCursor))
	require.NotEqual(t, first.list(t)[0]["id"], second.list(t)[0]["id"])
	all := mustInvoke(t, org.Client, actions.ListGroupMembers,
		fmt.Sprintf(`{"groupId": %q, "limit": 7, "fetchAll": true}`, group))
	require.Greater(t, len(all.list(t)), 14)
	require.Empty(t, all.NextCursor)
}

// TestMembership_IsRepeated: adding and removing change nothing the second time, so that a lost answer is no failure.
func TestMembership_IsRepeated(t *testing.T) {
	t.Parallel()
	for _, action := range []struct {
		name   string
		invoke func(*testing.T, *okta.Client) error
	}{
		{"add", func(t *testing.T, c *okta.Client) error {
			_, err := invoke(t, c, actions.AddUserToGroup, `{"groupId": "00g1", "userId": "00u1"}`)
			return err
		}},
		{"remove", func(t *testing.T, c *okta.Client) error {
			_, err := invoke(t, c, actions.RemoveUserFromGroup, `{"groupId": "00g1", "userId": "00u1"}`)
			return err
		}},
	} {
		t.Run(action.name, func(t *testing.T) {
			t.Parallel()
			var asked atomic.Int64 // an answer that is lost orders nothing
			org := oktatest.Serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if asked.Add(1) == 1 {
					panic(http.ErrAbortHandler)
				}
				_, _ = io.Copy(io.Discard, r.Body)
				w.WriteHeader(http.StatusNoContent)
			}))
			require.NoError(t, action.invoke(t, org.Client(t, "token")))
			require.Len(t, org.Requests(), 2)
		})
	}
}
