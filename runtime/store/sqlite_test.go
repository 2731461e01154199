package store_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/okta-connector/okta-connector/runtime/store"
	"github.com/okta-connector/okta-connector/runtime/store/storetest"
)

func TestSQLite(t *testing.T) {
	t.Parallel()
	storetest.Run(t, openFile)
}

func openFile(t *testing.T) *store.Store {
	s, err := store.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "connector.db"),
		store.Options{Sealer: storetest.Sealer(t)})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}
