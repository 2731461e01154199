package storetest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/okta-connector/okta-connector/runtime/store"
)

// all is an age that everything has reached.
const all = time.Nanosecond

func stats(t *testing.T, s *store.Store) {
	ctx := t.Context()
	empty, err := s.Stats(ctx)
	require.NoError(t, err)
	require.Zero(t, empty)
	require.NoError(t, s.Ping(ctx))

	subscription(t, s, "failing", func(sub *store.Subscription) { sub.Deliver = nil })
	accept(t, s, "failing", makeEvents(1, 9)) // kept for pulling: nothing waits
	require.NoError(t, s.FinishPoll(ctx, claim(t, s, time.Minute), ended(store.RunError), past()))
	subscription(t, s, "watch", delivering)
	accept(t, s, "watch", makeEvents(1, 25))
	_, err = s.FinishDelivery(ctx, ship(t, s, time.Minute), store.Outcome{})
	require.NoError(t, err)
	ship(t, s, time.Minute)
	subscription(t, s, "paused", nil)
	require.NoError(t, s.SetPaused(ctx, "paused", true))

	got, err := s.Stats(ctx)
	require.NoError(t, err)
	require.InDelta(t, time.Hour, got.PollLag, float64(time.Minute))
	got.PollLag = 0
	require.Equal(t, store.Stats{
		Subscriptions: 3, Paused: 1, Failing: 1, PendingEvents: 15, PendingDeliveries: 1, DeadDeliveries: 1,
	}, got)
}

func recoverRetries(t *testing.T, s *store.Store) {
	ctx := t.Context()
	subscription(t, s, "watch", delivering)
	accept(t, s, "watch", makeEvents(1, 1))
	_, err := s.FinishDelivery(ctx, ship(t, s, time.Minute), store.Outcome{RetryAt: time.Now().Add(time.Hour)})
	require.NoError(t, err)
	noShipment(t, s)
	require.NoError(t, s.Recover(ctx))
	held := ship(t, s, time.Minute)
	poll := claim(t, s, time.Minute)
	_, err = s.Lease(ctx, "prune", "dead", time.Hour)
	require.NoError(t, err)
	begin(t, s, callKey(), "f", "dead", time.Hour)
	require.NoError(t, s.CreateInvocation(ctx, store.Invocation{ID: "a"}, "dead", time.Hour, time.Hour))

	require.NoError(t, s.Recover(ctx))
	leased, err := s.Lease(ctx, "prune", "heir", time.Hour)
	require.NoError(t, err)
	state := begin(t, s, callKey(), "f", "heir", time.Hour).State
	inv, err := s.Invocation(ctx, "a")
	require.NoError(t, err)
	if !s.Embedded() { // other engines live on
		noShipment(t, s)
		require.NoError(t, s.ExtendPoll(ctx, poll))
		require.False(t, leased)
		require.Equal(t, store.CallInProgress, state)
		require.Equal(t, store.InvocationRunning, inv.Status)
		return
	}
	require.ErrorIs(t, s.ExtendPoll(ctx, poll), store.ErrFenced)
	require.ErrorIs(t, s.ExtendDelivery(ctx, held), store.ErrFenced)
	require.Equal(t, held.Delivery.ID, ship(t, s, time.Minute).Delivery.ID)
	claim(t, s, time.Minute)
	require.True(t, leased)
	require.Equal(t, store.CallInterrupted, state)
	require.Equal(t, store.InvocationLost, inv.Status)
}

func recoverNeglected(t *testing.T, s *store.Store) {
	ctx := t.Context()
	subscription(t, s, "watch", delivering)
	accept(t, s, "watch", makeEvents(1, 1))
	refuse := func(again time.Duration) {
		_, err := s.FinishDelivery(ctx, ship(t, s, time.Minute), store.Outcome{RetryAt: time.Now().Add(again)})
		require.NoError(t, err)
	}
	refuse(time.Hour)
	require.NoError(t, s.Recover(ctx))
	require.NoError(t, s.SetPaused(ctx, "watch", false))
	d := ship(t, s, time.Minute)
	require.Equal(t, 1, d.Delivery.Attempts, "a quick restart gives no more time")

	for name, come := range map[string]func(){
		"a start": func() { require.NoError(t, s.Recover(ctx)) },
		"resuming": func() {
			require.NoError(t, s.SetPaused(ctx, "watch", true))
			require.NoError(t, s.SetPaused(ctx, "watch", false))
		},
	} {
		require.NoError(t, s.ReleaseDelivery(ctx, d))
		refuse(-time.Hour)
		come()
		fresh := ship(t, s, time.Minute)
		require.Zero(t, fresh.Delivery.Attempts, name)
		require.True(t, fresh.Delivery.PendingSince.After(d.Delivery.PendingSince), name)
		d = fresh
	}
}

func prune(t *testing.T, s *store.Store, keep store.Retention) {
	_, err := s.Prune(t.Context(), keep)
	require.NoError(t, err)
}

