package actions

import (
	"context"
	"net/url"

	"github.com/okta-connector/okta-connector/connections/okta"
	"github.com/okta-connector/okta-connector/runtime/connector"
	"github.com/okta-connector/okta-connector/schemas"
)

type listRealms struct {
	fetchAllInput
	Limit int `json:"limit" title:"Limit" min:"1" example:"200" doc:"How many realms a page has, 200 when not set."`
	afterInput
	Search string `json:"search" title:"Search" example:"profile.name co \"Partner\"" doc:"A condition in Okta's expression language. The operator co works on profile.name only."`
	sortInputs
}

func (in listRealms) query() url.Values {
	return queryOf("limit", number(in.Limit, pageSize), "after", in.After, "search", in.Search,
		"sortBy", in.SortBy, "sortOrder", in.SortOrder)
}

// ListRealms lists the org's realms.
var ListRealms = connector.NewAction(
	connector.ActionInfo{
		Key:   "listRealms",
		Label: "List Realms",
		Description: "Lists the realms that the org's users are divided into. Orgs without realms refuse it with " +
			"E0000015. A realm made a moment ago may be missing from a search.",
		Group:       "Realms",
		Output:      schemas.ListOf(schemas.Realm()),
		Example:     example(`{"search": "profile.name co \"Partner\""}`, "["+realmExample+"]"),
		Scopes:      []string{"okta.realms.read"},
		Annotations: connector.Annotations{ReadOnly: true, Idempotent: true},
	},
	func(ctx context.Context, c *okta.Client, in listRealms) (connector.Result, error) {
		return read(c.ListRealms(ctx, in.query()), in.FetchAll)
	},
)

const realmExample = `{
	"id": "guox9jQ16k9V8IFEL0g3",
	"created": "2025-10-01T07:00:00.000Z",
	"lastUpdated": "2025-10-01T07:00:00.000Z",
	"isDefault": false,
	"profile": {"name": "Partners EMEA", "realmType": "PARTNER", "domains": []},
	"_links": {"self": {"href": "https://acme.okta.com/api/v1/realms/guox9jQ16k9V8IFEL0g3"}}
}`
