package main

import (
	"context"
	"fmt"

	"github.com/okta-connector/okta-connector/manifest"
	"github.com/okta-connector/okta-connector/runtime/connector"
)

// printManifest prints the manifest document, indented for people.
func printManifest(_ context.Context, p *program, args []string) error {
	f := p.newFlags("manifest", "")
	format := f.String("format", "json", "`form` of the manifest: json")
	positional, err := p.parse(f, args)
	if err != nil {
		return err
	}
	if len(positional) > 0 {
		return usagef("manifest takes no arguments")
	}
	index := connector.NewIndex(manifest.New(version))
	switch *format {
	case "json":
		return p.print(index.Manifest)
	}
	return usagef("--format must be json, not %s", fmt.Sprintf("%q", *format))
}
