package store_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"github.com/okta-connector/okta-connector/runtime/store"
)

func TestUnavailable(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, taken.Close()) // nobody listens there now
	sealer, err := store.NewSealer(make([]byte, store.KeySize))
	require.NoError(t, err)
	_, refused := store.Open(t.Context(), "postgres://u@"+taken.Addr().String()+"/d", store.Options{Sealer: sealer})
	require.ErrorIs(t, refused, store.ErrUnreachable)

	for name, err := range map[string]error{
		"refused":       refused,
		"shutting down": &pgconn.PgError{Code: "57P01"},
		"full":          &pgconn.PgError{Code: "53100"},
		"lost":          &net.OpError{Op: "read", Err: errors.New("connection reset by peer")},
		"too late":      context.DeadlineExceeded,
	} {
		require.True(t, store.Unavailable(fmt.Errorf("subscription %q: %w", "s", err)), name)
	}
	for name, err := range map[string]error{
		"a duplicate": &pgconn.PgError{Code: "23505"},
		"no row":      store.ErrNotFound,
		"no code":     &pgconn.PgError{},
		"nothing":     nil,
	} {
		require.False(t, store.Unavailable(err), name)
	}
}
