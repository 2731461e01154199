package sandbox

import (
	"crypto/rand"
	"slices"
	"sync"
	"time"
)

const (
	nonceRenewal = 24 * time.Hour     // when a new one is handed out
	nonceLife    = 3 * 24 * time.Hour // how long one is accepted
)

// nonces are the values that proofs at the token endpoint must carry. The zero value is ready.
type nonces struct {
	mu     sync.Mutex
	issued []nonce // oldest first, never older than nonceLife
}

type nonce struct {
	value string
	at    time.Time
}

// current is the nonce to use from now on.
func (n *nonces) current() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	if last := len(n.issued) - 1; last >= 0 && time.Since(n.issued[last].at) < nonceRenewal {
		return n.issued[last].value
	}
	return n.renew()
}

// accepts reports whether value was handed out and has not grown too old.
func (n *nonces) accepts(value string) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.ContainsFunc(n.issued, func(one nonce) bool {
		return one.value == value && time.Since(one.at) < nonceLife
	})
}

// rotate makes a new nonce before its time and returns it; with forget the older ones end at once.
func (n *nonces) rotate(forget bool) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	if forget {
		n.issued = nil
	}
	return n.renew()
}

func (n *nonces) renew() string {
	n.issued = slices.DeleteFunc(n.issued, func(one nonce) bool { return time.Since(one.at) >= nonceLife })
	n.issued = append(n.issued, nonce{rand.Text(), time.Now()})
	return n.issued[len(n.issued)-1].value
}
