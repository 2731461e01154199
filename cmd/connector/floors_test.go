package main_test

import (
	"encoding/json"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const module = "github.com/okta-connector/okta-connector/"

// floors is the height of each package; imports only go down. Packages of one floor may know each other where sideways
// says so.
var floors = map[string]int{
	"schemas":                  0,
	"connections/okta":         0,
	"connections/okta/sandbox": 0,
	"runtime/connector":        1,
	"actions":                  2,
	"triggers":                 2,
	"connections":              2,
	"runtime":                  2,
	"runtime/store":            2,
	"manifest":                 3,
	"runtime/httpapi":          3,
	"runtime/console":          3,
	"runtime/telemetry":        3,
	"cmd/connector":            4,
}

// sideways are the imports on one floor, each with its reason.
var sideways = map[[2]string]string{
	{"triggers", "actions"}:                "the Event Hook trigger has the event inputs of Create Event Hook",
	{"runtime", "runtime/store"}:           "the store is the engine's",
	{"runtime/console", "runtime/httpapi"}: "the console shows problems as the API words them",
}

// testPackages are made for tests and may know what they test.
var testPackages = []string{"connections/okta/oktatest", "runtime/store/storetest", "runtime/store/pgtest"}

func TestImportsOnlyGoDown(t *testing.T) {
	t.Parallel()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Imports", module+"...").Output()
	require.NoError(t, err)
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var pkg struct {
			ImportPath string
			Imports    []string
		}
		err := dec.Decode(&pkg)
		if err == io.EOF {
			break
		}
		require.NoError(t, err)
		name := strings.TrimPrefix(pkg.ImportPath, module)
		if slices.Contains(testPackages, name) {
			continue
		}
		floor, known := floors[name]
		require.True(t, known, "package %s has no floor", name)
		for _, imported := range pkg.Imports {
			below, ours := strings.CutPrefix(imported, module)
			if !ours || sideways[[2]string{name, below}] != "" {
				continue
			}
			require.NotContains(t, testPackages, below, "%s imports a package made for tests", name)
			require.Less(t, floors[below], floor, "%s imports %s", name, below)
			require.NotEqual(t, "connections/okta/sandbox", name, "the sandbox imports nothing of ours")
		}
	}
}

// TestNothingOfTestsIsShipped: what proves the program is not part of it.
func TestNothingOfTestsIsShipped(t *testing.T) {
	t.Parallel()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", ".").Output()
	require.NoError(t, err)
	require.Contains(t, string(out), module+"actions")
	for _, pkg := range []string{
		"github.com/getkin/kin-openapi", "github.com/okta/okta-sdk-golang", "github.com/stretchr/testify",
		"github.com/chromedp/", "github.com/rogpeppe/go-internal",
	} {
		require.NotContains(t, string(out), pkg)
	}
}
