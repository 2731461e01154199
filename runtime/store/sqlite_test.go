package store_test

import (
	"bytes"
	"context"
	"database/sql"
	"os"
	"path/filepath"
	goruntime "runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/okta-connector/okta-connector/runtime/store"
	"github.com/okta-connector/okta-connector/runtime/store/storetest"
)

func TestSQLite(t *testing.T) {
	t.Parallel()
	storetest.Run(t, newFile)
}

func newFile(t testing.TB) string {
	return "sqlite:" + filepath.Join(t.TempDir(), "connector.db")
}

func TestOpen_SQLiteFilesAreTheOwnersAlone(t *testing.T) {
	t.Parallel()
	if goruntime.GOOS == "windows" {
		t.Skip("skipped: no file modes on Windows")
	}
	dir := filepath.Join(t.TempDir(), "data", "a ?#%20b")
	s, err := store.Open(t.Context(), "sqlite:"+filepath.Join(dir, "connector.db"),
		store.Options{Sealer: storetest.Sealer(t), Exclusive: true})
	require.NoError(t, err)
	defer s.Close()
	info, err := os.Stat(dir)
	require.NoError(t, err)
	require.EqualValues(t, 0o700, info.Mode().Perm())
	files, err := os.ReadDir(dir)
	require.NoError(t, err)
	names := make([]string, 0, len(files))
	for _, file := range files {
		info, err := file.Info()
		require.NoError(t, err)
		require.EqualValues(t, 0o600, info.Mode().Perm(), file.Name())
		names = append(names, file.Name())
	}
	require.Subset(t, names, []string{"connector.db", "connector.db-wal", "connector.db-lock"})
}

func TestOpen_ExclusiveRefusesASecondEngine(t *testing.T) {
	t.Parallel()
	url := newFile(t)
	exclusive := store.Options{Sealer: storetest.Sealer(t), Exclusive: true}
	engine, err := store.Open(t.Context(), url, exclusive)
	require.NoError(t, err)
	_, err = store.Open(t.Context(), url, exclusive)
	require.ErrorIs(t, err, store.ErrLocked)
	require.NoError(t, storetest.Open(t, url).Ping(t.Context()), "a tool may work beside the engine")
	require.NoError(t, engine.Close())
	again, err := store.Open(t.Context(), url, exclusive)
	require.NoError(t, err)
	require.NoError(t, again.Close())
}

func TestPing_NoticesThatTheFileWasTakenAway(t *testing.T) {
	t.Parallel()
	if goruntime.GOOS == "windows" {
		t.Skip("skipped: Windows keeps a file that is open")
	}
	file := filepath.Join(t.TempDir(), "connector.db")
	s := storetest.Open(t, "sqlite:"+file)
	require.NoError(t, s.Ping(t.Context()))
	require.NoError(t, os.Rename(file, file+".away"))
	require.ErrorIs(t, s.Ping(t.Context()), os.ErrNotExist)
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	require.ErrorContains(t, s.Ping(t.Context()), "replaced")
	require.NoError(t, os.Rename(file+".away", file))
	require.NoError(t, s.Ping(t.Context()))
}

func TestOpen_BadURLs(t *testing.T) {
	t.Parallel()
	for _, url := range []string{
		"", "connector.db", "mysql://root:hunter2@db/x", "sqlite:", "sqlite::memory:", "postgres://u:hunter2@[::bad/x",
	} {
		_, err := store.Open(t.Context(), url, store.Options{Sealer: storetest.Sealer(t)})
		require.ErrorIs(t, err, store.ErrURL, url)
		require.NotContains(t, err.Error(), "hunter2")
	}
}

func TestOpen_UnreachableServerIsSaidWithoutItsPassword(t *testing.T) {
	t.Parallel()
	_, err := store.Open(t.Context(), "postgres://u:hunter2@127.0.0.1:1/x?connect_timeout=2",
		store.Options{Sealer: storetest.Sealer(t)})
	require.ErrorIs(t, err, store.ErrUnreachable)
	require.NotContains(t, err.Error(), "hunter2")
}

func TestOpen_NotADatabase(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "connector.db")
	require.NoError(t, os.WriteFile(file, []byte(strings.Repeat("not a database ", 100)), 0o600))
	_, err := store.Open(t.Context(), "sqlite:"+file, store.Options{Sealer: storetest.Sealer(t)})
	require.ErrorContains(t, err, "not a SQLite database")
}

