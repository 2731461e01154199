package console

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/okta-connector/okta-connector/runtime"
	"github.com/okta-connector/okta-connector/runtime/connector"
	"github.com/okta-connector/okta-connector/runtime/httpapi"
	"github.com/okta-connector/okta-connector/schemas"
)

// checkOrigin accepts an origin, and nothing that means more than one.
func checkOrigin(origin string) error {
	if origin == "" {
		return nil
	}
	u, err := url.Parse(origin)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.Scheme+"://"+u.Host != origin ||
		strings.ContainsAny(origin, " *;,'\"") {
		return errors.New("console: EmbedOrigin must be an origin such as https://engine.example, without a path")
	}
	return nil
}

// embeddedForm is a form that stands alone in another page, whose scripts it talks to with messages.
type embeddedForm struct {
	Form        string // "actions/getUser"
	Title, Doc  string
	EmbedOrigin string
	Token       string
	Fields      []field
	Times       []field // a polling trigger's schedule
	Errors      errorSummary
	Problem     *problem
	Submit      string // what its button says
}

// embeddable is what a form of the manifest needs to stand alone.
type embeddable struct {
	title, doc, submit string
	input              section
	times              section                     // of a polling trigger
	check              func(json.RawMessage) error // nil for a connection, which is stored
}

func (c *console) embeddable(kind, key string) *embeddable {
	switch kind {
	case "actions":
		if a := c.index.Action(key); a != nil {
			return &embeddable{
				title: a.Label, doc: a.Description, submit: "Save", input: newSection(a.Input.Fields(), "in.", ""),
				check: func(in json.RawMessage) error { _, err := a.Bind(in); return err },
			}
		}
	case "triggers":
		if t := c.index.Trigger(key); t != nil {
			e := &embeddable{
				title: t.Label, doc: t.Description, submit: "Save", input: newSection(t.Input.Fields(), "in.", ""),
				check: t.Check,
			}
			if t.Kind == connector.Polling {
				e.times = newSection(specFields, "sub.", "").without(
					"trigger", "connection", "inputs", "startFrom", "batchSize", "deliverTo", "reconcile")
			}
			return e
		}
	case "connections":
		if k := c.index.Connection(key); k != nil {
			return &embeddable{
				title: k.Label, doc: k.Description, submit: "Save", input: newSection(k.Input.Fields(), "in.", inputsAt),
			}
		}
	}
	return nil
}

// grant returns what a request for a form may do: what its token says, or, without one, what a signed-in person may.
func (c *console) grant(r *http.Request, form string) (httpapi.FormGrant, bool) {
	if token := r.FormValue("token"); token != "" {
		grant, ok := c.Sessions.FormGrant(token)
		return grant, ok && (form == "" || grant.Form == form)
	}
	_, ok := c.Sessions.Caller(r)
	return httpapi.FormGrant{Form: form, Connection: r.FormValue("connection")}, ok
}

// embedded serves a form alone: GET shows it, POST checks what was filled in. With Accept: application/json a POST that
// is right answers with the values, for the form's script to hand on; they never become part of a page.
func (c *console) embedded(w http.ResponseWriter, r *http.Request) {
	form := r.PathValue("kind") + "/" + r.PathValue("key")
	e := c.embeddable(r.PathValue("kind"), r.PathValue("key"))
	grant, allowed := c.grant(r, form)
	switch {
	case r.Method != http.MethodGet && r.Method != http.MethodPost:
		http.Error(w, "this is a form: GET shows it, POST checks it", http.StatusMethodNotAllowed)
		return
	case !allowed:
		c.render(w, r, http.StatusUnauthorized, "message", page{Title: "Signed out", Bare: true, Data: message{
			Title: "This form cannot be shown any more",
			Text:  "What let you in is too old or was made for another form. Open the form again.",
		}})
		return
	case e == nil:
		c.render(w, r, http.StatusNotFound, "message", page{Title: "Nothing here", Bare: true, Data: message{
			Title: "There is no such form", Text: "Forms are those of the manifest's actions, triggers and connections.",
		}})
		return
	}
	p := embeddedForm{
		Form: form, Title: e.title, Doc: e.doc, EmbedOrigin: c.EmbedOrigin, Submit: e.submit, Token: r.FormValue("token"),
	}
	values := r.PostForm
	switch {
	case r.Method == http.MethodGet:
		values = merge(e.input.defaults(), e.times.defaults())
	case values.Get("_do") == "fill":
		inputs, times := json.RawMessage(values.Get("_inputs")), json.RawMessage(values.Get("_times"))
		values = merge(e.input.values(inputs), e.times.values(times))
	case values.Get("_more") == "":
		sent, err := c.submitEmbedded(r, e, grant, values)
		if err == nil {
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write(marshal(sent)) // the browser has gone if this fails
			return
		}
		invalid, problem := fieldErrors(err)
		p.Problem = problem
		c.showEmbedded(w, r, http.StatusUnprocessableEntity, p, e, grant, values, invalid)
		return
	}
	c.showEmbedded(w, r, http.StatusOK, p, e, grant, values, nil)
}

