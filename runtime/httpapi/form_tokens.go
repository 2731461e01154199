package httpapi

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/okta-connector/okta-connector/runtime"
	"github.com/okta-connector/okta-connector/schemas"
)

// formTokenBody is what POST /v1/form-tokens takes.
type formTokenBody struct {
	Form       string `json:"form" title:"Form" required:"true" example:"actions/getUser" doc:"The form to show: actions, triggers or connections, a slash, and a key of the manifest."`
	Connection string `json:"connection" title:"Connection" example:"prod" doc:"The stored connection whose org the pickers search; for a connection's form, the name to store it under."`
}

var formTokenSchema = schemas.For[formTokenBody]()

// formToken lets an engine's server show one of our forms inside a page of its own.
func (s *server) formToken(r *http.Request) (reply, error) {
	var body formTokenBody
	if err := decodeBody(r, formTokenSchema, &body); err != nil {
		return reply{}, err
	}
	if s.Sessions == nil {
		return reply{}, newProblem(http.StatusNotFound, "no_forms", "this server has no forms")
	}
	if err := s.checkForm(r, body); err != nil {
		return reply{}, err
	}
	token, expires := s.Sessions.FormToken(caller(r.Context()), FormGrant(body))
	return ok(map[string]string{
		"token": token, "expiresAt": expires.UTC().Format(time.RFC3339),
		"url": Origin(s.PublicURL, r) + "/forms/" + body.Form + "?token=" + url.QueryEscape(token),
	}), nil
}

// checkForm tells now what the browser could only be told later.
func (s *server) checkForm(r *http.Request, body formTokenBody) error {
	kind, key, _ := strings.Cut(body.Form, "/")
	index := s.engine.Index()
	switch {
	case kind == "actions" && index.Action(key) != nil:
	case kind == "triggers" && index.Trigger(key) != nil:
	case kind == "connections" && index.Connection(key) != nil:
		if body.Connection == "" {
			return schemas.Invalid{{Pointer: "/connection", Detail: "is required: the name to store the connection under"}}
		}
		return nil // it need not exist yet
	default:
		return &runtime.NotFoundError{Kind: "form", Name: body.Form}
	}
	if body.Connection == "" {
		return nil
	}
	_, err := s.engine.Connection(r.Context(), body.Connection)
	return err
}

// Origin is where browsers reach this server: the public URL, or, where there is none, what r was sent to.
func Origin(publicURL string, r *http.Request) string {
	switch {
	case publicURL != "":
		return strings.TrimSuffix(publicURL, "/")
	case r.TLS != nil:
		return "https://" + r.Host
	}
	return "http://" + r.Host
}
