package manifest_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/okta-connector/okta-connector/manifest"
	"github.com/okta-connector/okta-connector/runtime/connector"
	"github.com/okta-connector/okta-connector/schemas"
)

const reference = "../docs/reference.md"

// TestMarkdown_Golden holds the committed reference page against the table.
func TestMarkdown_Golden(t *testing.T) {
	t.Parallel()
	rendered := manifest.Markdown(manifest.New("dev"))
	if *update {
		require.NoError(t, os.WriteFile(reference, rendered, 0o644))
	}
	golden, err := os.ReadFile(reference)
	require.NoError(t, err)
	require.Equal(t, string(golden), string(rendered), "go generate ./manifest writes it anew: review the diff")
}

// TestMarkdown_HasEverything looks for each component, each input and each link's target.
func TestMarkdown_HasEverything(t *testing.T) {
	t.Parallel()
	m := manifest.New("dev")
	page := string(manifest.Markdown(m))
	section := func(level, label, key string, input *schemas.Schema) {
		_, rest, found := strings.Cut(page, "\n"+level+" "+label+"\n\n`"+key+"` · ")
		require.True(t, found, key)
		text, _, _ := strings.Cut(rest, "\n#")
		for _, f := range input.Fields() {
			require.Contains(t, text, "| `"+f.Name+"` |", key)
		}
	}
	for _, c := range m.Connections {
		section("###", c.Label, c.Key, c.Input)
	}
	for _, trigger := range m.Triggers {
		section("###", trigger.Label, trigger.Key, trigger.Input)
	}
	for _, a := range m.Actions {
		section("####", a.Label, a.Key, a.Input)
	}
	for _, d := range m.DataSources {
		section("###", d.Label, d.Key, d.Input)
	}
	headings := map[string]bool{}
	for _, h := range regexp.MustCompile(`(?m)^#+ (.+)$`).FindAllStringSubmatch(page, -1) {
		headings[strings.ReplaceAll(strings.ToLower(h[1]), " ", "-")] = true
	}
	for _, link := range regexp.MustCompile(`\]\(#([^)]+)\)`).FindAllStringSubmatch(page, -1) {
		require.True(t, headings[link[1]], link[1])
	}
}

type awkward struct {
	Port *int   `json:"port" title:"A | B" min:"1" max:"9" default:"5" doc:"Of the server."`
	Mode string `json:"mode" title:"Mode" required:"true" options:"fast,slow" doc:"How."`
}

// TestMarkdown_Table is about what a table's cells need.
func TestMarkdown_Table(t *testing.T) {
	t.Parallel()
	page := string(manifest.Markdown(&connector.Manifest{Label: "Test", DataSources: []*connector.DataSource{{
		DataSourceInfo: connector.DataSourceInfo{Key: "things", Label: "Things", Description: "Offers things."},
		Input:          schemas.For[awkward](),
	}}}))
	require.Contains(t, page, "| A \\| B | `port` | integer, 1 to 9 | `5` | Of the server. |\n"+
		"| Mode * | `mode` | choice |  | How. One of `fast`, `slow`. |\n\n\\* required")
}
