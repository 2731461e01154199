package actions

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"

	"github.com/okta-connector/okta-connector/connections/okta"
	"github.com/okta-connector/okta-connector/runtime/connector"
	"github.com/okta-connector/okta-connector/schemas"
)

// The scopes of Okta's user operations.
const (
	usersRead   = "okta.users.read"
	usersManage = "okta.users.manage"
)

type listUsers struct {
	fetchAllInput
	Search string `json:"search" title:"Search" example:"status eq \"ACTIVE\" and profile.department eq \"Engineering\"" doc:"A SCIM expression over nearly every property, custom attributes included. The best of the three ways to narrow the list: it can be sorted, it pages, and it finds deactivated users too. Results may lag behind a change for a moment. Excludes Filter and q."`
	Filter string `json:"filter" title:"Filter" example:"lastUpdated gt \"2026-01-01T00:00:00.000Z\"" doc:"A SCIM expression over id, status, lastUpdated and the profile's login, email, firstName and lastName, always up to date. Excludes Search and q."`
	Q      string `json:"q" title:"q" example:"ada" doc:"Finds people whose first name, last name or e-mail address begins with this. Okta answers with one page only and leaves deactivated users out. Excludes Search and Filter."`
	afterInput
	Limit int `json:"limit" title:"Limit" min:"1" max:"200" doc:"How many users a page has: at most 200, and 200 when not set."`
	sortInputs
	extraParametersInput
}

func (in *listUsers) query() url.Values {
	return queryOf("search", in.Search, "filter", in.Filter, "q", in.Q, "after", in.After,
		"limit", number(in.Limit, pageSize), "sortBy", in.SortBy, "sortOrder", in.SortOrder)
}

// Check holds the inputs against what Okta documents for user lists.
func (in *listUsers) Check() schemas.Invalid { return checkSearching(in.query()) }

// ListUsers lists one page of users, or all of them.
var ListUsers = connector.NewAction(
	connector.ActionInfo{
		Key:   "listUsers",
		Label: "List Users",
		Description: "Lists users, all of them or those that match a search, a filter or a few letters of the name. " +
			"Deactivated users are listed only when Search or Filter is given.",
		Group:  "Users",
		Output: schemas.ListOf(schemas.User()),
		Example: example(
			`{"search": "profile.department eq \"Engineering\"", "sortBy": "profile.lastName", "limit": 100}`,
			`[`+userExample+`]`,
		),
		Scopes:      []string{usersRead},
		Annotations: connector.Annotations{ReadOnly: true, Idempotent: true},
	},
	func(ctx context.Context, c *okta.Client, in listUsers) (connector.Result, error) {
		return read(c.ListUsers(ctx, addExtra(in.query(), in.ExtraParameters)), in.FetchAll)
	},
)

type getUser struct {
	userRef
	Expand string `json:"expand" title:"Expand" suggest:"blocks,classification" doc:"What to embed: blocks tells whether sign-ins are blocked, classification is the user's licence class in orgs that have it. The credentials are always part of the answer, without their values."`
}

// GetUser reads one user.
var GetUser = connector.NewAction(
	connector.ActionInfo{
		Key:         "getUser",
		Label:       "Get User",
		Description: "Reads one user by id or login, whatever their status. The id \"me\" is the owner of the API token.",
		Group:       "Users",
		Output:      schemas.User(),
		Example:     example(`{"id": "ada@example.com"}`, userExample),
		Scopes:      []string{usersRead},
		Annotations: connector.Annotations{ReadOnly: true, Idempotent: true},
	},
	func(ctx context.Context, c *okta.Client, in getUser) (connector.Result, error) {
		return answer(c.GetUser(ctx, in.ID, in.Expand))
	},
)

type deleteUser struct {
	userRef
	SendEmail bool `json:"sendEmail" title:"Send Email" default:"false" always:"true" doc:"Tell the org's administrators by e-mail that the user was deactivated."`
}

// DeleteUser removes a user for good. Okta's DELETE only deactivates a user who is not yet DEPROVISIONED, so that one
// needs two of them.
var DeleteUser = connector.NewAction(
	connector.ActionInfo{
		Key:   "deleteUser",
		Label: "Delete User",
		Description: "Removes a user for good; it cannot be undone. A user who is still active is deactivated first, " +
			"which takes away all their apps.",
		Group:  "Users",
		Output: statusSchema("id"),
		Example: example(
			`{"id": "ada@example.com"}`,
			`{"id": "00ub0oNGTSWTBKOLGLNR", "status": "DELETED"}`,
		),
		Scopes:      []string{usersRead, usersManage},
		Annotations: connector.Annotations{Destructive: true, Idempotent: true},
	},
	func(ctx context.Context, c *okta.Client, in deleteUser) (connector.Result, error) {
		raw, err := c.GetUser(ctx, in.ID, "")
		if err != nil {
			return connector.Result{}, err
		}
		var user struct{ ID, Status string }
		if err := json.Unmarshal(raw, &user); err != nil {
			return connector.Result{}, fmt.Errorf("read the user to delete: %w", err)
		}
		// The id, not what the caller gave: a login shortname may mean somebody else by the second call.
		if user.Status == "DEPROVISIONED" {
			return became(user.ID, "DELETED", c.DeleteUser(ctx, user.ID, in.SendEmail))
		}
		if err := c.DeleteUser(ctx, user.ID, in.SendEmail); err != nil {
			return connector.Result{}, err
		}
		err = after("the user is deactivated by now", c.DeleteUser(ctx, user.ID, in.SendEmail))
		return became(user.ID, "DELETED", err)
	},
)
