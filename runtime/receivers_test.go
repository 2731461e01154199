package runtime_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/okta-connector/okta-connector/runtime"
	"github.com/okta-connector/okta-connector/runtime/store"
)

type replies = map[string]func(*http.Request) (*http.Response, error)

// deliveries lists the deliveries of all subscriptions.
func (w *world) deliveries(status string) []runtime.DeliveryView {
	w.t.Helper()
	views, _, err := w.engine.Deliveries(w.t.Context(), store.DeliveryFilter{Status: status}, "", 100)
	require.NoError(w.t, err)
	return views
}

func TestDelivery_RetryAfterIsHonoured(t *testing.T) {
	t.Parallel()
	for name, header := range map[string]func() string{
		"seconds": func() string { return "120" },
		"a date":  func() string { return time.Now().Add(2 * time.Minute).UTC().Format(http.TimeFormat) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				refused := false
				w.replies = replies{"a.example": func(*http.Request) (*http.Response, error) {
					if refused {
						return reply(http.StatusAccepted), nil
					}
					refused = true
					return reply(http.StatusTooManyRequests, "Retry-After: "+header()), nil
				}}
				w.subscribe(`,"schedule":"@every 5s"` + receiver("a.example"))
				w.happen(1)
				w.run(10 * time.Minute)
				got := w.to("a.example")
				require.Len(t, got, 2)
				require.WithinRange(t, got[1].at, got[0].at.Add(119*time.Second), got[0].at.Add(125*time.Second))
				require.Equal(t, http.StatusAccepted, w.deliveries("delivered")[0].LastStatus)
			})
		})
	}
}

func TestDelivery_RetryAfterLeavesTimeForAnAttempt(t *testing.T) {
	t.Parallel()
	for retryFor, want := range map[time.Duration]time.Duration{
		24 * time.Hour: 3 * time.Hour,
		time.Minute:    30 * time.Second,
	} {
		t.Run(retryFor.String(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.engine = w.newEngine(func(c *runtime.Config) { c.RetryFor = retryFor })
				w.replies = replies{"a.example": func(*http.Request) (*http.Response, error) {
					return reply(http.StatusServiceUnavailable, "Retry-After: 10800"), nil
				}}
				w.subscribe(`,"schedule":"@every 5s"` + receiver("a.example"))
				w.happen(1)
				w.run(4 * time.Hour)
				got := w.to("a.example")
				require.Equal(t, want, got[1].at.Sub(got[0].at).Round(time.Second))
			})
		})
	}
}

func TestDelivery_AnAnswerWithoutEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.replies = replies{"a.example": func(*http.Request) (*http.Response, error) {
			res := reply(http.StatusOK)
			res.Body = io.NopCloser(endless{})
			return res, nil
		}}
		w.subscribe(`,"schedule":"@every 5s"` + receiver("a.example"))
		w.happen(1)
		w.run(time.Minute)
		require.Len(t, w.to("a.example"), 1, "it is taken")
		require.Zero(t, w.subscription().Counts.Pending)
	})
}

// endless is a body that is read for ever.
type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

func TestDelivery_WhatIsNoSuccess(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		reply func(*http.Request) (*http.Response, error)
		says  string
	}{
		"a redirect": {
			func(*http.Request) (*http.Response, error) {
				return reply(http.StatusTemporaryRedirect, "Location: https://elsewhere.example/"), nil
			}, "answered 307",
		},
		"not modified": {func(*http.Request) (*http.Response, error) { return reply(304), nil }, "answered 304"},
		"a refusal":    {func(*http.Request) (*http.Response, error) { return reply(410), nil }, "answered 410"},
		"a failure":    {func(*http.Request) (*http.Response, error) { return reply(500), nil }, "answered 500"},
		"no connection": {func(*http.Request) (*http.Response, error) {
			return nil, errors.New("connection refused")
		}, "connection refused"},
		"no answer": {hang, "did not answer"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.replies = replies{"a.example": tc.reply}
				w.subscribe(`,"schedule":"@every 5s"` + receiver("a.example"))
				w.happen(1)
				w.run(3 * time.Minute)
				require.Len(t, w.received, len(w.to("a.example")), "nothing goes anywhere else")
				require.Greater(t, len(w.received), 2, "it is tried again")
				pending := w.deliveries("pending")
				require.Len(t, pending, 1)
				require.Contains(t, pending[0].LastError, tc.says)
				require.NotContains(t, pending[0].LastError, "/hook", "the path may be a secret")
			})
		})
	}
}

