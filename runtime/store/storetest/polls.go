package storetest

import (
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/okta-connector/okta-connector/runtime/store"
)

func claimPolls(t *testing.T, s *store.Store) {
	ctx := t.Context()
	subscription(t, s, "later", func(sub *store.Subscription) { sub.NextPollAt = time.Now().Add(time.Hour) })
	subscription(t, s, "never", func(sub *store.Subscription) { sub.NextPollAt = time.Time{} })
	subscription(t, s, "overdue", func(sub *store.Subscription) { sub.NextPollAt = past().Add(-time.Hour) })
	subscription(t, s, "due", nil)

	due, _, err := s.NextDue(ctx, "for-overdue", "for-due")
	require.NoError(t, err)
	require.WithinDuration(t, time.Now().Add(time.Hour), due, time.Minute)
	none, err := s.ClaimPolls(ctx, "worker", time.Minute, 10, "for-overdue", "for-due")
	require.NoError(t, err)
	require.Empty(t, none, "their connections are passed over")
	first, err := s.ClaimPolls(ctx, "worker", time.Minute, 1)
	require.NoError(t, err)
	require.Len(t, first, 1)
	require.Equal(t, "overdue", first[0].Subscription.ID)
	require.JSONEq(t, `{"limit":200}`, string(first[0].Subscription.Inputs))
	rest, err := s.ClaimPolls(ctx, "worker", time.Minute, 10)
	require.NoError(t, err)
	require.Len(t, rest, 1)
	require.Equal(t, "due", rest[0].Subscription.ID)
	none, err = s.ClaimPolls(ctx, "other", time.Minute, 10)
	require.NoError(t, err)
	require.Empty(t, none)
}

func claimPollsConcurrently(t *testing.T, s *store.Store) {
	const subscriptions, workers = 40, 8
	for n := range subscriptions {
		subscription(t, s, fmt.Sprint("watch-", n), nil)
	}
	var mu sync.Mutex
	owners := map[string]int{}
	var group sync.WaitGroup
	for worker := range workers {
		group.Go(func() {
			for {
				polls, err := s.ClaimPolls(t.Context(), fmt.Sprint("worker-", worker), time.Minute, 3)
				require.NoError(t, err)
				mu.Lock()
				for _, poll := range polls {
					owners[poll.Subscription.ID]++
				}
				done := len(owners) == subscriptions
				mu.Unlock()
				if done {
					return
				}
			}
		})
	}
	group.Wait()
	for id, claims := range owners {
		require.Equal(t, 1, claims, id)
	}
}

func takeOverPoll(t *testing.T, s *store.Store) {
	ctx := t.Context()
	subscription(t, s, "watch", nil)
	dead := claim(t, s, 0) // its lease has ended already
	heir := claim(t, s, time.Minute)
	require.Greater(t, heir.Fence, dead.Fence)

	_, err := s.CommitPage(ctx, dead, store.Page{Events: makeEvents(1, 1), Cursor: json.RawMessage(`"dead"`)})
	require.ErrorIs(t, err, store.ErrFenced)
	require.ErrorIs(t, s.ExtendPoll(ctx, dead), store.ErrFenced)
	require.ErrorIs(t, s.FinishPoll(ctx, dead, ended(store.RunNoChanges), past()), store.ErrFenced)
	require.NoError(t, s.ReleasePoll(ctx, dead))
	require.Empty(t, events(t, s, "watch"))

	require.NoError(t, s.ExtendPoll(ctx, heir))
	added, err := s.CommitPage(ctx, heir, store.Page{Events: makeEvents(1, 1), Cursor: json.RawMessage(`"heir"`)})
	require.NoError(t, err)
	require.Equal(t, 1, added)
	none, err := s.ClaimPolls(ctx, "worker", time.Minute, 1)
	require.NoError(t, err)
	require.Empty(t, none, "the dead claim must not have released the heir's")
	require.JSONEq(t, `"heir"`, string(read(t, s, "watch").Cursor))
}

