package sandbox

import (
	_ "embed"
	"html/template"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

//go:embed oauth_authorize.html
var authorizeHTML string

var authorizeTemplate = template.Must(template.New("authorize").Parse(authorizeHTML))

// signInPage is what oauth_authorize.html shows: a form, or only a problem.
type signInPage struct {
	Client  string
	Scopes  []string
	Login   string        // what the login field holds at first
	People  []oauthPerson // suggestions for it
	Problem string
	Form    bool
}

// suggestions is how many people the sign-in page names; all others can be typed.
const suggestions = 50

// codeChallenge is the form of a PKCE challenge (RFC 7636, section 4.2).
var codeChallenge = regexp.MustCompile(`^[A-Za-z0-9._~-]{43,128}$`)

// authorization is a request for one, whose client and redirect URI are right.
type authorization struct {
	client oauthClient
	query  url.Values
	target url.URL // where the browser goes back to
	scopes []string
}

// authorizePage is GET /oauth2/v1/authorize: it asks who signs in, and whether the client may have what it asks for.
func (s *oauthServer) authorizePage(w http.ResponseWriter, r *http.Request) {
	if a, ok := s.readAuthorize(w, r); ok {
		s.showSignIn(w, http.StatusOK, a, signInPage{Login: a.query.Get("login_hint")})
	}
}

// authorizeDecision is POST /oauth2/v1/authorize, sent by the page: the request is in the URL still, the form has
// "login" (a login or an id) and "decision" ("allow" or "deny"). A test posts the same without the page.
func (s *oauthServer) authorizeDecision(w http.ResponseWriter, r *http.Request) {
	a, ok := s.readAuthorize(w, r)
	if !ok {
		return
	}
	if r.PostFormValue("decision") != "allow" {
		a.refuse(w, r, &oauthError{
			code: "access_denied", description: "The resource owner or authorization server denied the request.",
		})
		return
	}
	login := strings.TrimSpace(r.PostFormValue("login"))
	person, ok := s.config.Person(login)
	if !ok {
		s.showSignIn(w, http.StatusBadRequest, a, signInPage{
			Login: login, Problem: "Nobody of this org can sign in as this.",
		})
		return
	}
	a.sendBack(w, r, url.Values{"code": {s.grants.newCode(authorizationCode{
		grant: &grant{
			clientID: a.client.id, personID: person.ID, scopes: a.scopes,
			nonce: a.query.Get("nonce"), signedIn: time.Now(),
		},
		redirectURI: a.query.Get("redirect_uri"), challenge: a.query.Get("code_challenge"),
	})}})
}

// readAuthorize checks the parameters in the URL, and answers a request that is not right. A wrong client or redirect
// URI is told on a page, as nobody may be sent to an address that is not the client's; all else is told the client.
func (s *oauthServer) readAuthorize(w http.ResponseWriter, r *http.Request) (*authorization, bool) {
	a := &authorization{query: r.URL.Query()}
	client, active := s.clients.find(a.query.Get("client_id"))
	target, registered := client.redirectsTo(a.query.Get("redirect_uri"))
	problem := ""
	switch {
	case !active:
		problem = "Invalid value for 'client_id' parameter."
	case client.service:
		problem = "Clients with 'application_type' of 'service' are not allowed to access the 'authorize' endpoint."
	case !registered:
		problem = "The 'redirect_uri' parameter must be a Login redirect URI in the client app settings."
	}
	if problem != "" {
		show(w, http.StatusBadRequest, signInPage{Problem: problem})
		return nil, false
	}
	a.client, a.target = client, *target
	if refusal := a.check(); refusal != nil {
		a.refuse(w, r, refusal)
		return nil, false
	}
	return a, true
}

// check looks at all but client and redirect URI, and finds the scopes to ask the person for.
func (a *authorization) check() (refusal *oauthError) {
	if refusal = checkAuthorize(a.query); refusal != nil {
		return refusal
	}
	if a.scopes, refusal = a.client.grant(a.query.Get("scope")); refusal != nil {
		return refusal
	}
	if !slices.Contains(a.scopes, "openid") && slices.ContainsFunc(a.scopes, aboutPerson) {
		return invalidScope("Requests for ID tokens or access tokens with OpenID scopes require the 'openid' scope.")
	}
	return nil
}

func aboutPerson(scope string) bool {
	return slices.Contains(signInScopes, scope) && scope != "offline_access"
}

func checkAuthorize(q url.Values) *oauthError {
	challenge, method := q.Get("code_challenge"), q.Get("code_challenge_method")
	switch {
	case q.Get("state") == "":
		return invalidRequest("The authentication request has an invalid 'state' parameter.")
	case q.Get("response_type") != "code":
		return &oauthError{
			code:        "unsupported_response_type",
			description: "The response type is not supported by the authorization server. Configured response types: [code].",
		}
	case q.Has("response_mode") && q.Get("response_mode") != "query":
		return &oauthError{
			code:        "unsupported_response_mode",
			description: "The response mode is not supported by the authorization server. Valid response modes: [query].",
		}
	case challenge == "" && method != "":
		return invalidRequest("PKCE code challenge is required by the application.")
	case challenge != "" && method != "S256":
		return invalidRequest("PKCE code challenge method is not supported. Valid values: [S256]")
	case challenge != "" && !codeChallenge.MatchString(challenge):
		return invalidRequest("PKCE code challenge contains illegal characters.")
	case q.Get("prompt") == "none": // the sandbox keeps no sessions
		return &oauthError{
			code: "login_required", description: "The client specified not to prompt, but the user is not logged in.",
		}
	}
	return nil
}

func (a *authorization) refuse(w http.ResponseWriter, r *http.Request, refusal *oauthError) {
	a.sendBack(w, r, url.Values{"error": {refusal.code}, "error_description": {refusal.description}})
}

// sendBack redirects the browser to the client, with params and the state that the client gave.
func (a *authorization) sendBack(w http.ResponseWriter, r *http.Request, params url.Values) {
	if a.query.Has("state") {
		params.Set("state", a.query.Get("state"))
	}
	query := a.target.Query()
	maps.Copy(query, params)
	target := a.target
	target.RawQuery = query.Encode()
	w.Header().Set("Referrer-Policy", "no-referrer")
	w.Header().Set("Cache-Control", "no-cache, no-store")
	http.Redirect(w, r, target.String(), http.StatusFound) //nolint:gosec // to where the client is registered
}

func (s *oauthServer) showSignIn(w http.ResponseWriter, status int, a *authorization, page signInPage) {
	page.Form, page.Client, page.Scopes, page.People = true, a.client.name, a.scopes, s.config.People(suggestions)
	show(w, status, page)
}

func show(w http.ResponseWriter, status int, page signInPage) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-cache, no-store")
	w.WriteHeader(status)
	_ = authorizeTemplate.Execute(w, page)
}
