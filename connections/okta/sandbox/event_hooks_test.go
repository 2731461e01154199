package sandbox

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// hookBody is a hook for creations and deactivations of users.
func hookBody(name, uri string) map[string]any {
	return map[string]any{
		"name": name,
		"events": map[string]any{
			"type": "EVENT_TYPE", "items": []string{"user.lifecycle.create", "user.lifecycle.deactivate"},
		},
		"channel": map[string]any{"type": "HTTP", "version": "1.0.0", "config": map[string]any{
			"uri": uri, "headers": []any{map[string]any{"key": "X-Tenant", "value": "north"}},
			"authScheme": map[string]any{"type": "HEADER", "key": "Authorization", "value": "hook-secret"},
		}},
	}
}

// receiver is the other end of a hook: it answers what reply says and keeps the requests.
type receiver struct {
	mu       sync.Mutex
	requests []*http.Request
	bodies   []string
	reply    func(http.ResponseWriter, *http.Request)
}

func (r *receiver) RoundTrip(request *http.Request) (*http.Response, error) {
	body := ""
	if request.Body != nil {
		raw, err := io.ReadAll(request.Body)
		if err != nil {
			return nil, err
		}
		body = string(raw)
	}
	r.mu.Lock()
	r.requests, r.bodies = append(r.requests, request), append(r.bodies, body)
	r.mu.Unlock()
	w := httptest.NewRecorder()
	r.reply(w, request)
	if err := request.Context().Err(); err != nil {
		return nil, err
	}
	return w.Result(), nil
}

// echo repeats the challenge, and takes deliveries.
func echo(w http.ResponseWriter, r *http.Request) {
	_ = json.NewEncoder(w).Encode(map[string]string{"verification": r.Header.Get("X-Okta-Verification-Challenge")})
}

func says(status int, body string) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", "/")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func TestEventHook_Life(t *testing.T) {
	to := &receiver{reply: echo}
	f := newFixture(t, Options{Transport: to})
	created := f.do("POST", "/api/v1/eventHooks", hookBody("north", "https://hooks.example/north"))
	require.NotContains(t, string(created.body), "hook-secret")
	h := created.ok()
	require.Equal(t, "ACTIVE", h["status"])
	require.Equal(t, "UNVERIFIED", h["verificationStatus"])
	require.Equal(t, "POST", at(h, "channel.config.method"))
	require.Equal(t, f.org.admin, h["createdBy"])
	path := "/api/v1/eventHooks/" + h["id"].(string)

	require.Equal(t, "VERIFIED", f.do("POST", path+"/lifecycle/verify", nil).ok()["verificationStatus"])
	require.Len(t, to.requests, 1)
	challenge := to.requests[0]
	require.Equal(t, "GET", challenge.Method)
	require.NotEmpty(t, challenge.Header.Get("X-Okta-Verification-Challenge"))
	require.Empty(t, challenge.Header.Get("Authorization"), "the challenge carries no secret")

	f.do("DELETE", path, nil).refused(400, "E0000001")
	inactive := f.do("POST", path+"/lifecycle/deactivate", nil).ok()
	require.Equal(t, "INACTIVE", inactive["status"])
	require.Contains(t, inactive["_links"], "delete")
	require.Equal(t, "VERIFIED", f.do("POST", path+"/lifecycle/activate", nil).ok()["verificationStatus"])

	same := f.do("PUT", path, hookBody("north 2", "https://hooks.example/north")).ok()
	require.Equal(t, "VERIFIED", same["verificationStatus"], "the channel is the same")
	moved := f.do("PUT", path, hookBody("north 2", "https://hooks.example/elsewhere")).ok()
	require.Equal(t, "UNVERIFIED", moved["verificationStatus"])

	f.do("POST", path+"/lifecycle/deactivate", nil).ok()
	f.do("DELETE", path, nil).nothing()
	require.Contains(t, string(f.get(path).body), "(Webhook)")
	require.Empty(t, f.get("/api/v1/eventHooks").list())
}

