package runtime_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/okta-connector/okta-connector/connections/okta"
	"github.com/okta-connector/okta-connector/runtime"
	"github.com/okta-connector/okta-connector/runtime/connector"
	"github.com/okta-connector/okta-connector/runtime/store"
)

// A world is an engine with a trigger whose events the test makes, and a receiver whose answers it decides. It lives in
// virtual time: use it inside a synctest bubble.
type world struct {
	t      *testing.T
	store  *store.Store
	engine *runtime.Engine

	mu       sync.Mutex
	happened []connector.Event // in the org, oldest first
	polls    []time.Time
	slowness time.Duration // of each poll
	away     string        // an org that does not answer for minutes
	failing  error         // what polls end with
	answer   func(delivery) int
	replies  map[string]func(*http.Request) (*http.Response, error) // by host; instead of answer
	received []delivery
}

// A delivery is what the receiver got.
type delivery struct {
	at     time.Time
	host   string
	header http.Header
	body   []byte
	ids    []string
}

const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

type noInputs struct{}

type orgInputs struct {
	Org string `json:"org" title:"Org" doc:"The org's host." default:"acme.okta.com"`
}

type noAuth struct{}

func (noAuth) Authorize(context.Context, *http.Request) error { return nil }
func (noAuth) Refused(*http.Request, *okta.Error) bool        { return false }

func newWorld(t *testing.T) *world {
	w := &world{t: t, answer: func(delivery) int { return http.StatusOK }}
	w.store = openStore(t, filepath.Join(t.TempDir(), "test.db"))
	w.engine = w.newEngine()
	_, _, err := w.engine.PutConnection(t.Context(), "prod", "none", json.RawMessage(`{}`), false)
	require.NoError(t, err)
	return w
}

func openStore(t *testing.T, path string) *store.Store {
	sealer, err := store.NewSealer(make([]byte, 32))
	require.NoError(t, err)
	s, err := store.Open(t.Context(), "sqlite:"+path, store.Options{Sealer: sealer})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

func (w *world) newEngine(change ...func(*runtime.Config)) *runtime.Engine {
	cfg := runtime.Config{
		Index: connector.NewIndex(&connector.Manifest{
			Key: "test", Label: "Test",
			Connections: []*connector.Connection{connector.NewConnection(
				connector.ConnectionInfo{Key: "none", Label: "None", Description: "Needs nothing."},
				connector.Behaviour[orgInputs]{
					Check: func(connector.Environment, orgInputs) schemasInvalid { return nil },
					Open: func(_ context.Context, _ connector.Environment, _ connector.Session, in orgInputs) (*okta.Client, error) {
						return okta.New(okta.Config{BaseURL: "https://" + in.Org, Auth: noAuth{}})
					},
				})},
			Triggers: []*connector.Trigger{connector.NewTrigger(connector.TriggerInfo{
				Key: "things", Label: "Things", Description: "Reports things.", Schedule: "*/5 * * * *",
			}, w.poll)},
		}),
		Store: w.store, Receivers: w,
	}
	for _, c := range change {
		c(&cfg)
	}
	engine, err := runtime.New(cfg)
	require.NoError(w.t, err)
	return engine
}

// poll reports what happened since the cursor, three events a page.
func (w *world) poll(
	ctx context.Context, c *okta.Client, _ noInputs, start connector.Start, cursor *int,
) iter.Seq2[connector.Step[int], error] {
	return func(yield func(connector.Step[int], error) bool) {
		w.mu.Lock()
		w.polls = append(w.polls, time.Now())
		slowness, failing := w.slowness, w.failing
		if c.Org() == w.away {
			slowness, failing = 3*time.Minute, errors.New("no answer")
		}
		w.mu.Unlock()
		select {
		case <-time.After(slowness):
		case <-ctx.Done():
			yield(connector.Step[int]{}, ctx.Err())
			return
		}
		at := 0
		if cursor != nil {
			at = *cursor
		}
		for {
			events := w.after(at, 3)
			at += len(events)
			if cursor == nil && start.Baseline {
				events = nil
			}
			if !yield(connector.Step[int]{Events: events, Cursor: at}, nil) || len(w.after(at, 1)) == 0 {
				break
			}
		}
		if failing != nil {
			yield(connector.Step[int]{}, failing)
		}
	}
}

func (w *world) after(at, n int) []connector.Event {
	w.mu.Lock()
	defer w.mu.Unlock()
	rest := w.happened[min(at, len(w.happened)):]
	return rest[:min(n, len(rest))]
}

// happen makes n more events.
func (w *world) happen(n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for range n {
		id := "thing-" + strconv.Itoa(len(w.happened))
		w.happened = append(w.happened, connector.Event{
			ID: id, Type: "com.okta.thing", Time: time.Now(), Subject: id, Data: json.RawMessage(`{"id":"` + id + `"}`),
		})
	}
}

// RoundTrip is the receiver.
func (w *world) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	d := delivery{at: time.Now(), host: r.URL.Host, header: r.Header, body: body}
	var batch []struct {
		ID string `json:"id"`
	}
	if err := json.Unmarshal(body, &batch); err != nil {
		return nil, err
	}
	for _, event := range batch {
		d.ids = append(d.ids, event.ID)
	}
	w.mu.Lock()
	w.received = append(w.received, d)
	answer, special := w.answer, w.replies[r.URL.Host]
	w.mu.Unlock()
	if special != nil {
		return special(r)
	}
	return reply(answer(d)), nil
}