func TestDelivery_OnesThatHangDoNotHoldUpOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.replies = replies{}
		for i := range 100 { // more than are served at a time
			host := fmt.Sprintf("down-%d.example", i)
			w.replies[host] = hang
			w.subscribeAs(fmt.Sprint("down-", i), `,"schedule":"@every 10s"`+receiver(host))
		}
		w.subscribe(`,"schedule":"@every 1s"` + receiver("up.example"))
		w.happen(1)
		w.run(30 * time.Second)
		began := time.Now()
		w.happen(1)
		w.run(5 * time.Second)
		got := w.to("up.example")
		require.Len(t, got, 2)
		require.Less(t, got[1].at.Sub(began), 2500*time.Millisecond)
	})
}

func TestDelivery_ABacklogLetsOthersGoFirst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.engine = w.newEngine(func(c *runtime.Config) { c.Workers = 1 }) // and four deliveries at a time
		slow := func(*http.Request) (*http.Response, error) {
			time.Sleep(time.Second) //nolint:forbidigo // virtual
			return reply(http.StatusOK), nil
		}
		w.replies = replies{}
		for i := range 4 {
			host := fmt.Sprintf("slow-%d.example", i)
			w.replies[host] = slow
			w.subscribeAs(fmt.Sprintf("slow%d", i), `,"schedule":"@every 1s","batchSize":1`+receiver(host))
		}
		w.happen(300)
		w.run(10 * time.Second)
		w.subscribe(`,"schedule":"@every 1s","startFrom":"2020-01-01T00:00:00Z"` + receiver("quick.example"))
		began := time.Now()
		w.run(10 * time.Second)
		require.NotEmpty(t, w.to("quick.example"))
		require.Less(t, w.to("quick.example")[0].at.Sub(began), 8*time.Second)
	})
}

func TestDelivery_OneAtATimeToAReceiver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		var now, most atomic.Int64
		w.replies = replies{"a.example": func(*http.Request) (*http.Response, error) {
			if n := now.Add(1); n > most.Load() {
				most.Store(n)
			}
			time.Sleep(25 * time.Second) //nolint:forbidigo // virtual: longer than a claim lasts
			now.Add(-1)
			return reply(http.StatusOK), nil
		}}
		w.subscribe(`,"schedule":"@every 1s","batchSize":1` + receiver("a.example"))
		w.happen(5)
		w.run(3*time.Minute, w.newEngine())
		require.EqualValues(t, 1, most.Load())
		require.Equal(t, []string{"thing-0", "thing-1", "thing-2", "thing-3", "thing-4"}, w.ids(), "each once")
	})
}

func TestDelivery_GoesToTheNewReceiverWhenItChanges(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.replies = replies{"old.example": func(*http.Request) (*http.Response, error) { return reply(503), nil }}
		w.subscribe(`,"schedule":"@every 5s"` + receiver("old.example"))
		w.happen(2)
		w.run(20 * time.Minute)
		w.happen(1)
		w.run(time.Second)
		before := time.Now()
		w.subscribe(`,"schedule":"@every 5s"` + receiver("new.example"))
		w.run(10 * time.Second)
		got := w.to("new.example")
		require.Equal(t, w.to("old.example")[0].header.Get("webhook-id"), got[0].header.Get("webhook-id"))
		require.Less(t, got[0].at.Sub(before), time.Second, "it does not wait for the next attempt at the old one")
		require.Equal(t, []string{"thing-0", "thing-1"}, got[0].ids)
		require.Equal(t, []string{"thing-2"}, got[1].ids)
	})
}

