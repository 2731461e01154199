package actions_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/okta-connector/okta-connector/actions"
	"github.com/okta-connector/okta-connector/connections/okta"
	"github.com/okta-connector/okta-connector/connections/okta/oktatest"
	"github.com/okta-connector/okta-connector/connections/okta/sandbox"
)

// newOrg starts a sandbox with a few dozen people.
func newOrg(t *testing.T) *oktatest.Org {
	t.Helper()
	org, err := sandbox.New(sandbox.Options{Users: 30, Groups: 5, Apps: 4, LogEvents: 10})
	require.NoError(t, err)
	server := oktatest.Serve(t, held(t, org))
	return &oktatest.Org{Server: server, Sandbox: org, Client: server.Client(t, org.Credentials().APIToken)}
}

// addUser creates a user with a password who is active, and returns the id. What was sent for it is forgotten.
func addUser(t *testing.T, org *oktatest.Org, login string, more ...string) string {
	t.Helper()
	inputs := fmt.Sprintf(`{
		"login": %q, "email": %q, "firstName": "Ada", "lastName": "Lovelace", "password": "Engine-No-1843" %s
	}`, login, login, strings.Join(append([]string{""}, more...), ", "))
	user := mustInvoke(t, org.Client, actions.CreateUser, inputs).object(t)
	org.Forget()
	return user["id"].(string)
}

// statusOf reads a user's status from the org.
func statusOf(t *testing.T, org *oktatest.Org, id string) string {
	t.Helper()
	return mustInvoke(t, org.Client, actions.GetUser, fmt.Sprintf(`{"id": %q}`, id)).object(t)["status"].(string)
}

// requireRefusal checks that Okta refused with a status and a code.
func requireRefusal(t *testing.T, err error, status int, code string) {
	t.Helper()
	var refusal *okta.Error
	require.ErrorAs(t, err, &refusal)
	require.Equal(t, status, refusal.Status)
	require.Equal(t, code, refusal.Code)
}

func TestListUsers_Defaults(t *testing.T) {
	t.Parallel()
	org := newOrg(t)
	answer := mustInvoke(t, org.Client, actions.ListUsers, `{}`)
	require.Equal(t, []string{"GET /api/v1/users?limit=200"}, org.Lines())
	require.NotEmpty(t, answer.list(t))
	require.Empty(t, answer.NextCursor, "the last page has no cursor")
	for _, user := range answer.list(t) {
		require.NotEqual(t, "DEPROVISIONED", user["status"])
	}
}

func TestListUsers_PageByPage(t *testing.T) {
	t.Parallel()
	org := newOrg(t)
	all := mustInvoke(t, org.Client, actions.ListUsers, `{"fetchAll": true, "limit": 7}`)
	require.Greater(t, len(org.Lines()), 2, "Fetch All follows every next link")
	require.Empty(t, all.NextCursor)

	var paged []map[string]any
	for after, more := "", true; more; more = after != "" {
		page := mustInvoke(t, org.Client, actions.ListUsers, fmt.Sprintf(`{"limit": 7, "after": %q}`, after))
		require.LessOrEqual(t, len(page.list(t)), 7)
		paged, after = append(paged, page.list(t)...), page.NextCursor
	}
	require.Equal(t, all.list(t), paged)
}

func TestListUsers_FetchAllReadsLargestPages(t *testing.T) {
	t.Parallel()
	org := newOrg(t)
	mustInvoke(t, org.Client, actions.ListUsers, `{"fetchAll": true}`)
	require.Equal(t, []string{"GET /api/v1/users?limit=200"}, org.Lines())
}

func TestListUsers_EveryInput(t *testing.T) {
	t.Parallel()
	org := newOrg(t)
	addUser(t, org, "zz.top@example.com", `"department": "Quantum Plumbing"`)
	answer := mustInvoke(t, org.Client, actions.ListUsers, `{
		"search": "profile.department eq \"Quantum Plumbing\"", "sortBy": "profile.lastName", "sortOrder": "desc",
		"limit": "5", "extraParameters": [{"key": "fields", "value": "id,status"}]
	}`)
	require.Equal(t, []string{
		"GET /api/v1/users?fields=id%2Cstatus&limit=5&search=profile.department+eq+%22Quantum+Plumbing%22" +
			"&sortBy=profile.lastName&sortOrder=desc",
	}, org.Lines())
	require.Len(t, answer.list(t), 1)
}

func TestListUsers_QueryIsOneRequest(t *testing.T) {
	t.Parallel()
	org := newOrg(t)
	addUser(t, org, "quentin@example.com")
	answer := mustInvoke(t, org.Client, actions.ListUsers, `{"q": "quentin", "fetchAll": true}`)
	require.Equal(t, []string{"GET /api/v1/users?limit=200&q=quentin"}, org.Lines())
	require.Len(t, answer.list(t), 1)
}

// TestListUsers_OrderOfNothing: Okta ignores an order without a property, and so a form may always send one.
func TestListUsers_OrderOfNothing(t *testing.T) {
	t.Parallel()
	org := newOrg(t)
	mustInvoke(t, org.Client, actions.ListUsers, `{"sortOrder": "desc"}`)
	require.Equal(t, []string{"GET /api/v1/users?limit=200&sortOrder=desc"}, org.Lines())
}

func TestListUsers_EmptyPage(t *testing.T) {
	t.Parallel()
	answer := mustInvoke(t, newOrg(t).Client, actions.ListUsers, `{"filter": "profile.login eq \"nobody@example.com\""}`)
	require.JSONEq(t, `[]`, string(answer.Data))
	require.Empty(t, answer.NextCursor)
}

