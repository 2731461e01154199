package sandbox

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
)

const (
	appUsersPage = 50
	maxAppUsers  = 500
	scopeUser    = "USER"
	scopeGroup   = "GROUP"
)

// appUser is the assignment of a user to an application; a stored one is never changed, only replaced.
type appUser struct {
	id, linkID, scope, status                        string // id is the user's
	userName                                         string
	hasPassword                                      bool
	created, updated, statusChanged, passwordChanged stamp
	profile                                          map[string]any
}

// assignments says who has which application, and by which groups.
type assignments struct {
	users  map[string]*table[appUser] // by id of the application
	apps   map[string][]string        // ids of applications by that of the user, sorted
	groups map[string][]string        // ids of groups by that of the application, sorted

	details map[[2]string]appGroup // by ids of an application and a group, where one has been assigned to the other
}

func newAssignments() assignments {
	return assignments{
		users: map[string]*table[appUser]{}, apps: map[string][]string{}, groups: map[string][]string{},
		details: map[[2]string]appGroup{},
	}
}

// get returns nil where the user does not have the application.
func (a assignments) get(appID, userID string) *appUser {
	if users := a.users[appID]; users != nil {
		return users.get(userID)
	}
	return nil
}

func (a assignments) put(appID string, au *appUser) {
	users := a.users[appID]
	if users == nil {
		users = newTable(func(au *appUser) string { return au.id }, 0)
		a.users[appID] = users
	}
	users.put(au)
	insert(a.apps, au.id, appID)
}

func (a assignments) remove(appID, userID string) {
	a.users[appID].remove(userID)
	cut(a.apps, userID, appID)
}

func (a assignments) removeApp(appID string) {
	if users := a.users[appID]; users != nil {
		for _, au := range users.rows {
			cut(a.apps, au.id, appID)
		}
	}
	for _, groupID := range a.groups[appID] {
		delete(a.details, [2]string{appID, groupID})
	}
	delete(a.users, appID)
	delete(a.groups, appID)
}

func (a assignments) removeGroup(groupID string) {
	for appID := range a.groups {
		cut(a.groups, appID, groupID)
		delete(a.details, [2]string{appID, groupID})
	}
}

// appsOfGroup returns the ids of the applications that a group brings, sorted.
func (a assignments) appsOfGroup(groupID string) []string {
	var ids []string
	for appID, groups := range a.groups {
		if _, found := slices.BinarySearch(groups, groupID); found {
			ids = append(ids, appID)
		}
	}
	slices.Sort(ids)
	return ids
}

// newAppUser makes an assignment as Okta fills it in by itself.
func (s *state) newAppUser(a *app, u *user, scope string, at stamp) *appUser {
	au := &appUser{
		id: u.id, linkID: s.ids.next(prefixAppLink), scope: scope, status: statusActive, userName: u.login(),
		created: at, updated: at, statusChanged: at, profile: map[string]any{},
	}
	if a.pushesProfiles() {
		au.status = statusProvisioned
		for _, name := range mappedAttributes {
			au.profile[name] = u.profile[name]
		}
	}
	return au
}

// mappedAttributes are those that an application with profile push gets from Okta.
var mappedAttributes = []string{"email", "firstName", "lastName"}

// assignByGroup gives u an application because of a group, unless u has it already.
func (o *Org) assignByGroup(from origin, a *app, u *user) {
	if u.status == statusDeprovisioned || o.assigned.get(a.id, u.id) != nil {
		return
	}
	o.assign(from, a, u, o.newAppUser(a, u, scopeGroup, now()))
}

func (o *Org) assign(from origin, a *app, u *user, au *appUser) {
	o.assigned.put(a.id, au)
	o.tell(from, "application.user_membership.add", appUserTargets(a, u, au)...)
}

func (o *Org) unassign(from origin, a *app, u *user) {
	au := o.assigned.get(a.id, u.id)
	o.assigned.remove(a.id, u.id)
	o.tell(from, "application.user_membership.remove", appUserTargets(a, u, au)...)
}

// unassignAll takes all applications from u.
func (o *Org) unassignAll(from origin, u *user) {
	for _, appID := range slices.Clone(o.assigned.apps[u.id]) {
		o.unassign(from, o.apps.get(appID), u)
	}
}

func appUserTargets(a *app, u *user, au *appUser) []target {
	return []target{
		{ID: au.linkID, Type: "AppUser", AlternateID: au.userName, DisplayName: u.name()}, a.target(), u.target(),
	}
}

