package actions_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/okta-connector/okta-connector/actions"
	"github.com/okta-connector/okta-connector/connections/okta"
	"github.com/okta-connector/okta-connector/connections/okta/oktatest"
	"github.com/okta-connector/okta-connector/runtime/connector"
)

// anApp is the id of one of the org's apps.
func anApp(t *testing.T, org *oktatest.Org) string {
	t.Helper()
	apps := mustInvoke(t, org.Client, actions.ListApplications, `{"filter": "status eq \"ACTIVE\""}`).list(t)
	require.NotEmpty(t, apps)
	org.Forget()
	return apps[0]["id"].(string)
}

func TestGetApplication(t *testing.T) {
	t.Parallel()
	org := newOrg(t)
	id := anApp(t, org)
	app := mustInvoke(t, org.Client, actions.GetApplication, `{"applicationId": "`+id+`"}`).object(t)
	require.Equal(t, id, app["id"])
	require.Equal(t, []string{"GET /api/v1/apps/" + id}, org.Lines())

	_, err := invoke(t, org.Client, actions.GetApplication, `{"applicationId": "nobody"}`)
	requireRefusal(t, err, 404, okta.CodeNotFound)
	require.Equal(t, []string{"/expand"},
		refusedFields(t, actions.GetApplication, `{"applicationId": "0oa1", "expand": "user"}`))
}

func TestGetApplication_ExpandsAUser(t *testing.T) {
	t.Parallel()
	org := newOrg(t)
	app, user := anApp(t, org), addUser(t, org, "ada@example.com")
	ids := fmt.Sprintf(`"applicationId": %q`, app)
	mustInvoke(t, org.Client, actions.AssignApplicationToUser, fmt.Sprintf(`{%s, "userId": %q}`, ids, user))
	org.Forget()
	answer := mustInvoke(t, org.Client, actions.GetApplication,
		fmt.Sprintf(`{%s, "expand": "user/%s"}`, ids, user)).object(t)
	require.Equal(t, []string{"GET /api/v1/apps/" + app + "?expand=user%2F" + user}, org.Lines())
	require.Equal(t, user, answer["_embedded"].(map[string]any)["user"].(map[string]any)["id"])
}

func TestListApplications(t *testing.T) {
	t.Parallel()
	org := newOrg(t)
	all := mustInvoke(t, org.Client, actions.ListApplications, `{}`)
	require.Len(t, all.list(t), 4)
	require.Equal(t, []string{"GET /api/v1/apps?limit=200"}, org.Lines())

	org.Forget()
	paged := mustInvoke(t, org.Client, actions.ListApplications, `{"fetchAll": true, "limit": 3}`)
	require.Len(t, paged.list(t), 4)
	require.Len(t, org.Requests(), 2)
	page := mustInvoke(t, org.Client, actions.ListApplications, `{"limit": 3}`)
	rest := mustInvoke(t, org.Client, actions.ListApplications, fmt.Sprintf(`{"limit": 3, "after": %q}`, page.NextCursor))
	require.Len(t, rest.list(t), 1)
	require.Empty(t, rest.NextCursor)

	_, err := invoke(t, org.Client, actions.ListApplications, `{"after": "not-a-cursor"}`)
	requireRefusal(t, err, 400, okta.CodeInvalidPaging)
}

func TestListApplications_Requests(t *testing.T) {
	t.Parallel()
	org := empty(t)
	for _, inputs := range []string{
		`{"q": "Sales", "useOptimization": true, "includeNonDeleted": "true", "limit": 20}`,
		`{"useOptimization": false, "includeNonDeleted": null}`,
		`{"filter": "user.id eq \"00u1\"", "expand": "user/00u1"}`,
		`{"filter": "status eq \"ACTIVE\" and user.id  eq \"00u1\"", "expand": "user/00u1"}`,
	} {
		mustInvoke(t, org.Client(t, "token"), actions.ListApplications, inputs)
	}
	require.Equal(t, []string{
		"GET /api/v1/apps?includeNonDeleted=true&limit=20&q=Sales&useOptimization=true",
		"GET /api/v1/apps?limit=200",
		"GET /api/v1/apps?expand=user%2F00u1&filter=user.id+eq+%2200u1%22&limit=200",
		"GET /api/v1/apps?expand=user%2F00u1&filter=status+eq+%22ACTIVE%22+and+user.id++eq+%2200u1%22&limit=200",
	}, org.Lines())
}

