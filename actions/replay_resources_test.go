package actions_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/okta-connector/okta-connector/actions"
)

// otherReplays are the cases of everything but users.
func otherReplays() []replay {
	return []replay{
		{
			route: "GET /api/v1/groups", action: actions.ListGroups, adds: []string{"limit"},
			inputs: func(t *testing.T, r recording, _ []string) map[string]any { return recordedQuery(t, r) },
		},
		{route: "GET /api/v1/groups/{}", action: actions.GetGroup, inputs: byID("groupId")},
		{
			route: "POST /api/v1/groups", action: actions.CreateGroup,
			inputs: func(t *testing.T, r recording, _ []string) map[string]any {
				return recordedBody(t, r)["profile"].(map[string]any)
			},
			without: func(body map[string]any) {
				if profile := body["profile"].(map[string]any); profile["description"] == "" {
					delete(profile, "description") // an empty input is not sent
				}
			},
		},
		{
			// The custom attribute cannot be set here. It is there before and must survive.
			route: "PUT /api/v1/groups/{}", action: actions.UpdateGroup,
			inputs: func(t *testing.T, r recording, ids []string) map[string]any {
				profile := recordedBody(t, r)["profile"].(map[string]any)
				return map[string]any{"groupId": ids[0], "name": profile["name"]}
			},
			answers: func(r recording, ids []string) map[string]string {
				return map[string]string{"GET /api/v1/groups/" + ids[0]: *r.RequestBody}
			},
		},
		{
			route: "DELETE /api/v1/groups/{}", action: actions.DeleteGroup,
			inputs: byID("groupId"), data: becomes("DELETED"),
		},
		{
			route: "GET /api/v1/groups/{}/users", action: actions.ListGroupMembers,
			adds: []string{"limit"}, inputs: byID("groupId"),
		},
		{
			route: "PUT /api/v1/groups/{}/users/{}", action: actions.AddUserToGroup,
			inputs: byID("groupId", "userId"), data: membership("MEMBER"),
		},
		{
			route: "DELETE /api/v1/groups/{}/users/{}", action: actions.RemoveUserFromGroup,
			inputs: byID("groupId", "userId"), data: membership("REMOVED"),
		},
		{
			route: "GET /api/v1/apps", action: actions.ListApplications,
			adds:   []string{"limit"},
			inputs: func(t *testing.T, r recording, _ []string) map[string]any { return recordedQuery(t, r) },
		},
		{route: "GET /api/v1/apps/{}", action: actions.GetApplication, inputs: byID("applicationId")},
		{
			route: "POST /api/v1/apps/{}/users", action: actions.AssignApplicationToUser,
			inputs: func(t *testing.T, r recording, ids []string) map[string]any {
				body := recordedBody(t, r)
				return map[string]any{"applicationId": ids[0], "userId": body["id"]}
			},
		},
		{
			route: "GET /api/v1/apps/{}/users/{}", action: actions.GetApplicationUserAssignment,
			inputs: byID("applicationId", "userId"),
		},
		{
			route: "DELETE /api/v1/apps/{}/users/{}", action: actions.RemoveApplicationUserAssignment,
			adds: []string{"sendEmail"}, inputs: byID("applicationId", "userId"),
			data: func(_ recording, ids []string) string {
				return `{"applicationId":"` + ids[0] + `","status":"REMOVED","userId":"` + ids[1] + `"}`
			},
		},
		{
			route: "GET /api/v1/realms", action: actions.ListRealms, adds: []string{"limit"},
			inputs: func(t *testing.T, r recording, _ []string) map[string]any { return recordedQuery(t, r) },
		},
		{
			route: "GET /api/v1/policies", action: actions.ListPolicies, adds: []string{"limit"},
			inputs: func(t *testing.T, r recording, _ []string) map[string]any { return recordedQuery(t, r) },
		},
		{
			route: "POST /api/v1/eventHooks", action: actions.CreateEventHook,
			inputs:  recordedHook,
			without: func(body map[string]any) { delete(body, "status") }, // Okta sets it
			answers: func(r recording, _ []string) map[string]string {
				return map[string]string{"POST /api/v1/eventHooks/" + answeredID(r) + "/lifecycle/verify": r.ResponseBody}
			},
		},
		{route: "GET /api/v1/eventHooks/{}", action: actions.GetEventHook, inputs: byID("eventHookId")},
		{
			route: "POST /api/v1/eventHooks/{}/lifecycle/activate", action: actions.ActivateEventHook,
			inputs: byID("eventHookId"),
		},
		{
			route: "POST /api/v1/eventHooks/{}/lifecycle/deactivate", action: actions.DeactivateEventHook,
			inputs: byID("eventHookId"),
		},
		{
			route: "DELETE /api/v1/eventHooks/{}", action: actions.DeleteEventHook,
			inputs: byID("eventHookId"),
			answers: func(_ recording, ids []string) map[string]string {
				return map[string]string{"GET /api/v1/eventHooks/" + ids[0]: `{"id": "` + ids[0] + `", "status": "INACTIVE"}`}
			},
			data: becomes("DELETED"),
		},
	}
}

func membership(status string) func(recording, []string) string {
	return func(_ recording, ids []string) string {
		return `{"groupId":"` + ids[0] + `","status":"` + status + `","userId":"` + ids[1] + `"}`
	}
}

func answeredID(r recording) string {
	var object struct{ ID string }
	_ = json.Unmarshal([]byte(r.ResponseBody), &object) // no id fails the test by an unexpected path
	return object.ID
}

// recordedHook reads the inputs of Create Event Hook from a hook, as sent or as answered.
func recordedHook(t *testing.T, r recording, _ []string) map[string]any {
	t.Helper()
	raw, err := json.Marshal(recordedBody(t, r))
	require.NoError(t, err)
	var hook struct {
		Name        string
		Description *string
		Events      struct{ Items []string }
		Channel     struct {
			Config struct {
				URI        string
				Headers    []map[string]string
				AuthScheme *struct{ Value string }
			}
		}
	}
	require.NoError(t, json.Unmarshal(raw, &hook))
	headers := []map[string]string{}
	for _, h := range hook.Channel.Config.Headers {
		headers = append(headers, map[string]string{"key": h["key"], "value": h["value"]})
	}
	if scheme := hook.Channel.Config.AuthScheme; scheme != nil && scheme.Value != "" {
		headers = append(headers, map[string]string{"key": "Authorization", "value": scheme.Value})
	}
	return map[string]any{
		"eventHookName": hook.Name, "eventHookDescription": hook.Description, "eventHookUrl": hook.Channel.Config.URI,
		"eventHookItems": hook.Events.Items, "eventHookUrlHeaders": headers,
	}
}
