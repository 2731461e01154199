package main_test

import (
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/okta-connector/okta-connector/runtime"
)

// A flakyReceiver fails at random, in all the ways a receiver can, and remembers what reached it.
type flakyReceiver struct {
	server *httptest.Server
	secret string

	mu       sync.Mutex
	chance   *rand.Rand
	calm     bool              // it does not fail any more
	first    []string          // ids, in the order in which they first came
	seen     map[string]int    // how often each id came
	batches  map[string]string // the ids in each delivery, by its webhook-id
	problems []string          // what no delivery may be
}

func newFlakyReceiver(t *testing.T, seed uint64) *flakyReceiver {
	t.Helper()
	r := &flakyReceiver{
		secret: runtime.NewWebhookSecret(), chance: rand.New(rand.NewPCG(seed, 0)),
		seen: map[string]int{}, batches: map[string]string{},
	}
	r.server = httptest.NewServer(r)
	t.Cleanup(r.server.Close)
	return r
}

func (r *flakyReceiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return // its sender was killed
	}
	switch fate := r.roll(); {
	case fate < 8:
		w.WriteHeader(http.StatusServiceUnavailable)
	case fate < 14:
		panic(http.ErrAbortHandler)
	case fate < 20: // taken, but the sender does not learn of it
		r.take(req.Header, body)
		panic(http.ErrAbortHandler)
	case fate < 26:
		r.take(req.Header, body)
		w.WriteHeader(http.StatusInternalServerError)
	case fate < 40:
		r.take(req.Header, body)
		time.Sleep(time.Duration(fate) * 10 * time.Millisecond) //nolint:forbidigo // a slow receiver
	default:
		r.take(req.Header, body)
		w.WriteHeader(http.StatusNoContent)
	}
}

func (r *flakyReceiver) roll() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.calm {
		return 100
	}
	return r.chance.IntN(100)
}

func (r *flakyReceiver) calmDown() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calm = true
}

func (r *flakyReceiver) take(header http.Header, body []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	id := header.Get("webhook-id")
	at, _ := strconv.ParseInt(header.Get("webhook-timestamp"), 10, 64) // a bad one does not verify
	if want, err := runtime.Sign(r.secret, id, time.Unix(at, 0), body); err != nil || want != header.Get("webhook-signature") {
		r.problems = append(r.problems, "the signature of "+id+" does not hold")
	}
	var batch []struct {
		ID   string
		Type string
		Data struct{ ID, UUID string }
	}
	if err := json.Unmarshal(body, &batch); err != nil {
		r.problems = append(r.problems, err.Error())
	}
	ids := make([]string, len(batch))
	for i, e := range batch {
		ids[i] = e.ID
		if r.seen[e.ID]++; r.seen[e.ID] == 1 {
			r.first = append(r.first, e.ID)
		}
		if object := e.Data.UUID + e.Data.ID; !strings.HasPrefix(e.ID, object) {
			r.problems = append(r.problems, fmt.Sprintf("event %s is about %s", e.ID, object))
		}
	}
	joined := strings.Join(ids, " ")
	if before, known := r.batches[id]; known && before != joined {
		r.problems = append(r.problems, "delivery "+id+" came with other events")
	}
	r.batches[id] = joined
}

// has reports whether an event has come.
func (r *flakyReceiver) has(id string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.seen[id] > 0
}

// hasLater reports whether an update of a user has come, or a later one of the same user.
func (r *flakyReceiver) hasLater(id string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	user, _, _ := strings.Cut(id, ":")
	return slices.ContainsFunc(r.first, func(have string) bool { return strings.HasPrefix(have, user) && have >= id })
}

// arrived returns the ids in the order in which they first came, and how many deliveries repeated some of them.
func (r *flakyReceiver) arrived() (first []string, repeated int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, n := range r.seen {
		repeated += n - 1
	}
	return slices.Clone(r.first), repeated
}
