package actions_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/okta-connector/okta-connector/actions"
	"github.com/okta-connector/okta-connector/connections/okta"
	"github.com/okta-connector/okta-connector/connections/okta/oktatest"
	"github.com/okta-connector/okta-connector/runtime/connector"
	"github.com/okta-connector/okta-connector/schemas"
)

// pick asks a data source for choices.
func pick(
	t *testing.T, c *okta.Client, source *connector.DataSource, inputs string, s connector.Search,
) connector.Options {
	t.Helper()
	lookup, err := source.Bind(json.RawMessage(inputs))
	require.NoError(t, err)
	options, err := lookup(t.Context(), c, s)
	require.NoError(t, err)
	return options
}

func labels(options connector.Options) []string {
	list := make([]string, 0, len(options.Items))
	for _, o := range options.Items {
		list = append(list, o.Label)
	}
	return list
}

// pages answers requests by their line, and everything else with 404.
func pages(t *testing.T, answers map[string]string) *oktatest.Server {
	t.Helper()
	return oktatest.Serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		line := r.URL.Path
		if query := r.URL.Query(); len(query) > 0 {
			line += "?" + query.Encode()
		}
		answer, ok := answers[line]
		if !ok {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = w.Write([]byte(`{"errorCode": "E0000001", "errorSummary": "` + strings.ReplaceAll(line, `"`, "'") + `"}`))
			return
		}
		if answer, next, ok := strings.Cut(answer, " next="); ok {
			w.Header().Set("Link", fmt.Sprintf(`<http://%s%s>; rel="next"`, r.Host, next))
			_, _ = w.Write([]byte(answer))
			return
		}
		_, _ = w.Write([]byte(answer))
	}))
}

func TestSelectUser(t *testing.T) {
	t.Parallel()
	org := newOrg(t)
	addUser(t, org, "ada@example.com")
	suspended := addUser(t, org, "augusta@example.com")
	mustInvoke(t, org.Client, actions.SuspendUser, `{"id": "`+suspended+`"}`)
	org.Forget()

	require.Equal(t, []string{"Ada Lovelace (ada@example.com)", "Ada Lovelace (augusta@example.com) [SUSPENDED]"},
		labels(pick(t, org.Client, actions.SelectUser, `{}`, connector.Search{Query: " love  ADA "})))
	require.Equal(t, []string{"Ada Lovelace (augusta@example.com) [SUSPENDED]"},
		labels(pick(t, org.Client, actions.SelectUser, `{}`, connector.Search{Query: "aug"})))
	require.Equal(t, []string{"Ada Lovelace (augusta@example.com) [SUSPENDED]"},
		labels(pick(t, org.Client, actions.SelectUser, `{}`, connector.Search{Query: suspended})), "by id")
	injected := connector.Search{Query: `x" or status eq "ACTIVE`}
	require.Empty(t, labels(pick(t, org.Client, actions.SelectUser, `{}`, injected)))
	for _, r := range org.Requests() {
		require.Equal(t, "50", r.Query.Get("limit"))
		require.NotEmpty(t, r.Query.Get("search"), "the search runs on Okta")
	}
}

func TestSelectUser_Requests(t *testing.T) {
	t.Parallel()
	org := empty(t)
	c := org.Client(t, "token")
	pick(t, c, actions.SelectUser, `{}`, connector.Search{})
	pick(t, c, actions.SelectUser, `{}`, connector.Search{Cursor: "00u+/=", Query: `a"\b`})
	require.Equal(t, []string{"limit=50"}, []string{org.Requests()[0].Query.Encode()})
	require.Equal(t, "00u+/=", org.Requests()[1].Query.Get("after"))
	require.Equal(t, `(profile.firstName sw "a\"\\b" or profile.lastName sw "a\"\\b" or profile.login sw "a\"\\b"`+
		` or profile.email sw "a\"\\b" or id eq "a\"\\b")`, org.Requests()[1].Query.Get("search"))
}

