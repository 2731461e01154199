package runtime

import (
	"sync"
	"time"
)

const (
	// Work that does not move for so long stands still. A page of a thousand log events may take Okta a while.
	pollPatience = 2 * time.Second
	sendPatience = 250 * time.Millisecond

	// Standing work costs little, but not nothing: a renewed claim every few seconds, and a batch in memory.
	maxStanding      = 256
	maxStandingGroup = 16
)

// A place is where a piece of work runs. Work that stands still, because a receiver hangs or an org does not answer,
// leaves its place to others and goes on without one: those who are down do not hold up those who are not.
type place struct {
	in    *dispatcher
	group string
	timer *time.Timer

	mu    sync.Mutex
	left  bool // the place, to others
	ended bool // the work
}

// take occupies the place whose token was taken.
func (d *dispatcher) take(group string) *place {
	p := &place{in: d, group: group}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.timer = time.AfterFunc(d.patience, p.yield)
	return p
}

// moved says that the work does not stand still. A nil place has no others to make room for.
func (p *place) moved() {
	if p != nil && !p.yielded() {
		p.timer.Reset(p.in.patience)
	}
}

// yielded reports whether the work goes on without a place.
func (p *place) yielded() bool {
	if p == nil {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.left
}

func (p *place) yield() {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.ended || p.left:
	case p.in.standing.add(p.group):
		p.left = true
		p.in.free <- struct{}{}
	default:
		p.timer.Reset(p.in.patience)
	}
}

// leave ends the work.
func (p *place) leave() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.timer.Stop()
	if p.ended = true; p.left {
		p.in.standing.remove(p.group)
	} else {
		p.in.free <- struct{}{}
	}
	wakeUp(p.in.wake) // what is due next may have changed
}

// standing counts the work that stands still.
type standing struct {
	mu     sync.Mutex
	all    int
	groups map[string]int
}

func newStanding() *standing { return &standing{groups: map[string]int{}} }

// add reports whether there is room for one more.
func (s *standing) add(group string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all >= maxStanding {
		return false
	}
	s.all++
	s.groups[group]++
	return true
}

func (s *standing) remove(group string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all--
	if s.groups[group]--; s.groups[group] == 0 {
		delete(s.groups, group)
	}
}

// crowded returns the groups of which so much stands still that no more should be begun.
func (s *standing) crowded() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var groups []string
	for group, n := range s.groups {
		if group != "" && n >= maxStandingGroup {
			groups = append(groups, group)
		}
	}
	return groups
}
