package httpapi

import (
	"net"
	"net/http"
	"net/url"
	"strings"
)

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
