package connections

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/okta-connector/okta-connector/connections/okta"
	"github.com/okta-connector/okta-connector/runtime/connector"
)

// Error codes of OAuth that the connector acts on.
const (
	codeInvalidClient = "invalid_client"
	codeInvalidGrant  = "invalid_grant"
)

const (
	tokenPath    = "/oauth2/v1/token" //nolint:gosec // a path
	maxTokenBody = 1 << 20
	tokenTimeout = 30 * time.Second // one attempt

	// early is how long before its end a token is replaced: calls under way take time, and clocks differ.
	early = time.Minute

	usualLife = time.Hour // of an access token whose answer does not tell: Okta's own
	maxLife   = 24 * time.Hour
)

// TokenError says that an org's authorization server gave no access token. It wraps an [*okta.Error], with OAuth's code
// if it was a refusal, an [*okta.NetworkError] or an [*okta.RateLimitError].
type TokenError struct {
	Skew time.Duration // how far Okta's clock is ahead of ours; 0 when it did not tell
	Err  error
}

func (e *TokenError) Error() string { return "access token: " + e.Err.Error() }
func (e *TokenError) Unwrap() error { return e.Err }

// grant is a request for tokens: the form without the client's credential.
type grant struct {
	form    url.Values
	scopes  []string      // that are given where the answer names none
	retry   *okta.Retry   // nil: only what surely never reached Okta is sent again
	timeout time.Duration // of one attempt; 0: tokenTimeout
}

// tokens is what the token endpoint answered.
type tokens struct {
	access  string
	refresh string // "" for none
	scopes  []string
	until   time.Time // when the access token is to be replaced, shortly before its end
	prover  *prover   // the key that the access token is bound to; nil for a bearer token
}

// tokenEndpoint asks an org's own authorization server for tokens, as one client. It is safe for concurrent use.
type tokenEndpoint struct {
	env  connector.Environment
	base string
	// authenticate adds the client's credential to an attempt's form or header.
	authenticate func(r *http.Request, form url.Values) error

	mu     sync.Mutex
	prover *prover // nil until Okta demands proofs
	nonce  nonce
}

// request sends g. The error is a [*TokenError], or the authentication's own.
//
// Requests for tokens have a governor of their own: callers wait for a token while they hold a place in the org's, and
// would wait for ever for themselves. Okta counts them apart too.
func (e *tokenEndpoint) request(ctx context.Context, g grant) (*tokens, error) {
	began := time.Now()
	cfg := config(e.env, e.base, &tokenAttempt{endpoint: e, form: g.form})
	cfg.Governor, cfg.MaxBody, cfg.AttemptTimeout = governor(e.env, e.base+"/oauth2"), maxTokenBody, tokenTimeout
	client, err := okta.New(cfg)
	if err != nil {
		return nil, err
	}
	r := &okta.Request{
		Method: http.MethodPost, Path: okta.At(tokenPath), Retry: g.retry, Timeout: g.timeout,
		Body: []byte{}, ContentType: "application/x-www-form-urlencoded", // the body is made for each attempt
	}
	resp, err := client.Do(ctx, r)
	if err != nil {
		skew, _ := client.Skew()
		return nil, &TokenError{Skew: skew, Err: err}
	}
	e.nonce.learn(resp.Header.Get(headerNonce))
	raw, err := resp.JSON(r)
	if err != nil {
		return nil, &TokenError{Err: err}
	}
	t, flaw := e.read(raw, began)
	if flaw != "" {
		return nil, &TokenError{Err: &okta.Error{
			Status: resp.Status, Method: r.Method, Route: r.Path.Template, Reason: flaw,
		}}
	}
	if len(t.scopes) == 0 { // RFC 6749, section 5.1: left out when they are those that were asked for
		t.scopes = g.scopes
	}
	return t, nil
}

// read takes an answer apart, or says what is wrong with it, in words that hold nothing of it.
func (e *tokenEndpoint) read(raw json.RawMessage, began time.Time) (t *tokens, flaw string) {
	var answer struct {
		AccessToken  string      `json:"access_token"`
		TokenType    string      `json:"token_type"`
		ExpiresIn    json.Number `json:"expires_in"`
		Scope        string      `json:"scope"`
		RefreshToken string      `json:"refresh_token"`
	}
	if json.Unmarshal(raw, &answer) != nil || !visible(answer.AccessToken) {
		return nil, "the answer holds no access token"
	}
	life := usualLife
	if seconds, err := answer.ExpiresIn.Int64(); err == nil && seconds > 0 {
		life = time.Duration(min(seconds, int64(maxLife/time.Second))) * time.Second
	}
	t = &tokens{
		access: answer.AccessToken, refresh: answer.RefreshToken, scopes: strings.Fields(answer.Scope),
		until: began.Add(life - min(early, life/10)),
	}
	switch {
	case strings.EqualFold(answer.TokenType, "Bearer"):
	case strings.EqualFold(answer.TokenType, "DPoP") && e.bound() != nil:
		t.prover = e.bound()
	default:
		return nil, "the answer holds a token of an unknown type"
	}
	return t, ""
}

// bound returns what proofs are made with, nil while they are not demanded.
func (e *tokenEndpoint) bound() *prover {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.prover
}

// bind makes p the key of all proofs from now on.
func (e *tokenEndpoint) bind(p *prover) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.prover = p
}

// demand makes a key for proofs where there is none: another request may have met the same demand.
func (e *tokenEndpoint) demand() (err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.prover == nil {
		e.prover, err = newProver()
	}
	return err
}

// tokenAttempt puts form and credential on each attempt of one request, both anew: an assertion and a proof are good
// once.
type tokenAttempt struct {
	endpoint *tokenEndpoint
	form     url.Values
	proved   *prover // what the last attempt was proved with
	nonce    string  // and the nonce in that proof
}

// Authorize implements [okta.Authorizer].
func (a *tokenAttempt) Authorize(_ context.Context, r *http.Request) error {
	form := make(url.Values, len(a.form)+2)
	for name, values := range a.form {
		form[name] = values
	}
	if err := a.endpoint.authenticate(r, form); err != nil {
		return fmt.Errorf("access token: %w", err)
	}
	body := form.Encode()
	r.ContentLength = int64(len(body))
	r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(body)), nil }
	r.Body, _ = r.GetBody()
	if a.proved, a.nonce = a.endpoint.bound(), a.endpoint.nonce.current(); a.proved == nil {
		return nil
	}
	return a.proved.prove(r, "", a.nonce)
}

// Refused implements [okta.Authorizer]: Okta asks for a proof where there was none, then for its nonce in it.
func (a *tokenAttempt) Refused(_ *http.Request, refusal *okta.Error) bool {
	a.endpoint.nonce.learn(refusal.Header(headerNonce))
	switch {
	case refusal.Code == codeInvalidProof && a.proved == nil:
		return a.endpoint.demand() == nil
	case wantsNonce(refusal) && a.proved != nil:
		return a.endpoint.nonce.current() != a.nonce
	}
	return false
}
