package runtime_test

import (
	"encoding/json"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/okta-connector/okta-connector/runtime"
)

// declaring is a file with one connection and, with members on top, one subscription to things.
func declaring(members string) runtime.Declaration {
	return runtime.Declaration{
		Connections: map[string]runtime.ConnectionSpec{"file": {Key: "none", Inputs: json.RawMessage(`{}`)}},
		Subscriptions: map[string]json.RawMessage{
			"sub": json.RawMessage(`{"trigger":"things","connection":"file"` + members + `}`),
		},
	}
}

func (w *world) declare(d runtime.Declaration) {
	w.t.Helper()
	faults, err := w.engine.Declare(w.t.Context(), d)
	require.NoError(w.t, err)
	require.Empty(w.t, faults)
}

func TestDeclare_CannotBeChangedByOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.declare(declaring(""))
		require.True(t, w.subscription().Declared)
		_, _, putSub := w.engine.PutSubscription(t.Context(), "sub", declaring("").Subscriptions["sub"], false)
		_, _, putConn := w.engine.PutConnection(t.Context(), "file", "none", json.RawMessage(`{}`), false)
		for what, err := range map[string]error{
			"put subscription": putSub, "delete subscription": w.engine.DeleteSubscription(t.Context(), "sub"),
			"abandon subscription": w.engine.AbandonSubscription(t.Context(), "sub"),
			"put connection":       putConn, "delete connection": w.engine.DeleteConnection(t.Context(), "file"),
		} {
			var conflict *runtime.ConflictError
			require.ErrorAs(t, err, &conflict, what)
			require.Equal(t, "declared", conflict.Code, what)
		}
	})
}

func TestDeclare_KeepsTheCursorOfWhatStays(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.declare(declaring(`,"schedule":"@every 5s"` + toReceiver))
		w.happen(2)
		w.run(10 * time.Second)
		w.engine = w.newEngine()
		w.declare(declaring(`,"schedule":"@every 7s"` + toReceiver))
		w.happen(1)
		w.run(20 * time.Second)
		require.Equal(t, []string{"thing-0", "thing-1", "thing-2"}, w.ids())
		require.Equal(t, "@every 7s", w.subscription().Schedule)
	})
}

// A server that restarts more often than a schedule comes due still polls.
func TestDeclare_RestartDoesNotPutOffAPoll(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		file := declaring(`,"schedule":"0 2 * * *"`)
		w.declare(file)
		w.run(time.Second)
		require.Len(t, w.pollTimes(), 1, "a new one is due at once")
		time.Sleep(25 * time.Hour) //nolint:forbidigo // virtual: nothing runs at two o'clock
		w.engine = w.newEngine()
		w.declare(file)
		w.run(time.Second)
		require.Len(t, w.pollTimes(), 2)
	})
}

func TestDeclare_RemovesWhatTheFileNoLongerHas(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.declare(declaring(""))
		w.declare(runtime.Declaration{})
		_, err := w.engine.Subscription(t.Context(), "sub")
		require.ErrorAs(t, err, new(*runtime.NotFoundError))
		_, err = w.engine.Connection(t.Context(), "file")
		require.ErrorAs(t, err, new(*runtime.NotFoundError))
		_, err = w.engine.Connection(t.Context(), "prod")
		require.NoError(t, err, "what was made over HTTP stays")
	})
}

func TestDeclare_ConnectionStaysForOthersSubscriptions(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.declare(declaring(""))
		raw := json.RawMessage(`{"trigger":"things","connection":"file"}`)
		_, _, err := w.engine.PutSubscription(t.Context(), "mine", raw, false)
		require.NoError(t, err)
		w.declare(runtime.Declaration{})
		view, err := w.engine.Connection(t.Context(), "file")
		require.NoError(t, err)
		require.False(t, view.Declared, "and can be changed over HTTP")
	})
}

func TestDeclare_AllFaultsAtOnceAndNothingRemoved(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.declare(declaring(""))
		faults, err := w.engine.Declare(t.Context(), runtime.Declaration{
			Connections: map[string]runtime.ConnectionSpec{"bad": {Key: "nope"}},
			Subscriptions: map[string]json.RawMessage{
				"a": json.RawMessage(`{"trigger":"things","connection":"bad"}`),
				"b": json.RawMessage(`{"trigger":"things","connection":"prod","schedule":"often"}`),
				"c": json.RawMessage(`{"trigger":"things","connection":"missing"}`),
			},
		})
		require.NoError(t, err)
		var names []string
		for _, fault := range faults {
			names = append(names, fault.Kind+" "+fault.Name)
		}
		require.Equal(t, []string{"connection bad", "subscription b", "subscription c"}, names)
		require.True(t, w.subscription().Declared)
	})
}
