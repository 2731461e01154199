// Package sandbox is an Okta org in memory, an [http.Handler] that Okta's own SDKs work on unmodified: life-cycle
// states, paging, error codes, rate limits, a System Log that grows with every change, and event hooks that are really
// verified and delivered. It leaves what a client makes of all that to its users, and shares no code or types with any
// client, since a fake that is built from the client's own structs repeats the client's mistakes.
//
// What it does not have it answers with 404 in Okta's envelope, and logs the route at error level. Below /_sandbox/ it
// takes faults, log events and resets, without a credential.
//
// One lock guards the whole org: handlers run under it and only compute; what they answer is written after it is
// released. Objects are replaced, never changed, so that a list can be kept sorted and a user's JSON rendered once. The
// alternative, a lock for each kind of object, was not faster where it matters (reads share the lock) and made every
// change that spans kinds, such as a deactivation, a question of order.
package sandbox

import (
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// Options say what the org holds at first and how it behaves. The zero value is an org with nobody but the
// administrator whose API token it hands out; [DefaultOptions] is a small company.
type Options struct {
	// Users, Groups, Apps and LogEvents are how many of each there are at first. The administrator is one of the users
	// and there always; so is the group Everyone.
	Users, Groups, Apps, LogEvents int
	// Activity is how many changes a second Run makes, as if people were working.
	Activity float64
	// Seed decides names, ids and credentials: the same seed gives the same org. What is made later has ids of its own
	// each time.
	Seed uint64
	// Limits chooses the rate limits: "" for 2,000 calls a minute in each bucket, "okta" for the table that Okta
	// published for workforce orgs, "none" for more than anyone can use.
	Limits string
	// SearchLag is how long a change stays unseen by search parameters.
	SearchLag time.Duration
	// NoRealms answers realm operations as an org without the feature does: 401 E0000015.
	NoRealms bool
	// Transport carries the calls to event hooks; nil for [http.DefaultTransport].
	Transport http.RoundTripper
	// Logger takes what is worth knowing; nil for none. Tokens and passwords never go there.
	Logger *slog.Logger
}

// DefaultOptions is a company of 200 people.
func DefaultOptions() Options {
	return Options{Users: 200, Groups: 20, Apps: 8, LogEvents: 1000, Seed: 1}
}

// Credentials let clients in. They are the same for the same seed, at each start and after a reset.
type Credentials struct {
	APIToken        string `json:"apiToken"`        // for SSWS, of an administrator
	ClientID        string `json:"clientId"`        // a service app, private_key_jwt
	KeyID           string `json:"keyId"`           // of PrivateKey
	PrivateKey      string `json:"privateKey"`      // PEM, PKCS#8
	DPoPClientID    string `json:"dpopClientId"`    // a service app with the same key that demands DPoP
	WebClientID     string `json:"webClientId"`     // for the authorization code flow
	WebClientSecret string `json:"webClientSecret"` // of WebClientID
}

// Org is an Okta org. It is safe for concurrent use.
type Org struct {
	options  Options
	logger   *slog.Logger
	oauth    *oauthServer
	api      *http.ServeMux
	control  *http.ServeMux
	limiter  *limiter
	faults   faults
	apiToken string

	hookClient *http.Client

	mu sync.RWMutex // guards *state
	*state
}

// state is all that a reset makes anew.
type state struct {
	ids    *identifiers
	chance *rand.Rand // for what is made up
	admin  string     // id of the user whose API token the org hands out
	orgID  string

	users      *table[user]
	logins     map[string]string // user id by login in lower case
	attributes map[string]attribute
	groups     *table[group]
	everyone   string // group id
	members    memberships
	apps       *table[app]
	assigned   assignments
	factors    map[string][]*factor // by user id
	types      *table[userType]
	realms     *table[realm]
	policies   *table[policy]
	hooks      *table[eventHook]
	log        systemLog
}

// New returns an org as options describe it; the error names the option that is wrong.
func New(options Options) (*Org, error) {
	for name, n := range map[string]int{
		"Users": options.Users, "Groups": options.Groups, "Apps": options.Apps, "LogEvents": options.LogEvents,
		"Activity": int(options.Activity), "SearchLag": int(options.SearchLag),
	} {
		if n < 0 {
			return nil, fmt.Errorf("sandbox: %s: %d is negative", name, n)
		}
	}
	o := &Org{options: options, logger: options.Logger}
	if o.logger == nil {
		o.logger = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	var err error
	if o.limiter, err = newLimiter(options.Limits); err != nil {
		return nil, err
	}
	o.oauth, err = newOAuthServer(oauthConfig{
		Seed: options.Seed, Person: o.person, People: o.people, Missing: o.serveUnknown,
	})
	if err != nil {
		return nil, err
	}
	o.apiToken = "00" + newIdentifiers(options.Seed^0x55575353).token(40)
	o.hookClient = newHookClient(options.Transport)
	o.routeAPI()
	o.routeControl()
	o.reset()
	return o, nil
}

// Credentials returns what clients need to be let in.
func (o *Org) Credentials() Credentials {
	c := o.oauth.credentials()
	return Credentials{
		APIToken: o.apiToken, ClientID: c.clientID, KeyID: c.keyID, PrivateKey: c.privateKey,
		DPoPClientID: c.dpopClientID, WebClientID: c.webClientID, WebClientSecret: c.webClientSecret,
	}
}

// ServeHTTP answers as https://{org}.okta.com does. Links are written with the request's Host.
func (o *Org) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := r.URL.Path
	if strings.HasPrefix(path, controlPrefix) {
		o.control.ServeHTTP(w, r)
		return
	}
	h := w.Header()
	h.Set("Date", time.Now().UTC().Format(http.TimeFormat))
	h.Set("X-Okta-Request-Id", requestID())
	h.Set("Cache-Control", "no-cache, no-store")
	if f := o.faults.take(r); f == nil || !o.misbehave(f, w, r) {
		o.answer(w, r)
	}
}

func (o *Org) answer(w http.ResponseWriter, r *http.Request) {
	switch path := r.URL.Path; {
	case strings.HasPrefix(path, "/.well-known/"):
		o.oauth.ServeHTTP(w, r)
	case strings.HasPrefix(path, "/oauth2/"):
		if refusal := o.limiter.take(bucketOAuth, w.Header()); refusal != nil {
			refusal.write(w, errorID())
			return
		}
		o.oauth.ServeHTTP(w, r)
	case !tidy(r.URL.EscapedPath()):
		o.serveUnknown(w, r)
	default:
		o.api.ServeHTTP(w, r)
	}
}

// tidy reports whether path has neither empty nor dot segments, which [http.ServeMux] would redirect away.
func tidy(path string) bool {
	segments := strings.Split(strings.TrimPrefix(path, "/"), "/")
	return !slices.ContainsFunc(segments[:len(segments)-1], func(s string) bool { return s == "" }) &&
		!slices.Contains(segments, ".") && !slices.Contains(segments, "..")
}

// errorID looks like Okta's errorId.
func errorID() string { return "oae" + requestID()[:22] }

// requestID looks like Okta's X-Okta-Request-Id.
func requestID() string {
	b := make([]byte, 27)
	for i := range b {
		b[i] = alphabet[rand.IntN(len(alphabet))]
	}
	return string(b)
}

// person finds one who may sign in, for the authorization server.
func (o *Org) person(idOrLogin string) (oauthPerson, bool) {
	o.mu.RLock()
	defer o.mu.RUnlock()
	u := o.findUser(idOrLogin)
	if u == nil || !u.maySignIn() {
		return oauthPerson{}, false
	}
	return u.person(), true
}

// people names some who may sign in, the administrator first.
func (o *Org) people(limit int) []oauthPerson {
	o.mu.RLock()
	defer o.mu.RUnlock()
	var list []oauthPerson
	if admin := o.users.get(o.admin); admin != nil && admin.maySignIn() {
		list = append(list, admin.person())
	}
	for _, u := range o.users.rows {
		if len(list) >= limit {
			break
		}
		if u.maySignIn() && u.id != o.admin {
			list = append(list, u.person())
		}
	}
	return list
}
