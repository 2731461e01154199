package storetest

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/okta-connector/okta-connector/runtime/store"
)

func createSubscription(t *testing.T, s *store.Store) {
	next := time.Date(2030, 1, 2, 3, 4, 5, 6000, time.UTC)
	sub := subscription(t, s, "watch", func(sub *store.Subscription) {
		delivering(sub)
		sub.State, sub.Reconcile, sub.Declared, sub.NextPollAt = []byte("hook"), true, true, next
	})
	require.Equal(t, "newUsers", sub.Trigger)
	require.Equal(t, "for-watch", sub.Connection)
	require.JSONEq(t, `{"limit":200}`, string(sub.Inputs))
	require.Equal(t, "*/5 * * * *", sub.Schedule)
	require.Equal(t, "Europe/Berlin", sub.TimeZone)
	require.Equal(t, "now", sub.StartFrom)
	require.Equal(t, 10, sub.BatchSize)
	require.Equal(t, "whsec_c2VjcmV0", sub.Deliver.Secret)
	require.Equal(t, map[string]string{"X-Tenant": "acme"}, sub.Deliver.Headers)
	require.Equal(t, []byte("hook"), sub.State)
	require.True(t, sub.Reconcile)
	require.True(t, sub.Declared)
	require.False(t, sub.Paused)
	require.Equal(t, next, sub.NextPollAt)
	require.Nil(t, sub.Cursor)
	require.Nil(t, sub.LastPoll)

	require.ErrorIs(t, s.CreateSubscription(t.Context(), sub), store.ErrExists)
	sub.ID, sub.Connection = "other", "absent"
	require.ErrorIs(t, s.CreateSubscription(t.Context(), sub), store.ErrNotFound)
	_, err := s.Subscription(t.Context(), "other")
	require.ErrorIs(t, err, store.ErrNotFound)
}

func updateSubscription(t *testing.T, s *store.Store) {
	ctx := t.Context()
	subscription(t, s, "watch", nil)
	poll := claim(t, s, time.Minute)
	_, err := s.CommitPage(ctx, poll, store.Page{Cursor: json.RawMessage(`{"w":1}`)})
	require.NoError(t, err)
	require.NoError(t, s.FinishPoll(ctx, poll, ended(store.RunNoChanges), time.Now().Add(time.Hour)))

	sub := read(t, s, "watch")
	stale := sub
	delivering(&sub)
	sub.Schedule, sub.BatchSize, sub.NextPollAt = "@every 30s", 500, past()
	require.NoError(t, s.UpdateSubscription(ctx, sub))
	updated := read(t, s, "watch")
	require.Equal(t, "@every 30s", updated.Schedule)
	require.Equal(t, 500, updated.BatchSize)
	require.NotNil(t, updated.Deliver)
	require.JSONEq(t, `{"w":1}`, string(updated.Cursor))
	require.Equal(t, "@every 30s", claim(t, s, time.Minute).Subscription.Schedule, "the new time is what counts")

	require.ErrorIs(t, s.UpdateSubscription(ctx, stale), store.ErrConflict)
	require.ErrorIs(t, s.UpdateSubscriptionState(ctx, "watch", stale.Version, []byte("x")), store.ErrConflict)
	require.NoError(t, s.UpdateSubscriptionState(ctx, "watch", updated.Version, []byte("hook")))
	require.Equal(t, []byte("hook"), read(t, s, "watch").State)
	stale.ID = "absent"
	require.ErrorIs(t, s.UpdateSubscription(ctx, stale), store.ErrNotFound)
}

func pageSubscriptions(t *testing.T, s *store.Store) {
	for _, id := range []string{"c", "a", "B"} {
		subscription(t, s, id, nil)
	}
	first, err := s.Subscriptions(t.Context(), "", 2)
	require.NoError(t, err)
	rest, err := s.Subscriptions(t.Context(), first[1].ID, 2)
	require.NoError(t, err)
	got := make([]string, 0, 3)
	for _, sub := range append(first, rest...) {
		got = append(got, sub.ID)
	}
	require.Equal(t, []string{"B", "a", "c"}, got)
}

