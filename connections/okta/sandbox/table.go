package sandbox

import (
	"cmp"
	"slices"
	"strings"
	"sync"
	"time"
)

// table keeps the objects of one kind in the order of their ids. Stored objects are never changed: whoever has one may
// read it without a lock, and a change puts another in its place. The org's lock guards the table itself.
//
// Beside the objects stands an index for searches, which sees each change only after lag, as Okta's does.
type table[T any] struct {
	idOf func(*T) string
	lag  time.Duration

	byID    map[string]*T
	rows    []*T
	version uint64 // of the index; grows with each visible change

	mu      sync.Mutex // guards the rest, which readers keep up to date
	pending []change[T]
	index   []*T // equal to rows without a lag
	orders  map[string]order[T]
}

// change is what the index has yet to see; row is nil for a removal.
type change[T any] struct {
	visible time.Time
	id      string
	row     *T
}

// order is the index sorted by one attribute, ties by id.
type order[T any] struct {
	version uint64
	entries []entry[T]
}

type entry[T any] struct {
	key string
	row *T
}

func newTable[T any](idOf func(*T) string, lag time.Duration) *table[T] {
	return &table[T]{idOf: idOf, lag: lag, byID: map[string]*T{}, orders: map[string]order[T]{}}
}

// get returns nil when there is none.
func (t *table[T]) get(id string) *T { return t.byID[id] }

func (t *table[T]) len() int { return len(t.rows) }

// put stores row, in the place of the one with the same id if there is one.
func (t *table[T]) put(row *T) {
	id := t.idOf(row)
	t.byID[id] = row
	t.rows = t.placed(t.rows, id, row)
	t.changed(id, row)
}

func (t *table[T]) remove(id string) {
	delete(t.byID, id)
	t.rows = t.placed(t.rows, id, nil)
	t.changed(id, nil)
}

// placed puts row into rows, or takes out the one with that id when row is nil.
func (t *table[T]) placed(rows []*T, id string, row *T) []*T {
	if n := len(rows); row != nil && (n == 0 || t.idOf(rows[n-1]) < id) {
		return append(rows, row)
	}
	at, found := slices.BinarySearchFunc(rows, id, func(r *T, id string) int { return strings.Compare(t.idOf(r), id) })
	switch {
	case row == nil && found:
		return slices.Delete(rows, at, at+1)
	case row == nil:
		return rows
	case found:
		rows[at] = row
		return rows
	}
	return slices.Insert(rows, at, row)
}

func (t *table[T]) changed(id string, row *T) {
	if t.lag == 0 {
		t.version++
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.pending = append(t.pending, change[T]{time.Now().Add(t.lag), id, row})
}

// settle lets the index see everything at once, as if the objects had been there for long.
func (t *table[T]) settle() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.pending, t.index = nil, slices.Clone(t.rows)
	t.version++
}

// search returns the objects as the index knows them, in the order of their ids. The caller reads, no more.
func (t *table[T]) search() []*T {
	if t.lag == 0 {
		return t.rows
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.indexed()
}

// indexed applies the changes whose time has come, to a copy, since others may be reading the index.
func (t *table[T]) indexed() []*T {
	if t.lag == 0 {
		return t.rows
	}
	due, at := 0, time.Now()
	for due < len(t.pending) && !t.pending[due].visible.After(at) {
		due++
	}
	if due == 0 {
		return t.index
	}
	rows := slices.Clone(t.index)
	for _, c := range t.pending[:due] {
		rows = t.placed(rows, c.id, c.row)
	}
	t.index, t.pending = rows, slices.Delete(t.pending, 0, due)
	t.version++
	return rows
}

// maxOrders bounds how many sorted copies of the index are kept.
const maxOrders = 8

// sorted returns the index in the order of key, ties by id; name tells one key from another.
func (t *table[T]) sorted(name string, descending bool, key func(*T) string) []entry[T] {
	t.mu.Lock()
	defer t.mu.Unlock()
	rows := t.indexed()
	if descending {
		name = "-" + name
	}
	known, ok := t.orders[name]
	if ok && known.version == t.version {
		return known.entries
	}
	entries := make([]entry[T], len(rows))
	for i, row := range rows {
		entries[i] = entry[T]{key(row), row}
	}
	slices.SortFunc(entries, func(a, b entry[T]) int {
		return cmp.Or(compareKeys(a.key, b.key, descending), strings.Compare(t.idOf(a.row), t.idOf(b.row)))
	})
	if len(t.orders) >= maxOrders {
		clear(t.orders)
	}
	t.orders[name] = order[T]{t.version, entries}
	return entries
}

func compareKeys(a, b string, descending bool) int {
	if descending {
		a, b = b, a
	}
	return strings.Compare(a, b)
}
