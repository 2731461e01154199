package actions_test

import (
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/okta-connector/okta-connector/actions"
	"github.com/okta-connector/okta-connector/connections/okta/oktatest"
	"github.com/okta-connector/okta-connector/runtime/connector"
)

// TestDelete_SaysWhatWasDone: a deletion of two steps whose second one Okta refuses left something behind, and says so.
func TestDelete_SaysWhatWasDone(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		action       *connector.Action
		inputs, done string
		first        string
		steps        int
	}{
		{actions.DeleteUser, `{"id": "x1"}`, "the user is deactivated by now", "DELETE", 3},
		{actions.DeleteEventHook, `{"eventHookId": "x1"}`, "the event hook is turned off by now", "POST", 3},
		{actions.DeleteUser, `{"id": "x1"}`, "", "", 2},
		{actions.DeleteEventHook, `{"eventHookId": "x1"}`, "", "", 2},
	} {
		t.Run(tc.action.Key+" after "+tc.first, func(t *testing.T) {
			t.Parallel()
			left := tc.first
			org := oktatest.Serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				switch r.Method {
				case http.MethodGet:
					_, _ = io.WriteString(w, `{"id": "x1", "status": "ACTIVE"}`)
				case left:
					left = ""
					_, _ = io.WriteString(w, `{}`)
				default:
					w.WriteHeader(http.StatusForbidden)
					_, _ = io.WriteString(w, `{"errorCode": "E0000006", "errorSummary": "You may not"}`)
				}
			}))
			_, err := invoke(t, org.Client(t, "token"), tc.action, tc.inputs)
			requireRefusal(t, err, 403, "E0000006")
			require.Len(t, org.Requests(), tc.steps)
			var partial *connector.PartialError
			if tc.done == "" {
				require.NotErrorAs(t, err, &partial)
				return
			}
			require.ErrorAs(t, err, &partial)
			require.Equal(t, tc.done, partial.Done)
			require.ErrorContains(t, err, "You may not; "+tc.done)
		})
	}
}
