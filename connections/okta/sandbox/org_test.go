package sandbox

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestNew_IsQuick(t *testing.T) {
	began := time.Now()
	_, err := New(DefaultOptions())
	require.NoError(t, err)
	t.Log(time.Since(began))
	began = time.Now()
	_, err = New(Options{Users: 100_000, Groups: 20, Apps: 8, LogEvents: 1000})
	require.NoError(t, err)
	t.Log(time.Since(began))
}

func TestSmoke(t *testing.T) {
	f := newFixture(t, DefaultOptions())
	u := f.user("ada@example.com", "", nil)
	t.Log(u)
	items, pages := f.all("/api/v1/users?limit=50")
	t.Log(len(items), pages)
	t.Log(f.get("/api/v1/groups").link("self"), string(f.get("/api/v1/users", "limit", "1").body))
	t.Log(f.get("/api/v1/apps").list()[0])
	t.Log(f.get("/api/v1/realms").header)
	t.Log(len(f.events()))
}
