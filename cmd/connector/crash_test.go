package main_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/okta-connector/okta-connector/runtime/store/pgtest"
)

var (
	crashFor  = flag.Duration("crash", 4*time.Second, "for how long the crash tests kill processes")
	crashSeed = flag.Uint64("crash.seed", 0, "what the crash tests roll their dice with; 0: something new")
)

// A crashTest compares what happened in an org with what reached the receivers, while connectors are killed.
type crashTest struct {
	t         *testing.T
	chance    *rand.Rand
	org       *org
	since     time.Time // before the org was there
	watched   time.Time // when all subscriptions were
	marker    string    // the first event that no subscription may miss
	receivers map[string]*flakyReceiver
	stop      chan struct{}
	ended     chan error
}

// watched are the subscriptions of a crash test.
var watched = map[string]string{"logs": "newSystemLogs", "joiners": "newUsers", "changes": "updatedUsers"}

// newCrashTest starts an org that lives, and subscribes to it through p.
func newCrashTest(t *testing.T, first func() *process) *crashTest {
	t.Helper()
	seed := *crashSeed
	if seed == 0 {
		seed = rand.Uint64()
	}
	t.Logf("to repeat the dice: -crash.seed %d -crash %s", seed, *crashFor)
	c := &crashTest{
		t: t, chance: rand.New(rand.NewPCG(seed, 1)), since: time.Now(),
		org:       startOrg(t, "--users", "40", "--groups", "4", "--apps", "2", "--log-events", "50", "--activity", "8/s"),
		receivers: map[string]*flakyReceiver{},
		stop:      make(chan struct{}), ended: make(chan error, 1),
	}
	p := first()
	status, answer := p.call(http.MethodPut, "/v1/connections/org", c.org.connection())
	require.Equal(t, http.StatusCreated, status, "%v", answer)
	for id, trigger := range watched {
		r := newFlakyReceiver(t, seed)
		c.receivers[id] = r
		status, answer := p.call(http.MethodPut, "/v1/subscriptions/"+id, map[string]any{
			"trigger": trigger, "connection": "org", "schedule": "@every 1s", "batchSize": 5,
			"deliverTo": map[string]any{"url": r.server.URL, "secret": r.secret},
		})
		require.Equal(t, http.StatusCreated, status, "%v", answer)
	}
	c.marker, c.watched = c.mark(), time.Now()
	live := rand.New(rand.NewPCG(seed, 2))
	go func() { c.ended <- c.org.live(live, c.stop) }()
	return c
}

// mark makes an event to wait for.
func (c *crashTest) mark() string {
	c.t.Helper()
	ids, err := c.org.inject(map[string]any{"eventType": "test.marker"})
	require.NoError(c.t, err)
	return ids[0]
}

// pause lets a random time pass.
func (c *crashTest) pause(most time.Duration) {
	time.Sleep(time.Duration(c.chance.Int64N(int64(most)))) //nolint:forbidigo // processes live in real time
}

// calmDown lets receivers work, and waits until what they held up has arrived.
func (c *crashTest) calmDown() {
	c.t.Helper()
	for _, r := range c.receivers {
		r.calmDown()
	}
	c.goesOn(2 * time.Minute)
}

// goesOn measures how long it takes from now until an event that happens now arrives.
func (c *crashTest) goesOn(within time.Duration) {
	c.t.Helper()
	began, marker := time.Now(), c.mark()
	require.Eventually(c.t, func() bool { return c.receivers["logs"].has(marker) }, within, 20*time.Millisecond)
	c.t.Logf("work went on after %s", time.Since(began).Round(time.Millisecond))
}

// compare ends the org's life, waits until all has arrived, and compares. p is a connector that runs.
func (c *crashTest) compare(p *process) {
	c.t.Helper()
	close(c.stop)
	require.NoError(c.t, <-c.ended)
	last := c.mark()
	events := c.org.log(c.since.Add(-time.Minute))
	at := func(id string) int {
		return slices.IndexFunc(events, func(e loggedEvent) bool { return e.UUID == id })
	}
	from, to := at(c.marker), at(last)
	require.True(c.t, 0 <= from && from < to, "the log holds the markers")
	var logs, joiners []string
	for _, e := range events[from : to+1] {
		logs = append(logs, e.UUID)
		if e.EventType == "user.lifecycle.create" {
			joiners = append(joiners, e.Target[0].ID+":created")
		}
	}
	for _, id := range c.org.created {
		require.Contains(c.t, joiners, id+":created", "the log tells of every user that was made")
	}
	c.compareOne(p, "logs", logs, (*flakyReceiver).has)
	c.compareOne(p, "joiners", joiners, (*flakyReceiver).has)
	c.compareOne(p, "changes", c.changes(), (*flakyReceiver).hasLater)
	c.inOrder("logs", logs)
}