func TestEventHook_Refused(t *testing.T) {
	f := newFixture(t, Options{})
	f.do("POST", "/api/v1/eventHooks", hookBody("north", "https://hooks.example/north")).ok()
	f.do("POST", "/api/v1/eventHooks", hookBody("local", "http://127.0.0.1:1/hook")).ok()
	change := func(edit func(body, events, channel, config map[string]any)) map[string]any {
		body := hookBody("south", "https://hooks.example/south")
		channel := body["channel"].(map[string]any)
		edit(body, body["events"].(map[string]any), channel, channel["config"].(map[string]any))
		return body
	}
	type m = map[string]any
	many := make([]string, 301)
	for i := range many {
		many[i] = "user.lifecycle.create"
	}
	for name, body := range map[string]m{
		"name taken":    change(func(body, _, _, _ m) { body["name"] = "north" }),
		"no name":       change(func(body, _, _, _ m) { delete(body, "name") }),
		"name too long": change(func(body, _, _, _ m) { body["name"] = strings.Repeat("n", 256) }),
		"http":          change(func(_, _, _, config m) { config["uri"] = "http://hooks.example/" }),
		"no address":    change(func(_, _, _, config m) { delete(config, "uri") }),
		"no items":      change(func(_, events, _, _ m) { events["items"] = []string{} }),
		"too many":      change(func(_, events, _, _ m) { events["items"] = many }),
		"not eligible":  change(func(_, events, _, _ m) { events["items"] = []string{"user.lifecycle.delete.completed"} }),
		"events type":   change(func(_, events, _, _ m) { events["type"] = "FLOW" }),
		"channel type":  change(func(_, _, channel, _ m) { channel["type"] = "SMS" }),
		"version":       change(func(_, _, channel, _ m) { delete(channel, "version") }),
		"auth type":     change(func(_, _, _, config m) { config["authScheme"] = m{"type": "BASIC", "key": "x"} }),
		"filter of others": change(func(_, events, _, _ m) {
			events["filter"] = m{"type": "EXPRESSION_LANGUAGE", "eventFilterMap": []m{{"event": "group.lifecycle.create"}}}
		}),
	} {
		f.do("POST", "/api/v1/eventHooks", body).refused(400, "E0000001")
		require.Len(t, f.get("/api/v1/eventHooks").list(), 2, name)
	}
	for i := range 23 {
		f.do("POST", "/api/v1/eventHooks", hookBody(fmt.Sprint(i), "https://hooks.example/")).ok()
	}
	f.do("POST", "/api/v1/eventHooks", hookBody("one more", "https://hooks.example/")).refused(400, "E0000001")
}

func TestEventHook_EligibleEvents(t *testing.T) {
	t.Parallel()
	require.Len(t, hookEvents(), 314)
	require.True(t, hookEvents()["user.lifecycle.create"])
	require.False(t, hookEvents()["user.lifecycle.delete.completed"])
}

func TestVerifyEventHook_Fails(t *testing.T) {
	for name, c := range map[string]struct {
		reply func(http.ResponseWriter, *http.Request)
		tries int
		takes time.Duration
		why   string
	}{
		"wrong answer": {says(http.StatusOK, `{"verification":"x"}`), 1, 0, "does not repeat the challenge"},
		"not JSON":     {says(http.StatusOK, "ok"), 1, 0, "is not JSON"},
		"not found":    {says(http.StatusNotFound, ""), 1, 0, "status is 404"},
		"redirect":     {says(http.StatusFound, ""), 1, 0, "status is 302"},
		"unavailable":  {says(http.StatusServiceUnavailable, ""), 2, 0, "status is 503, twice"},
		"no answer yet": {
			func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, 2, 6 * time.Second, "no answer within 3 s",
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				to := &receiver{reply: c.reply}
				f := newSerialFixture(t, Options{Transport: to})
				h := f.do("POST", "/api/v1/eventHooks", hookBody("north", "https://hooks.example/n?key=canary")).ok()
				path := "/api/v1/eventHooks/" + h["id"].(string)
				began := time.Now()
				a := f.do("POST", path+"/lifecycle/verify", nil)
				cause := a.refused(400, "E0000001")
				require.Contains(t, cause, "verification failed")
				require.Contains(t, cause, c.why)
				require.NotContains(t, string(a.body), "canary")
				require.Equal(t, c.takes, time.Since(began))
				require.Len(t, to.requests, c.tries)
				require.Equal(t, "UNVERIFIED", f.get(path).ok()["verificationStatus"])
			})
		})
	}
}

