package okta

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// all runs n calls at once and returns how many failed.
func all(n int, call func(i int) error) int {
	var wg sync.WaitGroup
	var mu sync.Mutex
	failed := 0
	for i := range n {
		wg.Go(func() {
			if err := call(i); err != nil {
				mu.Lock()
				defer mu.Unlock()
				failed++
			}
		})
	}
	wg.Wait()
	return failed
}

func TestGovernor_ThreeSmallBuckets(t *testing.T) {
	t.Parallel()
	type calls struct {
		templates []string // that share the bucket
		limit     int
		began     time.Duration // how long ago its window began
		used      int           // by others, in the first window
	}
	for name, test := range map[string]struct {
		buckets map[string]calls
		skew    time.Duration
		latency time.Duration
		refused int // at most; 0: 5 % of 300
	}{
		"three routes": {buckets: map[string]calls{
			"users":  {templates: []string{"/api/v1/users"}, limit: 20, began: 10 * time.Second},
			"groups": {templates: []string{"/api/v1/groups"}, limit: 25, began: 31300 * time.Millisecond},
			"logs":   {templates: []string{"/api/v1/logs"}, limit: 30, began: 52800 * time.Millisecond},
		}},
		"the same limit and the same window": {buckets: map[string]calls{
			"users":  {templates: []string{"/api/v1/users"}, limit: 20},
			"groups": {templates: []string{"/api/v1/groups"}, limit: 20},
			"logs":   {templates: []string{"/api/v1/logs"}, limit: 20},
		}},
		"Okta's clock is an hour ahead": {skew: time.Hour, buckets: map[string]calls{
			"users":  {templates: []string{"/api/v1/users"}, limit: 20, began: 400 * time.Millisecond},
			"groups": {templates: []string{"/api/v1/groups"}, limit: 50, began: 40 * time.Second},
			"logs":   {templates: []string{"/api/v1/logs"}, limit: 30, began: 20 * time.Second},
		}},
		"Okta's clock is an hour behind, and slow": {skew: -time.Hour, latency: 2 * time.Second, buckets: map[string]calls{
			"users":  {templates: []string{"/api/v1/users"}, limit: 20, began: 400 * time.Millisecond},
			"groups": {templates: []string{"/api/v1/groups"}, limit: 50, began: 40 * time.Second},
			"logs":   {templates: []string{"/api/v1/logs"}, limit: 30, began: 20 * time.Second},
		}},
		"used up at the start": {buckets: map[string]calls{
			"users":  {templates: []string{"/api/v1/users"}, limit: 20, began: 10 * time.Second, used: 20},
			"groups": {templates: []string{"/api/v1/groups"}, limit: 25, began: 30 * time.Second, used: 25},
			"logs":   {templates: []string{"/api/v1/logs"}, limit: 30, began: 50 * time.Second, used: 30},
		}},
		// Each route tries its bucket's last call once, not knowing of the others.
		"several routes draw from one bucket": {refused: 30, buckets: map[string]calls{
			"apps": {
				templates: []string{"/api/v1/apps", "/api/v1/apps/{id}/users", "/api/v1/apps/{id}/groups", "/api/v1/apps/{id}"},
				limit:     20, began: 15 * time.Second,
			},
			"groups": {templates: []string{"/api/v1/groups", "/api/v1/groups/{id}/users"}, limit: 20, began: 15 * time.Second},
			"logs":   {templates: []string{"/api/v1/logs"}, limit: 30, began: 40 * time.Second},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				org := &fakeOrg{skew: test.skew, latency: max(test.latency, 100*time.Millisecond), jitter: 50 * time.Millisecond, buckets: map[string]*fakeBucket{}}
				began := time.Now()
				var least time.Duration
				var templates []string
				for name, b := range test.buckets {
					org.buckets[name] = &fakeBucket{
						limit: b.limit, window: time.Minute, begun: began.Add(-b.began), used: b.used,
					}
					// The window in which the hundredth call can be made begins then.
					least = max(least, time.Duration((100+b.used-1)/b.limit)*time.Minute-b.began)
					for i := range 100 {
						templates = append(templates, b.templates[i%len(b.templates)])
					}
				}
				c := org.client(t, GovernorConfig{})

				failed := all(len(templates), func(i int) error { return get(t.Context(), c, templates[i], i) })

				took := time.Since(began)
				t.Logf("%d calls, %d refused, %s of at least %s", org.tally().calls, org.tally().refused, took, least)
				require.Zero(t, failed)
				require.LessOrEqual(t, org.tally().refused, cmp.Or(test.refused, 15))
				require.LessOrEqual(t, took, least*135/100)
			})
		})
	}
}

