package actions_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/okta-connector/okta-connector/actions"
	"github.com/okta-connector/okta-connector/connections/okta"
	"github.com/okta-connector/okta-connector/connections/okta/oktatest"
	"github.com/okta-connector/okta-connector/connections/okta/sandbox"
)

func TestListPolicies(t *testing.T) {
	t.Parallel()
	org := newOrg(t)
	policies := mustInvoke(t, org.Client, actions.ListPolicies, `{"type": "PASSWORD"}`).list(t)
	require.NotEmpty(t, policies)
	for _, policy := range policies {
		require.Equal(t, "PASSWORD", policy["type"])
	}
	require.Equal(t, []string{"GET /api/v1/policies?limit=200&type=PASSWORD"}, org.Lines())
	require.Equal(t, []string{"/type"}, refusedFields(t, actions.ListPolicies, `{}`))
	require.Equal(t, []string{"/type", "/status", "/limit"},
		refusedFields(t, actions.ListPolicies, `{"type": "password", "status": "on", "limit": 0}`))
}

func TestListPolicies_Requests(t *testing.T) {
	t.Parallel()
	org := empty(t)
	mustInvoke(t, org.Client(t, "token"), actions.ListPolicies, `{
		"type": "ACCESS_POLICY", "status": "ACTIVE", "fetchAll": true, "q": "Any", "expand": "rules", "sortBy": "name",
		"limit": "20", "after": "00p1", "resourceId": "aus1"
	}`)
	require.Equal(t, []string{
		"GET /api/v1/policies?after=00p1&expand=rules&limit=20&q=Any&resourceId=aus1&sortBy=name&status=ACTIVE" +
			"&type=ACCESS_POLICY",
	}, org.Lines())

	refusing := answering(t, 403, nil, `{"errorCode": "E0000006", "errorSummary": "No permission"}`)
	_, err := invoke(t, refusing.Client(t, "token"), actions.ListPolicies, `{"type": "PASSWORD"}`)
	requireRefusal(t, err, 403, okta.CodeNoPermission)
}

func TestListRealms(t *testing.T) {
	t.Parallel()
	org := newOrg(t)
	realms := mustInvoke(t, org.Client, actions.ListRealms, `{}`).list(t)
	require.NotEmpty(t, realms)
	require.Equal(t, []string{"GET /api/v1/realms?limit=200"}, org.Lines())
	org.Forget()
	name := realms[0]["profile"].(map[string]any)["name"].(string)
	found := mustInvoke(t, org.Client, actions.ListRealms, fmt.Sprintf(`{
		"search": "profile.name co \"%s\"", "sortBy": "profile.name", "sortOrder": "desc", "fetchAll": true, "limit": 10
	}`, name[:3]))
	require.NotEmpty(t, found.list(t))
	require.Equal(t, "GET /api/v1/realms?limit=10&search=profile.name+co+%22"+name[:3]+
		"%22&sortBy=profile.name&sortOrder=desc", org.Lines()[0])
}

// TestListRealms_NotThere: an org without realms refuses with 401, which says nothing about the credential.
func TestListRealms_NotThere(t *testing.T) {
	t.Parallel()
	org := oktatest.New(t, sandbox.Options{NoRealms: true})
	_, err := invoke(t, org.Client, actions.ListRealms, `{}`)
	requireRefusal(t, err, 401, okta.CodeFeatureOff)
	require.Len(t, org.Requests(), 1)
}