func TestBackup_OpensAsADatabaseOfItsOwn(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, newFile(t))
	canary := store.Connection{Name: "prod", Inputs: []byte(`{"apiToken":"canary-00"}`)}
	_, err := s.PutConnection(t.Context(), canary, false)
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "backup.db")
	require.NoError(t, s.Backup(t.Context(), file))
	require.ErrorIs(t, s.Backup(t.Context(), file), os.ErrExist, "a backup overwrites nothing")

	raw, err := os.ReadFile(file)
	require.NoError(t, err)
	require.False(t, bytes.Contains(raw, []byte("canary-00")), "what is sealed stays sealed")
	c, err := storetest.Open(t, "sqlite:"+file).Connection(t.Context(), "prod")
	require.NoError(t, err)
	require.JSONEq(t, `{"apiToken":"canary-00"}`, string(c.Inputs))
}

func TestSQLite_FollowsVirtualTime(t *testing.T) {
	t.Parallel()
	url := newFile(t)
	synctest.Test(t, func(t *testing.T) {
		s, err := store.Open(t.Context(), url, store.Options{Sealer: storetest.Sealer(t)})
		require.NoError(t, err)
		defer s.Close()
		ctx := t.Context()
		_, err = s.PutConnection(ctx, store.Connection{Name: "prod", Inputs: []byte(`{}`)}, false)
		require.NoError(t, err)
		start := time.Now()
		require.NoError(t, s.CreateSubscription(ctx, store.Subscription{
			ID: "watch", Connection: "prod", Inputs: []byte(`{}`), NextPollAt: start.Add(time.Hour),
		}))
		for day := range 3 {
			due, _, err := s.NextDue(ctx)
			require.NoError(t, err)
			time.Sleep(time.Until(due) - time.Microsecond) //nolint:forbidigo // virtual
			polls, err := s.ClaimPolls(ctx, "w", time.Minute, 1)
			require.NoError(t, err)
			require.Empty(t, polls)
			time.Sleep(time.Microsecond) //nolint:forbidigo // virtual
			polls, err = s.ClaimPolls(ctx, "w", time.Minute, 1)
			require.NoError(t, err)
			require.Len(t, polls, 1)
			run := store.Run{StartedAt: time.Now(), EndedAt: time.Now(), Result: store.RunNoChanges}
			require.NoError(t, s.FinishPoll(ctx, polls[0], run, time.Now().AddDate(0, 0, 1)))
			require.Equal(t, start.Add(time.Hour).AddDate(0, 0, day), time.Now())
		}
	})
}

func TestSQLite_CancelledTransactionLeavesNothing(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, newFile(t))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := s.PutConnection(ctx, store.Connection{Name: "prod", Inputs: []byte(`{}`)}, false)
	require.ErrorIs(t, err, context.Canceled)
	_, err = s.PutConnection(t.Context(), store.Connection{Name: "prod", Inputs: []byte(`{}`)}, false)
	require.NoError(t, err, "the one writer is free again")
}

func TestClaimDeliveries_GivesBackWhatItCannotRead(t *testing.T) {
	t.Parallel()
	url := newFile(t)
	s := storetest.Open(t, url)
	_, err := s.PutConnection(t.Context(), store.Connection{Name: "prod", Inputs: []byte(`{}`)}, false)
	require.NoError(t, err)
	require.NoError(t, s.CreateSubscription(t.Context(), store.Subscription{
		ID: "watch", Connection: "prod", Inputs: []byte(`{}`), Deliver: &store.Deliver{URL: "http://engine.example"},
	}))
	_, err = s.AcceptEvents(t.Context(), "watch", []store.Event{{ID: "1", Data: []byte(`{}`)}})
	require.NoError(t, err)
	db, err := sql.Open("sqlite", strings.TrimPrefix(url, "sqlite:"))
	require.NoError(t, err)
	defer db.Close()
	_, err = db.Exec(`UPDATE events SET data = x'01'`)
	require.NoError(t, err)

	for range 2 {
		_, err = s.ClaimDeliveries(t.Context(), "w", time.Hour, 1)
		require.ErrorIs(t, err, store.ErrUnsealable, "it is due again, not held for the lease")
	}
}

func BenchmarkSQLite(b *testing.B) { storetest.Benchmark(b, newFile) }
