package connections

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/okta-connector/okta-connector/connections/okta"
	"github.com/okta-connector/okta-connector/runtime/connector"
)

const (
	// lookAgain is how long a sign-in is used without a look at the state: the longest time in which a new one, made
	// through another replica, goes unnoticed here.
	lookAgain = 5 * time.Second

	saveTimeout  = 10 * time.Second
	saveAttempts = 5

	// refreshTimeout bounds one attempt to use a refresh token, so that another is made within the half minute for
	// which Okta still takes one that it has replaced.
	refreshTimeout = 10 * time.Second
)

// NotAuthorizedError says that a person must sign in at Okta, for the first time or again.
type NotAuthorizedError struct {
	Connection string // its name; "" for an inline one
	Detail     string
	Err        error // Okta's refusal, if there was one
}

func (e *NotAuthorizedError) Error() string { return e.Detail }
func (e *NotAuthorizedError) Unwrap() error { return e.Err }

// signedIn is the sign-in of a stored connection. Its tokens live in the connection's state, which all replicas share;
// who refreshes them holds the state's lock, so that a refresh token is used once.
type signedIn struct {
	source
	name     string
	state    connector.State
	endpoint *tokenEndpoint
	digest   signInDigest
	persists bool // offline_access was asked for

	// unsaved is a refreshed document that could not be stored: the refresh token in it is the only good one. It is
	// touched by obtain alone, which runs once at a time.
	unsaved *unsaved
}

type unsaved struct {
	doc      signInState
	replaces string // the refresh token it was bought with
}

// signInState is the document. Everything in it is secret.
type signInState struct {
	For     string    `json:"for"` // the digest of the inputs
	Access  string    `json:"access,omitempty"`
	Until   time.Time `json:"until,omitzero"` // when the access token is to be replaced
	Scopes  []string  `json:"scopes,omitempty"`
	Refresh string    `json:"refresh,omitempty"`
	Key     []byte    `json:"key,omitempty"`   // DPoP: what the tokens are bound to
	Bound   bool      `json:"bound,omitempty"` // the access token is
	Nonce   string    `json:"nonce,omitempty"` // DPoP: of the token endpoint
	Begun   bool      `json:"begun,omitempty"` // a refresh was begun, and what came of it is not stored
	Ended   bool      `json:"ended,omitempty"` // Okta has refused the refresh token
}

// fromState is the obtain of a sign-in's source.
func (s *signedIn) fromState(ctx context.Context, refused string) (*tokens, time.Time, error) {
	doc, _, err := s.load(ctx)
	if err != nil {
		return nil, time.Time{}, err
	}
	if !doc.good(refused) || s.unsaved != nil {
		if doc, err = s.renew(ctx, refused); err != nil {
			return nil, time.Time{}, err
		}
	}
	t := &tokens{access: doc.Access, scopes: doc.Scopes, until: doc.Until}
	if doc.Bound {
		if t.prover, err = unmarshalProver(doc.Key); err != nil {
			return nil, time.Time{}, err
		}
	}
	until := time.Now().Add(lookAgain)
	if doc.Until.Before(until) {
		until = doc.Until
	}
	return t, until, nil
}

// good reports whether the access token can be used and is not the one that Okta refused.
func (d *signInState) good(refused string) bool {
	return d.Access != "" && d.Access != refused && time.Now().Before(d.Until)
}

func (s *signedIn) load(ctx context.Context) (doc *signInState, version int64, err error) {
	raw, version, err := s.state.Load(ctx)
	if err != nil {
		return nil, 0, fmt.Errorf("load the sign-in: %w", err)
	}
	doc = new(signInState)
	if len(raw) > 0 && json.Unmarshal(raw, doc) != nil {
		return nil, 0, errors.New("load the sign-in: the stored state is damaged")
	}
	if doc.For != s.digest.String() {
		return nil, 0, s.notAuthorized("nobody has signed in at Okta for it yet: connect it", nil)
	}
	return doc, version, nil
}

func (s *signedIn) notAuthorized(why string, err error) error {
	return &NotAuthorizedError{
		Connection: s.name, Err: err,
		Detail: fmt.Sprintf("connection %s: %s (in the console, or with POST /v1/connections/%s/authorize)",
			s.name, why, url.PathEscape(s.name)),
	}
}

// renew buys new tokens with the refresh token, unless another replica did so before the lock was had.
func (s *signedIn) renew(ctx context.Context, refused string) (*signInState, error) {
	unlock, err := s.state.Lock(ctx)
	if err != nil {
		return nil, fmt.Errorf("lock the sign-in: %w", err)
	}
	defer unlock()
	doc, version, err := s.load(ctx)
	if err != nil {
		return nil, err
	}
	if u := s.unsaved; u != nil {
		if doc.Refresh == u.replaces {
			return s.keep(ctx, version, *u)
		}
		s.unsaved = nil // somebody signed in anew meanwhile
	}
	switch {
	case doc.good(refused):
		return doc, nil
	case doc.Ended:
		return nil, s.ended(doc, nil)
	case doc.Refresh == "" && s.persists:
		return nil, s.notAuthorized("the sign-in has run out, and Okta gave no refresh token: let the app use the "+
			"Refresh Token grant, then connect it again", nil)
	case doc.Refresh == "":
		return nil, s.notAuthorized("the sign-in has run out after its hour: add offline_access to Scopes, then connect "+
			"it again", nil)
	}
	cutOff := doc.Begun
	if version, err = s.announce(ctx, doc, version); err != nil {
		return nil, err
	}
	next, err := s.refresh(ctx, *doc)
	if okta.HasCode(err, codeInvalidGrant) {
		return nil, s.end(ctx, *doc, version, cutOff, err)
	}
	if err != nil {
		return nil, err
	}
	return s.keep(ctx, version, unsaved{doc: *next, replaces: doc.Refresh})
}

