package main

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/okta-connector/okta-connector/manifest"
	"github.com/okta-connector/okta-connector/runtime/connector"
)

// validate checks inputs without calling Okta: exit 0, or 1 with a line per field.
func validate(_ context.Context, p *program, args []string) error {
	var s settings
	f := p.newFlags("validate", "ACTION|TRIGGER|CONNECTION")
	s.register(f)
	input := f.String("input", "{}", "the inputs as `JSON`, @FILE, or - for standard input")
	positional, err := p.parse(f, args)
	if err != nil {
		return err
	}
	key, err := one("validate", "ACTION, TRIGGER or CONNECTION", positional)
	if err != nil {
		return err
	}
	inputs, err := p.inputs(*input)
	if err != nil {
		return err
	}
	return p.report(check(connector.NewIndex(manifest.New(version)), environment(s, p.quiet()), key, inputs))
}

func check(index *connector.Index, env connector.Environment, key string, inputs json.RawMessage) error {
	if action := index.Action(key); action != nil {
		_, err := action.Bind(inputs)
		return err
	}
	if trigger := index.Trigger(key); trigger != nil {
		return trigger.Check(inputs)
	}
	if kind := index.Connection(key); kind != nil {
		_, err := kind.Bind(env, inputs)
		return err
	}
	return usagef("there is no action, trigger or connection %q%s", key, didYouMean(key, keys(index)))
}

func keys(index *connector.Index) []string {
	names := slices.Concat(actionKeys(index), triggerKeys(index))
	for _, k := range index.Connections {
		names = append(names, k.Key)
	}
	return names
}

func actionKeys(index *connector.Index) []string {
	var names []string
	for _, a := range index.Actions {
		names = append(names, a.Key)
	}
	return names
}

func triggerKeys(index *connector.Index) []string {
	var names []string
	for _, t := range index.Triggers {
		names = append(names, t.Key)
	}
	return names
}
