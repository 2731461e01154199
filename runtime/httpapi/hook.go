package httpapi

import (
	"encoding/json"
	"errors"
	"net/http"

	"github.com/go-chi/chi/v5"

	"github.com/okta-connector/okta-connector/runtime"
)

const challengeHeader = "X-Okta-Verification-Challenge"

// hook is where Okta sends events. GET is Okta's one-time challenge, POST a delivery, which is stored before it is
// answered. A refusal is a 4xx, which Okta does not repeat; what we cannot store is a 5xx, which it does once.
func (s *server) hook(w http.ResponseWriter, r *http.Request) {
	id := chi.URLParam(r, "subscription")
	note(r, "subscription", id)
	switch r.Method {
	case http.MethodGet:
		s.json(s.hookChallenge)(w, r)
	case http.MethodPost:
		s.json(s.hookDelivery)(w, r)
	default:
		w.Header().Set("Allow", "GET, POST")
		s.fail(w, r, newProblem(http.StatusMethodNotAllowed, "method_not_allowed", "an event hook takes GET and POST"))
	}
}

func (s *server) hookChallenge(r *http.Request) (reply, error) {
	challenge := r.Header.Get(challengeHeader)
	if challenge == "" {
		return reply{}, newProblem(http.StatusBadRequest, "no_challenge", "the "+challengeHeader+" header is missing")
	}
	if err := s.engine.HookExists(r.Context(), chi.URLParam(r, "subscription")); err != nil {
		return reply{}, err
	}
	return ok(map[string]string{"verification": challenge}), nil
}

func (s *server) hookDelivery(r *http.Request) (reply, error) {
	id := chi.URLParam(r, "subscription")
	if err := s.engine.CheckHook(r.Context(), id, r.Header.Get("Authorization")); err != nil {
		var refused *runtime.HookRefusedError
		if errors.As(err, &refused) {
			return reply{}, newProblem(http.StatusUnauthorized, "hook_refused", err.Error())
		}
		return reply{}, err
	}
	body, err := readAll(r)
	if err != nil {
		return reply{}, err
	}
	// Less strict than with callers: what Okta wrote is an event all the same, and refused it would be lost.
	if !json.Valid(body) {
		return reply{}, newProblem(http.StatusBadRequest, "bad_json", "the body cannot be read: not JSON")
	}
	return noContent, s.engine.AcceptHook(r.Context(), id, body)
}
