package manifest_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v5"
	"github.com/stretchr/testify/require"

	"github.com/okta-connector/okta-connector/manifest"
	"github.com/okta-connector/okta-connector/runtime/connector"
	"github.com/okta-connector/okta-connector/schemas"
)

var update = flag.Bool("update", false, "write manifest.json anew")

// TestManifest_Golden pins every fact that engines see: order, keys, labels, defaults, schemas and examples.
func TestManifest_Golden(t *testing.T) {
	t.Parallel()
	var rendered bytes.Buffer
	require.NoError(t, json.Indent(&rendered, connector.NewIndex(manifest.New("dev")).JSON(), "", "  "))
	if *update {
		require.NoError(t, os.WriteFile("manifest.json", rendered.Bytes(), 0o644))
	}
	golden, err := os.ReadFile("manifest.json")
	require.NoError(t, err)
	require.Equal(t, string(golden), rendered.String(), "go test ./manifest -update writes it anew: review the diff")
}

// TestManifest_ListsEverything finds the values that the component's packages declare and the table does not hold.
func TestManifest_ListsEverything(t *testing.T) {
	t.Parallel()
	table, err := parser.ParseFile(token.NewFileSet(), "manifest.go", nil, 0)
	require.NoError(t, err)
	listed := make(map[string]bool)
	ast.Inspect(table, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok {
			if pkg, ok := s.X.(*ast.Ident); ok {
				listed[pkg.Name+"."+s.Sel.Name] = true
			}
		}
		return true
	})
	declared, m := 0, manifest.New("dev")
	for _, pkg := range []string{"actions", "connections", "triggers"} {
		for name := range declarations(t, filepath.Join("..", pkg)) {
			declared++
			require.True(t, listed[pkg+"."+name], "%s.%s is declared but not in the table", pkg, name)
		}
	}
	require.Equal(t, len(m.Actions)+len(m.DataSources)+len(m.Connections)+len(m.Triggers), declared)
}

// declarations yields the package-level variables that a constructor of package connector makes.
func declarations(t *testing.T, dir string) map[string]bool {
	t.Helper()
	constructors := []string{"NewAction", "NewDataSource", "NewConnection", "NewTrigger", "NewHook"}
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	require.NoError(t, err)
	found := make(map[string]bool)
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		require.NoError(t, err)
		for _, decl := range parsed.Decls {
			vars, ok := decl.(*ast.GenDecl)
			if !ok || vars.Tok != token.VAR {
				continue
			}
			for _, spec := range vars.Specs {
				for i, value := range spec.(*ast.ValueSpec).Values {
					call, ok := value.(*ast.CallExpr)
					if !ok {
						continue
					}
					if made, ok := call.Fun.(*ast.SelectorExpr); ok && slices.Contains(constructors, made.Sel.Name) {
						found[spec.(*ast.ValueSpec).Names[i].Name] = true
					}
				}
			}
		}
	}
	return found
}

// specified is how many actions the specification lists. Those that we add stand after them.
const specified = 45

// TestManifest_Order pins the order of the specification.
func TestManifest_Order(t *testing.T) {
	t.Parallel()
	m := manifest.New("dev")
	require.True(t, slices.IsSortedFunc(m.Actions[:specified], func(a, b *connector.Action) int {
		return strings.Compare(strings.ToLower(a.Key), strings.ToLower(b.Key))
	}), "the specification lists actions by name")
	require.Equal(t, []string{"apiToken", "oauth2AuthorizationCode", "oauth2ClientCredentials"},
		keys(m.Connections, func(k *connector.Connection) string { return k.Key }))
	require.Equal(t, []string{"eventHook", "newSystemLogs", "newUsers", "updatedUsers"},
		keys(m.Triggers, func(k *connector.Trigger) string { return k.Key }))
	require.Equal(t, []string{
		"selectUser", "selectGroup", "selectApplication", "selectEventHook", "selectPolicy", "selectRealm",
		"selectUserFactor", "selectUserType",
	}, keys(m.DataSources, func(d *connector.DataSource) string { return d.Key }))
}

