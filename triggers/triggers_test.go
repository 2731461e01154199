package triggers_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/okta-connector/okta-connector/connections/okta"
	"github.com/okta-connector/okta-connector/connections/okta/sandbox"
	"github.com/okta-connector/okta-connector/runtime/connector"
	"github.com/okta-connector/okta-connector/triggers"
)

// An org is a sandbox in virtual time: its requests take none, and its clock is the bubble's.
type org struct {
	t      *testing.T
	org    *sandbox.Org
	client *okta.Client
	skew   time.Duration // how far Okta's clock is ahead of ours, in its Date header
	paths  []string      // path and query of each request
	refuse func(*http.Request) int

	answer, instead []byte // the last body, and one to give in place of what the org says
}

func newOrg(t *testing.T) *org {
	o := &org{t: t, refuse: func(*http.Request) int { return 0 }}
	var err error
	o.org, err = sandbox.New(sandbox.Options{Users: 10, Groups: 1, LogEvents: 5})
	require.NoError(t, err)
	o.client, err = okta.New(okta.Config{BaseURL: "http://acme.okta.test", Auth: o, Transport: o})
	require.NoError(t, err)
	return o
}

func (o *org) Authorize(_ context.Context, r *http.Request) error {
	r.Header.Set("Authorization", "SSWS "+o.org.Credentials().APIToken)
	return nil
}

func (*org) Refused(*http.Request, *okta.Error) bool { return false }

func (o *org) RoundTrip(r *http.Request) (*http.Response, error) {
	o.paths = append(o.paths, r.URL.RequestURI())
	rec := httptest.NewRecorder()
	if status := o.refuse(r); status != 0 {
		rec.Header().Set("Content-Type", "application/json")
		rec.WriteHeader(status)
		code := map[int]string{http.StatusBadRequest: "E0000029", http.StatusInternalServerError: "E0000009"}[status]
		_, _ = rec.WriteString(`{"errorCode":"` + code + `","errorSummary":"Refused."}`)
	} else {
		in := r.Clone(r.Context())
		in.RequestURI, in.Host = r.URL.RequestURI(), r.URL.Host
		o.org.ServeHTTP(rec, in)
	}
	if o.answer = rec.Body.Bytes(); o.instead != nil {
		rec.Body = bytes.NewBuffer(o.instead)
	}
	res := rec.Result()
	res.Request = r
	res.Header.Set("Date", time.Now().Add(o.skew).UTC().Format(http.TimeFormat))
	return res, nil
}

func (o *org) post(path string, body any) json.RawMessage {
	o.t.Helper()
	raw, err := json.Marshal(body)
	require.NoError(o.t, err)
	req := httptest.NewRequest(http.MethodPost, "http://acme.okta.test"+path, bytes.NewReader(raw))
	req.Header.Set("Authorization", "SSWS "+o.org.Credentials().APIToken)
	req.Header.Set("Content-Type", "application/json")
	rec := httptest.NewRecorder()
	o.org.ServeHTTP(rec, req)
	require.Less(o.t, rec.Code, 300, "%s", rec.Body)
	return rec.Body.Bytes()
}

// create makes a user that is not active, in one step of its life, and returns its id.
func (o *org) create(login string) string {
	o.t.Helper()
	var user struct{ ID string }
	raw := o.post("/api/v1/users?activate=false", map[string]any{"profile": map[string]string{
		"login": login + "@example.com", "email": login + "@example.com", "firstName": login, "lastName": "Test",
	}})
	require.NoError(o.t, json.Unmarshal(raw, &user))
	return user.ID
}

func (o *org) rename(id, name string) {
	o.post("/api/v1/users/"+id, map[string]any{"profile": map[string]string{"firstName": name}})
}

// A watch is a trigger polled again and again with its cursor, as the engine and the command line do.
type watch struct {
	*org
	trigger *connector.Trigger
	inputs  string
	start   connector.Start
	cursor  json.RawMessage
}

