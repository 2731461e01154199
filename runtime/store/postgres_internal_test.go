//go:build unix

package store

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/okta-connector/okta-connector/runtime/store/pgtest"
)

func TestPostgreSQL_EndsTransactionsLeftHanging(t *testing.T) {
	t.Parallel()
	s := openPostgres(t)
	timeout, err := row(t.Context(), s.write(), column[string], `SHOW idle_in_transaction_session_timeout`)
	require.NoError(t, err)
	require.Equal(t, "5s", timeout)
}

func TestPostgreSQL_TellsHowFarItsClockIsAhead(t *testing.T) {
	t.Parallel()
	s := openPostgres(t)
	const ahead = 10 * time.Minute
	_, err := s.write().exec(t.Context(), `CREATE OR REPLACE FUNCTION now_us() RETURNS BIGINT LANGUAGE SQL STABLE
		RETURN (EXTRACT(EPOCH FROM statement_timestamp() + INTERVAL '10 minutes') * 1000000)::BIGINT`)
	require.NoError(t, err)
	_, err = s.PutConnection(t.Context(), Connection{Name: "org", Inputs: json.RawMessage(`{}`)}, false)
	require.NoError(t, err)
	due := time.Now().Add(ahead)
	require.NoError(t, s.CreateSubscription(t.Context(), Subscription{
		ID: "watch", Connection: "org", Inputs: json.RawMessage(`{}`), NextPollAt: due,
	}))
	polls, err := s.ClaimPolls(t.Context(), "w", time.Minute, 1)
	require.NoError(t, err)
	require.Len(t, polls, 1)
	require.InDelta(t, ahead, polls[0].Ahead, float64(10*time.Second))
}

func openPostgres(t *testing.T) *Store {
	sealer, err := NewSealer(make([]byte, KeySize))
	require.NoError(t, err)
	s, err := Open(t.Context(), pgtest.URL(t), Options{Sealer: sealer})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}
