package sandbox

// operations are all that the API has.
var operations = []operation{
	onGet("/api/v1/users", "okta.users.read", (*Org).listUsers),
	onPost("/api/v1/users", "okta.users.manage", (*Org).createUser),
	onGet("/api/v1/users/{id}", "okta.users.read", (*Org).getUser),
	onPost("/api/v1/users/{id}", "okta.users.manage", (*Org).updateUser),
	onPut("/api/v1/users/{id}", "okta.users.manage", (*Org).replaceUserProfile),
	onDelete("/api/v1/users/{id}", "okta.users.manage", (*Org).deleteUser),
	onGet("/api/v1/users/{id}/appLinks", "okta.users.read", (*Org).listAppLinks),
	onGet("/api/v1/users/{id}/groups", "okta.users.read", (*Org).listUserGroups),
	onDelete("/api/v1/users/{id}/sessions", "okta.users.manage", (*Org).revokeUserSessions),

	onPost("/api/v1/users/{id}/lifecycle/activate", "okta.users.manage", (*Org).activateUser),
	onPost("/api/v1/users/{id}/lifecycle/reactivate", "okta.users.manage", (*Org).reactivateUser),
	onPost("/api/v1/users/{id}/lifecycle/deactivate", "okta.users.manage", (*Org).deactivateUser),
	onPost("/api/v1/users/{id}/lifecycle/suspend", "okta.users.manage", (*Org).suspendUser),
	onPost("/api/v1/users/{id}/lifecycle/unsuspend", "okta.users.manage", (*Org).unsuspendUser),
	onPost("/api/v1/users/{id}/lifecycle/unlock", "okta.users.manage", (*Org).unlockUser),
	onPost("/api/v1/users/{id}/lifecycle/reset_password", "okta.users.manage", (*Org).resetPassword),
	onPost("/api/v1/users/{id}/lifecycle/reset_factors", "okta.users.manage", (*Org).resetFactors),
	onPost("/api/v1/users/{id}/lifecycle/expire_password", "okta.users.manage", (*Org).expirePassword),
	onPost("/api/v1/users/{id}/lifecycle/expire_password_with_temp_password", "okta.users.manage", (*Org).giveTemporary),

	waiting(onPost("/api/v1/users/{id}/credentials/change_password", "okta.users.manage", (*Org).changePassword)),
	waiting(onPost("/api/v1/users/{id}/credentials/change_recovery_question", "okta.users.manage", (*Org).changeRecoveryQuestion)),
	onPost("/api/v1/users/{id}/credentials/forgot_password", "okta.users.manage", (*Org).forgotPassword),

	onGet("/api/v1/users/{id}/factors", "okta.users.read", (*Org).listFactors),
	onPost("/api/v1/users/{id}/factors", "okta.users.manage", (*Org).enrollFactor),
	onGet("/api/v1/users/{id}/factors/questions", "", (*Org).listSecurityQuestions),
	onGet("/api/v1/users/{id}/factors/{factorId}", "okta.users.read", (*Org).getFactor),
	onDelete("/api/v1/users/{id}/factors/{factorId}", "okta.users.manage", (*Org).unenrollFactor),

	onGet("/api/v1/meta/types/user", "okta.userTypes.read", (*Org).listUserTypes),
	onGet("/api/v1/meta/types/user/{id}", "okta.userTypes.read", (*Org).getUserType),
	onGet("/api/v1/meta/schemas/user/{id}", "okta.schemas.read", (*Org).getUserSchema),
	onPost("/api/v1/meta/schemas/user/{id}", "okta.schemas.manage", (*Org).updateUserSchema),

	onGet("/api/v1/groups", "okta.groups.read", (*Org).listGroups),
	onPost("/api/v1/groups", "okta.groups.manage", (*Org).createGroup),
	onGet("/api/v1/groups/{id}", "okta.groups.read", (*Org).getGroup),
	onPut("/api/v1/groups/{id}", "okta.groups.manage", (*Org).replaceGroup),
	onDelete("/api/v1/groups/{id}", "okta.groups.manage", (*Org).deleteGroup),
	onGet("/api/v1/groups/{id}/apps", "okta.groups.read", (*Org).listGroupApps),
	onGet("/api/v1/groups/{id}/users", "okta.groups.read", (*Org).listGroupUsers),
	onPut("/api/v1/groups/{id}/users/{userId}", "okta.groups.manage", (*Org).assignUserToGroup),
	onDelete("/api/v1/groups/{id}/users/{userId}", "okta.groups.manage", (*Org).unassignUserFromGroup),

	onGet("/api/v1/apps", "okta.apps.read", (*Org).listApplications),
	onGet("/api/v1/apps/{id}", "okta.apps.read", (*Org).getApplication),
	onDelete("/api/v1/apps/{id}", "okta.apps.manage", (*Org).deleteApplication),
	onPost("/api/v1/apps/{id}/lifecycle/activate", "okta.apps.manage", (*Org).activateApplication),
	onPost("/api/v1/apps/{id}/lifecycle/deactivate", "okta.apps.manage", (*Org).deactivateApplication),
	onGet("/api/v1/apps/{id}/users", "okta.apps.read", (*Org).listApplicationUsers),
	onPost("/api/v1/apps/{id}/users", "okta.apps.manage", (*Org).assignUserToApplication),
	onGet("/api/v1/apps/{id}/users/{userId}", "okta.apps.read", (*Org).getApplicationUser),
	onPost("/api/v1/apps/{id}/users/{userId}", "okta.apps.manage", (*Org).updateApplicationUser),
	onDelete("/api/v1/apps/{id}/users/{userId}", "okta.apps.manage", (*Org).unassignUserFromApplication),
	onGet("/api/v1/apps/{id}/groups", "okta.apps.read", (*Org).listApplicationGroups),
	onGet("/api/v1/apps/{id}/groups/{groupId}", "okta.apps.read", (*Org).getApplicationGroup),
	onPut("/api/v1/apps/{id}/groups/{groupId}", "okta.apps.manage", (*Org).assignGroupToApplication),
	onDelete("/api/v1/apps/{id}/groups/{groupId}", "okta.apps.manage", (*Org).unassignApplicationFromGroup),

	onGet("/api/v1/policies", "okta.policies.read", (*Org).listPolicies),
	onGet("/api/v1/policies/{id}", "okta.policies.read", (*Org).getPolicy),

	onGet("/api/v1/realms", "okta.realms.read", (*Org).listRealms),
	onPost("/api/v1/realms", "okta.realms.manage", (*Org).createRealm),
	onGet("/api/v1/realms/{id}", "okta.realms.read", (*Org).getRealm),
	onPut("/api/v1/realms/{id}", "okta.realms.manage", (*Org).replaceRealm),
	onDelete("/api/v1/realms/{id}", "okta.realms.manage", (*Org).deleteRealm),

	onGet("/api/v1/eventHooks", "okta.eventHooks.read", (*Org).listEventHooks),
	onPost("/api/v1/eventHooks", "okta.eventHooks.manage", (*Org).createEventHook),
	onGet("/api/v1/eventHooks/{id}", "okta.eventHooks.read", (*Org).getEventHook),
	onPut("/api/v1/eventHooks/{id}", "okta.eventHooks.manage", (*Org).replaceEventHook),
	onDelete("/api/v1/eventHooks/{id}", "okta.eventHooks.manage", (*Org).deleteEventHook),
	onPost("/api/v1/eventHooks/{id}/lifecycle/activate", "okta.eventHooks.manage", (*Org).activateEventHook),
	onPost("/api/v1/eventHooks/{id}/lifecycle/deactivate", "okta.eventHooks.manage", (*Org).deactivateEventHook),
	waiting(onPost("/api/v1/eventHooks/{id}/lifecycle/verify", "okta.eventHooks.manage", (*Org).verifyEventHook)),

	onGet("/api/v1/logs", "okta.logs.read", (*Org).listLogEvents),
}

// lacking are operations of Okta's that the API has not, on paths where it has others.
var lacking = map[string]bool{
	"POST /api/v1/apps": true, "PUT /api/v1/apps/{id}": true, "PATCH /api/v1/apps/{id}/groups/{groupId}": true,
	"POST /api/v1/meta/types/user": true, "POST /api/v1/meta/types/user/{id}": true,
	"PUT /api/v1/meta/types/user/{id}": true, "DELETE /api/v1/meta/types/user/{id}": true,
	"POST /api/v1/policies": true, "PUT /api/v1/policies/{id}": true, "DELETE /api/v1/policies/{id}": true,
}

func onGet(path, scope string, run func(*Org, *call) *apiError) operation {
	return operation{"GET", path, scope, run, false}
}

func onPost(path, scope string, run func(*Org, *call) *apiError) operation {
	return operation{"POST", path, scope, run, false}
}

func onPut(path, scope string, run func(*Org, *call) *apiError) operation {
	return operation{"PUT", path, scope, run, false}
}

func onDelete(path, scope string, run func(*Org, *call) *apiError) operation {
	return operation{"DELETE", path, scope, run, false}
}

func waiting(op operation) operation {
	op.waits = true
	return op
}
