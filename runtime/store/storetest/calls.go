package storetest

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/okta-connector/okta-connector/runtime/store"
)

func flows(t *testing.T, s *store.Store) {
	ctx := t.Context()
	require.NoError(t, s.PutFlow(ctx, "state-1", []byte("verifier"), time.Minute))
	data, err := s.TakeFlow(ctx, "state-1")
	require.NoError(t, err)
	require.Equal(t, []byte("verifier"), data)
	_, err = s.TakeFlow(ctx, "state-1")
	require.ErrorIs(t, err, store.ErrNotFound, "a state is good for one use")

	require.NoError(t, s.PutFlow(ctx, "state-2", []byte("verifier"), 0))
	_, err = s.TakeFlow(ctx, "state-2")
	require.ErrorIs(t, err, store.ErrNotFound, "a state expires")
}

func leases(t *testing.T, s *store.Store) {
	ctx := t.Context()
	lease := func(owner string, ttl time.Duration) bool {
		got, err := s.Lease(ctx, "refresh/prod", owner, ttl)
		require.NoError(t, err)
		return got
	}
	require.True(t, lease("a", time.Minute))
	require.True(t, lease("a", time.Minute), "an owner renews its lease")
	require.False(t, lease("b", time.Minute))
	require.NoError(t, s.Release(ctx, "refresh/prod", "b"))
	require.False(t, lease("b", time.Minute), "only its owner gives a lease back")
	require.NoError(t, s.Release(ctx, "refresh/prod", "a"))
	require.True(t, lease("b", 0))
	require.True(t, lease("a", time.Minute), "a lease ends")
}

func callKey() store.CallKey { return store.CallKey{Scope: "ci", Key: "order-42"} }

func begin(t *testing.T, s *store.Store, key store.CallKey, fingerprint, owner string, lease time.Duration) store.Call {
	call, err := s.BeginIdempotent(t.Context(), key, fingerprint, owner, lease, time.Hour)
	require.NoError(t, err)
	return call
}

func replayCall(t *testing.T, s *store.Store) {
	ctx := t.Context()
	require.Equal(t, store.CallStarted, begin(t, s, callKey(), "f1", "a", time.Minute).State)
	require.Equal(t, store.CallInProgress, begin(t, s, callKey(), "f1", "b", time.Minute).State)
	require.Equal(t, store.CallMismatch, begin(t, s, callKey(), "f2", "b", time.Minute).State)
	require.NoError(t, s.ExtendIdempotent(ctx, callKey(), "a", time.Minute))
	require.ErrorIs(t, s.FinishIdempotent(ctx, callKey(), "b", 200, nil), store.ErrFenced)
	require.NoError(t, s.FinishIdempotent(ctx, callKey(), "a", 201, []byte(`{"data":1}`)))

	want := store.Call{State: store.CallDone, Status: 201, Answer: []byte(`{"data":1}`)}
	require.Equal(t, want, begin(t, s, callKey(), "f1", "c", 0))
	require.Equal(t, want, begin(t, s, callKey(), "f1", "d", 0), "the end of a lease does not matter any more")
	require.Equal(t, store.CallMismatch, begin(t, s, callKey(), "f2", "c", time.Minute).State)
	other := callKey()
	other.Scope = "console"
	require.Equal(t, store.CallStarted, begin(t, s, other, "f2", "c", time.Minute).State)
	require.ErrorIs(t, s.ExtendIdempotent(ctx, callKey(), "a", time.Minute), store.ErrFenced)
}

func startOneCall(t *testing.T, s *store.Store) {
	var started atomic.Int32
	var group sync.WaitGroup
	for n := range 8 {
		group.Go(func() {
			call, err := s.BeginIdempotent(t.Context(), callKey(), "f", strconv.Itoa(n), time.Minute, time.Hour)
			require.NoError(t, err)
			if call.State == store.CallStarted {
				started.Add(1)
				return
			}
			require.Equal(t, store.CallInProgress, call.State)
		})
	}
	group.Wait()
	require.EqualValues(t, 1, started.Load())
}

func interruptedCall(t *testing.T, s *store.Store) {
	ctx := t.Context()
	begin(t, s, callKey(), "f", "dead", 0)
	require.Equal(t, store.CallMismatch, begin(t, s, callKey(), "other", "b", time.Minute).State)
	require.Equal(t, store.CallInterrupted, begin(t, s, callKey(), "f", "heir", time.Minute).State)
	require.Equal(t, store.CallInProgress, begin(t, s, callKey(), "f", "c", time.Minute).State)
	require.ErrorIs(t, s.FinishIdempotent(ctx, callKey(), "dead", 200, nil), store.ErrFenced)
	require.NoError(t, s.FinishIdempotent(ctx, callKey(), "heir", 502, []byte("unknown")))
	require.Equal(t, 502, begin(t, s, callKey(), "f", "c", time.Minute).Status)
}

