package sandbox

import (
	"encoding/json"
	"maps"
	"strings"
)

// The kinds of groups: made in Okta, there by itself, brought along by an application.
const (
	groupOkta    = "OKTA_GROUP"
	groupBuiltIn = "BUILT_IN"
	groupApp     = "APP_GROUP"
)

const (
	groupsPage    = 10_000
	groupsQLimit  = 300
	maxGroupName  = 255
	everyoneTitle = "Everyone"
)

// group is a stored group; it is never changed, only replaced.
type group struct {
	id, kind, objectClass            string
	created, updated, membersUpdated stamp
	profile                          map[string]any // name, description and whatever else the org keeps
	source                           string         // of an APP_GROUP: the application's id
}

func (g *group) name() string { name, _ := g.profile["name"].(string); return name }

func (g *group) target() target {
	return target{ID: g.id, Type: "UserGroup", AlternateID: "unknown", DisplayName: g.name()}
}

func (g *group) attribute(name string) any {
	if custom, ok := strings.CutPrefix(name, "profile."); ok {
		return g.profile[custom]
	}
	switch name {
	case "id":
		return g.id
	case "type":
		return g.kind
	case "created":
		return g.created
	case "lastUpdated":
		return g.updated
	case "lastMembershipUpdated":
		return g.membersUpdated
	case "source.id":
		return g.source
	}
	return nil
}

var groupFields = []string{"id", "type", "created", "lastUpdated", "lastMembershipUpdated", "source.id"}

var (
	groupSearchRules = rules{
		attribute: func(name string) bool { return strings.HasPrefix(name, "profile.") || oneOf(groupFields...)(name) },
		contains:  []string{"profile.name", "profile.description"},
	}
	groupFilterRules = rules{attribute: oneOf("id", "type", "lastUpdated", "lastMembershipUpdated")}
)

// listGroups is GET /api/v1/groups.
func (o *Org) listGroups(c *call) *apiError {
	page, refusal := listing[group]{
		table: o.groups, attribute: (*group).attribute, search: groupSearchRules, filter: groupFilterRules,
		matchesQ: func(g *group, q string) bool { return strings.HasPrefix(strings.ToLower(g.name()), q) },
		limit:    groupsPage, limitQ: groupsQLimit, most: groupsPage,
	}.page(c)
	if refusal != nil {
		return refusal
	}
	return o.answerGroups(c, page)
}

func (o *Org) answerGroups(c *call, page []*group) *apiError {
	all := make([]json.RawMessage, len(page))
	for i, g := range page {
		text, err := json.Marshal(o.groupJSON(c, g))
		if err != nil {
			return internal(err)
		}
		all[i] = text
	}
	return c.json(all)
}

// getGroup is GET /api/v1/groups/{groupId}.
func (o *Org) getGroup(c *call) *apiError {
	g, refusal := o.groupOf(c)
	if refusal != nil {
		return refusal
	}
	return c.json(o.groupJSON(c, g))
}

func (o *Org) groupOf(c *call) (*group, *apiError) {
	if g := o.groups.get(c.param("id")); g != nil {
		return g, nil
	}
	return nil, notFound(c.param("id"), "UserGroup")
}

type groupRequest struct {
	Profile map[string]any `json:"profile"`
}

// profileOf reads a group's profile, whose name must be free unless it is that of the group with ownID.
func (o *Org) profileOf(c *call, ownID string) (map[string]any, *apiError) {
	var body groupRequest
	if refusal := c.decode(&body); refusal != nil {
		return nil, refusal
	}
	name, isText := body.Profile["name"].(string)
	switch {
	case body.Profile["name"] != nil && !isText:
		return nil, malformedBody()
	case strings.TrimSpace(name) == "":
		return nil, invalid("name", "name: The field cannot be left blank")
	case len([]rune(name)) > maxGroupName:
		return nil, invalid("name", "name: String is too long (maximum length 255)")
	}
	for _, g := range o.groups.rows {
		if g.id != ownID && g.kind != groupApp && strings.EqualFold(g.name(), name) {
			return nil, taken("name")
		}
	}
	profile := maps.Clone(body.Profile)
	if _, has := profile["description"]; !has {
		profile["description"] = nil
	}
	return profile, nil
}

