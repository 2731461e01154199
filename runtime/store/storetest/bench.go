package storetest

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/okta-connector/okta-connector/runtime/store"
)

// Benchmark measures what a busy engine does most.
func Benchmark(b *testing.B, newDatabase func(t testing.TB) string) {
	for _, entry := range []struct {
		name  string
		bench func(*testing.B, *store.Store)
	}{
		{"CommitPage1000", benchCommitPage},
		{"CommitPage1000Known", benchCommitKnown},
		{"Drain1000By100", benchDrain(1000, 100)},
		{"Drain1000By1000", benchDrain(1000, 1000)},
		{"AcceptOne", benchAccept},
		{"PollOf10000", benchPoll},
		{"IdempotentCall", benchCall},
	} {
		b.Run(entry.name, func(b *testing.B) { entry.bench(b, Open(b, newDatabase(b))) })
	}
}

// logEvents makes events the size of System Log entries, with ids that sort as Okta's do: not at all.
func logEvents(first, n int) []store.Event {
	list := make([]store.Event, n)
	for i := range list {
		number := first + i
		list[i] = store.Event{
			ID:   fmt.Sprintf("%08x-7f3a-11f0-9a2b-%012x", uint32(number)*2654435761, number),
			Type: "com.okta.log.user.session.start", Subject: "00u1abcdefGHIJKLmn0h7", Time: time.Unix(int64(number), 0),
			Data: json.RawMessage(`{"uuid":"` + strings.Repeat("x", 1500) + `"}`),
		}
	}
	return list
}

func benchSubscription(b *testing.B, s *store.Store, id string, batch int, next time.Time) {
	_, err := s.PutConnection(b.Context(), store.Connection{Name: "prod", Inputs: json.RawMessage(`{}`)}, false)
	require.NoError(b, err)
	require.NoError(b, s.CreateSubscription(b.Context(), store.Subscription{
		ID: id, Trigger: "newSystemLogs", Connection: "prod", Inputs: json.RawMessage(`{}`), Schedule: "* * * * *",
		BatchSize: batch, Deliver: &store.Deliver{URL: "http://engine.example", Secret: "whsec_x"}, NextPollAt: next,
	}))
}

func perSecond(b *testing.B, n int, what string) {
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), what+"/s")
}

func benchCommitPage(b *testing.B, s *store.Store) {
	benchSubscription(b, s, "watch", 100, past())
	poll, err := s.ClaimPoll(b.Context(), "watch", "w", time.Hour)
	require.NoError(b, err)
	committed := 0
	for b.Loop() {
		b.StopTimer()
		page := store.Page{Events: logEvents(committed, 1000), Cursor: json.RawMessage(`{"next":"/api/v1/logs?after=x"}`)}
		b.StartTimer()
		added, err := s.CommitPage(b.Context(), poll, page)
		require.NoError(b, err)
		committed += added
	}
	perSecond(b, committed, "events")
}

func benchCommitKnown(b *testing.B, s *store.Store) {
	benchSubscription(b, s, "watch", 100, past())
	poll, err := s.ClaimPoll(b.Context(), "watch", "w", time.Hour)
	require.NoError(b, err)
	page := store.Page{Events: logEvents(0, 1000), Cursor: json.RawMessage(`{}`)}
	_, err = s.CommitPage(b.Context(), poll, page)
	require.NoError(b, err)
	for b.Loop() {
		added, err := s.CommitPage(b.Context(), poll, page)
		require.NoError(b, err)
		require.Zero(b, added)
	}
}

// benchDrain commits pages and hands their events over in batches: all that the store does for an event.
func benchDrain(page, batch int) func(*testing.B, *store.Store) {
	return func(b *testing.B, s *store.Store) {
		benchSubscription(b, s, "watch", batch, past())
		poll, err := s.ClaimPoll(b.Context(), "watch", "w", time.Hour)
		require.NoError(b, err)
		sent := 0
		for b.Loop() {
			b.StopTimer()
			events := logEvents(sent, page)
			b.StartTimer()
			_, err := s.CommitPage(b.Context(), poll, store.Page{Events: events, Cursor: json.RawMessage(`{}`)})
			require.NoError(b, err)
			shipments, err := s.ClaimDeliveries(b.Context(), "w", time.Minute, 1)
			require.NoError(b, err)
			for d := shipments[0]; d != nil; {
				sent += len(d.Events)
				d, err = s.FinishDelivery(b.Context(), d, store.Outcome{Delivered: true, Status: 204, More: true})
				require.NoError(b, err)
			}
		}
		perSecond(b, sent, "events")
	}
}

func benchAccept(b *testing.B, s *store.Store) {
	benchSubscription(b, s, "watch", 100, time.Time{})
	events := logEvents(0, 1)
	n := 0
	for b.Loop() {
		n++
		events[0].ID = strconv.Itoa(n)
		_, err := s.AcceptEvents(b.Context(), "watch", events)
		require.NoError(b, err)
	}
}

// benchPoll claims and finishes one poll after another of 10,000 subscriptions.
func benchPoll(b *testing.B, s *store.Store) {
	for n := range 10_000 {
		benchSubscription(b, s, fmt.Sprint("watch-", n), 100, past())
	}
	run := store.Run{StartedAt: past(), EndedAt: past(), Result: store.RunNoChanges, Pages: 1}
	polled := 0
	for b.Loop() {
		polls, err := s.ClaimPolls(b.Context(), "w", time.Minute, 16)
		require.NoError(b, err)
		for _, poll := range polls {
			poll.Cursor = json.RawMessage(`{}`)
			require.NoError(b, s.FinishPoll(b.Context(), poll, run, time.Now()))
			polled++
		}
	}
	perSecond(b, polled, "polls")
}

func benchCall(b *testing.B, s *store.Store) {
	answer := []byte(strings.Repeat("x", 2000))
	n := 0
	for b.Loop() {
		n++
		key := store.CallKey{Scope: "ci", Key: strconv.Itoa(n)}
		_, err := s.BeginIdempotent(b.Context(), key, "f", "w", time.Minute, time.Hour)
		require.NoError(b, err)
		require.NoError(b, s.FinishIdempotent(b.Context(), key, "w", 200, answer))
	}
}
