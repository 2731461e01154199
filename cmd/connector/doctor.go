package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/okta-connector/okta-connector/runtime"
	"github.com/okta-connector/okta-connector/runtime/httpapi"
	"github.com/okta-connector/okta-connector/runtime/store"
)

const (
	doctorTimeout = 20 * time.Second // of one look at something outside
	maxSkew       = 30 * time.Second // signed requests and tokens live for minutes
	doctorPage    = 100
)

// doctor examines the set-up of a server and says what to do about what is wrong with it. It changes nothing.
func doctor(ctx context.Context, p *program, args []string) error {
	s, err := p.serverSettings("doctor", args)
	if err != nil {
		return err
	}
	x := &examination{program: p, serverSettings: s}
	if err := x.run(ctx); err != nil {
		return err
	}
	if x.wrong > 0 {
		fmt.Fprintf(p.stdout, "\n%d to mend\n", x.wrong)
		return errReported
	}
	fmt.Fprintln(p.stdout, "\nall is well")
	return nil
}

// An examination prints what it finds as it goes.
type examination struct {
	*program
	*serverSettings
	engine *runtime.Engine
	wrong  int
}

func (x *examination) good(what, format string, args ...any) {
	fmt.Fprintf(x.stdout, "ok     %-24s %s\n", what, fmt.Sprintf(format, args...))
}

// note tells of what is not wrong by itself.
func (x *examination) note(what, format string, args ...any) {
	fmt.Fprintf(x.stdout, "note   %-24s %s\n", what, fmt.Sprintf(format, args...))
}

// bad tells what is wrong, and on a second line what to do.
func (x *examination) bad(what, finding, advice string) {
	x.wrong++
	fmt.Fprintf(x.stdout, "WRONG  %-24s %s\n%s→ %s\n", what, finding, strings.Repeat(" ", 7), advice)
}

func (x *examination) run(ctx context.Context) error {
	x.callers()
	x.address(ctx)
	if !x.present() {
		return nil
	}
	engine, opened, err := x.openEngine(ctx, x.settings, false, x.quiet())
	if err != nil {
		x.bad("database", err.Error(), advice(err))
		return nil
	}
	x.engine = engine
	x.contents(ctx, opened)
	x.stored(ctx)
	x.subscriptions(ctx)
	return opened.Close()
}

func (x *examination) callers() {
	const what = "API keys"
	switch {
	case x.keys.Needed():
		x.good(what, "there are some")
	case x.makesKey():
		x.good(what, "the first start makes one")
	default:
		x.note(what, "CONNECTOR_API_KEYS is not set: without keys the server listens on this machine only")
	}
}

// present reports whether there is a database to open, with its key. Opening would make what is not there.
func (x *examination) present() bool {
	path, embedded := strings.CutPrefix(x.database, "sqlite:")
	if !embedded {
		return true
	}
	missing := func(file string) bool {
		_, err := os.Stat(file)
		return errors.Is(err, fs.ErrNotExist)
	}
	if missing(strings.TrimPrefix(path, "//")) {
		x.note("database", "%s does not exist yet: the first start makes it", path)
		return false
	}
	file, err := keyFile(x.database)
	if err == nil && x.env("CONNECTOR_SECRET_KEY") == "" && missing(file) {
		x.bad("database", "its key file "+file+" is gone", advice(store.ErrWrongKey))
		return false
	}
	return true
}

// contents looks at what waits in the database.
func (x *examination) contents(ctx context.Context, opened *store.Store) {
	ctx, cancel := context.WithTimeout(ctx, doctorTimeout)
	defer cancel()
	stats, err := opened.Stats(ctx)
	if err != nil {
		x.bad("database", err.Error(), "look at the database server's log")
		return
	}
	x.good("database", "it opens, its schema is this version's, and the key fits")
	if stats.DeadDeliveries > 0 {
		x.bad("deliveries", fmt.Sprintf("%d were given up", stats.DeadDeliveries),
			"mend the receivers, then POST /v1/subscriptions/{id}/retry")
	}
}

