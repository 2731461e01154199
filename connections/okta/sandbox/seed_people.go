package sandbox

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// domain is that of all people's addresses; nobody can own one that ends so.
const domain = "larkspur-freight.example"

var firstNames = strings.Fields(`
Ada Adrian Aiko Aisha Alan Alma Amara Amit Ana Anders Andrea Anil Anouk Ariana Arjun Astrid Beatriz Ben Bianca Bruno
Camila Carlos Caroline Chidi Chloe Clara Dana Daniel David Deepa Diego Dmitri Edith Elena Elias Emeka Emma Erik
Esther Eva Farah Fatima Felix Fiona Frida Gabriel George Grace Greta Hana Hannah Hassan Heidi Henrik Hugo Ida Ines
Ingrid Isaac Ivan Jack Jae Jamal James Jana Javier Jin Joana Johan Jonas Jose Julia Kai Karim Katja Kenji Kim Laila
Lars Laura Leo Lena Liam Lina Linh Lucas Lucia Luis Maja Malik Marco Maria Marta Mateo Maya Mei Mia Miguel Milan
Mina Mohamed Nadia Naomi Nina Noah Nora Olga Oliver Omar Oscar Pablo Paula Pedro Petra Priya Rafael Rahul Ravi
Rebecca Rosa Ruth Salma Sam Sara Sean Selma Sofia Stefan Sven Tara Theo Thomas Tobias Uma Vera Victor Wei Yara Yuki
Zoe
`)

var lastNames = strings.Fields(`
Abbott Adeyemi Aguilar Ahmed Almeida Andersson Bakker Banerjee Barros Bauer Becker Bell Berg Bianchi Bondarenko
Brandt Brooks Brown Campbell Carvalho Castillo Chen Choi Clark Cohen Costa Cruz Dahl Das Davies Delgado Desai Diaz
Dubois Duarte Eriksen Evans Farouk Fernandez Ferrari Fischer Flores Foster Fujita Gallo Garcia Gomez Gonzalez Gruber
Gupta Haddad Hansen Hara Harris Hayashi Hernandez Hoffmann Holm Hughes Ibrahim Ito Ivanov Iyer Jansen Jensen
Johansson Jones Kapoor Karlsson Kaur Keller Khan Kim Kowalski Kumar Larsen Laurent Lee Lehmann Leroy Lewis Lind
Lindgren Lopez Mahmoud Marino Martin Martinez Mendes Meyer Miller Moreau Moreno Mori Morris Mueller Murphy Nakamura
Nair Nguyen Nielsen Novak Nowak Okafor Okoye Olsen Ortiz Osei Park Patel Pereira Petrov Popescu Price Ramirez Rao
Reyes Ricci Rivera Roberts Rodriguez Romano Rossi Roy Ruiz Saito Sanchez Santos Sato Schmidt Schneider Shah Sharma
Silva Singh Smith Sousa Suzuki Takahashi Tanaka Taylor Thomas Torres Tran Usman Vargas Vega Walker Wang Weber White
Wilson Wong Yamamoto Yilmaz Young Zhang Ziegler
`)

// department is a part of the company; weight is its share of the people.
type department struct {
	name, costCenter string
	weight           int
	titles           []string // the first is the head's
}

var departments = []department{
	{"Operations", "CC-3100", 30, []string{"VP Operations", "Dispatcher", "Route Planner", "Customs Agent"}},
	{"Engineering", "CC-2100", 20, []string{"VP Engineering", "Software Engineer", "Data Engineer", "QA Engineer"}},
	{"Sales", "CC-4100", 16, []string{"VP Sales", "Account Executive", "Sales Engineer", "Account Manager"}},
	{"Customer Care", "CC-4300", 14, []string{"Director of Customer Care", "Care Specialist", "Claims Specialist"}},
	{"Finance", "CC-1200", 7, []string{"CFO", "Accountant", "Financial Analyst", "Payroll Specialist"}},
	{"People", "CC-1300", 5, []string{"Chief People Officer", "Recruiter", "People Partner"}},
	{"Information Technology", "CC-1500", 4, []string{"CIO", "Systems Administrator", "Service Desk Analyst"}},
	{"Legal", "CC-1400", 4, []string{"General Counsel", "Counsel", "Paralegal"}},
}

// places are the company's offices.
var places = []place{
	{"Hamburg", "Hamburg", "Germany", "20457", coordinates{53.5436, 9.9881}},
	{"Rotterdam", "South Holland", "Netherlands", "3011", coordinates{51.9244, 4.4777}},
	{"Chicago", "Illinois", "United States", "60607", coordinates{41.8781, -87.6298}},
	{"Santos", "Sao Paulo", "Brazil", "11013", coordinates{-23.9608, -46.3336}},
	{"Singapore", "Singapore", "Singapore", "048583", coordinates{1.2897, 103.8501}},
}

