package httpapi

import (
	"context"
	"net/http"
	"strings"

	"github.com/okta-connector/okta-connector/runtime"
)

// caller is the id of the key a request came with; "" where no keys are needed.
func caller(ctx context.Context) string { return visitOf(ctx).key }

// as returns r in the name of who: the engine finds there what they may do.
func (who *identity) as(r *http.Request) *http.Request {
	note(r, "who", who.caller.Name)
	visitOf(r.Context()).key = who.id
	return r.WithContext(runtime.WithCaller(r.Context(), who.caller))
}

// authenticate lets through who has a key: as a bearer token, or, to read, in exchange for a session.
func (s *server) authenticate(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		who := s.Keys.bearer(r)
		if who == nil && s.Sessions != nil && (r.Method == http.MethodGet || r.Method == http.MethodHead) {
			who = s.Sessions.identity(r)
		}
		if who == nil {
			w.Header().Set("WWW-Authenticate", `Bearer realm="connector"`)
			s.fail(w, r, newProblem(http.StatusUnauthorized, "unauthorized", "this needs one of the server's API keys as a bearer token"))
			return
		}
		next.ServeHTTP(w, who.as(r))
	})
}

// serveConsole hands a request to the console in the name of who is signed in, or of who asked for the form's token.
// What nobody asks for may change nothing. Who gets to see a page at all is the console's affair.
func (s *server) serveConsole(w http.ResponseWriter, r *http.Request) {
	who := &identity{caller: &runtime.Caller{Name: "nobody"}}
	if s.Sessions != nil {
		if known := s.Sessions.identity(r); known != nil {
			who = known
		} else if strings.HasPrefix(r.URL.Path, "/forms/") {
			if known := s.Sessions.granter(r.FormValue("token")); known != nil {
				who = known
			}
		}
	}
	if !s.Keys.Needed() {
		caller := *s.Keys.anyone().caller
		caller.Name = "console"
		who = &identity{caller: &caller}
	}
	s.Console.ServeHTTP(w, who.as(r))
}
