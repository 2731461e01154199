// Package storetest is the one suite that every database behind runtime/store passes. Starting a database and giving it
// away again is left to the test that runs it.
package storetest

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/okta-connector/okta-connector/runtime/store"
)

// Sealer seals with keys made of the given names; without one, with the key of [Open].
func Sealer(t testing.TB, names ...string) *store.Sealer {
	if len(names) == 0 {
		names = []string{"test"}
	}
	keys := make([][]byte, len(names))
	for i, name := range names {
		key := sha256.Sum256([]byte(name))
		keys[i] = key[:]
	}
	sealer, err := store.NewSealer(keys...)
	require.NoError(t, err)
	return sealer
}

// Open opens a database until the test ends.
func Open(t testing.TB, url string) *store.Store {
	return openWith(t, url, Sealer(t))
}

func openWith(t testing.TB, url string, sealer *store.Sealer) *store.Store {
	s, err := store.Open(t.Context(), url, store.Options{Sealer: sealer})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

// Run runs the suite, each test in parallel with a database of its own: newDatabase returns the URL of one that is
// empty and lives as long as the test.
func Run(t *testing.T, newDatabase func(t testing.TB) string) {
	databases := []struct {
		name string
		test func(t *testing.T, url string)
	}{
		{"Open_ManyAtOnce", openAtOnce},
		{"Open_AgainKeepsRows", openAgain},
		{"Open_WrongKey", openWithWrongKey},
		{"Open_NewerSchema", openNewer},
		{"Open_Cancelled", openCancelled},
		{"Rotate_OldKeyIsNoLongerNeeded", rotate},
	}
	for _, entry := range databases {
		t.Run(entry.name, func(t *testing.T) {
			t.Parallel()
			entry.test(t, newDatabase(t))
		})
	}
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
		{"Flows_OneUseUntilTheyExpire", flows},
		{"Lease_OneOwnerAtATime", leases},
		{"Idempotent_AnswerIsReplayed", replayCall},
		{"Idempotent_OneOfManyStarts", startOneCall},
		{"Idempotent_VanishedOwner", interruptedCall},
		{"Idempotent_AbandonedAndExpiredStartAnew", abandonedCall},
		{"Invocation_ProgressThenAnswer", invocation},
		{"Invocation_CancelledAndLost", cancelInvocation},
		{"Audit_NewestFirst", audit},
		{"Secret_SharedByAllWhoAsk", sharedSecret},
		{"Stats_CountWhatWaits", stats},
		{"Recover_MakesRetriesDue", recoverRetries},
		{"Recover_DowntimeIsNoFailure", recoverNeglected},
		{"Prune_EventsByAge", pruneByAge},
		{"Prune_EventsByCount", pruneByCount},
		{"Prune_KeepsUndelivered", pruneUndelivered},
		{"Prune_ManyRows", pruneMany},
		{"Prune_FinishedDeliveriesExpiredRowsAndAudit", pruneRest},
	}
	for _, entry := range suite {
		t.Run(entry.name, func(t *testing.T) {
			t.Parallel()
			entry.test(t, Open(t, newDatabase(t)))
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
	sub.Deliver = &store.Deliver{ //nolint:gosec // the secret is "secret"
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
	list := make([]string, len(events))
	for i, e := range events {
		list[i] = e.ID
	}
	return list
}

func events(t *testing.T, s *store.Store, id string) []store.Event {
	list, err := s.Events(t.Context(), id, 0, 100_000)
	require.NoError(t, err)
	return list
}
