package manifest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/okta-connector/okta-connector/runtime/connector"
	"github.com/okta-connector/okta-connector/schemas"
)

// Markdown returns the reference page of m: every connection, trigger, action and data source, with its inputs.
func Markdown(m *connector.Manifest) []byte {
	p := new(page)
	p.line("# Reference of the %s connector", m.Label)
	p.line("%s", m.Description)
	p.line("Written from the manifest by `connector manifest --format markdown`. Inputs that are not marked as required may be left " +
		"out; `null` and `\"\"` say that an input is not set. A default applies where the input is absent.")
	p.contents(m)

	p.line("## Connections")
	for _, c := range m.Connections {
		p.head(c.Label, c.Key, c.Description)
		if c.Authorize {
			p.line("A person signs in at Okta once: `POST /v1/connections/{name}/authorize`.")
		}
		p.inputs(c.Input)
	}
	p.line("## Triggers")
	for _, t := range m.Triggers {
		p.head(t.Label, t.Key, t.Description)
		if t.Kind == connector.Polling {
			p.line("Polled, by default at `%s`.%s", t.Schedule, scopes(" Scopes: ", t.Scopes))
		} else {
			p.line("Called by Okta.%s", scopes(" Scopes: ", t.Scopes))
		}
		p.inputs(t.Input)
		p.example("An event's data", t.Example)
	}
	p.line("## Actions")
	for _, group := range groups(m) {
		p.line("### %s", group)
		for _, a := range m.Actions {
			if a.Group == group {
				p.action(a)
			}
		}
	}
	p.line("## Data sources")
	p.line("They offer the values of inputs: `POST /v1/data-sources/{key}`.")
	for _, d := range m.DataSources {
		p.head(d.Label, d.Key, d.Description)
		p.inputs(d.Input)
	}
	return append(bytes.TrimSpace(p.Bytes()), '\n')
}

// groups are the groups of actions in the order of the alphabet.
func groups(m *connector.Manifest) []string {
	var all []string
	for _, a := range m.Actions {
		all = append(all, a.Group)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// page is a Markdown document in the making.
type page struct{ bytes.Buffer }

// line writes a paragraph.
func (p *page) line(format string, args ...any) { fmt.Fprintf(p, format+"\n\n", args...) }

func (p *page) head(label, key, description string) {
	p.line("### %s", label)
	p.line("`%s` · %s", key, description)
}

// contents lists the actions by group, with links.
func (p *page) contents(m *connector.Manifest) {
	for _, group := range groups(m) {
		var links []string
		for _, a := range m.Actions {
			if a.Group == group {
				links = append(links, fmt.Sprintf("[%s](#%s)", a.Label, anchor(a.Label)))
			}
		}
		fmt.Fprintf(p, "- **%s**: %s\n", group, strings.Join(links, " · "))
	}
	p.WriteByte('\n')
}

// anchor is the fragment that a heading gets.
func anchor(heading string) string { return strings.ReplaceAll(strings.ToLower(heading), " ", "-") }

func (p *page) action(a *connector.Action) {
	p.line("#### %s", a.Label)
	p.line("`%s` · %s", a.Key, a.Description)
	var notes []string
	for _, note := range []struct {
		is   bool
		text string
	}{
		{a.Annotations.ReadOnly, "changes nothing"},
		{a.Annotations.Destructive, "**destructive**"},
		{a.Annotations.Idempotent && !a.Annotations.ReadOnly, "twice is the same as once"},
	} {
		if note.is {
			notes = append(notes, note.text)
		}
	}
	if s := scopes("scopes: ", a.Scopes); s != "" {
		notes = append(notes, s)
	}
	if notes != nil {
		p.line("%s", strings.Join(notes, "; "))
	}
	p.inputs(a.Input)
	p.example("Example inputs", a.Example.Inputs)
}

func scopes(before string, scopes []string) string {
	if len(scopes) == 0 {
		return ""
	}
	return before + "`" + strings.Join(scopes, "`, `") + "`"
}

func (p *page) inputs(s *schemas.Schema) {
	fields := s.Fields()
	if len(fields) == 0 {
		p.line("No inputs.")
		return
	}
	p.WriteString("| input | key | type | default | |\n|---|---|---|---|---|\n")
	for _, f := range fields {
		title := cell(f.Title)
		if f.Required {
			title += " *"
		}
		fmt.Fprintf(p, "| %s | `%s` | %s | %s | %s |\n", title, f.Name, cell(kind(f)), value(f.Default), cell(help(f)))
	}
	p.WriteByte('\n')
	if slices.ContainsFunc(fields, func(f schemas.Field) bool { return f.Required }) {
		p.line("\\* required")
	}
}

// kind says what an input takes.
func kind(f schemas.Field) string {
	text := map[schemas.Kind]string{
		schemas.KindLongText: "text", schemas.KindSecretText: "secret", schemas.KindDateTime: "date and time",
		schemas.KindList: "list of texts", schemas.KindKeyValue: "key-value pairs", schemas.KindJSON: "JSON",
		schemas.KindCombo: "text",
	}[f.Kind]
	if text == "" {
		text = string(f.Kind)
	}
	if f.Min != nil && f.Max != nil {
		text += fmt.Sprintf(", %d to %d", *f.Min, *f.Max)
	}
	return text
}

const maxOptions = 12 // a longer list is left to the manifest

func help(f schemas.Field) string {
	text := f.Doc
	if f.Kind == schemas.KindChoice || len(f.Options) > 0 && len(f.Options) <= maxOptions {
		values := make([]string, len(f.Options))
		for i, option := range f.Options {
			values[i] = "`" + option.Value + "`"
		}
		text += " One of " + strings.Join(values, ", ") + "."
		if f.Kind != schemas.KindChoice {
			text = strings.Replace(text, " One of ", " For example ", 1)
		}
	}
	if f.Suggestion != "" {
		text += " Suggested: `" + f.Suggestion + "`."
	}
	if f.Source != nil {
		text += " Offered by `" + f.Source.Key + "`."
	}
	return text
}

// value is a default as JSON.
func value(v any) string {
	if v == nil {
		return ""
	}
	raw, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("manifest: default %T: %v", v, err))
	}
	return cell("`" + string(raw) + "`")
}

// cell makes text fit for a table.
func cell(text string) string {
	return strings.NewReplacer("|", "\\|", "\n", " ").Replace(text)
}

func (p *page) example(title string, raw json.RawMessage) {
	var indented bytes.Buffer
	if err := json.Indent(&indented, raw, "", "  "); err != nil {
		panic(fmt.Sprintf("manifest: %s: %v", title, err))
	}
	fmt.Fprintf(p, "%s:\n\n```json\n%s\n```\n\n", title, indented.Bytes())
}
