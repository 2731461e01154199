package okta

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestGovernor_ServesInOrder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org := newFakeOrg(4)
		c := org.client(t, GovernorConfig{MaxConcurrent: 1})
		want := make([]string, 0, 20)
		var wg sync.WaitGroup
		for i := range 20 {
			want = append(want, fmt.Sprintf("n=%d", i))
			wg.Go(func() { _ = get(t.Context(), c, "/api/v1/users", i) })
			synctest.Wait()
		}
		wg.Wait()
		require.Equal(t, want, org.tally().served)
	})
}

func TestGovernor_ServesInOrderOverAllRoutes(t *testing.T) {
	t.Parallel()
	g := NewGovernor(GovernorConfig{MaxConcurrent: 1})
	ticket, err := g.acquire(t.Context(), newTurn(t.Context(), "GET", "/"))
	require.NoError(t, err)
	line := make([]*waiter, 0, 10)
	for i := range 10 {
		w, _, err := g.enter(t.Context(), newTurn(t.Context(), "GET", fmt.Sprintf("/%d", i*7%5)))
		require.NoError(t, err)
		line = append(line, w)
	}
	for i, w := range line {
		require.Nil(t, w.ticket, "turn %d", i)
		ticket.done()
		require.NotNil(t, w.ticket, "turn %d", i)
		ticket = w.ticket
	}
	ticket.done()
}

// A call that comes in the moment in which a window ends, before the timer fires, goes behind those in line.
func TestGovernor_NobodyPushesIn(t *testing.T) {
	t.Parallel()
	g := NewGovernor(GovernorConfig{})
	only, err := g.acquire(t.Context(), newTurn(t.Context(), "GET", "/"))
	require.NoError(t, err)
	only.answered(http.StatusOK, rateHeaders(1, 0, time.Minute))
	only.done()
	waiting, _, err := g.enter(t.Context(), newTurn(t.Context(), "GET", "/"))
	require.NoError(t, err)
	require.Nil(t, waiting.ticket)
	g.buckets[bucketKey{"GET", "/"}].ends = time.Now()
	late, _, err := g.enter(t.Context(), newTurn(t.Context(), "GET", "/"))
	require.NoError(t, err)
	require.NotNil(t, waiting.ticket)
	require.Nil(t, late.ticket)
	g.leave(late, context.Canceled)
	waiting.ticket.done()
}

func TestGovernor_ARepeatKeepsItsPlace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org := newFakeOrg(3)
		org.buckets["users"].used = 2
		c := org.client(t, GovernorConfig{})
		var wg sync.WaitGroup
		for i := range 8 { // of the two that try at once, one is refused
			wg.Go(func() { _ = get(t.Context(), c, "/api/v1/users", i) })
			synctest.Wait()
		}
		wg.Wait()
		require.Equal(t, 1, org.tally().refused)
		require.Equal(t, "n=0", org.tally().served[0])
		require.ElementsMatch(t, []string{"n=1", "n=2"}, org.tally().served[1:3])
	})
}

func TestGovernor_BackgroundYields(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org := newFakeOrg(10)
		c := org.client(t, GovernorConfig{MaxConcurrent: 1})
		for i := range 10 {
			require.NoError(t, get(t.Context(), c, "/api/v1/users", 100+i))
		}
		var wg sync.WaitGroup
		for i := range 5 {
			wg.Go(func() { _ = get(Background(t.Context()), c, "/api/v1/users", i) })
			synctest.Wait()
		}
		for i := range 5 {
			wg.Go(func() { _ = get(t.Context(), c, "/api/v1/users", 50+i) })
			synctest.Wait()
		}
		wg.Wait()
		require.Equal(t, []string{"n=50", "n=51", "n=52", "n=53", "n=54", "n=0"}, org.tally().served[10:16])
	})
}

func TestGovernor_BackgroundIsNotStarved(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org := newFakeOrg(10)
		c := org.client(t, GovernorConfig{})
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		for i := range 40 { // steps without end, four times as many as the bucket takes
			wg.Go(func() {
				for ctx.Err() == nil {
					_ = get(ctx, c, "/api/v1/users", i)
				}
			})
		}
		pass(time.Second)
		began := time.Now()
		require.NoError(t, get(Background(t.Context()), c, "/api/v1/users", 1000))
		require.Greater(t, time.Since(began), patience)
		require.Less(t, time.Since(began), patience+5*time.Minute)
		cancel()
		wg.Wait()
	})
}

