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

const (
	groupsResource = "Groups"
	groupsRead     = "okta.groups.read"
	groupsManage   = "okta.groups.manage"
)

// groupRef addresses a group.
type groupRef struct {
	GroupID string `json:"groupId" title:"Group ID" required:"true" pattern:"[^.]" hint:"must not be dots alone" source:"selectGroup" example:"00g1emaKYZTWRYYRRTSK" doc:"The group's id."`
}

type createGroup struct {
	Name        string `json:"name" title:"Group Name" required:"true" example:"Data Platform" doc:"The name, which no other group of the org may have."`
	Description string `json:"description" title:"Group Description" example:"Builds and runs the data platform" doc:"What the group is for, as administrators read it."`
}

type groupProfile struct {
	Name        string `json:"name"`
	Description string `json:"description,omitempty"`
}

// CreateGroup makes a group of the org's own.
var CreateGroup = connector.NewAction(
	connector.ActionInfo{
		Key:         "createGroup",
		Label:       "Create Group",
		Description: "Creates a group of the org's own, without members. The name must not be taken.",
		Group:       groupsResource,
		Output:      schemas.Group(),
		Example: example(
			`{"name": "Data Platform", "description": "Builds and runs the data platform"}`,
			groupExample,
		),
		Scopes: []string{groupsManage},
	},
	func(ctx context.Context, c *okta.Client, in createGroup) (connector.Result, error) {
		return answer(c.AddGroup(ctx, groupProfile(in)))
	},
)

// DeleteGroup removes a group.
var DeleteGroup = connector.NewAction(
	connector.ActionInfo{
		Key:   "deleteGroup",
		Label: "Delete Group",
		Description: "Deletes a group for good, with its memberships and app assignments; the members themselves " +
			"stay. Okta refuses groups that it keeps itself, such as Everyone.",
		Group:  groupsResource,
		Output: statusSchema("id"),
		Example: example(
			`{"groupId": "00g1emaKYZTWRYYRRTSK"}`,
			`{"id": "00g1emaKYZTWRYYRRTSK", "status": "DELETED"}`,
		),
		Scopes:      []string{groupsManage},
		Annotations: connector.Annotations{Destructive: true, Idempotent: true},
	},
	func(ctx context.Context, c *okta.Client, in groupRef) (connector.Result, error) {
		return became(in.GroupID, "DELETED", c.DeleteGroup(ctx, in.GroupID))
	},
)

// GetGroup reads one group.
var GetGroup = connector.NewAction(
	connector.ActionInfo{
		Key:   "getGroup",
		Label: "Get Group",
		Description: "Reads one group: its profile, its type and when its members last changed. The members are a " +
			"list of their own.",
		Group:       groupsResource,
		Output:      schemas.Group(),
		Example:     example(`{"groupId": "00g1emaKYZTWRYYRRTSK"}`, groupExample),
		Scopes:      []string{groupsRead},
		Annotations: connector.Annotations{ReadOnly: true, Idempotent: true},
	},
	func(ctx context.Context, c *okta.Client, in groupRef) (connector.Result, error) {
		return answer(c.GetGroup(ctx, in.GroupID))
	},
)

// maxGroups is the largest page of groups. Okta does not page a q, so that reading all of one takes a single page.
const maxGroups = 10_000

type listGroups struct {
	fetchAllInput
	Search string `json:"search" title:"Search" example:"profile.name sw \"Data\"" doc:"A condition in Okta's expression language, on nearly any property: profile.name sw \"Data\" and type eq \"OKTA_GROUP\"."`
	Filter string `json:"filter" title:"Filter" example:"type eq \"OKTA_GROUP\"" doc:"A condition on id, type, lastUpdated or lastMembershipUpdated: lastMembershipUpdated gt \"2026-01-01T00:00:00.000Z\"."`
	Q      string `json:"q" title:"q" example:"Data" doc:"Finds groups by name, for type-ahead: one page only, at most 300 groups unless Limit says otherwise."`
	afterInput
	Limit int `json:"limit" title:"Limit" min:"1" max:"10000" example:"200" doc:"How many groups a page has, 200 when not set. Okta advises no more than 200."`
	sortInputs
	extraParametersInput
}

