package main

import (
	"flag"
	"fmt"
	"slices"
	"strings"
	"time"
)

// newFlags returns the flags of a command. Each flag has an environment variable: --public-url is CONNECTOR_PUBLIC_URL.
func (p *program) newFlags(name, args string) *flag.FlagSet {
	f := flag.NewFlagSet(name, flag.ContinueOnError)
	p.logLevel, p.logFormat = "info", "text"
	f.Var(choice{&p.logLevel, []string{"debug", "info", "warn", "error"}}, "log-level", "the least `level` that is logged: debug, info, warn or error")
	f.Var(choice{&p.logFormat, []string{"text", "json"}}, "log-format", "`form` of the log on stderr: text or json")
	f.Usage = func() {
		if args != "" {
			name += " " + args
		}
		fmt.Fprintf(p.stdout, "usage: connector %s [FLAGS]\n\n", name)
		f.VisitAll(func(fl *flag.Flag) {
			kind, usage := flag.UnquoteUsage(fl)
			fmt.Fprintf(p.stdout, "  --%s %s\n        %s", fl.Name, kind, usage)
			if fl.DefValue != "" && fl.DefValue != "false" && fl.DefValue != "0" {
				fmt.Fprintf(p.stdout, " (default %s)", fl.DefValue)
			}
			fmt.Fprintf(p.stdout, " [%s]\n", variable(fl.Name))
		})
	}
	return f
}

// parse reads args, flags before and after positional arguments, and fills what they leave open from the environment.
// It returns the positional arguments, or [flag.ErrHelp] when help was asked for and printed.
func (p *program) parse(f *flag.FlagSet, args []string) (positional []string, err error) {
	for len(args) > 0 {
		arg := args[0]
		args = args[1:]
		switch {
		case arg == "--":
			positional, args = append(positional, args...), nil
		case arg == "-h" || arg == "-help" || arg == "--help":
			f.Usage()
			return nil, flag.ErrHelp
		case len(arg) < 2 || arg[0] != '-':
			positional = append(positional, arg)
		default:
			if args, err = setFlag(f, arg, args); err != nil {
				return nil, err
			}
		}
	}
	return positional, p.fillFlags(f)
}

// setFlag takes --name=value, --name value, or --name alone where it says yes, with one hyphen or two. It returns the
// arguments that are left. The standard library's way prints the whole help with an error, and knows no near misses.
func setFlag(f *flag.FlagSet, arg string, args []string) ([]string, error) {
	name, value, given := strings.Cut(strings.TrimPrefix(arg[1:], "-"), "=")
	fl := f.Lookup(name)
	switch {
	case fl == nil:
		return nil, usagef("%s has no flag --%s%s", f.Name(), name, didYouMean("--"+name, flagNames(f)))
	case given:
	case isBool(fl):
		value = "true"
	case len(args) == 0:
		return nil, usagef("--%s needs a value", name)
	default:
		value, args = args[0], args[1:]
	}
	if err := f.Set(name, value); err != nil {
		return nil, usagef("--%s %s", name, refusal(fl, err))
	}
	return args, nil
}

// fillFlags gives flags that were not given the values of their environment variables.
func (p *program) fillFlags(f *flag.FlagSet) error {
	given := map[string]bool{}
	f.Visit(func(fl *flag.Flag) { given[fl.Name] = true })
	var failed error
	f.VisitAll(func(fl *flag.Flag) {
		value := p.env(variable(fl.Name))
		if value == "" || given[fl.Name] {
			return
		}
		if err := f.Set(fl.Name, value); err != nil {
			failed = usagef("%s %s", variable(fl.Name), refusal(fl, err))
		}
	})
	return failed
}

// refusal words the error of a flag's Set, which may repeat the value.
func refusal(fl *flag.Flag, err error) string {
	if text := err.Error(); strings.HasPrefix(text, "must be ") {
		return text
	}
	if isBool(fl) {
		return "must be true or false"
	}
	if _, ok := fl.Value.(flag.Getter).Get().(time.Duration); ok {
		return "must be a duration such as 2s"
	}
	return "must be a whole number" // all other flags of the standard library here take any text
}

func isBool(fl *flag.Flag) bool {
	b, ok := fl.Value.(interface{ IsBoolFlag() bool })
	return ok && b.IsBoolFlag()
}

func flagNames(f *flag.FlagSet) []string {
	var names []string
	f.VisitAll(func(fl *flag.Flag) { names = append(names, "--"+fl.Name) })
	return names
}

func variable(flagName string) string {
	return "CONNECTOR_" + strings.ToUpper(strings.ReplaceAll(flagName, "-", "_"))
}

// one returns the only positional argument.
func one(command, what string, positional []string) (string, error) {
	if len(positional) != 1 {
		return "", usagef("%s takes one %s: see connector %s -h", command, what, command)
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