var placeSettings = map[string]struct{ country, timezone, locale string }{
	"Hamburg":   {"DE", "Europe/Berlin", "de_DE"},
	"Rotterdam": {"NL", "Europe/Amsterdam", "nl_NL"},
	"Chicago":   {"US", "America/Chicago", "en_US"},
	"Santos":    {"BR", "America/Sao_Paulo", "pt_BR"},
	"Singapore": {"SG", "Asia/Singapore", "en_US"},
}

// lastStates are those of the people who came last, from the very last on: each state is there in small orgs too.
var lastStates = []string{
	statusLockedOut, statusSuspended, statusDeprovisioned, statusStaged, statusProvisioned, statusPasswordExpired,
	statusRecovery,
}

// seedGroups makes Everyone, a group for each department and office, one that an application brought, and others.
func (g *seeder) seedGroups() {
	g.groupByName = map[string]*group{}
	names := make([]string, 0, g.options.Groups)
	for _, d := range departments {
		names = append(names, d.name)
	}
	names = append(names, "Managers", "Contractors", "Administrators")
	for _, p := range places {
		names = append(names, p.City+" Office")
	}
	names = append(names, "On Call", "Fire Wardens", "Works Council")
	everyone := g.newGroup(groupBuiltIn, "okta:user_group", map[string]any{
		"name": everyoneTitle, "description": "All users in your organization",
	}, g.founded)
	g.everyone = everyone.id
	g.groups.put(everyone)
	for i := range g.options.Groups - 1 {
		name := fmt.Sprintf("Project %d", 100+i)
		if i < len(names) {
			name = names[i]
		}
		kind, source := groupOkta, ""
		if i == len(departments)+2 && g.apps.len() > 2 { // one that was imported
			kind, source, name = groupApp, g.apps.rows[2].id, "Salesforce: Partner Community"
		}
		profile := map[string]any{"name": name, "description": "Larkspur Freight: " + name}
		made := g.newGroup(kind, "okta:user_group", profile, g.since(i, 2*g.options.Groups))
		made.source = source
		g.groups.put(made)
		g.groupByName[name] = made
	}
	for i, a := range g.apps.rows {
		for _, name := range seededApps[i%len(seededApps)].groups {
			if of := g.groupByName[name]; of != nil {
				insert(g.assigned.groups, a.id, of.id)
			}
		}
	}
}

func (g *seeder) seedUsers() {
	n := max(g.options.Users, 1)
	admin := n / 3
	shared := newPassword(Password)
	g.heads = map[string]*user{}
	types := g.types.rows
	for i := range n {
		u := g.newPerson(i, n, i == admin)
		u.typeID, u.realmID = types[0].id, g.defaultRealmID()
		if contractor, _ := u.profile["contractor"].(bool); contractor {
			u.typeID = types[1].id
		}
		if u.typeID != types[0].id && g.realms.len() > 1 {
			u.realmID = g.realms.rows[1+i%(g.realms.len()-1)].id
		}
		g.liven(u, i, n, i == admin, shared)
		g.addUser(u)
		if i == admin {
			g.admin = u.id
		}
		g.place(u, i == admin)
		g.equip(u, i)
	}
}

// newPerson makes up the profile of the one who came as number i of n.
func (g *seeder) newPerson(i, n int, admin bool) *user {
	d := g.department(i)
	if admin {
		d = departments[6]
	}
	title := pick(g.chance, d.titles[1:])
	if g.heads[d.name] == nil && !admin {
		title = d.titles[0]
	}
	if admin {
		title = "Identity Engineer"
	}
	first, last := pick(g.chance, firstNames), pick(g.chance, lastNames)
	login := strings.ToLower(first + "." + last)
	if _, given := g.logins[login+"@"+domain]; given {
		login += strconv.Itoa(i)
	}
	login += "@" + domain
	office := pick(g.chance, places)
	settings := placeSettings[office.City]
	created := g.since(i, n)
	u := &user{userFields: userFields{
		id: g.ids.next(prefixUser), created: created, lastUpdated: created, providerType: "OKTA", providerName: "OKTA",
		profile: map[string]any{
			"login": login, "email": login, "firstName": first, "lastName": last, "displayName": first + " " + last,
			"title": title, "department": d.name, "costCenter": d.costCenter, "organization": "Larkspur Freight",
			"employeeNumber": strconv.Itoa(10_001 + i), "city": office.City, "countryCode": settings.country,
			"timezone": settings.timezone, "locale": settings.locale, "userType": "Employee",
		},
	}}
	if boss := g.heads[d.name]; boss != nil {
		u.profile["manager"], u.profile["managerId"] = boss.name(), boss.text("employeeNumber")
	} else if !admin {
		g.heads[d.name] = u
	}
	if i%5 == 1 {
		u.profile["mobilePhone"] = fmt.Sprintf("+1 555 01%02d %04d", i%100, g.chance.IntN(10_000))
	}
	if i%7 == 2 {
		u.profile["badgeNumber"] = json.Number(strconv.Itoa(40_000 + i))
		u.profile["skills"] = []any{pick(g.chance, d.titles), "forklift"}
	}
	if i%20 == 13 && !admin {
		u.profile["contractor"], u.profile["userType"] = true, "Contractor"
	}
	return u
}