func TestGovernor_BackgroundLeavesRoomForSteps(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org := newFakeOrg(100_000)
		c := org.client(t, GovernorConfig{MaxConcurrent: 8})
		require.Zero(t, all(50, func(i int) error { return get(t.Context(), c, "/api/v1/users", i) }))
		org.latency = time.Minute / 2
		go func() { all(20, func(i int) error { return get(Background(t.Context()), c, "/api/v1/users", i) }) }()
		synctest.Wait()
		require.Equal(t, 4, org.tally().underWay)
		go func() { all(20, func(i int) error { return get(t.Context(), c, "/api/v1/users", i) }) }()
		synctest.Wait()
		require.Equal(t, 8, org.tally().underWay)
		pass(10 * time.Minute)
	})
}

func TestGovernor_RefusesAtOnceWhatCannotMakeItsDeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org := newFakeOrg(10)
		c := org.client(t, GovernorConfig{})
		require.Zero(t, all(10, func(i int) error { return get(t.Context(), c, "/api/v1/users", i) }))
		calls := org.tally().calls

		within := func(d time.Duration) (time.Duration, error) {
			ctx, cancel := context.WithTimeout(t.Context(), d)
			defer cancel()
			began := time.Now()
			err := get(ctx, c, "/api/v1/users", 0)
			return time.Since(began), err
		}

		took, err := within(30 * time.Second)
		var refused *RateLimitError
		require.ErrorAs(t, err, &refused)
		require.Zero(t, took)
		require.InDelta(t, 60, refused.RetryAfter.Seconds(), 2)
		require.Nil(t, refused.Refusal)
		require.False(t, OutcomeUnknown(err))
		require.Equal(t, calls, org.tally().calls, "nothing was sent")

		// A line of ten makes the eleventh wait for the window after the next.
		var wg sync.WaitGroup
		for i := range 10 {
			wg.Go(func() { _ = get(t.Context(), c, "/api/v1/users", i) })
		}
		synctest.Wait()
		took, err = within(100 * time.Second)
		require.ErrorAs(t, err, &refused)
		require.Zero(t, took)
		require.InDelta(t, 120, refused.RetryAfter.Seconds(), 2)

		took, err = within(3 * time.Minute)
		require.NoError(t, err)
		require.InDelta(t, 120, took.Seconds(), 3)
		wg.Wait()
	})
}

func TestGovernor_TellsThoseInLineThatTheirDeadlineCannotBeMet(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org := newFakeOrg(10)
		org.latency = time.Second
		c := org.client(t, GovernorConfig{MaxConcurrent: 1})
		require.NoError(t, get(t.Context(), c, "/api/v1/users", 0))
		began := time.Now()
		org.use("users", 10) // someone else takes all that is left
		var wg sync.WaitGroup
		wg.Go(func() { require.NoError(t, get(t.Context(), c, "/api/v1/users", 1)) })
		synctest.Wait()
		hasty := make(chan error, 1)
		go func() {
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			hasty <- get(ctx, c, "/api/v1/users", 2)
		}()
		wg.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
			defer cancel()
			require.NoError(t, get(ctx, c, "/api/v1/users", 3), "whose deadline is far stays in line")
		})
		var refused *RateLimitError
		require.ErrorAs(t, <-hasty, &refused)
		require.Nil(t, refused.Refusal, "it was not even sent")
		require.Equal(t, org.latency, time.Since(began), "told with the first refusal")
		wg.Wait()
	})
}

func TestGovernor_AfterA429TheErrorHoldsIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for name, h := range map[string]func() http.Header{
			"bucket":      func() http.Header { return rateHeaders(10, 0, time.Minute) },
			"unexplained": func() http.Header { return nil },
		} {
			c := newTestClient(t, Config{Transport: &script{steps: []func() (int, http.Header){limited(h)}}})
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			err := get(ctx, c, "/api/v1/users", 0)
			var refused *RateLimitError
			require.ErrorAs(t, err, &refused, name)
			require.NotNil(t, refused.Refusal, name)
			require.Positive(t, refused.RetryAfter, name)
			require.True(t, HasStatus(err, http.StatusTooManyRequests), name)
			require.NoError(t, ctx.Err(), "it does not wait for the deadline to pass")
			cancel()
		}
	})
}

