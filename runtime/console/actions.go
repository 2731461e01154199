package console

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/okta-connector/okta-connector/connections/okta"
	"github.com/okta-connector/okta-connector/runtime"
	"github.com/okta-connector/okta-connector/runtime/connector"
	"github.com/okta-connector/okta-connector/runtime/httpapi"
	"github.com/okta-connector/okta-connector/schemas"
)

// runTimeout bounds a call that a person waits for.
const runTimeout = 2 * time.Minute

type actionsPage struct {
	Query  string
	Groups []actionGroup
	Count  int
}

type actionGroup struct {
	Name    string
	Actions []*connector.Action
}

func (c *console) actions(w http.ResponseWriter, r *http.Request) {
	p := actionsPage{Query: strings.TrimSpace(r.FormValue("q"))}
	at := map[string]int{}
	for _, action := range c.offered(r).Actions {
		if !matches(p.Query, action.Label, action.Key, action.Group, action.Description) {
			continue
		}
		i, known := at[action.Group]
		if !known {
			i = len(p.Groups)
			at[action.Group] = i
			p.Groups = append(p.Groups, actionGroup{Name: action.Group})
		}
		p.Groups[i].Actions = append(p.Groups[i].Actions, action)
		p.Count++
	}
	slices.SortStableFunc(p.Groups, func(a, b actionGroup) int { return len(b.Actions) - len(a.Actions) })
	c.render(w, r, http.StatusOK, "actions", page{Title: "Actions", Section: "actions", Data: p})
}

// offered is the manifest without what whoever is signed in may not use.
func (c *console) offered(r *http.Request) *connector.Manifest {
	return runtime.CallerOf(r.Context()).View(c.index.Manifest)
}

// matches reports whether every word of query is in one of the texts.
func matches(query string, texts ...string) bool {
	all := strings.ToLower(strings.Join(texts, " "))
	for word := range strings.FieldsSeq(strings.ToLower(query)) {
		if !strings.Contains(all, word) {
			return false
		}
	}
	return true
}

type actionPage struct {
	Action      *connector.Action
	Connection  string
	Connections []runtime.ConnectionView
	Fields      []field
	Errors      errorSummary
	Problem     *problem
	Confirm     *confirmation
	Preview     *preview
	Result      *result
	Snippets    []snippet
	Example     node
}

// confirmation is what a person is asked before something is taken away.
type confirmation struct {
	Org     string
	Inputs  string
	Preview *preview
	Problem *problem // why there is no preview
}

// result is an answer as a page shows it.
type result struct {
	Tree       node
	JSON       codeBlock
	Whole      bool
	NextCursor string
	Warnings   []connector.Warning
	Took       string // how long, in how many requests, and how much of it was waiting
	Count      string // "200 items" of a list
}

var inputsAt = "/inputs"

func actionSection(action *connector.Action) section {
	return newSection(action.Input.Fields(), "in.", inputsAt)
}

func (c *console) action(w http.ResponseWriter, r *http.Request) {
	action := c.index.Action(r.PathValue("key"))
	if action == nil {
		c.nothingHere(w, r)
		return
	}
	s := actionSection(action)
	form := s.defaults()
	if r.FormValue("example") != "" {
		form = s.values(action.Example.Inputs)
	}
	for name, values := range r.URL.Query() {
		if strings.HasPrefix(name, s.prefix) {
			form[name] = values // a link that fills in part of the form
		}
	}
	form.Set("connection", askedConnection(r))
	c.showAction(w, r, http.StatusOK, action, form, &actionPage{}, nil)
}

// act does what the button of an action's form says.
func (c *console) act(w http.ResponseWriter, r *http.Request) {
	action := c.index.Action(r.PathValue("key"))
	if action == nil {
		c.nothingHere(w, r)
		return
	}
	if err := r.ParseForm(); err != nil {
		c.fail(w, r, err)
		return
	}
	form := r.PostForm
	if cursor := form.Get("_after"); cursor != "" {
		form.Set("in.after", cursor)
	}
	inv := runtime.Invocation{
		Action: action.Key, Connection: runtime.ConnectionRef{Name: form.Get("connection")},
		Inputs: actionSection(action).inputs(form, nil),
	}
	p := &actionPage{}
	if form.Get("_more") != "" || form.Get("_do") == "back" {
		c.showAction(w, r, http.StatusOK, action, form, p, nil)
		return
	}
	prepared, err := c.engine.Prepare(r.Context(), inv)
	if err != nil {
		invalid, problem := fieldErrors(err)
		p.Problem = problem
		c.showAction(w, r, http.StatusUnprocessableEntity, action, form, p, invalid)
		return
	}
	c.rememberConnection(w, r, inv.Connection.Name)
	p.Snippets = c.snippets(c.origin(r), action.Key, inv.Connection.Name, action.Input, inv.Inputs)
	switch {
	case form.Get("_do") == "code":
	case form.Get("_do") == "preview":
		p.Snippets = nil
		p.Preview, p.Problem = c.preview(r.Context(), prepared)
	case form.Get("_do") == "download" && action.Annotations.ReadOnly:
		c.download(w, r, action, prepared)
		return
	case action.Annotations.Destructive && form.Get("_do") != "confirmed":
		text, _ := indented(withoutSecrets(action.Input, inv.Inputs))
		p.Confirm = &confirmation{Org: c.orgOf(r.Context(), inv.Connection.Name), Inputs: text}
		p.Confirm.Preview, p.Confirm.Problem = c.preview(r.Context(), prepared)
		p.Snippets = nil
	default:
		p.Result, p.Problem = c.run(r, prepared)
	}
	c.showAction(w, r, http.StatusOK, action, form, p, nil)
}

