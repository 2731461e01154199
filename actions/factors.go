package actions

import (
	"context"

	"github.com/okta-connector/okta-connector/connections/okta"
	"github.com/okta-connector/okta-connector/runtime/connector"
	"github.com/okta-connector/okta-connector/schemas"
)

// ListUserFactors lists the factors of a user.
var ListUserFactors = connector.NewAction(
	connector.ActionInfo{
		Key:   "listUserFactors",
		Label: "List User Factors",
		Description: "Lists the factors a user has enrolled, such as Okta Verify or a phone number. Okta judges by the " +
			"network and device this call comes from: a factor that the enrolment policy does not allow there is left out.",
		Group:  "Factors",
		Output: schemas.ListOf(schemas.Factor()),
		Example: example(`{"userId": "00ub0oNGTSWTBKOLGLNR"}`, `[{
			"id": "sms2gt8gzgEBPUWBIFHN",
			"factorType": "sms",
			"provider": "OKTA",
			"vendorName": "OKTA",
			"status": "ACTIVE",
			"created": "2026-03-02T09:20:44.000Z",
			"lastUpdated": "2026-03-02T09:20:51.000Z",
			"profile": {"phoneNumber": "+1-555-415-1337"}
		}]`),
		Scopes:      []string{usersRead},
		Annotations: connector.Annotations{ReadOnly: true, Idempotent: true},
	},
	func(ctx context.Context, c *okta.Client, in userIDRef) (connector.Result, error) {
		return read(c.ListFactors(ctx, in.UserID), true)
	},
)

type unenrollUserFactor struct {
	userIDRef
	FactorID                 string `json:"factorId" title:"Factor ID" required:"true" pattern:"[^.]" hint:"must not be dots alone" source:"selectUserFactor(userId=userId)" example:"sms2gt8gzgEBPUWBIFHN" doc:"The factor's id, from List User Factors."`
	RemoveRecoveryEnrollment bool   `json:"removeRecoveryEnrollment" title:"Remove Recovery Enrollment" default:"false" always:"true" doc:"Also stop using the phone number to recover the account. For factors of type sms and call only."`
}

// UnenrollUserFactor takes a factor away from a user.
var UnenrollUserFactor = connector.NewAction(
	connector.ActionInfo{
		Key:   "unenrollUserFactor",
		Label: "Unenroll User Factor",
		Description: "Takes a factor away from a user, who can then enrol a new one. With a push factor all of the user's " +
			"Okta Verify factors go. Not possible for a deactivated user.",
		Group:  "Factors",
		Output: statusSchema("id"),
		Example: example(
			`{"userId": "00ub0oNGTSWTBKOLGLNR", "factorId": "sms2gt8gzgEBPUWBIFHN"}`,
			`{"id": "sms2gt8gzgEBPUWBIFHN", "status": "DELETED"}`,
		),
		Scopes:      []string{usersManage},
		Annotations: connector.Annotations{Destructive: true, Idempotent: true},
	},
	func(ctx context.Context, c *okta.Client, in unenrollUserFactor) (connector.Result, error) {
		err := c.UnenrollFactor(ctx, in.UserID, in.FactorID, in.RemoveRecoveryEnrollment)
		return became(in.FactorID, "DELETED", err)
	},
)
