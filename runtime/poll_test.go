package runtime_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/okta-connector/okta-connector/connections/okta"
	"github.com/okta-connector/okta-connector/schemas"
)

type schemasInvalid = schemas.Invalid

func TestPoll_FollowsItsScheduleForADay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.subscribe(`,"schedule":"*/5 * * * *"`)
		w.run(24 * time.Hour)
		require.Len(t, w.pollTimes(), 1+288, "the baseline, and one poll in each five minutes")
	})
}

func TestPoll_NeverOverlapsItself(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.subscribe(`,"schedule":"@every 10s"`)
		w.set(func() { w.slowness = 35 * time.Second })
		w.run(10 * time.Minute)
		polls := w.pollTimes()[1:]
		require.Greater(t, len(polls), 10)
		for i := 1; i < len(polls); i++ {
			require.GreaterOrEqual(t, polls[i].Sub(polls[i-1]), 35*time.Second, "a poll began while the one before ran")
		}
	})
}

func TestPoll_OverdueRunsOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.subscribe(`,"schedule":"* * * * *"`)
		time.Sleep(time.Hour) //nolint:forbidigo // virtual: the engine is down
		before := len(w.pollTimes())
		w.run(time.Second)
		require.Len(t, w.pollTimes(), before+1)
	})
}

func TestPoll_BaselineIsNoEvent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.happen(2)
		w.subscribe(`,"schedule":"@every 5s"` + toReceiver)
		w.happen(1)
		w.run(10 * time.Second)
		require.Equal(t, []string{"thing-2"}, w.ids())
	})
}

func TestPoll_FailureBacksOffAndRecovers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.subscribe(`,"schedule":"@every 1s"` + toReceiver)
		w.set(func() { w.failing = errors.New("the org is away") })
		w.run(time.Hour)
		view := w.subscription()
		require.Equal(t, "failing", view.Status)
		require.Equal(t, "error", view.LastPoll.Result)
		require.Contains(t, view.LastPoll.Error, "the org is away")
		require.Less(t, len(w.pollTimes()), 30, "a failing subscription asks less and less often")

		w.set(func() { w.failing = nil })
		w.happen(1)
		w.run(10 * time.Minute)
		require.Equal(t, "active", w.subscription().Status)
		require.Equal(t, []string{"thing-0"}, w.ids())
	})
}

func TestPoll_CommittedPagesStandWhenALaterOneFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.subscribe(`,"schedule":"@every 5s"` + toReceiver)
		w.happen(7)
		w.set(func() { w.failing = errors.New("half way") })
		w.run(time.Minute)
		require.Equal(t,
			[]string{"thing-0", "thing-1", "thing-2", "thing-3", "thing-4", "thing-5", "thing-6"}, w.ids(),
			"each once, in order")
	})
}

func TestPoll_PausedAndResumed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.subscribe(`,"schedule":"@every 5s"` + toReceiver)
		_, err := w.engine.SetPaused(t.Context(), "sub", true)
		require.NoError(t, err)
		w.happen(1)
		w.run(time.Minute)
		require.Empty(t, w.ids())
		require.Equal(t, "paused", w.subscription().Status)
		_, err = w.engine.SetPaused(t.Context(), "sub", false)
		require.NoError(t, err)
		w.run(10 * time.Second)
		require.Equal(t, []string{"thing-0"}, w.ids())
	})
}

func TestPoll_NowAndRewind(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.subscribe(`,"schedule":"0 0 1 1 *"` + toReceiver)
		w.happen(2)
		view, err := w.engine.PollNow(t.Context(), "sub")
		require.NoError(t, err)
		require.Equal(t, "completed", view.LastPoll.Result)
		require.Equal(t, 2, view.LastPoll.Events)

		_, err = w.engine.Rewind(t.Context(), "sub", time.Now().Add(-time.Hour))
		require.NoError(t, err)
		w.run(10 * time.Second)
		require.Equal(t, []string{"thing-0", "thing-1", "thing-0", "thing-1"}, w.ids(), "reported once more")
	})
}

func TestPoll_SubscriptionKeepsItsCursorWhenSavedAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.subscribe(`,"schedule":"@every 5s"` + toReceiver)
		w.happen(2)
		w.run(10 * time.Second)
		w.subscribe(`,"schedule":"@every 7s","startFrom":"2020-01-01T00:00:00Z"` + toReceiver)
		w.happen(1)
		w.run(20 * time.Second)
		require.Equal(t, []string{"thing-0", "thing-1", "thing-2"}, w.ids())
	})
}

func TestPoll_SavingASubscriptionDoesNotPutItOff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		for range 10 {
			w.subscribe(`,"schedule":"@every 5m"`)
			w.run(3 * time.Minute)
		}
		require.Len(t, w.pollTimes(), 1+6)

		w.set(func() { w.failing = errors.New("the org is away") })
		w.run(time.Hour)
		w.set(func() { w.failing = nil })
		w.subscribe(`,"schedule":"@every 10s"`)
		w.run(15 * time.Second)
		require.Equal(t, "active", w.subscription().Status, "another schedule is not held up by failures")
	})
}

func TestEvents_AreKeptForPulling(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.subscribe(`,"schedule":"@every 5s"`)
		w.happen(5)
		w.run(10 * time.Second)
		events, err := w.engine.Events(t.Context(), "sub", "", 3)
		require.NoError(t, err)
		require.Len(t, events.Items, 3)
		rest, err := w.engine.Events(t.Context(), "sub", events.Next, 3)
		require.NoError(t, err)
		require.Len(t, rest.Items, 2)
		require.Empty(t, rest.Warnings)
		var event map[string]any
		require.NoError(t, json.Unmarshal(rest.Items[1], &event))
		require.Equal(t, "thing-4", event["id"])
		require.Equal(t, "https://acme.okta.com", event["source"])
		require.Equal(t, "1.0", event["specversion"])
		require.Equal(t, map[string]any{"id": "thing-4"}, event["data"])
	})
}

