// Package storetest is the one suite that every database behind runtime/store passes. Starting a database and giving it
// away again is left to the test that runs it.
package storetest

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/okta-connector/okta-connector/runtime/store"
)

// An Open gives a new, empty database, sealed with [Key], that lives as long as the test.
type Open func(t *testing.T) *store.Store

// Key is the sealing key of every store in the suite.
func Key() []byte { return []byte("0123456789abcdef0123456789abcdef") }

// Sealer seals with [Key].
func Sealer(t testing.TB) *store.Sealer {
	sealer, err := store.NewSealer(Key())
	require.NoError(t, err)
	return sealer
}

// Run runs the suite, each test in parallel with a database of its own.
func Run(t *testing.T, open Open) {
	suite := []struct {
		name string
		test func(*testing.T, *store.Store)
	}{
		{"PutConnection_MakesThenReplaces", putConnection},
		{"PutConnection_DropsStateUnlessKept", putConnectionState},
		{"UpdateConnectionState_OneWriterWins", updateConnectionState},
		{"Connections_PagedByName", pageConnections},
		{"DeleteConnection_NamesItsSubscriptions", deleteConnection},
		{"CreateSubscription_RefusesDuplicateAndUnknownConnection", createSubscription},
		{"UpdateSubscription_KeepsCursorAndChecksVersion", updateSubscription},
		{"Subscriptions_PagedByID", pageSubscriptions},
		{"DeleteSubscription_StartsEmptyWhenMadeAgain", deleteSubscription},
		{"SetPaused_StopsClaims", pause},
		{"Rewind_FencesAndBringsKnownEventsAgain", rewind},
		{"ClaimPolls_OnlyWhatIsDueOnce", claimPolls},
		{"ClaimPolls_ConcurrentOwnersNeverShare", claimPollsConcurrently},
		{"ClaimPolls_TakesOverWhenTheLeaseEnds", takeOverPoll},
		{"ClaimPoll_BusyUntilFinished", claimOnePoll},
		{"CommitPage_EventsAndCursorTogether", commitPage},
		{"CommitPage_IgnoresKnownEvents", commitKnown},
		{"CommitPage_TakesAnyText", commitOddText},
		{"CommitPage_LargePageInOrder", commitLargePage},
		{"FinishPoll_CountsFailures", finishPoll},
		{"FinishPoll_KeepsScheduleOfUpdate", finishAfterUpdate},
		{"ReleasePoll_IsDueAgain", releasePoll},
		{"NextDue_EarliestOfEach", nextDue},
		{"Runs_KeepsTheLast200", keepRuns},
		{"AcceptEvents_ConcurrentWritersLeaveNoGap", acceptConcurrently},
		{"Rates_CountPerMinute", rates},
		{"Deliveries_OldestFirstInBatches", deliverInOrder},
		{"Deliveries_RetryKeepsIDAndEvents", retryDelivery},
		{"Deliveries_DeadDoesNotBlock", deadDelivery},
		{"Deliveries_RetryDead", reviveDead},
		{"Deliveries_TakenOverAndFenced", fenceDelivery},
		{"Deliveries_OneAtATimePerSubscription", oneLane},
		{"Deliveries_ReceiverRemoved", receiverRemoved},
		{"Deliveries_Listed", listDeliveries},
	}
	for _, entry := range suite {
		t.Run(entry.name, func(t *testing.T) {
			t.Parallel()
			entry.test(t, open(t))
		})
	}
}

// past is a time at which what is due is overdue.
func past() time.Time { return time.Now().Add(-time.Hour) }

func connection(t *testing.T, s *store.Store, name string) store.Connection {
	c := store.Connection{Name: name, Key: "apiToken", Inputs: json.RawMessage(`{"oktaDomain":"acme.okta.com"}`)}
	_, err := s.PutConnection(t.Context(), c, false)
	require.NoError(t, err)
	return c
}

// subscription stores a subscription that is due, on a connection of its own name.
func subscription(t *testing.T, s *store.Store, id string, change func(*store.Subscription)) store.Subscription {
	sub := store.Subscription{
		ID: id, Trigger: "newUsers", Connection: connection(t, s, "for-"+id).Name,
		Inputs: json.RawMessage(`{"limit":200}`), Schedule: "*/5 * * * *", TimeZone: "Europe/Berlin",
		StartFrom: "now", BatchSize: 10, NextPollAt: past(),
	}
	if change != nil {
		change(&sub)
	}
	require.NoError(t, s.CreateSubscription(t.Context(), sub))
	return read(t, s, id)
}

func read(t *testing.T, s *store.Store, id string) store.Subscription {
	sub, err := s.Subscription(t.Context(), id)
	require.NoError(t, err)
	return sub
}

// delivering makes a subscription that has a receiver.
func delivering(sub *store.Subscription) {
	sub.Deliver = &store.Deliver{
		URL: "http://engine.example/hook", Secret: "whsec_c2VjcmV0", Headers: map[string]string{"X-Tenant": "acme"},
	}
}

// claim claims the one poll that is due.
func claim(t *testing.T, s *store.Store, lease time.Duration) *store.Poll {
	polls, err := s.ClaimPolls(t.Context(), "worker", lease, 10)
	require.NoError(t, err)
	require.Len(t, polls, 1)
	return polls[0]
}

// ship claims the one delivery that is due.
func ship(t *testing.T, s *store.Store, lease time.Duration) *store.Shipment {
	shipments, err := s.ClaimDeliveries(t.Context(), "worker", lease, 10)
	require.NoError(t, err)
	require.Len(t, shipments, 1)
	return shipments[0]
}

func noShipment(t *testing.T, s *store.Store) {
	shipments, err := s.ClaimDeliveries(t.Context(), "worker", time.Minute, 10)
	require.NoError(t, err)
	require.Empty(t, shipments)
}

// ended is a run that took a second.
func ended(result string) store.Run {
	return store.Run{StartedAt: past(), EndedAt: past().Add(time.Second), Result: result}
}

// makeEvents makes events named from first to last.
func makeEvents(first, last int) []store.Event {
	var list []store.Event
	for n := first; n <= last; n++ {
		list = append(list, store.Event{
			ID: fmt.Sprintf("event-%d", n), Type: "com.okta.user.created", Subject: fmt.Sprintf("00u%d", n),
			Time: time.Date(2026, 1, 1, 0, 0, n, 123_456_000, time.UTC),
			Data: json.RawMessage(fmt.Sprintf(`{"id":"00u%d","custom":{"costCenter":null}}`, n)),
		})
	}
	return list
}

func accept(t *testing.T, s *store.Store, id string, events []store.Event) {
	added, err := s.AcceptEvents(t.Context(), id, events)
	require.NoError(t, err)
	require.Len(t, events, added)
}

func ids(events []store.Event) []string {
	list := []string{}
	for _, e := range events {
		list = append(list, e.ID)
	}
	return list
}

func events(t *testing.T, s *store.Store, id string) []store.Event {
	list, err := s.Events(t.Context(), id, 0, 100_000)
	require.NoError(t, err)
	return list
}
