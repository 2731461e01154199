package sandbox

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"sync"
)

// control is what tests and demonstrations steer the authorization server with, below /_sandbox/oauth:
//
//	GET    /_sandbox/oauth/requests      token requests by grant type: {"refresh_token":{"granted":1,"refused":0}}
//	DELETE /_sandbox/oauth/requests      the same, from zero again
//	POST   /_sandbox/oauth/nonce         a new DPoP nonce; {"forget":true} ends the older ones at once
//	DELETE /_sandbox/oauth/tokens        forgets all codes and tokens
//	POST   /_sandbox/oauth/clients/{id}  changes settings, see clientSettings
func (s *oauthServer) control(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

func (s *oauthServer) controlCounts(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodDelete {
		s.counts.reset()
	}
	writeOAuth(w, http.StatusOK, s.counts.all())
}

func (s *oauthServer) controlTokens(w http.ResponseWriter, _ *http.Request) {
	s.grants.reset()
	w.WriteHeader(http.StatusNoContent)
}

func (s *oauthServer) controlNonce(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Forget bool `json:"forget"`
	}
	if readControl(w, r, &in) {
		writeOAuth(w, http.StatusOK, map[string]string{"nonce": s.nonces.rotate(in.Forget)})
	}
}

// clientSettings are the settings of a client that control shows and changes. Those that are absent stay as they are.
type clientSettings struct {
	Status              *string   `json:"status,omitempty"` // ACTIVE or INACTIVE
	Scopes              *[]string `json:"scopes,omitempty"` // granted Okta API scopes
	RequireDPoP         *bool     `json:"requireDPoP,omitempty"`
	RotateRefreshTokens *bool     `json:"rotateRefreshTokens,omitempty"`
	RedirectURIs        *[]string `json:"redirectURIs,omitempty"`
	Keys                *[]jwk    `json:"keys,omitempty"` // public, of a service app
}

func (s *oauthServer) controlClient(w http.ResponseWriter, r *http.Request) {
	var in clientSettings
	if !readControl(w, r, &in) {
		return
	}
	if in.Status != nil && *in.Status != "ACTIVE" && *in.Status != "INACTIVE" {
		refuseControl(w, errors.New("status: neither ACTIVE nor INACTIVE"))
		return
	}
	client, ok := s.clients.change(r.PathValue("id"), func(c *oauthClient) {
		set(&c.scopes, in.Scopes)
		set(&c.requireDPoP, in.RequireDPoP)
		set(&c.rotate, in.RotateRefreshTokens)
		set(&c.redirects, in.RedirectURIs)
		set(&c.keys, in.Keys)
		if in.Status != nil {
			c.active = *in.Status == "ACTIVE"
		}
	})
	if !ok {
		notFound(r.PathValue("id"), "AppInstance").write(w, requestID())
		return
	}
	status := "INACTIVE"
	if client.active {
		status = "ACTIVE"
	}
	writeOAuth(w, http.StatusOK, clientSettings{
		&status, &client.scopes, &client.requireDPoP, &client.rotate, &client.redirects, &client.keys,
	})
}

func set[T any](field, value *T) {
	if value != nil {
		*field = *value
	}
}

// readControl reads a JSON body into v; no body leaves it as it is. A name that v does not have is answered with 400.
func readControl(w http.ResponseWriter, r *http.Request, v any) bool {
	body := json.NewDecoder(r.Body)
	body.DisallowUnknownFields()
	if err := body.Decode(v); err != nil && !errors.Is(err, io.EOF) {
		refuseControl(w, err)
		return false
	}
	return true
}

// tokenCounts counts requests at the token endpoint. The zero value is ready.
type tokenCounts struct {
	mu     sync.Mutex
	byType map[string]tokenCount
}

type tokenCount struct {
	Granted int `json:"granted"`
	Refused int `json:"refused"`
}

func (c *tokenCounts) add(grantType string, granted bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.byType == nil {
		c.byType = map[string]tokenCount{}
	}
	count := c.byType[grantType]
	if granted {
		count.Granted++
	} else {
		count.Refused++
	}
	c.byType[grantType] = count
}

// all returns the counts of the three grant types, and of what else was asked for.
func (c *tokenCounts) all() map[string]tokenCount {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := map[string]tokenCount{"authorization_code": {}, "client_credentials": {}, "refresh_token": {}}
	for grantType, count := range c.byType {
		out[grantType] = count
	}
	return out
}

func (c *tokenCounts) reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.byType = nil
}
