package okta

import (
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
		"several routes draw from one bucket": {buckets: map[string]calls{
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
				org := &fakeOrg{
					skew: test.skew, latency: max(test.latency, 100*time.Millisecond), jitter: 50 * time.Millisecond,
					buckets: map[string]*fakeBucket{},
				}
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
				require.LessOrEqual(t, org.tally().refused, 15)
				require.LessOrEqual(t, took, least*135/100)
			})
		})
	}
}

func TestGovernor_WaitsForTheResetOnOktasClock(t *testing.T) {
	t.Parallel()
	for _, skew := range []time.Duration{0, 3 * time.Hour, -3 * time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			org := newFakeOrg(2)
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
		org := newFakeOrg(10)
		c := org.client(t, GovernorConfig{})
		require.NoError(t, get(t.Context(), c, "/api/v1/users", 0))
		require.Zero(t, all(30, func(i int) error { return get(t.Context(), c, "/api/v1/users", i) }))
		require.Zero(t, org.tally().refused)
	})
}

func TestGovernor_ModestBeforeTheFirstAnswer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org := newFakeOrg(600)
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
		org := newFakeOrg(600)
		org.slow = map[string]time.Duration{"n=0": 30 * time.Second, "n=1": 30 * time.Second}
		c := org.client(t, GovernorConfig{})
		for i := range 2 {
			go func() { _ = get(t.Context(), c, "/api/v1/users", i) }()
		}
		synctest.Wait()
		began := time.Now()
		require.NoError(t, get(t.Context(), c, "/api/v1/users", 2))
		require.Less(t, time.Since(began), 2*time.Second)
		pass(time.Minute)
	})
}

func TestGovernor_ModestAfterAnIdleWindow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org := newFakeOrg(100)
		c := org.client(t, GovernorConfig{})
		require.NoError(t, get(t.Context(), c, "/api/v1/users", 0))
		pass(2 * time.Minute)
		require.Zero(t, c.Governor().Snapshot()[0].ResetIn, "the window is over")
		pass(30 * time.Second)
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
		org := newFakeOrg(1000)
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
		"negative":    func() http.Header { return rateHeaders(-1, -1, time.Minute) },
		"in the past": func() http.Header { return rateHeaders(10, 0, -time.Hour) },
		"far away":    func() http.Header { return rateHeaders(10, 0, 24*time.Hour) },
		"milliseconds": func() http.Header {
			return http.Header{headerLimit: {"5"}, headerRemaining: {"0"}, headerReset: {"1700000000000"}}
		},
		"room is left": func() http.Header { return rateHeaders(10, 5, time.Minute) },
		"concurrency":  func() http.Header { return rateHeaders(0, 0, time.Minute) },
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
			h := rateHeaders(10, 0, 20*time.Second)
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
		org := newFakeOrg(100_000)
		org.atOnce, org.latency = 10, time.Second
		c := org.client(t, GovernorConfig{})
		began := time.Now()
		require.Zero(t, all(300, func(i int) error { return get(t.Context(), c, "/api/v1/users", i) }))
		t.Logf("%d calls, %d refused, %s", org.tally().calls, org.tally().refused, time.Since(began))
		require.Less(t, org.tally().refused, 300/4)
		require.Less(t, time.Since(began), 90*time.Second, "30 s is the least; none waits for the suggested reset each time")

		org.atOnce, org.tallied = 0, tally{}
		pass(5 * time.Minute)
		require.Zero(t, all(300, func(i int) error { return get(t.Context(), c, "/api/v1/users", i) }))
		require.Equal(t, defaultConcurrent, org.tally().most, "it recovers")
	})
}

