package storetest

import (
	"context"
	"database/sql"
	"encoding/json"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // registers pgx
	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite" // registers sqlite

	"github.com/okta-connector/okta-connector/runtime/store"
)

func openAtOnce(t *testing.T, url string) {
	var group sync.WaitGroup
	for n := range 6 {
		group.Go(func() {
			s, err := store.Open(t.Context(), url, store.Options{Sealer: Sealer(t)})
			require.NoError(t, err)
			_, err = s.PutConnection(t.Context(), store.Connection{Name: strconv.Itoa(n), Inputs: json.RawMessage(`{}`)}, false)
			require.NoError(t, err)
			require.NoError(t, s.Close())
		})
	}
	group.Wait()
	list, err := Open(t, url).Connections(t.Context(), "", 10)
	require.NoError(t, err)
	require.Len(t, list, 6)
}

func openAgain(t *testing.T, url string) {
	first := Open(t, url)
	connection(t, first, "prod")
	again, err := Open(t, url).Connection(t.Context(), "prod")
	require.NoError(t, err)
	require.JSONEq(t, `{"oktaDomain":"acme.okta.com"}`, string(again.Inputs))
}

func openWithWrongKey(t *testing.T, url string) {
	Open(t, url)
	_, err := store.Open(t.Context(), url, store.Options{Sealer: Sealer(t, "another")})
	require.ErrorIs(t, err, store.ErrWrongKey)
	_, err = store.Open(t.Context(), url, store.Options{})
	require.ErrorContains(t, err, "Sealer")
}

func openNewer(t *testing.T, url string) {
	Open(t, url)
	driver, source := "pgx", url
	if path, ok := strings.CutPrefix(url, "sqlite:"); ok {
		driver, source = "sqlite", path
	}
	db, err := sql.Open(driver, source)
	require.NoError(t, err)
	defer db.Close()
	_, err = db.ExecContext(t.Context(), `INSERT INTO schema_migrations (version) VALUES (9999)`)
	require.NoError(t, err)
	_, err = store.Open(t.Context(), url, store.Options{Sealer: Sealer(t)})
	require.ErrorIs(t, err, store.ErrNewerSchema)
	require.ErrorContains(t, err, "version 9999")
}

func openCancelled(t *testing.T, url string) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := store.Open(ctx, url, store.Options{Sealer: Sealer(t)})
	require.ErrorIs(t, err, context.Canceled)
}

// fill stores a sealed value in every place there is, events more than one batch of rotation, and returns a function
// that proves that each can be read.
func fill(t *testing.T, s *store.Store) (check func(*store.Store)) {
	ctx := t.Context()
	subscription(t, s, "watch", func(sub *store.Subscription) {
		delivering(sub)
		sub.State = []byte("hook")
	})
	_, err := s.UpdateConnectionState(ctx, "for-watch", 1, []byte("tokens"))
	require.NoError(t, err)
	accept(t, s, "watch", makeEvents(1, 450))
	require.NoError(t, s.PutFlow(ctx, "state", []byte("verifier"), time.Hour))
	begin(t, s, callKey(), "f", "a", time.Minute)
	require.NoError(t, s.FinishIdempotent(ctx, callKey(), "a", 200, []byte("answer")))
	require.NoError(t, s.CreateInvocation(ctx, store.Invocation{ID: "inv"}, "a", time.Minute, time.Hour))
	require.NoError(t, s.FinishInvocation(ctx, "inv", "a", store.InvocationDone, 200, []byte("answer"), time.Hour))

	return func(s *store.Store) {
		ctx := t.Context()
		c, err := s.Connection(ctx, "for-watch")
		require.NoError(t, err)
		require.Equal(t, []byte("tokens"), c.State)
		sub := read(t, s, "watch")
		require.Equal(t, []byte("hook"), sub.State)
		require.Equal(t, "whsec_c2VjcmV0", sub.Deliver.Secret)
		require.Len(t, events(t, s, "watch"), 450)
		flow, err := s.TakeFlow(ctx, "state")
		require.NoError(t, err)
		require.Equal(t, []byte("verifier"), flow)
		require.Equal(t, []byte("answer"), begin(t, s, callKey(), "f", "b", time.Minute).Answer)
		inv, err := s.Invocation(ctx, "inv")
		require.NoError(t, err)
		require.Equal(t, []byte("answer"), inv.Answer)
	}
}

func rotate(t *testing.T, url string) {
	ctx := t.Context()
	check := fill(t, openWith(t, url, Sealer(t, "old")))
	both := openWith(t, url, Sealer(t, "new", "old"))
	resealed, err := both.Rotate(ctx)
	require.NoError(t, err)
	// The events, and one each of: key check, connection inputs and state, subscription inputs, deliver and state, flow,
	// call, invocation.
	require.EqualValues(t, 450+9, resealed)
	resealed, err = both.Rotate(ctx)
	require.NoError(t, err)
	require.Zero(t, resealed)

	_, err = store.Open(ctx, url, store.Options{Sealer: Sealer(t, "old")})
	require.ErrorIs(t, err, store.ErrWrongKey)
	check(openWith(t, url, Sealer(t, "new")))
}
