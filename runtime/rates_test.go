package runtime_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestRates_HaveABucketForQuietTimesToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.subscribe(`,"startFrom":"2000-01-01T00:00:00Z"`)
		w.happen(4)
		_, err := w.engine.PollNow(t.Context(), "sub")
		require.NoError(t, err)
		for _, subscription := range []string{"sub", ""} {
			rates, err := w.engine.Rates(t.Context(), subscription, time.Now().Add(-2*time.Hour), 30*time.Minute)
			require.NoError(t, err)
			require.Len(t, rates, 5)
			var total int64
			for i, rate := range rates {
				total += rate.Events
				require.Equal(t, rates[0].Start.Add(time.Duration(i)*30*time.Minute), rate.Start)
			}
			require.EqualValues(t, 4, total)
		}
		none, err := w.engine.Rates(t.Context(), "other", time.Now().Add(-time.Hour), time.Second)
		require.NoError(t, err)
		require.Len(t, none, 61, "a bucket is at least a minute")
	})
}