// advice is what to do about a database that does not open.
func advice(err error) string {
	switch {
	case errors.Is(err, store.ErrUnreachable):
		return "check the address in --database, and that the server accepts connections from here"
	case errors.Is(err, store.ErrWrongKey):
		return "set CONNECTOR_SECRET_KEY, or put the key file back, as it was when the database was written"
	case errors.Is(err, store.ErrNewerSchema):
		return "run the newer version, or restore a backup from before it"
	case errors.Is(err, store.ErrLocked):
		return "end the process that holds it"
	}
	return "check --database and CONNECTOR_SECRET_KEY"
}

// address looks at the public URL from here.
func (x *examination) address(ctx context.Context) {
	const what = "public URL"
	if x.publicURL == "" {
		x.note(what, "--public-url is not set: event hooks and OAuth sign-ins need it")
		return
	}
	ctx, cancel := context.WithTimeout(ctx, doctorTimeout)
	defer cancel()
	url := strings.TrimSuffix(x.publicURL, "/") + "/healthz"
	const mend = "start the server, and check the proxy, the name and the certificate in front of it"
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		x.bad(what, "it is not a URL", "give one such as https://connector.example.com")
		return
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		x.bad(what, err.Error(), mend)
		return
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, 1<<10))
	if err != nil || res.StatusCode != http.StatusOK || strings.TrimSpace(string(body)) != "ok" {
		x.bad(what, fmt.Sprintf("%s answered %d, and not as this server does", url, res.StatusCode), mend)
		return
	}
	x.good(what, "the server answers there")
	if !strings.HasPrefix(x.publicURL, "https://") && !x.dev {
		x.bad(what, "it is not https", "put a proxy with a certificate in front: Okta calls nothing else")
	}
}

// stored tests each connection, and compares clocks with its org.
func (x *examination) stored(ctx context.Context) {
	for after := ""; ; {
		views, next, err := x.engine.Connections(ctx, after, doctorPage)
		if err != nil {
			x.bad("connections", err.Error(), "look at the database")
			return
		}
		for _, view := range views {
			x.connection(ctx, view.Name)
		}
		if after = next; after == "" {
			return
		}
	}
}

func (x *examination) connection(ctx context.Context, name string) {
	what := "connection " + name
	ctx, cancel := context.WithTimeout(ctx, doctorTimeout)
	defer cancel()
	identity, err := x.engine.TestConnection(ctx, name)
	if err != nil {
		x.bad(what, httpapi.Describe(err), "mend it in the console, or with PUT /v1/connections/"+name)
	} else {
		x.good(what, "%s, as %s", identity.Org, identity.As)
	}
	ahead, known, err := x.engine.ClockSkew(ctx, name)
	if err == nil && known && ahead.Abs() > maxSkew {
		x.bad("clock", fmt.Sprintf("it is %s off that of %s", ahead.Abs(), name), "set this machine's clock, by NTP")
	}
}

// subscriptions looks at what the last poll and Okta said.
func (x *examination) subscriptions(ctx context.Context) {
	for after := ""; ; {
		views, next, err := x.engine.Subscriptions(ctx, after, doctorPage)
		if err != nil {
			x.bad("subscriptions", err.Error(), "look at the database")
			return
		}
		for _, view := range views {
			x.subscription(view)
		}
		if after = next; after == "" {
			return
		}
	}
}

func (x *examination) subscription(view runtime.SubscriptionView) {
	what := "subscription " + view.ID
	switch {
	case view.Hook != nil && !view.Hook.Verified:
		x.bad(what, "Okta has not verified its event hook",
			"see that the public URL is reachable from the internet; the server tries again every minute")
	case view.Status == "failing" && view.LastPoll != nil:
		x.bad(what, "the last poll failed: "+view.LastPoll.Error, "mend what it says; polls go on by themselves")
	case view.Status == "paused":
		x.note(what, "it is paused: POST /v1/subscriptions/%s/resume", view.ID)
	default:
		x.good(what, "%s", view.Status)
	}
}