func TestGovernor_CancelledInLine(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org := newFakeOrg(5)
		c := org.client(t, GovernorConfig{})
		require.Zero(t, all(5, func(i int) error { return get(t.Context(), c, "/api/v1/users", i) }))
		ctx, cancel := context.WithCancel(t.Context())
		errs := make(chan error)
		for i := range 100 {
			go func() { errs <- get(ctx, c, "/api/v1/users", i) }()
		}
		synctest.Wait()
		require.Equal(t, 100, c.Governor().Snapshot()[0].Waiting)
		cancel()
		for range 100 {
			err := <-errs
			require.ErrorIs(t, err, context.Canceled)
			require.False(t, OutcomeUnknown(err))
		}
		require.Equal(t, []BucketState{{
			Method: "GET", Route: "/api/v1/users", Limit: 5, ResetIn: c.Governor().Snapshot()[0].ResetIn,
		}}, c.Governor().Snapshot(), "nothing is left behind")
		require.NoError(t, get(t.Context(), c, "/api/v1/users", 0))
	})
}

// A ticket that comes in the moment in which the caller gives up goes to the next in line.
func TestGovernor_CancelledAsTheTicketComes(t *testing.T) {
	t.Parallel()
	g := NewGovernor(GovernorConfig{MaxConcurrent: 1})
	first, err := g.acquire(t.Context(), newTurn(t.Context(), "GET", "/"))
	require.NoError(t, err)
	gone, _, err := g.enter(t.Context(), newTurn(t.Context(), "GET", "/"))
	require.NoError(t, err)
	next, _, err := g.enter(t.Context(), newTurn(t.Context(), "GET", "/"))
	require.NoError(t, err)
	first.done()
	require.NotNil(t, gone.ticket)
	require.Nil(t, next.ticket)
	g.leave(gone, context.Canceled)
	require.Nil(t, gone.ticket)
	require.ErrorIs(t, gone.err, context.Canceled)
	require.NotNil(t, next.ticket)
	next.ticket.done()
	require.Zero(t, g.underWay)
	require.Empty(t, g.queued)
}

// The same for a refusal.
func TestGovernor_CancelledAsTheRefusalComes(t *testing.T) {
	t.Parallel()
	g := NewGovernor(GovernorConfig{MaxConcurrent: 1})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	first, err := g.acquire(ctx, newTurn(ctx, "GET", "/"))
	require.NoError(t, err)
	w, _, err := g.enter(ctx, newTurn(ctx, "GET", "/"))
	require.NoError(t, err)
	first.answered(http.StatusTooManyRequests, rateHeaders(5, 0, 5*time.Minute))
	g.leave(w, context.Canceled)
	var refused *RateLimitError
	require.ErrorAs(t, w.err, &refused)
	require.Empty(t, g.queued)
	first.done()
	require.Zero(t, g.underWay)
}

func TestGovernor_DeadlinePassesInLine(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org := newFakeOrg(1000)
		org.latency = time.Minute / 2
		c := org.client(t, GovernorConfig{MaxConcurrent: 1})
		go func() { _ = get(t.Context(), c, "/api/v1/users", 0) }()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err := get(ctx, c, "/api/v1/users", 1)
		var refused *RateLimitError
		require.ErrorAs(t, err, &refused, "nothing was sent: the call may be repeated")
		pass(time.Minute)
	})
}

func TestGovernor_ATicketIsGivenBackOnce(t *testing.T) {
	t.Parallel()
	g := NewGovernor(GovernorConfig{})
	ticket, err := g.acquire(t.Context(), newTurn(t.Context(), "GET", "/"))
	require.NoError(t, err)
	ticket.answered(http.StatusOK, nil)
	ticket.done()
	ticket.done()
	require.Zero(t, g.underWay)
	require.Zero(t, g.buckets[bucketKey{"GET", "/"}].pending)
}
