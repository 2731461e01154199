//go:build unix

package store

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/okta-connector/okta-connector/runtime/store/pgtest"
)

func TestPostgreSQL_EndsTransactionsLeftHanging(t *testing.T) {
	t.Parallel()
	sealer, err := NewSealer(make([]byte, KeySize))
	require.NoError(t, err)
	s, err := Open(t.Context(), pgtest.URL(t), Options{Sealer: sealer})
	require.NoError(t, err)
	defer s.Close()
	timeout, err := row(t.Context(), s.write(), column[string], `SHOW idle_in_transaction_session_timeout`)
	require.NoError(t, err)
	require.Equal(t, "5s", timeout)
}
