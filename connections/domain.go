package connections

import (
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/okta-connector/okta-connector/runtime/connector"
)

// Suffixes are the domains under which Okta itself hosts orgs. A custom domain is under none of them.
var suffixes = []string{
	"okta.com", "oktapreview.com", "okta-emea.com", "okta-gov.com", "okta.mil", "okta-miltest.com", "trex-govcloud.com",
}

// Labels that Okta keeps for sites of its own, and those that documentation writes in an org's place.
var (
	ownSites     = []string{"www", "login", "developer", "help", "support", "trust", "status"}
	placeholders = []string{
		"youroktadomain", "your-okta-domain", "yourdomain", "your-domain", "yourorg", "your-org",
		"yoursubdomain", "your-subdomain", "yourcompany", "your-company",
	}
)

// Names under these exist only inside a network, so only --allow-private-orgs makes sense of them. The dialler refuses
// their addresses anyway; through a proxy it does not see them.
var insideOnly = []string{"local", "internal", "localdomain", "lan", "intranet", "corp", "home", "home.arpa"}

// DomainError says why text is not the domain of an org.
type DomainError struct {
	Detail string // completes "Okta Domain ..."; never the text itself
	Host   string // the host that was probably meant, "" where that is anybody's guess
}

func (e *DomainError) Error() string {
	if e.Host == "" {
		return e.Detail
	}
	return e.Detail + ": write " + e.Host
}

// BaseURL returns the base URL of the org at domain, "https://acme.okta.com", or a [*DomainError].
//
// A domain is a host name with a dot, in any case, with or without https:// before and a slash behind. With Dev it may
// also be http:// and a loopback host with a port. It is never an address otherwise, in whatever spelling: an address
// has no certificate, and would lead past the checks of names.
func BaseURL(env connector.Environment, domain string) (string, error) {
	if env.Dev {
		if base, ok := loopbackURL(domain); ok {
			return base, nil
		}
	}
	host, flaw, err := peel(domain)
	if err != nil {
		return "", err
	}
	if detail := checkName(host, env.AllowPrivateOrgs); detail != "" {
		return "", &DomainError{Detail: detail}
	}
	if flaw != "" {
		return "", &DomainError{Detail: flaw, Host: host}
	}
	return "https://" + host, nil
}

// peel takes off what people paste around a host. flaw names the first part that should not have been there; what
// leaves open which host was meant is an error.
func peel(text string) (host, flaw string, err error) {
	note := func(s string) {
		if flaw == "" {
			flaw = s
		}
	}
	host = strings.TrimSpace(text)
	if host != text {
		note("must not have spaces around it")
	}
	// Before any change of case: strings.ToLower makes an ASCII k of the Kelvin sign.
	for _, r := range host {
		switch {
		case r >= 0x80:
			return "", "", &DomainError{Detail: "must be ASCII: write an internationalised name in its xn-- form"}
		case r <= ' ' || r == 0x7f:
			return "", "", &DomainError{Detail: "must not contain spaces or control characters"}
		}
	}
	host = strings.ToLower(host)
	switch {
	case strings.ContainsAny(host, "{}<>$"):
		return "", "", &DomainError{Detail: "is still a placeholder: write your org's domain, such as acme.okta.com"}
	case strings.Contains(host, "@"):
		return "", "", &DomainError{Detail: "must not contain a user name or an e-mail address: write the host alone"}
	case strings.ContainsAny(host, `\%`):
		return "", "", &DomainError{Detail: "must not contain backslashes or percent signs"}
	}
	if scheme, rest, ok := strings.Cut(host, "://"); ok {
		if scheme != "https" && scheme != "http" {
			return "", "", &DomainError{Detail: "must be a host name, such as acme.okta.com"}
		}
		if scheme == "http" {
			note("is reached over https only")
		}
		host = rest
	}
	for _, p := range []string{"https:", "http:", "/"} {
		if rest, ok := strings.CutPrefix(host, p); ok {
			host = strings.TrimLeft(rest, "/")
			note("must be the host alone")
		}
	}
	if strings.ContainsAny(host, "[]") || strings.Count(host, ":") > 1 {
		return "", "", &DomainError{Detail: notAddress}
	}
	if i := strings.IndexAny(host, "/?#"); i >= 0 {
		if host[i:] != "/" {
			note("must be the host alone, without a path")
		}
		host = host[:i]
	}
	if name, _, ok := strings.Cut(host, ":"); ok {
		host = name
		note("must not name a port")
	}
	if name, ok := strings.CutSuffix(host, "."); ok {
		host = name
		note("must not end in a dot")
	}
	if name := onceOnly(host); name != host {
		host = name
		note("has a domain's end twice")
	}
	for org, suffix, _ := cutSuffix(host); strings.HasSuffix(org, "-admin"); {
		org = strings.TrimSuffix(org, "-admin")
		host = org + "." + suffix
		note("is the Admin Console, the API is at the org's own domain")
	}
	return host, flaw, nil
}

