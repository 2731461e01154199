package console_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// The overview tells what waits for a receiver before it is given up: somebody may still mend that.
func TestOverview_TellsWhatIsOnTheWay(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{})
	v := s.visitor()
	require.Contains(t, v.get("/").body, `<b>0</b><span>events given up</span>`)
	s.subscribe("joiners", map[string]any{"trigger": "newUsers", "deliverTo": map[string]any{"url": "http://127.0.0.1:9/"}})
	s.user()
	_, err := s.engine.PollNow(t.Context(), "joiners") // nothing delivers: the engine does not run
	require.NoError(t, err)
	require.Contains(t, v.get("/").body, `<b>0</b><span>events given up · 1 on the way</span>`)
}