func TestGovernor_WaitsForTheResetOnOktasClock(t *testing.T) {
	t.Parallel()
	for _, skew := range []time.Duration{0, 3 * time.Hour, -3 * time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			org := newFakeOrg("users", 2, 0)
			org.skew = skew
			c := org.client(t, GovernorConfig{})
			ctx, stats := WithStats(t.Context())
			began := time.Now()
			for i := range 3 {
				require.NoError(t, get(ctx, c, "/api/v1/users", i))
			}
			// Date is cut to seconds, so the margin of one second may grow to two.
			require.GreaterOrEqual(t, time.Since(began), 61*time.Second)
			require.Less(t, time.Since(began), 62*time.Second)
			require.Zero(t, org.tally().refused, "the last call of a bucket is used, and the next one waits")
			require.Equal(t, time.Since(began)-3*org.latency, stats.Waited())
			require.Equal(t, 3, stats.Requests())
		})
	}
}

func TestGovernor_InFlightCallsCount(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org := newFakeOrg("users", 10, 0)
		c := org.client(t, GovernorConfig{})
		require.NoError(t, get(t.Context(), c, "/api/v1/users", 0))
		require.Zero(t, all(30, func(i int) error { return get(t.Context(), c, "/api/v1/users", i) }))
		require.Zero(t, org.tally().refused)
	})
}

func TestGovernor_ModestBeforeTheFirstAnswer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org := newFakeOrg("users", 600, 0)
		org.latency = time.Second
		c := org.client(t, GovernorConfig{})
		began := time.Now()
		done := make(chan int)
		go func() { done <- all(100, func(i int) error { return get(t.Context(), c, "/api/v1/users", i) }) }()
		synctest.Wait()
		require.Equal(t, probes, org.tally().underWay)
		require.Zero(t, <-done)
		require.Less(t, time.Since(began), 10*time.Second, "the answers told that there is room")
		require.Equal(t, defaultConcurrent, org.tally().most)
	})
}

func TestGovernor_SlowFirstAnswersDoNotHoldUpTheRest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org := newFakeOrg("users", 600, 0)
		org.slow = map[string]time.Duration{"n=0": 30 * time.Second, "n=1": 30 * time.Second}
		c := org.client(t, GovernorConfig{})
		for i := range 2 {
			go func() { _ = get(t.Context(), c, "/api/v1/users", i) }()
		}
		synctest.Wait()
		began := time.Now()
		require.NoError(t, get(t.Context(), c, "/api/v1/users", 2))
		require.Less(t, time.Since(began), 2*time.Second)
		time.Sleep(time.Minute)
	})
}

func TestGovernor_ModestAfterAnIdleWindow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org := newFakeOrg("users", 100, 0)
		c := org.client(t, GovernorConfig{})
		require.NoError(t, get(t.Context(), c, "/api/v1/users", 0))
		time.Sleep(2 * time.Minute)
		require.Zero(t, c.Governor().Snapshot()[0].ResetIn, "the window is over")
		time.Sleep(30 * time.Second)
		done := make(chan int)
		go func() { done <- all(100, func(i int) error { return get(t.Context(), c, "/api/v1/users", i) }) }()
		synctest.Wait()
		require.Equal(t, probes, org.tally().underWay)
		require.Zero(t, <-done)
	})
}

func TestGovernor_NoHeaders(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org := newFakeOrg("users", 1000, 0)
		org.silent = true
		c := org.client(t, GovernorConfig{})
		began := time.Now()
		require.Zero(t, all(100, func(i int) error { return get(t.Context(), c, "/api/v1/users", i) }))
		require.Less(t, time.Since(began), time.Second, "no limit is known, none is kept")
	})
}

// script answers with one status and header after another, the last one for ever, and keeps when it was asked.
type script struct {
	mu    sync.Mutex
	asked []time.Time
	steps []func() (int, http.Header)
}

func (s *script) RoundTrip(r *http.Request) (*http.Response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	step := s.steps[min(len(s.asked), len(s.steps)-1)]
	s.asked = append(s.asked, time.Now())
	status, header := step()
	return answer(r, status, header, "[]"), nil
}

func (s *script) gaps() []time.Duration {
	var out []time.Duration
	for i := 1; i < len(s.asked); i++ {
		out = append(out, s.asked[i].Sub(s.asked[i-1]))
	}
	return out
}

func limited(h func() http.Header) func() (int, http.Header) {
	return func() (int, http.Header) { return http.StatusTooManyRequests, h() }
}

func served() (int, http.Header) { return http.StatusOK, nil }

