package sandbox

import (
	"net/http"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestBucketOf(t *testing.T) {
	t.Parallel()
	for path, want := range map[[2]string]bucket{
		{"GET", "/api/v1/apps"}:                              bucketApps,
		{"GET", "/api/v1/apps/{id}/users"}:                   bucketApps,
		{"GET", "/api/v1/apps/{id}"}:                         bucketApp,
		{"GET", "/api/v1/groups"}:                            bucketGroups,
		{"PUT", "/api/v1/groups/{id}/users/{userId}"}:        bucketGroups,
		{"PUT", "/api/v1/groups/{id}"}:                       bucketGroup,
		{"POST", "/api/v1/users"}:                            bucketUsers,
		{"GET", "/api/v1/users/{id}"}:                        bucketUser,
		{"DELETE", "/api/v1/users/{id}"}:                     bucketChange,
		{"POST", "/api/v1/users/{id}/lifecycle/activate"}:    bucketOther,
		{"GET", "/api/v1/users/{id}/groups"}:                 bucketOther,
		{"GET", "/api/v1/logs"}:                              bucketLogs,
		{"GET", "/api/v1/meta/types/user"}:                   bucketOther,
		{"POST", "/api/v1/eventHooks/{id}/lifecycle/verify"}: bucketOther,
	} {
		require.Equal(t, want, bucketOf(path[0], path[1]), path)
	}
	for _, op := range operations {
		require.Contains(t, published, bucketOf(op.method, op.path))
	}
}

func TestLimits_WindowsOfTheirOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newSerialFixture(t, Options{Limits: "okta"})
		remaining := func(a answer) string { return a.header.Get("X-Rate-Limit-Remaining") }
		settle(300 * time.Millisecond)
		first := f.get("/api/v1/logs")
		require.Equal(t, "120", first.header.Get("X-Rate-Limit-Limit"))
		require.Equal(t, "119", remaining(first))
		reset, err := strconv.ParseInt(first.header.Get("X-Rate-Limit-Reset"), 10, 64)
		require.NoError(t, err)
		require.Equal(t, time.Now().Add(time.Minute).Truncate(time.Second).Unix()+1, reset)
		require.Equal(t, "599", remaining(f.get("/api/v1/users")), "another bucket")
		for range 119 {
			f.get("/api/v1/logs").list()
		}
		refused := f.get("/api/v1/logs")
		refused.refused(429, "E0000047")
		require.Equal(t, "0", remaining(refused))
		require.Equal(t, "120", refused.header.Get("X-Rate-Limit-Limit"))
		require.Empty(t, refused.header.Get("Retry-After"))
		require.Equal(t, first.header.Get("X-Rate-Limit-Reset"), refused.header.Get("X-Rate-Limit-Reset"))

		date, err := http.ParseTime(refused.header.Get("Date"))
		require.NoError(t, err)
		settle(time.Unix(reset, 0).Sub(date) - time.Second)
		f.get("/api/v1/logs").refused(429, "E0000047")
		settle(time.Second)
		require.Equal(t, "119", remaining(f.get("/api/v1/logs")), "Reset by Date is late enough")
	})
}

func TestLimits_HeadersOnRefusalsToo(t *testing.T) {
	f := newFixture(t, Options{})
	a := f.do("GET", "/api/v1/users", nil, func(r *http.Request) { r.Header.Del("Authorization") })
	a.refused(401, "E0000011")
	require.Equal(t, "2000", a.header.Get("X-Rate-Limit-Limit"))
}

func TestLimits_CanBeSet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newSerialFixture(t, Options{})
		f.do("POST", "/_sandbox/limits", `{"limits":{"/api/v1/users":2},"window":"2s"}`).nothing()
		f.get("/api/v1/users").list()
		f.get("/api/v1/users").list()
		f.get("/api/v1/users").refused(429, "E0000047")
		settle(2 * time.Second)
		f.get("/api/v1/users").list()
		f.do("POST", "/_sandbox/limits", `{"limits":{"/nowhere":2}}`).refused(400, "E0000003")
		f.do("POST", "/_sandbox/limits", `{"window":"soon"}`).refused(400, "E0000003")
		f.do("POST", "/_sandbox/reset", nil).nothing()
		require.Equal(t, "2000", f.get("/api/v1/users").header.Get("X-Rate-Limit-Limit"))
	})
}

func TestNew_Options(t *testing.T) {
	t.Parallel()
	for field, options := range map[string]Options{
		"Users": {Users: -1}, "Groups": {Groups: -1}, "Apps": {Apps: -1}, "LogEvents": {LogEvents: -1},
		"Activity": {Activity: -1}, "SearchLag": {SearchLag: -1}, "Limits": {Limits: "few"},
	} {
		_, err := New(options)
		require.ErrorContains(t, err, field)
	}
}
