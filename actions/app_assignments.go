package actions

import (
	"bytes"
	"context"
	"encoding/json"

	"github.com/okta-connector/okta-connector/connections/okta"
	"github.com/okta-connector/okta-connector/runtime/connector"
	"github.com/okta-connector/okta-connector/schemas"
)

// appUserRef addresses the assignment of a user to an app.
type appUserRef struct {
	applicationRef
	userIDRef
}

// appCredentials are what a user signs in to an app with.
type appCredentials struct {
	Username string         `json:"username" title:"Username" maxLength:"100" example:"ada@example.com" doc:"The user's name in the app. Not set, Okta works one out for a new assignment and leaves that of an existing one."`
	Password schemas.Secret `json:"password" title:"Password" doc:"The user's password in the app, for apps that Okta fills in a password for. Other apps refuse it."`
}

// credentials is Okta's form of them, nil when nothing is given: apps that take none refuse even an empty object.
func (in appCredentials) credentials() map[string]any {
	if in.Username == "" && in.Password == "" {
		return nil
	}
	credentials := make(map[string]any)
	if in.Username != "" {
		credentials["userName"] = in.Username
	}
	if in.Password != "" {
		credentials["password"] = map[string]string{"value": in.Password.Reveal()}
	}
	return credentials
}

// appUser is an assignment as Okta takes it.
type appUser struct {
	ID          string         `json:"id,omitempty"`
	Scope       string         `json:"scope,omitempty"`
	Credentials map[string]any `json:"credentials,omitempty"`
	Profile     schemas.Object `json:"profile,omitempty"`
}

type assignApplicationToUser struct {
	appUserRef
	appCredentials
	Scope   string         `json:"scope" title:"Scope" options:"USER=To this user,GROUP=Through a group" doc:"Whether the assignment is the user's own or comes through a group. Not set, Okta finds out."`
	Profile schemas.Object `json:"profile" title:"Profile" example:"{\"salesRegion\": \"EMEA\"}" doc:"The user's attributes in this app, by the names in the app's profile."`
}

// assign makes the assignment. Where it stays open whether Okta did, it looks: what was asked for may be there, and
// what is not there can safely be asked for again. The first failure stands when neither helps.
func (in assignApplicationToUser) assign(ctx context.Context, c *okta.Client) (json.RawMessage, error) {
	body := appUser{in.UserID, in.Scope, in.credentials(), in.Profile}
	made, first := c.AssignUserToApplication(ctx, in.ApplicationID, body)
	if !okta.OutcomeUnknown(first) {
		return made, first
	}
	found, err := c.GetApplicationUser(ctx, in.ApplicationID, in.UserID, "")
	switch {
	case err == nil && in.madeAs(found):
		return found, nil
	case okta.HasCode(err, okta.CodeNotFound):
		if made, err = c.AssignUserToApplication(ctx, in.ApplicationID, body); err == nil {
			return made, nil
		}
	}
	return nil, first
}

// madeAs tells whether an assignment is the one that was asked for, as far as Okta shows it, and not an older one.
func (in assignApplicationToUser) madeAs(found json.RawMessage) bool {
	var have struct {
		Scope       string `json:"scope"`
		Credentials struct {
			UserName string `json:"userName"`
		} `json:"credentials"`
		Profile map[string]json.RawMessage `json:"profile"`
	}
	if json.Unmarshal(found, &have) != nil || in.Password != "" ||
		in.Scope != "" && in.Scope != have.Scope ||
		in.Username != "" && in.Username != have.Credentials.UserName {
		return false
	}
	for name, value := range in.Profile {
		if !sameJSON(value, have.Profile[name]) {
			return false
		}
	}
	return true
}

// sameJSON compares two values that may differ in white space.
func sameJSON(a, b json.RawMessage) bool {
	var x, y bytes.Buffer
	return json.Compact(&x, a) == nil && json.Compact(&y, b) == nil && bytes.Equal(x.Bytes(), y.Bytes())
}

// AssignApplicationToUser gives a user access to an app.
var AssignApplicationToUser = connector.NewAction(
	connector.ActionInfo{
		Key:   "assignApplicationToUser",
		Label: "Assign Application to User",
		Description: "Gives a user access to an app, with the user's name, password and attributes there where the " +
			"app takes them. An app with provisioning makes an account for the user.",
		Group:  appsResource,
		Output: schemas.AppUser(),
		Example: example(
			`{
				"applicationId": "0oa1gjh63g214q0Hq0g4", "userId": "00u1emaK22TWRYd3TtG7", "username": "ada@example.com",
				"scope": "USER", "profile": {"salesRegion": "EMEA"}
			}`,
			appUserExample,
		),
		Scopes:  []string{appsManage},
		Repeats: connector.RepeatsReconciled,
	},
	func(ctx context.Context, c *okta.Client, in assignApplicationToUser) (connector.Result, error) {
		return answer(in.assign(ctx, c))
	},
)

