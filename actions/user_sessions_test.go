package actions_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/okta-connector/okta-connector/actions"
)

// Decided: Forget Devices is always sent, since Okta forgets them by default and the specification does not.
func TestClearUserSessions(t *testing.T) {
	t.Parallel()
	org := newOrg(t)
	id := addUser(t, org, "ada@example.com")
	for inputs, sent := range map[string]string{
		`{"userId": %q}`: "forgetDevices=false&oauthTokens=false",
		`{"userId": %q, "forgetDevices": null, "oauthTokens": ""}`: "forgetDevices=false&oauthTokens=false",
		`{"userId": %q, "forgetDevices": "true"}`:                  "forgetDevices=true&oauthTokens=false",
		`{"userId": %q, "oauthTokens": true}`:                      "forgetDevices=false&oauthTokens=true",
	} {
		org.Forget()
		answer := mustInvoke(t, org.Client, actions.ClearUserSessions, fmt.Sprintf(inputs, id)).object(t)
		require.Equal(t, []string{"DELETE /api/v1/users/" + id + "/sessions?" + sent}, org.Lines())
		require.Equal(t, id, answer["id"])
		require.Equal(t, true, answer["sessionsCleared"])
	}
}