func claimOnePoll(t *testing.T, s *store.Store) {
	ctx := t.Context()
	later := time.Now().Add(time.Hour).Truncate(time.Microsecond).UTC()
	subscription(t, s, "watch", func(sub *store.Subscription) { sub.NextPollAt = later })
	poll, err := s.ClaimPoll(ctx, "watch", "worker", time.Minute)
	require.NoError(t, err)
	_, err = s.ClaimPoll(ctx, "watch", "other", time.Minute)
	require.ErrorIs(t, err, store.ErrBusy)
	require.NoError(t, s.FinishPoll(ctx, poll, ended(store.RunNoChanges), later))
	require.Equal(t, later, read(t, s, "watch").NextPollAt)

	_, err = s.ClaimPoll(ctx, "watch", "other", 0)
	require.NoError(t, err)
	_, err = s.ClaimPoll(ctx, "watch", "worker", time.Minute)
	require.NoError(t, err, "a lease that ended holds nobody up")
	_, err = s.ClaimPoll(ctx, "absent", "worker", time.Minute)
	require.ErrorIs(t, err, store.ErrNotFound)
}

func commitPage(t *testing.T, s *store.Store) {
	ctx := t.Context()
	subscription(t, s, "watch", nil)
	poll := claim(t, s, time.Minute)
	for page := range 3 {
		cursor := json.RawMessage(fmt.Sprintf(`{"next":"https://acme.okta.com/api/v1/logs?after=%d"}`, page))
		added, err := s.CommitPage(ctx, poll, store.Page{Events: makeEvents(page*2+1, page*2+2), Cursor: cursor})
		require.NoError(t, err)
		require.Equal(t, 2, added)
		require.JSONEq(t, string(cursor), string(read(t, s, "watch").Cursor))
	}
	got := events(t, s, "watch")
	require.Len(t, got, 6)
	for i, want := range makeEvents(1, 6) {
		require.EqualValues(t, i+1, got[i].Seq)
		require.False(t, got[i].ReceivedAt.IsZero())
		want.Seq, want.ReceivedAt = got[i].Seq, got[i].ReceivedAt
		require.Equal(t, want, got[i])
	}
	middle, err := s.Events(ctx, "watch", 2, 3)
	require.NoError(t, err)
	require.Equal(t, []string{"event-3", "event-4", "event-5"}, ids(middle))
	_, err = s.Events(ctx, "absent", 0, 1)
	require.ErrorIs(t, err, store.ErrNotFound)
}

func commitKnown(t *testing.T, s *store.Store) {
	ctx := t.Context()
	subscription(t, s, "watch", nil)
	subscription(t, s, "other", func(sub *store.Subscription) { sub.NextPollAt = time.Time{} })
	poll := claim(t, s, time.Minute)
	page := store.Page{Events: append(makeEvents(1, 3), makeEvents(2, 4)...), Cursor: json.RawMessage(`1`)}
	for round, want := range []int{4, 0} {
		added, err := s.CommitPage(ctx, poll, page)
		require.NoError(t, err)
		require.Equal(t, want, added, "round %d", round)
	}
	require.Equal(t, []string{"event-1", "event-2", "event-3", "event-4"}, ids(events(t, s, "watch")))
	require.EqualValues(t, 4, read(t, s, "watch").Counts.Received)
	accept(t, s, "other", makeEvents(1, 1)) // known to the first, not to this one
}

func commitOddText(t *testing.T, s *store.Store) {
	subscription(t, s, "watch", nil)
	odd := store.Event{ID: "nul\x00byte", Type: "bad\xffutf8", Subject: "größe ' \" ?1 $1"}
	accept(t, s, "watch", []store.Event{odd})
	added, err := s.AcceptEvents(t.Context(), "watch", []store.Event{odd})
	require.NoError(t, err)
	require.Zero(t, added, "it has the same id as before")
	got := events(t, s, "watch")[0]
	require.Equal(t, "nul\uFFFDbyte", got.ID)
	require.Equal(t, "größe ' \" ?1 $1", got.Subject)
	require.True(t, got.Time.IsZero())
	require.Nil(t, got.Data)
}

func commitLargePage(t *testing.T, s *store.Store) {
	subscription(t, s, "watch", nil)
	poll := claim(t, s, time.Minute)
	added, err := s.CommitPage(t.Context(), poll, store.Page{Events: makeEvents(1, 1111), Cursor: json.RawMessage(`1`)})
	require.NoError(t, err)
	require.Equal(t, 1111, added)
	require.Equal(t, ids(makeEvents(1, 1111)), ids(events(t, s, "watch")))
}