// changes are the updates that polling must see, unless later ones hide them: the last one of each user. One that came within two seconds of
// the user's creation may count as a part of it.
func (c *crashTest) changes() []string {
	c.t.Helper()
	var ids []string
	for path := "/api/v1/users?limit=200"; path != ""; {
		raw, next, err := c.org.call(http.MethodGet, path, nil)
		require.NoError(c.t, err)
		var users []struct {
			ID                   string
			Created, LastUpdated time.Time
		}
		require.NoError(c.t, json.Unmarshal(raw, &users))
		for _, u := range users {
			if u.LastUpdated.After(c.watched) && u.LastUpdated.Sub(u.Created) > 2*time.Second {
				ids = append(ids, u.ID+":updated:"+okta(u.LastUpdated))
			}
		}
		path = next
	}
	return ids
}

// compareOne waits until all that is wanted has reached a subscription's receiver.
func (c *crashTest) compareOne(p *process, id string, want []string, has func(*flakyReceiver, string) bool) {
	c.t.Helper()
	r := c.receivers[id]
	deadline := time.Now().Add(time.Minute)
	missing := want
	for len(missing) > 0 && time.Now().Before(deadline) {
		missing = slices.DeleteFunc(slices.Clone(missing), func(id string) bool { return has(r, id) })
		time.Sleep(20 * time.Millisecond) //nolint:forbidigo // processes live in real time
	}
	if len(missing) > 0 {
		_, state := p.call(http.MethodGet, "/v1/subscriptions/"+id, nil)
		delete(state, "cursor")
		c.t.Logf("%s: %v", id, state)
	}
	require.Empty(c.t, missing, "lost by %s", id)
	first, repeated := r.arrived()
	require.Empty(c.t, r.problems)
	require.Equal(c.t, c.stored(p, id)[:len(first)], first, "%s: what was stored, in its order, is what arrived", id)
	c.t.Logf("%s: %d events arrived, %d of them again", id, len(first), repeated)
}

// stored pulls the events of a subscription.
func (c *crashTest) stored(p *process, id string) []string {
	c.t.Helper()
	var ids []string
	for path := "/v1/subscriptions/" + id + "/events?limit=200"; ; {
		status, answer := p.call(http.MethodGet, path, nil)
		require.Equal(c.t, http.StatusOK, status, "%v", answer)
		items := answer["items"].([]any)
		if len(items) == 0 {
			return ids
		}
		for _, item := range items {
			ids = append(ids, item.(map[string]any)["id"].(string))
		}
		path = fmt.Sprintf("/v1/subscriptions/%s/events?limit=200&after=%s", id, answer["nextCursor"])
	}
}

// inOrder requires that the events first arrived in this order.
func (c *crashTest) inOrder(id string, want []string) {
	c.t.Helper()
	first, _ := c.receivers[id].arrived()
	from := slices.Index(first, want[0])
	require.Equal(c.t, want, first[from:from+len(want)], "%s: Okta's order", id)
}

// TestCrash kills the only connector at random moments, and starts it again on the same SQLite file.
func TestCrash(t *testing.T) {
	t.Parallel()
	database := "sqlite:" + filepath.Join(t.TempDir(), "connector.db")
	restart := func() *process { return serve(t, nil, "--dev", "--database", database) }
	var p *process
	c := newCrashTest(t, func() *process { p = restart(); return p })
	kills := 0
	for deadline := time.Now().Add(*crashFor); time.Now().Before(deadline); kills++ {
		c.pause(1500 * time.Millisecond)
		p.kill()
		p = restart()
	}
	c.calmDown()
	p.kill()
	p = restart()
	c.goesOn(10 * time.Second)
	c.compare(p)
	t.Logf("killed %d times", kills+1)
	p.stop()
}

// TestCrash_Replicas does so with three on one PostgreSQL: one is frozen for longer than its claims last, and of the
// two others a random one is killed, or frozen for a moment.
func TestCrash_Replicas(t *testing.T) {
	t.Parallel()
	database := pgtest.URL(t)
	all := replicas(t, database, 3)
	c := newCrashTest(t, func() *process { return all[0] })
	c.pause(time.Second)
	thaw := all[0].freeze()
	thawAt := time.Now().Add(frozenFor)
	hits := 0
	for deadline := time.Now().Add(*crashFor); time.Now().Before(deadline); hits++ {
		c.pause(1500 * time.Millisecond)
		if time.Now().After(thawAt) {
			thaw()
			c.pause(2 * time.Second)
			thaw, thawAt = all[0].freeze(), time.Now().Add(frozenFor)
		}
		victim := 1 + c.chance.IntN(2)
		if c.chance.IntN(2) == 0 {
			wake := all[victim].freeze()
			c.pause(1500 * time.Millisecond)
			wake()
			continue
		}
		all[victim].kill()
		all[victim] = replicas(t, database, 1)[0]
	}
	c.calmDown()
	all[1].kill()
	c.goesOn(25 * time.Second) // on the third, once the claims of the killed one have ended
	thaw()
	c.compare(all[2])
	t.Logf("killed or frozen %d times", hits+2)
}

// frozenFor is longer than a claim lasts.
const frozenFor = 11 * time.Second

// freeze stops the process until thaw is called: it keeps what it holds and does not learn that time passes.
func (p *process) freeze() (thaw func()) {
	p.t.Helper()
	require.NoError(p.t, p.cmd.Process.Signal(syscall.SIGSTOP))
	return func() {
		p.t.Helper()
		require.NoError(p.t, p.cmd.Process.Signal(syscall.SIGCONT))
	}
}