type getApplicationUserAssignment struct {
	appUserRef
	Expand string `json:"expand" title:"Expand" suggest:"user" example:"user" doc:"user adds the whole user under _embedded. Okta documents no other value."`
}

// GetApplicationUserAssignment reads how a user is assigned to an app.
var GetApplicationUserAssignment = connector.NewAction(
	connector.ActionInfo{
		Key:   "getApplicationUserAssignment",
		Label: "Get Application User Assignment",
		Description: "Reads how one user is assigned to one app: scope, state, name and attributes there. Okta " +
			"shows no passwords.",
		Group:  appsResource,
		Output: schemas.AppUser(),
		Example: example(
			`{"applicationId": "0oa1gjh63g214q0Hq0g4", "userId": "00u1emaK22TWRYd3TtG7"}`,
			appUserExample,
		),
		Scopes:      []string{appsRead},
		Annotations: connector.Annotations{ReadOnly: true, Idempotent: true},
	},
	func(ctx context.Context, c *okta.Client, in getApplicationUserAssignment) (connector.Result, error) {
		return answer(c.GetApplicationUser(ctx, in.ApplicationID, in.UserID, in.Expand))
	},
)

type updateApplicationUserAssignment struct {
	appUserRef
	Profile schemas.Object `json:"profile" title:"Profile" example:"{\"salesRegion\": \"EMEA\"}" doc:"Attributes to change in this app, by the names in the app's profile; null empties one."`
	appCredentials
}

// Check asks for something to change.
func (in updateApplicationUserAssignment) Check() schemas.Invalid {
	if len(in.Profile) == 0 && in.credentials() == nil {
		return schemas.Invalid{{Pointer: "/profile", Detail: "is required when neither Username nor Password is given"}}
	}
	return nil
}

// UpdateApplicationUserAssignment changes a user's attributes or credentials in an app.
var UpdateApplicationUserAssignment = connector.NewAction(
	connector.ActionInfo{
		Key:   "updateApplicationUserAssignment",
		Label: "Update Application User Assignment",
		Description: "Changes what a user is in an app: the attributes, the name or the password there. At least " +
			"one of them must be given.",
		Group:  appsResource,
		Output: schemas.AppUser(),
		Example: example(
			`{
				"applicationId": "0oa1gjh63g214q0Hq0g4", "userId": "00u1emaK22TWRYd3TtG7", "profile": {"salesRegion": "EMEA"}
			}`,
			appUserExample,
		),
		Scopes:      []string{appsManage},
		Annotations: connector.Annotations{Idempotent: true},
	},
	func(ctx context.Context, c *okta.Client, in updateApplicationUserAssignment) (connector.Result, error) {
		body := appUser{Credentials: in.credentials(), Profile: in.Profile}
		return answer(c.UpdateApplicationUser(ctx, in.ApplicationID, in.UserID, body))
	},
)

type removeApplicationUserAssignment struct {
	appUserRef
	SendEmail bool `json:"sendEmail" title:"Send Email" default:"false" doc:"Mails the org's administrators when the removal also deactivates the user in the app."`
}

// RemoveApplicationUserAssignment takes an app away from a user.
var RemoveApplicationUserAssignment = connector.NewAction(
	connector.ActionInfo{
		Key:   "removeApplicationUserAssignment",
		Label: "Remove Application User Assignment",
		Description: "Takes an app away from a user. An app with provisioning may deactivate or delete the user's " +
			"account there. An assignment that came through a group ends with the membership, not here.",
		Group:  appsResource,
		Output: statusSchema("applicationId", "userId"),
		Example: example(
			`{"applicationId": "0oa1gjh63g214q0Hq0g4", "userId": "00u1emaK22TWRYd3TtG7"}`,
			`{"applicationId": "0oa1gjh63g214q0Hq0g4", "userId": "00u1emaK22TWRYd3TtG7", "status": "REMOVED"}`,
		),
		Scopes:      []string{appsManage},
		Annotations: connector.Annotations{Destructive: true, Idempotent: true},
	},
	func(ctx context.Context, c *okta.Client, in removeApplicationUserAssignment) (connector.Result, error) {
		if err := c.UnassignUserFromApplication(ctx, in.ApplicationID, in.UserID, in.SendEmail); err != nil {
			return connector.Result{}, err
		}
		return connector.Result{Data: map[string]string{
			"applicationId": in.ApplicationID, "userId": in.UserID, "status": "REMOVED",
		}}, nil
	},
)

const appUserExample = `{
	"id": "00u1emaK22TWRYd3TtG7",
	"externalId": null,
	"created": "2026-02-04T08:00:21.000Z",
	"lastUpdated": "2026-02-04T08:00:21.000Z",
	"scope": "USER",
	"status": "ACTIVE",
	"statusChanged": "2026-02-04T08:00:21.000Z",
	"passwordChanged": null,
	"syncState": "DISABLED",
	"credentials": {"userName": "ada@example.com"},
	"profile": {"salesRegion": "EMEA"},
	"_links": {"user": {"href": "https://acme.okta.com/api/v1/users/00u1emaK22TWRYd3TtG7"}}
}`