func pruneByAge(t *testing.T, s *store.Store) {
	subscription(t, s, "watch", nil)
	accept(t, s, "watch", makeEvents(1, 5))
	prune(t, s, store.Retention{})
	prune(t, s, store.Retention{EventAge: time.Hour})
	require.Len(t, events(t, s, "watch"), 5)
	prune(t, s, store.Retention{EventAge: all})
	require.Empty(t, events(t, s, "watch"))

	accept(t, s, "watch", makeEvents(6, 6))
	require.EqualValues(t, 6, events(t, s, "watch")[0].Seq, "numbers go on after pruning")
	require.EqualValues(t, 6, read(t, s, "watch").Counts.Received)
}

func pruneByCount(t *testing.T, s *store.Store) {
	subscription(t, s, "watch", nil)
	subscription(t, s, "small", nil)
	accept(t, s, "watch", makeEvents(1, 30))
	accept(t, s, "small", makeEvents(1, 10))
	prune(t, s, store.Retention{EventCount: 10, DedupeAge: time.Hour})
	require.Len(t, events(t, s, "watch"), 30, "young events are needed to recognise their repetition")
	prune(t, s, store.Retention{EventCount: 10})
	require.Equal(t, ids(makeEvents(21, 30)), ids(events(t, s, "watch")))
	require.Len(t, events(t, s, "small"), 10)
}

func pruneUndelivered(t *testing.T, s *store.Store) {
	ctx := t.Context()
	everything := store.Retention{EventAge: all, DeliveryAge: all}
	subscription(t, s, "watch", delivering)
	accept(t, s, "watch", makeEvents(1, 55))
	delivered := ship(t, s, time.Minute)
	dead, err := s.FinishDelivery(ctx, delivered, store.Outcome{Delivered: true, More: true})
	require.NoError(t, err)
	third, err := s.FinishDelivery(ctx, dead, store.Outcome{More: true})
	require.NoError(t, err)
	pending, err := s.FinishDelivery(ctx, third, store.Outcome{Delivered: true, More: true})
	require.NoError(t, err)

	prune(t, s, everything)
	left := append(append(makeEvents(11, 20), makeEvents(31, 40)...), makeEvents(41, 55)...)
	require.Equal(t, ids(left), ids(events(t, s, "watch")))
	_, err = s.Delivery(ctx, delivered.Delivery.ID)
	require.ErrorIs(t, err, store.ErrNotFound)

	require.NoError(t, s.RetryDelivery(ctx, dead.Delivery.ID))
	again, err := s.FinishDelivery(ctx, pending, store.Outcome{Delivered: true, More: true})
	require.NoError(t, err)
	require.Equal(t, ids(makeEvents(11, 20)), ids(again.Events))
	_, err = s.FinishDelivery(ctx, again, store.Outcome{})
	require.NoError(t, err)
	everything.DeadAge = all
	prune(t, s, everything)
	require.Equal(t, ids(makeEvents(41, 55)), ids(events(t, s, "watch")), "a dead delivery takes its events with it")
}

func pruneMany(t *testing.T, s *store.Store) {
	subscription(t, s, "watch", nil)
	accept(t, s, "watch", makeEvents(1, 1203))
	removed, err := s.Prune(t.Context(), store.Retention{EventAge: all})
	require.NoError(t, err)
	require.EqualValues(t, 1203, removed)
	accept(t, s, "watch", makeEvents(2000, 3202))
	require.NoError(t, s.DeleteSubscription(t.Context(), "watch"))
	removed, err = s.Prune(t.Context(), store.Retention{})
	require.NoError(t, err)
	require.GreaterOrEqual(t, removed, int64(1203), "a deleted subscription leaves nothing")
	removed, err = s.Prune(t.Context(), store.Retention{EventAge: all, EventCount: 1, DeliveryAge: all, DeadAge: all})
	require.NoError(t, err)
	require.Zero(t, removed)
}

func pruneRest(t *testing.T, s *store.Store) {
	ctx := t.Context()
	require.NoError(t, s.PutFlow(ctx, "state", []byte("x"), -time.Second))
	require.NoError(t, s.CreateInvocation(ctx, store.Invocation{ID: "old"}, "w", 0, -time.Second))
	require.NoError(t, s.CreateInvocation(ctx, store.Invocation{ID: "new"}, "w", 0, time.Hour))
	_, err := s.BeginIdempotent(ctx, callKey(), "f", "w", 0, -time.Second)
	require.NoError(t, err)
	require.NoError(t, s.AppendAudit(ctx, store.AuditEntry{Who: "ci"}))
	removed, err := s.Prune(ctx, store.Retention{AuditAge: time.Hour})
	require.NoError(t, err)
	require.EqualValues(t, 3, removed)
	_, err = s.Invocation(ctx, "new")
	require.NoError(t, err)
	removed, err = s.Prune(ctx, store.Retention{AuditAge: all})
	require.NoError(t, err)
	require.EqualValues(t, 1, removed)
}
