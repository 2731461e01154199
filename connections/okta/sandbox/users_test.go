package sandbox

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const goodPassword = "Sturdy-Ladder-5"

func withPassword(value string) map[string]any {
	return map[string]any{"credentials": map[string]any{"password": map[string]any{"value": value}}}
}

func TestCreateUser_State(t *testing.T) {
	f := newFixture(t, Options{})
	credentials := func(text string) map[string]any { return map[string]any{"credentials": json.RawMessage(text)} }
	federated := credentials(`{"provider":{"type":"FEDERATION","name":"corp"}}`)
	empty := credentials(`{"password":{}}`)
	for i, c := range []struct {
		query, want string
		body        map[string]any
	}{
		{"", statusProvisioned, nil},
		{"?activate=true", statusProvisioned, empty},
		{"?activate=false", statusStaged, nil},
		{"?activate=false", statusStaged, withPassword(goodPassword)},
		{"", statusActive, withPassword(goodPassword)},
		{"?nextLogin=changePassword", statusPasswordExpired, withPassword(goodPassword)},
		{"?provider=true", statusActive, federated},
		{"", statusActive, credentials(`{"password":{"hook":{"type":"default"}}}`)},
	} {
		u := f.user(fmt.Sprintf("p%d@example.com", i), c.query, c.body)
		require.Equal(t, c.want, u["status"], "%d", i)
		require.Equal(t, c.want != statusStaged, u["activated"] != nil, "%d", i)
		require.NotNil(t, u["statusChanged"], "%d", i)
		require.Regexp(t, `^00u.{17}$`, u["id"])
		require.Regexp(t, `^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z$`, u["created"])
	}
}

func TestCreateUser_Refused(t *testing.T) {
	f := newFixture(t, Options{})
	f.user("taken@example.com", "", nil)
	profile := func(more map[string]any) map[string]any {
		p := map[string]any{"login": "new@example.com", "email": "new@example.com", "firstName": "N", "lastName": "P"}
		for name, value := range more {
			p[name] = value
		}
		return map[string]any{"profile": p}
	}
	with := func(name string, value any) map[string]any {
		body := profile(nil)
		body[name] = value
		return body
	}
	const blank = ": The field cannot be left blank"
	const loginForm = "login: Username must be in the form of an email address"
	attribute := func(name string, value any) any { return profile(map[string]any{name: value}) }
	for name, c := range map[string]struct {
		body   any
		query  string
		cause  string // "": any
		status int    // 0: 400 E0000001
		code   string
	}{
		"not JSON":          {body: `{"profile":`, status: 400, code: "E0000003"},
		"two values":        {body: `{} {}`, status: 400, code: "E0000003"},
		"wrong kind":        {body: `{"profile":"x"}`, status: 400, code: "E0000003"},
		"no body":           {status: 400, code: "E0000003"},
		"no profile":        {body: `{}`, cause: "profile" + blank},
		"no name":           {body: attribute("firstName", nil), cause: "firstName" + blank},
		"duplicate login":   {body: attribute("login", "TAKEN@example.com"), cause: taken("login").causes[0]},
		"login form":        {body: attribute("login", "x1234"), cause: loginForm},
		"email form":        {body: attribute("email", "x"), cause: "email: Does not match required pattern"},
		"unknown attribute": {body: attribute("notValid", "x"), cause: "Property name 'notValid' is not defined in profile"},
		"wrong type":        {body: attribute("badgeNumber", "x"), cause: "badgeNumber: The value is not of type integer"},
		"wrong element":     {body: attribute("skills", []any{1}), cause: "skills: The value is not of type string"},
		"not in the list":   {body: attribute("shirtSize", "XXL")},
		"too long":          {body: attribute("firstName", strings.Repeat("x", 51))},
		"weak password":     {body: with("credentials", withPassword("short")["credentials"])},
		"lone question":     {body: with("credentials", json.RawMessage(`{"recovery_question":{"question":"Who?"}}`))},
		"unknown provider":  {body: with("credentials", json.RawMessage(`{"provider":{"type":"PIGEON"}}`))},
		"unknown group":     {body: with("groupIds", []string{"00gnone"}), status: 404, code: "E0000007"},
		"group of others":   {body: with("groupIds", []string{f.org.everyone}), status: 403, code: "E0000006"},
		"too many groups": {
			body: with("groupIds", make([]string, 21)), status: 400, code: "E0000093",
			cause: "The number of group targets is too large",
		},
		"unknown hook": {body: with("credentials", json.RawMessage(`{"password":{"hook":{"type":"x"}}}`))},
		"hook and value": {
			body: with("credentials", json.RawMessage(`{"password":{"hook":{"type":"default"},"value":"`+goodPassword+`"}}`)),
		},
		"unknown type":     {body: with("type", map[string]any{"id": "otynone"})},
		"unknown realm":    {body: with("realmId", "guonone")},
		"unknown step":     {body: profile(nil), query: "?nextLogin=dance"},
		"provider missing": {body: profile(nil), query: "?provider=true"},
		"expiry of nothing": {
			body: profile(nil), query: "?nextLogin=changePassword", status: 400, code: "E0000124",
			cause: expiryWithoutPassword().summary,
		},
		"expiry, inactive": {
			body: profile(nil), query: "?nextLogin=changePassword&activate=false", status: 400, code: "E0000125",
			cause: expiryWithoutActivation().summary,
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := fixture{t, f.org}
			before := f.org.users.len()
			if c.status == 0 {
				c.status, c.code = 400, "E0000001"
			}
			cause := f.do("POST", "/api/v1/users"+c.query, c.body).refused(c.status, c.code)
			if c.cause != "" {
				require.Equal(t, c.cause, cause)
			}
			require.Equal(t, before, f.org.users.len(), "nothing was created")
		})
	}
}

