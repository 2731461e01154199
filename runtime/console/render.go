package console

import (
	"bytes"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"

	"github.com/okta-connector/okta-connector/runtime"
)

// A page is what layout.html needs, with Data for the page's own template.
type page struct {
	Title   string
	Section string // of the navigation
	GoTo    string // the browser goes on there by itself
	Bare    bool   // without navigation: it stands alone, or inside another page
	Data    any

	Theme, Path, Notice, Version string
	SignedIn, Sandbox, Audit     bool
}

// may says what whoever is signed in may change: pages offer nothing else.
type may struct{ Connect, Subscribe bool }

func mayOf(r *http.Request) may {
	caller := runtime.CallerOf(r.Context())
	return may{Connect: caller.CheckConnect() == nil, Subscribe: caller.CheckSubscribe() == nil}
}

// message is a page that says one thing.
type message struct {
	Title, Text, Link, LinkText string
	Good                        bool
}

type pages map[string]*template.Template

// parsePages reads the templates, each page on top of its own copy of those that all share.
func parsePages() pages {
	shared := template.Must(template.New("").Funcs(functions).ParseFS(
		files, "templates/layout.html", "templates/parts.html", "templates/fields.html"))
	names, err := fs.Glob(files, "templates/*.html")
	if err != nil {
		panic("console: embedded templates: " + err.Error())
	}
	all := make(pages)
	for _, name := range names {
		t := template.Must(template.Must(shared.Clone()).ParseFS(files, name))
		all[strings.TrimSuffix(path.Base(name), ".html")] = t
	}
	return all
}

// render answers with a page. It is made whole before anything is sent, so that a defect in a template is an error page
// and not half a page.
func (c *console) render(w http.ResponseWriter, r *http.Request, status int, name string, p page) {
	if cookie, err := r.Cookie(themeCookie); err == nil && (cookie.Value == "dark" || cookie.Value == "light") {
		p.Theme = cookie.Value
	}
	_, signedIn := c.Sessions.Caller(r)
	p.Path, p.Version, p.Sandbox = r.URL.RequestURI(), c.index.Version, c.Sandbox != ""
	p.SignedIn = signedIn && c.Sessions.Needed()
	p.Audit = runtime.CallerOf(r.Context()).CheckAudit() == nil
	p.Notice = notices[r.URL.Query().Get("done")]
	layout := "page"
	if p.Bare || !signedIn {
		layout = "bare"
	}
	var b bytes.Buffer
	if err := c.pages[name].ExecuteTemplate(&b, layout, p); err != nil {
		c.log.ErrorContext(r.Context(), "page not rendered", "page", name, "error", err)
		http.Error(w, "this page cannot be shown; the log has the details", http.StatusInternalServerError)
		return
	}
	if p.GoTo != "" {
		w.Header().Set("Refresh", "0; url="+p.GoTo)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = b.WriteTo(w) // the browser has gone if this fails
}

// notices are what a page says after it was reached by a form that worked: the form sends the browser to ?done=key.
var notices = map[string]string{
	"saved":    "Saved.",
	"deleted":  "Deleted.",
	"paused":   "Paused: neither polls nor deliveries begin until it is resumed.",
	"resumed":  "Resumed.",
	"polled":   "Polled.",
	"rewound":  "Rewound: the next poll reports events since then once more.",
	"retried":  "Dead deliveries are on their way again.",
	"happened": "Done. What it causes arrives in a moment.",
}

// done sends the browser on after a form that worked.
func done(w http.ResponseWriter, r *http.Request, to, notice string) {
	http.Redirect(w, r, to+"?done="+notice, http.StatusSeeOther)
}

var functions = template.FuncMap{
	"asset":   asset,
	"icon":    icon,
	"link":    newLink,
	"ago":     func(t time.Time) string { return ago(t, time.Now()) },
	"rfc3339": func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
	"inc":     func(i int) int { return i + 1 },
	"lower":   strings.ToLower,
	"code":    func(id, label, text string) codeBlock { return codeBlock{ID: id, Label: label, Text: text} },
}

type codeBlock struct{ ID, Label, Text string }

type navLink struct {
	Href, Icon, Text string
	Current          bool
}

func newLink(href, section, text, current string) navLink {
	return navLink{Href: href, Icon: section, Text: text, Current: section == current}
}

// ago says how far a moment is from now, in words.
func ago(t, now time.Time) string {
	d := now.Sub(t)
	form := "%s ago"
	if d < 0 {
		d, form = -d, "in %s"
	}
	if d < 2*time.Second && form == "%s ago" {
		return "just now"
	}
	return fmt.Sprintf(form, span(d))
}

func span(d time.Duration) string {
	for _, unit := range []struct {
		size time.Duration
		name string
	}{{24 * time.Hour, "day"}, {time.Hour, "hour"}, {time.Minute, "minute"}} {
		if n := int(d / unit.size); n > 0 {
			return count(n, unit.name)
		}
	}
	return fmt.Sprintf("%d s", int(d.Round(time.Second)/time.Second))
}

// count says "1 event", "2 events".
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