func (in listGroups) query() url.Values {
	size := pageSize
	if in.Q != "" && in.FetchAll {
		size = maxGroups
	}
	return queryOf("search", in.Search, "filter", in.Filter, "q", in.Q, "after", in.After,
		"limit", number(in.Limit, size), "sortBy", in.SortBy, "sortOrder", in.SortOrder)
}

// Check holds the inputs against what Okta documents for group lists.
func (in listGroups) Check() schemas.Invalid { return checkSearching(in.query()) }

// ListGroups lists groups, all or by a condition.
var ListGroups = connector.NewAction(
	connector.ActionInfo{
		Key:   "listGroups",
		Label: "List Groups",
		Description: "Lists the org's groups: all of them, or those that match one of Search, Filter and q. A " +
			"group made a moment ago may be missing from a search.",
		Group:       groupsResource,
		Output:      schemas.ListOf(schemas.Group()),
		Example:     example(`{"search": "profile.name sw \"Data\"", "limit": 50}`, "["+groupExample+"]"),
		Scopes:      []string{groupsRead},
		Annotations: connector.Annotations{ReadOnly: true, Idempotent: true},
	},
	func(ctx context.Context, c *okta.Client, in listGroups) (connector.Result, error) {
		return read(c.ListGroups(ctx, addExtra(in.query(), in.ExtraParameters)), in.FetchAll)
	},
)

type updateGroup struct {
	groupRef
	Name        string  `json:"name" title:"Group Name" example:"Data Platform" doc:"The new name, which no other group may have. Not set keeps the present one."`
	Description *string `json:"description" title:"Group Description" emptyOK:"true" example:"Builds and runs the data platform" doc:"The new description. An empty text removes it; not set keeps the present one."`
}

// merge returns the group's profile with the given inputs in it, every other attribute byte for byte as it was.
func (in updateGroup) merge(group json.RawMessage) (map[string]any, error) {
	var present struct {
		Profile map[string]json.RawMessage `json:"profile"`
	}
	if err := json.Unmarshal(group, &present); err != nil {
		return nil, fmt.Errorf("group %s: %w", in.GroupID, err)
	}
	profile := make(map[string]any, len(present.Profile)+2)
	for name, value := range present.Profile {
		profile[name] = value
	}
	if in.Name != "" {
		profile["name"] = in.Name
	}
	if in.Description != nil {
		profile["description"] = *in.Description
	}
	return profile, nil
}

// UpdateGroup changes name or description and keeps the rest of the profile.
var UpdateGroup = connector.NewAction(
	connector.ActionInfo{
		Key:   "updateGroup",
		Label: "Update Group",
		Description: "Changes the name or the description of a group of the org's own. What is not given stays as " +
			"it is, custom attributes included: the group is read first, since Okta only replaces whole profiles.",
		Group:  groupsResource,
		Output: schemas.Group(),
		Example: example(
			`{"groupId": "00g1emaKYZTWRYYRRTSK", "description": "Builds and runs the data platform"}`,
			groupExample,
		),
		Scopes:      []string{groupsRead, groupsManage},
		Annotations: connector.Annotations{Idempotent: true},
		Repeats:     connector.RepeatsIdempotent,
	},
	func(ctx context.Context, c *okta.Client, in updateGroup) (connector.Result, error) {
		group, err := c.GetGroup(ctx, in.GroupID)
		if err != nil || in.Name == "" && in.Description == nil {
			return answer(group, err)
		}
		profile, err := in.merge(group)
		if err != nil {
			return connector.Result{}, err
		}
		return answer(c.ReplaceGroup(ctx, in.GroupID, profile))
	},
)

const groupExample = `{
	"id": "00g1emaKYZTWRYYRRTSK",
	"created": "2026-01-12T09:14:02.000Z",
	"lastUpdated": "2026-01-12T09:14:02.000Z",
	"lastMembershipUpdated": "2026-02-03T16:40:51.000Z",
	"objectClass": ["okta:user_group"],
	"type": "OKTA_GROUP",
	"profile": {"name": "Data Platform", "description": "Builds and runs the data platform"},
	"_links": {"users": {"href": "https://acme.okta.com/api/v1/groups/00g1emaKYZTWRYYRRTSK/users"}}
}`
