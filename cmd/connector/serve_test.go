package main_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/okta-connector/okta-connector/runtime"
)

// A receiver takes deliveries, and refuses those whose signature does not hold.
type receiver struct {
	t      testing.TB
	secret string
	server *httptest.Server

	mu    sync.Mutex
	down  bool
	ids   []string
	types []string
}

func newReceiver(t testing.TB) *receiver {
	r := &receiver{t: t, secret: runtime.NewWebhookSecret()}
	r.server = httptest.NewServer(r)
	t.Cleanup(r.server.Close)
	return r
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.down {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return
	}
	var at int64
	_ = json.Unmarshal([]byte(req.Header.Get("webhook-timestamp")), &at) // a bad one does not verify
	want, err := runtime.Sign(r.secret, req.Header.Get("webhook-id"), time.Unix(at, 0), body)
	if err != nil || want != req.Header.Get("webhook-signature") {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	var batch []struct {
		ID   string `json:"id"`
		Type string `json:"type"`
	}
	if json.Unmarshal(body, &batch) != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	for _, e := range batch {
		r.ids, r.types = append(r.ids, e.ID), append(r.types, e.Type)
	}
}

func (r *receiver) setDown(down bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.down = down
}

func (r *receiver) received(id string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := 0
	for _, have := range r.ids {
		if have == id {
			n++
		}
	}
	return n
}

// arrived returns the types of the events, in the order in which they came, each id once.
func (r *receiver) arrived() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var types []string
	for i, id := range r.ids {
		if slices.Index(r.ids, id) == i {
			types = append(types, r.types[i])
		}
	}
	return types
}

func (r *receiver) subscription(trigger string) map[string]any {
	return map[string]any{
		"trigger": trigger, "connection": "sandbox", "schedule": "@every 1s",
		"deliverTo": map[string]any{"url": r.server.URL, "secret": r.secret},
	}
}

func newUser(login string) map[string]any {
	return map[string]any{"connection": "sandbox", "inputs": map[string]any{
		"login": login, "email": login, "firstName": "New", "lastName": "User",
	}}
}

func TestServe_ACreatedUserArrivesAtTheReceiver(t *testing.T) {
	t.Parallel()
	p := serve(t, nil, "--sandbox")
	r := newReceiver(t)
	status, view := p.call(http.MethodPut, "/v1/subscriptions/joiners", r.subscription("newUsers"))
	require.Equal(t, http.StatusCreated, status, "%v", view)
	status, answer := p.call(http.MethodPost, "/v1/actions/createUser/invoke", newUser("new.user@example.com"))
	require.Equal(t, http.StatusOK, status, "%v", answer)
	id := answer["data"].(map[string]any)["id"].(string)
	eventually(t, func() bool { return r.received(id+":created") == 1 })
	require.Equal(t, []string{"com.okta.user.created"}, r.types)
	p.stop()
}

func TestServe_KilledBetweenCommitAndDelivery(t *testing.T) {
	t.Parallel()
	database := "sqlite:" + filepath.Join(t.TempDir(), "connector.db")
	p := serve(t, nil, "--sandbox", "--database", database)
	r := newReceiver(t)
	r.setDown(true)
	status, view := p.call(http.MethodPut, "/v1/subscriptions/joiners", r.subscription("newUsers"))
	require.Equal(t, http.StatusCreated, status, "%v", view)
	_, answer := p.call(http.MethodPost, "/v1/actions/createUser/invoke", newUser("new.user@example.com"))
	id := answer["data"].(map[string]any)["id"].(string)
	eventually(t, func() bool {
		_, view := p.call(http.MethodGet, "/v1/subscriptions/joiners", nil)
		return view["counts"].(map[string]any)["pending"].(float64) == 1
	})
	p.kill()
	r.setDown(false)
	serve(t, nil, "--sandbox", "--database", database)
	eventually(t, func() bool { return r.received(id+":created") == 1 })
}
