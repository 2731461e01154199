package main

import (
	"context"
	"flag"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"github.com/okta-connector/okta-connector/runtime"
	"github.com/okta-connector/okta-connector/runtime/httpapi"
)

// serverSettings are what serve is told: by its flags, which are also the section server of the configuration file, and
// by the rest of that file.
type serverSettings struct {
	settings
	addr, embedOrigin, config string
	sandbox                   bool
	restrictions              runtime.Restrictions

	flags       *flag.FlagSet
	file        *config // nil without one
	declaration runtime.Declaration
	keys        *httpapi.Keys
}

// serverSettings takes a value from the command line, else the environment, else the configuration file. It is what a
// command named command reads that is about a server.
func (p *program) serverSettings(command string, args []string) (*serverSettings, error) {
	s := &serverSettings{flags: p.newFlags(command, "")}
	s.register(s.flags)
	positional, err := p.parse(s.flags, args)
	if err != nil {
		return nil, err
	}
	if len(positional) > 0 {
		return nil, usagef("%s takes no arguments", command)
	}
	s.keys = httpapi.NewKeys(strings.Split(p.env("CONNECTOR_API_KEYS"), ","))
	if s.config != "" {
		if err := p.readFile(s); err != nil {
			return nil, err
		}
	}
	if s.database == "" {
		if s.database, err = p.embedded(); err != nil {
			return nil, &startError{err}
		}
	}
	s.dev = s.dev || s.sandbox
	return s, nil
}

// readFile takes what the configuration file says. Everything that is wrong with it is told at once.
func (p *program) readFile(s *serverSettings) (err error) {
	if s.file, err = p.readConfig(s.config); err != nil {
		return err
	}
	s.file.fillFlags(s.flags)
	s.declaration = s.file.declaration()
	s.keys = s.file.withKeys(s.keys)
	return s.file.err()
}

// declare stores what the file declares. Without a file, what an earlier one declared stays.
func (s *serverSettings) declare(ctx context.Context, engine *runtime.Engine) error {
	if s.file == nil {
		return nil
	}
	return s.file.declare(ctx, engine, s.declaration)
}

func (s *serverSettings) register(f *flag.FlagSet) {
	s.settings.register(f)
	s.addr = "127.0.0.1:8080"
	f.Var(checked{&s.addr, isAddress}, "addr", "listen on this `address`")
	f.StringVar(&s.config, "config", "", "a YAML `file` of settings, connections, subscriptions and API keys")
	f.BoolVar(&s.sandbox, "sandbox", false, "also serve an Okta org in memory, with a connection to it")
	f.StringVar(&s.embedOrigin, "embed-origin", "", "the `origin` whose pages may show our forms, such as https://engine.example")

	f.BoolVar(&s.restrictions.ReadOnly, "read-only", false, "let no caller change anything, in an org or here")
	f.BoolVar(&s.restrictions.NoDestructive, "deny-destructive", false, "let no caller perform actions that are annotated as destructive")
	s.rateShare = 1
	f.Var(share{&s.rateShare}, "rate-share", "the `part` of an org's rate limits that may be used up, such as 0.5")

	keep := runtime.DefaultRetention
	s.retention, s.answersKept, s.retryFor = keep, runtime.DefaultAnswersKept, runtime.DefaultRetryFor
	f.Var(age{&s.retention.EventAge, keep.DedupeAge}, "keep-events", "`age` to which events are kept that were delivered, or wait to be pulled")
	f.Int64Var(&s.retention.EventCount, "keep-event-count", keep.EventCount, "the most `events` kept of one subscription; 0 for any number")
	f.Var(age{&s.retryFor, time.Minute}, "delivery-retry-for", "`age` to which a delivery is tried before it is given up")
	f.Var(age{&s.retention.DeliveryAge, time.Minute}, "keep-deliveries", "`age` to which deliveries are kept that worked")
	f.Var(age{&s.retention.DeadAge, time.Minute}, "keep-dead", "`age` to which deliveries are kept that were given up, with their events")
	f.Var(age{&s.retention.AuditAge, time.Minute}, "keep-audit", "`age` to which the audit trail is kept")
	f.Var(age{&s.answersKept, time.Minute}, "keep-answers", "`age` to which answers of calls with an Idempotency-Key are kept; at most 1h of background calls")
}

// logConfiguration tells what the server runs with: every setting that is not its default, and no secret.
func (s *serverSettings) logConfiguration(ctx context.Context, log *slog.Logger) {
	attrs := []slog.Attr{slog.String("version", version)}
	s.flags.VisitAll(func(fl *flag.Flag) {
		value := fl.Value.String()
		if fl.Name == "database" {
			value = withoutPassword(s.database)
		}
		if fl.Name == "addr" || value != fl.DefValue {
			attrs = append(attrs, slog.String(camelCase(fl.Name), value))
		}
	})
	log.LogAttrs(ctx, slog.LevelInfo, "configuration", attrs...)
}

// withoutPassword is the database's URL as it may be shown.
func withoutPassword(database string) string {
	if strings.HasPrefix(database, "sqlite:") {
		return database
	}
	u, err := url.Parse(database)
	if err != nil {
		return "[redacted]"
	}
	query := u.Query()
	for name := range query {
		if strings.Contains(strings.ToLower(name), "password") {
			query.Set(name, "xxxxx")
		}
	}
	u.RawQuery = query.Encode()
	return u.Redacted()
}
