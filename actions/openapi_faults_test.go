package actions_test

// documentFaults are the places where Okta's document is wrong, or older than Okta: version 2024.06.1 ships with the
// SDK. "Recorded" means that Okta itself answered so in traffic that its own SDKs recorded. Where and at are patterns
// of [path.Match].
var documentFaults = []struct{ where, at, says string }{
	// Recorded: settings of an application that nobody has set are null.
	{"*Application* 200", "/*/accessibility/*", notNullable},
	{"*Application* 200", "/accessibility/*", notNullable},
	{"*Application* 200", "/*/settings/no*/*", notNullable},
	{"*Application* 200", "/settings/no*/*", notNullable},
	{"*Application* 200", "/*/settings/no*/*/*", notNullable},
	{"*Application* 200", "/settings/no*/*/*", notNullable},
	{"*Application* 200", "/*/settings/signOn/*", notNullable},
	{"*Application* 200", "/settings/signOn/*", notNullable},
	{"*Application* 200", "/*/settings/oauthClient/*_uri", notNullable},

	// Recorded: so are these.
	{"assignUserToApplication 200", "/externalId", notNullable},
	{"*ApplicationUser 200", "/externalId", notNullable},
	{"*Group 200", "/profile/description", notNullable},
	{"list*Groups 200", "/*/profile/description", notNullable},
	{"listPolicies 200", "/*/conditions", notNullable},

	// Okta's own samples of log events, and its former table of their members, have these null.
	{"listLogEvents 200", "/*/legacyEventType", notNullable},
	{"listLogEvents 200", "/*/actor/detailEntry", notNullable},
	{"listLogEvents 200", "/*/target/*/detailEntry", notNullable},
	{"listLogEvents 200", "/*/client/*", notNullable},
	{"listLogEvents 200", "/*/securityContext/*", notNullable},
	{"listLogEvents 200", "/*/request/ipChain/*/*", notNullable},
	{"listLogEvents 200", "/*/outcome/reason", notNullable},

	// The text of expand=blocks speaks of a list; the schema of _embedded allows objects only.
	{"getUser 200", "/_embedded/blocks", "value must be an object"},

	// Of its two branches neither requires a member, so that a body with one of them is an instance of both.
	{"updateApplicationUser request", "/", `value matches more than one schema from "oneOf"`},

	// Okta's own examples of these requests send what the schema says is read-only.
	{"createUser request", "/credentials/provider/*", "readOnly property"},
	{"createEventHook request", "/events/filter/type", "readOnly property"},

	// Later versions of the document have them.
	{"revokeUserSessions request", "?forgetDevices", noParameter},
	{"listUsers request", "?fields", noParameter},
	{"listApplications request", "?useOptimization", noParameter},
	{"listPolicies request", "?q", noParameter},
	{"listPolicies request", "?resourceId", noParameter},
	{"listPolicies request", "?type", "value is not one of the allowed values"},
}

const (
	notNullable = "Value is not nullable"
	noParameter = "no such query parameter"
)
