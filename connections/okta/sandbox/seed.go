package sandbox

import (
	"math/rand/v2"
	"strings"
	"time"
)

// reset makes the org as the options describe it, in the place of what was there.
func (o *Org) reset() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.state != nil && o.log.grown != nil {
		close(o.log.grown) // whoever waits for events looks at the new log from now on
	}
	seed, lag := o.options.Seed, o.options.SearchLag
	o.state = &state{
		ids: newIdentifiers(seed), chance: rand.New(rand.NewPCG(seed, 0x5eed)),
		users: newTable(func(u *user) string { return u.id }, lag), logins: map[string]string{}, attributes: newAttributes(),
		groups:  newTable(func(g *group) string { return g.id }, lag),
		members: newMemberships(), assigned: newAssignments(), factors: map[string][]*factor{},
		apps:     newTable(func(a *app) string { return a.id }, 0),
		types:    newTable(func(t *userType) string { return t.id }, 0),
		realms:   newTable(func(r *realm) string { return r.id }, lag),
		policies: newTable(func(p *policy) string { return p.id }, 0),
		hooks:    newTable(func(h *eventHook) string { return h.id }, 0),
	}
	o.orgID = o.ids.next(prefixOrg)
	o.log.epoch = requestID()
	g := &seeder{Org: o, now: now()}
	g.founded = stamp{g.now.Add(-1100 * day)}
	g.seedTypes()
	g.seedRealms()
	g.seedPolicies()
	g.seedApps()
	g.seedGroups()
	g.seedUsers()
	g.seedHistory()
	o.users.settle()
	o.groups.settle()
	o.realms.settle()
	o.ids.unseed()
}

// seeder makes up a company. What it makes depends on nothing but the options and the present time.
type seeder struct {
	*Org
	now, founded stamp
	groupByName  map[string]*group
	heads        map[string]*user // of departments
	namesTaken   map[string]int
}

// since is a time a share of the way from the foundation to the present.
func (g *seeder) since(part, whole int) stamp {
	step := (g.now.Sub(g.founded.Time) - day) / time.Duration(max(whole, 1))
	return stamp{g.founded.Add(step * time.Duration(part)).Truncate(time.Second)}
}

func pick[T any](chance *rand.Rand, list []T) T { return list[chance.IntN(len(list))] }

func (g *seeder) seedTypes() {
	by := g.ids.next(prefixSystem)
	for _, t := range []userType{
		{name: "user", displayName: "User", description: "Employees and everybody else", standard: true},
		{name: "contractor", displayName: "Contractor", description: "People with a contract for a limited time"},
		{name: "partner", displayName: "Partner", description: "People of partner companies"},
	} {
		t.id, t.schemaID = g.ids.next(prefixUserType), g.ids.next(prefixSchema)
		t.created, t.createdBy = g.founded, by
		g.types.put(&t)
	}
}

// seedRealms makes more than one page of them.
func (g *seeder) seedRealms() {
	if g.options.NoRealms {
		return
	}
	g.realms.put(&realm{
		id: g.ids.next(prefixRealm), name: "Default Realm", kind: realmDefault, standard: true,
		created: g.founded, updated: g.founded,
	})
	for i, name := range []string{
		"Altona Shipyards", "Blue Heron Logistics", "Calder Cold Storage", "Dunmore Rail", "Eastgate Customs",
		"Fennel & Partners", "Gulf Ferry Lines", "Hollow Creek Farms", "Ivory Coast Cocoa", "Jutland Wind",
		"Kestrel Couriers",
	} {
		at := g.since(i+1, 14)
		g.realms.put(&realm{id: g.ids.next(prefixRealm), name: name, kind: realmPartner, created: at, updated: at})
	}
}