func (o *org) watch(t *connector.Trigger) *watch {
	w := &watch{org: o, trigger: t, inputs: "{}", start: connector.Start{Registered: time.Now(), Baseline: true}}
	require.Empty(o.t, w.poll(), "a baseline is no event")
	w.start.Baseline = false
	return w
}

// poll polls once and returns the subjects of the events.
func (w *watch) poll() []string {
	w.t.Helper()
	subjects, err := w.try()
	require.NoError(w.t, err)
	return subjects
}

func (w *watch) try() (subjects []string, err error) {
	poll, err := w.trigger.Bind(json.RawMessage(w.inputs))
	require.NoError(w.t, err)
	for batch, err := range poll(w.t.Context(), w.client, w.start, w.cursor) {
		if err != nil {
			return subjects, err
		}
		for _, e := range batch.Events {
			subjects = append(subjects, e.Subject)
		}
		w.cursor = batch.Cursor
	}
	return subjects, nil
}

func inBubble(t *testing.T, test func(t *testing.T, o *org)) {
	t.Helper()
	t.Parallel()
	synctest.Test(t, func(t *testing.T) { test(t, newOrg(t)) })
}

func wait(d time.Duration) { time.Sleep(d) } //nolint:forbidigo // virtual

func TestNewUsers_EachOnce(t *testing.T) {
	inBubble(t, func(t *testing.T, o *org) {
		o.create("before")
		w := o.watch(triggers.NewUsers)
		wait(time.Minute)
		require.Empty(t, w.poll())
		a := o.create("a")
		require.Equal(t, []string{a}, w.poll())
		require.Empty(t, w.poll(), "the overlap is read again, and known")
		wait(time.Hour)
		b, c := o.create("b"), o.create("c")
		require.ElementsMatch(t, []string{b, c}, w.poll())
		require.Empty(t, w.poll())
	})
}

func TestNewUsers_InTheSecondOfTheWatermark(t *testing.T) {
	inBubble(t, func(t *testing.T, o *org) {
		w := o.watch(triggers.NewUsers)
		wait(time.Minute + 100*time.Millisecond)
		a := o.create("a")
		require.Equal(t, []string{a}, w.poll())
		b := o.create("b") // the same second: created is equal
		require.Equal(t, []string{b}, w.poll())
	})
}

func TestNewUsers_JustAfterTheSubscription(t *testing.T) {
	inBubble(t, func(t *testing.T, o *org) {
		o.create("second.before")
		w := o.watch(triggers.NewUsers)
		a := o.create("a")
		require.Equal(t, []string{a}, w.poll())
	})
}

func TestNewUsers_IndexedLate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := newOrg(t)
		var err error
		o.org, err = sandbox.New(sandbox.Options{Users: 10, SearchLag: 30 * time.Second})
		require.NoError(t, err)
		w := o.watch(triggers.NewUsers)
		wait(time.Minute)
		late := o.create("late")
		require.Empty(t, w.poll(), "the index does not show it yet")
		wait(31 * time.Second)
		require.Equal(t, []string{late}, w.poll())
	})
}

func TestNewUsers_ManyPages(t *testing.T) {
	inBubble(t, func(t *testing.T, o *org) {
		w := o.watch(triggers.NewUsers)
		wait(time.Minute)
		want := map[string]bool{}
		for i := range 450 {
			want[o.create("u"+time.Duration(i).String())] = true
			wait(100 * time.Millisecond)
		}
		got := w.poll()
		require.Len(t, got, 450)
		for _, id := range got {
			require.True(t, want[id])
		}
	})
}

func TestNewUsers_FromATime(t *testing.T) {
	inBubble(t, func(t *testing.T, o *org) {
		o.create("old")
		wait(time.Hour)
		from := time.Now()
		a := o.create("a")
		wait(time.Hour)
		w := &watch{org: o, trigger: triggers.NewUsers, inputs: "{}", start: connector.Start{From: from}}
		require.Equal(t, []string{a}, w.poll())
	})
}

