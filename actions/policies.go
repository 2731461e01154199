package actions

import (
	"context"

	"github.com/okta-connector/okta-connector/connections/okta"
	"github.com/okta-connector/okta-connector/runtime/connector"
	"github.com/okta-connector/okta-connector/schemas"
)

type listPolicies struct {
	Type   string `json:"type" title:"Type" required:"true" options:"ACCESS_POLICY=App sign-in,ENTITY_RISK=Entity risk,IDP_DISCOVERY=Identity provider discovery,MFA_ENROLL=Authenticator enrollment,OKTA_SIGN_ON=Global session,PASSWORD=Password,POST_AUTH_SESSION=Session violation enforcement,PROFILE_ENROLLMENT=User profile,DEVICE_SIGNAL_COLLECTION=Device signal collection,SESSION_VIOLATION_DETECTION=Session violation detection,CLIENT_UPDATE=Client update,IDENTITY_CLAIM_SOURCING=Identity claim sourcing" example:"PASSWORD" doc:"The type of policy. Every org has IDP_DISCOVERY, MFA_ENROLL, OKTA_SIGN_ON and PASSWORD; most others need the Identity Engine."`
	Status string `json:"status" title:"Status" options:"ACTIVE=Active,INACTIVE=Inactive" example:"ACTIVE" doc:"Only policies in this state. Not set lists both."`
	fetchAllInput
	Q      string `json:"q" title:"q" example:"Default" doc:"Finds policies whose name starts with this text."`
	Expand string `json:"expand" title:"Expand" doc:"Sent to Okta as it is: Okta documents no values for it."`
	SortBy string `json:"sortBy" title:"Sort By" suggest:"name" example:"name" doc:"Sorts by name, ascending. Okta documents no other property."`
	Limit  int    `json:"limit" title:"Limit" min:"1" example:"200" doc:"How many policies a page has, 200 when not set."`
	afterInput
	ResourceID string `json:"resourceId" title:"Resource ID" example:"aus1emaKXZTWRYd3TtG2" doc:"The id of an authorization server: only policies that belong to it."`
}

// ListPolicies lists the policies of one type.
var ListPolicies = connector.NewAction(
	connector.ActionInfo{
		Key:   "listPolicies",
		Label: "List Policies",
		Description: "Lists the org's policies of one type, in their order of priority, without their rules. Which " +
			"types there are depends on the org: Okta refuses those it does not have.",
		Group:       "Policies",
		Output:      schemas.ListOf(schemas.Policy()),
		Example:     example(`{"type": "PASSWORD", "status": "ACTIVE"}`, policiesExample),
		Scopes:      []string{"okta.policies.read"},
		Annotations: connector.Annotations{ReadOnly: true, Idempotent: true},
	},
	func(ctx context.Context, c *okta.Client, in listPolicies) (connector.Result, error) {
		query := queryOf("type", in.Type, "status", in.Status, "q", in.Q, "expand", in.Expand, "sortBy", in.SortBy,
			"limit", number(in.Limit, pageSize), "after", in.After, "resourceId", in.ResourceID)
		return read(c.ListPolicies(ctx, query), in.FetchAll)
	},
)

const policiesExample = `[{
	"id": "00p1emaKXZTWRYd3TtG5",
	"status": "ACTIVE",
	"name": "Default Policy",
	"description": "Applies to everyone who is in no other policy",
	"priority": 1,
	"system": true,
	"type": "PASSWORD",
	"created": "2025-10-01T07:00:00.000Z",
	"lastUpdated": "2025-12-11T13:37:20.000Z",
	"conditions": {
		"people": {"groups": {"include": ["00g1emaKYZTWRYYRRTSA"]}},
		"authProvider": {"provider": "OKTA"}
	},
	"settings": {
		"password": {
			"complexity": {"minLength": 12, "minLowerCase": 1, "minUpperCase": 1, "minNumber": 1, "minSymbol": 0},
			"age": {"maxAgeDays": 0, "expireWarnDays": 0, "minAgeMinutes": 0, "historyCount": 4},
			"lockout": {"maxAttempts": 10, "autoUnlockMinutes": 0, "showLockoutFailures": false}
		}
	},
	"_links": {"self": {"href": "https://acme.okta.com/api/v1/policies/00p1emaKXZTWRYd3TtG5"}}
}]`
