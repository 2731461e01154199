// Command connector runs the Okta connector: as a server for workflow engines, or for one step, one poll, one check at
// a time from a shell. This package only wires the others together; each command is a file.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"
	_ "time/tzdata" // Windows has no time zones that Go reads, nor has an image without files
)

// Exit codes.
const (
	exitDone    = 0
	exitRefused = 1 // the input or the org refused
	exitUsage   = 2
	exitStart   = 3 // could not start
)

// version is set by the linker for releases.
var version = "dev"

// A program is the process as a command sees it.
type program struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	env            func(string) string

	logLevel, logFormat string // flags of all commands
}

type command struct {
	name, args, summary string
	run                 func(context.Context, *program, []string) error
}

func commands() []command {
	return []command{
		{"serve", "", "serve the HTTP API and the console, poll and deliver", serve},
		{"invoke", "ACTION", "perform one action and print its answer", invoke},
		{"poll", "TRIGGER", "poll a trigger once and print its events and the cursor", poll},
		{"validate", "KEY", "check the inputs of an action, a trigger or a connection", validate},
		{"manifest", "", "print the manifest", printManifest},
		{"sandbox", "", "serve an Okta org in memory, for trying things out", serveSandbox},
		{"doctor", "", "examine a set-up and say what to do", doctor},
		{"backup", "FILE", "copy the embedded database while the server runs", backup},
		{"rotate-key", "", "seal all secrets with a new key", rotateKey},
		{"version", "", "print the version", printVersion},
	}
}

// gcPercent is above Go's 100 because the heap is small: for a few MiB more, a server does about 4 % more calls.
const gcPercent = 200

func main() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // who asks twice does not want to wait
	p := &program{stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, env: os.Getenv}
	code := p.main(ctx, os.Args[1:])
	stop()
	os.Exit(code)
}

func (p *program) main(ctx context.Context, args []string) int {
	if len(args) == 2 && args[0] == "help" {
		args = []string{args[1], "-h"}
	}
	switch {
	case len(args) == 0:
		usage(p.stderr)
		return exitUsage
	case args[0] == "help" || args[0] == "-h" || args[0] == "-help" || args[0] == "--help":
		usage(p.stdout)
		return exitDone
	}
	for _, c := range commands() {
		if c.name == args[0] {
			return p.exit(c.run(ctx, p, args[1:]))
		}
	}
	hint := cmp.Or(didYouMean(args[0], commandNames()), ": connector help lists them")
	return p.exit(usagef("there is no command %q%s", args[0], hint))
}

func usage(w io.Writer) {
	fmt.Fprint(w, "connector connects Okta to a workflow engine.\n\nusage: connector COMMAND [FLAGS]\n\n")
	for _, c := range commands() {
		fmt.Fprintf(w, "  %-18s %s\n", strings.TrimSpace(c.name+" "+c.args), c.summary)
	}
	fmt.Fprint(w, "\nconnector help COMMAND lists the flags of a command, and the environment variable of each.\n"+
		"Try: connector serve --sandbox\n")
}

// exit prints what went wrong and returns the process's exit code.
func (p *program) exit(err error) int {
	var usage *usageError
	var file *configError
	var start *startError
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, flag.ErrHelp):
		return exitDone
	case errors.As(err, &usage), errors.As(err, &file):
		fmt.Fprintln(p.stderr, "connector:", err)
		return exitUsage
	case errors.As(err, &start):
		fmt.Fprintln(p.stderr, "connector:", err)
		return exitStart
	case errors.Is(err, errReported):
		return exitRefused
	}
	fmt.Fprintln(p.stderr, "connector:", err)
	return exitRefused
}

// A usageError is the caller's way of using a command.
type usageError struct{ detail string }

func (e *usageError) Error() string { return e.detail }

func usagef(format string, args ...any) error { return &usageError{fmt.Sprintf(format, args...)} }

// A startError keeps the program from starting.
type startError struct{ err error }

func (e *startError) Error() string { return e.err.Error() }
func (e *startError) Unwrap() error { return e.err }

// errReported ends a command whose failure is printed already.
var errReported = errors.New("reported")

func printVersion(_ context.Context, p *program, args []string) error {
	positional, err := p.parse(p.newFlags("version", ""), args)
	if err != nil {
		return err
	}
	if len(positional) > 0 {
		return usagef("version takes no arguments")
	}
	_, err = fmt.Fprintln(p.stdout, version)
	return err
}
