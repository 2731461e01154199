package sandbox

import (
	"maps"
	"sync"
	"time"
)

// replays remembers what may be used only once, for as long as it could be used at all. The zero value is ready.
type replays struct {
	mu    sync.Mutex
	until map[string]time.Time
	swept time.Time
}

// first reports whether id is met for the first time. It is forgotten after until.
func (p *replays) first(id string, until time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	if now.Sub(p.swept) > time.Minute {
		p.swept = now
		maps.DeleteFunc(p.until, func(_ string, until time.Time) bool { return now.After(until) })
	}
	if _, used := p.until[id]; used {
		return false
	}
	if p.until == nil {
		p.until = map[string]time.Time{}
	}
	p.until[id] = until
	return true
}