func TestCreateUser_TellsEverythingWrongAtOnce(t *testing.T) {
	f := newFixture(t, Options{})
	a := f.do("POST", "/api/v1/users", `{"profile":{"nope":1,"badgeNumber":true,"login":"a@b.example"}}`)
	a.refused(400, "E0000001")
	var e struct{ ErrorCauses []any }
	require.NoError(t, json.Unmarshal(a.body, &e))
	require.Len(t, e.ErrorCauses, 5, "%s", a.body)
}

func TestCreateUser_InGroups(t *testing.T) {
	f := newFixture(t, Options{Users: 3, Groups: 6})
	var ids []string
	for _, g := range f.org.groups.rows {
		if g.kind == groupOkta {
			ids = append(ids, g.id)
		}
	}
	u := f.user("ada@example.com", "", map[string]any{"groupIds": append(ids, ids[0])})
	joined := f.get("/api/v1/users/" + u["id"].(string) + "/groups").list()
	require.ElementsMatch(t, append(ids, f.org.everyone), values(joined, "id"))
}

func TestCreateUser_KeepsTypes(t *testing.T) {
	f := newFixture(t, Options{})
	u := f.do("POST", "/api/v1/users", `{"profile":{
		"login":"ada@example.com","email":"ada@example.com","firstName":"Ada","lastName":"L","badgeNumber":9007199254740993,
		"fte":0.80,"contractor":false,"skills":["go","sql"],"postalAddress":null,"costCenter":""}}`)
	require.Contains(t, string(u.body), `"badgeNumber":9007199254740993`)
	require.Contains(t, string(u.body), `"fte":0.80`)
	profile := u.ok()["profile"].(map[string]any)
	require.Equal(t, false, profile["contractor"])
	require.Equal(t, []any{"go", "sql"}, profile["skills"])
	require.Contains(t, profile, "costCenter")
	require.Empty(t, profile["costCenter"])
	require.NotContains(t, profile, "postalAddress")
	require.Contains(t, profile, "mobilePhone", "Okta names these two always")
	require.Contains(t, profile, "secondEmail")
}

