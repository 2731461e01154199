package sandbox

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// fault makes requests fail that would have been answered.
type fault struct {
	Method      string          `json:"method"`      // empty: any
	Path        string          `json:"path"`        // exact; {x}: any segment; * or / at the end: all below; empty: any
	Status      int             `json:"status"`      // of the answer; 0: as without the fault, only later
	Times       int             `json:"times"`       // how many requests it hits; 0 is 1, negative is all
	ResetAfter  float64         `json:"resetAfter"`  // of a 429: seconds until X-Rate-Limit-Reset
	Concurrency bool            `json:"concurrency"` // a 429 of the concurrency limit: Limit 0, Remaining 0
	Delay       string          `json:"delay"`       // before anything else, as Go writes a duration
	Drop        bool            `json:"drop"`        // the connection is cut without an answer
	Processed   bool            `json:"processed"`   // with drop or a status: the request takes effect all the same
	Body        json.RawMessage `json:"body"`        // of the answer; a string is sent as text; absent: Okta's envelope

	delay time.Duration
}

// faults are tried in the order in which they were asked for.
type faults struct {
	mu   sync.Mutex
	list []*fault
}

func (f *faults) add(one fault) error {
	if one.Delay != "" {
		var err error
		if one.delay, err = time.ParseDuration(one.Delay); err != nil {
			return fmt.Errorf("delay: %w", err)
		}
	}
	if one.Status != 0 && (one.Status < 200 || one.Status > 599) {
		return fmt.Errorf("status: %d is not the status of an answer", one.Status)
	}
	one.Times = max(one.Times, -1)
	if one.Times == 0 {
		one.Times = 1
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.list = append(f.list, &one)
	return nil
}

func (f *faults) clear() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.list = nil
}

// take returns the first fault that r meets, nil for none, and counts it.
func (f *faults) take(r *http.Request) *fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i, one := range f.list {
		if !one.meets(r) {
			continue
		}
		if one.Times--; one.Times == 0 {
			f.list = append(f.list[:i:i], f.list[i+1:]...)
		}
		return one
	}
	return nil
}

func (f *fault) meets(r *http.Request) bool {
	if f.Method != "" && !strings.EqualFold(f.Method, r.Method) {
		return false
	}
	below := strings.TrimSuffix(f.Path, "*")
	if f.Path == "" || f.Path == r.URL.Path ||
		strings.HasSuffix(below, "/") && strings.HasPrefix(r.URL.Path, below) {
		return true
	}
	pattern, segments := strings.Split(f.Path, "/"), strings.Split(r.URL.EscapedPath(), "/")
	if len(pattern) != len(segments) || !strings.Contains(f.Path, "{") {
		return false
	}
	for i, p := range pattern {
		if p != segments[i] && !strings.HasPrefix(p, "{") {
			return false
		}
	}
	return true
}

// misbehave does what f says and reports whether the request has been answered with that.
func (o *Org) misbehave(f *fault, w http.ResponseWriter, r *http.Request) bool {
	if f.delay > 0 {
		timer := time.NewTimer(f.delay)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-r.Context().Done():
			panic(http.ErrAbortHandler)
		}
	}
	if f.Processed && (f.Drop || f.Status != 0) {
		o.answer(unheard{w.Header().Clone()}, r)
	}
	switch {
	case f.Drop:
		panic(http.ErrAbortHandler) // net/http cuts the connection and says nothing about it
	case f.Status == 0:
		return false
	}
	_ = o.limiter.take(bucketOf(r.Method, r.URL.Path), w.Header()) // a call like any other
	f.answer(w)
	return true
}

func (f *fault) answer(w http.ResponseWriter) {
	if f.Status == http.StatusTooManyRequests {
		limit := "600"
		if f.Concurrency {
			limit = "0"
		}
		reset := time.Now().Unix() + int64(math.Ceil(f.ResetAfter))
		w.Header().Set("X-Rate-Limit-Limit", limit)
		w.Header().Set("X-Rate-Limit-Remaining", "0")
		w.Header().Set("X-Rate-Limit-Reset", strconv.FormatInt(reset, 10))
	}
	if f.Body == nil && f.Status < 400 {
		w.WriteHeader(f.Status)
		return
	}
	if f.Body == nil {
		f.refusal().write(w, errorID())
		return
	}
	body, kind := []byte(f.Body), "application/json"
	var text string
	if json.Unmarshal(f.Body, &text) == nil {
		body, kind = []byte(text), "text/html"
	}
	w.Header().Set("Content-Type", kind)
	w.WriteHeader(f.Status)
	_, _ = w.Write(body)
}

// refusal is what Okta says with f's status.
func (f *fault) refusal() *apiError {
	refusals := map[int]*apiError{
		400: invalid("sandbox", "A fault was asked for."),
		401: invalidAPIToken(),
		403: forbidden(),
		404: notFound("sandbox", "Fault"),
		405: wrongMethod(),
		409: stillActivating(),
		429: tooManyRequests(),
		503: refuse(503, "E0000010", "Service is in read only mode")(),
	}
	if refusal, ok := refusals[f.Status]; ok {
		return refusal
	}
	return refuse(f.Status, "E0000009", "Internal Server Error")()
}

// unheard takes the answer to a request whose client gets another one, or none.
type unheard struct{ header http.Header }

func (u unheard) Header() http.Header       { return u.header }
func (unheard) Write(b []byte) (int, error) { return len(b), nil }
func (unheard) WriteHeader(int)             {}
