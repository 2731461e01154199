package httpapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/okta-connector/okta-connector/actions"
	"github.com/okta-connector/okta-connector/connections"
	"github.com/okta-connector/okta-connector/connections/okta/oktatest"
	"github.com/okta-connector/okta-connector/connections/okta/sandbox"
	"github.com/okta-connector/okta-connector/manifest"
	"github.com/okta-connector/okta-connector/runtime"
	"github.com/okta-connector/okta-connector/runtime/connector"
	"github.com/okta-connector/okta-connector/runtime/httpapi"
	"github.com/okta-connector/okta-connector/runtime/store"
)

// hooked is an api whose org can call back, and does.
type hooked struct {
	*api
	store *store.Store
	stop  func() // ends the engine's own work

	mu    sync.Mutex
	calls []*http.Request // of event hooks
}

func newHooked(t *testing.T) *hooked {
	t.Helper()
	h := &hooked{api: &api{t: t, org: oktatest.New(t, sandbox.Options{Users: 3})}}
	sealer, err := store.NewSealer(bytes.Repeat([]byte{1}, 32))
	require.NoError(t, err)
	h.store, err = store.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "test.db"), store.Options{Sealer: sealer})
	require.NoError(t, err)
	t.Cleanup(func() { _ = h.store.Close() }) // a test may have done so
	h.serve("")
	status, answer := h.send(http.MethodPut, "/v1/connections/prod", h.connection())
	require.Equal(t, http.StatusCreated, status, "%s", answer)
	inBackground(t, h.org.Sandbox.Run)
	h.work()
	return h
}

// serve replaces the server by one that Okta reaches at publicURL; "" is where it really is.
func (h *hooked) serve(publicURL string) {
	h.t.Helper()
	var handler http.Handler
	h.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/hooks/") {
			h.mu.Lock()
			h.calls = append(h.calls, r)
			h.mu.Unlock()
		}
		handler.ServeHTTP(w, r)
	}))
	h.t.Cleanup(h.server.Close)
	if publicURL == "" {
		publicURL = h.server.URL
	}
	h.engine = h.newEngine(publicURL)
	handler = httpapi.New(httpapi.Config{Engine: h.engine})
}

func (h *hooked) newEngine(publicURL string) *runtime.Engine {
	h.t.Helper()
	engine, err := runtime.New(runtime.Config{
		Index: connector.NewIndex(manifest.New("test")), Store: h.store, PublicURL: publicURL,
		Environment: connections.NewEnvironment(connections.Config{Dev: true}),
		Receivers:   runtime.NewReceiverTransport(),
	})
	require.NoError(h.t, err)
	return engine
}

// work lets the engine poll, deliver and look after hooks until the test or h.stop ends it.
func (h *hooked) work() { h.stop = inBackground(h.t, h.engine.Run) }

// inBackground runs something until the test ends, or stop is called.
func inBackground(t *testing.T, run func(context.Context) error) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(stop)
	return stop
}

// hookItems subscribes to these types of events.
func hookItems(types ...string) string {
	raw, _ := json.Marshal(types) // strings always marshal
	return `{"trigger":"eventHook","connection":"prod","inputs":{"eventHookItems":` + string(raw) + `}}`
}

// subscribe saves the subscription "s" and returns how it is shown.
func (h *hooked) subscribe(body string, want int) subscriptionView {
	h.t.Helper()
	status, raw := h.send(http.MethodPut, "/v1/subscriptions/s", body)
	require.Equal(h.t, want, status, "%s", raw)
	var view subscriptionView
	require.NoError(h.t, json.Unmarshal([]byte(raw), &view))
	return view
}

type subscriptionView struct {
	Status string
	Hook   struct {
		ID       string
		Verified bool
		Problem  string
	}
}

// A madeHook is an event hook as the org knows it.
type madeHook struct {
	ID, Name, Status, VerificationStatus string
	Events                               struct {
		Items  []string
		Filter json.RawMessage
	}
	Channel struct{ Config struct{ URI string } }
}

// hooks lists the event hooks of the org.
func (h *hooked) hooks() []madeHook {
	h.t.Helper()
	var hooks []madeHook
	for page, err := range h.org.Client.ListEventHooks(h.t.Context()) {
		require.NoError(h.t, err)
		for _, raw := range page.Items {
			var made madeHook
			require.NoError(h.t, json.Unmarshal(raw, &made))
			hooks = append(hooks, made)
		}
	}
	return hooks
}

