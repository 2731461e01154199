package actions_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/okta-connector/okta-connector/actions"
	"github.com/okta-connector/okta-connector/connections/okta"
	"github.com/okta-connector/okta-connector/connections/okta/oktatest"
)

// enrol gives a user a security question, by an operation that no action stands for.
func enrol(t *testing.T, org *oktatest.Org, id string) {
	t.Helper()
	_, err := org.Client.JSON(t.Context(), &okta.Request{
		Method: http.MethodPost,
		Path:   okta.At("/api/v1/users/{userId}/factors", id),
		Body: []byte(`{
			"factorType": "question", "provider": "OKTA",
			"profile": {"question": "favorite_toy", "answer": "` + strings.Repeat("bear", 2) + `"}
		}`),
	})
	require.NoError(t, err)
	org.Forget()
}

func TestUserFactors(t *testing.T) {
	t.Parallel()
	org := newOrg(t)
	id := addUser(t, org, "ada@example.com")
	enrol(t, org, id)
	ref := fmt.Sprintf(`{"userId": %q}`, id)
	factors := mustInvoke(t, org.Client, actions.ListUserFactors, ref).list(t)
	require.Equal(t, "question", factors[0]["factorType"])
	factor := factors[0]["id"].(string)
	org.Forget()

	unenrol := fmt.Sprintf(`{"userId": %q, "factorId": %q}`, id, factor)
	answer := mustInvoke(t, org.Client, actions.UnenrollUserFactor, unenrol)
	require.JSONEq(t, fmt.Sprintf(`{"id": %q, "status": "DELETED"}`, factor), string(answer.Data))
	require.Empty(t, mustInvoke(t, org.Client, actions.ListUserFactors, ref).list(t))
	_, err := invoke(t, org.Client, actions.UnenrollUserFactor, unenrol)
	requireRefusal(t, err, http.StatusNotFound, okta.CodeNotFound)
	path := "/api/v1/users/" + id + "/factors"
	require.Equal(t, []string{
		"DELETE " + path + "/" + factor + "?removeRecoveryEnrollment=false",
		"GET " + path,
		"DELETE " + path + "/" + factor + "?removeRecoveryEnrollment=false",
	}, org.Lines())
}

func TestListUserTypes(t *testing.T) {
	t.Parallel()
	org := newOrg(t)
	types := mustInvoke(t, org.Client, actions.ListUserTypes, `{}`).list(t)
	require.Equal(t, []string{"GET /api/v1/meta/types/user"}, org.Lines())
	require.Contains(t, ids(types, "default"), true)
}
