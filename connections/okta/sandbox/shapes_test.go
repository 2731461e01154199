package sandbox

import (
	"bufio"
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// recordedPath is where Okta's recorded answers are, beside the project.
const recordedPath = "../../../../shared/recorded/okta-traffic.jsonl"

// recorded returns what Okta has been seen to answer with, by the kind of object.
func recorded(t *testing.T) map[string][]map[string]any {
	t.Helper()
	file, err := os.Open(recordedPath)
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("no recorded traffic at " + recordedPath)
	}
	require.NoError(t, err)
	defer func() { require.NoError(t, file.Close()) }()
	seen := map[string][]map[string]any{}
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var line struct {
			Path, ResponseBody string
			Status             int
		}
		require.NoError(t, json.Unmarshal(lines.Bytes(), &line))
		var objects []map[string]any
		if line.Status != 200 || json.Unmarshal([]byte(line.ResponseBody), &objects) != nil {
			var one map[string]any
			if line.Status != 200 || json.Unmarshal([]byte(line.ResponseBody), &one) != nil {
				continue
			}
			objects = []map[string]any{one}
		}
		for _, o := range objects {
			kind := kindOf(line.Path, o)
			seen[kind] = append(seen[kind], o)
		}
	}
	require.NoError(t, lines.Err())
	return seen
}

func kindOf(path string, o map[string]any) string {
	text := func(name string) string { s, _ := o[name].(string); return s }
	switch id := text("id"); {
	case text("scope") != "":
		return "app user"
	case strings.HasPrefix(id, prefixUser):
		return "user"
	case strings.HasPrefix(id, prefixGroup):
		return "group"
	case strings.HasPrefix(id, prefixApp) && strings.HasPrefix(path, "/api/v1/apps"):
		return "app " + text("signOnMode")
	case strings.HasPrefix(id, prefixHook):
		return "hook " + text("status")
	case strings.HasPrefix(id, prefixRealm):
		return "realm"
	case strings.HasPrefix(id, prefixPolicy):
		return "policy " + text("type")
	case text("factorType") != "":
		return "factor " + text("factorType")
	}
	return ""
}

// paths lists the names that an object has, at every depth, with the JSON types of the values; elements of a list are
// under its name and []. What an object names by itself (profiles, settings of one application) is left out.
func paths(o map[string]any) map[string][]string {
	out := map[string][]string{}
	var walk func(prefix string, value any)
	walk = func(path string, value any) {
		if is := jsonType(value); !slices.Contains(out[path], is) {
			out[path] = append(out[path], is)
		}
		switch v := value.(type) {
		case map[string]any:
			if !namesOfItsOwn[path] {
				for name, inner := range v {
					walk(strings.TrimPrefix(path+"."+name, "."), inner)
				}
			}
		case []any:
			for _, element := range v {
				walk(path+"[]", element)
			}
		}
	}
	walk("", o)
	return out
}

var namesOfItsOwn = map[string]bool{"profile": true, "settings.app": true, "visibility.appLinks": true}

func jsonType(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case string:
		return "string"
	case bool:
		return "boolean"
	case float64:
		return "number"
	case []any:
		return "array"
	}
	return "object"
}

func TestShapes_AreThoseThatOktaWasSeenToHave(t *testing.T) {
	f := newFixture(t, Options{Users: 60, Groups: 20, Apps: 10})
	seen := recorded(t)

	h := f.do("POST", "/api/v1/eventHooks", hookBody("north", "https://hooks.example/north")).ok()
	hookPath := "/api/v1/eventHooks/" + h["id"].(string)
	ours := map[string]map[string]any{
		"hook ACTIVE":              h,
		"hook INACTIVE":            f.do("POST", hookPath+"/lifecycle/deactivate", nil).ok(),
		"group":                    f.get("/api/v1/groups/" + f.groupNamed("Engineering")).ok(),
		"realm":                    f.get("/api/v1/realms").list()[1],
		"app SAML_2_0":             f.get(f.app("Slack")).ok(),
		"app OPENID_CONNECT":       f.get(f.app("Freight Planner")).ok(),
		"app BROWSER_PLUGIN":       f.get(f.app("Expense Portal")).ok(),
		"app AUTO_LOGIN":           f.get(f.app("Port Authority")).ok(),
		"app BOOKMARK":             f.get(f.app("Employee Handbook")).ok(),
		"app user":                 f.get(f.app("Slack") + "/users").list()[0],
		"policy ACCESS_POLICY":     f.get("/api/v1/policies", "type", "ACCESS_POLICY").list()[1],
		"policy POST_AUTH_SESSION": f.get("/api/v1/policies", "type", "POST_AUTH_SESSION").list()[0],
	}
	for _, u := range f.org.users.rows {
		ours["user in "+u.status] = f.get("/api/v1/users/" + u.id).ok()
		for _, factor := range f.get("/api/v1/users/" + u.id + "/factors").list() {
			ours["factor "+factor["factorType"].(string)] = factor
		}
	}

	compared := 0
	for kind, object := range ours {
		kind, _, _ = strings.Cut(kind, " in ")
		objects := seen[kind]
		if len(objects) == 0 {
			continue
		}
		compared++
		allowed, always := map[string][]string{}, paths(objects[0])
		for _, o := range objects {
			shape := paths(o)
			for name, is := range shape {
				allowed[name] = append(allowed[name], is...)
			}
			maps.DeleteFunc(always, func(name string, _ []string) bool { return shape[name] == nil })
		}
		mine := paths(object)
		for name, is := range mine {
			if !notRecorded(kind + " " + name) {
				assert.Subset(t, allowed[name], is, "%s: Okta was never seen to have %s like that", kind, name)
			}
		}
		for name := range always {
			if !strings.HasSuffix(name, "[]") && !strings.Contains(name, "[].") { // a list of ours may be empty
				assert.Contains(t, mine, name, "%s: Okta always has %s", kind, name)
			}
		}
	}
	require.Greater(t, compared, 9)
}

// notRecorded reports whether Okta documents the name, or one above it, though no recorded object of the kind has it so.
func notRecorded(name string) bool {
	return slices.ContainsFunc([]string{
		"user _links.unlock", "user _links.unsuspend", "user _links.delete", "app AUTO_LOGIN settings.notes",
	}, func(documented string) bool { return strings.HasPrefix(name, documented) })
}
