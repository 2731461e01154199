package actions_test

import (
	"maps"
	"testing"

	"github.com/okta-connector/okta-connector/actions"
)

func userReplays() []replay {
	return []replay{
		{
			route: "GET /api/v1/users", action: actions.ListUsers,
			adds:  []string{"limit"},
			skips: []string{"sortOrder"}, // "0", which Okta ignores for want of a sortBy
			inputs: func(t *testing.T, r recording, _ []string) map[string]any {
				return recordedQuery(t, r, "sortOrder")
			},
		},
		{route: "GET /api/v1/users/{}", action: actions.GetUser, inputs: byID("id")},
		{
			route: "POST /api/v1/users", action: actions.CreateUser,
			adds:    []string{"activate", "provider"},
			inputs:  recordedUser,
			without: withoutEmptyPassword,
		},
		{
			route: "POST /api/v1/users/{}", action: actions.UpdateUser,
			inputs: func(t *testing.T, r recording, ids []string) map[string]any {
				inputs := recordedUser(t, r, nil)
				inputs["id"] = ids[0]
				return inputs
			},
			without: func(body map[string]any) { delete(body, "credentials") }, // the provider, which Okta only reads
		},
		{
			route: "DELETE /api/v1/users/{}", action: actions.DeleteUser,
			adds:   []string{"sendEmail"},
			inputs: byID("id"),
			answers: func(_ recording, ids []string) map[string]string {
				return map[string]string{"GET /api/v1/users/" + ids[0]: `{"id": "` + ids[0] + `", "status": "DEPROVISIONED"}`}
			},
			data: becomes("DELETED"),
		},
		{
			route: "POST /api/v1/users/{}/lifecycle/activate", action: actions.ActivateUser,
			inputs: func(_ *testing.T, _ recording, ids []string) map[string]any { return map[string]any{"id": ids[0]} },
		},
		{
			route: "POST /api/v1/users/{}/lifecycle/deactivate", action: actions.DeactivateUser,
			adds: []string{"sendEmail"}, inputs: byID("id"), data: becomes("DEPROVISIONED"),
		},
		{route: "GET /api/v1/users/{}/groups", action: actions.ListUserGroups, inputs: byID("id")},
		{route: "GET /api/v1/users/{}/factors", action: actions.ListUserFactors, inputs: byID("userId")},
	}
}

// recordedUser spreads a recorded user over the inputs of Create and Update User. What has no input of its own is an
// extra attribute.
func recordedUser(t *testing.T, r recording, _ []string) map[string]any {
	inputs := recordedQuery(t, r)
	inputs["locale"] = nil // the recorders sent none
	body := recordedBody(t, r)
	extra := maps.Clone(body["profile"].(map[string]any))
	for _, name := range []string{"login", "email", "firstName", "lastName"} {
		inputs[name] = extra[name]
		delete(extra, name)
	}
	inputs["profileExtraInputs"] = extra
	credentials, _ := body["credentials"].(map[string]any)
	if password, ok := credentials["password"].(map[string]any); ok && r.RequestBody != nil {
		inputs["password"] = password["value"]
	}
	return inputs
}

// withoutEmptyPassword drops the empty password that Terraform sends for a user without one.
func withoutEmptyPassword(body map[string]any) {
	credentials, _ := body["credentials"].(map[string]any)
	if password, ok := credentials["password"].(map[string]any); ok && len(password) == 0 {
		delete(body, "credentials")
	}
}

func becomes(status string) func(recording, []string) string {
	return func(_ recording, ids []string) string {
		return `{"id":"` + ids[len(ids)-1] + `","status":"` + status + `"}`
	}
}
