package sandbox

import (
	"slices"
	"strings"
)

const (
	appsPage = 20
	maxApps  = 200
)

// The ways in which applications sign people in.
const (
	signOnSAML     = "SAML_2_0"
	signOnOIDC     = "OPENID_CONNECT"
	signOnPlugin   = "BROWSER_PLUGIN"
	signOnAuto     = "AUTO_LOGIN"
	signOnBookmark = "BOOKMARK"
)

// The ways in which an application with passwords comes by them.
const (
	schemeEdit   = "EDIT_USERNAME_AND_PASSWORD"
	schemeAdmin  = "ADMIN_SETS_CREDENTIALS"
	schemeShared = "SHARED_USERNAME_AND_PASSWORD"
)

// app is a stored application; it is never changed, only replaced.
type app struct {
	id, name, label, status, signOn string
	scheme                          string // of an application with passwords
	kid                             string // of the signing key, SAML and OIDC
	created, updated                stamp
	features                        []string
	settings                        map[string]any // settings.app
}

// pushesProfiles reports whether Okta keeps the application up to date, so that mapped attributes are not for others.
func (a *app) pushesProfiles() bool { return slices.Contains(a.features, "PUSH_PROFILE_UPDATES") }

func (a *app) target() target {
	return target{ID: a.id, Type: "AppInstance", AlternateID: a.label, DisplayName: a.label}
}

func (a *app) startsWith(q string) bool {
	return strings.HasPrefix(strings.ToLower(a.name), q) || strings.HasPrefix(strings.ToLower(a.label), q)
}

var appFilterRules = rules{attribute: oneOf(
	"id", "status", "name", "credentials.signing.kid", "settings.slo.enabled", "user.id", "group.id",
)}

// listApplications is GET /api/v1/apps. Inactive ones are listed too whatever includeNonDeleted says, as Okta does.
func (o *Org) listApplications(c *call) *apiError {
	limit, refusal := c.limit(appsPage, maxApps)
	if refusal != nil {
		return refusal
	}
	after, refusal := c.cursor()
	if refusal != nil {
		return refusal
	}
	wanted, users, refusal := o.wantedApps(c.query.Get("filter"), strings.ToLower(c.query.Get("q")))
	if refusal != nil {
		return refusal
	}
	var embedded *user
	if expand := c.query.Get("expand"); expand != "" {
		id, ok := strings.CutPrefix(expand, "user/")
		if !ok || !slices.Equal(users, []string{id}) {
			return invalid("expand", "Expand query is malformed.")
		}
		embedded = o.users.get(id)
	}
	page, next := pageOf(o.apps.rows, o.apps.idOf, after, limit, wanted)
	c.pageLinks(limit, next)
	return o.answerApps(c, page, embedded)
}

// wantedApps makes the condition of a filter and q. It returns the users that the filter names too.
func (o *Org) wantedApps(filter, q string) (wanted func(*app) bool, users []string, refusal *apiError) {
	if filter == "" {
		return func(a *app) bool { return a.startsWith(q) }, nil, nil
	}
	e, refusal := appFilterRules.filter(filter)
	if refusal != nil {
		return nil, nil, refusal
	}
	var groups []string
	e.each(func(c *expression) bool {
		switch c.attribute {
		case "user.id":
			users = append(users, c.value.text)
		case "group.id":
			groups = append(groups, c.value.text)
		}
		return true
	})
	return func(a *app) bool {
		return a.startsWith(q) && e.matches(func(name string) any {
			var named []any
			switch name {
			case "id":
				return a.id
			case "status":
				return a.status
			case "name":
				return a.name
			case "credentials.signing.kid":
				return a.kid
			case "settings.slo.enabled":
				return false
			case "user.id":
				for _, id := range users {
					if o.assigned.get(a.id, id) != nil {
						named = append(named, id)
					}
				}
			case "group.id":
				for _, id := range groups {
					if slices.Contains(o.assigned.groups[a.id], id) {
						named = append(named, id)
					}
				}
			}
			return named
		}, true)
	}, users, nil
}

func (o *Org) answerApps(c *call, page []*app, embedded *user) *apiError {
	all := make([]any, len(page))
	for i, a := range page {
		shown := o.appJSON(c, a)
		if embedded != nil {
			shown["_embedded"] = map[string]any{"user": o.appUserJSON(c, a, o.assigned.get(a.id, embedded.id), nil)}
		}
		all[i] = shown
	}
	return c.json(all)
}