// department spreads people over the departments by weight, the same way for each hundred.
func (g *seeder) department(i int) department {
	share := i * 37 % 100
	for _, d := range departments {
		if share -= d.weight; share < 0 {
			return d
		}
	}
	return departments[0]
}

// liven gives u a state and the dates that go with it.
func (g *seeder) liven(u *user, i, n int, admin bool, shared *password) {
	u.status = statusActive
	switch fromEnd := n - 1 - i; {
	case admin:
	case fromEnd < len(lastStates) && (fromEnd == 0 || n > 2*len(lastStates)):
		u.status = lastStates[fromEnd]
	case i%20 == 17 && i > 20:
		u.status = statusDeprovisioned
	case i%50 == 33:
		u.status = pick(g.chance, lastStates)
	}
	u.statusChanged = u.created
	if u.status == statusStaged {
		return
	}
	between := func() stamp {
		span := g.now.Sub(u.created.Time) - time.Hour
		return stamp{u.created.Add(time.Duration(g.chance.Int64N(int64(span)))).Truncate(time.Second)}
	}
	u.activated = u.created
	if u.status != statusProvisioned {
		u.passwordChanged, u.password = u.created, shared
		u.lastLogin = between()
	}
	if u.status == statusDeprovisioned {
		u.password = nil
	}
	if u.status != statusActive && u.status != statusProvisioned {
		u.statusChanged = between()
	}
	if i%3 == 0 {
		u.question, u.answer = "What is the name of your first stuffed animal?", "Captain Whiskers"
	}
	for _, at := range []stamp{u.statusChanged, u.lastLogin} {
		if at.After(u.lastUpdated.Time) {
			u.lastUpdated = at
		}
	}
}

// place puts u into groups and gives them the applications that come with these.
func (g *seeder) place(u *user, admin bool) {
	names := []string{u.text("department"), u.text("city") + " Office"}
	if g.heads[u.text("department")] == u {
		names = append(names, "Managers")
	}
	if u.text("userType") == "Contractor" {
		names = append(names, "Contractors")
	}
	if admin {
		names = append(names, "Administrators")
	}
	for _, name := range names {
		of := g.groupByName[name]
		if of == nil || of.kind != groupOkta {
			continue
		}
		g.members.add(of.id, u.id)
		if u.created.After(of.membersUpdated.Time) {
			of.membersUpdated = u.created
		}
		if u.status == statusDeprovisioned {
			continue
		}
		for _, appID := range g.assigned.appsOfGroup(of.id) {
			if g.assigned.get(appID, u.id) == nil {
				g.assigned.put(appID, g.newAppUser(g.apps.get(appID), u, scopeGroup, u.created))
			}
		}
	}
}

// equip gives u factors, and applications of their own.
func (g *seeder) equip(u *user, i int) {
	if u.status != statusActive && u.status != statusLockedOut {
		return
	}
	add := func(prefix, kind string, profile map[string]any) {
		g.factors[u.id] = append(g.factors[u.id], &factor{
			id: g.ids.next(prefix), kind: kind, provider: "OKTA", status: statusActive, created: u.created, profile: profile,
		})
	}
	switch i % 4 {
	case 1:
		add(prefixPush, "push", map[string]any{
			"credentialId": u.login(), "deviceType": "SmartPhone_IPhone", "name": u.text("firstName") + "'s phone",
			"platform": "IOS", "version": "18.1",
		})
		add(prefixTOTP, "token:software:totp", map[string]any{"credentialId": u.login()})
	case 2:
		add(prefixSMS, "sms", map[string]any{"phoneNumber": fmt.Sprintf("+155501%05d", i%100_000)})
	}
	if rows := g.apps.rows; len(rows) > 4 && i%6 == 0 {
		a := rows[4+i/6%(len(rows)-4)]
		if a.status == statusActive && g.assigned.get(a.id, u.id) == nil {
			g.assigned.put(a.id, g.newAppUser(a, u, scopeUser, u.created))
		}
	}
}
