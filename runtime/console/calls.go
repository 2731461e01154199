package console

import (
	"encoding/json"
	"net/http"
	"sync"

	"github.com/okta-connector/okta-connector/runtime"
)

// calls are those that somebody waits for just now, by who that is and the number that the browser gave the call. They
// only tell how far a call is: that it is made, and stopped, is a matter of its own request.
type calls struct {
	mu      sync.Mutex
	running map[string]*runtime.Progress
}

// begin remembers a call until the function that it returns is called.
func (c *calls) begin(key string, progress *runtime.Progress) (end func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.running == nil {
		c.running = make(map[string]*runtime.Progress)
	}
	c.running[key] = progress
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.running, key)
	}
}

func (c *calls) find(key string) *runtime.Progress {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.running[key]
}

func callKey(r *http.Request, number string) string {
	name := ""
	if caller := runtime.CallerOf(r.Context()); caller != nil {
		name = caller.Name
	}
	return name + " " + number
}

// progress tells a page's script how far a call is: {"pages","items","waitedMs"}, or null once it has ended.
func (c *console) progress(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(c.calls.find(callKey(r, r.PathValue("number")))) // the browser has gone if this fails
}
