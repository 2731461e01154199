package storetest

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/okta-connector/okta-connector/runtime/store"
)

func acceptConcurrently(t *testing.T, s *store.Store) {
	const writers, each = 8, 20
	subscription(t, s, "watch", nil)
	reader := make(chan []store.Event)
	stop := make(chan struct{})
	go func() { // pulls while others write, always from the last number it saw
		var got []store.Event
		for last := false; ; {
			var after int64
			if len(got) > 0 {
				after = got[len(got)-1].Seq
			}
			page, err := s.Events(t.Context(), "watch", after, 7)
			if err != nil || last && len(page) == 0 {
				reader <- got
				return
			}
			got = append(got, page...)
			select {
			case <-stop:
				last = true
			default:
			}
		}
	}()
	var group sync.WaitGroup
	for writer := range writers {
		group.Go(func() {
			for n := range each {
				first := writer*1000 + n*2
				_, err := s.AcceptEvents(t.Context(), "watch", makeEvents(first, first+2)) // one overlaps the next
				require.NoError(t, err)
			}
		})
	}
	group.Wait()
	close(stop)
	got := <-reader
	require.Len(t, got, writers*(each*2+1))
	seen := map[string]bool{}
	for i, e := range got {
		require.EqualValues(t, i+1, e.Seq)
		require.False(t, seen[e.ID], e.ID)
		seen[e.ID] = true
	}
}

func rates(t *testing.T, s *store.Store) {
	ctx := t.Context()
	subscription(t, s, "a", nil)
	subscription(t, s, "b", nil)
	accept(t, s, "a", makeEvents(1, 3))
	accept(t, s, "a", makeEvents(4, 5))
	accept(t, s, "b", makeEvents(1, 1))
	for id, want := range map[string]int64{"a": 5, "b": 1, "": 6, "absent": 0} {
		var sum int64
		list, err := s.Rates(ctx, id, time.Now().Add(-time.Hour), 24*time.Hour)
		require.NoError(t, err)
		for _, rate := range list {
			require.Zero(t, rate.Start.Unix()%(24*60*60))
			sum += rate.Events
		}
		require.Equal(t, want, sum, id)
	}
	future, err := s.Rates(ctx, "", time.Now().Add(time.Hour), time.Minute)
	require.NoError(t, err)
	require.Empty(t, future)
}

func deliverInOrder(t *testing.T, s *store.Store) {
	ctx := t.Context()
	subscription(t, s, "watch", delivering)
	accept(t, s, "watch", makeEvents(1, 3))
	accept(t, s, "watch", makeEvents(4, 25))
	require.EqualValues(t, 25, read(t, s, "watch").Counts.Pending)

	d := ship(t, s, time.Minute)
	require.Equal(t, "watch", d.Delivery.Subscription)
	require.Equal(t, "newUsers", d.Trigger)
	require.Equal(t, "for-watch", d.Connection)
	require.Equal(t, "whsec_c2VjcmV0", d.To.Secret)
	require.Equal(t, ids(makeEvents(1, 10)), ids(d.Events), "pages are joined to full batches")
	require.JSONEq(t, `{"id":"00u1","custom":{"costCenter":null}}`, string(d.Events[0].Data))
	require.NoError(t, s.ExtendDelivery(ctx, d))

	second, err := s.FinishDelivery(ctx, d, store.Outcome{Delivered: true, Status: 204, More: true})
	require.NoError(t, err)
	require.Equal(t, ids(makeEvents(11, 20)), ids(second.Events))
	_, err = s.FinishDelivery(ctx, d, store.Outcome{Delivered: true})
	require.ErrorIs(t, err, store.ErrFenced, "a delivery ends once")

	none, err := s.FinishDelivery(ctx, second, store.Outcome{Delivered: true, Status: 200})
	require.NoError(t, err)
	require.Nil(t, none)
	third := ship(t, s, time.Minute)
	require.Equal(t, ids(makeEvents(21, 25)), ids(third.Events))
	none, err = s.FinishDelivery(ctx, third, store.Outcome{Delivered: true, Status: 200, More: true})
	require.NoError(t, err)
	require.Nil(t, none)
	noShipment(t, s)
	require.Zero(t, read(t, s, "watch").Counts.Pending)

	first, err := s.Delivery(ctx, d.Delivery.ID)
	require.NoError(t, err)
	require.Equal(t, store.DeliveryDelivered, first.Status)
	require.Equal(t, 1, first.Attempts)
	require.Equal(t, 204, first.LastStatus)
	require.False(t, first.FinishedAt.IsZero())
	require.True(t, first.NextAttemptAt.IsZero())

	accept(t, s, "watch", makeEvents(26, 26))
	ship(t, s, time.Minute)
}

