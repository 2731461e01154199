package runtime

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/okta-connector/okta-connector/runtime/store"
)

// A replica whose clock is behind the database's would find the minute it has just served before it again.
func TestNextPoll_IsOnTheDatabasesClock(t *testing.T) {
	t.Parallel()
	ended := time.Date(2026, 1, 31, 8, 59, 58, 0, time.UTC)
	next, err := nextPoll(&store.Poll{
		Subscription: store.Subscription{Schedule: "*/20 * * * * *"}, Ahead: 3 * time.Second,
	}, store.Run{EndedAt: ended, Result: store.RunNoChanges}, nil)
	require.NoError(t, err)
	require.Equal(t, time.Date(2026, 1, 31, 9, 0, 20, 0, time.UTC), next)
}