func (c *console) run(r *http.Request, prepared *runtime.Prepared) (*result, *problem) {
	ctx, cancel := context.WithTimeout(r.Context(), runTimeout)
	defer cancel()
	ctx, progress := runtime.WithProgress(ctx)
	defer c.calls.begin(callKey(r, r.PostFormValue("_call")), progress)()
	began := time.Now()
	answer, err := c.engine.Perform(ctx, prepared, progress.Page)
	if err != nil {
		return nil, problemOf(err)
	}
	text, whole := indented(answer.Data)
	res := &result{
		Tree: treeOf(answer.Data), JSON: codeBlock{ID: "answer", Label: "The answer as JSON", Text: text}, Whole: whole,
		NextCursor: answer.NextCursor, Warnings: answer.Warnings,
		Took: took(time.Since(began), answer.Meta),
	}
	if res.Tree.Kind == "list" || string(answer.Data) == "[]" {
		res.Count = res.Tree.Summary
	}
	return res, nil
}

func took(d time.Duration, meta runtime.Meta) string {
	text := max(d.Round(time.Millisecond), time.Millisecond).String() + " · " + count(meta.Requests, "request")
	if meta.WaitedMs > 0 {
		text += fmt.Sprintf(" · waited %d ms for the rate limit", meta.WaitedMs)
	}
	return text
}

// download answers with all of an answer that a page is too small for. It is for actions that only read: the call is
// made again.
func (c *console) download(
	w http.ResponseWriter, r *http.Request, action *connector.Action, prepared *runtime.Prepared,
) {
	answer, err := c.engine.Perform(r.Context(), prepared, func(okta.Page) {})
	if err != nil {
		c.fail(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Disposition", `attachment; filename="`+action.Key+`.json"`)
	_, _ = w.Write(answer.Data) // the browser has gone if this fails
}

func (c *console) showAction(
	w http.ResponseWriter, r *http.Request, status int, action *connector.Action, form url.Values, p *actionPage,
	invalid schemas.Invalid,
) {
	connections, err := c.allConnections(r.Context())
	if err != nil {
		c.fail(w, r, err)
		return
	}
	p.Action, p.Connections, p.Connection = action, connections, chosen(connections, form.Get("connection"))
	d := &drawing{form: form, invalid: invalid, pickers: len(connections) > 0, more: form.Get("_more")}
	p.Fields = actionSection(action).draw(d)
	p.Errors = summarize(d.invalid, p.Fields)
	p.Example = treeOf(action.Example.Data)
	c.render(w, r, status, "action", page{Title: action.Label, Section: "actions", Data: p})
}

// chosen is the connection that is selected at first: the one asked for, or the first there is.
func chosen(connections []runtime.ConnectionView, name string) string {
	for _, v := range connections {
		if v.Name == name {
			return name
		}
	}
	if len(connections) == 0 {
		return name
	}
	return connections[0].Name
}

const connectionCookie = "connector_connection"

// askedConnection is the connection that a link names, or else the one that was used last.
func askedConnection(r *http.Request) string {
	name := r.FormValue("connection")
	if cookie, err := r.Cookie(connectionCookie); err == nil && name == "" {
		return cookie.Value
	}
	return name
}

// rememberConnection offers the connection first on the pages of other actions: who tries something in one org does not
// want to go on in another.
func (c *console) rememberConnection(w http.ResponseWriter, r *http.Request, name string) {
	http.SetCookie(w, &http.Cookie{
		Name: connectionCookie, Value: name, Path: "/",
		HttpOnly: true, Secure: c.Sessions.HTTPS(r), SameSite: http.SameSiteLaxMode,
	})
}

const mostConnections = 500 // offered in a choice

func (c *console) allConnections(ctx context.Context) ([]runtime.ConnectionView, error) {
	list, _, err := c.engine.Connections(ctx, "", mostConnections)
	return list, err
}

// orgOf is the domain of a connection, "" where it cannot be told.
func (c *console) orgOf(ctx context.Context, name string) string {
	view, err := c.engine.Connection(ctx, name)
	if err != nil {
		return ""
	}
	return domainOf(view.Inputs)
}

func domainOf(inputs json.RawMessage) string {
	var given struct {
		OktaDomain string `json:"oktaDomain"`
	}
	_ = json.Unmarshal(inputs, &given) // a connection without a domain has none to show
	return given.OktaDomain
}

// origin is where browsers reach this server.
func (c *console) origin(r *http.Request) string { return httpapi.Origin(c.PublicURL, r) }
