package runtime

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/okta-connector/okta-connector/runtime/connector"
	"github.com/okta-connector/okta-connector/runtime/store"
)

const (
	signInTime   = 10 * time.Minute // from the start of a sign-in to its callback
	callbackPath = "/oauth/callback"
)

// TestConnection asks the org of a stored connection who we are there.
func (e *Engine) TestConnection(ctx context.Context, name string) (connector.Identity, error) {
	stored, err := e.store.Connection(ctx, name)
	if err != nil {
		return connector.Identity{}, notFound(err, "connection", name)
	}
	client, err := e.client(ctx, ConnectionRef{Name: name})
	if err != nil {
		return connector.Identity{}, err
	}
	kind := e.index.Connection(stored.Key)
	return kind.Test(ctx, e.env, e.session(name), stored.Inputs, client)
}

// BeginSignIn returns the address at Okta where a person signs in for a stored connection. It is good for one use,
// within ten minutes. browser is a secret that only the browser of that person holds; "" where an engine asks on
// somebody's behalf and the browser is not known: then the first one that comes back is taken.
func (e *Engine) BeginSignIn(ctx context.Context, name, browser string) (address string, err error) {
	if err := CallerOf(ctx).CheckConnect(); err != nil {
		return "", err
	}
	stored, err := e.store.Connection(ctx, name)
	if err != nil {
		return "", notFound(err, "connection", name)
	}
	kind := e.index.Connection(stored.Key)
	if kind == nil || !kind.Authorize {
		return "", &ConflictError{Code: "no_sign_in", Detail: "this kind of connection needs nobody to sign in"}
	}
	if e.publicURL == "" {
		return "", &ConflictError{
			Code: "no_public_url", Detail: "the browser has to come back here from Okta: start the server with --public-url",
		}
	}
	begun, err := kind.BeginSignIn(e.env, stored.Inputs, strings.TrimSuffix(e.publicURL, "/")+callbackPath)
	if err != nil {
		return "", err
	}
	flow, err := json.Marshal(signInFlow{
		Connection: name, Data: begun.Flow, Browser: browserDigest(browser),
	})
	if err != nil {
		return "", fmt.Errorf("sign in to %s: %w", name, err)
	}
	if err := e.store.PutFlow(ctx, begun.State, flow, signInTime); err != nil {
		return "", err
	}
	return begun.URL, nil
}

// signInFlow is kept, sealed, while a person is at Okta.
type signInFlow struct {
	Connection string          `json:"connection"`
	Data       json.RawMessage `json:"data"`
	Browser    []byte          `json:"browser,omitempty"` // digest of the browser's secret
}

func browserDigest(secret string) []byte {
	if secret == "" {
		return nil
	}
	digest := sha256.Sum256([]byte(secret))
	return digest[:]
}

// errOtherBrowser keeps somebody from finishing a sign-in in a browser other than the one it was begun in: they would
// connect us to an account of their own choice.
var errOtherBrowser = errors.New("this sign-in was begun in another browser, or under another address of this server: " +
	"begin again here")

// SignInError says why a person came back from Okta without a connection that works.
type SignInError struct {
	Connection string
	Err        error // nil: the state is unknown, used up or too old
}

func (e *SignInError) Error() string {
	if e.Err == nil {
		return "this sign-in is unknown, used up or older than ten minutes: begin again"
	}
	return e.Err.Error()
}

func (e *SignInError) Unwrap() error { return e.Err }

// FinishSignIn takes what Okta sent the browser back with and stores the tokens. browser is the secret that it holds,
// "" for none. It returns the connection's name.
func (e *Engine) FinishSignIn(ctx context.Context, query url.Values, browser string) (name string, err error) {
	raw, err := e.store.TakeFlow(ctx, query.Get("state"))
	if errors.Is(err, store.ErrNotFound) {
		return "", &SignInError{}
	}
	if err != nil {
		return "", err
	}
	var flow signInFlow
	if err := json.Unmarshal(raw, &flow); err != nil {
		return "", fmt.Errorf("sign-in: %w", err)
	}
	if flow.Browser != nil && subtle.ConstantTimeCompare(flow.Browser, browserDigest(browser)) != 1 {
		return flow.Connection, &SignInError{Connection: flow.Connection, Err: errOtherBrowser}
	}
	stored, err := e.store.Connection(ctx, flow.Connection)
	if err != nil {
		return "", notFound(err, "connection", flow.Connection)
	}
	kind := e.index.Connection(stored.Key)
	err = kind.FinishSignIn(ctx, e.env, e.session(flow.Connection), stored.Inputs, flow.Data, query)
	if err != nil {
		return flow.Connection, &SignInError{Connection: flow.Connection, Err: err}
	}
	e.clients.forget(flow.Connection)
	return flow.Connection, nil
}

func (e *Engine) session(name string) connector.Session {
	return connector.Session{Name: name, State: &connectionState{store: e.store, name: name}}
}