func keys[T any](list []T, key func(T) string) []string {
	all := make([]string, 0, len(list))
	for _, v := range list {
		all = append(all, key(v))
	}
	return all
}

// TestManifest_Document holds the document against the schema that is published for it.
func TestManifest_Document(t *testing.T) {
	t.Parallel()
	requireValid(t, schemas.Manifest(), connector.NewIndex(manifest.New("dev")).JSON())
}

// TestManifest_Examples holds the example of every action and trigger against the schemas beside it, as engines do,
// and gives the inputs to the action itself.
func TestManifest_Examples(t *testing.T) {
	t.Parallel()
	m := manifest.New("dev")
	for _, a := range m.Actions {
		t.Run(a.Key, func(t *testing.T) {
			t.Parallel()
			_, err := a.Bind(a.Example.Inputs)
			require.NoError(t, err)
			requireValid(t, a.Input.JSON(), a.Example.Inputs)
			requireValid(t, a.Output, a.Example.Data)
		})
	}
	for _, trigger := range m.Triggers {
		t.Run(trigger.Key, func(t *testing.T) {
			t.Parallel()
			requireValid(t, trigger.Event, trigger.Example)
		})
	}
}

func requireValid(t *testing.T, schema, document json.RawMessage) {
	t.Helper()
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat = true
	require.NoError(t, compiler.AddResource("schema.json", bytes.NewReader(schema)))
	compiled, err := compiler.Compile("schema.json")
	require.NoError(t, err)
	var value any
	require.NoError(t, json.Unmarshal(document, &value))
	require.NoError(t, compiled.Validate(value))
}

// TestManifest_Pickers checks that every picker an input names is a data source, and that what it depends on is fed.
func TestManifest_Pickers(t *testing.T) {
	t.Parallel()
	m := manifest.New("dev")
	sources := make(map[string]*connector.DataSource)
	for _, d := range m.DataSources {
		sources[d.Key] = d
	}
	for _, a := range m.Actions {
		for _, field := range a.Input.Fields() {
			if field.Source == nil {
				continue
			}
			source := sources[field.Source.Key]
			require.NotNil(t, source, "%s.%s", a.Key, field.Name)
			for _, needed := range source.Input.Fields() {
				if needed.Required {
					require.Contains(t, slices.Collect(maps.Keys(field.Source.Inputs)), needed.Name, "%s.%s", a.Key, field.Name)
				}
			}
		}
	}
}

// TestManifest_IDsAreNoDots: a path of ids must not lead elsewhere, even past a proxy that resolves %2e%2e.
func TestManifest_IDsAreNoDots(t *testing.T) {
	t.Parallel()
	tried := 0
	for _, a := range manifest.New("dev").Actions {
		for _, field := range a.Input.Fields() {
			if !field.Required || field.Source == nil {
				continue
			}
			var inputs map[string]any
			require.NoError(t, json.Unmarshal(a.Example.Inputs, &inputs))
			inputs[field.Name] = ".."
			raw, err := json.Marshal(inputs)
			require.NoError(t, err)
			_, err = a.Bind(raw)
			require.Equal(t, schemas.Invalid{{Pointer: "/" + field.Name, Detail: "must not be dots alone"}}, err, a.Key)
			tried++
		}
	}
	require.Positive(t, tried)
}

// TestManifest_Documented checks that every component and every input explains itself, and that no default stands in
// the way of a partial update.
func TestManifest_Documented(t *testing.T) {
	t.Parallel()
	m := manifest.New("dev")
	for _, a := range m.Actions {
		require.NotNil(t, a.Scopes, a.Key)
		require.NotEmpty(t, a.Group, a.Key)
		for _, field := range a.Input.Fields() {
			require.NotEmpty(t, field.Title, "%s.%s", a.Key, field.Name)
			require.NotEmpty(t, field.Doc, "%s.%s", a.Key, field.Name)
			if a.Key == "updateUser" || a.Key == "updateGroup" || a.Key == "updateApplicationUserAssignment" {
				require.Nil(t, field.Default, "%s.%s", a.Key, field.Name)
			}
		}
	}
}
