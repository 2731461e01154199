package runtime_test

import (
	"encoding/json"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

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

func TestEvents_AreKeptForPulling(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.subscribe(`,"schedule":"@every 5s"`)
		w.happen(5)
		w.run(10 * time.Second)
		events, next, err := w.engine.Events(t.Context(), "sub", "", 3)
		require.NoError(t, err)
		require.Len(t, events, 3)
		rest, _, err := w.engine.Events(t.Context(), "sub", next, 3)
		require.NoError(t, err)
		require.Len(t, rest, 2)
		var event map[string]any
		require.NoError(t, json.Unmarshal(rest[1], &event))
		require.Equal(t, "thing-4", event["id"])
		require.Equal(t, "https://acme.okta.com", event["source"])
		require.Equal(t, "1.0", event["specversion"])
		require.Equal(t, map[string]any{"id": "thing-4"}, event["data"])
	})
}