func TestGetUser_ByIDLoginShortnameAndMe(t *testing.T) {
	f := newFixture(t, Options{})
	u := f.user("Ada.L@example.com", "", nil)
	odd := f.user("a/b@example.com", "", nil)
	for _, name := range []string{u["id"].(string), "Ada.L@example.com", "ada.l@EXAMPLE.com", "ada.l"} {
		require.Equal(t, u["id"], f.get("/api/v1/users/" + name).ok()["id"], name)
	}
	require.Equal(t, odd["id"], f.get("/api/v1/users/a%2Fb@example.com").ok()["id"], "%2F is no slash")
	require.Equal(t, f.org.admin, f.get("/api/v1/users/me").ok()["id"])

	f.user("ada.l@example.org", "", nil)
	f.get("/api/v1/users/ada.l").refused(404, "E0000007")
	a := f.get("/api/v1/users/nobody")
	a.refused(404, "E0000007")
	require.Contains(t, string(a.body), "Not found: Resource not found: nobody (User)")
}

func TestGetUser_Answer(t *testing.T) {
	f := newFixture(t, Options{})
	u := f.user("ada@example.com", "", withPassword(goodPassword))
	path := "/api/v1/users/" + u["id"].(string)
	plain := f.get(path)
	require.NotEmpty(t, plain.header.Get("Etag"))
	require.NotContains(t, string(plain.body), goodPassword)
	require.Contains(t, plain.ok(), "credentials")
	require.Equal(t, map[string]any{}, at(plain.ok(), "credentials.password"))

	without := func(parts string) map[string]any {
		return f.do("GET", path, nil, func(r *http.Request) {
			r.Header.Set("Content-Type", "application/json; okta-response="+parts)
		}).ok()
	}
	require.NotContains(t, without("omitCredentials"), "credentials")
	require.Contains(t, without("omitCredentials")["_links"], "changePassword")
	require.Contains(t, without("omitCredentialsLinks"), "credentials")
	require.NotContains(t, without("omitCredentialsLinks")["_links"], "changePassword")
	require.Contains(t, without("omitCredentialsLinks")["_links"], "suspend")
	require.NotContains(t, without(`"omitCredentials, omitCredentialsLinks"`), "credentials")
	require.Equal(t, []any{}, at(f.get(path, "expand", "blocks").ok(), "_embedded.blocks"))

	before := plain.header.Get("Etag")
	f.do("POST", path, `{"profile":{"title":"Countess"}}`).ok()
	require.NotEqual(t, before, f.get(path).header.Get("Etag"))
}

func TestUserLinks_FollowTheState(t *testing.T) {
	f := newFixture(t, Options{Users: 40})
	seen := map[string]bool{}
	for _, u := range f.org.users.rows {
		shown := f.get("/api/v1/users/" + u.id).ok()
		links := shown["_links"].(map[string]any)
		require.Len(t, links, 3+len(nextSteps[u.status]), u.status)
		for _, step := range nextSteps[u.status] {
			require.Contains(t, links, step)
		}
		seen[u.status] = true
	}
	require.Len(t, seen, 8, "each state is there")
	listed := f.get("/api/v1/users").list()[0]["_links"].(map[string]any)
	require.Len(t, listed, 1, "in lists there is only self")
}

func TestUpdateUser_IsPartial(t *testing.T) {
	f := newFixture(t, Options{})
	u := f.user("ada@example.com", "", map[string]any{"profile": map[string]any{
		"login": "ada@example.com", "email": "ada@example.com", "firstName": "Ada", "lastName": "L", "title": "Countess",
		"locale": "en_GB", "badgeNumber": 7,
	}})
	path := "/api/v1/users/" + u["id"].(string)
	answer := f.do("POST", path, `{"profile":{"title":null,"department":"Analysis","badgeNumber":8}}`).ok()
	changed := answer["profile"].(map[string]any)
	require.NotContains(t, changed, "title")
	require.Equal(t, "Analysis", changed["department"])
	require.Equal(t, "en_GB", changed["locale"])
	require.InDelta(t, 8, changed["badgeNumber"], 0)
	require.Equal(t, "Ada", changed["firstName"])

	f.do("POST", path, `{"profile":{"notValid":"x"}}`).refused(400, "E0000001")
	f.do("POST", path, `{"profile":{"lastName":null}}`).refused(400, "E0000001")
	f.do("POST", path, `{"type":{"id":"`+f.org.types.rows[1].id+`"}}`).refused(400, "E0000001")
	f.do("POST", "/api/v1/users/nobody", `{}`).refused(404, "E0000007")
}