func TestListApplications_Checks(t *testing.T) {
	t.Parallel()
	for inputs, want := range map[string][]string{
		`{"limit": 201}`:          {"/limit"},
		`{"expand": "user/00u1"}`: {"/expand"},
		`{"expand": "user/00u1", "filter": "user.id eq \"00u2\""}`: {"/expand"},
		`{"expand": "credentials"}`:                                {"/expand"},
	} {
		require.Equal(t, want, refusedFields(t, actions.ListApplications, inputs), inputs)
	}
}

func TestAppAssignment(t *testing.T) {
	t.Parallel()
	org := newOrg(t)
	app, user := anApp(t, org), addUser(t, org, "ada@example.com")
	ids := fmt.Sprintf(`"applicationId": %q, "userId": %q`, app, user)
	path := "/api/v1/apps/" + app + "/users"

	made := mustInvoke(t, org.Client, actions.AssignApplicationToUser, `{`+ids+`, "scope": "USER"}`).object(t)
	require.Equal(t, user, made["id"])
	require.Equal(t, "USER", made["scope"])
	require.JSONEq(t, `{"id": "`+user+`", "scope": "USER"}`, string(org.Requests()[0].Body))

	found := mustInvoke(t, org.Client, actions.GetApplicationUserAssignment, `{`+ids+`, "expand": "user"}`).object(t)
	require.Equal(t, user, found["_embedded"].(map[string]any)["user"].(map[string]any)["id"])

	updated := mustInvoke(t, org.Client, actions.UpdateApplicationUserAssignment,
		`{`+ids+`, "profile": {"role": "admin"}}`)
	require.Equal(t, "admin", updated.object(t)["profile"].(map[string]any)["role"])

	removed := mustInvoke(t, org.Client, actions.RemoveApplicationUserAssignment, `{`+ids+`}`)
	require.JSONEq(t, `{`+ids+`, "status": "REMOVED"}`, string(removed.Data))
	require.Equal(t, []string{
		"POST " + path, "GET " + path + "/" + user + "?expand=user", "POST " + path + "/" + user,
		"DELETE " + path + "/" + user + "?sendEmail=false",
	}, org.Lines())

	for _, refused := range []struct {
		action *connector.Action
		inputs string
	}{
		{actions.GetApplicationUserAssignment, `{` + ids + `}`},
		{actions.RemoveApplicationUserAssignment, `{` + ids + `, "sendEmail": true}`},
		{actions.UpdateApplicationUserAssignment, `{` + ids + `, "username": "ada"}`},
		{actions.AssignApplicationToUser, fmt.Sprintf(`{"applicationId": "nobody", "userId": %q}`, user)},
	} {
		_, err := invoke(t, org.Client, refused.action, refused.inputs)
		requireRefusal(t, err, 404, okta.CodeNotFound)
	}
}

// TestAssignApplication_Bodies: credentials are sent only where given, since apps that take none refuse them.
func TestAssignApplication_Bodies(t *testing.T) {
	t.Parallel()
	for inputs, want := range map[string]string{
		``:                                  `{"id": "00u1"}`,
		`, "username": "", "profile": null`: `{"id": "00u1"}`,
		`, "username": "ada"`:               `{"id": "00u1", "credentials": {"userName": "ada"}}`,
		`, "password": "s3cret"`:            `{"id": "00u1", "credentials": {"password": {"value": "s3cret"}}}`,
		`, "username": "ada", "password": "s3cret", "scope": "GROUP", "profile": {"n": 1.0, "x": null}`: `{
			"id": "00u1", "scope": "GROUP", "credentials": {"userName": "ada", "password": {"value": "s3cret"}},
			"profile": {"n": 1.0, "x": null}
		}`,
	} {
		org := answering(t, 200, nil, `{"id": "00u1"}`)
		mustInvoke(t, org.Client(t, "token"), actions.AssignApplicationToUser,
			`{"applicationId": "0oa1", "userId": "00u1"`+inputs+`}`)
		require.JSONEq(t, want, string(org.Requests()[0].Body))
	}
	require.Equal(t, []string{"/scope"},
		refusedFields(t, actions.AssignApplicationToUser, `{"applicationId": "0oa1", "userId": "00u1", "scope": "user"}`))
}

