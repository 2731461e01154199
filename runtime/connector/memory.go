package connector

import (
	"container/list"
	"sync"
)

// Memory is what connections remember between calls in one process, such as access tokens. It holds a bounded number
// of things and forgets the one that was not asked for the longest, which costs a request to have again. It is safe
// for concurrent use; the nil Memory remembers nothing.
type Memory struct {
	mu     sync.Mutex
	size   int
	things map[any]*list.Element
	recent *list.List // front: asked for last
}

type remembered struct{ key, value any }

// NewMemory returns a memory for at most size things.
func NewMemory(size int) *Memory {
	return &Memory{size: size, things: make(map[any]*list.Element), recent: list.New()}
}

// Remember returns what m holds under key, and makes it on first use. Keys of different types never meet. fresh runs
// under m's lock: it must be quick and must not use m.
func Remember[K comparable, V any](m *Memory, key K, fresh func() V) V {
	if m == nil {
		return fresh()
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if el, ok := m.things[key]; ok {
		m.recent.MoveToFront(el)
		return el.Value.(remembered).value.(V)
	}
	value := fresh()
	m.things[key] = m.recent.PushFront(remembered{key, value})
	if m.recent.Len() > m.size {
		oldest := m.recent.Remove(m.recent.Back()).(remembered)
		delete(m.things, oldest.key)
	}
	return value
}