func deleteSubscription(t *testing.T, s *store.Store) {
	ctx := t.Context()
	subscription(t, s, "watch", delivering)
	accept(t, s, "watch", makeEvents(1, 3))
	poll, delivery := claim(t, s, time.Minute), ship(t, s, time.Minute)

	require.NoError(t, s.DeleteSubscription(ctx, "watch"))
	require.ErrorIs(t, s.DeleteSubscription(ctx, "watch"), store.ErrNotFound)
	_, err := s.AcceptEvents(ctx, "watch", makeEvents(4, 4))
	require.ErrorIs(t, err, store.ErrNotFound)

	subscription(t, s, "watch", delivering)
	_, err = s.CommitPage(ctx, poll, store.Page{Events: makeEvents(5, 5)})
	require.ErrorIs(t, err, store.ErrFenced)
	_, err = s.FinishDelivery(ctx, delivery, store.Outcome{Delivered: true})
	require.ErrorIs(t, err, store.ErrFenced)
	require.Empty(t, events(t, s, "watch"))
	list, err := s.Deliveries(ctx, store.DeliveryFilter{}, "", 10)
	require.NoError(t, err)
	require.Empty(t, list)
	accept(t, s, "watch", makeEvents(1, 3))
	require.EqualValues(t, 1, events(t, s, "watch")[0].Seq)
}

func pause(t *testing.T, s *store.Store) {
	ctx := t.Context()
	subscription(t, s, "watch", delivering)
	poll := claim(t, s, time.Minute)
	require.NoError(t, s.SetPaused(ctx, "watch", true))
	require.True(t, read(t, s, "watch").Paused)

	added, err := s.CommitPage(ctx, poll, store.Page{Events: makeEvents(1, 2), Cursor: json.RawMessage(`1`)})
	require.NoError(t, err, "what is under way ends by itself")
	require.Equal(t, 2, added)
	require.NoError(t, s.FinishPoll(ctx, poll, ended(store.RunCompleted), past()))
	polls, err := s.ClaimPolls(ctx, "worker", time.Minute, 10)
	require.NoError(t, err)
	require.Empty(t, polls)
	noShipment(t, s)
	nextPoll, nextDelivery, err := s.NextDue(ctx)
	require.NoError(t, err)
	require.Zero(t, nextPoll)
	require.Zero(t, nextDelivery)

	require.NoError(t, s.SetPaused(ctx, "watch", false))
	claim(t, s, time.Minute)
	accept(t, s, "watch", makeEvents(3, 12))
	d := ship(t, s, time.Minute)
	require.Len(t, d.Events, 10)
	require.NoError(t, s.SetPaused(ctx, "watch", true))
	next, err := s.FinishDelivery(ctx, d, store.Outcome{Delivered: true, More: true})
	require.NoError(t, err)
	require.Nil(t, next)
	require.NoError(t, s.SetPaused(ctx, "watch", false))
	require.Len(t, ship(t, s, time.Minute).Events, 2)
	require.ErrorIs(t, s.SetPaused(ctx, "absent", true), store.ErrNotFound)
}

func rewind(t *testing.T, s *store.Store) {
	ctx := t.Context()
	subscription(t, s, "watch", delivering)
	poll := claim(t, s, time.Minute)
	_, err := s.CommitPage(ctx, poll, store.Page{Events: makeEvents(1, 2), Cursor: json.RawMessage(`"two"`)})
	require.NoError(t, err)

	require.NoError(t, s.Rewind(ctx, "watch", nil, "2026-01-01T00:00:00Z"))
	_, err = s.CommitPage(ctx, poll, store.Page{Events: makeEvents(3, 3), Cursor: json.RawMessage(`"three"`)})
	require.ErrorIs(t, err, store.ErrFenced)
	require.ErrorIs(t, s.FinishPoll(ctx, poll, ended(store.RunNoChanges), time.Now()), store.ErrFenced)

	again := claim(t, s, time.Minute)
	require.Nil(t, again.Subscription.Cursor)
	require.Equal(t, "2026-01-01T00:00:00Z", again.Subscription.StartFrom)
	require.EqualValues(t, 2, again.Subscription.Epoch)
	added, err := s.CommitPage(ctx, again, store.Page{Events: makeEvents(1, 3), Cursor: json.RawMessage(`"three"`)})
	require.NoError(t, err)
	require.Equal(t, 3, added)
	require.Equal(t, []string{"event-1", "event-2", "event-1", "event-2", "event-3"}, ids(ship(t, s, time.Minute).Events),
		"what waited before the rewind is sent too")
	require.ErrorIs(t, s.Rewind(ctx, "absent", nil, "now"), store.ErrNotFound)
}
