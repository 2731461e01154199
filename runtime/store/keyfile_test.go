package store_test

import (
	"bytes"
	"encoding/hex"
	"os"
	"path/filepath"
	goruntime "runtime"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/okta-connector/okta-connector/runtime/store"
)

func TestLoadOrCreateKeyFile_AllWhoStartGetOneKey(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "new", "connector.key")
	var mu sync.Mutex
	seen := map[string]bool{}
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			keys, err := store.LoadOrCreateKeyFile(path)
			require.NoError(t, err)
			require.Len(t, keys, 1)
			mu.Lock()
			defer mu.Unlock()
			seen[string(keys[0])] = true
		})
	}
	group.Wait()
	require.Len(t, seen, 1)
	left, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	require.Len(t, left, 1, "no temporary file is left")
	if goruntime.GOOS != "windows" {
		info, err := os.Stat(path)
		require.NoError(t, err)
		require.EqualValues(t, 0o600, info.Mode().Perm())
	}
}

func TestLoadOrCreateKeyFile_Refuses(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "connector.key")
	require.NoError(t, os.WriteFile(path, []byte("hunter2\n"), 0o600))
	_, err := store.LoadOrCreateKeyFile(path)
	require.ErrorContains(t, err, path)
	require.NotContains(t, err.Error(), "hunter2")

	one, two := bytes.Repeat([]byte{1}, 32), bytes.Repeat([]byte{2}, 32)
	text := hex.EncodeToString(one) + "\n" + hex.EncodeToString(two) + "\n"
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	keys, err := store.LoadOrCreateKeyFile(path)
	require.NoError(t, err)
	require.Equal(t, [][]byte{one, two}, keys)

	if goruntime.GOOS == "windows" {
		return
	}
	require.NoError(t, os.Chmod(path, 0o640))
	_, err = store.LoadOrCreateKeyFile(path)
	require.ErrorContains(t, err, "chmod 600")
}

func TestPrependKey_ThenKeepFirstKey(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "connector.key")
	first, err := store.LoadOrCreateKeyFile(path)
	require.NoError(t, err)
	require.NoError(t, store.PrependKey(path))
	both, err := store.LoadOrCreateKeyFile(path)
	require.NoError(t, err)
	require.Len(t, both, 2)
	require.Equal(t, first[0], both[1])
	require.NotEqual(t, first[0], both[0])

	require.NoError(t, store.KeepFirstKey(path))
	last, err := store.LoadOrCreateKeyFile(path)
	require.NoError(t, err)
	require.Equal(t, both[:1], last)
	left, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	require.Len(t, left, 1, "no temporary file is left")
	require.ErrorIs(t, store.PrependKey(path+".absent"), os.ErrNotExist)
}
