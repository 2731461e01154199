package httpapi

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"os"
	"strconv"

	"github.com/okta-connector/okta-connector/connections/okta"
	"github.com/okta-connector/okta-connector/runtime/connector"
	"github.com/okta-connector/okta-connector/schemas"
)

// reply is what a handler answers: a status, and a body where the status has one.
type reply struct {
	status int
	body   any
	header http.Header
}

func ok(body any) reply { return reply{status: http.StatusOK, body: body} }

var noContent = reply{status: http.StatusNoContent}

// createdOr is the answer of a PUT: 201 when it made something, 200 when it changed it.
func createdOr(created bool, body any) reply {
	if created {
		return reply{status: http.StatusCreated, body: body}
	}
	return ok(body)
}

// json adapts a handler that answers with a value or an error.
func (s *server) json(handle func(*http.Request) (reply, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		rep, err := handle(r)
		if err != nil {
			s.fail(w, r, err)
			return
		}
		writeJSON(w, rep)
	}
}

// fail answers with err's problem; what is our own fault is logged, the caller's is not, nor that a caller went away.
func (s *server) fail(w http.ResponseWriter, r *http.Request, err error) {
	p := writeProblem(w, r, err)
	note(r, "outcome", p.Code)
	if p.Status >= http.StatusInternalServerError && r.Context().Err() == nil {
		s.log.ErrorContext(r.Context(), "request failed", "requestId", p.RequestID, "code", p.Code,
			"error", okta.Loggable(err))
	}
}

func writeJSON(w http.ResponseWriter, rep reply) {
	for name, values := range rep.header {
		w.Header()[name] = values
	}
	if rep.body == nil {
		w.WriteHeader(rep.status)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(rep.status)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(rep.body) // the caller has gone if this fails
}

// readBody reads a JSON body whole and refuses what two readers could understand differently.
func readBody(r *http.Request) (json.RawMessage, error) {
	raw, err := readText(r)
	if err == nil {
		err = schemas.Strict(raw, MaxJSONDepth)
	}
	return raw, err
}

// readMembers reads a body that must be a JSON object, as strictly.
func readMembers(r *http.Request) (map[string]json.RawMessage, error) {
	raw, err := readText(r)
	if err != nil {
		return nil, err
	}
	members, err := schemas.Members(raw, MaxJSONDepth)
	if errors.Is(err, schemas.ErrNotObject) {
		return nil, errNotObject
	}
	return members, err
}

var errNotObject = newProblem(http.StatusBadRequest, "not_an_object", "the body must be a JSON object")

func readText(r *http.Request) ([]byte, error) {
	kind := r.Header.Get("Content-Type")
	if kind != "application/json" { // as nearly all write it
		var err error
		if kind, _, err = mime.ParseMediaType(kind); err != nil || kind != "application/json" {
			return nil, newProblem(http.StatusUnsupportedMediaType, "not_json", "the body must be application/json")
		}
	}
	if coding := r.Header.Get("Content-Encoding"); coding != "" && coding != "identity" {
		return nil, newProblem(http.StatusUnsupportedMediaType, "encoded", "the body must come without a Content-Encoding")
	}
	return readAll(r)
}

// readAll reads a body to its end.
func readAll(r *http.Request) (raw []byte, err error) {
	if n := r.ContentLength; n > 0 && n <= maxAtOnce {
		raw = make([]byte, n)
		_, err = io.ReadFull(r.Body, raw)
	} else {
		raw, err = io.ReadAll(r.Body)
	}
	var tooLarge *http.MaxBytesError
	switch {
	case err == nil, errors.As(err, &tooLarge):
		return raw, err
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil, newProblem(http.StatusRequestTimeout, "body_too_slow", "the body did not arrive in time")
	}
	return nil, newProblem(http.StatusBadRequest, "body_broken", "the body broke off")
}

// maxAtOnce is how large a body may claim to be for its memory to be set aside before it is there.
const maxAtOnce = 64 << 10

// decodeBody reads a JSON object into the fields that schema declares, coercing as the inputs of an action are.
func decodeBody(r *http.Request, schema *schemas.Schema, into any) error {
	raw, err := readBody(r)
	if err != nil {
		return err
	}
	if len(raw) == 0 || firstByte(raw) != '{' {
		return errNotObject
	}
	return schema.Decode(raw, into)
}

func firstByte(raw []byte) byte {
	for _, b := range raw {
		if b != ' ' && b != '\t' && b != '\r' && b != '\n' {
			return b
		}
	}
	return 0
}

// page reads after and limit of a list request.
func page(r *http.Request) (after string, limit int, err error) {
	const most, usual = 1000, 100
	q := r.URL.Query()
	limit = usual
	if s := q.Get("limit"); s != "" {
		limit, err = strconv.Atoi(s)
		if err != nil || limit < 1 || limit > most {
			return "", 0, schemas.Invalid{{Pointer: "/limit", Detail: "must be a whole number from 1 to 1000"}}
		}
	}
	return q.Get("after"), limit, nil
}

// list is the form of every list.
type list struct {
	Items      any                 `json:"items"`
	NextCursor string              `json:"nextCursor,omitempty"`
	Warnings   []connector.Warning `json:"warnings,omitempty"`
}
