package actions

import (
	"context"
	"net/url"
	"strings"

	"github.com/okta-connector/okta-connector/connections/okta"
	"github.com/okta-connector/okta-connector/runtime/connector"
	"github.com/okta-connector/okta-connector/schemas"
)

const (
	appsResource = "Applications"
	appsRead     = "okta.apps.read"
	appsManage   = "okta.apps.manage"
)

// applicationRef addresses an app instance.
type applicationRef struct {
	ApplicationID string `json:"applicationId" title:"Application ID" required:"true" pattern:"[^.]" hint:"must not be dots alone" source:"selectApplication" example:"0oa1gjh63g214q0Hq0g4" doc:"The id of the app instance in this org."`
}

type getApplication struct {
	applicationRef
	Expand string `json:"expand" title:"Expand" pattern:"^user/[^/]+$" hint:"must be user/ and a user's id" placeholder:"user/{userId}" example:"user/00u1emaK22TWRYd3TtG7" doc:"user/ and a user's id: adds that user's assignment under _embedded."`
}

// GetApplication reads one app instance.
var GetApplication = connector.NewAction(
	connector.ActionInfo{
		Key:   "getApplication",
		Label: "Get Application",
		Description: "Reads one app of the org with its settings, which differ by kind of app. Expand adds how one " +
			"user is assigned to it.",
		Group:       appsResource,
		Output:      schemas.Application(),
		Example:     example(`{"applicationId": "0oa1gjh63g214q0Hq0g4"}`, applicationExample),
		Scopes:      []string{appsRead},
		Annotations: connector.Annotations{ReadOnly: true, Idempotent: true},
	},
	func(ctx context.Context, c *okta.Client, in getApplication) (connector.Result, error) {
		return answer(c.GetApplication(ctx, in.ApplicationID, in.Expand))
	},
)

type listApplications struct {
	fetchAllInput
	Q string `json:"q" title:"q" example:"Sales" doc:"Finds apps whose name or label starts with this text."`
	afterInput
	Limit             int    `json:"limit" title:"Limit" min:"1" max:"200" example:"200" doc:"How many apps a page has, 200 when not set, which is also the most."`
	UseOptimization   bool   `json:"useOptimization" title:"Use Optimization" default:"false" doc:"Answers faster, with fewer properties of each app."`
	Filter            string `json:"filter" title:"Filter" example:"status eq \"ACTIVE\"" doc:"A condition on id, name, status, credentials.signing.kid or settings.slo.enabled, or on an assignment: user.id eq \"00u...\" or group.id eq \"00g...\"."`
	Expand            string `json:"expand" title:"Expand" pattern:"^user/[^/]+$" hint:"must be user/ and a user's id" placeholder:"user/{userId}" example:"user/00u1emaK22TWRYd3TtG7" doc:"user/ and a user's id: adds that user's assignment to each app. Filter must then be user.id eq with the same id."`
	IncludeNonDeleted bool   `json:"includeNonDeleted" title:"Include Non-Deleted" default:"false" doc:"Lists apps too that are not active but not deleted either. Deleted apps are never listed."`
}

func (in listApplications) query() url.Values {
	query := queryOf("q", in.Q, "after", in.After, "limit", number(in.Limit, pageSize), "filter", in.Filter,
		"expand", in.Expand)
	if in.UseOptimization {
		query.Set("useOptimization", "true")
	}
	if in.IncludeNonDeleted {
		query.Set("includeNonDeleted", "true")
	}
	return query
}

// Check holds Expand against Filter: Okta takes one user in both or neither.
func (in listApplications) Check() schemas.Invalid {
	if in.Expand == "" {
		return nil
	}
	condition := `user.id eq "` + strings.TrimPrefix(in.Expand, "user/") + `"`
	if strings.Contains(strings.Join(strings.Fields(in.Filter), " "), condition) {
		return nil
	}
	return schemas.Invalid{{Pointer: "/expand", Detail: `needs the same user in Filter: user.id eq "{userId}"`}}
}

// ListApplications lists app instances, all or by a condition.
var ListApplications = connector.NewAction(
	connector.ActionInfo{
		Key:   "listApplications",
		Label: "List Applications",
		Description: "Lists the org's apps: all of them, or those that match q or Filter. With a filter on a user, " +
			"Expand adds how that user is assigned to each.",
		Group:       appsResource,
		Output:      schemas.ListOf(schemas.Application()),
		Example:     example(`{"filter": "status eq \"ACTIVE\"", "limit": 50}`, "["+applicationExample+"]"),
		Scopes:      []string{appsRead},
		Annotations: connector.Annotations{ReadOnly: true, Idempotent: true},
	},
	func(ctx context.Context, c *okta.Client, in listApplications) (connector.Result, error) {
		return read(c.ListApplications(ctx, in.query()), in.FetchAll)
	},
)

const applicationExample = `{
	"id": "0oa1gjh63g214q0Hq0g4",
	"name": "bookmark",
	"label": "Sales Handbook",
	"status": "ACTIVE",
	"created": "2025-11-03T10:22:31.000Z",
	"lastUpdated": "2026-01-19T08:05:40.000Z",
	"signOnMode": "BOOKMARK",
	"features": [],
	"accessibility": {"selfService": false, "errorRedirectUrl": null, "loginRedirectUrl": null},
	"visibility": {"autoSubmitToolbar": false, "hide": {"iOS": false, "web": false}, "appLinks": {"login": true}},
	"credentials": {"userNameTemplate": {"template": "${source.login}", "type": "BUILT_IN"}, "signing": {}},
	"settings": {"app": {"url": "https://handbook.example.com", "requestIntegration": false}, "notifications": {}},
	"_links": {"users": {"href": "https://acme.okta.com/api/v1/apps/0oa1gjh63g214q0Hq0g4/users"}}
}`