func TestRun_DeliversToVerifiedHooks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		to := &receiver{reply: echo}
		f := newSerialFixture(t, Options{Transport: to})
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- f.org.Run(ctx) }()

		silent := f.do("POST", "/api/v1/eventHooks", hookBody("silent", "https://hooks.example/silent")).ok()
		h := f.do("POST", "/api/v1/eventHooks", hookBody("north", "https://hooks.example/north")).ok()
		f.user("before@example.com", "", nil)
		f.do("POST", "/api/v1/eventHooks/"+h["id"].(string)+"/lifecycle/verify", nil).ok()
		a := f.user("a@example.com", "", nil)
		f.user("b@example.com", "", nil)
		f.do("POST", "/api/v1/users/"+a["id"].(string)+"/lifecycle/deactivate", nil).ok()
		settle(time.Second)

		require.Len(t, to.bodies, 2, "a challenge and one batch")
		r := to.requests[1]
		require.Equal(t, "https://hooks.example/north", r.URL.String())
		require.Equal(t, "hook-secret", r.Header.Get("Authorization"))
		require.Equal(t, "north", r.Header.Get("X-Tenant"))
		require.Equal(t, "application/json", r.Header.Get("Content-Type"))
		var envelope map[string]any
		require.NoError(t, json.Unmarshal([]byte(to.bodies[1]), &envelope))
		require.Equal(t, "com.okta.event_hook", envelope["eventType"])
		require.Equal(t, "1.0", envelope["eventTypeVersion"])
		require.Equal(t, "0.1", envelope["cloudEventsVersion"])
		require.Equal(t, "http://"+testHost+"/api/v1/eventHooks/"+h["id"].(string), envelope["source"])
		require.NotEmpty(t, envelope["eventId"])
		require.Equal(t, []any{"user.lifecycle.create", "user.lifecycle.create", "user.lifecycle.deactivate"},
			at(envelope, "data.events.eventType"), "what happened before it was verified is not told")
		logged := f.get("/api/v1/logs", "filter", `eventType eq "user.lifecycle.deactivate"`).list()[0]
		require.Equal(t, logged, envelope["data"].(map[string]any)["events"].([]any)[2])

		f.do("POST", "/api/v1/eventHooks/"+h["id"].(string)+"/lifecycle/deactivate", nil).ok()
		f.user("after@example.com", "", nil)
		settle(time.Second)
		require.Len(t, to.bodies, 2)
		require.Equal(t, "UNVERIFIED", f.get("/api/v1/eventHooks/" + silent["id"].(string)).ok()["verificationStatus"])
		stop()
		require.NoError(t, <-ended)
	})
}

func TestRun_Retries(t *testing.T) {
	for status, tries := range map[int]int{200: 1, 204: 1, 400: 1, 404: 1, 500: 2, 503: 2} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				to := &receiver{reply: echo}
				f := newSerialFixture(t, Options{Transport: to})
				h := f.do("POST", "/api/v1/eventHooks", hookBody("north", "https://hooks.example/north")).ok()
				f.do("POST", "/api/v1/eventHooks/"+h["id"].(string)+"/lifecycle/verify", nil).ok()
				to.reply = says(status, "")
				ctx, stop := context.WithCancel(t.Context())
				go func() { _ = f.org.Run(ctx) }()
				f.user("a@example.com", "", nil)
				settle(time.Minute)
				require.Len(t, to.bodies, 1+tries)
				for _, body := range to.bodies[2:] {
					require.Equal(t, to.bodies[1], body, "the same again")
				}
				stop()
				synctest.Wait()
			})
		})
	}
}

func TestRun_ASlowHookKeepsNobodyWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		to := &receiver{}
		to.reply = func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "slow") && r.Method == http.MethodPost {
				<-r.Context().Done()
				return
			}
			echo(w, r)
		}
		f := newSerialFixture(t, Options{Transport: to})
		for _, name := range []string{"slow", "quick"} {
			h := f.do("POST", "/api/v1/eventHooks", hookBody(name, "https://hooks.example/"+name)).ok()
			f.do("POST", "/api/v1/eventHooks/"+h["id"].(string)+"/lifecycle/verify", nil).ok()
		}
		ctx, stop := context.WithCancel(t.Context())
		go func() { _ = f.org.Run(ctx) }()
		calls := func(name string) (n int) {
			to.mu.Lock()
			defer to.mu.Unlock()
			for _, r := range to.requests {
				if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, name) {
					n++
				}
			}
			return n
		}
		for i := range 3 {
			f.user(fmt.Sprintf("a%d@example.com", i), "", nil)
			settle(900 * time.Millisecond)
		}
		require.Equal(t, 3, calls("quick"))
		require.Equal(t, 1, calls("slow"))
		settle(time.Minute)
		require.Equal(t, 4, calls("slow"), "two batches, each tried twice")
		stop()
		synctest.Wait()
	})
}

func TestHookConditions(t *testing.T) {
	f := newFixture(t, Options{})
	u := f.user("ada@example.com", "", nil)
	f.do("PUT", f.crew()+"/users/"+u["id"].(string), nil).nothing()
	added := f.org.log.events[len(f.org.log.events)-1]
	for text, want := range map[string]bool{
		`event.target.?[type eq 'UserGroup'].size()>0`:                                                    true,
		`event.target.?[type eq 'UserGroup' && displayName eq 'Crew'].size() > 0`:                         true,
		`event.target.?[type eq 'UserGroup' and displayName eq 'Other'].size()>0`:                         false,
		`event.target.?[type == 'User' || type == 'UserGroup'].size() >= 2`:                               true,
		`event.target.?[type eq 'User'].size() == 2`:                                                      false,
		`event.target.?[type eq 'UserGroup'].size()>0 && event.target.?[displayName eq 'Crew'].size()>0`:  true,
		`event.target.?[type eq 'UserGroup'].size()>0 && event.target.?[displayName eq 'Sales'].size()>0`: false,
		`event.target.?[type eq 'AppUser'].size()>0 || !(event.outcome.result == 'FAILURE')`:              true,
		`event.outcome.result eq 'SUCCESS' and event.actor.type != 'User'`:                                false,
		`event.target.?[displayName eq 'a && b > c'].size() < 1`:                                          true,
		`#5 gt 0`: false,
	} {
		c, ok := parseCondition(text)
		require.True(t, ok, text)
		require.Equal(t, want, c.holds(added), text)
	}
	for _, text := range []string{
		`T(java.lang.Runtime).getRuntime()`, `event.target.?[type].size()>0`, `event.target.?[type eq 'User'].size`, `true`,
		`event.target.![type] eq 'User'`, `target.type eq 'User'`, ``,
	} {
		_, ok := parseCondition(text)
		require.False(t, ok, "what cannot be evaluated lets everything pass: %s", text)
	}

	conditions, causes := hookConditions(hookSubscription{Items: []string{"a"}})
	require.Empty(t, conditions)
	require.Empty(t, causes)
	h := eventHook{events: hookSubscription{Items: []string{"group.user_membership.add"}}}
	require.True(t, h.wants(added))
	c, _ := parseCondition(`event.target.?[type eq 'AppUser'].size()>0`)
	h.conditions = map[string]condition{"group.user_membership.add": c}
	require.False(t, h.wants(added))
}