func TestUpdateUser_Login(t *testing.T) {
	f := newFixture(t, Options{})
	u := f.user("ada@example.com", "", nil)
	f.user("grace@example.com", "", nil)
	path := "/api/v1/users/" + u["id"].(string)
	f.do("POST", path, `{"profile":{"login":"grace@example.com"}}`).refused(400, "E0000001")
	f.do("POST", path, `{"profile":{"login":"countess@example.com"}}`).ok()
	f.get("/api/v1/users/ada@example.com").refused(404, "E0000007")
	require.Equal(t, u["id"], f.get("/api/v1/users/countess@example.com").ok()["id"])
	f.user("ada@example.com", "", nil)
}

func TestReplaceUser_EmptiesTheRest(t *testing.T) {
	f := newFixture(t, Options{})
	u := f.user("ada@example.com", "", map[string]any{"profile": map[string]any{
		"login": "ada@example.com", "email": "ada@example.com", "firstName": "Ada", "lastName": "L", "title": "Countess",
	}})
	path := "/api/v1/users/" + u["id"].(string)
	f.do("PUT", path, `{"profile":{"title":"x"}}`).refused(400, "E0000001")
	f.do("PUT", path, `{}`).refused(400, "E0000001")
	partner := f.org.types.rows[2].id
	replaced := f.do("PUT", path, `{
		"profile":{"login":"ada@example.com","email":"ada@example.com","firstName":"A","lastName":"L"},
		"type":{"id":"`+partner+`"}}`).ok()
	require.NotContains(t, replaced["profile"], "title")
	require.Equal(t, partner, at(replaced, "type.id"))
}

func TestUserSchema_NewAttributesCanBeSet(t *testing.T) {
	f := newFixture(t, Options{})
	u := f.user("ada@example.com", "", nil)
	path := "/api/v1/users/" + u["id"].(string)
	schema := at(f.get("/api/v1/meta/schemas/user/default").ok(), "definitions.custom.properties").(map[string]any)
	require.Contains(t, schema, "badgeNumber")
	require.Contains(t, at(f.get("/api/v1/meta/schemas/user/default").ok(), "definitions.base.properties"), "costCenter")

	f.do("POST", path, `{"profile":{"shoeSize":41}}`).refused(400, "E0000001")
	define := `{"definitions":{"custom":{"properties":{"shoeSize":%s}}}}`
	f.do("POST", "/api/v1/meta/schemas/user/default", fmt.Sprintf(define, `{"title":"Shoe size","type":"integer"}`)).ok()
	f.do("POST", path, `{"profile":{"shoeSize":41}}`).ok()
	require.Len(t, f.get("/api/v1/users", "search", "profile.shoeSize gt 40").list(), 1)
	f.do("POST", "/api/v1/meta/schemas/user/default", fmt.Sprintf(define, "null")).ok()
	f.get("/api/v1/users", "search", "profile.shoeSize gt 40").refused(400, "E0000031")

	base := `{"definitions":{"custom":{"properties":{"login":null}}}}`
	f.do("POST", "/api/v1/meta/schemas/user/default", base).refused(400, "E0000001")
	f.get("/api/v1/meta/schemas/user/oscnone").refused(404, "E0000007")
}

func TestUserTypes(t *testing.T) {
	f := newFixture(t, Options{})
	types := f.get("/api/v1/meta/types/user").list()
	require.Equal(t, []string{"user", "contractor", "partner"}, values(types, "name"))
	require.Equal(t, true, types[0]["default"])
	require.Equal(t, types[0], f.get("/api/v1/meta/types/user/default").ok())
	f.get("/api/v1/meta/types/user/otynone").refused(404, "E0000007")
}
