package httpapi_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/okta-connector/okta-connector/runtime"
	"github.com/okta-connector/okta-connector/runtime/httpapi"
)

// manyKeys are one key of each role, and one that may only do some things; each is its own secret.
func manyKeys(t *testing.T) *httpapi.Keys {
	t.Helper()
	keys, err := httpapi.NewKeys([]string{"root"}).With(
		httpapi.Key{Name: "reader", Secret: "reader"},
		httpapi.Key{Name: "engine", Secret: "engine", Role: runtime.RoleInvoke},
		httpapi.Key{
			Name: "narrow", Secret: "narrow", Role: runtime.RoleInvoke,
			Allow: []string{"get*", "newUsers", "deleteUser"}, Deny: []string{"getGroup"},
		},
	)
	require.NoError(t, err)
	return keys
}

func as(key string) string { return "Authorization: Bearer " + key }

func TestKeys_RolesAndLists(t *testing.T) {
	t.Parallel()
	a := newServer(t, httpapi.Config{Keys: manyKeys(t)}, "root")
	suspend := `{"connection":"prod","inputs":{"id":"no-such-user"}}`
	subscription := `{"trigger":"newUsers","connection":"prod"}`
	for _, test := range []struct {
		method, path, body string
		reader, engine     int
		narrow, root       int
	}{
		{http.MethodPost, "/v1/actions/getUser/invoke", suspend, 424, 424, 424, 424},
		{http.MethodPost, "/v1/actions/getGroup/invoke", `{"connection":"prod","inputs":{"groupId":"x"}}`, 424, 424, 403, 424},
		{http.MethodPost, "/v1/actions/listUsers/validate", `{"connection":"prod","inputs":{}}`, 204, 204, 403, 204},
		{http.MethodPost, "/v1/actions/suspendUser/invoke", suspend, 403, 424, 403, 424},
		{http.MethodPost, "/v1/actions/suspendUser/validate", suspend, 403, 204, 403, 204},
		{http.MethodPut, "/v1/subscriptions/{key}", subscription, 403, 201, 201, 201},
		{http.MethodPut, "/v1/subscriptions/{key}-2", strings.Replace(subscription, "newU", "updatedU", 1), 403, 201, 403, 201},
		{http.MethodPost, "/v1/subscriptions/{key}/pause", "", 403, 200, 200, 200},
		{http.MethodPost, "/v1/subscriptions/{key}/poll", "", 403, 200, 200, 200},
		{http.MethodPost, "/v1/subscriptions/{key}/rewind", `{"to":"2026-01-01T00:00:00Z"}`, 403, 200, 200, 200},
		{http.MethodPost, "/v1/subscriptions/{key}/retry", "", 403, 200, 200, 200},
		{http.MethodDelete, "/v1/subscriptions/{key}", "", 403, 204, 204, 204},
		{http.MethodPost, "/v1/deliveries/none/retry", "", 403, 404, 404, 404},
		{http.MethodPut, "/v1/connections/{key}", a.connection(), 403, 403, 403, 201},
		{http.MethodDelete, "/v1/connections/{key}", "", 403, 403, 403, 204},
		{http.MethodPost, "/v1/connections/prod/test", "", 200, 200, 200, 200},
		{http.MethodGet, "/v1/connections/prod", "", 200, 200, 200, 200},
		{http.MethodGet, "/v1/audit", "", 403, 403, 403, 200},
	} {
		for key, want := range map[string]int{
			"reader": test.reader, "engine": test.engine, "narrow": test.narrow, "root": test.root,
		} {
			status, answer := a.send(test.method, strings.ReplaceAll(test.path, "{key}", key), test.body, as(key))
			require.Equal(t, want, status, "%s %s as %s: %s", test.method, test.path, key, answer)
			if status == http.StatusForbidden {
				require.Contains(t, answer, `"code":"forbidden"`)
			}
		}
	}
	status, _ := a.send(http.MethodGet, "/v1/manifest", "", as("stranger"))
	require.Equal(t, http.StatusUnauthorized, status)
}

