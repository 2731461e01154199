package okta

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestReadOffer(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 1, 12, 0, 0, 500_000_000, time.UTC)
	headers := func(limit, remaining, reset, date string) http.Header {
		return http.Header{headerLimit: {limit}, headerRemaining: {remaining}, headerReset: {reset}, "Date": {date}}
	}
	const date = "Thu, 01 Jan 2026 13:00:00 GMT" // Okta is an hour ahead: 1767272400
	for name, test := range map[string]struct {
		headers http.Header
		want    offer
		ok      bool
	}{
		"good": {
			headers("600", "599", "1767272430", date),
			offer{600, 599, 1767272430, 30 * time.Second, now.Add(31 * time.Second)},
			true,
		},
		"ends now": {
			headers("600", "0", "1767272400", date),
			offer{600, 0, 1767272400, 0, now.Add(time.Second)},
			true,
		},
		"more left than there is": {
			headers("5", "9", "1767272430", date),
			offer{5, 5, 1767272430, 30 * time.Second, now.Add(31 * time.Second)},
			true,
		},
		"no date": {
			headers("5", "1", "1767268830", ""),
			offer{5, 1, 1767268830, 29500 * time.Millisecond, now.Add(30500 * time.Millisecond)},
			true,
		},
		"nothing":            {headers: http.Header{}},
		"no limit":           {headers: headers("", "1", "1767272430", date)},
		"concurrency":        {headers: headers("0", "0", "1767272430", date)},
		"negative limit":     {headers: headers("-5", "0", "1767272430", date)},
		"no remaining":       {headers: headers("5", "", "1767272430", date)},
		"negative remaining": {headers: headers("5", "-1", "1767272430", date)},
		"no reset":           {headers: headers("5", "1", "", date)},
		"seconds, not epoch": {headers: headers("5", "1", "30", date)},
		"milliseconds":       {headers: headers("5", "1", "1767272430000", date)},
		"over":               {headers: headers("5", "1", "1767272399", date)},
		"hours away":         {headers: headers("5", "1", "1767280000", date)},
		"beyond all numbers": {headers: headers("5", "1", "9223372036854775807", date)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, ok := readOffer(test.headers, now)
			require.Equal(t, test.ok, ok)
			require.Equal(t, test.want, got)
		})
	}
}

func TestWindow_Learns(t *testing.T) {
	t.Parallel()
	now := time.Now()
	// An answer's window is named by its reset.
	offered := func(remaining int, reset int64, in time.Duration) offer {
		return offer{limit: 100, remaining: remaining, reset: reset, left: in, ends: now.Add(in + margin)}
	}
	for name, test := range map[string]struct {
		answers   []offer
		late      bool // all calls left before anything was learned
		remaining int
		ends      time.Duration
	}{
		"the first": {
			answers:   []offer{offered(99, 1, time.Minute)},
			remaining: 99, ends: 61 * time.Second,
		},
		"the least of a window": {
			answers:   []offer{offered(90, 1, time.Minute), offered(95, 1, time.Minute)},
			remaining: 90, ends: 61 * time.Second,
		},
		"the most exact end": {
			answers:   []offer{offered(90, 1, 30*time.Second), offered(89, 1, 29*time.Second), offered(88, 1, 30*time.Second)},
			remaining: 88, ends: 30 * time.Second,
		},
		"a new window": {
			answers:   []offer{offered(0, 1, time.Second), offered(99, 2, time.Minute)},
			remaining: 99, ends: 61 * time.Second,
		},
		"late word of a new window": {
			answers: []offer{offered(0, 1, time.Second), offered(99, 2, time.Minute)}, late: true,
			remaining: 99, ends: 61 * time.Second,
		},
		"late word of an old window": {
			answers: []offer{offered(99, 2, time.Minute), offered(0, 1, 0)}, late: true,
			remaining: 99, ends: 61 * time.Second,
		},
		"an end that was wrong is mended": {
			answers:   []offer{offered(0, 9, 9*time.Minute), offered(99, 1, time.Minute)},
			remaining: 99, ends: 61 * time.Second,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := window{share: 1}
			early := w.send(now)
			for _, o := range test.answers {
				s := early
				if !test.late {
					s = w.send(now)
				}
				w.settle(&s)
				w.learn(o, s, false)
			}
			require.Equal(t, test.remaining, w.remaining)
			require.Equal(t, test.ends, w.ends.Sub(now))
		})
	}
}

