package store_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/okta-connector/okta-connector/runtime/store"
)

// victimDatabase makes the test binary a process that is there to be killed.
const victimDatabase = "STORE_TEST_VICTIM_DATABASE"

func TestMain(m *testing.M) {
	url := os.Getenv(victimDatabase)
	if url == "" {
		os.Exit(m.Run())
	}
	if err := victim(context.Background(), url, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// victim commits pages of consecutive events and delivers them, for ever. It writes "committed N" after the commit of
// event N and "sent N" before the outcome of event N's delivery is recorded.
func victim(ctx context.Context, url string, report io.Writer) error {
	sealer, err := store.NewSealer([]byte("0123456789abcdef0123456789abcdef"))
	if err != nil {
		return err
	}
	s, err := store.Open(ctx, url, store.Options{Sealer: sealer, Exclusive: true})
	if err != nil {
		return err
	}
	if err := s.Recover(ctx); err != nil {
		return err
	}
	poll, err := s.ClaimPoll(ctx, "watch", "victim", time.Minute)
	if err != nil {
		return err
	}
	last, err := strconv.Atoi(string(poll.Subscription.Cursor))
	if err != nil {
		return err
	}
	for {
		page := store.Page{}
		for range 1 + rand.IntN(40) {
			last++
			page.Events = append(page.Events, store.Event{ID: strconv.Itoa(last), Data: json.RawMessage(`{}`)})
		}
		page.Cursor = json.RawMessage(strconv.Itoa(last))
		if _, err := s.CommitPage(ctx, poll, page); err != nil {
			return err
		}
		fmt.Fprintln(report, "committed", last)
		shipments, err := s.ClaimDeliveries(ctx, "victim", time.Minute, 1)
		if err != nil {
			return err
		}
		for _, d := range shipments {
			for _, e := range d.Events {
				fmt.Fprintln(report, "sent", e.ID)
			}
			if _, err := s.FinishDelivery(ctx, d, store.Outcome{Delivered: true}); err != nil {
				return err
			}
		}
	}
}

func TestSQLite_KilledAtAnyMomentLosesNothing(t *testing.T) {
	t.Parallel()
	rounds := 12
	if testing.Short() {
		rounds = 3
	}
	url := newFile(t)
	sealer, err := store.NewSealer([]byte("0123456789abcdef0123456789abcdef"))
	require.NoError(t, err)
	reopen := func() *store.Store {
		s, err := store.Open(t.Context(), url, store.Options{Sealer: sealer, Exclusive: true})
		require.NoError(t, err)
		return s
	}
	s := reopen()
	_, err = s.PutConnection(t.Context(), store.Connection{Name: "prod", Inputs: json.RawMessage(`{}`)}, false)
	require.NoError(t, err)
	require.NoError(t, s.CreateSubscription(t.Context(), store.Subscription{
		ID: "watch", Connection: "prod", Inputs: json.RawMessage(`{}`), BatchSize: 25,
		Deliver: &store.Deliver{URL: "http://engine.example"},
	}))
	require.NoError(t, s.Rewind(t.Context(), "watch", json.RawMessage(`0`), "now"))
	require.NoError(t, s.Close())

	sent := map[string]bool{}
	for range rounds {
		committed := kill(t, url, 1+rand.IntN(400), sent)
		s := reopen()
		sub, err := s.Subscription(t.Context(), "watch")
		require.NoError(t, err)
		cursor, err := strconv.Atoi(string(sub.Cursor))
		require.NoError(t, err)
		require.GreaterOrEqual(t, cursor, committed, "what was committed is there")
		events, err := s.Events(t.Context(), "watch", 0, 1_000_000)
		require.NoError(t, err)
		require.Len(t, events, cursor, "the cursor stands behind its events, and nowhere else")
		for i, e := range events {
			require.Equal(t, strconv.Itoa(i+1), e.ID)
			require.EqualValues(t, i+1, e.Seq)
		}
		require.NoError(t, s.Close())
	}

	s = reopen()
	defer s.Close()
	require.NoError(t, s.Recover(t.Context()))
	shipments, err := s.ClaimDeliveries(t.Context(), "heir", time.Minute, 1)
	require.NoError(t, err)
	for len(shipments) > 0 {
		for _, e := range shipments[0].Events {
			sent[e.ID] = true
		}
		next, err := s.FinishDelivery(t.Context(), shipments[0], store.Outcome{Delivered: true, More: true})
		require.NoError(t, err)
		if shipments = shipments[:0]; next != nil {
			shipments = append(shipments, next)
		}
	}
	sub, err := s.Subscription(t.Context(), "watch")
	require.NoError(t, err)
	for n := range int(sub.Counts.Received) {
		require.True(t, sent[strconv.Itoa(n+1)], "event %d was never sent", n+1)
	}
}

// kill starts a victim, kills it after it reported the given number of lines, adds to what was sent, and returns the
// last event that it committed.
func kill(t *testing.T, url string, lines int, sent map[string]bool) (committed int) {
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), victimDatabase+"="+url)
	cmd.Stderr = os.Stderr
	output, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	scanner := bufio.NewScanner(output)
	for n := 0; scanner.Scan(); n++ {
		if n == lines {
			require.NoError(t, cmd.Process.Kill())
		}
		what, id, _ := strings.Cut(scanner.Text(), " ")
		switch number, err := strconv.Atoi(id); {
		case err != nil:
			t.Errorf("report %q", scanner.Text())
		case what == "committed":
			committed = number
		case what == "sent":
			sent[id] = true
		}
	}
	require.Error(t, cmd.Wait(), "the victim ends by nothing but the signal")
	return committed
}
