package sandbox

import "slices"

// appGroup is what the assignment of a group to an application says beside that; seeded ones have the zero value.
type appGroup struct {
	priority int
	profile  map[string]any
	updated  stamp
}

// listApplicationGroups is GET /api/v1/apps/{appId}/groups.
func (o *Org) listApplicationGroups(c *call) *apiError {
	a, refusal := o.appOf(c)
	if refusal != nil {
		return refusal
	}
	limit, refusal := c.limit(appsPage, maxApps)
	if refusal != nil {
		return refusal
	}
	after, refusal := c.cursor()
	if refusal != nil {
		return refusal
	}
	var groups []*group
	for _, id := range o.assigned.groups[a.id] {
		groups = append(groups, o.groups.get(id))
	}
	page, next := pageOf(groups, o.groups.idOf, after, limit, nil)
	c.pageLinks(limit, next)
	all := make([]any, len(page))
	for i, g := range page {
		all[i] = o.appGroupJSON(c, a, g)
	}
	return c.json(all)
}

// appGroupOf finds the application and group that the path names, and whether the one is assigned to the other.
func (o *Org) appGroupOf(c *call) (a *app, g *group, assigned bool, refusal *apiError) {
	if a, refusal = o.appOf(c); refusal != nil {
		return nil, nil, false, refusal
	}
	if g = o.groups.get(c.param("groupId")); g == nil {
		return nil, nil, false, notFound(c.param("groupId"), "UserGroup")
	}
	return a, g, slices.Contains(o.assigned.groups[a.id], g.id), nil
}

// getApplicationGroup is GET /api/v1/apps/{appId}/groups/{groupId}.
func (o *Org) getApplicationGroup(c *call) *apiError {
	a, g, assigned, refusal := o.appGroupOf(c)
	if refusal != nil {
		return refusal
	}
	if !assigned {
		return notFound(g.id, "ApplicationGroupAssignment")
	}
	return c.json(o.appGroupJSON(c, a, g))
}

// assignGroupToApplication is PUT /api/v1/apps/{appId}/groups/{groupId}: everyone in the group gets the application.
func (o *Org) assignGroupToApplication(c *call) *apiError {
	a, g, assigned, refusal := o.appGroupOf(c)
	if refusal != nil {
		return refusal
	}
	var body struct {
		Priority int            `json:"priority"`
		Profile  map[string]any `json:"profile"`
	}
	if c.body != nil {
		if refusal := c.decode(&body); refusal != nil {
			return refusal
		}
	}
	o.assigned.details[[2]string{a.id, g.id}] = appGroup{body.Priority, body.Profile, now()}
	if !assigned {
		from := o.origin(c)
		insert(o.assigned.groups, a.id, g.id)
		o.tell(from, "group.application_assignment.add", g.target(), a.target())
		for _, u := range o.membersAfter(g.id, "", o.users.len()) {
			o.assignByGroup(from, a, u)
		}
	}
	return c.json(o.appGroupJSON(c, a, g))
}

// unassignApplicationFromGroup is DELETE /api/v1/apps/{appId}/groups/{groupId}.
func (o *Org) unassignApplicationFromGroup(c *call) *apiError {
	a, g, assigned, refusal := o.appGroupOf(c)
	if refusal != nil {
		return refusal
	}
	if !assigned {
		return notFound(g.id, "ApplicationGroupAssignment")
	}
	from := o.origin(c)
	cut(o.assigned.groups, a.id, g.id)
	delete(o.assigned.details, [2]string{a.id, g.id})
	o.tell(from, "group.application_assignment.remove", g.target(), a.target())
	for _, u := range o.membersAfter(g.id, "", o.users.len()) {
		if au := o.assigned.get(a.id, u.id); au != nil && au.scope == scopeGroup && !o.hasByGroup(a.id, u.id) {
			o.unassign(from, a, u)
		}
	}
	return c.nothing()
}

func (o *Org) appGroupJSON(c *call, a *app, g *group) any {
	self := c.base() + "/api/v1/apps/" + a.id
	details := o.assigned.details[[2]string{a.id, g.id}]
	if details.profile == nil {
		details.profile = map[string]any{}
	}
	if details.updated.IsZero() {
		details.updated = a.updated
	}
	return map[string]any{
		"id": g.id, "lastUpdated": details.updated, "priority": details.priority, "profile": details.profile,
		"_links": map[string]any{
			"app": link{Href: self}, "self": link{Href: self + "/groups/" + g.id},
			"group": link{Href: c.base() + "/api/v1/groups/" + g.id},
		},
	}
}