// createGroup is POST /api/v1/groups.
func (o *Org) createGroup(c *call) *apiError {
	profile, refusal := o.profileOf(c, "")
	if refusal != nil {
		return refusal
	}
	g := o.newGroup(groupOkta, "okta:user_group", profile, now())
	o.groups.put(g)
	o.tell(o.origin(c), "group.lifecycle.create", g.target())
	return c.json(o.groupJSON(c, g))
}

func (s *state) newGroup(kind, class string, profile map[string]any, at stamp) *group {
	return &group{
		id: s.ids.next(prefixGroup), kind: kind, objectClass: class, profile: profile,
		created: at, updated: at, membersUpdated: at,
	}
}

// replaceGroup is PUT /api/v1/groups/{groupId}: the profile as a whole, so that what is not named is lost.
func (o *Org) replaceGroup(c *call) *apiError {
	g, refusal := o.groupOf(c)
	if refusal != nil {
		return refusal
	}
	if g.kind != groupOkta {
		return forbidden()
	}
	profile, refusal := o.profileOf(c, g.id)
	if refusal != nil {
		return refusal
	}
	changed := *g
	changed.profile, changed.updated = profile, now()
	o.groups.put(&changed)
	o.tell(o.origin(c), "group.profile.update", changed.target())
	return c.json(o.groupJSON(c, &changed))
}

// deleteGroup is DELETE /api/v1/groups/{groupId}.
func (o *Org) deleteGroup(c *call) *apiError {
	g, refusal := o.groupOf(c)
	if refusal != nil {
		return refusal
	}
	if g.kind == groupBuiltIn {
		return forbidden()
	}
	from := o.origin(c)
	for _, id := range o.members.removeGroup(g.id) {
		o.groupLeft(from, g.id, o.users.get(id))
	}
	o.assigned.removeGroup(g.id)
	o.groups.remove(g.id)
	o.tell(from, "group.lifecycle.delete", g.target())
	return c.nothing()
}

func (o *Org) groupJSON(c *call, g *group) any {
	self := c.base() + "/api/v1/groups/" + g.id
	logo := func(size string) link {
		return link{Name: size, Href: c.base() + "/assets/img/logos/groups/odyssey/okta-" + size + ".png", Type: "image/png"}
	}
	links := map[string]any{
		"logo":  []link{logo("medium"), logo("large")},
		"users": link{Href: self + "/users"},
		"apps":  link{Href: self + "/apps"},
	}
	if g.source != "" {
		links["source"] = link{Href: c.base() + "/api/v1/apps/" + g.source}
	}
	type source struct {
		ID string `json:"id"`
	}
	answer := struct {
		ID             string         `json:"id"`
		Created        stamp          `json:"created"`
		Updated        stamp          `json:"lastUpdated"`
		MembersUpdated stamp          `json:"lastMembershipUpdated"`
		ObjectClass    []string       `json:"objectClass"`
		Type           string         `json:"type"`
		Profile        map[string]any `json:"profile"`
		Source         *source        `json:"source,omitempty"`
		Embedded       map[string]any `json:"_embedded,omitempty"`
		Links          map[string]any `json:"_links"`
	}{
		g.id, g.created, g.updated, g.membersUpdated,
		[]string{g.objectClass},
		g.kind, g.profile, nil,
		o.groupExtras(c, g), links,
	}
	if g.source != "" {
		answer.Source = &source{g.source}
	}
	return answer
}

// groupExtras is what expand asks for.
func (o *Org) groupExtras(c *call, g *group) map[string]any {
	extras := map[string]any{}
	for _, name := range splitList(c.query.Get("expand")) {
		switch {
		case name == "stats":
			extras[name] = map[string]any{
				"usersCount": o.countMembers(g.id), "appsCount": len(o.assigned.appsOfGroup(g.id)),
				"groupPushMappingsCount": 0, "hasAdminPrivilege": false,
			}
		case name == "app" && g.source != "":
			if a := o.apps.get(g.source); a != nil {
				extras[name] = o.appJSON(c, a)
			}
		}
	}
	return extras
}