const notAddress = "must be a host name, such as acme.okta.com, and not an address"

// checkName says what is wrong with a lower-case ASCII host, "" for nothing.
func checkName(host string, inside bool) string {
	labels := strings.Split(host, ".")
	top := labels[len(labels)-1]
	switch {
	case host == "":
		return "must be a host name, such as acme.okta.com"
	case top == "localhost":
		return "must be the org's domain: this machine is an org only with --dev, as http://127.0.0.1 with a port"
	case numeric(top):
		return notAddress
	case len(labels) == 1:
		return "must be the whole host name with its dots, such as acme.okta.com"
	case len(host) > 253 || slices.ContainsFunc(labels, badLabel) || badTop(top):
		return "is not a host name: write one such as acme.okta.com"
	}
	if org, _, ok := cutSuffix(host); ok {
		switch {
		case slices.Contains(placeholders, org):
			return "is still a placeholder: write your org's domain, such as acme.okta.com"
		case org == "" || slices.Contains(ownSites, org):
			return "is a site of Okta's own: write your org's domain, such as acme.okta.com"
		}
	}
	if !inside && slices.ContainsFunc(insideOnly, func(s string) bool { return strings.HasSuffix(host, "."+s) }) {
		return "is a name inside a network: such orgs are reached only with --allow-private-orgs"
	}
	return ""
}

// cutSuffix splits acme.okta.com into acme and okta.com; ok is false outside Okta's own domains.
func cutSuffix(host string) (org, suffix string, ok bool) {
	for _, s := range suffixes {
		if host == s {
			return "", s, true
		}
		if org, ok := strings.CutSuffix(host, "."+s); ok {
			return org, s, true
		}
	}
	return "", "", false
}

// onceOnly cuts acme.okta.com.okta.com, acme.okta.com.evil.example and login.acme.com.com after the first end.
func onceOnly(host string) string {
	end := len(host)
	for _, s := range suffixes {
		if i := strings.Index("."+host+".", "."+s+"."); i >= 0 {
			end = min(end, i+len(s))
		}
	}
	host = host[:end]
	for strings.HasSuffix(host, ".com.com") {
		host = strings.TrimSuffix(host, ".com")
	}
	return host
}

// numeric reports whether a host with this last label would be read as an IPv4 address by one parser or another: digits
// in any base, such as 127.1, 0x7f.1, 017700000001 and 2130706433.
func numeric(label string) bool {
	digits, hex := strings.CutPrefix(label, "0x")
	return (hex || digits != "") && strings.Trim(digits, "0123456789") == "" ||
		hex && strings.Trim(digits, "0123456789abcdef") == ""
}

func badLabel(label string) bool {
	return label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' ||
		strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-") != ""
}

func badTop(label string) bool {
	return len(label) < 2 ||
		!strings.HasPrefix(label, "xn--") && strings.Trim(label, "abcdefghijklmnopqrstuvwxyz") != ""
}

// loopbackURL accepts http:// and this machine, and gives its canonical form.
func loopbackURL(text string) (string, bool) {
	u, err := url.Parse(strings.ToLower(text))
	if err != nil || u.Scheme != "http" || u.Path != "" && u.Path != "/" || strings.ContainsAny(text, "@?#%") {
		return "", false
	}
	if !isLoopback(u.Hostname()) || strings.HasSuffix(u.Host, ":") {
		return "", false
	}
	if port := u.Port(); port != "" {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return "", false
		}
	}
	return "http://" + u.Host, true
}

// isLoopback reports whether host names this machine by itself, without a resolver's help.
func isLoopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && addr.IsLoopback() && !addr.Is4In6() && addr.Zone() == ""
}