func TestWindow_Room(t *testing.T) {
	t.Parallel()
	now := time.Now()
	for name, test := range map[string]struct {
		window window
		want   int
	}{
		"nothing known":                  {window{}, probes},
		"nothing known, one on its way":  {window{pending: 1, since: now}, probes - 1},
		"the first ones are slow":        {window{pending: probes, since: now.Add(-3 * probation)}, 3 * probes},
		"a new window is presumed":       {window{limit: 100, remaining: 100}, probes},
		"a small one":                    {window{limit: 1, remaining: 1}, 1},
		"half of what is left":           {window{limit: 100, remaining: 60, own: 40, confirmed: true}, 30},
		"pending calls are taken off":    {window{limit: 100, remaining: 60, own: 40, pending: 10, confirmed: true}, 20},
		"it grows with the answers":      {window{limit: 100, remaining: 98, own: 2, confirmed: true}, probes + 2},
		"others use three quarters":      {window{limit: 100, remaining: 60, own: 10, confirmed: true}, 7},
		"the last call":                  {window{limit: 100, remaining: 1, own: 99, confirmed: true}, 1},
		"the last call, others about":    {window{limit: 100, remaining: 1, own: 1, confirmed: true}, 1},
		"the last call is on its way":    {window{limit: 100, remaining: 1, own: 99, pending: 1, confirmed: true}, 0},
		"none":                           {window{limit: 100, own: 100, confirmed: true}, 0},
		"our share of it":                {window{limit: 100, remaining: 70, own: 30, share: 0.5, confirmed: true}, 10},
		"our share is used up":           {window{limit: 100, remaining: 50, own: 50, share: 0.5, confirmed: true}, 0},
		"a share of nearly nothing":      {window{limit: 100, remaining: 100, share: 1e-9}, 1},
		"its end has come":               {window{limit: 100, own: 100, confirmed: true, ends: now}, probes},
		"what was sent before it, is it": {window{limit: 100, own: 90, pending: 9, confirmed: true, ends: now}, probes},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := test.window
			if w.share == 0 {
				w.share = 1
			}
			if w.ends.IsZero() {
				w.ends = now.Add(time.Minute)
			}
			require.Equal(t, test.want, w.room(now))
		})
	}
}

func TestWindow_AnswersOfTheLastWindowAreNotPendingInThis(t *testing.T) {
	t.Parallel()
	now := time.Now()
	w := window{share: 1}
	old, slow := w.send(now), w.send(now)
	w.settle(&old)
	w.learn(offer{limit: 10, remaining: 9, reset: 1, ends: now}, old, false)
	require.Equal(t, probes, w.room(now))
	fresh := w.send(now)
	w.settle(&slow)
	w.settle(&slow)
	require.Equal(t, 1, w.pending)
	w.settle(&fresh)
	require.Zero(t, w.pending)
}

func TestWindow_WaitIsNeverTooLong(t *testing.T) {
	t.Parallel()
	now := time.Now()
	full := window{
		share: 1, limit: 10, remaining: 2, own: 8, pending: 1, confirmed: true,
		length: time.Minute, ends: now.Add(20 * time.Second),
	}
	for ahead, want := range map[int]time.Duration{
		0: 0, 1: 20 * time.Second, 10: 20 * time.Second, 11: 80 * time.Second, 20: 80 * time.Second, 21: 140 * time.Second,
	} {
		require.Equal(t, want, full.wait(now, ahead), "%d ahead", ahead)
	}
	presumed := window{share: 1, limit: 10, remaining: 10, length: time.Minute}
	require.Zero(t, presumed.wait(now, 9))
	require.Zero(t, presumed.wait(now, 19))
	require.Equal(t, time.Minute, presumed.wait(now, 20))
	unknown := window{share: 1}
	require.Zero(t, unknown.wait(now, 1000))
}
