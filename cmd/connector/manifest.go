package main

import (
	"context"

	"github.com/okta-connector/okta-connector/manifest"
	"github.com/okta-connector/okta-connector/runtime/connector"
	"github.com/okta-connector/okta-connector/runtime/httpapi"
)

// printManifest prints the manifest, or what is written from it.
func printManifest(_ context.Context, p *program, args []string) error {
	f := p.newFlags("manifest", "")
	format := "json"
	f.Var(choice{&format, []string{"json", "openapi", "markdown"}}, "format", "`form`: json, openapi, or markdown for a reference page")
	positional, err := p.parse(f, args)
	if err != nil {
		return err
	}
	if len(positional) > 0 {
		return usagef("manifest takes no arguments")
	}
	m := manifest.New(version)
	switch format {
	case "openapi":
		return p.print(httpapi.OpenAPI(m))
	case "markdown":
		_, err := p.stdout.Write(manifest.Markdown(m))
		return err
	}
	_, err = p.stdout.Write(connector.NewIndex(m).JSON()) // the bytes that a server serves
	return err
}