func (c *console) showEmbedded(
	w http.ResponseWriter, r *http.Request, status int, p embeddedForm, e *embeddable, grant httpapi.FormGrant,
	values url.Values, invalid schemas.Invalid,
) {
	pickers := grant.Connection != "" && e.check != nil
	d := &drawing{form: values, invalid: invalid, pickers: pickers, more: values.Get("_more")}
	if view, err := c.engine.Connection(r.Context(), grant.Connection); err == nil && e.check == nil {
		d.stored = setIn(view.Inputs)
	}
	p.Fields, p.Times = e.input.draw(d), e.times.draw(d)
	p.Errors = summarize(d.invalid, p.Fields, p.Times)
	c.render(w, r, status, "form", page{Title: p.Title, Bare: true, Data: p})
}

// submitted is what an embedded form tells the page around it.
type submitted struct {
	Form       string          `json:"form"`
	Connection string          `json:"connection,omitempty"`
	Inputs     json.RawMessage `json:"inputs,omitempty"`
	Schedule   string          `json:"schedule,omitempty"`
	TimeZone   string          `json:"timeZone,omitempty"`
}

// submitEmbedded checks the values of a form. A connection is stored here, under the name that the token was made for:
// its secrets stay with this server, and the page around the form learns the name only.
func (c *console) submitEmbedded(
	r *http.Request, e *embeddable, grant httpapi.FormGrant, values url.Values,
) (submitted, error) {
	out := submitted{Form: grant.Form, Connection: grant.Connection}
	if e.check == nil {
		kept := func(string) bool { return false }
		if view, err := c.engine.Connection(r.Context(), grant.Connection); err == nil {
			kept = setIn(view.Inputs)
		}
		_, key, _ := strings.Cut(grant.Form, "/")
		view, _, err := c.engine.PutConnection(r.Context(), grant.Connection, key, e.input.inputs(values, kept), false)
		out.Inputs = view.Inputs
		return out, err
	}
	out.Inputs = e.input.inputs(values, nil)
	out.Schedule, out.TimeZone = values.Get("sub.schedule"), values.Get("sub.timeZone")
	var all schemas.Invalid
	if invalid, problem := fieldErrors(e.check(out.Inputs)); problem == nil {
		all = append(all, invalid...)
	}
	if out.Schedule != "" {
		_, err := runtime.ParseSchedule(out.Schedule, out.TimeZone)
		if invalid, problem := fieldErrors(err); problem == nil {
			all = append(all, invalid...)
		}
	}
	if len(all) > 0 {
		return out, all
	}
	return out, nil
}

// embeddedOptions searches for a picker of an embedded form.
func (c *console) embeddedOptions(w http.ResponseWriter, r *http.Request) {
	grant, ok := c.grant(r, "")
	if !ok {
		http.Error(w, "signed out", http.StatusUnauthorized)
		return
	}
	c.choose(w, r, grant.Connection)
}