// appUserRequest is the body of a request to assign a user or to change an assignment.
type appUserRequest struct {
	ID          string `json:"id"`
	Scope       string `json:"scope"`
	Credentials *struct {
		UserName *string `json:"userName"`
		Password *struct {
			Value string `json:"value"`
		} `json:"password"`
	} `json:"credentials"`
	Profile map[string]any `json:"profile"`
}

// apply puts what r holds into au, which nobody else sees yet.
func (r *appUserRequest) apply(a *app, au *appUser) *apiError {
	if creds := r.Credentials; creds != nil {
		named, secret := creds.UserName != nil, creds.Password != nil
		keepsPasswords := a.scheme == schemeEdit || a.scheme == schemeAdmin
		if a.signOn == signOnBookmark || a.scheme == schemeShared || secret && !keepsPasswords {
			return noCredentials("User level credentials should not be provided for this scheme.")
		}
		if named && *creds.UserName == "" {
			return invalid("credentials.userName", "userName: The field cannot be left blank")
		}
		if named {
			au.userName = *creds.UserName
		}
		if secret {
			au.hasPassword, au.passwordChanged = true, now()
		}
	}
	if a.pushesProfiles() {
		for _, name := range mappedAttributes {
			if _, given := r.Profile[name]; given {
				return refuse(http.StatusForbidden, "E0000075",
					"Cannot modify the "+name+" attribute because it has a field mapping and profile push is enabled.")()
			}
		}
	}
	au.profile = maps.Clone(au.profile)
	maps.Copy(au.profile, r.Profile)
	return nil
}

// assignUserToApplication is POST /api/v1/apps/{appId}/users. Whoever has the application already keeps it, and by
// themselves from now on.
func (o *Org) assignUserToApplication(c *call) *apiError {
	a, refusal := o.appOf(c)
	if refusal != nil {
		return refusal
	}
	var body appUserRequest
	if refusal := c.decode(&body); refusal != nil {
		return refusal
	}
	u := o.users.get(body.ID)
	switch {
	case body.ID == "":
		return invalid("id", "id: The field cannot be left blank")
	case u == nil:
		return notFound(body.ID, "User")
	case u.status == statusDeprovisioned:
		return wrongStatus()
	case body.Scope == "":
		body.Scope = scopeUser
	case body.Scope != scopeUser && body.Scope != scopeGroup:
		return invalid("scope", "scope: The value is not in the list of values")
	}
	if body.Scope == scopeGroup && !o.hasByGroup(a.id, u.id) {
		return invalid("scope", "scope: None of the user's groups is assigned to the application")
	}
	au := o.newAppUser(a, u, body.Scope, now())
	known := o.assigned.get(a.id, u.id)
	if known != nil {
		copied := *known
		au = &copied
		au.scope, au.updated = body.Scope, now()
	}
	if refusal := body.apply(a, au); refusal != nil {
		return refusal
	}
	if known == nil {
		o.assign(o.origin(c), a, u, au)
	} else {
		o.assigned.put(a.id, au)
		o.tell(o.origin(c), "application.user_membership.update", appUserTargets(a, u, au)...)
	}
	return c.json(o.appUserJSON(c, a, au, nil))
}

// appUserOf finds the assignment that the path names.
func (o *Org) appUserOf(c *call) (*app, *appUser, *apiError) {
	a, refusal := o.appOf(c)
	if refusal != nil {
		return nil, nil, refusal
	}
	au := o.assigned.get(a.id, c.param("userId"))
	if au == nil {
		return nil, nil, notFound(c.param("userId"), "AppUser")
	}
	return a, au, nil
}

// getApplicationUser is GET /api/v1/apps/{appId}/users/{userId}.
func (o *Org) getApplicationUser(c *call) *apiError {
	a, au, refusal := o.appUserOf(c)
	if refusal != nil {
		return refusal
	}
	return c.json(o.appUserJSON(c, a, au, o.embedded(c, au)))
}

// embedded returns the user whom expand=user asks for, nil where it does not.
func (o *Org) embedded(c *call, au *appUser) *user {
	if c.query.Get("expand") != "user" {
		return nil
	}
	return o.users.get(au.id)
}