func (g *seeder) seedPolicies() {
	for _, p := range []policy{
		{kind: "OKTA_SIGN_ON", name: "Warehouse Terminals", description: "Shared terminals", group: "Operations"},
		{kind: "OKTA_SIGN_ON", name: "Default Policy", description: "The default policy applies to everyone", system: true},
		{kind: "PASSWORD", name: "Administrators", description: "Longer passwords", group: "Administrators"},
		{kind: "PASSWORD", name: "Default Policy", description: "The default policy applies to everyone", system: true},
		{kind: "MFA_ENROLL", name: "Contractors", description: "What contractors may enroll", group: "Contractors"},
		{kind: "MFA_ENROLL", name: "Default Policy", description: "The default policy applies to everyone", system: true},
		{kind: "ACCESS_POLICY", name: "Okta Admin Console", resource: "APP"},
		{kind: "ACCESS_POLICY", name: "Any two factors", description: "Two factors to access", system: true, resource: "APP"},
		{kind: "ACCESS_POLICY", name: "Seamless for managed devices", resource: "APP"},
		{kind: "ACCESS_POLICY", name: "Legacy portals", status: "INACTIVE", resource: "APP"},
		{kind: "IDP_DISCOVERY", name: "Idp Discovery Policy", system: true},
		{kind: "PROFILE_ENROLLMENT", name: "Default Policy", description: "Profile enrollment for everyone", system: true},
		{kind: "POST_AUTH_SESSION", name: "Post Auth Policy", description: "Session protection for the org", system: true},
		{kind: "ENTITY_RISK", name: "Entity Risk Policy", description: "What to do about risky users", system: true},
	} {
		p.id, p.created, p.priority = g.ids.next(prefixPolicy), g.founded, 1
		if p.status == "" {
			p.status = statusActive
		}
		for _, other := range g.policies.rows {
			if other.kind == p.kind {
				p.priority++
			}
		}
		g.policies.put(&p)
	}
}

// seededApps are made in this order; after the last, it begins anew with other labels.
var seededApps = []struct {
	app
	groups []string // that bring it
}{
	{app{name: "slack", label: "Slack", signOn: signOnSAML}, []string{"Engineering", "Sales", "Customer Care"}},
	{app{name: "github_enterprise", label: "GitHub Enterprise", signOn: signOnSAML}, []string{"Engineering"}},
	{app{name: "salesforce", label: "Salesforce", signOn: signOnSAML, features: []string{
		"IMPORT_NEW_USERS", "PUSH_NEW_USERS", "PUSH_PROFILE_UPDATES", "PUSH_USER_DEACTIVATION",
	}}, []string{"Sales"}},
	{app{name: "oidc_client", label: "Freight Planner", signOn: signOnOIDC}, []string{"Operations"}},
	{app{name: "zoomus", label: "Zoom", signOn: signOnSAML}, nil},
	{app{name: "template_swa", label: "Expense Portal", signOn: signOnPlugin, scheme: schemeEdit}, nil},
	{
		app{name: "template_auto", label: "Port Authority", signOn: signOnAuto, scheme: schemeShared},
		[]string{"Operations"},
	},
	{app{name: "bookmark", label: "Employee Handbook", signOn: signOnBookmark}, nil},
	{app{name: "jira_onprem", label: "Jira", signOn: signOnSAML}, []string{"Engineering"}},
	{app{
		name: "template_swa", label: "Legacy Timesheets", signOn: signOnPlugin, scheme: schemeAdmin, status: "INACTIVE",
	}, nil},
}

func (g *seeder) seedApps() {
	for i := range g.options.Apps {
		a := seededApps[i%len(seededApps)].app
		if round := i / len(seededApps); round > 0 {
			a.label += " " + pick(g.chance, places).City
			a.label = g.unique(a.label)
		}
		a.id, a.created = g.ids.next(prefixApp), g.since(i, g.options.Apps+4)
		a.updated = a.created
		if a.status == "" {
			a.status = statusActive
		}
		if a.features == nil {
			a.features = []string{}
		}
		if a.signOn == signOnSAML || a.signOn == signOnOIDC {
			a.kid = g.ids.token(43)
		}
		a.settings = map[string]any{}
		switch a.signOn {
		case signOnBookmark:
			a.settings = map[string]any{"requestIntegration": false, "url": "https://handbook." + domain}
		case signOnPlugin:
			a.settings = map[string]any{
				"buttonField": "submit", "passwordField": "password", "usernameField": "username",
				"url": "https://expenses." + domain,
			}
		case signOnOIDC:
			a.settings = map[string]any{"url": "https://planner." + domain}
		}
		g.apps.put(&a)
	}
}

// unique returns name, with a number where it has been given before.
func (g *seeder) unique(name string) string {
	if g.namesTaken == nil {
		g.namesTaken = map[string]int{}
	}
	key := strings.ToLower(name)
	g.namesTaken[key]++
	if n := g.namesTaken[key]; n > 1 {
		return g.unique(name + " " + strings.Repeat("I", min(n, 3)))
	}
	return name
}
