package okta

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
)

// maxWritten bounds how many objects one call remembers to have changed.
const maxWritten = 50

// Writes are what one call of ours set out to change at Okta.
type Writes struct {
	Begun     int      // operations, retries not counted
	Done      int      // of which Okta answered that they worked
	Objects   []string // what they were about, each once: "00u1", "00g1/00u1"; at most 50
	RequestID string   // X-Okta-Request-Id of the latest answer to one; "" when there was none
}

// Writes returns what the call has set out to change so far. Requests for tokens do not count.
func (s *Stats) Writes() Writes {
	s.mu.Lock()
	defer s.mu.Unlock()
	w := s.writes
	w.Objects = slices.Clone(w.Objects)
	return w
}

func (s *Stats) wrote(r *Request, resp *Response, err error) {
	if strings.HasPrefix(r.Path.Template, "/oauth2/") {
		return
	}
	object := strings.Join(r.Path.values(), "/")
	if object == "" && resp != nil {
		object = idOf(resp.Body)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.writes.Begun++
	if err == nil {
		s.writes.Done++
	}
	var refused *Error
	switch {
	case resp != nil:
		s.writes.RequestID = requestID(resp.Header)
	case errors.As(err, &refused):
		s.writes.RequestID = refused.RequestID
	}
	if object != "" && len(s.writes.Objects) < maxWritten && !slices.Contains(s.writes.Objects, object) {
		s.writes.Objects = append(s.writes.Objects, object)
	}
}

// idOf reads the id that Okta gave to what it created.
func idOf(body []byte) string {
	var created struct {
		ID string `json:"id"`
	}
	_ = json.Unmarshal(body, &created) // an answer of another form names nothing
	return created.ID
}