// updateApplicationUser is POST /api/v1/apps/{appId}/users/{userId}.
func (o *Org) updateApplicationUser(c *call) *apiError {
	a, au, refusal := o.appUserOf(c)
	if refusal != nil {
		return refusal
	}
	var body appUserRequest
	if refusal := c.decode(&body); refusal != nil {
		return refusal
	}
	if body.Credentials == nil && body.Profile == nil {
		return invalid("appUser", "credentials or profile: The field cannot be left blank")
	}
	changed := *au
	if refusal := body.apply(a, &changed); refusal != nil {
		return refusal
	}
	changed.updated = now()
	o.assigned.put(a.id, &changed)
	o.tell(o.origin(c), "application.user_membership.update", appUserTargets(a, o.users.get(au.id), &changed)...)
	return c.json(o.appUserJSON(c, a, &changed, nil))
}

// unassignUserFromApplication is DELETE /api/v1/apps/{appId}/users/{userId}. What a group gave, only the group takes.
func (o *Org) unassignUserFromApplication(c *call) *apiError {
	a, au, refusal := o.appUserOf(c)
	if refusal != nil {
		return refusal
	}
	if au.scope == scopeGroup {
		return assignedByGroup("The user is assigned to the application by a group.")
	}
	from, u := o.origin(c), o.users.get(au.id)
	o.unassign(from, a, u)
	if o.hasByGroup(a.id, u.id) {
		o.assignByGroup(from, a, u)
	}
	return c.nothing()
}

// listApplicationUsers is GET /api/v1/apps/{appId}/users.
func (o *Org) listApplicationUsers(c *call) *apiError {
	a, refusal := o.appOf(c)
	if refusal != nil {
		return refusal
	}
	limit, refusal := c.limit(appUsersPage, maxAppUsers)
	if refusal != nil {
		return refusal
	}
	after, refusal := c.cursor()
	if refusal != nil {
		return refusal
	}
	all := []any{}
	if users := o.assigned.users[a.id]; users != nil {
		q := strings.ToLower(c.query.Get("q"))
		page, next := pageOf(users.rows, users.idOf, after, limit, func(au *appUser) bool {
			return q == "" || strings.HasPrefix(strings.ToLower(au.userName), q) || o.users.get(au.id).startsWith(q)
		})
		c.pageLinks(limit, next)
		for _, au := range page {
			all = append(all, o.appUserJSON(c, a, au, o.embedded(c, au)))
		}
	}
	return c.json(all)
}

func (o *Org) appUserJSON(c *call, a *app, au *appUser, embedded *user) any {
	credentials := map[string]any{"userName": au.userName}
	if au.hasPassword {
		credentials["password"] = struct{}{}
	}
	shown := map[string]any{
		"id": au.id, "externalId": nil, "created": au.created, "lastUpdated": au.updated, "scope": au.scope,
		"status": au.status, "statusChanged": au.statusChanged, "passwordChanged": au.passwordChanged,
		"syncState":   "DISABLED",
		"credentials": credentials, "profile": au.profile, "_links": map[string]any{
			"app":  link{Href: c.base() + "/api/v1/apps/" + a.id},
			"user": link{Href: c.base() + "/api/v1/users/" + au.id},
		},
	}
	if a.pushesProfiles() {
		shown["syncState"], shown["lastSync"] = "SYNCHRONIZED", au.updated
		shown["externalId"] = "005" + au.linkID[len(prefixAppLink):] // the user's id over there
	}
	if embedded != nil {
		shown["_embedded"] = map[string]any{"user": json.RawMessage(embedded.appendTo(nil, c))}
	}
	return shown
}

// listAppLinks is GET /api/v1/users/{id}/appLinks: what the user's dashboard shows. It has no pages.
func (o *Org) listAppLinks(c *call) *apiError {
	u, refusal := o.userOf(c)
	if refusal != nil {
		return refusal
	}
	all := []any{}
	for i, appID := range o.assigned.apps[u.id] {
		a, au := o.apps.get(appID), o.assigned.get(appID, u.id)
		if a.status != statusActive {
			continue
		}
		all = append(all, map[string]any{
			"id": u.id, "label": a.label, "linkUrl": c.base() + "/home/" + a.name + "/" + a.id + "/1",
			"logoUrl": c.base() + "/assets/img/logos/" + a.name + ".png", "appName": a.name, "appInstanceId": a.id,
			"appAssignmentId": au.linkID, "credentialsSetup": au.hasPassword || a.scheme == "", "hidden": false, "sortOrder": i,
		})
	}
	return c.json(all)
}
