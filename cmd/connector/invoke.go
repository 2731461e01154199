package main

import (
	"context"
	"encoding/json"
	"flag"
	"io"
	"os"
	"strings"

	"github.com/okta-connector/okta-connector/connections/okta"
	"github.com/okta-connector/okta-connector/manifest"
	"github.com/okta-connector/okta-connector/runtime"
	"github.com/okta-connector/okta-connector/runtime/connector"
	"github.com/okta-connector/okta-connector/runtime/httpapi"
)

// A target is the org and the inputs of a single call from the shell.
type target struct {
	settings
	connection, org, token, input string
}

func (t *target) register(f *flag.FlagSet) {
	t.settings.register(f)
	f.StringVar(&t.connection, "connection", "", "the `name` of a stored connection")
	f.StringVar(&t.org, "org", "", "the org's `URL`, together with --token, instead of a stored connection")
	f.StringVar(&t.token, "token", "", "an API `token` of the org; better given as CONNECTOR_TOKEN")
	f.StringVar(&t.input, "input", "{}", "the inputs as `JSON`, @FILE, or - for standard input")
}

// ref says which connection is meant.
func (t *target) ref() (runtime.ConnectionRef, error) {
	switch {
	case t.connection != "" && t.org != "":
		return runtime.ConnectionRef{}, usagef("give --connection or --org, not both")
	case t.connection != "":
		return runtime.ConnectionRef{Name: t.connection}, nil
	case t.org == "" || t.token == "":
		return runtime.ConnectionRef{}, usagef("which org? Give --connection NAME, or --org URL and --token TOKEN")
	}
	inputs, err := json.Marshal(map[string]string{"oktaDomain": t.org, "apiToken": t.token})
	return runtime.ConnectionRef{Key: "apiToken", Inputs: inputs}, err
}

// engine returns an engine for one call. It needs no database where no stored connection is meant.
func (p *program) engine(ctx context.Context, t *target) (*runtime.Engine, func(), error) {
	log := p.quiet()
	if strings.HasPrefix(t.org, "http://") {
		t.dev = true // the address rules of --dev still hold: loopback only
	}
	if t.connection == "" {
		engine, err := runtime.New(runtime.Config{
			Index: connector.NewIndex(manifest.New(version)), Environment: environment(t.settings, log), Logger: log,
		})
		return engine, func() {}, err
	}
	engine, opened, err := p.openEngine(ctx, t.settings, false, log)
	if err != nil {
		return nil, nil, err
	}
	return engine, func() { opened.Close() }, nil
}

// invoke performs one action and prints its answer, or what it would do.
func invoke(ctx context.Context, p *program, args []string) error {
	var t target
	f := p.newFlags("invoke", "ACTION")
	t.register(f)
	output := "json"
	f.Var(choice{&output, []string{"json", "ndjson"}}, "output", "`form` of the answer: json, or ndjson for one item a line")
	preview := f.Bool("preview", false, "print what would be sent and changed, and write nothing")
	positional, err := p.parse(f, args)
	if err != nil {
		return err
	}
	key, err := one("invoke", "ACTION", positional)
	if err != nil {
		return err
	}
	ref, err := t.ref()
	if err != nil {
		return err
	}
	inputs, err := p.inputs(t.input)
	if err != nil {
		return err
	}
	engine, done, err := p.engine(ctx, &t)
	if err != nil {
		return err
	}
	defer done()
	if index := engine.Index(); index.Action(key) == nil {
		return usagef("there is no action %q%s", key, didYouMean(key, actionKeys(index)))
	}
	ctx = runtime.WithCaller(ctx, &runtime.Caller{Name: "cli", Role: runtime.RoleAdmin})
	prepared, err := engine.Prepare(ctx, runtime.Invocation{Action: key, Connection: ref, Inputs: inputs})
	switch {
	case err != nil:
		return p.explain(err)
	case *preview:
		return p.answer(engine.Preview(ctx, prepared))
	case output == "ndjson":
		return p.stream(ctx, engine, prepared)
	}
	ctx, progress := runtime.WithProgress(ctx)
	stop := p.watch(progress)
	answer, err := engine.Perform(ctx, prepared, progress.Page)
	stop()
	return p.answer(answer, err)
}

// answer prints what a call brought, or why it did not.
func (p *program) answer(v any, err error) error {
	if err != nil {
		return p.explain(err)
	}
	return p.print(v)
}

// stream prints one item a line as pages arrive. A failure after the first one is a last line too, for who reads stdout
// only: without it a list that broke off would look complete.
func (p *program) stream(ctx context.Context, engine *runtime.Engine, prepared *runtime.Prepared) error {
	ctx, progress := runtime.WithProgress(ctx)
	stop := func() {}
	if !isTerminal(p.stdout) { // there the items are progress enough
		stop = p.watch(progress)
	}
	var lines []byte
	began := false
	err := engine.Stream(ctx, prepared, func(page okta.Page) error {
		progress.Page(page)
		began = began || len(page.Items) > 0
		lines = page.AppendLines(lines[:0])
		_, err := p.stdout.Write(lines)
		return err
	}, func(cursor string) error { return json.NewEncoder(p.stdout).Encode(map[string]string{"@next": cursor}) })
	stop()
	if err != nil && began {
		_, document := httpapi.Document(err)
		_ = json.NewEncoder(p.stdout).Encode(map[string]json.RawMessage{"@problem": document}) // stderr tells it anyway
	}
	return p.explain(err)
}

func (p *program) print(v any) error {
	enc := json.NewEncoder(p.stdout)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// inputs reads --input.
func (p *program) inputs(arg string) (json.RawMessage, error) {
	raw := []byte(arg)
	var err error
	switch {
	case arg == "-":
		raw, err = io.ReadAll(p.stdin)
	case strings.HasPrefix(arg, "@"):
		raw, err = os.ReadFile(arg[1:])
	}
	if err != nil {
		return nil, usagef("--input: %v", err)
	}
	return checkInputs(raw)
}