// The moment of registration is our clock's; Okta's may differ.
func TestNewUsers_SkewedClocks(t *testing.T) {
	t.Parallel()
	for name, skew := range map[string]time.Duration{"ahead": 10 * time.Minute, "behind": -10 * time.Minute} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, o *org) {
				o.skew = skew
				w := &watch{org: o, trigger: triggers.NewUsers, inputs: "{}", start: connector.Start{Registered: time.Now()}}
				require.Empty(t, w.poll())
				var cursor struct{ Watermark time.Time }
				require.NoError(t, json.Unmarshal(w.cursor, &cursor))
				require.InDelta(t, float64(skew), float64(cursor.Watermark.Sub(w.start.Registered)), float64(2*time.Second))
			})
		})
	}
}

func TestUpdatedUsers_ChangesButNotCreations(t *testing.T) {
	inBubble(t, func(t *testing.T, o *org) {
		old := o.create("old")
		wait(time.Minute)
		w := o.watch(triggers.UpdatedUsers)
		wait(time.Minute)
		fresh := o.create("fresh")
		require.Empty(t, w.poll(), "a creation is not an update")
		wait(time.Minute)
		o.rename(old, "Renamed")
		require.Equal(t, []string{old}, w.poll())
		require.Empty(t, w.poll())
		wait(5 * time.Second)
		o.rename(fresh, "Renamed")
		require.Equal(t, []string{fresh}, w.poll())
		wait(2 * time.Second)
		o.rename(fresh, "Renamed again")
		o.rename(old, "Renamed again")
		require.ElementsMatch(t, []string{fresh, old}, w.poll())
	})
}

func TestUpdatedUsers_ChangedSoonAfterItsCreationWasPolled(t *testing.T) {
	inBubble(t, func(t *testing.T, o *org) {
		w := o.watch(triggers.UpdatedUsers)
		wait(time.Minute)
		fresh := o.create("fresh")
		require.Empty(t, w.poll())
		wait(time.Second)
		o.rename(fresh, "Renamed")
		require.Equal(t, []string{fresh}, w.poll())
	})
}

func TestUpdatedUsers_MadeJustBeforeTheSubscription(t *testing.T) {
	inBubble(t, func(t *testing.T, o *org) {
		user := o.create("user")
		w := o.watch(triggers.UpdatedUsers)
		wait(time.Second)
		o.rename(user, "Renamed")
		require.Equal(t, []string{user}, w.poll())
	})
}

// The search index is kept in several places, and one of them may be behind.
func TestUpdatedUsers_AnIndexThatGoesBack(t *testing.T) {
	inBubble(t, func(t *testing.T, o *org) {
		user := o.create("user")
		wait(time.Hour)
		w := o.watch(triggers.UpdatedUsers)
		o.rename(user, "One")
		require.Equal(t, []string{user}, w.poll())
		stale := o.answer
		wait(time.Second)
		o.rename(user, "Two")
		require.Equal(t, []string{user}, w.poll())
		o.instead = stale
		require.Empty(t, w.poll())
		o.instead = nil
		require.Empty(t, w.poll())
	})
}

func (o *org) logs() []string {
	var logs []string
	for _, p := range o.paths {
		if strings.HasPrefix(p, "/api/v1/logs") {
			logs = append(logs, p)
		}
	}
	return logs
}

func TestNewSystemLogs_FollowsOktasLinkVerbatim(t *testing.T) {
	inBubble(t, func(t *testing.T, o *org) {
		o.create("before")
		wait(time.Second)
		w := o.watch(triggers.NewSystemLogs)
		first, err := url.Parse(o.logs()[0])
		require.NoError(t, err)
		q := first.Query()
		require.Equal(t, "ASCENDING", q.Get("sortOrder"))
		require.Equal(t, "1000", q.Get("limit"))
		require.Equal(t, w.start.Registered.UTC().Format("2006-01-02T15:04:05.000Z"), q.Get("since"))
		require.False(t, q.Has("until"), "a bounded query misses late events")

		a := o.create("a")
		require.Equal(t, []string{a}, w.poll())
		require.Empty(t, w.poll())
		var cursor struct{ Next string }
		require.NoError(t, json.Unmarshal(w.cursor, &cursor))
		o.paths = nil
		wait(time.Hour)
		require.Empty(t, w.poll())
		require.Equal(t, []string{cursor.Next}, o.logs(), "an idle poll is one request, to the stored link")
	})
}