// secret is what Okta was told to send as Authorization.
func (h *hooked) secret() string {
	h.t.Helper()
	for _, r := range slices.Backward(h.org.Requests()) {
		var body struct {
			Channel struct {
				Config struct{ AuthScheme struct{ Value string } }
			}
		}
		if strings.HasPrefix(r.Path, "/api/v1/eventHooks") && json.Unmarshal(r.Body, &body) == nil &&
			body.Channel.Config.AuthScheme.Value != "" {
			return body.Channel.Config.AuthScheme.Value
		}
	}
	h.t.Fatal("no hook was made")
	return ""
}

// events pulls the ids of the subscription's events.
func (h *hooked) events() []string {
	h.t.Helper()
	status, raw := h.send(http.MethodGet, "/v1/subscriptions/s/events?limit=200", "")
	require.Equal(h.t, http.StatusOK, status, "%s", raw)
	var list struct{ Items []struct{ ID string } }
	require.NoError(h.t, json.Unmarshal([]byte(raw), &list))
	ids := make([]string, len(list.Items))
	for i, e := range list.Items {
		ids[i] = e.ID
	}
	return ids
}

// happen puts an event into the org's log and returns its uuid.
func (h *hooked) happen(eventType string) string {
	h.t.Helper()
	res, err := http.Post(h.org.URL+"/_sandbox/logs", "application/json",
		strings.NewReader(`{"eventType":"`+eventType+`"}`))
	require.NoError(h.t, err)
	defer res.Body.Close()
	var stored []struct{ UUID string }
	require.NoError(h.t, json.NewDecoder(res.Body).Decode(&stored))
	return stored[0].UUID
}

func envelope(uuids ...string) string {
	events := make([]string, len(uuids))
	for i, id := range uuids {
		events[i] = fmt.Sprintf(`{"uuid":%q,"published":"2026-01-31T09:00:00.000Z","eventType":"user.session.start"}`, id)
	}
	return `{"eventType":"com.okta.event_hook","eventId":"e","data":{"events":[` + strings.Join(events, ",") + `]}}`
}

func TestHook_LifeOfOne(t *testing.T) {
	t.Parallel()
	h := newHooked(t)
	body := `{"trigger":"eventHook","connection":"prod","inputs":{
		"eventHookItems":["user.lifecycle.create","user.session.start"],"eventHookUrlHeaders":{"X-Engine":"42"},
		"eventHookFilter":[{"event":"user.session.start","condition":{"expression":"event.target.?[type eq 'User'].size()>0"}}]}}`
	view := h.subscribe(body, http.StatusCreated)
	require.True(t, view.Hook.Verified)
	require.Equal(t, "active", view.Status)
	hooks := h.hooks()
	require.Len(t, hooks, 1)
	require.Equal(t, view.Hook.ID, hooks[0].ID)
	require.Equal(t, "Okta connector: s", hooks[0].Name)
	require.Equal(t, "ACTIVE VERIFIED", hooks[0].Status+" "+hooks[0].VerificationStatus)
	require.Equal(t, []string{"user.lifecycle.create", "user.session.start"}, hooks[0].Events.Items)
	require.Contains(t, string(hooks[0].Events.Filter), "event.target.?[type eq 'User']")
	require.Equal(t, h.server.URL+"/hooks/s", hooks[0].Channel.Config.URI)
	require.GreaterOrEqual(t, len(h.secret()), 26, "128 bits and more")

	status, raw := h.invoke("createUser", aUser)
	require.Equal(t, http.StatusOK, status, "%v", raw)
	h.happen("user.session.start") // without a target
	eventually(t, func() bool { return len(h.events()) > 0 })
	require.Len(t, h.events(), 1)
	h.mu.Lock()
	last := h.calls[len(h.calls)-1]
	h.mu.Unlock()
	require.Equal(t, "42", last.Header.Get("X-Engine"))
	require.Equal(t, h.secret(), last.Header.Get("Authorization"))

	secret := h.secret()
	h.subscribe(body, http.StatusOK)
	require.Equal(t, hooks[0].ID, h.hooks()[0].ID)
	require.Len(t, h.hooks(), 1, "saving again makes no second hook")
	require.Equal(t, secret, h.secret())

	h.org.Forget()
	view = h.subscribe(strings.NewReplacer("X-Engine", "X-Other", `,"user.session.start"]`, `]`, `eventHookFilter"`, `eventHookItemsCode"`,
		`[{"event":"user.session.start","condition":{"expression":"event.target.?[type eq 'User'].size()>0"}}]`, `["group.lifecycle.create"]`).
		Replace(body), http.StatusOK)
	require.True(t, view.Hook.Verified)
	require.Contains(t, h.org.Lines(), "POST /api/v1/eventHooks/"+view.Hook.ID+"/lifecycle/verify", "another channel")
	require.Equal(t, []string{"user.lifecycle.create", "group.lifecycle.create"}, h.hooks()[0].Events.Items)
	group := h.happen("group.lifecycle.create")
	eventually(t, func() bool { return slices.Contains(h.events(), group) })

	status, raw2 := h.send(http.MethodDelete, "/v1/subscriptions/s", "")
	require.Equal(t, http.StatusNoContent, status, "%s", raw2)
	require.Empty(t, h.hooks())
}

