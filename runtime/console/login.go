package console

import (
	"net/http"
	"net/url"
	"strings"
)

type loginPage struct {
	Next  string
	Wrong bool
}

func (c *console) loginForm(w http.ResponseWriter, r *http.Request) {
	next := ownPath(r.FormValue("next"))
	if _, ok := c.Sessions.Caller(r); ok {
		http.Redirect(w, r, next, http.StatusSeeOther) //nolint:gosec // ownPath made it
		return
	}
	c.render(w, r, http.StatusOK, "login", page{Title: "Sign in", Data: loginPage{Next: next}})
}

func (c *console) login(w http.ResponseWriter, r *http.Request) {
	next := ownPath(r.PostFormValue("next"))
	if !c.Sessions.Needed() || c.Sessions.Begin(w, r, r.PostFormValue("key")) {
		http.Redirect(w, r, next, http.StatusSeeOther) //nolint:gosec // ownPath made it
		return
	}
	c.render(w, r, http.StatusUnauthorized, "login", page{Title: "Sign in", Data: loginPage{Next: next, Wrong: true}})
}

func (c *console) logout(w http.ResponseWriter, r *http.Request) {
	c.Sessions.End(w, r)
	http.Redirect(w, r, "/login", http.StatusSeeOther)
}

const themeCookie = "connector_theme"

// theme remembers the colours that a person prefers to those of their system.
func (c *console) theme(w http.ResponseWriter, r *http.Request) {
	theme := "light"
	if r.PostFormValue("theme") == "dark" {
		theme = "dark"
	}
	http.SetCookie(w, &http.Cookie{
		Name: themeCookie, Value: theme, Path: "/", MaxAge: 365 * 24 * 3600,
		Secure: c.Sessions.HTTPS(r), HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
	next := ownPath(r.PostFormValue("next"))
	http.Redirect(w, r, next, http.StatusSeeOther) //nolint:gosec // ownPath made it
}

// ownPath returns a path of this server, "/" for anything that could lead elsewhere.
func ownPath(path string) string {
	u, err := url.Parse(path)
	if err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") ||
		strings.ContainsAny(path, "\\\r\n\t") {
		return "/"
	}
	return path
}

func queryEscape(text string) string { return url.QueryEscape(text) }
