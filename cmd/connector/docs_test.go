package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v5"
	"github.com/stretchr/testify/require"

	"github.com/okta-connector/okta-connector/manifest"
	"github.com/okta-connector/okta-connector/runtime"
	"github.com/okta-connector/okta-connector/schemas"
)

//go:generate go test . -run TestDocs_ -update-docs

var updateDocs = flag.Bool("update-docs", false, "write the generated parts of docs/ anew")

const docs = "../../docs/"

// golden compares a file of docs/ with what it should be, or writes it.
func golden(t *testing.T, file, want string) {
	t.Helper()
	if *updateDocs {
		require.NoError(t, os.WriteFile(docs+file, []byte(want), 0o644))
	}
	have, err := os.ReadFile(docs + file)
	require.NoError(t, err)
	require.Equal(t, want, string(have), "docs/%s is out of date: run make generate", file)
}

func TestDocs_SchemaOfTheConfigurationFile(t *testing.T) {
	t.Parallel()
	raw, err := json.MarshalIndent(configSchema(), "", "  ")
	require.NoError(t, err)
	golden(t, "config.schema.json", string(raw)+"\n")
}

func TestDocs_ExampleConfiguration(t *testing.T) {
	t.Parallel()
	file := docs + "examples/connector.yaml"
	p := &program{stderr: new(bytes.Buffer), env: func(name string) string {
		return map[string]string{
			"WEBHOOK_SECRET": runtime.NewWebhookSecret(), "DATABASE_URL": "postgres://db/",
		}[name] + "value-of-" + name
	}}
	c, err := p.readConfig(file)
	require.NoError(t, err)
	s := &serverSettings{flags: p.newFlags("serve", "")}
	s.register(s.flags)
	c.fillFlags(s.flags)
	require.Len(t, c.declaration().Subscriptions, len(c.Subscriptions))
	require.True(t, c.withKeys(nil).Needed())
	require.NoError(t, c.err())

	schema := jsonschema.MustCompileString("config.schema.json", readDocs(t, "config.schema.json"))
	document, err := json.Marshal(c.sections)
	require.NoError(t, err)
	var value map[string]any
	require.NoError(t, json.Unmarshal(document, &value))
	require.NoError(t, schema.Validate(value))
	value["server"].(map[string]any)["adr"] = ":8080"
	require.Error(t, schema.Validate(value))
}

func TestDocs_EverySetting(t *testing.T) {
	t.Parallel()
	page := readDocs(t, "configuration.md")
	want := replaceGenerated(t, page, "settings", settingsTable(t))
	golden(t, "configuration.md", replaceGenerated(t, want, "commands", commandsTable(t)))

	sources, err := filepath.Glob("*.go")
	require.NoError(t, err)
	for _, file := range sources {
		raw, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, m := range regexp.MustCompile(`\benv\("(\w+)"\)`).FindAllStringSubmatch(string(raw), -1) {
			require.Contains(t, page, "`"+m[1]+"`", "%s reads a variable that docs/configuration.md does not have", file)
		}
	}
}

// Each code of a problem or a warning is explained, and none that there is not.
func TestDocs_EveryCode(t *testing.T) {
	t.Parallel()
	page := readDocs(t, "problems.md")
	found := map[string]bool{}
	for _, pattern := range []string{"runtime/httpapi/*.go", "runtime/*.go", "actions/*.go"} {
		files, err := filepath.Glob("../../" + pattern)
		require.NoError(t, err)
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			raw, err := os.ReadFile(file)
			require.NoError(t, err)
			for _, m := range regexp.MustCompile(
				`newProblem\([\w.]+, "(\w+)"|Code(?::| =)\s*"([a-z_]+)"|Kind: "([a-z ]+)"|notFound\(err, "([a-z ]+)"`,
			).FindAllStringSubmatch(string(raw), -1) {
				code := m[1] + m[2]
				if kind := m[3] + m[4]; kind != "" {
					code = strings.ReplaceAll(kind, " ", "_") + "_not_found"
				}
				found[code] = true
				require.Contains(t, page, "`"+code+"`", "of %s", file)
			}
		}
	}
	for _, m := range regexp.MustCompile("`([a-z]+(?:_[a-z]+)+)`").FindAllStringSubmatch(page, -1) {
		if m[1] != "verification_failed" && m[1] != "deactivation_failed" { // which are chosen between
			require.True(t, found[m[1]], "nothing says %s", m[1])
		}
	}
}

// What the pages link to is there.
func TestDocs_Links(t *testing.T) {
	t.Parallel()
	const root = "../../"
	pages, err := filepath.Glob(docs + "*.md")
	require.NoError(t, err)
	link := regexp.MustCompile(`\]\(([^)#:]+)(#[^)]*)?\)`)
	for _, page := range append(pages, root+"README.md", root+"CONTRIBUTING.md", root+"CHANGELOG.md") {
		raw, err := os.ReadFile(page)
		require.NoError(t, err)
		for _, found := range link.FindAllStringSubmatch(string(raw), -1) {
			require.FileExists(t, filepath.Join(filepath.Dir(page), found[1]), "%s links to it", page)
		}
	}
}

func readDocs(t *testing.T, file string) string {
	t.Helper()
	raw, err := os.ReadFile(docs + file)
	require.NoError(t, err)
	return string(raw)
}

// replaceGenerated puts text between the two comments that name a part of a page.
func replaceGenerated(t *testing.T, page, part, text string) string {
	t.Helper()
	begin, end := "<!-- "+part+": generated -->\n", "<!-- end -->"
	before, rest, ok := strings.Cut(page, begin)
	require.True(t, ok, "there is no %s", begin)
	_, after, ok := strings.Cut(rest, end)
	require.True(t, ok)
	return before + begin + text + end + after
}