func TestHook_SavedOnTwoReplicasAtOnce(t *testing.T) {
	t.Parallel()
	h := newHooked(t)
	other := h.newEngine(h.server.URL)
	h.subscribe(hookItems("user.session.start"), http.StatusCreated)
	var wg sync.WaitGroup
	for _, engine := range []*runtime.Engine{h.engine, other, h.engine, other} {
		wg.Go(func() {
			_, _, err := engine.PutSubscription(t.Context(), "s", json.RawMessage(hookItems("user.session.end")), false)
			var conflict *runtime.ConflictError // the others may have been faster
			if err != nil && !errors.As(err, &conflict) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	hooks := h.hooks()
	require.Len(t, hooks, 1)
	require.Equal(t, []string{"user.session.end"}, hooks[0].Events.Items)
	require.Equal(t, "VERIFIED", hooks[0].VerificationStatus)
}

func TestHook_WhoMayDeliver(t *testing.T) {
	t.Parallel()
	h := newHooked(t)
	h.subscribe(hookItems("user.session.start"), http.StatusCreated)
	status, raw := h.send(http.MethodPut, "/v1/subscriptions/polled", `{"trigger":"newUsers","connection":"prod"}`)
	require.Equal(t, http.StatusCreated, status, "%s", raw)
	secret := "Authorization: " + h.secret()
	for _, tc := range []struct {
		name, method, path, body string
		headers                  []string
		status                   int
		says                     string
	}{
		{"a challenge", "GET", "s", "", []string{"X-Okta-Verification-Challenge: a\"b"}, 200, `{"verification":"a\"b"}`},
		{"no challenge", "GET", "s", "", nil, 400, "no_challenge"},
		{"a challenge of nobody", "GET", "x", "", []string{"X-Okta-Verification-Challenge: c"}, 404, "not_found"},
		{"a challenge of a poll", "GET", "polled", "", []string{"X-Okta-Verification-Challenge: c"}, 404, "not_found"},
		{"another secret", "POST", "s", envelope("1"), []string{secret + "x"}, 401, "hook_refused"},
		{"no secret", "POST", "s", envelope("1"), nil, 401, "hook_refused"},
		{"a delivery to nobody", "POST", "x", envelope("1"), []string{secret}, 404, "not_found"},
		{"a delivery to a poll", "POST", "polled", envelope("1"), []string{"Authorization: "}, 404, "not_found"},
		{"no JSON", "POST", "s", "{", []string{secret}, 400, "bad_json"},
		{"no events", "POST", "s", `{"data":{"events":"x"}}`, []string{secret}, 422, "/data/events"},
		{"another method", "PUT", "s", envelope("1"), []string{secret}, 405, "method_not_allowed"},
	} {
		status, raw := h.send(tc.method, "/hooks/"+tc.path, tc.body, tc.headers...)
		require.Equal(t, tc.status, status, "%s: %s", tc.name, raw)
		require.Contains(t, raw, tc.says, tc.name)
		require.NotContains(t, raw, h.secret())
	}
	require.Empty(t, h.events())
}

func TestHook_SplitsAndDeduplicates(t *testing.T) {
	t.Parallel()
	h := newHooked(t)
	h.subscribe(hookItems("user.session.start"), http.StatusCreated)
	deliver := func(body string) {
		t.Helper()
		status, raw := h.send(http.MethodPost, "/hooks/s", body, "Authorization: "+h.secret())
		require.Equal(t, http.StatusNoContent, status, "%s", raw)
	}
	deliver(envelope("a", "b", "a", "c"))
	deliver(envelope("a", "b", "a", "c")) // Okta's retry
	deliver(envelope("c", "", "d"))       // one that cannot be told apart costs the others nothing
	deliver(`{"data":{"events":[]}}`)
	deliver(`{"data":{"events":[null,{"uuid":"e","published":"yesterday","target":{"id":"x"}}]}}`)
	deliver(`{"data":{"events":[{"uuid":"e","eventType":"x","client":{"userAgent":"half a pair \ud83d","zone":"a","zone":"b"}}]}}`)
	require.Equal(t, []string{"a", "b", "c", "d", "e"}, h.events(), "the last one would not do for a caller of ours")
}

func TestHook_WhatIsNotUTF8IsMadeSo(t *testing.T) {
	t.Parallel()
	h := newHooked(t)
	h.subscribe(hookItems("user.session.start"), http.StatusCreated)
	body := strings.Replace(envelope("a", "b"), `"published"`, "\"displayMessage\":\"caf\xe9\",\"published\"", 1)
	status, raw := h.send(http.MethodPost, "/hooks/s", body, "Authorization: "+h.secret())
	require.Equal(t, http.StatusNoContent, status, "%s", raw)
	require.Equal(t, []string{"a", "b"}, h.events())
	_, raw = h.send(http.MethodGet, "/v1/subscriptions/s/events", "")
	require.True(t, utf8.ValidString(raw))
	require.Contains(t, raw, "caf\uFFFD")
}

func TestHook_IsNotAcceptedUnlessStored(t *testing.T) {
	t.Parallel()
	h := newHooked(t)
	h.subscribe(hookItems("user.session.start"), http.StatusCreated)
	secret := h.secret()
	h.stop()
	require.NoError(t, h.store.Close())
	status, _ := h.send(http.MethodPost, "/hooks/s", envelope("a"), "Authorization: "+secret)
	require.GreaterOrEqual(t, status, 500, "Okta repeats it then")
}

func TestHook_ThatOktaCannotVerify(t *testing.T) {
	t.Parallel()
	h := newHooked(t)
	h.stop()
	nobody := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(nobody.Close)
	h.serve(nobody.URL)
	status, raw := h.send(http.MethodPut, "/v1/subscriptions/s", hookItems("user.session.start"))
	require.Equal(t, http.StatusFailedDependency, status, "%s", raw)
	require.Contains(t, raw, "verification failed")
	status, _ = h.send(http.MethodGet, "/v1/subscriptions/s", "")
	require.Equal(t, http.StatusNotFound, status, "no subscription is left that looks as if it worked")
	require.Empty(t, h.hooks())
}

func TestHook_WithoutAPublicURL(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	status, raw := a.send(http.MethodPut, "/v1/subscriptions/s", hookItems("user.session.start"))
	require.Equal(t, http.StatusConflict, status, "%s", raw)
	require.Contains(t, raw, "--public-url")
	status, _ = a.send(http.MethodGet, "/v1/subscriptions/s", "")
	require.Equal(t, http.StatusNotFound, status)
}

func TestHook_StaysWhereOktaCannotBeReached(t *testing.T) {
	t.Parallel()
	h := newHooked(t)
	made := h.subscribe(hookItems("user.session.start"), http.StatusCreated)
	h.org.Fault(t, oktatest.Fault{Method: "POST", Path: "/api/v1/eventHooks/*", Status: 403, Times: -1})
	status, raw := h.send(http.MethodDelete, "/v1/subscriptions/s", "")
	require.Equal(t, http.StatusFailedDependency, status, "%s", raw)
	require.Contains(t, raw, "force=true")
	status, _ = h.send(http.MethodGet, "/v1/subscriptions/s", "")
	require.Equal(t, http.StatusOK, status, "it can be removed once the org can be reached")

	status, raw = h.send(http.MethodDelete, "/v1/subscriptions/s?force=true", "")
	require.Equal(t, http.StatusNoContent, status, "%s", raw)
	status, _ = h.send(http.MethodPost, "/hooks/s", envelope("a"), "Authorization: "+h.secret())
	require.Equal(t, http.StatusNotFound, status)

	clearFaults(t, h.org.URL)
	again := h.subscribe(hookItems("user.session.start"), http.StatusCreated)
	require.Equal(t, made.Hook.ID, again.Hook.ID, "the hook that was left behind is used again")
	id := h.happen("user.session.start")
	eventually(t, func() bool { return slices.Contains(h.events(), id) })
}

func TestHook_HalfRemoved(t *testing.T) {
	t.Parallel()
	h := newHooked(t)
	made := h.subscribe(hookItems("user.session.start"), http.StatusCreated)
	_, err := h.org.Client.DeactivateEventHook(t.Context(), made.Hook.ID)
	require.NoError(t, err)
	h.org.Fault(t, oktatest.Fault{Method: "POST", Path: "/api/v1/eventHooks/*", Status: 400, Times: -1})
	status, raw := h.send(http.MethodDelete, "/v1/subscriptions/s", "")
	require.Equal(t, http.StatusNoContent, status, "%s", raw)
	require.Empty(t, h.hooks())
}

func clearFaults(t *testing.T, org string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodDelete, org+"/_sandbox/faults", nil)
	require.NoError(t, err)
	res, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
}

func TestHook_FollowsThePublicURL(t *testing.T) {
	t.Parallel()
	h := newHooked(t)
	made := h.subscribe(hookItems("user.session.start"), http.StatusCreated)
	h.stop()
	h.server.Close()
	h.serve("") // at another port
	h.work()
	eventually(t, func() bool {
		hooks := h.hooks()
		return hooks[0].Channel.Config.URI == h.server.URL+"/hooks/s" && hooks[0].VerificationStatus == "VERIFIED"
	})
	require.Len(t, h.hooks(), 1)
	require.Equal(t, made.Hook.ID, h.hooks()[0].ID)
	id := h.happen("user.session.start")
	eventually(t, func() bool { return slices.Contains(h.events(), id) })
}

func TestHook_LeftUnfinishedByACrashIsMade(t *testing.T) {
	t.Parallel()
	h := newHooked(t)
	h.stop()
	require.NoError(t, h.store.CreateSubscription(t.Context(), store.Subscription{
		ID: "s", Trigger: "eventHook", Connection: "prod", Inputs: json.RawMessage(`{"eventHookItems":["user.session.start"]}`),
		Schedule: "*/5 * * * *", StartFrom: "now", BatchSize: 1,
	}))
	status, raw := h.send(http.MethodGet, "/v1/subscriptions/s", "")
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, raw, `"failing"`, "nothing arrives yet")
	h.work()
	eventually(t, func() bool {
		_, raw := h.send(http.MethodGet, "/v1/subscriptions/s", "")
		return strings.Contains(raw, `"active"`)
	})
	require.Len(t, h.hooks(), 1)
}

func TestHook_RemovedOrTurnedOffInOktaIsPutBack(t *testing.T) {
	t.Parallel()
	for name, harm := range map[string]func(h *hooked, id string) error{
		"removed": func(h *hooked, id string) error {
			if _, err := h.org.Client.DeactivateEventHook(t.Context(), id); err != nil {
				return err
			}
			return h.org.Client.DeleteEventHook(t.Context(), id)
		},
		"turned off": func(h *hooked, id string) error {
			_, err := h.org.Client.DeactivateEventHook(t.Context(), id)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHooked(t)
			made := h.subscribe(hookItems("user.session.start"), http.StatusCreated)
			h.stop()
			require.NoError(t, harm(h, made.Hook.ID))
			h.work() // which looks at once, and then each hour
			eventually(t, func() bool {
				hooks := h.hooks()
				return len(hooks) == 1 && hooks[0].Status+" "+hooks[0].VerificationStatus == "ACTIVE VERIFIED"
			})
			id := h.happen("user.session.start")
			eventually(t, func() bool { return slices.Contains(h.events(), id) })
		})
	}
}

