package httpapi

import (
	"net"
	"net/http"
	"net/url"
	"strings"
)

// sameOrigin guards a server that needs no key: there a page of any site could make a browser on this machine send what
// needs no JSON body, such as a pause. Programs name no origin.
func (s *server) sameOrigin(next http.Handler) http.Handler {
	if s.Keys.Needed() {
		return next // and a write needs it as a bearer token, which no page can make a browser send
	}
	protection := http.NewCrossOriginProtection()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if protection.Check(r) == nil {
			next.ServeHTTP(w, r)
			return
		}
		s.fail(w, r, newProblem(http.StatusForbidden, "cross_origin", "a page of another site sent this; set API keys, and "+
			"call from a server"))
	})
}

// knownHost guards a server that needs no key. It listens on loopback, but a page of any site can make a name of its
// own lead there, and then the browser takes us for a part of that site. Such a request names that site as its host.
func (s *server) knownHost(next http.Handler) http.Handler {
	if s.Keys.Needed() {
		return next
	}
	public := ""
	if u, err := url.Parse(s.PublicURL); err == nil {
		public = u.Hostname()
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := r.Host
		if name, _, err := net.SplitHostPort(host); err == nil {
			host = name
		}
		host = strings.Trim(host, "[]")
		ip := net.ParseIP(host)
		if strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback() || strings.EqualFold(host, public) {
			next.ServeHTTP(w, r)
			return
		}
		s.fail(w, r, newProblem(http.StatusMisdirectedRequest, "unknown_host",
			"this server has no API keys, so it answers under localhost and its --public-url only"))
	})
}
