package connections

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/okta-connector/okta-connector/connections/okta"
)

// obtainTimeout bounds the request for a token. It does not end with the caller who happened to ask first: others wait
// for the same one, and a refresh token that was used must be replaced.
const obtainTimeout = time.Minute

// source hands out the access token of one client in one org, and puts it on requests. It implements
// [okta.Authorizer]; many clients may share one.
type source struct {
	// obtain gets a token other than the refused one, "" for none, and says until when it need not be asked again.
	obtain func(ctx context.Context, refused string) (t *tokens, until time.Time, err error)

	flight singleflight.Group
	held   atomic.Pointer[held]
	nonce  nonce // of the API, which is not that of the token endpoint

	mu      sync.Mutex
	refused string
}

type held struct {
	*tokens
	until time.Time
}

// token returns an access token: the one held while it is good, otherwise one that is obtained once for all who wait.
func (s *source) token(ctx context.Context) (*tokens, error) {
	if h := s.held.Load(); h != nil && time.Now().Before(h.until) {
		return h.tokens, nil
	}
	done := s.flight.DoChan("", func() (any, error) {
		if h := s.held.Load(); h != nil && time.Now().Before(h.until) {
			return h.tokens, nil
		}
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), obtainTimeout)
		defer cancel()
		t, until, err := s.obtain(ctx, s.lastRefused())
		if err != nil {
			return nil, err
		}
		s.held.Store(&held{t, until})
		return t, nil
	})
	select {
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	case result := <-done:
		if result.Err != nil {
			return nil, result.Err
		}
		return result.Val.(*tokens), nil
	}
}

func (s *source) lastRefused() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.refused
}

// drop forgets an access token that Okta refused, if it is still the one in use.
func (s *source) drop(access string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if h := s.held.Load(); h != nil && h.access == access {
		s.refused = access
		s.held.Store(nil)
	}
}

// Authorize implements [okta.Authorizer].
func (s *source) Authorize(ctx context.Context, r *http.Request) error {
	t, err := s.token(ctx)
	if err != nil {
		return err
	}
	r.Header.Del("DPoP")
	if t.prover == nil {
		r.Header.Set("Authorization", "Bearer "+t.access)
		return nil
	}
	r.Header.Set("Authorization", "DPoP "+t.access)
	return t.prover.prove(r, t.access, s.nonce.current())
}

// Refused implements [okta.Authorizer]. Only what says so means a bad token, Okta's code or, where there is no body as
// for HEAD, RFC 6750's: Okta answers 401 for other reasons too, and a request for another token on each would use up
// the rate limit of the token endpoint.
func (s *source) Refused(r *http.Request, refusal *okta.Error) bool {
	if wantsNonce(refusal) && refusal.Header(headerNonce) != "" && r.Header.Get("DPoP") != "" {
		s.nonce.learn(refusal.Header(headerNonce))
		return true
	}
	code := refusal.Code
	if code == "" && challenge(refusal, "error") == "invalid_token" {
		code = okta.CodeInvalidToken
	}
	if refusal.Status != http.StatusUnauthorized || code != okta.CodeInvalidToken {
		return false
	}
	_, access, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	s.drop(access)
	return true
}