func TestHook_WarnsNearOktasLimits(t *testing.T) {
	t.Parallel()
	h := newHooked(t)
	for i := range 21 {
		status, answer := h.invoke("createEventHook", fmt.Sprintf(
			`{"eventHookName":"other %d","eventHookUrl":"https://127.0.0.1:1/%[1]d","eventHookItems":["user.session.start"]}`, i))
		require.Equal(t, http.StatusOK, status, "%v", answer)
	}
	h.subscribe(hookItems(actions.EventTypes()[:280]...), http.StatusCreated)
	_, raw := h.send(http.MethodGet, "/v1/subscriptions/s/events", "")
	require.Contains(t, raw, "hooks_near_limit")
	require.Contains(t, raw, "the org has 22 active event hooks")
	require.Contains(t, raw, "types_near_limit")
	_, raw = h.send(http.MethodGet, "/v1/subscriptions/s", "")
	require.Contains(t, raw, "types_near_limit")

	h.subscribe(hookItems("user.session.start"), http.StatusOK)
	_, raw = h.send(http.MethodGet, "/v1/subscriptions/s/events", "")
	require.NotContains(t, raw, "types_near_limit")
}

func TestHook_ReconcilesWhatItMissed(t *testing.T) {
	t.Parallel()
	h := newHooked(t)
	body := strings.TrimSuffix(hookItems("user.session.start"), "}") + `,"reconcile":true,"schedule":"@every 1s"}`
	h.subscribe(body, http.StatusCreated)
	heard := h.happen("user.session.start")
	eventually(t, func() bool { return slices.Contains(h.events(), heard) })
	h.stop()
	h.server.Close() // Okta's call and its one repetition meet nobody
	missed := []string{h.happen("user.session.start"), h.happen("user.session.start")}
	h.happen("user.session.end") // not of this hook
	h.serve("")
	h.work()
	eventually(t, func() bool { return len(h.events()) >= 3 })
	late := h.happen("user.session.start") // by the hook and by a poll
	eventually(t, func() bool { return slices.Contains(h.events(), late) })
	status, raw := h.send(http.MethodPost, "/v1/subscriptions/s/poll", "")
	require.Equal(t, http.StatusOK, status, "%s", raw)
	require.ElementsMatch(t, append(missed, heard, late), h.events(), "each once")
}

