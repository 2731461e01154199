package sandbox

import (
	"maps"
	"slices"
	"strings"
)

// maxGroupsOnCreate is how many groups one request to create a user may name.
const maxGroupsOnCreate = 20

// userRequest is the body of a request to create or change a user.
type userRequest struct {
	Profile     map[string]any      `json:"profile"`
	Credentials *credentialsRequest `json:"credentials"`
	GroupIDs    []string            `json:"groupIds"`
	RealmID     string              `json:"realmId"`
	Type        *struct {
		ID string `json:"id"`
	} `json:"type"`
}

// createUser is POST /api/v1/users.
func (o *Org) createUser(c *call) *apiError {
	var body userRequest
	if refusal := c.decode(&body); refusal != nil {
		return refusal
	}
	activate := c.flag("activate", true)
	changePassword := c.query.Get("nextLogin") == "changePassword"
	if next := c.query.Get("nextLogin"); next != "" && !changePassword {
		return invalid("nextLogin", "nextLogin: The value is not in the list of values")
	}
	u, refusal := o.newUser(body)
	switch {
	case refusal != nil:
		return refusal
	case changePassword && !activate:
		return expiryWithoutActivation(expiryWithoutActivation().summary)
	case changePassword && u.password == nil:
		return expiryWithoutPassword(expiryWithoutPassword().summary)
	case c.flag("provider", false) && (body.Credentials == nil || body.Credentials.Provider == nil):
		return invalid("credentials.provider", "credentials.provider: The field cannot be left blank")
	}
	if activate {
		u.activate()
		if changePassword {
			u.status = statusPasswordExpired
		}
	}
	from := o.origin(c)
	o.addUser(u)
	o.tell(from, "user.lifecycle.create", u.target())
	if activate {
		o.tell(from, "user.lifecycle.activate", u.target())
	}
	for _, id := range body.GroupIDs {
		o.join(from, o.groups.get(id), u)
	}
	for _, appID := range o.assigned.appsOfGroup(o.everyone) {
		o.assignByGroup(from, o.apps.get(appID), u)
	}
	return o.answerUser(c, u)
}

// newUser makes a staged user of body, or says why it cannot.
func (o *Org) newUser(body userRequest) (*user, *apiError) {
	if len(body.GroupIDs) > maxGroupsOnCreate {
		return nil, tooManyTargets("The number of group targets is too large")
	}
	if body.Profile == nil {
		return nil, invalid("profile", "profile: The field cannot be left blank")
	}
	u := &user{userFields: userFields{
		status: statusStaged, typeID: o.defaultType().id, realmID: o.defaultRealmID(), profile: present(body.Profile),
		providerType: "OKTA", providerName: "OKTA",
	}}
	if refusal := o.checkUser(u, "newUser"); refusal != nil {
		return nil, refusal
	}
	if refusal := o.settle(u, body, true); refusal != nil {
		return nil, refusal
	}
	if _, refusal := body.Credentials.apply(u); refusal != nil {
		return nil, refusal
	}
	for _, id := range body.GroupIDs {
		switch g := o.groups.get(id); {
		case g == nil:
			return nil, notFound(id, "UserGroup")
		case g.kind != groupOkta:
			return nil, forbidden()
		}
	}
	u.id = o.ids.next(prefixUser)
	u.created = now()
	u.lastUpdated, u.statusChanged = u.created, u.created
	return u, nil
}

// settle gives u the type and realm that body names.
func (o *Org) settle(u *user, body userRequest, mayChangeType bool) *apiError {
	if body.RealmID != "" {
		if o.realms.get(body.RealmID) == nil || o.options.NoRealms {
			return invalid("realmId", "realmId: The realm does not exist")
		}
		u.realmID = body.RealmID
	}
	if body.Type == nil || body.Type.ID == "" || body.Type.ID == u.typeID {
		return nil
	}
	switch {
	case o.types.get(body.Type.ID) == nil:
		return invalid("type", "type: The user type does not exist")
	case !mayChangeType:
		return invalid("type", "type: The user type cannot be changed by a partial update")
	}
	u.typeID = body.Type.ID
	return nil
}

// present drops the attributes that are null.
func present(profile map[string]any) map[string]any {
	profile = maps.Clone(profile)
	maps.DeleteFunc(profile, func(_ string, value any) bool { return value == nil })
	return profile
}

