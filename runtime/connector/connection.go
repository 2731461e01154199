package connector

import (
	"context"
	"encoding/json"

	"github.com/okta-connector/okta-connector/connections/okta"
	"github.com/okta-connector/okta-connector/schemas"
)

// ConnectionInfo is what people and engines read about a connection.
type ConnectionInfo struct {
	Key         string
	Label       string
	Description string
	Authorize   bool // a person must sign in at Okta in a browser before the first call
}

// Connection is one way to sign in at an org.
type Connection struct {
	ConnectionInfo
	Input *schemas.Schema
	bind  func(Environment, json.RawMessage) (Opener, error)
}

// Opener makes the client of checked inputs. It does not call Okta.
type Opener func(context.Context, Session) (*okta.Client, error)

// NewConnection declares a connection. check runs with the inputs before anything is stored or opened, so that what is
// wrong is told at its field; open makes the client.
func NewConnection[In any](
	info ConnectionInfo,
	check func(Environment, In) schemas.Invalid,
	open func(context.Context, Environment, Session, In) (*okta.Client, error),
) *Connection {
	mustKey("connection", info.Key, info.Label, info.Description)
	k := &Connection{ConnectionInfo: info, Input: schemas.For[In]()}
	k.bind = func(env Environment, inputs json.RawMessage) (Opener, error) {
		in, err := bind[In](k.Input, inputs)
		if err != nil {
			return nil, err
		}
		if invalid := check(env, in); len(invalid) > 0 {
			return nil, invalid
		}
		return func(ctx context.Context, s Session) (*okta.Client, error) { return open(ctx, env, s, in) }, nil
	}
	return k
}

// Bind checks inputs and returns what opens them. It never calls Okta; the error is a [schemas.Invalid].
func (k *Connection) Bind(env Environment, inputs json.RawMessage) (Opener, error) {
	return k.bind(env, inputs)
}

// MarshalJSON writes the connection's entry of the manifest.
func (k *Connection) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Key         string          `json:"key"`
		Label       string          `json:"label"`
		Description string          `json:"description"`
		InputSchema json.RawMessage `json:"inputSchema"`
	}{k.Key, k.Label, k.Description, k.Input.JSON()})
}
