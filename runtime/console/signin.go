package console

import (
	"crypto/rand"
	"errors"
	"net/http"
	"net/url"

	"github.com/okta-connector/okta-connector/connections"
	"github.com/okta-connector/okta-connector/runtime"
)

const (
	browserCookie = "connector_browser"
	browserLife   = 10 * 60 // seconds: as long as a sign-in may take
)

// signIn sends the browser to Okta. The cookie binds the sign-in to this browser: who is talked into finishing one that
// somebody else began would connect us to that person's account.
func (c *console) signIn(w http.ResponseWriter, r *http.Request) {
	secret := rand.Text()
	if cookie, err := r.Cookie(browserCookie); err == nil && cookie.Value != "" {
		secret = cookie.Value // several sign-ins may be under way side by side
	}
	name := r.PathValue("name")
	address, err := c.engine.BeginSignIn(r.Context(), name, secret)
	if err != nil {
		c.showStored(w, r, http.StatusOK, connectionPage{Problem: problemOf(err)})
		return
	}
	http.SetCookie(w, &http.Cookie{
		Name: browserCookie, Value: secret, Path: "/", MaxAge: browserLife,
		HttpOnly: true, Secure: c.Sessions.HTTPS(r), SameSite: http.SameSiteLaxMode,
	})
	// A page that goes on by itself, not a redirect: form-action forbids those to another site.
	c.render(w, r, http.StatusOK, "message", page{
		Title: "Going to Okta", GoTo: address, Data: message{
			Title: "Going to Okta", Text: "Sign in there as the person that " + name + " is to act as.",
			Link: address, LinkText: "Go on to Okta",
		},
	})
}

// callback is where Okta sends the browser back to.
func (c *console) callback(w http.ResponseWriter, r *http.Request) {
	secret := ""
	if cookie, err := r.Cookie(browserCookie); err == nil {
		secret = cookie.Value
	}
	name, err := c.engine.FinishSignIn(r.Context(), r.URL.Query(), secret)
	if err == nil {
		c.render(w, r, http.StatusOK, "message", page{Title: "Signed in", Section: "connections", Data: message{
			Title: "Signed in", Text: "The connection " + name + " is ready to use.", Good: true,
			Link: "/connections/" + url.PathEscape(name), LinkText: "Show the connection",
		}})
		return
	}
	status := http.StatusBadRequest
	var refused *runtime.SignInError
	if !errors.As(err, &refused) {
		status = problemOf(err).Status
		c.log.ErrorContext(r.Context(), "sign-in failed", "error", err)
	}
	m := message{
		Title: "Not signed in", Text: signInDetail(err), Link: "/connections", LinkText: "Back to the connections",
	}
	if name != "" {
		m.Link, m.LinkText = "/connections/"+url.PathEscape(name), "Back to the connection"
	}
	c.render(w, r, status, "message", page{Title: m.Title, Section: "connections", Data: m})
}

// signInDetail says what kept a person from signing in, and what to do.
func signInDetail(err error) string {
	var refused *connections.SignInError
	var ours *runtime.SignInError
	switch {
	case errors.As(err, &refused):
		return sentence(refused.Detail)
	case connections.Explain(err, nil) != "":
		return sentence(connections.Explain(err, nil))
	case errors.As(err, &ours):
		return sentence(ours.Error())
	}
	return problemOf(err).Detail
}
