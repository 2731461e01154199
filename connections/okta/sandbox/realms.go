package sandbox

import "strings"

// realmsPage holds without a search too: Okta puts one in where there is none.
const (
	realmsPage   = 10
	maxRealms    = 200
	everyRealm   = "id pr"
	realmPartner = "PARTNER"
	realmDefault = "DEFAULT"
)

// realm is a stored realm; it is never changed, only replaced.
type realm struct {
	id, name, kind   string
	standard         bool // the default realm
	created, updated stamp
}

func (r *realm) attribute(name string) any {
	switch name {
	case "id":
		return r.id
	case "created":
		return r.created
	case "lastUpdated":
		return r.updated
	case "isDefault":
		return r.standard
	case "profile.name":
		return r.name
	case "profile.realmType":
		return r.kind
	}
	return nil
}

var realmRules = rules{
	attribute: oneOf("id", "created", "lastUpdated", "isDefault", "profile.name", "profile.realmType"),
	contains:  []string{"profile.name"},
}

// listRealms is GET /api/v1/realms.
func (o *Org) listRealms(c *call) *apiError {
	if o.options.NoRealms {
		return noSuchFeature()
	}
	if c.query.Get("search") == "" {
		if c.query == nil {
			c.query = map[string][]string{}
		}
		c.query.Set("search", everyRealm)
	}
	page, refusal := listing[realm]{
		table: o.realms, attribute: (*realm).attribute, search: realmRules, limit: realmsPage, most: maxRealms,
		matchesQ: func(*realm, string) bool { return true }, limitQ: realmsPage,
	}.page(c)
	if refusal != nil {
		return refusal
	}
	all := make([]any, len(page))
	for i, r := range page {
		all[i] = r.json(c)
	}
	return c.json(all)
}

func (o *Org) realmOf(c *call) (*realm, *apiError) {
	if o.options.NoRealms {
		return nil, noSuchFeature()
	}
	if r := o.realms.get(c.param("id")); r != nil {
		return r, nil
	}
	return nil, notFound(c.param("id"), "Realm")
}

// getRealm is GET /api/v1/realms/{realmId}.
func (o *Org) getRealm(c *call) *apiError {
	r, refusal := o.realmOf(c)
	if refusal != nil {
		return refusal
	}
	return c.json(r.json(c))
}

// realmRequest reads the name and type of a realm, which must be free unless it is that of the realm with ownID.
func (o *Org) realmRequest(c *call, ownID string) (name, kind string, refusal *apiError) {
	var body struct {
		Profile struct {
			Name string `json:"name"`
			Type string `json:"realmType"`
		} `json:"profile"`
	}
	if refusal := c.decode(&body); refusal != nil {
		return "", "", refusal
	}
	name, kind = body.Profile.Name, body.Profile.Type
	switch {
	case strings.TrimSpace(name) == "":
		return "", "", invalid("name", "name: The field cannot be left blank")
	case kind != "" && kind != realmPartner && kind != realmDefault:
		return "", "", invalid("realmType", "realmType: The value is not in the list of values")
	}
	for _, r := range o.realms.rows {
		if r.id != ownID && strings.EqualFold(r.name, name) {
			return "", "", taken("name")
		}
	}
	return name, kind, nil
}

// createRealm is POST /api/v1/realms.
func (o *Org) createRealm(c *call) *apiError {
	if o.options.NoRealms {
		return noSuchFeature()
	}
	name, kind, refusal := o.realmRequest(c, "")
	if refusal != nil {
		return refusal
	}
	r := &realm{id: o.ids.next(prefixRealm), name: name, kind: kind, created: now(), updated: now()}
	o.realms.put(r)
	o.recordRealm(c, "realm.create", r)
	return c.json(r.json(c))
}

// replaceRealm is PUT /api/v1/realms/{realmId}.
func (o *Org) replaceRealm(c *call) *apiError {
	r, refusal := o.realmOf(c)
	if refusal != nil {
		return refusal
	}
	changed := *r
	if changed.name, changed.kind, refusal = o.realmRequest(c, r.id); refusal != nil {
		return refusal
	}
	changed.updated = now()
	o.realms.put(&changed)
	o.recordRealm(c, "realm.update", &changed)
	return c.json(changed.json(c))
}

// deleteRealm is DELETE /api/v1/realms/{realmId}, for a realm that nobody is in.
func (o *Org) deleteRealm(c *call) *apiError {
	r, refusal := o.realmOf(c)
	if refusal != nil {
		return refusal
	}
	if r.standard {
		return invalid("realm", "The default realm cannot be deleted")
	}
	for _, u := range o.users.rows {
		if u.realmID == r.id {
			return invalid("realm", "A realm with users cannot be deleted")
		}
	}
	o.realms.remove(r.id)
	o.recordRealm(c, "realm.delete", r)
	return c.nothing()
}

func (o *Org) recordRealm(c *call, event string, r *realm) {
	o.record(o.origin(c), happening{event: event, targets: []target{
		{ID: r.id, Type: "Realm", AlternateID: r.name, DisplayName: r.name},
	}})
}

// defaultRealmID is "" in an org without realms.
func (o *Org) defaultRealmID() string {
	if !o.options.NoRealms {
		for _, r := range o.realms.rows {
			if r.standard {
				return r.id
			}
		}
	}
	return ""
}

func (r *realm) json(c *call) any {
	type profile struct {
		Name string `json:"name"`
		Type string `json:"realmType,omitempty"`
	}
	type self struct {
		Rel    string `json:"rel"`
		Href   string `json:"href"`
		Method string `json:"method"`
	}
	return struct {
		ID        string          `json:"id"`
		Created   stamp           `json:"created"`
		Updated   stamp           `json:"lastUpdated"`
		Profile   profile         `json:"profile"`
		IsDefault bool            `json:"isDefault"`
		Links     map[string]self `json:"_links"`
	}{
		r.id, r.created, r.updated,
		profile{r.name, r.kind},
		r.standard,
		map[string]self{"self": {"self", c.base() + "/api/v1/realms/" + r.id, "GET"}},
	}
}