func TestKeys_RestrictedServer(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	get, suspend := `{"connection":"prod","inputs":{"id":"nobody"}}`, "/v1/actions/suspendUser/invoke"
	server := func(limits runtime.Restrictions) *api {
		return a.beside(httpapi.Config{Keys: httpapi.NewKeys(nil).Restrict(limits)})
	}

	readOnly := server(runtime.Restrictions{ReadOnly: true})
	for _, test := range []struct {
		method, path, body string
		want               int
	}{
		{http.MethodPost, "/v1/actions/getUser/invoke", get, 424},
		{http.MethodPost, suspend, get, 403},
		{http.MethodPut, "/v1/connections/other", a.connection(), 403},
		{http.MethodPut, "/v1/subscriptions/s", `{"trigger":"newUsers","connection":"prod"}`, 403},
		{http.MethodGet, "/v1/audit", "", 200},
	} {
		status, answer := readOnly.send(test.method, test.path, test.body)
		require.Equal(t, test.want, status, "%s %s: %s", test.method, test.path, answer)
	}

	careful := server(runtime.Restrictions{NoDestructive: true})
	status, answer := careful.send(http.MethodPost, suspend, get)
	require.Equal(t, http.StatusFailedDependency, status, "%s", answer)
	status, answer = careful.send(http.MethodPost, "/v1/actions/deleteUser/invoke", get)
	require.Equal(t, http.StatusForbidden, status, "%s", answer)
}

func TestKeys_ManifestShowsWhatAKeyMayDo(t *testing.T) {
	t.Parallel()
	a := newServer(t, httpapi.Config{Keys: manyKeys(t)}, "root")
	keysOf := func(list any) (keys []string) {
		for _, item := range list.([]any) {
			keys = append(keys, item.(map[string]any)["key"].(string))
		}
		return keys
	}
	etags := map[string]string{}
	manifests := map[string]map[string]any{}
	for _, key := range []string{"root", "engine", "reader", "narrow"} {
		res := a.do(http.MethodGet, "/v1/manifest", "", as(key))
		var m map[string]any
		require.NoError(t, json.NewDecoder(res.Body).Decode(&m))
		require.NoError(t, res.Body.Close())
		manifests[key], etags[key] = m, res.Header.Get("ETag")
		require.Contains(t, res.Header.Get("Vary"), "Authorization")

		status, _ := a.send(http.MethodGet, "/v1/manifest", "", as(key), "If-None-Match: "+etags[key])
		require.Equal(t, http.StatusNotModified, status)
	}
	require.Equal(t, manifests["root"], manifests["engine"])
	require.Equal(t, etags["root"], etags["engine"])
	require.NotEqual(t, etags["root"], etags["reader"])
	require.Equal(t, []string{"deleteUser", "getApplication", "getApplicationUserAssignment", "getEventHook", "getSystemLogs", "getUser"},
		keysOf(manifests["narrow"]["actions"]))
	require.Equal(t, []string{"newUsers"}, keysOf(manifests["narrow"]["triggers"]))
	require.Empty(t, manifests["reader"]["triggers"])
	require.NotContains(t, keysOf(manifests["reader"]["actions"]), "createUser")
	require.Contains(t, keysOf(manifests["reader"]["actions"]), "listUsers")
}

func TestKeys_BadDeclarations(t *testing.T) {
	t.Parallel()
	good := httpapi.Key{Name: "one", Secret: "s3cret"}
	for want, keys := range map[string][]httpapi.Key{
		`key "": its name must be`:                          {{Secret: "x"}},
		`key "a b": its name must be`:                       {{Name: "a b", Secret: "x"}},
		`key "one": it is empty`:                            {{Name: "one", Secret: " "}},
		`key "two": another key is the same`:                {good, {Name: "two", Secret: " s3cret "}},
		`key "one": another key has this name`:              {good, {Name: "one", Secret: "other"}},
		`key "one": role must be read, invoke or admin`:     {{Name: "one", Secret: "x", Role: "root"}},
		`key "one": "[" is not a key or a pattern of keys`:  {{Name: "one", Secret: "x", Deny: []string{"["}}},
		`key "one": "a[" is not a key or a pattern of keys`: {{Name: "one", Secret: "x", Allow: []string{"a["}}},
	} {
		_, err := (*httpapi.Keys)(nil).With(keys...)
		require.ErrorContains(t, err, want)
		require.NotContains(t, err.Error(), "s3cret")
	}
}