func TestGovernor_UnexplainedRefusalsBackOff(t *testing.T) {
	t.Parallel()
	for name, h := range map[string]func() http.Header{
		"no headers": func() http.Header { return nil },
		"not numbers": func() http.Header {
			return http.Header{headerLimit: {"many"}, headerRemaining: {"few"}, headerReset: {"soon"}}
		},
		"negative":    func() http.Header { return rateHeaders(-1, -1, time.Minute, 0) },
		"in the past": func() http.Header { return rateHeaders(10, 0, -time.Hour, 0) },
		"far away":    func() http.Header { return rateHeaders(10, 0, 24*time.Hour, 0) },
		"milliseconds": func() http.Header {
			return http.Header{headerLimit: {"5"}, headerRemaining: {"0"}, headerReset: {"1700000000000"}}
		},
		"room is left": func() http.Header { return rateHeaders(10, 5, time.Minute, 0) },
		"concurrency":  func() http.Header { return rateHeaders(0, 0, time.Minute, 0) },
		"overflow": func() http.Header {
			return http.Header{headerLimit: {"5"}, headerRemaining: {"0"}, headerReset: {"9223372036854775807"}}
		},
		"broken number": func() http.Header {
			return http.Header{headerLimit: {"5"}, headerRemaining: {"0"}, headerReset: {"99999999999999999999"}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := &script{steps: []func() (int, http.Header){
					limited(h), limited(h), limited(h), limited(h), limited(h), limited(h), limited(h), limited(h), served,
				}}
				c := newTestClient(t, Config{Transport: s})
				require.NoError(t, get(t.Context(), c, "/api/v1/users", 0))
				for i, gap := range s.gaps() {
					least := min(time.Second<<i, 30*time.Second) / 2
					require.GreaterOrEqual(t, gap, least, "refusal %d", i)
					require.LessOrEqual(t, gap, 3*least, "refusal %d", i)
				}
			})
		})
	}
}

func TestGovernor_RefusalWithoutDate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &script{steps: []func() (int, http.Header){limited(func() http.Header {
			h := rateHeaders(10, 0, 20*time.Second, 0)
			h.Del("Date")
			return h
		}), served}}
		c := newTestClient(t, Config{Transport: s})
		require.NoError(t, get(t.Context(), c, "/api/v1/users", 0))
		require.Equal(t, []time.Duration{21 * time.Second}, s.gaps())
	})
}

func TestGovernor_ConcurrencyRefusalsLowerTheNumberAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org := newFakeOrg("users", 100_000, 0)
		org.atOnce, org.latency = 10, time.Second
		c := org.client(t, GovernorConfig{})
		began := time.Now()
		require.Zero(t, all(300, func(i int) error { return get(t.Context(), c, "/api/v1/users", i) }))
		t.Logf("%d calls, %d refused, %s", org.tally().calls, org.tally().refused, time.Since(began))
		require.Less(t, org.tally().refused, 300/5)
		require.Less(t, time.Since(began), 90*time.Second, "30 s is the least; none waits for the suggested reset each time")

		org.atOnce, org.tallied = 0, tally{}
		time.Sleep(5 * time.Minute)
		require.Zero(t, all(300, func(i int) error { return get(t.Context(), c, "/api/v1/users", i) }))
		require.Equal(t, defaultConcurrent, org.tally().most, "it recovers")
	})
}

func TestGovernor_ServesInOrder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org := newFakeOrg("users", 4, 0)
		c := org.client(t, GovernorConfig{MaxConcurrent: 1})
		var want []string
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

func TestGovernor_ARepeatKeepsItsPlace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org := newFakeOrg("users", 3, 0)
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
		org := newFakeOrg("users", 10, 0)
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
		org := newFakeOrg("users", 10, 0)
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
		time.Sleep(time.Second)
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
		org := newFakeOrg("users", 100_000, 0)
		c := org.client(t, GovernorConfig{MaxConcurrent: 8})
		require.Zero(t, all(50, func(i int) error { return get(t.Context(), c, "/api/v1/users", i) }))
		org.latency = time.Minute / 2
		go func() { all(20, func(i int) error { return get(Background(t.Context()), c, "/api/v1/users", i) }) }()
		synctest.Wait()
		require.Equal(t, 4, org.tally().underWay)
		go func() { all(20, func(i int) error { return get(t.Context(), c, "/api/v1/users", i) }) }()
		synctest.Wait()
		require.Equal(t, 8, org.tally().underWay)
		time.Sleep(10 * time.Minute)
	})
}

