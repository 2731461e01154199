package runtime

import (
	"container/list"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/okta-connector/okta-connector/connections/okta"
	"github.com/okta-connector/okta-connector/runtime/connector"
	"github.com/okta-connector/okta-connector/runtime/store"
	"github.com/okta-connector/okta-connector/schemas"
)

const (
	maxClients = 1000

	// storedFor is how long a stored connection is used without a look at the database: the longest time in which a
	// change made through another replica goes unnoticed here.
	storedFor = 2 * time.Second
)

// clients keeps opened connections, so that tokens, rate budgets and sockets are shared by all calls through the same
// one. An inline connection is found again by a digest of its inputs.
type clients struct {
	mu     sync.Mutex
	opened map[[sha256.Size]byte]*list.Element // of *openedClient
	recent *list.List                          // front: used last
	stored map[string]storedClient
}

type openedClient struct {
	digest [sha256.Size]byte
	client *okta.Client
}

type storedClient struct {
	client *okta.Client
	until  time.Time
}

func newClients() *clients {
	return &clients{
		opened: make(map[[sha256.Size]byte]*list.Element),
		recent: list.New(),
		stored: make(map[string]storedClient),
	}
}

// open returns the client for these inputs, making it on first use.
func (p *clients) open(
	digest [sha256.Size]byte, open func() (*okta.Client, error),
) (*okta.Client, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if el, ok := p.opened[digest]; ok {
		p.recent.MoveToFront(el)
		return el.Value.(*openedClient).client, nil
	}
	client, err := open()
	if err != nil {
		return nil, err
	}
	p.opened[digest] = p.recent.PushFront(&openedClient{digest: digest, client: client})
	if p.recent.Len() > maxClients {
		oldest := p.recent.Remove(p.recent.Back()).(*openedClient)
		delete(p.opened, oldest.digest)
	}
	return client, nil
}

func (p *clients) byName(name string, now time.Time) *okta.Client {
	p.mu.Lock()
	defer p.mu.Unlock()
	if s, ok := p.stored[name]; ok && now.Before(s.until) {
		return s.client
	}
	return nil
}

func (p *clients) remember(name string, client *okta.Client, until time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stored[name] = storedClient{client: client, until: until}
}

func (p *clients) forget(name string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.stored, name)
}

// client returns what reaches the org that ref names. Field errors point into an inline connection: "/inputs/apiToken".
func (e *Engine) client(ctx context.Context, ref ConnectionRef) (*okta.Client, error) {
	if ref.Key != "" {
		return e.openClient(ctx, ref.Key, ref.Inputs, "", 0)
	}
	now := time.Now()
	if c := e.clients.byName(ref.Name, now); c != nil {
		return c, nil
	}
	if e.store == nil {
		return nil, &NotFoundError{Kind: "connection", Name: ref.Name}
	}
	stored, err := e.store.Connection(ctx, ref.Name)
	if errors.Is(err, store.ErrNotFound) {
		return nil, &NotFoundError{Kind: "connection", Name: ref.Name}
	}
	if err != nil {
		return nil, err
	}
	c, err := e.openClient(ctx, stored.Key, stored.Inputs, stored.Name, stored.UpdatedAt.UnixMicro())
	if err != nil {
		return nil, err
	}
	e.clients.remember(ref.Name, c, now.Add(storedFor))
	return c, nil
}

// openClient opens inputs of the connection kind key. A stored connection has a name, and its revision sets one saved
// anew apart from the one before.
func (e *Engine) openClient(
	ctx context.Context, key string, inputs json.RawMessage, name string, revision int64,
) (*okta.Client, error) {
	kind := e.index.Connection(key)
	if kind == nil {
		return nil, schemas.Invalid{{Pointer: "/key", Detail: "is not one of " + keysOf(e.index.Connections)}}
	}
	open, err := kind.Bind(e.env, inputs)
	if invalid, ok := err.(schemas.Invalid); ok { //nolint:errorlint // Bind returns it bare
		return nil, invalid.Under("/inputs")
	}
	if err != nil {
		return nil, err
	}
	session := connector.Session{Name: name}
	if name != "" {
		session = e.session(name)
	} else if kind.Authorize {
		return nil, schemas.Invalid{{Pointer: "/key", Detail: "cannot be used inline: a person must sign in once"}}
	}
	return e.clients.open(digest(key, name, revision, inputs), func() (*okta.Client, error) {
		return open(ctx, session)
	})
}

func digest(key, name string, revision int64, inputs json.RawMessage) [sha256.Size]byte {
	raw, _ := json.Marshal([]any{key, name, revision}) // always marshals
	return sha256.Sum256(append(raw, inputs...))
}

func keysOf(kinds []*connector.Connection) string {
	keys := make([]string, len(kinds))
	for i, k := range kinds {
		keys[i] = k.Key
	}
	return strings.Join(keys, ", ")
}