// A documented is a flag as the help of its command shows it.
type documented struct{ name, usage, fallback string }

var helpLine = regexp.MustCompile(`(?m)^  --(\S+) .*\n        (.*?)(?: \(default (.*)\))? \[\w+\]$`)

// helpOf returns the flags in the help of a command.
func helpOf(t *testing.T, name string) []documented {
	t.Helper()
	for _, c := range commands() {
		if c.name != name {
			continue
		}
		var help bytes.Buffer
		p := &program{stderr: &help, stdout: &help, env: func(string) string { return "" }}
		err := c.run(context.Background(), p, []string{"-h"})
		require.ErrorIs(t, err, flag.ErrHelp, name)
		var flags []documented
		for _, m := range helpLine.FindAllStringSubmatch(help.String(), -1) {
			flags = append(flags, documented{m[1], m[2], m[3]})
		}
		require.Len(t, flags, strings.Count(help.String(), "\n  --"), "%s", help.String())
		return flags
	}
	t.Fatalf("no command %s", name)
	return nil
}

func settingsTable(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("| flag | environment | in the file, under `server` | default | |\n|---|---|---|---|---|\n")
	for _, d := range helpOf(t, "serve") {
		key := "`" + camelCase(d.name) + "`"
		if d.name == "config" {
			key = ""
		}
		fmt.Fprintf(&b, "| `--%s` | `%s` | %s | %s | %s |\n", d.name, variable(d.name), key, code(d.fallback), d.usage)
	}
	return b.String()
}

// commandsTable has the flags of the other commands, without those that serve has too.
func commandsTable(t *testing.T) string {
	t.Helper()
	seen := helpOf(t, "serve")
	var b strings.Builder
	b.WriteString("| command | flag | environment | default | |\n|---|---|---|---|---|\n")
	for _, c := range commands() {
		if c.name == "serve" || c.name == "version" {
			continue
		}
		for _, d := range helpOf(t, c.name) {
			if slices.Contains(seen, d) {
				continue
			}
			fmt.Fprintf(&b, "| `%s` | `--%s` | `%s` | %s | %s |\n", c.name, d.name, variable(d.name), code(d.fallback), d.usage)
		}
	}
	return b.String()
}

func code(s string) string {
	if s == "" {
		return ""
	}
	return "`" + s + "`"
}

// object is a JSON Schema of an object that has only these properties.
func object(properties map[string]any, required ...string) map[string]any {
	o := map[string]any{"type": "object", "properties": properties, "additionalProperties": false}
	if len(required) > 0 {
		o["required"] = required
	}
	return o
}

// configSchema is what an editor needs to help with a configuration file. The loader has checks and words of its own.
func configSchema() map[string]any {
	var connections, triggers []any
	table := manifest.New("")
	for _, c := range table.Connections {
		connections = append(connections, map[string]any{
			"title": c.Label, "description": c.Description, "required": []string{"key", "inputs"}, "type": "object",
			"additionalProperties": false,
			"properties":           map[string]any{"key": map[string]any{"const": c.Key}, "inputs": bare(c.Input.JSON())},
		})
	}
	subscription := bare(schemas.For[runtime.SubscriptionSpec]().JSON())
	properties := subscription["properties"].(map[string]any)
	var keys []string
	for _, trigger := range table.Triggers {
		keys = append(keys, trigger.Key)
		triggers = append(triggers, map[string]any{
			"if":   map[string]any{"properties": map[string]any{"trigger": map[string]any{"const": trigger.Key}}},
			"then": map[string]any{"properties": map[string]any{"inputs": bare(trigger.Input.JSON())}},
		})
	}
	properties["trigger"].(map[string]any)["enum"] = keys
	receiver := bare(schemas.For[runtime.Receiver]().JSON())
	receiver["required"] = []string{"url", "secret"}
	properties["deliverTo"] = receiver
	subscription["allOf"] = triggers

	return map[string]any{
		"$schema": schemas.Dialect, "title": "Configuration of the Okta connector", "type": "object",
		"additionalProperties": false,
		"properties": map[string]any{
			"server":        object(settingsSchema()),
			"connections":   map[string]any{"type": "object", "additionalProperties": map[string]any{"oneOf": connections}},
			"subscriptions": map[string]any{"type": "object", "additionalProperties": subscription},
			"keys":          map[string]any{"type": "array", "items": bare(declaredKeySchema.JSON())},
		},
	}
}

// bare is a schema as a part of another one.
func bare(raw json.RawMessage) map[string]any {
	var schema map[string]any
	if err := json.Unmarshal(raw, &schema); err != nil {
		panic(err)
	}
	delete(schema, "$schema")
	return schema
}

func settingsSchema() map[string]any {
	s := new(serverSettings)
	f := new(program).newFlags("serve", "")
	s.register(f)
	properties := map[string]any{}
	f.VisitAll(func(fl *flag.Flag) {
		_, usage := flag.UnquoteUsage(fl)
		kind := "string"
		switch value := fl.Value.(type) {
		case share:
			kind = "number"
		case interface{ IsBoolFlag() bool }:
			kind = "boolean"
		case flag.Getter:
			if _, ok := value.Get().(int64); ok {
				kind = "integer"
			}
		}
		property := map[string]any{"type": kind, "description": usage}
		if n, err := strconv.ParseFloat(fl.DefValue, 64); err == nil {
			property["default"] = n
		} else if fl.DefValue != "" && kind == "string" {
			property["default"] = fl.DefValue
		}
		properties[camelCase(fl.Name)] = property
	})
	delete(properties, "config")
	return properties
}