func TestGovernor_RefusesAtOnceWhatCannotMakeItsDeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org := newFakeOrg("users", 10, 0)
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
		org := newFakeOrg("users", 10, 0)
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
			"bucket":      func() http.Header { return rateHeaders(10, 0, time.Minute, 0) },
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
		org := newFakeOrg("users", 5, 0)
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
	synctest.Test(t, func(t *testing.T) {
		for range 50 {
			g := NewGovernor(GovernorConfig{MaxConcurrent: 1})
			first, err := g.acquire(t.Context(), newTurn(t.Context(), "GET", "/"))
			require.NoError(t, err)
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan struct{})
			go func() {
				defer close(done)
				if second, err := g.acquire(ctx, newTurn(ctx, "GET", "/")); err == nil {
					second.done()
				}
			}()
			synctest.Wait()
			go cancel()
			first.done()
			<-done
			third, err := g.acquire(t.Context(), newTurn(t.Context(), "GET", "/"))
			require.NoError(t, err)
			third.done()
			require.Zero(t, g.underWay)
			require.Empty(t, g.queued)
		}
	})
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
	first.answered(http.StatusTooManyRequests, rateHeaders(5, 0, 5*time.Minute, 0))
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
		org := newFakeOrg("users", 1000, 0)
		org.latency = time.Minute / 2
		c := org.client(t, GovernorConfig{MaxConcurrent: 1})
		go func() { _ = get(t.Context(), c, "/api/v1/users", 0) }()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err := get(ctx, c, "/api/v1/users", 1)
		var refused *RateLimitError
		require.ErrorAs(t, err, &refused, "nothing was sent: the call may be repeated")
		time.Sleep(time.Minute)
	})
}

func TestGovernor_ShareLeavesTheRestToOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org := newFakeOrg("users", 20, 0)
		c := org.client(t, GovernorConfig{Share: 0.5})
		go func() { all(25, func(i int) error { return get(t.Context(), c, "/api/v1/users", i) }) }()
		time.Sleep(50 * time.Second)
		require.Len(t, org.tally().served, 10)
		time.Sleep(3 * time.Minute)
		require.Equal(t, 25, org.tally().calls)
	})
}

func TestGovernor_ReplicasConverge(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org := newFakeOrg("users", 50, 0)
		replicas := []*Client{org.client(t, GovernorConfig{}), org.client(t, GovernorConfig{}), org.client(t, GovernorConfig{})}
		began := time.Now()
		require.Zero(t, all(300, func(i int) error { return get(t.Context(), replicas[i%3], "/api/v1/users", i) }))
		t.Logf("%d refused, %s", org.tally().refused, time.Since(began))
		require.LessOrEqual(t, org.tally().refused, 15)
		require.Less(t, time.Since(began), 5*time.Minute*135/100)
	})
}

func TestGovernor_LateAnswersOfAnOldWindow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org := newFakeOrg("users", 10, 0)
		org.slow = map[string]time.Duration{"n=0": 40 * time.Second}
		c := org.client(t, GovernorConfig{})
		time.Sleep(30 * time.Second)
		go func() { _ = get(t.Context(), c, "/api/v1/users", 0) }()
		synctest.Wait()
		time.Sleep(31 * time.Second) // the window has changed
		require.NoError(t, get(t.Context(), c, "/api/v1/users", 1))
		before := c.Governor().Snapshot()[0]
		require.Equal(t, 9, before.Remaining)
		require.Equal(t, 1, before.InFlight)
		time.Sleep(20 * time.Second)
		after := c.Governor().Snapshot()[0]
		require.Equal(t, 9, after.Remaining)
		require.Greater(t, after.ResetIn, 30*time.Second)
		require.Zero(t, after.InFlight)
	})
}

func TestGovernor_ManyOrgsDoNotWaitForEachOther(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		busy := newFakeOrg("users", 1, 0)
		a := busy.client(t, GovernorConfig{})
		go func() { all(5, func(i int) error { return get(t.Context(), a, "/api/v1/users", i) }) }()
		began := time.Now()
		for range 50 {
			require.Zero(t, all(10, func(i int) error {
				return get(t.Context(), newFakeOrg("users", 20, 0).client(t, GovernorConfig{}), "/api/v1/users", i)
			}))
		}
		require.Less(t, time.Since(began), 10*time.Second)
		time.Sleep(10 * time.Minute)
	})
}

func TestGovernor_RoutesAreBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org := newFakeOrg("users", 1_000_000, 0)
		c := org.client(t, GovernorConfig{})
		for i := range 3 * maxBuckets {
			require.NoError(t, get(t.Context(), c, fmt.Sprintf("/api/v1/users/invented-%d", i), i))
		}
		require.LessOrEqual(t, len(c.Governor().Snapshot()), maxBuckets)
	})
}

func TestGovernor_RoutesInUseAreKept(t *testing.T) {
	t.Parallel()
	g := NewGovernor(GovernorConfig{MaxConcurrent: 2 * maxBuckets})
	var tickets []*ticket
	for i := range maxBuckets + 10 {
		ticket, err := g.acquire(t.Context(), newTurn(t.Context(), "GET", fmt.Sprintf("/%d", i)))
		require.NoError(t, err)
		tickets = append(tickets, ticket)
	}
	require.Len(t, g.buckets, maxBuckets+10)
	for _, ticket := range tickets {
		ticket.done()
	}
	last, err := g.acquire(t.Context(), newTurn(t.Context(), "GET", "/last"))
	require.NoError(t, err)
	last.done()
	require.Len(t, g.buckets, 1)
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