func retryDelivery(t *testing.T, s *store.Store) {
	ctx := t.Context()
	subscription(t, s, "watch", delivering)
	accept(t, s, "watch", makeEvents(1, 2))
	d := ship(t, s, time.Minute)
	later := time.Now().Add(time.Hour).Truncate(time.Microsecond).UTC()
	next, err := s.FinishDelivery(ctx, d, store.Outcome{RetryAt: later, Status: 503, Error: "unavailable", More: true})
	require.NoError(t, err)
	require.Nil(t, next)
	accept(t, s, "watch", makeEvents(3, 4)) // must not overtake, nor end the waiting
	noShipment(t, s)
	waiting, err := s.Delivery(ctx, d.Delivery.ID)
	require.NoError(t, err)
	require.Equal(t, store.DeliveryPending, waiting.Status)
	require.WithinDuration(t, later, waiting.NextAttemptAt, time.Minute)
	require.Equal(t, 503, waiting.LastStatus)
	require.Equal(t, "unavailable", waiting.LastError)
	require.EqualValues(t, 4, read(t, s, "watch").Counts.Pending)

	require.NoError(t, s.RetryDelivery(ctx, d.Delivery.ID))
	again := ship(t, s, time.Minute)
	require.Equal(t, d.Delivery.ID, again.Delivery.ID)
	require.Equal(t, []string{"event-1", "event-2"}, ids(again.Events))
	require.NoError(t, s.ReleaseDelivery(ctx, again))

	again = ship(t, s, time.Minute)
	_, err = s.FinishDelivery(ctx, again, store.Outcome{RetryAt: later})
	require.NoError(t, err)
	require.NoError(t, s.UpdateSubscription(ctx, read(t, s, "watch")))
	require.Equal(t, d.Delivery.ID, ship(t, s, time.Minute).Delivery.ID, "a mended receiver is tried at once")
	require.ErrorIs(t, s.RetryDelivery(ctx, "absent"), store.ErrNotFound)
}

func deadDelivery(t *testing.T, s *store.Store) {
	ctx := t.Context()
	subscription(t, s, "watch", delivering)
	accept(t, s, "watch", makeEvents(1, 15))
	d := ship(t, s, time.Minute)
	next, err := s.FinishDelivery(ctx, d, store.Outcome{Status: 410, Error: "gone", More: true})
	require.NoError(t, err)
	require.Equal(t, ids(makeEvents(11, 15)), ids(next.Events))
	dead, err := s.Delivery(ctx, d.Delivery.ID)
	require.NoError(t, err)
	require.Equal(t, store.DeliveryDead, dead.Status)
	counts := read(t, s, "watch").Counts
	require.Equal(t, store.Counts{Received: 15, Pending: 5, Dead: 10}, counts)
}

func reviveDead(t *testing.T, s *store.Store) {
	ctx := t.Context()
	subscription(t, s, "watch", delivering)
	accept(t, s, "watch", makeEvents(1, 30))
	var dead []string
	for d := ship(t, s, time.Minute); d != nil; {
		dead = append(dead, d.Delivery.ID)
		var err error
		d, err = s.FinishDelivery(ctx, d, store.Outcome{More: true})
		require.NoError(t, err)
	}
	require.Len(t, dead, 3)
	noShipment(t, s)

	require.NoError(t, s.RetryDelivery(ctx, dead[1]))
	d := ship(t, s, time.Minute)
	require.Equal(t, dead[1], d.Delivery.ID)
	require.Zero(t, d.Delivery.Attempts, "its attempts begin anew")
	require.Equal(t, ids(makeEvents(11, 20)), ids(d.Events))
	none, err := s.FinishDelivery(ctx, d, store.Outcome{Delivered: true, More: true})
	require.NoError(t, err)
	require.Nil(t, none)
	require.ErrorIs(t, s.RetryDelivery(ctx, dead[1]), store.ErrConflict)

	revived, err := s.RetryDead(ctx, "watch")
	require.NoError(t, err)
	require.Equal(t, 2, revived)
	d = ship(t, s, time.Minute)
	_, err = s.FinishDelivery(ctx, d, store.Outcome{})
	require.NoError(t, err)
	held := ship(t, s, time.Minute)
	require.NoError(t, s.RetryDelivery(ctx, d.Delivery.ID), "beside one that is on its way")
	_, err = s.FinishDelivery(ctx, held, store.Outcome{})
	require.NoError(t, err)
	require.NoError(t, s.ReleaseDelivery(ctx, ship(t, s, time.Minute)))
	require.NoError(t, s.RetryDelivery(ctx, held.Delivery.ID))
	accept(t, s, "watch", makeEvents(31, 31))
	var order []string
	for d := ship(t, s, time.Minute); d != nil; {
		order = append(order, d.Events[0].ID)
		d, err = s.FinishDelivery(ctx, d, store.Outcome{Delivered: true, More: true})
		require.NoError(t, err)
	}
	require.Equal(t, []string{"event-1", "event-21", "event-31"}, order)
	_, err = s.RetryDead(ctx, "absent")
	require.ErrorIs(t, err, store.ErrNotFound)
}