func TestPoll_RateLimitSaysWhenTheNextOneIs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.subscribe(`,"schedule":"@every 1h"` + toReceiver)
		w.set(func() { w.failing = fmt.Errorf("logs: %w", &okta.RateLimitError{RetryAfter: 42 * time.Second}) })
		w.happen(1)
		view, err := w.engine.PollNow(t.Context(), "sub")
		require.NoError(t, err)
		require.Equal(t, "failing", view.Status)
		require.Contains(t, view.LastPoll.Error, "rate limit")
		require.WithinRange(t, *view.NextPollAt, time.Now().Add(42*time.Second), time.Now().Add(48*time.Second))
		w.set(func() { w.failing = nil })
		w.run(time.Minute)
		require.Equal(t, "active", w.subscription().Status)
	})
}

func TestPoll_NowWaitsForTheOneUnderWay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.subscribe(`,"schedule":"@every 10s"`)
		w.set(func() { w.slowness = 8 * time.Second })
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- w.engine.Run(ctx) }()
		time.Sleep(12 * time.Second) //nolint:forbidigo // virtual: one began two seconds ago
		w.happen(1)
		view, err := w.engine.PollNow(t.Context(), "sub")
		require.NoError(t, err)
		polls := w.pollTimes()
		require.Len(t, polls, 3)
		require.GreaterOrEqual(t, polls[2].Sub(polls[1]), 8*time.Second)
		require.EqualValues(t, 1, view.Counts.Received)
		cancel()
		require.NoError(t, <-done)
	})
}

func TestPoll_NowGoesOnWhenItsCallerLeaves(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.subscribe(`,"schedule":"@every 1h"`)
		w.set(func() { w.slowness = 5 * time.Second })
		w.happen(1)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := w.engine.PollNow(ctx, "sub")
		require.NoError(t, err)
		view := w.subscription()
		require.Equal(t, "active", view.Status, "an impatient caller is no failure")
		require.EqualValues(t, 1, view.Counts.Received)
	})
}

func TestPoll_HistoryOfRuns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.subscribe(`,"schedule":"@every 1h"`)
		now := func() {
			_, err := w.engine.PollNow(t.Context(), "sub")
			require.NoError(t, err)
			time.Sleep(time.Second) //nolint:forbidigo // virtual
		}
		w.happen(4)
		now()
		w.set(func() { w.failing = errors.New("the org is away") })
		now()
		runs, next, err := w.engine.Runs(t.Context(), "sub", "", 2)
		require.NoError(t, err)
		require.Equal(t, "error", runs[0].Result)
		require.Contains(t, runs[0].Error, "the org is away")
		require.Equal(t, "completed", runs[1].Result)
		require.Equal(t, []int{4, 2}, []int{runs[1].Events, runs[1].Pages})
		runs, next, err = w.engine.Runs(t.Context(), "sub", next, 2)
		require.NoError(t, err)
		require.Empty(t, next)
		require.Len(t, runs, 1, "the baseline")
		require.Equal(t, "polled_no_changes", runs[0].Result)
	})
}

func TestPoll_SpreadOverTheMinute(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		for i := range 60 {
			w.subscribeAs(fmt.Sprintf("sub-%d", i), `,"schedule":"* * * * *"`)
		}
		began := time.Now()
		w.run(90 * time.Second)
		seconds := map[int]int{}
		for _, at := range w.pollTimes()[60:] {
			seconds[int(at.Sub(began)/time.Second)]++
		}
		require.Greater(t, len(seconds), 15, "they do not all ask in the same second")
	})
}

func TestPoll_AnOrgThatIsAwayDoesNotHoldUpOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		_, _, err := w.engine.PutConnection(t.Context(), "away", "none", json.RawMessage(`{"org":"away.okta.com"}`), false)
		require.NoError(t, err)
		w.subscribe(`,"schedule":"@every 1s"` + toReceiver)
		for i := range 40 { // more than are polled at a time
			raw := json.RawMessage(`{"trigger":"things","connection":"away","schedule":"@every 1s"}`)
			_, _, err := w.engine.PutSubscription(t.Context(), fmt.Sprint("away-", i), raw, false)
			require.NoError(t, err)
		}
		w.set(func() { w.away = "away.okta.com" })
		w.run(5 * time.Minute)
		w.happen(1)
		w.run(4 * time.Second)
		require.Equal(t, []string{"thing-0"}, w.ids())
		for i := range 40 {
			view, err := w.engine.Subscription(t.Context(), fmt.Sprint("away-", i))
			require.NoError(t, err)
			if view.LastPoll.Result == "error" {
				return // those of the org that is away have their turns
			}
		}
		t.Fatal("the org that is away is not asked")
	})
}

// Two replicas on one database: what one polls the other does not.
func TestPoll_EachOnceOnReplicas(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.subscribe(`,"schedule":"0 * * * *"` + toReceiver)
		w.set(func() { w.slowness = 25 * time.Second }) // longer than a claim lasts
		w.happen(3)
		w.run(6*time.Hour+time.Minute, w.newEngine(), w.newEngine())
		require.Len(t, w.pollTimes(), 1+7, "the baseline, and one in each hour that began")
		require.Equal(t, []string{"thing-0", "thing-1", "thing-2"}, w.ids())
	})
}
