package runtime_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/okta-connector/okta-connector/runtime"
	"github.com/okta-connector/okta-connector/schemas"
)

func TestSchedule_Next(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	for _, tc := range []struct {
		name, expr, zone, now string
		want                  []string
	}{
		{"five fields", "*/5 * * * *", "", "2026-01-31T09:02:00Z", []string{"2026-01-31T09:05:00Z", "2026-01-31T09:10:00Z"}},
		{"six fields", "*/20 * * * * *", "", "2026-01-31T09:02:01Z", []string{"2026-01-31T09:02:20Z", "2026-01-31T09:02:40Z"}},
		{"every", "@every 30s", "", "2026-01-31T09:02:00Z", []string{"2026-01-31T09:02:30Z", "2026-01-31T09:03:00Z"}},
		{"in a zone", "0 9 * * *", "Europe/Berlin", "2026-01-31T09:00:00Z", []string{"2026-02-01T08:00:00Z"}},
		{"Sunday is 7", "0 9 * * 7", "", "2026-01-31T09:00:00Z", []string{"2026-02-01T09:00:00Z", "2026-02-08T09:00:00Z"}},
		{
			"up to Sunday", "0 0 9 * * 6-7", "", "2026-01-30T09:00:00Z",
			[]string{"2026-01-31T09:00:00Z", "2026-02-01T09:00:00Z", "2026-02-07T09:00:00Z"},
		},
		{"clocks go forward", "0 9 * * *", "Europe/Berlin", "2026-03-28T09:00:00Z", []string{"2026-03-29T07:00:00Z"}},
		{"clocks go back", "0 9 * * *", "Europe/Berlin", "2026-10-24T08:00:00Z", []string{"2026-10-25T08:00:00Z"}},
		{
			"an hour that does not exist", "30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z",
			[]string{"2026-03-30T00:30:00Z"},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s, err := runtime.ParseSchedule(tc.expr, tc.zone)
			require.NoError(t, err)
			at, err := time.Parse(time.RFC3339, tc.now)
			require.NoError(t, err)
			for _, want := range tc.want {
				at = s.Next(at)
				require.Equal(t, want, at.Format(time.RFC3339), "%s", at.In(berlin))
			}
		})
	}
}

func TestSchedule_Refuses(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ expr, zone string }{
		{"", ""},
		{"* * * *", ""},
		{"61 * * * *", ""},
		{"@every 10ms", ""},
		{"0 9 * * 8", ""},
		{"0 9 * * 7-7", ""},
		{"@every x", ""},
		{"@reboot", ""},
		{"0 0 30 2 *", ""},
		{"TZ=UTC * * * * *", ""},
		{"CRON_TZ=UTC * * * * *", ""},
		{"* * * * *", "Mars/Olympus"},
		{"* * * * *", "Local"},
		{"* * * * *", "../etc/passwd"},
	} {
		_, err := runtime.ParseSchedule(tc.expr, tc.zone)
		bad, ok := errors.AsType[schemas.Invalid](err)
		require.True(t, ok, "%q in %q", tc.expr, tc.zone)
		at := "/schedule"
		if tc.zone != "" {
			at = "/timeZone"
			require.NotContains(t, bad[0].Detail, tc.zone)
		}
		require.Equal(t, at, bad[0].Pointer)
	}
}

func TestSchedule_SpreadsSubscriptions(t *testing.T) {
	t.Parallel()
	s, err := runtime.ParseSchedule("*/5 * * * *", "")
	require.NoError(t, err)
	now := time.Date(2026, 1, 31, 9, 2, 0, 0, time.UTC)
	seen := map[time.Time]int{}
	for i := range 1000 {
		id := time.Duration(i).String()
		next := s.Spread(id, now).Next(now)
		require.Equal(t, next, s.Spread(id, now).Next(now), "the same subscription, the same moment")
		require.WithinRange(t, next, now.Add(3*time.Minute), now.Add(3*time.Minute+30*time.Second))
		require.InDelta(t, 5*time.Minute, s.Spread(id, now).Next(next).Sub(next), float64(time.Millisecond))
		seen[next.Truncate(time.Second)]++
	}
	require.Greater(t, len(seen), 25, "they do not fire in the same second")
}
