package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// shell runs a command line as a shell would.
func shell(t *testing.T, env map[string]string, line ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	p := &program{stdin: strings.NewReader(""), stdout: &out, stderr: &errs, env: func(name string) string { return env[name] }}
	code = p.main(t.Context(), line)
	return code, out.String(), errs.String()
}

// TestUsage_MistakesAreToldInOneLine: it names what is wrong and what would be right.
func TestUsage_MistakesAreToldInOneLine(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"sevre":                          `there is no command "sevre": did you mean serve?`,
		"xyzzyxyzzy":                     `there is no command "xyzzyxyzzy": connector help lists them`,
		"serve --adr x":                  "serve has no flag --adr: did you mean --addr?",
		"serve --xyzzy":                  "serve has no flag --xyzzy",
		"serve --addr":                   "--addr needs a value",
		"serve --addr 8080":              "--addr must be a host and a port, such as 127.0.0.1:8080",
		"serve -addr=:8080":              ":8080 is not a loopback address: set CONNECTOR_API_KEYS to the keys that callers must give, or listen on 127.0.0.1",
		"serve --dev=maybe":              "--dev must be true or false",
		"serve --database mysql://db":    "--database must be sqlite:PATH or postgres://USER:PASSWORD@HOST/DATABASE",
		"serve --public-url example.com": "--public-url must be a URL such as https://connector.example.com",
		"serve --log-level loud":         "--log-level must be debug, info, warn or error",
		"serve --keep-event-count many":  "--keep-event-count must be a whole number",
		"serve here":                     "serve takes no arguments",
		"sandbox --search-lag long":      "--search-lag must be a duration such as 2s",
		"sandbox --addr here":            "--addr must be a host and a port, such as 127.0.0.1:8080",
		"manifest --format yaml":         "--format must be json, openapi or markdown",
		"invoke":                         "invoke takes one ACTION: see connector invoke -h",
		"invoke getUser":                 "which org? Give --connection NAME, or --org URL and --token TOKEN",
		"invoke getUsr --org acme.okta.com --token x":             `there is no action "getUsr": did you mean getUser?`,
		"invoke getUser --org acme.okta.com --token x --input [":  "--input is not JSON: not JSON, at byte 1",
		"poll newUser --org acme.okta.com --token x":              `there is no trigger "newUser": did you mean newUsers?`,
		"poll newUsers --org acme.okta.com --token x --cursor {":  "--cursor must be the JSON that the poll before printed",
		"invoke getUser --org acme.okta.com --token x --output x": "--output must be json or ndjson",
		"version 1": "version takes no arguments",
	} {
		code, stdout, stderr := shell(t, nil, strings.Fields(line)...)
		require.Equal(t, exitUsage, code, line)
		require.Empty(t, stdout, line)
		require.Equal(t, "connector: "+want+"\n", stderr, line)
	}
	code, _, stderr := shell(t, map[string]string{"CONNECTOR_RATE_SHARE": "2"}, "serve")
	require.Equal(t, exitUsage, code)
	require.Equal(t, "connector: CONNECTOR_RATE_SHARE must be a number above 0 and up to 1, such as 0.5\n", stderr)
}

func TestUsage_HelpIsAResult(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"help": "connector COMMAND [FLAGS]", "-h": "connector COMMAND [FLAGS]", "--help": "connector COMMAND [FLAGS]",
		"help serve": "connector serve [FLAGS]", "serve -h": "connector serve [FLAGS]", "version --help": "connector version [FLAGS]",
		"invoke getUser --help": "connector invoke ACTION [FLAGS]",
	} {
		code, stdout, stderr := shell(t, nil, strings.Fields(line)...)
		require.Equal(t, exitDone, code, line)
		require.Empty(t, stderr, line)
		require.Contains(t, stdout, "usage: "+want+"\n", line)
	}
	code, stdout, stderr := shell(t, nil)
	require.Equal(t, exitUsage, code)
	require.Empty(t, stdout)
	require.Contains(t, stderr, "usage: connector COMMAND [FLAGS]\n")
}

// TestParse_FlagsAnywhere: before and after what a command is for, with one hyphen or two, until two hyphens alone.
func TestParse_FlagsAnywhere(t *testing.T) {
	t.Parallel()
	p := &program{env: func(name string) string { return map[string]string{"CONNECTOR_B": "env", "CONNECTOR_N": "7"}[name] }}
	f := p.newFlags("test", "")
	a, b := f.String("a", "", ""), f.String("b", "", "")
	yes, n := f.Bool("yes", false, ""), f.Int("n", 0, "")
	positional, err := p.parse(f, []string{"one", "-a", "-1", "--b=given", "--yes", "two", "-", "--", "--a", "-h"})
	require.NoError(t, err)
	require.Equal(t, []string{"one", "two", "-", "--a", "-h"}, positional)
	require.Equal(t, "-1", *a)
	require.Equal(t, "given", *b, "the command line comes before the environment")
	require.True(t, *yes)
	require.Equal(t, 7, *n)
}
