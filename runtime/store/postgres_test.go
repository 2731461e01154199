//go:build unix

package store_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/okta-connector/okta-connector/runtime/store"
	"github.com/okta-connector/okta-connector/runtime/store/pgtest"
	"github.com/okta-connector/okta-connector/runtime/store/storetest"
)

func TestPostgreSQL(t *testing.T) {
	t.Parallel()
	pgtest.URL(t) // skips once, not for each test
	storetest.Run(t, openPostgreSQL)
}

func openPostgreSQL(t *testing.T) *store.Store {
	s, err := store.Open(t.Context(), pgtest.URL(t), store.Options{Sealer: storetest.Sealer(t)})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}