// Date is in whole seconds: Okta's next one may begin a moment before ours.
func TestNewSystemLogs_ASecondThatOktaBeginsEarlier(t *testing.T) {
	inBubble(t, func(t *testing.T, o *org) {
		o.skew = 50 * time.Millisecond
		wait(970 * time.Millisecond)
		w := o.watch(triggers.NewSystemLogs)
		a := o.create("a")
		require.Equal(t, []string{a}, w.poll())
	})
}

func TestNewSystemLogs_LateEventsAreNotLost(t *testing.T) {
	inBubble(t, func(t *testing.T, o *org) {
		w := o.watch(triggers.NewSystemLogs)
		wait(time.Minute)
		a := o.create("a")
		require.Equal(t, []string{a}, w.poll())
		o.post("/_sandbox/logs", []map[string]any{{
			"uuid": "11111111-2222-3333-4444-555555555555", "eventType": "user.session.start",
			"published": time.Now().Add(-30 * time.Minute).UTC().Format(time.RFC3339Nano),
			"target":    []map[string]string{{"id": "late", "type": "User"}},
		}})
		require.Equal(t, []string{"late"}, w.poll())
	})
}

func TestNewSystemLogs_GoesOnWhenOktaRefusesTheLink(t *testing.T) {
	inBubble(t, func(t *testing.T, o *org) {
		w := o.watch(triggers.NewSystemLogs)
		wait(time.Minute)
		a := o.create("a")
		require.Equal(t, []string{a}, w.poll())
		o.refuse = func(r *http.Request) int {
			if r.URL.Query().Has("after") {
				o.refuse = func(*http.Request) int { return 0 }
				return http.StatusBadRequest
			}
			return 0
		}
		b := o.create("b")
		require.Equal(t, []string{b}, w.poll(), "read again from a little earlier, known events left out")
	})
}

func TestNewSystemLogs_AnEventDatedInTheFuture(t *testing.T) {
	inBubble(t, func(t *testing.T, o *org) {
		w := o.watch(triggers.NewSystemLogs)
		wait(time.Minute)
		o.post("/_sandbox/logs", []map[string]any{{
			"eventType": "user.session.start", "published": time.Now().AddDate(1, 0, 0).UTC().Format(time.RFC3339Nano),
			"target": []map[string]string{{"id": "future", "type": "User"}},
		}})
		require.Equal(t, []string{"future"}, w.poll())
		wait(time.Minute)
		a := o.create("a")
		w.inputs = `{"filter":"eventType eq \"user.lifecycle.create\""}`
		require.Equal(t, []string{a}, w.poll(), "the other filter begins where this one was read to, not in a year")
	})
}

func TestNewSystemLogs_PagesThatTakeOktaTooLong(t *testing.T) {
	inBubble(t, func(t *testing.T, o *org) {
		w := o.watch(triggers.NewSystemLogs)
		wait(time.Minute)
		many := make([]map[string]any, 300)
		for i := range many {
			many[i] = map[string]any{"eventType": "user.session.start", "target": []map[string]string{{"id": "u", "type": "User"}}}
		}
		o.post("/_sandbox/logs", many)
		o.paths = nil
		o.refuse = func(r *http.Request) int {
			if n, err := strconv.Atoi(r.URL.Query().Get("limit")); err != nil || n > 130 {
				return http.StatusInternalServerError
			}
			return 0
		}
		require.Len(t, w.poll(), 300)
		refused, small := 0, 0
		for _, path := range o.logs() {
			if strings.Contains(path, "limit=125") {
				small++
			} else {
				refused++
			}
		}
		require.Equal(t, 4, small, "three pages and an empty one")
		require.Equal(t, 3*4, refused, "1000, 500 and 250, once for all pages")

		o.refuse, o.paths = func(*http.Request) int { return 0 }, nil
		require.Empty(t, w.poll())
		require.Contains(t, o.logs()[0], "limit=1000", "the next poll asks for large pages again")
	})
}

