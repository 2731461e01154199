package okta

import (
	"context"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// windowsOf returns windows of one limit and reset, each as one of its own calls among others' left it.
func windowsOf(remaining ...int) []*window {
	var ws []*window
	for _, n := range remaining {
		ws = append(ws, &window{
			share: 1, family: "apps", limit: 20, remaining: n, own: 1,
			reset: 1, ends: time.Now().Add(time.Hour), confirmed: true,
		})
	}
	return ws
}

func TestPool_CountsForAllWhoShare(t *testing.T) {
	t.Parallel()
	ws := windowsOf(9, 5, 7)
	ws[1].pending = 2
	ws[0].join(ws[1])
	ws[2].join(ws[0])
	ws[2].join(ws[1])
	for _, w := range ws {
		remaining, own, pending := w.common()
		require.Equal(t, []int{5, 3, 2}, []int{remaining, own, pending})
		require.Equal(t, ws[0].room(time.Now()), w.room(time.Now()))
	}
	ws[1].leave()
	require.Nil(t, ws[1].pool)
	remaining, own, pending := ws[2].common()
	require.Equal(t, []int{7, 2, 0}, []int{remaining, own, pending})
}

func TestPool_EndsWithTheWindow(t *testing.T) {
	t.Parallel()
	ws := windowsOf(9, 5)
	ws[0].join(ws[1])
	ws[0].roll(ws[0].ends)
	require.Nil(t, ws[0].pool)
	require.Equal(t, 20, ws[0].remaining)
	ws[0].join(ws[1])
	s := ws[1].send(time.Now())
	ws[1].learn(offer{limit: 20, remaining: 19, reset: 2, ends: time.Now()}, s, false)
	require.Nil(t, ws[1].pool)
}

func TestPool_HoldsNoStrangers(t *testing.T) {
	t.Parallel()
	ws := windowsOf(9, 9, 9)
	ws[0].join(ws[1])
	ws[0].estrange(ws[2])
	require.NotNil(t, ws[0].pool)
	ws[2].join(ws[1])
	require.NotSame(t, ws[1].pool, ws[2].pool, "a friend's stranger")
	ws[1].estrange(ws[0])
	require.Nil(t, ws[1].pool)
	ws[2].join(ws[1])
	require.Same(t, ws[1].pool, ws[2].pool)
	require.False(t, ws[0].akin(ws[1]))
	require.True(t, ws[1].akin(ws[2]))
}

func TestPool_OnlyOfWindowsThatLookAlike(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*window){
		"another limit":                      func(w *window) { w.limit = 30 },
		"another end":                        func(w *window) { w.reset = 2 },
		"another resource":                   func(w *window) { w.family = "groups" },
		"its own calls are all that is gone": func(w *window) { w.own, w.pending = 10, 1 },
		"nothing was told of this window":    func(w *window) { w.confirmed = false },
	} {
		ws := windowsOf(9, 9)
		require.True(t, ws[0].akin(ws[1]))
		change(ws[1])
		require.False(t, ws[0].akin(ws[1]), name)
		require.False(t, ws[1].akin(ws[0]), name)
	}
}

// callAs makes one call that the org answers with so much left of 20.
func callAs(t *testing.T, g *Governor, route string, remaining int) {
	t.Helper()
	ticket, err := g.acquire(t.Context(), newTurn(t.Context(), http.MethodGet, route))
	require.NoError(t, err)
	ticket.answered(http.StatusOK, rateHeaders(20, remaining, time.Minute))
	ticket.done()
}

func TestGovernor_RoutesOfOneBucketShareItsLastCall(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := NewGovernor(GovernorConfig{})
		callAs(t, g, "/api/v1/apps", 17)
		callAs(t, g, "/api/v1/apps/{id}/users", 12)
		callAs(t, g, "/api/v1/apps", 1)
		last, err := g.acquire(t.Context(), newTurn(t.Context(), http.MethodGet, "/api/v1/apps/{id}/users"))
		require.NoError(t, err)
		w, _, err := g.enter(t.Context(), newTurn(t.Context(), http.MethodGet, "/api/v1/apps"))
		require.NoError(t, err)
		require.NotNil(t, w, "the last call is on its way")
		last.done()
		require.NotNil(t, w.ticket, "it got no answer")
		w.ticket.done()
	})
}

func TestGovernor_RoutesOfOneBucketStandInOneLine(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := NewGovernor(GovernorConfig{})
		callAs(t, g, "/api/v1/apps", 17)
		callAs(t, g, "/api/v1/apps/{id}/users", 12)
		within := func(d time.Duration, route string) (*waiter, error) {
			ctx, cancel := context.WithTimeout(t.Context(), d)
			t.Cleanup(cancel)
			w, _, err := g.enter(ctx, newTurn(ctx, http.MethodGet, route))
			return w, err
		}
		var last *ticket
		for range 2 {
			var err error
			last, err = g.acquire(t.Context(), newTurn(t.Context(), http.MethodGet, "/api/v1/apps"))
			require.NoError(t, err)
		}
		late, err := within(30*time.Second, "/api/v1/apps/{id}/users")
		require.NoError(t, err)
		require.NotNil(t, late)
		last.answered(http.StatusOK, rateHeaders(20, 0, time.Minute))
		last.done()
		var refused *RateLimitError
		require.ErrorAs(t, late.err, &refused, "what one route learns, the other's callers are told")

		for range 19 {
			_, err = within(100*time.Second, "/api/v1/apps/{id}/users")
			require.NoError(t, err)
		}
		_, err = within(100*time.Second, "/api/v1/apps")
		require.ErrorAs(t, err, &refused, "nineteen are before it, and one is on its way")
		require.InDelta(t, 120, refused.RetryAfter.Seconds(), 2)
	})
}

// Two buckets of one resource may look like one: the same limit, the same window, and several routes that draw from
// each. What their routes wait for each other is lost once.
func TestGovernor_RoutesThatOnlyLookAlike(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org := newFakeOrg(20)
		other := *org.buckets["users"]
		org.buckets["users/x"], org.buckets["users/x/groups"] = &other, &other
		c := org.client(t, GovernorConfig{})
		routes := []string{"/api/v1/users", "/api/v1/users/{id}", "/api/v1/users/{id}/factors", "/api/v1/users/{id}/groups"}
		began := time.Now()
		require.Zero(t, all(400, func(i int) error { return get(t.Context(), c, routes[i%4], i) }))
		t.Logf("%d refused, %s", org.tally().refused, time.Since(began))
		require.LessOrEqual(t, org.tally().refused, 400/20)
		require.Less(t, time.Since(began), 14*time.Minute, "9 is the least, and each pair may cost a window")
		require.NotEmpty(t, c.governor.buckets[bucketKey{http.MethodGet, "/api/v1/users"}].strangers)
	})
}
