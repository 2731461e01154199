package runtime_test

import (
	"context"
	"encoding/json"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/okta-connector/okta-connector/runtime"
	"github.com/okta-connector/okta-connector/runtime/store"
)

// A write whose process died may have happened: nobody repeats it by itself, whoever asks. What may happen twice is
// made again.
func TestOnce_WhatAProcessLeftUnfinished(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		runs := 0
		call := func(key string, interrupted *runtime.Response) runtime.Response {
			resp, _, err := w.engine.Once(t.Context(),
				runtime.OnceKey{Key: key, Fingerprint: "fingerprint", Interrupted: interrupted},
				func(context.Context) runtime.Response {
					runs++
					return runtime.Response{Status: http.StatusOK, Body: json.RawMessage(`{}`), Keep: true}
				})
			require.NoError(t, err)
			return resp
		}
		for _, key := range []string{"write", "read"} {
			_, err := w.store.BeginIdempotent(
				t.Context(), store.CallKey{Key: key}, "fingerprint", "dead", time.Millisecond, time.Hour)
			require.NoError(t, err)
		}
		unknown := &runtime.Response{Status: http.StatusBadGateway, Body: json.RawMessage(`"unknown"`)}
		for range 3 {
			resp := call("write", unknown)
			require.Equal(t, http.StatusBadGateway, resp.Status)
			require.JSONEq(t, `"unknown"`, string(resp.Body))
		}
		require.Zero(t, runs)
		require.Equal(t, http.StatusOK, call("read", nil).Status)
		require.Equal(t, 1, runs)
	})
}
