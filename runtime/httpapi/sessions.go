package httpapi

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/okta-connector/okta-connector/runtime"
)

// How long what [Sessions] signs is good for.
const (
	SessionLife   = 12 * time.Hour
	FormTokenLife = time.Hour
)

const sessionCookie = "connector_session"

// Purposes keep a signature made for one thing from being taken for another.
const (
	forSession = "session"
	forForm    = "form"
)

// Sessions are what browsers carry instead of an API key: a cookie that a key was exchanged for, or, where a form
// stands inside another page, a token that an engine's server asked for. Both are signed, say nothing secret, and end
// with the key they came from.
type Sessions struct {
	keys   *Keys
	secret []byte
	https  bool
}

// NewSessions signs with a secret that all replicas share. publicURL decides whether cookies are for https only.
func NewSessions(keys *Keys, secret []byte, publicURL string) *Sessions {
	return &Sessions{keys: keys, secret: secret, https: strings.HasPrefix(publicURL, "https://")}
}

// Needed reports whether a browser has to sign in at all.
func (s *Sessions) Needed() bool { return s.keys.Needed() }

// HTTPS reports whether the browser of r reaches us by https, so that its cookies are for https only.
func (s *Sessions) HTTPS(r *http.Request) bool { return s.https || r.TLS != nil }

// claims are what is signed.
type claims struct {
	Caller     string `json:"c,omitempty"`
	Expires    int64  `json:"e"` // Unix seconds
	Form       string `json:"f,omitempty"`
	Connection string `json:"n,omitempty"`
}

// Begin exchanges an API key for a cookie. It reports whether the key is one of ours.
func (s *Sessions) Begin(w http.ResponseWriter, r *http.Request, key string) bool {
	if !s.keys.Needed() {
		return false
	}
	held := s.keys.find(strings.TrimSpace(key))
	if held == nil {
		return false
	}
	value := s.sign(forSession, claims{Caller: held.id(), Expires: time.Now().Add(SessionLife).Unix()})
	http.SetCookie(w, s.cookie(r, value, int(SessionLife/time.Second)))
	return true
}

// End takes the cookie away.
func (s *Sessions) End(w http.ResponseWriter, r *http.Request) {
	http.SetCookie(w, s.cookie(r, "", -1))
}

func (s *Sessions) cookie(r *http.Request, value string, maxAge int) *http.Cookie {
	return &http.Cookie{
		Name: sessionCookie, Value: value, Path: "/", MaxAge: maxAge,
		HttpOnly: true, Secure: s.HTTPS(r), SameSite: http.SameSiteLaxMode,
	}
}

// Caller returns who a request comes from, by its bearer token or its session. Without keys everyone is let in.
func (s *Sessions) Caller(r *http.Request) (caller *runtime.Caller, ok bool) {
	who := s.identity(r)
	if who == nil {
		return nil, false
	}
	return who.caller, true
}

func (s *Sessions) identity(r *http.Request) *identity {
	if who := s.keys.bearer(r); who != nil {
		return who
	}
	cookie, err := r.Cookie(sessionCookie)
	if err != nil {
		return nil
	}
	c, ok := s.verify(forSession, cookie.Value)
	if !ok {
		return nil
	}
	return s.keys.byID(c.Caller)
}

// granter returns who asked for a form token, nil when it is none of ours.
func (s *Sessions) granter(token string) *identity {
	c, ok := s.verify(forForm, token)
	if !ok {
		return nil
	}
	return s.keys.byID(c.Caller)
}

// A FormGrant is what a form token allows: to fill in one form, with the pickers of one connection.
type FormGrant struct {
	Form       string // "actions/getUser"
	Connection string // the name of a stored connection; "": no pickers
}

// FormToken signs a grant in the name of a caller.
func (s *Sessions) FormToken(caller string, grant FormGrant) (token string, expires time.Time) {
	expires = time.Now().Add(FormTokenLife).Truncate(time.Second)
	return s.sign(forForm, claims{
		Caller: caller, Expires: expires.Unix(), Form: grant.Form, Connection: grant.Connection,
	}), expires
}

// FormGrant reads a form token. It reports false for one that is not ours or too old, or whose key is gone.
func (s *Sessions) FormGrant(token string) (FormGrant, bool) {
	c, ok := s.verify(forForm, token)
	return FormGrant{Form: c.Form, Connection: c.Connection}, ok
}

func (s *Sessions) sign(purpose string, c claims) string {
	payload, _ := json.Marshal(c) // always marshals
	encoded := base64.RawURLEncoding.EncodeToString(payload)
	return encoded + "." + base64.RawURLEncoding.EncodeToString(s.mac(purpose, encoded))
}

func (s *Sessions) verify(purpose, token string) (c claims, ok bool) {
	encoded, signature, _ := strings.Cut(token, ".")
	mac, err := base64.RawURLEncoding.DecodeString(signature)
	if err != nil || !hmac.Equal(mac, s.mac(purpose, encoded)) {
		return claims{}, false
	}
	payload, err := base64.RawURLEncoding.DecodeString(encoded)
	if err != nil || json.Unmarshal(payload, &c) != nil {
		return claims{}, false
	}
	if time.Now().Unix() >= c.Expires || s.keys.byID(c.Caller) == nil {
		return claims{}, false
	}
	return c, true
}

func (s *Sessions) mac(purpose, text string) []byte {
	h := hmac.New(sha256.New, s.secret)
	h.Write([]byte(purpose + "\n" + text))
	return h.Sum(nil)
}
