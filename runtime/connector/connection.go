package connector

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"

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
	Input  *schemas.Schema
	bind   func(Environment, json.RawMessage) (Opener, error)
	test   func(context.Context, Environment, Session, json.RawMessage, *okta.Client) (Identity, error)
	begin  func(Environment, json.RawMessage, string) (SignIn, error)
	finish func(context.Context, Environment, Session, json.RawMessage, json.RawMessage, url.Values) error
}

// Opener makes the client of checked inputs. It does not call Okta.
type Opener func(context.Context, Session) (*okta.Client, error)

// Identity is what a test of a connection found out.
type Identity struct {
	OK        bool     `json:"ok"`
	Org       string   `json:"org"`       // the org's host
	As        string   `json:"as"`        // the person, or the service app, that Okta takes us for
	Scopes    []string `json:"scopes"`    // what Okta granted; empty for an API token, which has its owner's rights
	LatencyMs int64    `json:"latencyMs"` // of the call that told
}

// SignIn is a person's way to Okta and back that has just begun.
type SignIn struct {
	URL   string          // where the browser goes
	State string          // comes back in the callback's query, and names the flow
	Flow  json.RawMessage // for FinishSignIn, once; a secret
}

// Behaviour is what a connection does with inputs whose shape is right.
type Behaviour[In any] struct {
	// Check runs before anything is stored or opened, so that what is wrong is told at its field. It also meets inputs
	// of which some are bad: those are not set then, and what it says of them does not count.
	Check func(Environment, In) schemas.Invalid
	// Open makes the client, without a call to Okta.
	Open func(context.Context, Environment, Session, In) (*okta.Client, error)
	// Test makes one cheap call, or as few as tell who we are.
	Test func(context.Context, Environment, Session, In, *okta.Client) (Identity, error)
	// Begin and Finish are set where ConnectionInfo.Authorize is.
	Begin  func(env Environment, in In, callback string) (SignIn, error)
	Finish func(ctx context.Context, env Environment, s Session, in In, flow json.RawMessage, query url.Values) error
}

// NewConnection declares a connection.
func NewConnection[In any](info ConnectionInfo, does Behaviour[In]) *Connection {
	mustKey("connection", info.Key, info.Label, info.Description)
	if info.Authorize != (does.Begin != nil) || info.Authorize != (does.Finish != nil) {
		panic(fmt.Sprintf("connector: connection %s: Authorize goes with Begin and Finish", info.Key))
	}
	k := &Connection{ConnectionInfo: info, Input: schemas.For[In]()}
	check := func(env Environment, inputs json.RawMessage) (In, error) {
		in, err := bind[In](k.Input, inputs)
		var bad schemas.Invalid
		if err != nil && !errors.As(err, &bad) {
			return in, err
		}
		if bad = k.Input.Merge(bad, does.Check(env, in)); len(bad) > 0 {
			return in, bad
		}
		return in, nil
	}
	k.bind = func(env Environment, inputs json.RawMessage) (Opener, error) {
		in, err := check(env, inputs)
		if err != nil {
			return nil, err
		}
		return func(ctx context.Context, s Session) (*okta.Client, error) { return does.Open(ctx, env, s, in) }, nil
	}
	k.test = func(
		ctx context.Context, env Environment, s Session, inputs json.RawMessage, c *okta.Client,
	) (Identity, error) {
		in, err := check(env, inputs)
		if err != nil {
			return Identity{}, err
		}
		return does.Test(ctx, env, s, in, c)
	}
	if !info.Authorize {
		return k
	}
	k.begin = func(env Environment, inputs json.RawMessage, callback string) (SignIn, error) {
		in, err := check(env, inputs)
		if err != nil {
			return SignIn{}, err
		}
		return does.Begin(env, in, callback)
	}
	k.finish = func(
		ctx context.Context, env Environment, s Session, inputs, flow json.RawMessage, query url.Values,
	) error {
		in, err := check(env, inputs)
		if err != nil {
			return err
		}
		return does.Finish(ctx, env, s, in, flow, query)
	}
	return k
}

// Bind checks inputs and returns what opens them. It never calls Okta; the error is a [schemas.Invalid].
func (k *Connection) Bind(env Environment, inputs json.RawMessage) (Opener, error) {
	return k.bind(env, inputs)
}

// Test asks Okta who we are with the client that these inputs opened.
func (k *Connection) Test(
	ctx context.Context, env Environment, s Session, inputs json.RawMessage, c *okta.Client,
) (Identity, error) {
	return k.test(ctx, env, s, inputs, c)
}

// BeginSignIn returns where to send the browser of the person who is to sign in. callback is the exact address that
// Okta sends it back to, as registered with the app. It never calls Okta. The flow is kept until then, is good for one
// use, and belongs to the browser it was begun in.
func (k *Connection) BeginSignIn(env Environment, inputs json.RawMessage, callback string) (SignIn, error) {
	if k.begin == nil {
		return SignIn{}, fmt.Errorf("connection %s needs nobody to sign in", k.Key)
	}
	return k.begin(env, inputs, callback)
}

// FinishSignIn exchanges what the browser brought back for tokens, and stores them in the session's state.
func (k *Connection) FinishSignIn(
	ctx context.Context, env Environment, s Session, inputs, flow json.RawMessage, query url.Values,
) error {
	if k.finish == nil {
		return fmt.Errorf("connection %s needs nobody to sign in", k.Key)
	}
	return k.finish(ctx, env, s, inputs, flow, query)
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
