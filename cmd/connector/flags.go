package main

import (
	"errors"
	"flag"
	"fmt"
	"slices"
	"strings"
)

// newFlags returns the flags of a command. Each flag has an environment variable: --public-url is CONNECTOR_PUBLIC_URL.
func (p *program) newFlags(name, args string) *flag.FlagSet {
	f := flag.NewFlagSet(name, flag.ContinueOnError)
	f.SetOutput(p.stderr)
	p.logLevel, p.logFormat = "info", "text"
	f.Var(choice{&p.logLevel, []string{"debug", "info", "warn", "error"}}, "log-level", "the least `level` that is logged: debug, info, warn or error")
	f.Var(choice{&p.logFormat, []string{"text", "json"}}, "log-format", "`form` of the log on stderr: text or json")
	f.Usage = func() {
		fmt.Fprintf(p.stderr, "usage: %s\n\n", strings.TrimSpace("connector "+name+" "+args+" [FLAGS]"))
		f.VisitAll(func(fl *flag.Flag) {
			kind, usage := flag.UnquoteUsage(fl)
			fmt.Fprintf(p.stderr, "  --%s %s\n        %s", fl.Name, kind, usage)
			if fl.DefValue != "" && fl.DefValue != "false" && fl.DefValue != "0" {
				fmt.Fprintf(p.stderr, " (default %s)", fl.DefValue)
			}
			fmt.Fprintf(p.stderr, " [%s]\n", variable(fl.Name))
		})
	}
	return f
}

// parse reads args, flags before and after positional arguments, and fills what they leave open from the environment.
// It returns the positional arguments.
func (p *program) parse(f *flag.FlagSet, args []string) ([]string, error) {
	given := map[string]bool{}
	var positional []string
	for {
		if err := f.Parse(args); err != nil {
			if errors.Is(err, flag.ErrHelp) {
				return nil, err
			}
			return nil, &usageError{err.Error()}
		}
		if f.NArg() == 0 {
			break
		}
		positional, args = append(positional, f.Arg(0)), f.Args()[1:]
	}
	f.Visit(func(fl *flag.Flag) { given[fl.Name] = true })
	var failed error
	f.VisitAll(func(fl *flag.Flag) {
		value := p.env(variable(fl.Name))
		if value == "" || given[fl.Name] {
			return
		}
		if err := f.Set(fl.Name, value); err != nil {
			failed = usagef("%s: %s", variable(fl.Name), refusal(fl, err))
		}
	})
	return positional, failed
}

// refusal words the error of a flag's Set, which may repeat the value.
func refusal(fl *flag.Flag, err error) string {
	if text := err.Error(); strings.HasPrefix(text, "must be ") {
		return text
	}
	if b, ok := fl.Value.(interface{ IsBoolFlag() bool }); ok && b.IsBoolFlag() {
		return "must be true or false"
	}
	return "must be a whole number" // all other flags of the standard library here take any text
}

func variable(flagName string) string {
	return "CONNECTOR_" + strings.ToUpper(strings.ReplaceAll(flagName, "-", "_"))
}

// one returns the only positional argument.
func one(command, what string, positional []string) (string, error) {
	if len(positional) != 1 {
		return "", usagef("%s takes one %s", command, what)
	}
	return positional[0], nil
}

func commandNames() []string {
	var names []string
	for _, c := range commands() {
		names = append(names, c.name)
	}
	return names
}

// didYouMean suggests the nearest name, when one is near.
func didYouMean(word string, names []string) string {
	best := slices.MinFunc(append([]string{""}, names...), func(a, b string) int {
		return distance(word, a) - distance(word, b)
	})
	if best == "" || distance(word, best) > 2+len(word)/5 {
		return ""
	}
	return fmt.Sprintf(": did you mean %s?", best)
}

// distance is Levenshtein's.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0]++
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}