func fenceDelivery(t *testing.T, s *store.Store) {
	ctx := t.Context()
	subscription(t, s, "watch", delivering)
	accept(t, s, "watch", makeEvents(1, 2))
	lost := ship(t, s, 0) // its lease has ended already
	heir := ship(t, s, time.Minute)
	require.Equal(t, lost.Delivery.ID, heir.Delivery.ID)
	require.Equal(t, ids(lost.Events), ids(heir.Events))

	_, err := s.FinishDelivery(ctx, lost, store.Outcome{Delivered: true})
	require.ErrorIs(t, err, store.ErrFenced)
	require.ErrorIs(t, s.ExtendDelivery(ctx, lost), store.ErrFenced)
	require.NoError(t, s.ReleaseDelivery(ctx, lost))
	noShipment(t, s)
	d, err := s.Delivery(ctx, heir.Delivery.ID)
	require.NoError(t, err)
	require.Equal(t, store.DeliveryPending, d.Status)
}

func oneLane(t *testing.T, s *store.Store) {
	ctx := t.Context()
	const subscriptions, workers = 10, 6
	for _, id := range []string{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"} {
		subscription(t, s, id, delivering)
		accept(t, s, id, makeEvents(1, 25))
	}
	var mu sync.Mutex
	inFlight, order, left := map[string]bool{}, map[string][]string{}, subscriptions*25
	var group sync.WaitGroup
	for range workers {
		group.Go(func() {
			for {
				mu.Lock()
				done := left == 0
				mu.Unlock()
				if done {
					return
				}
				shipments, err := s.ClaimDeliveries(ctx, "worker", time.Minute, 2)
				require.NoError(t, err)
				for _, d := range shipments {
					id := d.Delivery.Subscription
					mu.Lock()
					require.False(t, inFlight[id], "two at a time for %s", id)
					inFlight[id] = true
					order[id] = append(order[id], ids(d.Events)...)
					left -= len(d.Events)
					inFlight[id] = false
					mu.Unlock()
					_, err := s.FinishDelivery(ctx, d, store.Outcome{Delivered: true})
					require.NoError(t, err)
				}
			}
		})
	}
	group.Wait()
	for id, got := range order {
		require.Equal(t, ids(makeEvents(1, 25)), got, id)
	}
}

func receiverRemoved(t *testing.T, s *store.Store) {
	ctx := t.Context()
	sub := subscription(t, s, "watch", delivering)
	accept(t, s, "watch", makeEvents(1, 12))
	d := ship(t, s, time.Minute)
	to := sub.Deliver
	sub.Deliver = nil
	require.NoError(t, s.UpdateSubscription(ctx, sub))
	none, err := s.FinishDelivery(ctx, d, store.Outcome{Delivered: true, More: true})
	require.NoError(t, err)
	require.Nil(t, none)
	noShipment(t, s)
	require.Zero(t, read(t, s, "watch").Counts.Pending)
	require.Len(t, events(t, s, "watch"), 12, "they can still be pulled")

	sub = read(t, s, "watch")
	sub.Deliver = to
	require.NoError(t, s.UpdateSubscription(ctx, sub))
	require.Equal(t, []string{"event-11", "event-12"}, ids(ship(t, s, time.Minute).Events))
}

func listDeliveries(t *testing.T, s *store.Store) {
	ctx := t.Context()
	subscription(t, s, "a", delivering)
	subscription(t, s, "b", delivering)
	accept(t, s, "a", makeEvents(1, 40))
	var made []string
	for d := ship(t, s, time.Minute); d != nil; {
		made = append([]string{d.Delivery.ID}, made...)
		var err error
		d, err = s.FinishDelivery(ctx, d, store.Outcome{Delivered: len(made)%2 == 0, More: true})
		require.NoError(t, err)
	}
	accept(t, s, "b", makeEvents(1, 1))
	other := ship(t, s, time.Minute).Delivery.ID

	list := func(f store.DeliveryFilter, before string, limit int) []string {
		page, err := s.Deliveries(ctx, f, before, limit)
		require.NoError(t, err)
		got := make([]string, len(page))
		for i, d := range page {
			got[i] = d.ID
		}
		return got
	}
	require.Equal(t, append([]string{other}, made...), list(store.DeliveryFilter{}, "", 10))
	require.Equal(t, made[:2], list(store.DeliveryFilter{}, other, 2))
	require.Equal(t, made, list(store.DeliveryFilter{Subscription: "a"}, "", 10))
	deadOfA := store.DeliveryFilter{Subscription: "a", Status: store.DeliveryDead}
	require.Equal(t, []string{made[1], made[3]}, list(deadOfA, "", 10))
	require.Equal(t, []string{made[3]}, list(store.DeliveryFilter{Status: store.DeliveryDead}, made[1], 10))
	_, err := s.Delivery(ctx, "absent")
	require.ErrorIs(t, err, store.ErrNotFound)
}
