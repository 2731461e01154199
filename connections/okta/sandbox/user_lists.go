package sandbox

import (
	"slices"
	"strings"
)

const (
	usersPage   = 200
	usersQLimit = 10
	maxUsers    = 200
)

var (
	userNames        = []string{"profile.firstName", "profile.lastName", "profile.email", "profile.login"}
	userSearchFields = []string{
		"id", "status", "created", "activated", "statusChanged", "lastUpdated", "lastLogin", "passwordChanged", "realmId",
		"type.id",
	}
	userFilterRules = rules{
		attribute: oneOf(append([]string{"id", "status", "lastUpdated"}, userNames...)...),
		equalOnly: append([]string{"id", "status"}, userNames...), exact: true,
	}
)

// listUsers is GET /api/v1/users.
func (o *Org) listUsers(c *call) *apiError {
	page, refusal := listing[user]{
		table: o.users, attribute: (*user).attribute,
		search: rules{attribute: o.searchableOfUsers, contains: userNames}, filter: userFilterRules,
		visible: func(u *user) bool { return u.status != statusDeprovisioned }, matchesQ: (*user).startsWith,
		limit: usersPage, limitQ: usersQLimit, most: maxUsers,
	}.page(c)
	if refusal != nil {
		return refusal
	}
	if fields := c.query.Get("fields"); fields != "" {
		return o.answerFields(c, page, fields)
	}
	c.answer = array(c.buffer, page, func(b []byte, u *user) []byte { return u.appendTo(b, c) })
	return nil
}

func (s *state) searchableOfUsers(name string) bool {
	if custom, ok := strings.CutPrefix(name, "profile."); ok {
		_, known := s.attributes[custom]
		return known
	}
	return slices.Contains(userSearchFields, name)
}

// startsWith reports whether q, in lower case, begins one of the names that people are looked up by.
func (u *user) startsWith(q string) bool {
	for _, name := range []string{"firstName", "lastName", "email"} {
		if strings.HasPrefix(strings.ToLower(u.text(name)), q) {
			return true
		}
	}
	return strings.HasPrefix(strings.ToLower(u.name()), q)
}

// answerFields answers with nothing but the id and the fields asked for: names, and those of the profile in
// profile:(name,name).
func (o *Org) answerFields(c *call, page []*user, fields string) *apiError {
	var wanted, ofProfile []string
	if before, rest, ok := strings.Cut(fields, "profile:("); ok {
		inside, after, _ := strings.Cut(rest, ")")
		ofProfile, fields = splitList(inside), before+after
	}
	wanted = splitList(fields)
	all := make([]map[string]any, len(page))
	for i, u := range page {
		shown := map[string]any{"id": u.id}
		for _, name := range wanted {
			if name == "profile" {
				shown[name] = u.profile
			} else if value := u.attribute(name); value != nil {
				shown[name] = value
			}
		}
		if ofProfile != nil {
			profile := map[string]any{}
			for _, name := range ofProfile {
				profile[name] = u.profile[name]
			}
			shown["profile"] = profile
		}
		all[i] = shown
	}
	return c.json(all)
}

func splitList(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' })
}

// getUser is GET /api/v1/users/{id}.
func (o *Org) getUser(c *call) *apiError {
	u, refusal := o.userOf(c)
	if refusal != nil {
		return refusal
	}
	return o.answerUser(c, u)
}

// listUserGroups is GET /api/v1/users/{id}/groups. It pages, though Okta describes no parameters for that.
func (o *Org) listUserGroups(c *call) *apiError {
	u, refusal := o.userOf(c)
	if refusal != nil {
		return refusal
	}
	limit, refusal := c.limit(usersPage, usersPage)
	if refusal != nil {
		return refusal
	}
	after, refusal := c.cursor()
	if refusal != nil {
		return refusal
	}
	page, next := pageOf(o.groupsOf(u.id), o.groups.idOf, after, limit, nil)
	c.pageLinks(limit, next)
	return o.answerGroups(c, page)
}
