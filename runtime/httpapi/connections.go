package httpapi

import (
	"encoding/json"
	"net/http"

	"github.com/go-chi/chi/v5"

	"github.com/okta-connector/okta-connector/schemas"
)

// connectionBody is what PUT /v1/connections/{name} takes.
type connectionBody struct {
	Key    string         `json:"key" title:"Kind" required:"true" doc:"The key of a connection of the manifest."`
	Inputs schemas.Object `json:"inputs" title:"Inputs" required:"true" doc:"Its inputs. A secret given as {\"set\": true} stays as it is."`
}

var connectionSchema = schemas.For[connectionBody]()

func (s *server) putConnection(r *http.Request) (reply, error) {
	var body connectionBody
	if err := decodeBody(r, connectionSchema, &body); err != nil {
		return reply{}, err
	}
	inputs, err := json.Marshal(body.Inputs)
	if err != nil {
		return reply{}, err
	}
	view, created, err := s.engine.PutConnection(r.Context(), chi.URLParam(r, "name"), body.Key, inputs, false)
	if err != nil {
		return reply{}, err
	}
	return createdOr(created, view), nil
}

func (s *server) getConnection(r *http.Request) (reply, error) {
	view, err := s.engine.Connection(r.Context(), chi.URLParam(r, "name"))
	return ok(view), err
}

func (s *server) listConnections(r *http.Request) (reply, error) {
	after, limit, err := page(r)
	if err != nil {
		return reply{}, err
	}
	views, next, err := s.engine.Connections(r.Context(), after, limit)
	return ok(list{Items: views, NextCursor: next}), err
}

func (s *server) deleteConnection(r *http.Request) (reply, error) {
	return noContent, s.engine.DeleteConnection(r.Context(), chi.URLParam(r, "name"))
}

func (s *server) testConnection(r *http.Request) (reply, error) {
	identity, err := s.engine.TestConnection(r.Context(), chi.URLParam(r, "name"))
	return ok(identity), err
}

func (s *server) authorizeConnection(r *http.Request) (reply, error) {
	url, err := s.engine.BeginSignIn(r.Context(), chi.URLParam(r, "name"), "")
	return ok(map[string]string{"url": url}), err
}
