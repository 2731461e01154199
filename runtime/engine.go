// Package runtime is the engine: it performs actions, polls triggers on their schedules, keeps what they bring and
// delivers it. It dispatches by key and knows no action; HTTP and the command line are its callers.
//
// # How an event travels
//
// A poll is claimed by lease, reads Okta page by page, and commits each page's events with the cursor behind them in
// one transaction. A delivery is claimed the same way, sends the oldest undelivered batch of its subscription, and is
// repeated until the receiver takes it. A process may be killed at any point: the lease ends, and another one goes on
// from what was committed.
package runtime

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/okta-connector/okta-connector/runtime/connector"
	"github.com/okta-connector/okta-connector/runtime/store"
)

// Defaults of [Config].
const (
	DefaultLease   = 10 * time.Second
	DefaultWorkers = 16

	sendersPerWorker = 4 // deliveries mostly wait for receivers

	drainTime = 25 * time.Second // running work may take this long after the engine was told to stop
)

// Config says what an engine works with. Index is required; without a Store only inline connections can be used, and
// nothing can be subscribed to.
type Config struct {
	Index       *connector.Index
	Store       *store.Store
	Environment connector.Environment
	PublicURL   string            // where Okta reaches this server, for event hooks and OAuth; "" where it cannot
	Receivers   http.RoundTripper // reaches the receivers of deliveries; nil: http.DefaultTransport
	Lease       time.Duration     // of a claim; 0: [DefaultLease]
	Workers     int               // polls at a time, and a quarter of the deliveries; 0: [DefaultWorkers]
	Retention   store.Retention   // how long events, deliveries and the audit trail are kept; zero: [DefaultRetention]
	AnswersKept time.Duration     // of calls that may be asked for again; 0: [DefaultAnswersKept]
	RetryFor    time.Duration     // a delivery is tried this long; 0: [DefaultRetryFor]
	Observer    Observer          // is told what was done, for metrics
	Tracer      trace.Tracer      // nil: nothing is traced
	Logger      *slog.Logger      // nil: discard
}

// Engine performs, polls and delivers. It is safe for concurrent use.
type Engine struct {
	index     *connector.Index
	store     *store.Store
	env       connector.Environment
	publicURL string
	receivers *http.Client
	lease     time.Duration
	workers   int
	retention store.Retention
	retryFor  time.Duration

	answersKept time.Duration
	observer    Observer
	tracer      trace.Tracer
	log         *slog.Logger

	owner      string          // names this process in claims
	life       context.Context // of calls in the background
	end        context.CancelFunc
	background sync.WaitGroup
	running    sync.Map // of calls in the background: id → context.CancelCauseFunc
	clients    *clients
	polled     sync.Map // by subscription: the trace.SpanContext of the last poll that brought events
	wakePoll   chan struct{}
	wakeSend   chan struct{}
}

// New returns an engine that does nothing by itself until [Engine.Run].
func New(cfg Config) (*Engine, error) {
	if cfg.Index == nil {
		return nil, errors.New("runtime: Index is required")
	}
	e := &Engine{
		index: cfg.Index, store: cfg.Store, env: cfg.Environment, publicURL: cfg.PublicURL,
		receivers: newReceiverClient(cfg.Receivers),
		lease:     cfg.Lease, workers: cfg.Workers, retention: cfg.Retention, retryFor: cfg.RetryFor, log: cfg.Logger,
		answersKept: cfg.AnswersKept,
		observer:    cfg.Observer.complete(), tracer: cfg.Tracer, owner: rand.Text(), clients: newClients(),
		wakePoll: make(chan struct{}, 1), wakeSend: make(chan struct{}, 1),
	}
	e.life, e.end = context.WithCancel(context.Background())
	if e.lease == 0 {
		e.lease = DefaultLease
	}
	if e.workers == 0 {
		e.workers = DefaultWorkers
	}
	if e.retention == (store.Retention{}) {
		e.retention = DefaultRetention
	}
	if e.answersKept == 0 {
		e.answersKept = DefaultAnswersKept
	}
	if e.retryFor == 0 {
		e.retryFor = DefaultRetryFor
	}
	if e.log == nil {
		e.log = slog.New(slog.DiscardHandler)
	}
	return e, nil
}

// Index returns the manifest that the engine dispatches by.
func (e *Engine) Index() *connector.Index { return e.index }

// Ping proves that the database answers.
func (e *Engine) Ping(ctx context.Context) error { return e.store.Ping(ctx) }

// Run polls and delivers until ctx ends, then lets running work come to an end and returns.
func (e *Engine) Run(ctx context.Context) error {
	e.resume(ctx)
	work, cancel := drainAfter(ctx, drainTime)
	defer cancel()
	defer context.AfterFunc(work, e.end)()
	var wg sync.WaitGroup
	polls := e.newDispatcher("poll", e.workers, pollPatience, e.wakePoll, e.claimPolls)
	sends := e.newDispatcher("delivery", sendersPerWorker*e.workers, sendPatience, e.wakeSend, e.claimDeliveries)
	wg.Go(func() { polls.run(ctx, work) })
	wg.Go(func() { sends.run(ctx, work) })
	wg.Go(func() { e.keepHooks(ctx) })
	wg.Go(func() { e.prune(ctx) })
	wg.Wait()
	e.background.Wait()
	e.end()
	return nil
}

// resume goes on where an engine before this one ended. A database that is away, or full, comes back.
func (e *Engine) resume(ctx context.Context) {
	for ctx.Err() == nil {
		err := e.store.Recover(ctx)
		if err == nil {
			return
		}
		if ctx.Err() == nil {
			e.log.Error("engine waits for the database", "error", err)
		}
		waitUntil(ctx, time.Now().Add(time.Second), nil)
	}
}

// drainAfter returns a context that ends some time after ctx does.
func drainAfter(ctx context.Context, grace time.Duration) (context.Context, context.CancelFunc) {
	work, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		timer := time.AfterFunc(grace, cancel)
		context.AfterFunc(work, func() { timer.Stop() })
	})
	return work, func() { stop(); cancel() }
}
