// Package console is what a person sees of a runtime: pages that show and change what the engine holds, with forms that
// are drawn from the schemas and from nothing else. What a request does is the engine's; what an API caller gets is
// package httpapi's.
//
// The pages are html/template with one CSS file and a few small scripts of our own. A generator of forms for the
// browser was measured and rejected: the smallest was 490 KB, one needed unsafe-eval, and each brought a second
// validator with messages of its own. Here a form is posted as forms always were, the server makes the inputs' JSON
// from it, and the engine's validator words what is wrong; the scripts only save page loads. Everything but the
// pickers' type-ahead, what arrives live and how far a long call is works without them.
package console

import (
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strings"

	"github.com/okta-connector/okta-connector/runtime"
	"github.com/okta-connector/okta-connector/runtime/connector"
	"github.com/okta-connector/okta-connector/runtime/httpapi"
)

// Config says what the console shows. Engine and Sessions are required.
type Config struct {
	Engine      *runtime.Engine
	Sessions    *httpapi.Sessions
	PublicURL   string       // where browsers reach this server; "": the address of the request
	EmbedOrigin string       // the origin whose pages may show our forms, "https://engine.example"; "": nobody's
	Sandbox     string       // the connection to an org in memory that may be played with; "": there is none
	Logger      *slog.Logger // nil: discard
}

type console struct {
	Config
	engine *runtime.Engine
	index  *connector.Index
	log    *slog.Logger
	pages  pages
	calls  calls
}

// New returns the pages of a runtime, and all they need. It answers everything that is not the API.
func New(cfg Config) (http.Handler, error) {
	switch {
	case cfg.Engine == nil:
		return nil, errors.New("console: Engine is required")
	case cfg.Sessions == nil:
		return nil, errors.New("console: Sessions is required")
	}
	if err := checkOrigin(cfg.EmbedOrigin); err != nil {
		return nil, err
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	c := &console{Config: cfg, engine: cfg.Engine, index: cfg.Engine.Index(), log: cfg.Logger, pages: parsePages()}
	return c.protect(c.routes()), nil
}

func (c *console) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /assets/{version}/{file}", serveAsset)
	mux.HandleFunc("GET /favicon.ico", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, asset("icon.svg"), http.StatusFound)
	})
	mux.HandleFunc("GET /login", c.loginForm)
	mux.HandleFunc("POST /login", c.login)
	mux.HandleFunc("/logout", c.logout)
	mux.HandleFunc("POST /theme", c.theme)
	mux.HandleFunc("GET /oauth/callback", c.callback)
	mux.HandleFunc("/forms/{kind}/{key}", c.embedded)
	mux.HandleFunc("POST /forms/options/{source}", c.embeddedOptions)

	page := func(pattern string, handle http.HandlerFunc) { mux.Handle(pattern, c.signedIn(handle)) }
	page("GET /{$}", c.overview)
	page("GET /actions", c.actions)
	page("GET /actions/{key}", c.action)
	page("POST /actions/{key}", c.act)
	page("POST /options/{source}", c.options)
	page("GET /calls/{number}", c.progress)

	page("GET /connections", c.connections)
	page("GET /connections/new", c.newConnection)
	page("POST /connections/new", c.saveConnection)
	page("GET /connections/{name}", c.connection)
	page("POST /connections/{name}", c.saveConnection)
	page("POST /connections/{name}/test", c.testConnection)
	page("POST /connections/{name}/sign-in", c.signIn)
	page("POST /connections/{name}/delete", c.deleteConnection)

	page("GET /subscriptions", c.subscriptions)
	page("GET /subscriptions/new", c.newSubscription)
	page("POST /subscriptions/new", c.saveSubscription)
	page("GET /subscriptions/{id}", c.subscription)
	page("GET /subscriptions/{id}/edit", c.editSubscription)
	page("POST /subscriptions/{id}/edit", c.saveSubscription)
	page("POST /subscriptions/{id}/{what}", c.changeSubscription)

	page("GET /deliveries", c.deliveries)
	page("POST /deliveries/{id}/retry", c.retryDelivery)
	page("GET /audit", c.audit)
	if c.Sandbox != "" {
		page("GET /sandbox", c.sandbox)
		page("POST /sandbox", c.happen)
	}
	nothing := c.signedIn(http.HandlerFunc(c.nothingHere))
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.Header.Get("Accept"), "text/html") {
			nothing.ServeHTTP(w, r)
			return
		}
		httpapi.NotFound(w, r) // whoever asks is no browser
	})
	return mux
}

// policy keeps a page to our own files: whatever text Okta or a person brought into it, it runs nothing.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors "

// protect gives every answer the page's policy, and refuses what another site's page makes a browser send.
func (c *console) protect(next http.Handler) http.Handler {
	next = http.NewCrossOriginProtection().Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ancestors := "'none'"
		if c.EmbedOrigin != "" && strings.HasPrefix(r.URL.Path, "/forms/") {
			ancestors = c.EmbedOrigin
		}
		h := w.Header()
		h.Set("Content-Security-Policy", policy+ancestors)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cache-Control", "no-store")
		// Not no-referrer: with it a form's Origin header is null, which says nothing about where the form is from.
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		next.ServeHTTP(w, r)
	})
}

// signedIn sends a browser that nobody signed in with to the login page, which sends it back here.
func (c *console) signedIn(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, ok := c.Sessions.Caller(r); ok {
			next.ServeHTTP(w, r)
			return
		}
		to, next := "/login", r.URL.RequestURI()
		if r.Method != http.MethodGet {
			next = formPage(r)
		}
		if next != "/" {
			to += "?next=" + queryEscape(next)
		}
		http.Redirect(w, r, to, http.StatusSeeOther) //nolint:gosec // a path of our own, with an escaped query
	})
}

// formPage is the page of ours that a form was sent from, "/" where that is not known.
func formPage(r *http.Request) string {
	from, err := url.Parse(r.Referer())
	if err != nil || from.Host != r.Host {
		return "/"
	}
	return ownPath(from.RequestURI())
}

func (c *console) nothingHere(w http.ResponseWriter, r *http.Request) {
	c.render(w, r, http.StatusNotFound, "message", page{Title: "Nothing here", Data: message{
		Title: "There is nothing at this address", Text: "It may have been deleted, or the address is mistyped.",
		Link: "/", LinkText: "Go to the overview",
	}})
}