func TestDelivery_AllDeadOnesCanBeRetried(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.engine = w.newEngine(func(c *runtime.Config) { c.RetryFor = time.Minute })
		down := true
		w.answer = func(delivery) int {
			if down {
				return http.StatusBadGateway
			}
			return http.StatusOK
		}
		w.subscribe(`,"schedule":"@every 5s","batchSize":2` + toReceiver)
		w.happen(5)
		w.run(10 * time.Minute)
		require.Len(t, w.deliveries("dead"), 3)
		require.EqualValues(t, 5, w.subscription().Counts.Dead)

		w.set(func() { down, w.received = false, nil })
		n, err := w.engine.RetryDead(t.Context(), "sub")
		require.NoError(t, err)
		require.Equal(t, 3, n)
		w.run(time.Second)
		require.Equal(t, []string{"thing-0", "thing-1", "thing-2", "thing-3", "thing-4"}, w.ids(), "in their order")
		_, err = w.engine.RetryDelivery(t.Context(), w.deliveries("delivered")[0].ID)
		var conflict *runtime.ConflictError
		require.ErrorAs(t, err, &conflict)
	})
}

func TestDelivery_KeepsItsSecretsOutOfTheLog(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		var logged bytes.Buffer
		w.engine = w.newEngine(func(c *runtime.Config) {
			c.Logger = slog.New(slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug}))
		})
		w.replies = replies{
			"canary-host.example": func(r *http.Request) (*http.Response, error) {
				return nil, fmt.Errorf("cannot reach it")
			},
		}
		w.subscribe(`,"schedule":"@every 5s","deliverTo":{"url":"https://canary-host.example/canary-path?k=canary-query",
			"secret":"` + secret + `","headers":{"Authorization":"canary-header"}}`)
		w.happen(1)
		w.run(time.Minute)
		require.Contains(t, logged.String(), "cannot reach it")
		for _, canary := range []string{"canary-path", "canary-query", "canary-header", secret} {
			require.NotContains(t, logged.String(), canary)
			require.NotContains(t, w.deliveries("")[0].LastError, canary)
		}
	})
}

func TestEvents_ArePrunedByCountAndAge(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.engine = w.newEngine(func(c *runtime.Config) {
			c.Retention = store.Retention{EventAge: 2 * time.Hour, EventCount: 4, DedupeAge: time.Minute}
		})
		after := func(cursor string) runtime.EventList {
			events, err := w.engine.Events(t.Context(), "sub", cursor, 100)
			require.NoError(t, err)
			return events
		}
		count := func() int { return len(after("").Items) }
		w.subscribe(`,"schedule":"@every 1h"`)
		w.happen(10)
		_, err := w.engine.PollNow(t.Context(), "sub")
		require.NoError(t, err)
		w.run(30 * time.Second)
		require.Equal(t, 10, count(), "young ones are kept, to recognise their repetition")
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- w.engine.Run(ctx) }()
		synctest.Wait()
		held, err := w.store.Lease(t.Context(), "prune", "another replica", 150*time.Second)
		require.NoError(t, err)
		require.True(t, held)
		time.Sleep(140 * time.Second) //nolint:forbidigo // virtual
		require.Equal(t, 10, count(), "one replica at a time prunes")
		time.Sleep(time.Minute) //nolint:forbidigo // virtual
		require.Equal(t, 4, count())
		stop()
		require.NoError(t, <-ended)
		require.Contains(t, string(after("").Items[0]), "thing-6", "the newest stay")
		require.Empty(t, after("").Warnings)
		require.Empty(t, after("6").Warnings, "who read so far missed nothing")
		late := after("2")
		require.Len(t, late.Items, 4)
		require.Len(t, late.Warnings, 1)
		require.Equal(t, "events_pruned", late.Warnings[0].Code)
		require.Contains(t, late.Warnings[0].Detail, "4 events")
		w.run(2 * time.Hour)
		require.Zero(t, count())
	})
}
