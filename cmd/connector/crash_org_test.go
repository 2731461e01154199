package main_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"regexp"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// An org is a sandbox in a process of its own, which outlives the connectors that are killed.
type org struct {
	t     *testing.T
	url   string
	token string

	mu      sync.Mutex
	created []string // ids of the users that the test made
}

// startOrg starts a small org whose people work by themselves.
func startOrg(t *testing.T, args ...string) *org {
	t.Helper()
	p := start(t, nil, append([]string{"sandbox", "--addr", "127.0.0.1:0", "--limits", "none"}, args...)...)
	var line struct{ URL, APIToken string }
	require.NoError(t, json.Unmarshal([]byte(p.read(`\{.*\}`)), &line))
	return &org{t: t, url: line.URL, token: line.APIToken}
}

// connection is the body of PUT /v1/connections/{name} that leads to the org.
func (o *org) connection() map[string]any {
	return map[string]any{"key": "apiToken", "inputs": map[string]any{"oktaDomain": o.url, "apiToken": o.token}}
}

// call calls the org as an administrator and returns its answer and the address of the next page.
func (o *org) call(method, path string, body any) (answer []byte, next string, err error) {
	raw, err := json.Marshal(body)
	if err != nil {
		return nil, "", err
	}
	target := o.url + path
	if u, err := url.Parse(path); err == nil && u.IsAbs() {
		target = path
	}
	req, err := http.NewRequestWithContext(o.t.Context(), method, target, bytes.NewReader(raw))
	if err != nil {
		return nil, "", err
	}
	req.Header.Set("Authorization", "SSWS "+o.token)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, "", err
	}
	defer res.Body.Close()
	answer, err = io.ReadAll(res.Body)
	if err == nil && res.StatusCode/100 != 2 {
		err = fmt.Errorf("%s %s: %d %s", method, path, res.StatusCode, answer)
	}
	for _, link := range res.Header.Values("Link") {
		if found := nextLink.FindStringSubmatch(link); found != nil {
			next = found[1]
		}
	}
	return answer, next, err
}

var nextLink = regexp.MustCompile(`<([^>]+)>; rel="next"`)

// A loggedEvent is what the comparison needs of an event of the System Log.
type loggedEvent struct {
	UUID, EventType string
	Target          []struct{ ID string }
}

// log reads all events that became known since a time, in the order of storage.
func (o *org) log(since time.Time) []loggedEvent {
	o.t.Helper()
	var events []loggedEvent
	path := "/api/v1/logs?limit=1000&sortOrder=ASCENDING&since=" + since.UTC().Format("2006-01-02T15:04:05.000Z")
	for {
		raw, next, err := o.call(http.MethodGet, path, nil)
		require.NoError(o.t, err)
		var page []loggedEvent
		require.NoError(o.t, json.Unmarshal(raw, &page))
		if len(page) == 0 {
			return events
		}
		events, path = append(events, page...), next
	}
}

// inject puts events into the System Log and returns their uuids.
func (o *org) inject(events ...map[string]any) ([]string, error) {
	raw, _, err := o.call(http.MethodPost, "/_sandbox/logs", events)
	if err != nil {
		return nil, err
	}
	var stored []loggedEvent
	if err := json.Unmarshal(raw, &stored); err != nil {
		return nil, err
	}
	ids := make([]string, len(stored))
	for i, e := range stored {
		ids[i] = e.UUID
	}
	return ids, nil
}

// createUser makes a user through the API.
func (o *org) createUser(login string) error {
	raw, _, err := o.call(http.MethodPost, "/api/v1/users?activate=true", map[string]any{"profile": map[string]any{
		"login": login, "email": login, "firstName": "Crash", "lastName": "Test",
	}})
	if err != nil {
		return err
	}
	var user struct{ ID string }
	if err := json.Unmarshal(raw, &user); err != nil {
		return err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.created = append(o.created, user.ID)
	return nil
}

// live makes things happen until stop is closed: events that Okta stores late, events of the same millisecond, and
// crowds of users. What happens when depends on chance alone.
func (o *org) live(chance *rand.Rand, stop <-chan struct{}) error {
	for n := 0; ; n++ {
		select {
		case <-stop:
			return nil
		case <-time.After(time.Duration(chance.IntN(150)) * time.Millisecond):
		}
		var err error
		switch chance.IntN(4) {
		case 0:
			late := time.Now().Add(-time.Duration(chance.IntN(3600)) * time.Second)
			_, err = o.inject(map[string]any{"eventType": "test.late", "published": okta(late)})
		case 1:
			same := make([]map[string]any, 1+chance.IntN(20))
			at := okta(time.Now())
			for i := range same {
				same[i] = map[string]any{"eventType": "test.same", "published": at}
			}
			_, err = o.inject(same...)
		default:
			for i := range 1 + chance.IntN(6) {
				if err = o.createUser(fmt.Sprintf("crash-%d-%d@example.com", n, i)); err != nil {
					break
				}
			}
		}
		if err != nil {
			return err
		}
	}
}

// okta writes a time as Okta does.
func okta(at time.Time) string { return at.UTC().Format("2006-01-02T15:04:05.000Z") }
