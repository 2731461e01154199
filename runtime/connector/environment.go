package connector

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"

	"github.com/okta-connector/okta-connector/connections/okta"
)

// Environment is what all connections of a process share. Package connections makes one.
type Environment struct {
	Dev              bool                                // plain http to a loopback org is allowed
	AllowPrivateOrgs bool                                // orgs may resolve to private addresses (a proxy inside)
	Transport        http.RoundTripper                   // reuses connections; refuses forbidden addresses when it dials
	Governor         func(org string) *okta.Governor     // one rate budget an org
	Observe          func(context.Context, okta.Attempt) // metrics and traces; may be nil
	UserAgent        string
	Logger           *slog.Logger
	Memory           *Memory // tokens and the like, shared by connections with the same inputs; nil: nothing is shared
}

// Session is the place of one opened connection. The zero value is an inline connection: no name, no stored state.
type Session struct {
	Name  string // the stored connection's name; "" for an inline one
	State State  // what the connection keeps between calls (tokens, keys); nil for an inline one
}

// State is a small sealed document that belongs to one stored connection, shared by all replicas.
type State interface {
	// Load returns the document, nil when there is none, and its version for Save.
	Load(ctx context.Context) (state json.RawMessage, version int64, err error)

	// Save replaces the document if it still has the given version, and reports whether it did.
	Save(ctx context.Context, version int64, state json.RawMessage) (bool, error)

	// Lock makes the holder the only one, across replicas, until it unlocks or ctx ends.
	Lock(ctx context.Context) (unlock func(), err error)
}