// announce stores that doc's refresh token is about to be used: a store that fails is noticed before Okta replaces the
// token, and whoever finds the note later knows that the process which wrote it did not get to the end.
func (s *signedIn) announce(ctx context.Context, doc *signInState, version int64) (int64, error) {
	if doc.Begun {
		return version, nil
	}
	doc.Begun = true
	if _, err := s.save(ctx, version, doc); err != nil {
		return 0, fmt.Errorf("store that the sign-in is refreshed: %w", err)
	}
	_, version, err := s.load(ctx)
	return version, err
}

// refresh returns what follows doc. A refresh token that does not rotate is not in the answer, and stays.
func (s *signedIn) refresh(ctx context.Context, doc signInState) (*signInState, error) {
	if len(doc.Key) > 0 {
		p, err := unmarshalProver(doc.Key)
		if err != nil {
			return nil, err
		}
		s.endpoint.bind(p)
		s.endpoint.nonce.learn(doc.Nonce)
	}
	t, err := s.endpoint.request(ctx, grant{form: url.Values{
		"grant_type": {"refresh_token"}, "refresh_token": {doc.Refresh},
	}, scopes: doc.Scopes, retry: okta.RetryIdempotent, timeout: refreshTimeout})
	if err != nil {
		return nil, err
	}
	next, err := s.document(t, s.endpoint)
	if err != nil {
		return nil, err
	}
	if next.Refresh == "" {
		next.Refresh = doc.Refresh
	}
	return next, nil
}

func (s *signedIn) document(t *tokens, endpoint *tokenEndpoint) (*signInState, error) {
	doc := &signInState{
		For: s.digest.String(), Access: t.access, Until: t.until, Scopes: t.scopes, Refresh: t.refresh,
		Bound: t.prover != nil, Nonce: endpoint.nonce.current(),
	}
	p := endpoint.bound()
	if p == nil {
		return doc, nil
	}
	var err error
	if doc.Key, err = p.marshal(); err != nil {
		return nil, fmt.Errorf("dpop: store key: %w", err)
	}
	return doc, nil
}

// keep stores refreshed tokens, before anybody uses them: from now on the stored refresh token is the old one, which
// Okta takes for stolen if it comes again. What cannot be stored is kept for the next try.
func (s *signedIn) keep(ctx context.Context, version int64, u unsaved) (*signInState, error) {
	s.unsaved = &u
	// The request may have taken all of ctx's time.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), saveTimeout)
	defer cancel()
	for attempt := 0; ; attempt++ {
		saved, err := s.save(ctx, version, &u.doc)
		if saved {
			s.unsaved = nil
			return &u.doc, nil
		}
		if attempt == saveAttempts {
			return nil, fmt.Errorf("store the refreshed sign-in: %w", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(okta.Backoff(attempt)):
		}
		doc, current, loadErr := s.load(ctx)
		switch {
		case loadErr != nil && ctx.Err() == nil && attempt < saveAttempts:
			continue
		case loadErr != nil:
			return nil, fmt.Errorf("store the refreshed sign-in: %w", errors.Join(err, loadErr))
		case doc.Refresh != u.replaces: // a new sign-in goes before the refresh of an old one
			s.unsaved = nil
			return doc, nil
		}
		version = current
	}
}

var errChanged = errors.New("it was changed meanwhile")

// save stores doc if the state still has the given version. saved is true without an error only.
func (s *signedIn) save(ctx context.Context, version int64, doc *signInState) (saved bool, err error) {
	raw, err := json.Marshal(doc)
	if err != nil {
		return false, err
	}
	saved, err = s.state.Save(ctx, version, raw)
	if err == nil && !saved {
		err = errChanged
	}
	return saved && err == nil, err
}

// end notes that Okta has refused the refresh token, so that it is not asked again and again.
func (s *signedIn) end(ctx context.Context, doc signInState, version int64, cutOff bool, refusal error) error {
	doc.Access, doc.Refresh, doc.Begun, doc.Ended = "", "", cutOff, true
	ended := s.ended(&doc, refusal)
	if _, err := s.save(ctx, version, &doc); err != nil {
		return errors.Join(ended, fmt.Errorf("store the end of the sign-in: %w", err))
	}
	return ended
}

func (s *signedIn) ended(doc *signInState, refusal error) error {
	if doc.Begun {
		return s.notAuthorized("the sign-in was lost: this runtime was stopped, or cut off from Okta, just as Okta replaced "+
			"the refresh token. Connect it again; an app whose refresh tokens are persistent does not lose them so", refusal)
	}
	return s.notAuthorized("the sign-in has ended at Okta, where its refresh token was revoked, replaced or has expired: "+
		"connect it again", refusal)
}

// begin stores the tokens of a new sign-in in place of what there was.
func (s *signedIn) begin(ctx context.Context, t *tokens, endpoint *tokenEndpoint) error {
	doc, err := s.document(t, endpoint)
	if err != nil {
		return err
	}
	unlock, err := s.state.Lock(ctx)
	if err != nil {
		return fmt.Errorf("sign in: lock: %w", err)
	}
	defer unlock()
	_, version, err := s.state.Load(ctx)
	if err != nil {
		return fmt.Errorf("sign in: load: %w", err)
	}
	if _, err := s.save(ctx, version, doc); err != nil {
		return fmt.Errorf("sign in: store: %w", err)
	}
	s.held.Store(nil)
	return nil
}