// getApplication is GET /api/v1/apps/{appId}.
func (o *Org) getApplication(c *call) *apiError {
	a, refusal := o.appOf(c)
	if refusal != nil {
		return refusal
	}
	shown := o.appJSON(c, a)
	if id, ok := strings.CutPrefix(c.query.Get("expand"), "user/"); ok {
		au := o.assigned.get(a.id, id)
		if au == nil {
			return notFound(id, "AppUser")
		}
		shown["_embedded"] = map[string]any{"user": o.appUserJSON(c, a, au, nil)}
	}
	return c.json(shown)
}

func (o *Org) appOf(c *call) (*app, *apiError) {
	if a := o.apps.get(c.param("id")); a != nil {
		return a, nil
	}
	return nil, notFound(c.param("id"), "AppInstance")
}

// activateApplication is POST /api/v1/apps/{appId}/lifecycle/activate.
func (o *Org) activateApplication(c *call) *apiError {
	return o.setAppStatus(c, statusActive, "application.lifecycle.activate")
}

// deactivateApplication is POST /api/v1/apps/{appId}/lifecycle/deactivate.
func (o *Org) deactivateApplication(c *call) *apiError {
	return o.setAppStatus(c, "INACTIVE", "application.lifecycle.deactivate")
}

func (o *Org) setAppStatus(c *call, status, event string) *apiError {
	a, refusal := o.appOf(c)
	if refusal != nil {
		return refusal
	}
	changed := *a
	changed.status, changed.updated = status, now()
	o.apps.put(&changed)
	o.tell(o.origin(c), event, changed.target())
	return c.empty()
}

// deleteApplication is DELETE /api/v1/apps/{appId}, for inactive ones.
func (o *Org) deleteApplication(c *call) *apiError {
	a, refusal := o.appOf(c)
	if refusal != nil {
		return refusal
	}
	if a.status == statusActive {
		return cannotDeleteApp("The application must be deactivated before deletion.")
	}
	o.assigned.removeApp(a.id)
	o.apps.remove(a.id)
	o.tell(o.origin(c), "application.lifecycle.delete", a.target())
	return c.nothing()
}

func (o *Org) appJSON(c *call, a *app) map[string]any {
	self := c.base() + "/api/v1/apps/" + a.id
	linkName := a.linkName()
	login := link{Name: linkName, Href: c.base() + "/home/" + a.name + "/" + a.id + "/1", Type: "text/html"}
	links := map[string]any{
		"appLinks":   []link{login},
		"groups":     link{Href: self + "/groups"},
		"users":      link{Href: self + "/users"},
		"logo":       []link{{Name: "medium", Href: c.base() + "/assets/img/logos/" + a.name + ".png", Type: "image/png"}},
		"uploadLogo": linkTo(self+"/logo", "POST"),
	}
	step := "deactivate"
	if a.status != statusActive {
		step = "activate"
	}
	links[step] = link{Href: self + "/lifecycle/" + step}
	policies := c.base() + "/api/v1/policies/"
	links["accessPolicy"] = link{Href: policies + o.policyFor("ACCESS_POLICY").id}
	links["profileEnrollment"] = link{Href: policies + o.policyFor("PROFILE_ENROLLMENT").id}
	links["policies"] = linkTo(self+"/policies", "PUT")
	if a.signOn == signOnSAML {
		links["help"] = link{Href: c.base() + "/app/" + a.name + "/" + a.id + "/setup/help/SAML_2_0", Type: "text/html"}
		links["metadata"] = link{Href: self + "/sso/saml/metadata", Type: "application/xml"}
	}
	return map[string]any{
		"id": a.id, "orn": "orn:okta:idp:" + o.orgID + ":apps:" + a.name + ":" + a.id, "name": a.name, "label": a.label,
		"status": a.status, "lastUpdated": a.updated, "created": a.created, "features": a.features, "signOnMode": a.signOn,
		"accessibility": map[string]any{"selfService": false, "errorRedirectUrl": nil, "loginRedirectUrl": nil},
		"visibility": map[string]any{
			"autoLaunch": false, "autoSubmitToolbar": false, "hide": map[string]bool{"iOS": false, "web": false},
			"appLinks": map[string]bool{linkName: true},
		},
		"universalLogout": a.universalLogout(), "credentials": a.credentials(), "settings": a.allSettings(), "_links": links,
	}
}