// delivered returns the events of all deliveries that got the answer 200, in their order.
func (w *world) ids() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var ids []string
	for _, d := range w.received {
		ids = append(ids, d.ids...)
	}
	return ids
}

func (w *world) pollTimes() []time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]time.Time(nil), w.polls...)
}

func (w *world) set(change func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	change()
}

// subscribe saves a subscription to things, from members on top of trigger and connection.
func (w *world) subscribe(members string) { w.subscribeAs("sub", members) }

func (w *world) subscribeAs(id, members string) {
	raw := json.RawMessage(`{"trigger":"things","connection":"prod"` + members + `}`)
	_, _, err := w.engine.PutSubscription(w.t.Context(), id, raw, false)
	require.NoError(w.t, err)
}

// receiver is the deliverTo of a subscription whose receiver has a host of its own.
func receiver(host string) string {
	return `,"deliverTo":{"url":"https://` + host + `/hook","secret":"` + secret + `"}`
}

// to returns what went to a host.
func (w *world) to(host string) []delivery {
	w.mu.Lock()
	defer w.mu.Unlock()
	var to []delivery
	for _, d := range w.received {
		if d.host == host {
			to = append(to, d)
		}
	}
	return to
}

// reply is an answer without a body; headers are "Name: value".
func reply(status int, headers ...string) *http.Response {
	res := &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(""))}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		res.Header.Set(name, value)
	}
	return res
}

// hang never answers.
func hang(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

const toReceiver = `,"deliverTo":{"url":"https://engine.example/hook/42","secret":"` + secret + `"}`

// run lets the engine work for a while, with replicas beside it.
func (w *world) run(d time.Duration, replicas ...*runtime.Engine) {
	ctx, cancel := context.WithCancel(w.t.Context())
	engines := append([]*runtime.Engine{w.engine}, replicas...)
	done := make(chan error)
	for _, e := range engines {
		go func() { done <- e.Run(ctx) }()
	}
	time.Sleep(d) //nolint:forbidigo // virtual
	synctest.Wait()
	cancel()
	for range engines {
		require.NoError(w.t, <-done)
	}
}

func (w *world) subscription() runtime.SubscriptionView {
	view, err := w.engine.Subscription(w.t.Context(), "sub")
	require.NoError(w.t, err)
	return view
}