func abandonedCall(t *testing.T, s *store.Store) {
	ctx := t.Context()
	begin(t, s, callKey(), "f", "a", time.Minute)
	require.NoError(t, s.AbandonIdempotent(ctx, callKey(), "b"))
	require.Equal(t, store.CallInProgress, begin(t, s, callKey(), "f", "b", time.Minute).State)
	require.NoError(t, s.AbandonIdempotent(ctx, callKey(), "a"))
	call, err := s.BeginIdempotent(ctx, callKey(), "f2", "b", time.Minute, 0) // expires at once
	require.NoError(t, err)
	require.Equal(t, store.CallStarted, call.State)
	require.NoError(t, s.FinishIdempotent(ctx, callKey(), "b", 200, []byte("old")))
	require.Equal(t, store.CallStarted, begin(t, s, callKey(), "f3", "c", time.Minute).State)
	require.Equal(t, store.CallInProgress, begin(t, s, callKey(), "f3", "d", time.Minute).State, "the old answer is gone")
}

func invocation(t *testing.T, s *store.Store) {
	ctx := t.Context()
	inv := store.Invocation{ID: "inv_1", Scope: "ci", Action: "listUsers"}
	require.NoError(t, s.CreateInvocation(ctx, inv, "worker", time.Minute, time.Hour))
	require.ErrorIs(t, s.CreateInvocation(ctx, inv, "worker", time.Minute, time.Hour), store.ErrExists)
	got, err := s.Invocation(ctx, "inv_1")
	require.NoError(t, err)
	require.Equal(t, store.InvocationRunning, got.Status)
	require.Equal(t, "listUsers", got.Action)
	require.Nil(t, got.Progress)

	cancelled, err := s.ReportInvocation(ctx, "inv_1", "worker", json.RawMessage(`{"pages":2}`), time.Minute)
	require.NoError(t, err)
	require.False(t, cancelled)
	_, err = s.ReportInvocation(ctx, "inv_1", "other", nil, time.Minute)
	require.ErrorIs(t, err, store.ErrFenced)
	err = s.FinishInvocation(ctx, "inv_1", "other", store.InvocationDone, 200, nil, time.Hour)
	require.ErrorIs(t, err, store.ErrFenced)

	require.NoError(t, s.FinishInvocation(ctx, "inv_1", "worker", store.InvocationDone, 200, []byte(`[1]`), time.Hour))
	require.NoError(t, s.CancelInvocation(ctx, "inv_1"), "too late is no error")
	got, err = s.Invocation(ctx, "inv_1")
	require.NoError(t, err)
	require.Equal(t, store.InvocationDone, got.Status)
	require.Equal(t, 200, got.HTTPStatus)
	require.Equal(t, []byte(`[1]`), got.Answer)
	require.JSONEq(t, `{"pages":2}`, string(got.Progress))
	require.False(t, got.Cancelled)
	require.False(t, got.FinishedAt.IsZero())
	require.WithinDuration(t, time.Now().Add(time.Hour), got.ExpiresAt, time.Minute)
}

func cancelInvocation(t *testing.T, s *store.Store) {
	ctx := t.Context()
	require.NoError(t, s.CreateInvocation(ctx, store.Invocation{ID: "a"}, "worker", 0, time.Hour))
	lost, err := s.Invocation(ctx, "a")
	require.NoError(t, err)
	require.Equal(t, store.InvocationLost, lost.Status)
	require.NoError(t, s.CancelInvocation(ctx, "a"))
	cancelled, err := s.ReportInvocation(ctx, "a", "worker", nil, time.Minute)
	require.NoError(t, err, "who was only slow may go on")
	require.True(t, cancelled)

	require.NoError(t, s.CreateInvocation(ctx, store.Invocation{ID: "b"}, "worker", time.Minute, 0))
	_, err = s.Invocation(ctx, "b")
	require.ErrorIs(t, err, store.ErrNotFound, "it has expired")
	require.ErrorIs(t, s.CancelInvocation(ctx, "b"), store.ErrNotFound)
}

func audit(t *testing.T, s *store.Store) {
	ctx := t.Context()
	for n := range 5 {
		require.NoError(t, s.AppendAudit(ctx, store.AuditEntry{
			Who: "ci", Action: "deleteUser", Connection: "prod", Object: fmt.Sprintf("00u%d", n),
			Outcome: "done", RequestID: "req\x00",
		}))
	}
	first, err := s.Audit(ctx, 0, 3)
	require.NoError(t, err)
	require.Len(t, first, 3)
	require.Equal(t, "00u4", first[0].Object)
	require.Equal(t, "req\uFFFD", first[0].RequestID)
	require.WithinDuration(t, time.Now(), first[0].At, time.Minute)
	rest, err := s.Audit(ctx, first[2].Seq, 10)
	require.NoError(t, err)
	require.Len(t, rest, 2)
	require.Equal(t, "00u0", rest[1].Object)
}

func sharedSecret(t *testing.T, s *store.Store) {
	var mu sync.Mutex
	got := map[string]int{}
	var group sync.WaitGroup
	for n := range 8 {
		group.Go(func() {
			secret, err := s.Secret(t.Context(), "key", func() ([]byte, error) { return []byte{byte(n)}, nil })
			require.NoError(t, err)
			mu.Lock()
			defer mu.Unlock()
			got[string(secret)]++
		})
	}
	group.Wait()
	require.Len(t, got, 1)
	_, err := s.Secret(t.Context(), "broken", func() ([]byte, error) { return nil, errors.New("no entropy") })
	require.ErrorContains(t, err, "no entropy")
}