func TestHook_ThatReconcilesLaterBeginsThen(t *testing.T) {
	t.Parallel()
	h := newHooked(t)
	h.subscribe(hookItems("user.session.start"), http.StatusCreated)
	old := h.happen("user.session.start")
	eventually(t, func() bool { return slices.Contains(h.events(), old) })
	_, err := h.store.Prune(t.Context(), store.Retention{EventAge: time.Nanosecond})
	require.NoError(t, err)
	h.subscribe(strings.TrimSuffix(hookItems("user.session.start"), "}")+
		`,"reconcile":true,"schedule":"0 0 1 1 *"}`, http.StatusOK)
	late := h.happen("user.session.start")
	status, raw := h.send(http.MethodPost, "/v1/subscriptions/s/poll", "")
	require.Equal(t, http.StatusOK, status, "%s", raw)
	require.Equal(t, []string{late}, h.events(), "what was reported and forgotten is not reported again")
}

func TestHook_WithoutReconcilingIsNotPolled(t *testing.T) {
	t.Parallel()
	h := newHooked(t)
	h.subscribe(hookItems("user.session.start"), http.StatusCreated)
	h.org.Forget()
	for path, body := range map[string]string{"poll": "", "rewind": `{"to":"2026-01-01T00:00:00Z"}`} {
		status, raw := h.send(http.MethodPost, "/v1/subscriptions/s/"+path, body)
		require.Equal(t, http.StatusConflict, status, "%s", raw)
		require.Contains(t, raw, "not_polled")
	}
	require.Empty(t, h.org.Lines())
}

