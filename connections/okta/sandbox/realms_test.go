package sandbox

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestListRealms(t *testing.T) {
	f := newFixture(t, Options{})
	require.Len(t, f.get("/api/v1/realms").list(), 10, "the default is small")
	require.Len(t, f.get("/api/v1/realms", "limit", "200").list(), 12)
	found := f.get("/api/v1/realms", "search", `profile.name co "FAULT"`).list()
	require.Equal(t, []string{"Default Realm"}, values(found, "profile.name"))
	require.Len(t, f.get("/api/v1/realms", "search", `profile.realmType eq "PARTNER"`, "limit", "100").list(), 11)
	require.Equal(t, "Kestrel Couriers",
		at(f.get("/api/v1/realms", "sortBy", "profile.name", "sortOrder", "desc").list()[0], "profile.name"))
	f.get("/api/v1/realms", "search", `profile.realmType co "x"`).refused(400, "E0000031")
	f.get("/api/v1/realms", "search", `profile.nope eq "x"`).refused(400, "E0000031")
}

func TestRealm_Life(t *testing.T) {
	f := newFixture(t, Options{})
	r := f.do("POST", "/api/v1/realms", `{"profile":{"name":"Lumen"}}`).ok()
	path := "/api/v1/realms/" + r["id"].(string)
	require.Equal(t, r, f.get(path).ok())
	require.Equal(t, map[string]any{"name": "Lumen"}, r["profile"])
	replaced := f.do("PUT", path, `{"profile":{"name":"Lumen 2","realmType":"PARTNER"}}`).ok()
	require.Equal(t, map[string]any{"name": "Lumen 2", "realmType": "PARTNER"}, replaced["profile"])
	f.do("POST", "/api/v1/realms", `{"profile":{"name":"lumen 2"}}`).refused(400, "E0000001")
	f.do("POST", "/api/v1/realms", `{"profile":{}}`).refused(400, "E0000001")
	f.do("POST", "/api/v1/realms", `{"profile":{"name":"x","realmType":"ODD"}}`).refused(400, "E0000001")

	u := f.user("ada@example.com", "", map[string]any{"realmId": r["id"]})
	require.Equal(t, r["id"], u["realmId"])
	f.do("DELETE", path, nil).refused(400, "E0000001")
	f.do("POST", "/api/v1/users/ada@example.com", map[string]any{"realmId": f.org.defaultRealmID()}).ok()
	f.do("DELETE", path, nil).nothing()
	f.get(path).refused(404, "E0000007")
	f.do("DELETE", "/api/v1/realms/"+f.org.defaultRealmID(), nil).refused(400, "E0000001")
}

func TestRealms_Unlicensed(t *testing.T) {
	f := newFixture(t, Options{Users: 3, NoRealms: true})
	f.get("/api/v1/realms").refused(401, "E0000015")
	f.do("POST", "/api/v1/realms", `{"profile":{"name":"x"}}`).refused(401, "E0000015")
	f.get("/api/v1/realms/guo1").refused(401, "E0000015")
	require.NotContains(t, f.get("/api/v1/users/me").ok(), "realmId")
}
