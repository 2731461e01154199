package httpapi

import "net/http"

// audit lists the calls that wrote to Okta, newest first.
func (s *server) audit(r *http.Request) (reply, error) {
	after, limit, err := page(r)
	if err != nil {
		return reply{}, err
	}
	entries, next, err := s.engine.Audit(r.Context(), after, limit)
	return ok(list{Items: entries, NextCursor: next}), err
}