func TestHook_IsQuickBehindASlowReceiver(t *testing.T) {
	t.Parallel()
	h := newHooked(t)
	slow := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-r.Context().Done():
		case <-time.After(2 * time.Second):
		}
	}))
	t.Cleanup(slow.Close)
	h.subscribe(strings.TrimSuffix(hookItems("user.session.start"), "}")+
		`,"batchSize":1,"deliverTo":{"url":"`+slow.URL+`"}}`, http.StatusCreated)
	const callers, calls = 8, 40
	secret, took := h.secret(), make(chan time.Duration, callers*calls)
	var wg sync.WaitGroup
	for caller := range callers {
		wg.Go(func() {
			for call := range calls {
				began := time.Now()
				id := fmt.Sprintf("%d-%d", caller, call)
				status, raw := h.send(http.MethodPost, "/hooks/s", envelope(id+"a", id+"b", id+"c"), "Authorization: "+secret)
				took <- time.Since(began)
				if status != http.StatusNoContent {
					t.Error(status, raw)
				}
			}
		})
	}
	wg.Wait()
	close(took)
	all := slices.Collect(func(yield func(time.Duration) bool) {
		for d := range took {
			if !yield(d) {
				return
			}
		}
	})
	slices.Sort(all)
	p99 := all[len(all)*99/100]
	t.Logf("%d calls of 3 events: p50 %s, p99 %s", len(all), all[len(all)/2], p99)
	require.Less(t, p99, 1500*time.Millisecond, "Okta waits 3 s")
	view, err := h.engine.Subscription(t.Context(), "s")
	require.NoError(t, err)
	require.EqualValues(t, 3*callers*calls, view.Counts.Received)
}