func TestSelectUser_Pages(t *testing.T) {
	t.Parallel()
	org := pages(t, map[string]string{
		"/api/v1/users?limit=50": `[{"id": "00u1", "status": "ACTIVE", "profile": {"login": "a"}}]` +
			` next=/api/v1/users?after=x%2B1&limit=50`,
		"/api/v1/users?after=x%2B1&limit=50": `[
			{"id": "00u2", "status": "STAGED", "profile": {"login": "b", "lastName": "B", "firstName": null}}
		]`,
	})
	first := pick(t, org.Client(t, "token"), actions.SelectUser, `{}`, connector.Search{})
	require.Equal(t, []connector.Option{{Key: "00u1", Label: "a"}}, first.Items)
	second := pick(t, org.Client(t, "token"), actions.SelectUser, `{}`, connector.Search{Cursor: first.NextCursor})
	require.Equal(t, []connector.Option{{Key: "00u2", Label: "B (b) [STAGED]"}}, second.Items)
	require.Empty(t, second.NextCursor)
}

func TestSelectGroup(t *testing.T) {
	t.Parallel()
	org := newOrg(t)
	id := addGroup(t, org, `Data "Platform"`)
	require.Equal(t, []connector.Option{{Key: id, Label: `Data "Platform"`}},
		pick(t, org.Client, actions.SelectGroup, `{}`, connector.Search{Query: `data "pl`}).Items)
	require.Equal(t, []connector.Option{{Key: id, Label: `Data "Platform"`}},
		pick(t, org.Client, actions.SelectGroup, `{}`, connector.Search{Query: id}).Items)
	require.Contains(t, labels(pick(t, org.Client, actions.SelectGroup, `{}`, connector.Search{})), "Everyone (built in)")
}

func TestSelectApplication(t *testing.T) {
	t.Parallel()
	org := newOrg(t)
	all := pick(t, org.Client, actions.SelectApplication, `{}`, connector.Search{})
	require.Len(t, all.Items, 4)
	label := all.Items[0].Label
	found := pick(t, org.Client, actions.SelectApplication, `{}`, connector.Search{Query: label[:4]})
	require.Contains(t, labels(found), label)
	require.Equal(t, label[:4], org.Requests()[1].Query.Get("q"))
}

func TestSelectEventHook(t *testing.T) {
	t.Parallel()
	org := newOrg(t)
	url := receiver(t, true)
	joiners, leavers := addHook(t, org, "Joiners", url+"/a"), addHook(t, org, "Leavers", url+"/b")
	mustInvoke(t, org.Client, actions.DeactivateEventHook, `{"eventHookId": "`+leavers+`"}`)
	require.Equal(t, []connector.Option{
		{Key: joiners, Label: "Joiners (" + url + "/a)"}, {Key: leavers, Label: "Leavers (" + url + "/b) [INACTIVE]"},
	}, pick(t, org.Client, actions.SelectEventHook, `{}`, connector.Search{}).Items)
	for query, want := range map[string]int{"JOIN": 1, url: 2, "/b": 1, leavers: 1, "nothing": 0} {
		require.Len(t, pick(t, org.Client, actions.SelectEventHook, `{}`, connector.Search{Query: query}).Items, want, query)
	}
}

func TestSelectRealm(t *testing.T) {
	t.Parallel()
	org := pages(t, map[string]string{
		"/api/v1/realms?limit=50": `[{"id": "guo1", "isDefault": true, "profile": {"name": "Default Realm"}}]` +
			` next=/api/v1/realms?after=x`,
		"/api/v1/realms?limit=50&search=profile.name+co+%22Part%22": `[{"id": "guo2", "profile": {"name": "Partners"}}]`,
	})
	all := pick(t, org.Client(t, "token"), actions.SelectRealm, `{}`, connector.Search{})
	require.Equal(t, []connector.Option{{Key: "guo1", Label: "Default Realm (default)"}}, all.Items)
	require.Equal(t, "x", all.NextCursor)
	found := pick(t, org.Client(t, "token"), actions.SelectRealm, `{}`, connector.Search{Query: "Part"})
	require.Equal(t, []connector.Option{{Key: "guo2", Label: "Partners"}}, found.Items)
}

func TestSelectPolicy_OneType(t *testing.T) {
	t.Parallel()
	org := pages(t, map[string]string{
		"/api/v1/policies?limit=50&q=Def&type=PASSWORD": `[
			{"id": "00p1", "name": "Default", "type": "PASSWORD", "status": "INACTIVE"}
		]`,
	})
	c := org.Client(t, "token")
	options := pick(t, c, actions.SelectPolicy, `{"type": "PASSWORD"}`, connector.Search{Query: "Def"})
	require.Equal(t, []connector.Option{{Key: "00p1", Label: "Default (PASSWORD) [INACTIVE]"}}, options.Items)
}