func TestUpdateAppAssignment_Bodies(t *testing.T) {
	t.Parallel()
	for inputs, want := range map[string]string{
		`"profile": {"region": "EMEA", "x": null}`:      `{"profile": {"region": "EMEA", "x": null}}`,
		`"profile": "{\"region\": \"EMEA\"}"`:           `{"profile": {"region": "EMEA"}}`,
		`"username": "ada"`:                             `{"credentials": {"userName": "ada"}}`,
		`"password": "s3cret"`:                          `{"credentials": {"password": {"value": "s3cret"}}}`,
		`"username": "ada", "profile": {"region": "x"}`: `{"credentials": {"userName": "ada"}, "profile": {"region": "x"}}`,
	} {
		org := answering(t, 200, nil, `{"id": "00u1"}`)
		mustInvoke(t, org.Client(t, "token"), actions.UpdateApplicationUserAssignment,
			`{"applicationId": "0oa1", "userId": "00u1", `+inputs+`}`)
		require.Equal(t, []string{"POST /api/v1/apps/0oa1/users/00u1"}, org.Lines())
		require.JSONEq(t, want, string(org.Requests()[0].Body))
	}
	for _, inputs := range []string{``, `, "profile": {}`, `, "profile": null, "username": ""`} {
		inputs = `{"applicationId": "0oa1", "userId": "00u1"` + inputs + `}`
		require.Equal(t, []string{"/profile"}, refusedFields(t, actions.UpdateApplicationUserAssignment, inputs))
	}
}

// TestAssignApplication_LostAnswer: where it is open whether Okta made the assignment, it is read.
func TestAssignApplication_LostAnswer(t *testing.T) {
	t.Parallel()
	const notFound = `{"errorCode": "E0000007", "errorSummary": "Not found"}`
	const assigned = `{
		"id": "00u1", "scope": "USER", "credentials": {"userName": "ada"}, "profile": { "region" : "EMEA", "more": 1}
	}`
	for name, c := range map[string]struct {
		inputs string
		found  string // the answer to the look-up; its errorCode makes it a 404
		posts  int
		works  bool
	}{
		"made after all":         {`"username": "ada", "profile": {"region": "EMEA"}`, assigned, 1, true},
		"another one":            {`"username": "grace"`, assigned, 1, false},
		"another profile":        {`"profile": {"region": "APAC"}`, assigned, 1, false},
		"another scope":          {`"scope": "GROUP"`, assigned, 1, false},
		"a password nobody sees": {`"username": "ada", "password": "s3cret"`, assigned, 1, false},
		"not made, so once more": {`"username": "ada"`, notFound, 2, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var posts atomic.Int64 // an answer that is lost orders nothing
			org := oktatest.Serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				switch {
				case r.Method == http.MethodPost:
					if posts.Add(1) == 1 {
						panic(http.ErrAbortHandler)
					}
					_, _ = w.Write([]byte(assigned))
				case c.found == notFound:
					w.WriteHeader(http.StatusNotFound)
					fallthrough
				default:
					_, _ = w.Write([]byte(c.found))
				}
			}))
			answer, err := invoke(t, org.Client(t, "token"), actions.AssignApplicationToUser,
				`{"applicationId": "0oa1", "userId": "00u1", `+c.inputs+`}`)
			require.EqualValues(t, c.posts, posts.Load())
			if !c.works {
				require.True(t, okta.OutcomeUnknown(err), "the first failure stands: %v", err)
				return
			}
			require.NoError(t, err)
			require.JSONEq(t, assigned, string(answer.Data))
		})
	}
}

// TestAppAssignment_KeepsSecrets: neither errors nor requests other than the body hold a password.
func TestAppAssignment_KeepsSecrets(t *testing.T) {
	t.Parallel()
	org := answering(t, 400, nil,
		`{"errorCode": "E0000041", "errorSummary": "Credentials should not be set", "errorCauses": {}}`)
	_, err := invoke(t, org.Client(t, "token"), actions.AssignApplicationToUser,
		`{"applicationId": "0oa1", "userId": "00u1", "password": "canary-1815"}`)
	requireRefusal(t, err, 400, "E0000041")
	require.NotContains(t, err.Error(), "canary-1815")
	_, err = actions.AssignApplicationToUser.Bind(json.RawMessage(`{"userId": "00u1", "password": ["canary-1815"]}`))
	require.NotContains(t, err.Error(), "canary-1815")
}