func TestGovernor_RefusalsOfOneBurstCountOnce(t *testing.T) {
	t.Parallel()
	g := NewGovernor(GovernorConfig{MaxConcurrent: 16})
	tickets := make([]*ticket, 0, 16)
	for i := range 16 {
		ticket, err := g.acquire(t.Context(), newTurn(t.Context(), "GET", fmt.Sprintf("/%d", i)))
		require.NoError(t, err)
		tickets = append(tickets, ticket)
	}
	for _, ticket := range tickets[:6] {
		require.False(t, ticket.answered(http.StatusTooManyRequests, rateHeaders(0, 0, time.Minute)))
	}
	require.Equal(t, 8, g.slots.level)
	for _, ticket := range tickets {
		ticket.done()
	}
	ticket, err := g.acquire(t.Context(), newTurn(t.Context(), "GET", "/again"))
	require.NoError(t, err)
	ticket.answered(http.StatusTooManyRequests, rateHeaders(0, 0, time.Minute))
	require.Equal(t, 1, g.slots.level, "one at a time, never none")
	ticket.done()
}

func TestSlots_ComeBackSlowlyBeyondWhatWasTooMuch(t *testing.T) {
	t.Parallel()
	now := time.Now()
	s := slots{most: 32, level: 32, good: 32, since: now}
	require.Equal(t, 32, s.allowed(now.Add(time.Hour)))
	s.lower(11, now)
	for after, want := range map[time.Duration]int{
		0: 5, regain: 6, 5 * regain: 10, 6 * regain: 10, 9 * regain: 10, 10 * regain: 11, 15 * regain: 12, time.Hour: 32,
	} {
		require.Equal(t, want, s.allowed(now.Add(after)), after)
	}
	s.lower(1, now)
	require.Equal(t, 1, s.allowed(now), "one at a time, never none")
	require.Equal(t, 32, s.allowed(now.Add(time.Hour)))
}

func TestGovernor_ShareLeavesTheRestToOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org := newFakeOrg(20)
		c := org.client(t, GovernorConfig{Share: 0.5})
		go func() { all(25, func(i int) error { return get(t.Context(), c, "/api/v1/users", i) }) }()
		pass(50 * time.Second)
		require.Len(t, org.tally().served, 10)
		pass(3 * time.Minute)
		require.Equal(t, 25, org.tally().calls)
	})
}

func TestGovernor_ReplicasConverge(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org := newFakeOrg(50)
		var replicas [3]*Client
		for i := range replicas {
			replicas[i] = org.client(t, GovernorConfig{})
		}
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
		org := newFakeOrg(10)
		org.slow = map[string]time.Duration{"n=0": 40 * time.Second}
		c := org.client(t, GovernorConfig{})
		pass(30 * time.Second)
		go func() { _ = get(t.Context(), c, "/api/v1/users", 0) }()
		synctest.Wait()
		pass(31 * time.Second) // the window has changed
		require.NoError(t, get(t.Context(), c, "/api/v1/users", 1))
		before := c.Governor().Snapshot()[0]
		require.Equal(t, 9, before.Remaining)
		require.Equal(t, 1, before.InFlight)
		pass(20 * time.Second)
		after := c.Governor().Snapshot()[0]
		require.Equal(t, 9, after.Remaining)
		require.Greater(t, after.ResetIn, 30*time.Second)
		require.Zero(t, after.InFlight)
	})
}

func TestGovernor_ManyOrgsDoNotWaitForEachOther(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		busy := newFakeOrg(1)
		a := busy.client(t, GovernorConfig{})
		go func() { all(5, func(i int) error { return get(t.Context(), a, "/api/v1/users", i) }) }()
		began := time.Now()
		for range 50 {
			require.Zero(t, all(10, func(i int) error {
				return get(t.Context(), newFakeOrg(20).client(t, GovernorConfig{}), "/api/v1/users", i)
			}))
		}
		require.Less(t, time.Since(began), 10*time.Second)
		pass(10 * time.Minute)
	})
}

func TestGovernor_RoutesAreBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org := newFakeOrg(1_000_000)
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
	tickets := make([]*ticket, 0, maxBuckets+10)
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