// TestSelectPolicy_AllTypes: types that the org does not have are passed over, and paging goes on within a type.
func TestSelectPolicy_AllTypes(t *testing.T) {
	t.Parallel()
	org := pages(t, map[string]string{
		"/api/v1/policies?limit=50&type=MFA_ENROLL": `[{"id": "00p1", "name": "A", "type": "MFA_ENROLL"}]`,
		"/api/v1/policies?limit=50&type=PASSWORD": `[{"id": "00p2", "name": "B", "type": "PASSWORD"}]` +
			` next=/api/v1/policies?after=x`,
		"/api/v1/policies?after=x&limit=50&type=PASSWORD":   `[{"id": "00p3", "name": "C", "type": "PASSWORD"}]`,
		"/api/v1/policies?limit=50&type=PROFILE_ENROLLMENT": `[{"id": "00p4", "name": "D", "type": "PROFILE_ENROLLMENT"}]`,
	})
	c := org.Client(t, "token")
	first := pick(t, c, actions.SelectPolicy, `{}`, connector.Search{})
	require.Equal(t, []string{"A (MFA_ENROLL)", "B (PASSWORD)"}, labels(first))
	rest := pick(t, c, actions.SelectPolicy, `{}`, connector.Search{Cursor: first.NextCursor})
	require.Equal(t, []string{"C (PASSWORD)", "D (PROFILE_ENROLLMENT)"}, labels(rest))
	require.Empty(t, rest.NextCursor)
}

func TestSelectPolicy_NoPermission(t *testing.T) {
	t.Parallel()
	org := answering(t, 403, nil, `{"errorCode": "E0000006", "errorSummary": "No permission"}`)
	lookup, err := actions.SelectPolicy.Bind(nil)
	require.NoError(t, err)
	_, err = lookup(t.Context(), org.Client(t, "token"), connector.Search{})
	requireRefusal(t, err, 403, okta.CodeNoPermission)
	require.Len(t, org.Requests(), 1)
}

func TestSelectUserType(t *testing.T) {
	t.Parallel()
	org := pages(t, map[string]string{"/api/v1/meta/types/user": `[
		{"id": "oty1", "name": "user", "displayName": "User", "default": true},
		{"id": "oty2", "name": "contractor", "displayName": "External", "default": false}
	]`})
	c := org.Client(t, "token")
	require.Equal(t, []string{"User (default)", "External (contractor)"},
		labels(pick(t, c, actions.SelectUserType, `{}`, connector.Search{})))
	require.Equal(t, []string{"External (contractor)"},
		labels(pick(t, c, actions.SelectUserType, `{}`, connector.Search{Query: "CONTR"})))
}

// TestSelectUserFactor depends on the user chosen, whose id is one segment whatever it holds.
func TestSelectUserFactor(t *testing.T) {
	t.Parallel()
	org := oktatest.Serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`[
			{"id": "sms1", "factorType": "sms", "status": "ACTIVE", "profile": {"phoneNumber": "+1-555-415-1337"}},
			{"id": "opf1", "factorType": "push", "provider": "OKTA", "status": "ACTIVE", "profile": {"name": "Ada's phone"}},
			{"id": "uft1", "factorType": "token:software:totp", "provider": "GOOGLE", "status": "PENDING_ACTIVATION"},
			{"id": "fwf1", "factorType": "webauthn", "status": "ACTIVE", "profile": {"authenticatorName": "YubiKey 5"}},
			{"id": "new1", "factorType": "brand_new", "provider": "X", "status": "ACTIVE", "profile": {"credentialId": "ada"}}
		]`))
	}))
	c := org.Client(t, "token")
	options := pick(t, c, actions.SelectUserFactor, `{"userId": "a/../b"}`, connector.Search{})
	require.Equal(t, []string{
		"SMS (+1-555-415-1337)", "Okta Verify push (Ada's phone)", "Google Authenticator [PENDING_ACTIVATION]",
		"Security key or biometrics (YubiKey 5)", "brand_new (ada)",
	}, labels(options))
	require.Equal(t, []string{"GET /api/v1/users/a%2F..%2Fb/factors"}, org.Lines())
	require.Equal(t, []string{"Security key or biometrics (YubiKey 5)"},
		labels(pick(t, c, actions.SelectUserFactor, `{"userId": "00u1"}`, connector.Search{Query: "yubi"})))

	_, err := actions.SelectUserFactor.Bind(nil)
	require.Equal(t, schemas.Invalid{{Pointer: "/userId", Detail: "is required"}}, err)
}