// checkUser checks u's profile as a whole, and that its login is free; what names the request in the error.
func (o *Org) checkUser(u *user, what string) *apiError {
	if causes := o.checkProfile(u.profile); len(causes) > 0 {
		if name, _, ok := strings.Cut(causes[0], ": "); ok {
			what = name
		}
		return invalid(what, causes...)
	}
	if owner, ok := o.logins[strings.ToLower(u.login())]; ok && owner != u.id {
		return taken("login")
	}
	return nil
}

// addUser stores a user who is new.
func (s *state) addUser(u *user) {
	s.users.put(u)
	s.logins[strings.ToLower(u.login())] = u.id
}

// replaceUser puts changed in the place of the user with its id.
func (s *state) replaceUser(changed *user) {
	if before := s.users.get(changed.id); before.login() != changed.login() {
		delete(s.logins, strings.ToLower(before.login()))
		s.logins[strings.ToLower(changed.login())] = changed.id
	}
	changed.lastUpdated = now()
	s.users.put(changed)
}

// updateUser is POST /api/v1/users/{id}: what the body names changes, null empties an attribute, the rest stays.
func (o *Org) updateUser(c *call) *apiError { return o.changeUser(c, false) }

// replaceUserProfile is PUT /api/v1/users/{id}: what the body does not name is emptied.
func (o *Org) replaceUserProfile(c *call) *apiError { return o.changeUser(c, true) }

func (o *Org) changeUser(c *call, replace bool) *apiError {
	u, refusal := o.userOf(c)
	if refusal != nil {
		return refusal
	}
	var body userRequest
	if refusal := c.decode(&body); refusal != nil {
		return refusal
	}
	if u.status == statusDeprovisioned {
		return wrongStatus()
	}
	changed := u.clone()
	if replace {
		if body.Profile == nil {
			return invalid("profile", "profile: The field cannot be left blank")
		}
		clear(changed.profile)
	}
	maps.Copy(changed.profile, body.Profile)
	changed.profile = present(changed.profile)
	if refusal := o.checkUser(changed, "user"); refusal != nil {
		return refusal
	}
	if refusal := o.settle(changed, body, replace); refusal != nil {
		return refusal
	}
	newPassword, refusal := body.Credentials.apply(changed)
	switch {
	case refusal != nil:
		return refusal
	case newPassword && changed.password.foreign() && u.status != statusStaged:
		return invalid("password", "password: A hash or hook can be set only while the user is STAGED")
	case newPassword && slices.Contains([]string{statusProvisioned, statusRecovery, statusPasswordExpired}, u.status):
		changed.become(statusActive)
	}
	o.replaceUser(changed)
	from := o.origin(c)
	if body.Profile != nil {
		o.record(from, happening{
			event: "user.account.update_profile", targets: []target{changed.target()},
			debug: map[string]any{"changedAttributes": strings.Join(differing(u.profile, changed.profile), ",")},
		})
	}
	if newPassword {
		o.tell(from, "user.account.update_password", changed.target())
	}
	return o.answerUser(c, changed)
}

// differing names the attributes whose values are not the same in both.
func differing(before, after map[string]any) []string {
	var names []string
	for name := range before {
		if !sameValue(before[name], after[name]) {
			names = append(names, name)
		}
	}
	for name := range after {
		if _, had := before[name]; !had {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func sameValue(a, b any) bool {
	list, ok := a.([]any)
	if !ok {
		_, isList := b.([]any)
		return !isList && a == b
	}
	other, ok := b.([]any)
	return ok && slices.EqualFunc(list, other, sameValue)
}

// userOf finds the user that the path names by id, login, login shortname or me.
func (o *Org) userOf(c *call) (*user, *apiError) {
	id := c.param("id")
	if id == "me" && c.who.kind == "User" {
		id = c.who.id
	}
	if u := o.findUser(id); u != nil {
		return u, nil
	}
	return nil, notFound(id, "User")
}

// findUser finds a user by id, login or the part of a login before the @ where nobody else has it; nil for none.
func (s *state) findUser(name string) *user {
	if u := s.users.get(name); u != nil {
		return u
	}
	name = strings.ToLower(name)
	if id, ok := s.logins[name]; ok {
		return s.users.get(id)
	}
	if name == "" || strings.Contains(name, "@") {
		return nil
	}
	var found *user
	for login, id := range s.logins {
		if len(login) > len(name) && login[len(name)] == '@' && login[:len(name)] == name {
			if found != nil {
				return nil
			}
			found = s.users.get(id)
		}
	}
	return found
}