func finishPoll(t *testing.T, s *store.Store) {
	ctx := t.Context()
	subscription(t, s, "watch", nil)
	started := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	failed := store.Run{
		StartedAt: started, EndedAt: started.Add(time.Second), Result: store.RunError, Error: "bad\x00gateway",
	}
	for range 2 {
		require.NoError(t, s.FinishPoll(ctx, claim(t, s, time.Minute), failed, past()))
	}
	sub := read(t, s, "watch")
	require.Equal(t, 2, sub.Failures)
	failed.Number, failed.Error = 2, "bad\uFFFDgateway"
	require.Equal(t, failed, *sub.LastPoll)

	good := store.Run{StartedAt: started, EndedAt: started, Result: store.RunCompleted, Pages: 2, Events: 7}
	poll := claim(t, s, time.Minute)
	poll.Cursor = json.RawMessage(`{"at":1}`)
	require.NoError(t, s.FinishPoll(ctx, poll, good, past()))
	require.NoError(t, s.FinishPoll(ctx, claim(t, s, time.Minute), good, time.Time{}))
	sub = read(t, s, "watch")
	require.JSONEq(t, `{"at":1}`, string(sub.Cursor), "without another one it stays")
	require.Zero(t, sub.Failures)
	require.Equal(t, 7, sub.LastPoll.Events)
	require.True(t, sub.NextPollAt.IsZero())
}

func finishAfterUpdate(t *testing.T, s *store.Store) {
	ctx := t.Context()
	sub := subscription(t, s, "watch", nil)
	poll := claim(t, s, time.Minute)
	soon := time.Now().Add(time.Minute).Truncate(time.Microsecond).UTC()
	sub.Schedule, sub.NextPollAt = "* * * * *", soon
	require.NoError(t, s.UpdateSubscription(ctx, sub))
	none, err := s.ClaimPolls(ctx, "worker", time.Minute, 1)
	require.NoError(t, err)
	require.Empty(t, none, "an update does not end a claim")

	require.NoError(t, s.FinishPoll(ctx, poll, ended(store.RunNoChanges), time.Now().AddDate(1, 0, 0)))
	require.Equal(t, soon, read(t, s, "watch").NextPollAt)
	due, _, err := s.NextDue(ctx)
	require.NoError(t, err)
	require.WithinDuration(t, soon, due, time.Second)
}

func releasePoll(t *testing.T, s *store.Store) {
	subscription(t, s, "watch", nil)
	require.NoError(t, s.ReleasePoll(t.Context(), claim(t, s, time.Minute)))
	claim(t, s, time.Minute)
}

func nextDue(t *testing.T, s *store.Store) {
	ctx := t.Context()
	poll, delivery, err := s.NextDue(ctx)
	require.NoError(t, err)
	require.Zero(t, poll)
	require.Zero(t, delivery)

	for id, in := range map[string]time.Duration{"a": 3 * time.Hour, "b": time.Hour, "c": 2 * time.Hour} {
		subscription(t, s, id, func(sub *store.Subscription) {
			delivering(sub)
			sub.NextPollAt = time.Now().Add(in)
		})
	}
	accept(t, s, "a", makeEvents(1, 1))
	poll, delivery, err = s.NextDue(ctx)
	require.NoError(t, err)
	require.WithinDuration(t, time.Now().Add(time.Hour), poll, time.Minute)
	require.WithinDuration(t, time.Now(), delivery, time.Minute)
	ship(t, s, 5*time.Hour)
	_, delivery, err = s.NextDue(ctx)
	require.NoError(t, err)
	require.WithinDuration(t, time.Now().Add(5*time.Hour), delivery, time.Minute, "a claim is due when its lease ends")
}

func keepRuns(t *testing.T, s *store.Store) {
	ctx := t.Context()
	subscription(t, s, "watch", nil)
	for range 205 {
		require.NoError(t, s.FinishPoll(ctx, claim(t, s, time.Minute), ended(store.RunNoChanges), past()))
	}
	all, err := s.Runs(ctx, "watch", 0, 1000)
	require.NoError(t, err)
	require.Len(t, all, 200)
	require.EqualValues(t, 205, all[0].Number)
	require.EqualValues(t, 6, all[199].Number)
	page, err := s.Runs(ctx, "watch", 10, 2)
	require.NoError(t, err)
	require.EqualValues(t, 9, page[0].Number)
	require.EqualValues(t, 8, page[1].Number)
}