func TestListUsers_RefusedByOkta(t *testing.T) {
	t.Parallel()
	_, err := invoke(t, newOrg(t).Client, actions.ListUsers, `{"search": "profile.login nonsense"}`)
	requireRefusal(t, err, 400, "E0000031")
}

func TestListUsers_Rules(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		inputs string
		fields []string
	}{
		"search and q":             {`{"search": "a", "q": "b"}`, []string{"/search", "/q"}},
		"all three":                {`{"search": "a", "filter": "b", "q": "c"}`, []string{"/search", "/filter", "/q"}},
		"a query cannot be paged":  {`{"q": "a", "after": "b"}`, []string{"/after"}},
		"the log's order":          {`{"search": "a", "sortBy": "id", "sortOrder": "ASCENDING"}`, []string{"/sortOrder"}},
		"a page too large":         {`{"limit": 201}`, []string{"/limit"}},
		"a page of nothing":        {`{"limit": 0}`, []string{"/limit"}},
		"an extra that is checked": {`{"extraParameters": {"limit": "9"}}`, []string{"/extraParameters/limit"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tt.fields, refusedFields(t, actions.ListUsers, tt.inputs))
		})
	}
}

func TestListUsers_NotSetIsNotSent(t *testing.T) {
	t.Parallel()
	org := newOrg(t)
	mustInvoke(t, org.Client, actions.ListUsers, `{
		"search": "", "q": null, "filter": "", "after": null, "limit": "",
		"sortBy": "", "sortOrder": null, "extraParameters": ""
	}`)
	require.Equal(t, []string{"GET /api/v1/users?limit=200"}, org.Lines())
}

func TestGetUser(t *testing.T) {
	t.Parallel()
	org := newOrg(t)
	id := addUser(t, org, "grace@example.com")
	for _, ref := range []string{id, "grace@example.com", "grace"} {
		answer := mustInvoke(t, org.Client, actions.GetUser, fmt.Sprintf(`{"id": %q}`, ref))
		require.Equal(t, id, answer.object(t)["id"])
	}
	mustInvoke(t, org.Client, actions.GetUser, fmt.Sprintf(`{"id": %q, "expand": "blocks"}`, id))
	require.Equal(t, []string{
		"GET /api/v1/users/" + id,
		"GET /api/v1/users/grace@example.com",
		"GET /api/v1/users/grace",
		"GET /api/v1/users/" + id + "?expand=blocks",
	}, org.Lines())
}

func TestGetUser_Unknown(t *testing.T) {
	t.Parallel()
	_, err := invoke(t, newOrg(t).Client, actions.GetUser, `{"id": "nobody@example.com"}`)
	requireRefusal(t, err, 404, "E0000007")
}

// An id is one segment of the path, whatever it holds.
func TestGetUser_HostileID(t *testing.T) {
	t.Parallel()
	org := newOrg(t)
	for _, id := range []string{"../groups", "a/b", "a?b=c", "%2e%2e"} {
		inputs, err := json.Marshal(map[string]string{"id": id})
		require.NoError(t, err)
		_, err = invoke(t, org.Client, actions.GetUser, string(inputs))
		requireRefusal(t, err, 404, "E0000007")
	}
	require.Equal(t, []string{
		"GET /api/v1/users/..%2Fgroups",
		"GET /api/v1/users/a%2Fb",
		"GET /api/v1/users/a%3Fb=c",
		"GET /api/v1/users/%252e%252e",
	}, org.Lines())
}

func TestGetUser_DotsAreNoID(t *testing.T) {
	t.Parallel()
	for _, id := range []string{".", ".."} {
		require.Equal(t, []string{"/id"}, refusedFields(t, actions.GetUser, fmt.Sprintf(`{"id": %q}`, id)))
	}
}

// Decided: Delete User means gone. A first DELETE deactivates, a second deletes, and its 204 is the end.
func TestDeleteUser_ActiveUserIsGone(t *testing.T) {
	t.Parallel()
	org := newOrg(t)
	id := addUser(t, org, "leaver@example.com")
	answer := mustInvoke(t, org.Client, actions.DeleteUser, `{"id": "leaver@example.com"}`)
	require.JSONEq(t, fmt.Sprintf(`{"id": %q, "status": "DELETED"}`, id), string(answer.Data))
	require.Equal(t, []string{
		"GET /api/v1/users/leaver@example.com",
		"DELETE /api/v1/users/" + id + "?sendEmail=false",
		"DELETE /api/v1/users/" + id + "?sendEmail=false",
	}, org.Lines())
	_, err := invoke(t, org.Client, actions.GetUser, fmt.Sprintf(`{"id": %q}`, id))
	requireRefusal(t, err, 404, "E0000007")
}

func TestDeleteUser_DeactivatedUserNeedsOneDelete(t *testing.T) {
	t.Parallel()
	org := newOrg(t)
	id := addUser(t, org, "leaver@example.com")
	mustInvoke(t, org.Client, actions.DeactivateUser, fmt.Sprintf(`{"id": %q}`, id))
	org.Forget()
	mustInvoke(t, org.Client, actions.DeleteUser, fmt.Sprintf(`{"id": %q, "sendEmail": true}`, id))
	require.Equal(t, []string{
		"GET /api/v1/users/" + id,
		"DELETE /api/v1/users/" + id + "?sendEmail=true",
	}, org.Lines())
}

func TestDeleteUser_Unknown(t *testing.T) {
	t.Parallel()
	org := newOrg(t)
	_, err := invoke(t, org.Client, actions.DeleteUser, `{"id": "00unobody"}`)
	requireRefusal(t, err, 404, "E0000007")
	require.Equal(t, []string{"GET /api/v1/users/00unobody"}, org.Lines())
}
