package store

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRotate_NeverBringsAnOldValueBack(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	url := "sqlite:" + filepath.Join(t.TempDir(), "connector.db")
	old, fresh := make([]byte, KeySize), append(make([]byte, KeySize-1), 1)
	open := func(keys ...[]byte) *Store {
		sealer, err := NewSealer(keys...)
		require.NoError(t, err)
		s, err := Open(ctx, url, Options{Sealer: sealer})
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, s.Close()) })
		return s
	}
	replica, rotating := open(old, fresh), open(fresh, old)
	_, err := replica.PutConnection(ctx, Connection{Name: "prod", Inputs: []byte(`{}`)}, false)
	require.NoError(t, err)
	_, err = replica.UpdateConnectionState(ctx, "prod", 1, []byte("first"))
	require.NoError(t, err)

	state := sealedColumn{"connections", "state", []string{"name"}, []any{""}}
	read, err := rotating.sealedByOthers(ctx, state, state.start)
	require.NoError(t, err)
	require.Len(t, read, 1)
	_, err = replica.UpdateConnectionState(ctx, "prod", 2, []byte("second"))
	require.NoError(t, err)
	n, err := rotating.reseal(ctx, state, read[0])
	require.NoError(t, err)
	require.Zero(t, n)
	c, err := rotating.Connection(ctx, "prod")
	require.NoError(t, err)
	require.Equal(t, []byte("second"), c.State)
}
