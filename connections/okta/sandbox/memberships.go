package sandbox

import "slices"

// memberships says who is in which group. Everyone is in Everyone without an entry here.
type memberships struct {
	of map[string][]string // ids of users by that of the group, sorted
	in map[string][]string // ids of groups by that of the user, sorted
}

func newMemberships() memberships {
	return memberships{of: map[string][]string{}, in: map[string][]string{}}
}

// add reports whether the user was not in the group before.
func (m memberships) add(groupID, userID string) bool {
	return insert(m.of, groupID, userID) && insert(m.in, userID, groupID)
}

// remove reports whether the user was in the group.
func (m memberships) remove(groupID, userID string) bool {
	return cut(m.of, groupID, userID) && cut(m.in, userID, groupID)
}

// removeGroup returns who was in the group.
func (m memberships) removeGroup(groupID string) []string {
	users := m.of[groupID]
	delete(m.of, groupID)
	for _, id := range users {
		cut(m.in, id, groupID)
	}
	return users
}

func (m memberships) has(groupID, userID string) bool {
	_, found := slices.BinarySearch(m.in[userID], groupID)
	return found
}

// insert puts value into the sorted list at key and reports whether it was not there.
func insert(lists map[string][]string, key, value string) bool {
	list := lists[key]
	at, found := slices.BinarySearch(list, value)
	if !found {
		lists[key] = slices.Insert(list, at, value)
	}
	return !found
}

// cut takes value out of the sorted list at key and reports whether it was there.
func cut(lists map[string][]string, key, value string) bool {
	list := lists[key]
	at, found := slices.BinarySearch(list, value)
	if found {
		lists[key] = slices.Delete(list, at, at+1)
	}
	return found
}

// groupsOf returns the groups that a user is in, sorted by id.
func (s *state) groupsOf(userID string) []*group {
	groups := make([]*group, 0, len(s.members.in[userID])+1)
	if everyone := s.groups.get(s.everyone); everyone != nil {
		groups = append(groups, everyone)
	}
	for _, id := range s.members.in[userID] {
		groups = append(groups, s.groups.get(id))
	}
	slices.SortFunc(groups, func(a, b *group) int { return compareKeys(a.id, b.id, false) })
	return groups
}

// membersAfter returns who is in a group and has an id after the given one, sorted by id: n of
// them at least, where there are as many.
func (s *state) membersAfter(groupID, userID string, n int) []*user {
	if groupID == s.everyone {
		return s.users.rows
	}
	ids := s.members.of[groupID]
	at, found := slices.BinarySearch(ids, userID)
	if found {
		at++
	}
	ids = ids[at:min(at+n, len(ids))]
	users := make([]*user, len(ids))
	for i, id := range ids {
		users[i] = s.users.get(id)
	}
	return users
}

func (s *state) countMembers(groupID string) int {
	if groupID == s.everyone {
		return s.users.len()
	}
	return len(s.members.of[groupID])
}

// touchMembership notes that who is in the group has changed.
func (s *state) touchMembership(groupID string) {
	changed := *s.groups.get(groupID)
	changed.membersUpdated = now()
	s.groups.put(&changed)
}

// join adds u to g and to the applications that g brings; nothing happens to who is in it already.
func (o *Org) join(from origin, g *group, u *user) {
	if !o.members.add(g.id, u.id) {
		return
	}
	o.touchMembership(g.id)
	o.tell(from, "group.user_membership.add", u.target(), g.target())
	for _, appID := range o.assigned.appsOfGroup(g.id) {
		o.assignByGroup(from, o.apps.get(appID), u)
	}
}

// leave is the opposite of join.
func (o *Org) leave(from origin, g *group, u *user) {
	if !o.members.remove(g.id, u.id) {
		return
	}
	o.touchMembership(g.id)
	o.tell(from, "group.user_membership.remove", u.target(), g.target())
	o.groupLeft(from, g.id, u)
}

// groupLeft takes the applications away that u had by a group, and by no other.
func (o *Org) groupLeft(from origin, groupID string, u *user) {
	for _, appID := range o.assigned.appsOfGroup(groupID) {
		if au := o.assigned.get(appID, u.id); au != nil && au.scope == scopeGroup && !o.hasByGroup(appID, u.id) {
			o.unassign(from, o.apps.get(appID), u)
		}
	}
}

// hasByGroup reports whether one of u's groups is assigned to the application.
func (o *Org) hasByGroup(appID, userID string) bool {
	for _, groupID := range o.assigned.groups[appID] {
		if groupID == o.everyone || o.members.has(groupID, userID) {
			return true
		}
	}
	return false
}

const membersPage = 1000

// listGroupUsers is GET /api/v1/groups/{groupId}/users.
func (o *Org) listGroupUsers(c *call) *apiError {
	g, refusal := o.groupOf(c)
	if refusal != nil {
		return refusal
	}
	limit, refusal := c.limit(membersPage, membersPage)
	if refusal != nil {
		return refusal
	}
	after, refusal := c.cursor()
	if refusal != nil {
		return refusal
	}
	page, next := pageOf(o.membersAfter(g.id, after.id, limit+1), o.users.idOf, after, limit, nil)
	c.pageLinks(limit, next)
	c.answer = array(c.buffer, page, func(b []byte, u *user) []byte { return u.appendTo(b, c) })
	return nil
}

// assignUserToGroup is PUT /api/v1/groups/{groupId}/users/{userId}.
func (o *Org) assignUserToGroup(c *call) *apiError { return o.changeMembership(c, o.join) }

// unassignUserFromGroup is DELETE /api/v1/groups/{groupId}/users/{userId}.
func (o *Org) unassignUserFromGroup(c *call) *apiError { return o.changeMembership(c, o.leave) }

// changeMembership takes only the id of a user, no login. A group that is not Okta's own refuses even administrators.
func (o *Org) changeMembership(c *call, change func(origin, *group, *user)) *apiError {
	g, refusal := o.groupOf(c)
	if refusal != nil {
		return refusal
	}
	u := o.users.get(c.param("userId"))
	if u == nil {
		return notFound(c.param("userId"), "User")
	}
	if g.kind != groupOkta {
		return forbidden()
	}
	change(o.origin(c), g, u)
	return c.nothing()
}

// listGroupApps is GET /api/v1/groups/{groupId}/apps.
func (o *Org) listGroupApps(c *call) *apiError {
	g, refusal := o.groupOf(c)
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
	var apps []*app
	for _, id := range o.assigned.appsOfGroup(g.id) {
		apps = append(apps, o.apps.get(id))
	}
	page, next := pageOf(apps, o.apps.idOf, after, limit, nil)
	c.pageLinks(limit, next)
	return o.answerApps(c, page, nil)
}
