package storetest

import (
	"encoding/json"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/okta-connector/okta-connector/runtime/store"
)

func putConnection(t *testing.T, s *store.Store) {
	ctx := t.Context()
	c := store.Connection{
		Name: "prod", Key: "apiToken", Inputs: json.RawMessage(`{"apiToken":"00canary"}`), Declared: true,
	}
	created, err := s.PutConnection(ctx, c, false)
	require.NoError(t, err)
	require.True(t, created)

	got, err := s.Connection(ctx, "prod")
	require.NoError(t, err)
	require.JSONEq(t, `{"apiToken":"00canary"}`, string(got.Inputs))
	require.Equal(t, "apiToken", got.Key)
	require.True(t, got.Declared)
	require.Nil(t, got.State)
	require.False(t, got.CreatedAt.IsZero())

	c.Key, c.Inputs, c.Declared = "oauthClientCredentials", json.RawMessage(`{"clientId":"0oa"}`), false
	created, err = s.PutConnection(ctx, c, false)
	require.NoError(t, err)
	require.False(t, created)
	again, err := s.Connection(ctx, "prod")
	require.NoError(t, err)
	require.JSONEq(t, `{"clientId":"0oa"}`, string(again.Inputs))
	require.Equal(t, "oauthClientCredentials", again.Key)
	require.False(t, again.Declared)
	require.Equal(t, got.CreatedAt, again.CreatedAt)

	_, err = s.Connection(ctx, "absent")
	require.ErrorIs(t, err, store.ErrNotFound)
}

func putConnectionState(t *testing.T, s *store.Store) {
	ctx := t.Context()
	c := connection(t, s, "prod")
	version, err := s.UpdateConnectionState(ctx, "prod", 1, []byte("tokens"))
	require.NoError(t, err)

	_, err = s.PutConnection(ctx, c, true)
	require.NoError(t, err)
	kept, err := s.Connection(ctx, "prod")
	require.NoError(t, err)
	require.Equal(t, []byte("tokens"), kept.State)
	require.Equal(t, version, kept.Version)

	_, err = s.PutConnection(ctx, c, false)
	require.NoError(t, err)
	dropped, err := s.Connection(ctx, "prod")
	require.NoError(t, err)
	require.Nil(t, dropped.State)
	_, err = s.UpdateConnectionState(ctx, "prod", version, []byte("late"))
	require.ErrorIs(t, err, store.ErrConflict, "a refresh begun before the change must not store its tokens")
}

func updateConnectionState(t *testing.T, s *store.Store) {
	connection(t, s, "prod")
	var won, lost atomic.Int32
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			_, err := s.UpdateConnectionState(t.Context(), "prod", 1, []byte("tokens"))
			if err == nil {
				won.Add(1)
				return
			}
			lost.Add(1)
			require.ErrorIs(t, err, store.ErrConflict)
		})
	}
	group.Wait()
	require.EqualValues(t, 1, won.Load())
	require.EqualValues(t, 7, lost.Load())

	_, err := s.UpdateConnectionState(t.Context(), "absent", 1, nil)
	require.ErrorIs(t, err, store.ErrNotFound)
}

func pageConnections(t *testing.T, s *store.Store) {
	for _, name := range []string{"b", "Z", "a", "ä", "a-1"} {
		connection(t, s, name)
	}
	var names []string
	for after := ""; ; {
		page, err := s.Connections(t.Context(), after, 2)
		require.NoError(t, err)
		if len(page) == 0 {
			break
		}
		for _, c := range page {
			names = append(names, c.Name)
		}
		after = page[len(page)-1].Name
	}
	require.Equal(t, []string{"Z", "a", "a-1", "b", "ä"}, names)
}

func deleteConnection(t *testing.T, s *store.Store) {
	ctx := t.Context()
	subscription(t, s, "watch", nil)
	err := s.DeleteConnection(ctx, "for-watch")
	var inUse *store.InUseError
	require.ErrorAs(t, err, &inUse)
	require.Equal(t, []string{"watch"}, inUse.Subscriptions)
	require.ErrorContains(t, err, "watch")

	require.NoError(t, s.DeleteSubscription(ctx, "watch"))
	require.NoError(t, s.DeleteConnection(ctx, "for-watch"))
	require.ErrorIs(t, s.DeleteConnection(ctx, "for-watch"), store.ErrNotFound)
}
