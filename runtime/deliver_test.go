package runtime_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"log/slog"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/okta-connector/okta-connector/runtime"
	"github.com/okta-connector/okta-connector/runtime/store"
)

func TestDelivery_IsASignedCloudEventsBatch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.subscribe(`,"schedule":"@every 5s","deliverTo":{"url":"https://engine.example/hook/42","secret":"` + secret +
			`","headers":{"X-Engine":"42"}}`)
		w.happen(2)
		w.run(10 * time.Second)
		require.Len(t, w.received, 1)
		d := w.received[0]
		require.Equal(t, "application/cloudevents-batch+json", d.header.Get("Content-Type"))
		require.Equal(t, "42", d.header.Get("X-Engine"))

		// As a receiver verifies it by the text of Standard Webhooks, with code of its own.
		key, err := base64.StdEncoding.DecodeString(secret[len("whsec_"):])
		require.NoError(t, err)
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(d.header.Get("webhook-id") + "." + d.header.Get("webhook-timestamp") + "." + string(d.body)))
		require.Equal(t, "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)), d.header.Get("webhook-signature"))

		var batch []map[string]any
		require.NoError(t, json.Unmarshal(d.body, &batch))
		require.Equal(t, "1.0", batch[0]["specversion"])
		require.Equal(t, "com.okta.thing", batch[0]["type"])
		require.Equal(t, "thing-0", batch[0]["subject"])
	})
}

func TestDelivery_IsRepeatedWithTheSameIDUntilTaken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		refusals := 3
		w.answer = func(delivery) int {
			if refusals > 0 {
				refusals--
				return http.StatusServiceUnavailable
			}
			return http.StatusAccepted
		}
		w.subscribe(`,"schedule":"@every 5s"` + toReceiver)
		w.happen(1)
		w.run(time.Minute)
		require.Len(t, w.received, 4)
		for i, d := range w.received {
			require.Equal(t, []string{"thing-0"}, d.ids)
			require.Equal(t, w.received[0].header.Get("webhook-id"), d.header.Get("webhook-id"))
			require.Equal(t, strconv.FormatInt(d.at.Unix(), 10), d.header.Get("webhook-timestamp"), "that of the attempt")
			if i == 1 {
				require.LessOrEqual(t, d.at.Sub(w.received[0].at), time.Second, "the first repeat")
			}
		}
		require.Zero(t, w.subscription().Counts.Pending)
	})
}

func TestDelivery_KeepsOrderBehindARefusedBatch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		down := true
		w.answer = func(delivery) int {
			if down {
				return http.StatusInternalServerError
			}
			return http.StatusOK
		}
		w.subscribe(`,"schedule":"@every 5s","batchSize":2` + toReceiver)
		w.happen(5)
		w.run(time.Minute)
		for _, d := range w.received {
			require.Equal(t, []string{"thing-0", "thing-1"}, d.ids, "nothing overtakes the first batch")
		}
		w.set(func() { down, w.received = false, nil })
		w.run(time.Second)
		require.Equal(t, []string{"thing-0", "thing-1", "thing-2", "thing-3", "thing-4"}, w.ids(), "at once after a restart")
	})
}

func TestDelivery_DiesAfterADayAndCanBeRetried(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		down := true
		w.answer = func(delivery) int {
			if down {
				return http.StatusBadRequest
			}
			return http.StatusOK
		}
		w.subscribe(`,"schedule":"@every 1h"` + toReceiver)
		w.happen(1)
		w.run(30 * time.Hour)
		dead, _, err := w.engine.Deliveries(t.Context(), store.DeliveryFilter{Status: "dead"}, "", 10)
		require.NoError(t, err)
		require.Len(t, dead, 1)
		require.Equal(t, http.StatusBadRequest, dead[0].LastStatus)
		age := dead[0].FinishedAt.Sub(dead[0].CreatedAt)
		require.InDelta(t, 24*time.Hour, age, float64(time.Hour))

		w.set(func() { down, w.received = false, nil })
		_, err = w.engine.RetryDelivery(t.Context(), dead[0].ID)
		require.NoError(t, err)
		w.run(time.Second)
		require.Equal(t, []string{"thing-0"}, w.ids())
	})
}

func TestDelivery_WhileNothingRunsItDoesNotGrowOld(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.engine = w.newEngine(func(c *runtime.Config) { c.RetryFor = time.Hour })
		down := true
		w.answer = func(delivery) int {
			if down {
				return http.StatusBadGateway
			}
			return http.StatusOK
		}
		w.subscribe(`,"schedule":"@every 1h"` + toReceiver)
		w.happen(1)
		w.run(10 * time.Minute)
		for _, away := range []func(){
			func() { time.Sleep(3 * time.Hour) }, //nolint:forbidigo // virtual: the engine is down
			func() {
				_, err := w.engine.SetPaused(t.Context(), "sub", true)
				require.NoError(t, err)
				w.run(3 * time.Hour)
				_, err = w.engine.SetPaused(t.Context(), "sub", false)
				require.NoError(t, err)
			},
		} {
			away()
			before := len(w.received)
			w.run(10 * time.Second)
			require.Greater(t, len(w.received), before+2, "tried as often as a new one")
			require.Empty(t, w.deliveries("dead"))
		}
		w.set(func() { down = false })
		w.run(30 * time.Second)
		require.Zero(t, w.subscription().Counts.Pending)
	})
}

func TestEngine_KilledBetweenCommitAndDelivery(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.subscribe(`,"schedule":"@every 5s"` + toReceiver)
		w.happen(2)
		_, err := w.engine.PollNow(t.Context(), "sub")
		require.NoError(t, err)
		// A process claims the batch and is killed: it neither sends nor gives it back.
		claimed, err := w.store.ClaimDeliveries(t.Context(), "the killed one", time.Minute, 1)
		require.NoError(t, err)
		require.Len(t, claimed, 1)
		// So is another one, in the middle of a poll.
		_, err = w.store.ClaimPoll(t.Context(), "sub", "the killed one", time.Minute)
		require.NoError(t, err)

		w.engine = w.newEngine()
		w.happen(1)
		w.run(6 * time.Second)
		require.Equal(t, []string{"thing-0", "thing-1", "thing-2"}, w.ids())
	})
}

func TestEngine_WaitsForItsDatabase(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		var logged bytes.Buffer
		away := openStore(t, filepath.Join(t.TempDir(), "away.db"))
		require.NoError(t, away.Close())
		w.engine = w.newEngine(func(c *runtime.Config) {
			c.Store, c.Logger = away, slog.New(slog.NewTextHandler(&logged, nil))
		})
		w.run(9500 * time.Millisecond)
		require.Equal(t, 10, strings.Count(logged.String(), "engine waits for the database"))
	})
}

func TestEngine_StopWaitsForADeliveryUnderWay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.answer = func(delivery) int { time.Sleep(3 * time.Second); return http.StatusOK } //nolint:forbidigo // virtual
		w.subscribe(`,"schedule":"@every 5s"` + toReceiver)
		w.happen(1)
		_, err := w.engine.PollNow(t.Context(), "sub")
		require.NoError(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- w.engine.Run(ctx) }()
		time.Sleep(time.Second) //nolint:forbidigo // virtual
		cancel()
		require.NoError(t, <-done)
		require.Zero(t, w.subscription().Counts.Pending, "the answer was waited for and recorded")
	})
}
