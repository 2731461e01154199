package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/okta-connector/okta-connector/connections"
	"github.com/okta-connector/okta-connector/connections/okta"
	"github.com/okta-connector/okta-connector/manifest"
	"github.com/okta-connector/okta-connector/runtime"
	"github.com/okta-connector/okta-connector/runtime/connector"
	"github.com/okta-connector/okta-connector/runtime/store"
)

// settings are the flags that every command with a runtime has.
type settings struct {
	database         string
	publicURL        string
	dev              bool
	allowPrivateOrgs bool

	// Only serve has flags for these; zero stands for the default.
	rateShare   float64
	retention   store.Retention
	retryFor    time.Duration // of a delivery
	answersKept time.Duration
	measured    *instruments
}

func (s *settings) register(f *flag.FlagSet) {
	f.Var(checked{&s.database, isDatabase}, "database", "`URL` of the database: sqlite:PATH, or postgres://... for several replicas (default a SQLite file in the user's data folder)")
	f.Var(checked{&s.publicURL, isPublicURL}, "public-url", "`URL` under which Okta and browsers reach this server, for event hooks and OAuth")
	f.BoolVar(&s.dev, "dev", false, "allow orgs at plain http on this machine")
	f.BoolVar(&s.allowPrivateOrgs, "allow-private-orgs", false, "allow orgs whose name leads to a private address")
}

// logger writes to stderr, in the form and from the level that the flags ask for.
func (p *program) logger() *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(p.logLevel)) // one of the flag's words
	opts := &slog.HandlerOptions{Level: level}
	if p.logFormat == "json" {
		return slog.New(slog.NewJSONHandler(p.stderr, opts))
	}
	return slog.New(slog.NewTextHandler(p.stderr, opts))
}

// quiet is the logger of a command that prints its one failure itself: it says more only where more is asked for.
func (p *program) quiet() *slog.Logger {
	if p.logLevel == "info" {
		p.logLevel = "error"
	}
	return p.logger()
}

// openEngine opens the database, exclusively when the engine is to run, and returns an engine on it. The caller closes
// the store.
func (p *program) openEngine(
	ctx context.Context, s settings, exclusive bool, log *slog.Logger,
) (*runtime.Engine, *store.Store, error) {
	opened, err := p.openStore(ctx, s.database, exclusive)
	if err != nil {
		return nil, nil, &startError{err}
	}
	engine, err := runtime.New(s.measured.engine(runtime.Config{
		Index:       connector.NewIndex(manifest.New(version)),
		Store:       opened,
		Environment: environment(s, log),
		PublicURL:   s.publicURL,
		Receivers:   runtime.NewReceiverTransport(),
		Retention:   s.retention,
		RetryFor:    s.retryFor,
		AnswersKept: s.answersKept,
		Logger:      log,
	}))
	if err != nil {
		return nil, nil, errors.Join(&startError{err}, opened.Close())
	}
	return engine, opened, nil
}

func environment(s settings, log *slog.Logger) connector.Environment {
	return s.measured.environment(connections.NewEnvironment(connections.Config{
		Dev: s.dev, AllowPrivateOrgs: s.allowPrivateOrgs, UserAgent: "okta-connector/" + version,
		Governor: okta.GovernorConfig{Share: s.rateShare}, Logger: log,
	}))
}

const openTimeout = 30 * time.Second

// openStore opens the database with the keys that seal it: CONNECTOR_SECRET_KEY, or a key file beside an embedded one.
func (p *program) openStore(ctx context.Context, url string, exclusive bool) (*store.Store, error) {
	if url == "" {
		var err error
		if url, err = p.embedded(); err != nil {
			return nil, err
		}
	}
	keys, err := p.secretKeys(url)
	if err != nil {
		return nil, err
	}
	sealer, err := store.NewSealer(keys...)
	if err != nil {
		return nil, fmt.Errorf("CONNECTOR_SECRET_KEY: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, openTimeout)
	defer cancel()
	opened, err := store.Open(ctx, url, store.Options{Sealer: sealer, Exclusive: exclusive})
	if err != nil {
		return nil, fmt.Errorf("database: %w", err)
	}
	return opened, nil
}

func (p *program) secretKeys(url string) ([][]byte, error) {
	if setting := p.env("CONNECTOR_SECRET_KEY"); setting != "" {
		keys, err := store.ParseKeys(setting)
		if err != nil {
			return nil, fmt.Errorf("CONNECTOR_SECRET_KEY: %w", err)
		}
		return keys, nil
	}
	file, err := keyFile(url)
	if err != nil {
		return nil, err
	}
	return store.LoadOrCreateKeyFile(file)
}

// keyFile is where the keys of an embedded database are, beside it.
func keyFile(url string) (string, error) {
	path, embedded := strings.CutPrefix(url, "sqlite:")
	if !embedded {
		return "", errors.New("a shared database needs CONNECTOR_SECRET_KEY, the same for all replicas: 32 bytes in base64 or hex")
	}
	return strings.TrimPrefix(path, "//") + ".key", nil
}

// embedded is the URL of the embedded database: a file under $XDG_DATA_HOME, ~/.local/share, or the system's
// counterpart.
func (p *program) embedded() (string, error) {
	base := p.env("XDG_DATA_HOME")
	if home := p.env("HOME"); base == "" && home != "" {
		base = filepath.Join(home, ".local", "share")
	}
	if base == "" {
		var err error
		if base, err = os.UserConfigDir(); err != nil {
			return "", errors.New("no folder for the database: set --database")
		}
	}
	dir := filepath.Join(base, "okta-connector")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("folder for the database: %w: set --database", err)
	}
	return "sqlite:" + filepath.Join(dir, "connector.db"), nil
}
