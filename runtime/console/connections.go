package console

import (
	"encoding/json"
	"net/http"
	"net/url"

	"github.com/okta-connector/okta-connector/runtime"
	"github.com/okta-connector/okta-connector/runtime/connector"
	"github.com/okta-connector/okta-connector/schemas"
)

type connectionsPage struct {
	May   may
	Items []connectionItem
	Next  string
}

type connectionItem struct {
	runtime.ConnectionView
	Kind string // the label of its key
	Org  string
}

func (c *console) connectionItem(v runtime.ConnectionView) connectionItem {
	item := connectionItem{ConnectionView: v, Kind: v.Key, Org: domainOf(v.Inputs)}
	if kind := c.index.Connection(v.Key); kind != nil {
		item.Kind = kind.Label
	}
	return item
}

func (c *console) connections(w http.ResponseWriter, r *http.Request) {
	views, next, err := c.engine.Connections(r.Context(), r.FormValue("after"), 100)
	if err != nil {
		c.fail(w, r, err)
		return
	}
	p := connectionsPage{May: mayOf(r)}
	for _, v := range views {
		p.Items = append(p.Items, c.connectionItem(v))
	}
	if next != "" {
		p.Next = "/connections?after=" + url.QueryEscape(next)
	}
	c.render(w, r, http.StatusOK, "connections", page{Title: "Connections", Section: "connections", Data: p})
}

// connectionPage is the form of a connection, new or stored.
type connectionPage struct {
	May       may
	Kinds     []*connector.Connection // to choose from; nil once chosen
	Kind      *connector.Connection
	Name      string
	NameError string
	Stored    bool
	Declared  bool
	Fields    []field
	Errors    errorSummary
	Problem   *problem
	Identity  *connector.Identity
	Callback  string // what to register with the app at Okta
	Example   bool
}

func (c *console) newConnection(w http.ResponseWriter, r *http.Request) {
	kind := c.index.Connection(r.FormValue("key"))
	if kind == nil {
		c.showConnection(w, r, http.StatusOK, connectionPage{Kinds: c.index.Connections}, nil, nil, nil)
		return
	}
	s := connectionSection(kind)
	c.showConnection(w, r, http.StatusOK, connectionPage{Kind: kind}, s.defaults(), nil, nil)
}

func connectionSection(kind *connector.Connection) section {
	return newSection(kind.Input.Fields(), "in.", inputsAt)
}

// connection shows a stored connection.
func (c *console) connection(w http.ResponseWriter, r *http.Request) {
	c.showStored(w, r, http.StatusOK, connectionPage{})
}

// showStored shows a stored connection, and in p how a test of it went.
func (c *console) showStored(w http.ResponseWriter, r *http.Request, status int, p connectionPage) {
	view, err := c.engine.Connection(r.Context(), r.PathValue("name"))
	if err != nil {
		c.fail(w, r, err)
		return
	}
	kind := c.index.Connection(view.Key)
	if kind == nil {
		c.nothingHere(w, r)
		return
	}
	p.Kind, p.Name, p.Stored, p.Declared = kind, view.Name, true, view.Declared
	c.showConnection(w, r, status, p, connectionSection(kind).values(view.Inputs), nil, view.Inputs)
}

func (c *console) showConnection(
	w http.ResponseWriter, r *http.Request, status int, p connectionPage, form url.Values, invalid schemas.Invalid,
	stored json.RawMessage,
) {
	p.May = mayOf(r)
	title := "New connection"
	if p.Stored {
		title = p.Name
	}
	if p.Kind != nil {
		d := &drawing{form: form, invalid: invalid, stored: setIn(stored), more: form.Get("_more")}
		p.Fields = connectionSection(p.Kind).draw(d)
		p.NameError = takeAt(d, "/name")
		p.Errors = summarize(d.invalid, p.Fields)
		p.Errors.lead("name", "Name", p.NameError)
		p.Callback = c.origin(r) + "/oauth/callback"
	}
	c.render(w, r, status, "connection", page{Title: title, Section: "connections", Data: p})
}

// takeAt returns what is wrong at a pointer and removes it from the list.
func takeAt(d *drawing, pointer string) string {
	return section{}.takeErrors(schemas.Field{Name: pointer[1:]}, d)
}

// setIn reports which members of redacted inputs are secrets that are set.
func setIn(redacted json.RawMessage) func(string) bool {
	var given map[string]json.RawMessage
	_ = json.Unmarshal(redacted, &given) // nothing is stored then
	return func(name string) bool {
		var shown struct {
			Set bool `json:"set"`
		}
		return json.Unmarshal(given[name], &shown) == nil && shown.Set
	}
}

// saveConnection stores a new connection under the name that was posted, or a known one under its own.
func (c *console) saveConnection(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		c.fail(w, r, err)
		return
	}
	form, name := r.PostForm, r.PathValue("name")
	kind := c.index.Connection(form.Get("key"))
	if kind == nil {
		c.nothingHere(w, r)
		return
	}
	p := connectionPage{Kind: kind, Name: name, Stored: name != ""}
	var stored json.RawMessage
	if p.Stored {
		view, err := c.engine.Connection(r.Context(), name)
		if err != nil {
			c.fail(w, r, err)
			return
		}
		stored = view.Inputs
	} else {
		p.Name = form.Get("name")
	}
	err := c.freeName(r, p)
	if err == nil {
		_, _, err = c.engine.PutConnection(
			r.Context(), p.Name, kind.Key, connectionSection(kind).inputs(form, setIn(stored)), false)
	}
	if err != nil {
		invalid, problem := fieldErrors(err)
		p.Problem = problem
		c.showConnection(w, r, http.StatusUnprocessableEntity, p, form, invalid, stored)
		return
	}
	done(w, r, "/connections/"+url.PathEscape(p.Name), "saved")
}

// freeName refuses to make a connection over another one: that is what editing is for.
func (c *console) freeName(r *http.Request, p connectionPage) error {
	if p.Stored || p.Name == "" {
		return nil
	}
	if _, err := c.engine.Connection(r.Context(), p.Name); err == nil {
		return schemas.Invalid{{Pointer: "/name", Detail: "is taken by another connection"}}
	}
	return nil
}

func (c *console) testConnection(w http.ResponseWriter, r *http.Request) {
	identity, err := c.engine.TestConnection(r.Context(), r.PathValue("name"))
	if err != nil {
		c.showStored(w, r, http.StatusOK, connectionPage{Problem: problemOf(err)})
		return
	}
	c.showStored(w, r, http.StatusOK, connectionPage{Identity: &identity})
}

func (c *console) deleteConnection(w http.ResponseWriter, r *http.Request) {
	if err := c.engine.DeleteConnection(r.Context(), r.PathValue("name")); err != nil {
		c.showStored(w, r, http.StatusConflict, connectionPage{Problem: problemOf(err)})
		return
	}
	done(w, r, "/connections", "deleted")
}