func TestNewSystemLogs_AnotherFilterBeginsWhereTheOldOneEnded(t *testing.T) {
	inBubble(t, func(t *testing.T, o *org) {
		w := o.watch(triggers.NewSystemLogs)
		wait(time.Minute)
		a := o.create("a")
		require.Equal(t, []string{a}, w.poll())
		w.inputs = `{"filter":"eventType eq \"user.lifecycle.deactivate\""}`
		wait(time.Second)
		o.create("b")
		o.post("/api/v1/users/"+a+"/lifecycle/deactivate", nil)
		require.Equal(t, []string{a}, w.poll())
	})
}

func TestNewSystemLogs_AnotherFilterDoesNotDigUpThePast(t *testing.T) {
	inBubble(t, func(t *testing.T, o *org) {
		w := o.watch(triggers.NewSystemLogs)
		w.inputs, w.cursor = `{"filter":"eventType eq \"user.lifecycle.suspend\""}`, nil
		require.Empty(t, w.poll())
		o.create("old")
		wait(48 * time.Hour)
		require.Empty(t, w.poll(), "the filter passes it over")
		wait(time.Minute)
		b := o.create("b")
		w.inputs = `{}`
		require.Equal(t, []string{b}, w.poll(), "since the last poll, not since the subscription")
	})
}

func TestNewSystemLogs_AsksForNoMoreThanOktaKeeps(t *testing.T) {
	inBubble(t, func(t *testing.T, o *org) {
		w := &watch{
			org: o, trigger: triggers.NewSystemLogs, inputs: `{}`,
			start: connector.Start{Registered: time.Now(), From: time.Now().Add(-400 * 24 * time.Hour)},
		}
		w.poll()
		first, err := url.Parse(o.logs()[0])
		require.NoError(t, err)
		since, err := time.Parse(time.RFC3339Nano, first.Query().Get("since"))
		require.NoError(t, err)
		require.WithinDuration(t, time.Now().Add(-90*24*time.Hour), since, time.Minute)
	})
}

func TestNewSystemLogs_RefusesAFilterOnTime(t *testing.T) {
	t.Parallel()
	require.Error(t, triggers.NewSystemLogs.Check(json.RawMessage(`{"filter":"published gt \"2026-01-01T00:00:00Z\""}`)))
	require.NoError(t, triggers.NewSystemLogs.Check(json.RawMessage(`{"filter":"displayMessage co \"published gt noon\""}`)))
	require.NoError(t, triggers.NewSystemLogs.Check(json.RawMessage(`{"filter":null}`)))
}

func TestEventHook_SpecFromInputs(t *testing.T) {
	t.Parallel()
	spec, err := triggers.EventHook.BindHook(json.RawMessage(`{
		"eventHookItems":["user.lifecycle.create","user.lifecycle.suspend"],
		"eventHookItemsCode":["user.lifecycle.create","group.user_membership.add"],
		"eventHookUrlHeaders":{"X-Source":"okta"}}`))
	require.NoError(t, err)
	require.Equal(t, []string{"user.lifecycle.create", "user.lifecycle.suspend", "group.user_membership.add"}, spec.Items)
	require.Equal(t, "X-Source", spec.Headers[0].Key)
	_, err = triggers.EventHook.BindHook(json.RawMessage(`{}`))
	require.Error(t, err, "a hook without events is of no use")
}

func TestEventHook_ReconcilesFromTheSystemLog(t *testing.T) {
	inBubble(t, func(t *testing.T, o *org) {
		w := &watch{
			org: o, trigger: triggers.EventHook, start: connector.Start{Registered: time.Now()},
			inputs: `{"eventHookItems":["user.lifecycle.create"]}`,
		}
		require.Empty(t, w.poll())
		wait(time.Second)
		a := o.create("a")
		o.rename(a, "Renamed")
		require.Equal(t, []string{a}, w.poll())
	})
}
