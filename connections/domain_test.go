package connections_test

import (
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/okta-connector/okta-connector/connections"
	"github.com/okta-connector/okta-connector/runtime/connector"
)

func TestBaseURL_AcceptsAnOrgsDomain(t *testing.T) {
	t.Parallel()
	for domain, want := range map[string]string{
		"acme.okta.com":                 "https://acme.okta.com",
		"https://acme.okta.com":         "https://acme.okta.com",
		"https://acme.okta.com/":        "https://acme.okta.com",
		"acme.okta.com/":                "https://acme.okta.com",
		"ACME.Okta.COM":                 "https://acme.okta.com",
		"HTTPS://ACME.OKTA.COM/":        "https://acme.okta.com",
		"dev-12345678.okta.com":         "https://dev-12345678.okta.com",
		"acme.oktapreview.com":          "https://acme.oktapreview.com",
		"acme.okta-emea.com":            "https://acme.okta-emea.com",
		"acme.okta-gov.com":             "https://acme.okta-gov.com",
		"acme.okta.mil":                 "https://acme.okta.mil",
		"acme.okta-miltest.com":         "https://acme.okta-miltest.com",
		"acme.trex-govcloud.com":        "https://acme.trex-govcloud.com",
		"login.acme.example":            "https://login.acme.example",
		"id-admin.acme.example":         "https://id-admin.acme.example", // only Okta's own domains have admin hosts
		"okta.acme.co.uk":               "https://okta.acme.co.uk",
		"notokta.com":                   "https://notokta.com",
		"xn--bcher-kva.example":         "https://xn--bcher-kva.example",
		"login.xn--e1afmkfd.xn--p1ai":   "https://login.xn--e1afmkfd.xn--p1ai",
		"1password.acme.example":        "https://1password.acme.example",
		"a.b.c.d.acme.example":          "https://a.b.c.d.acme.example",
		"127.0.0.1.nip.example":         "https://127.0.0.1.nip.example", // a name; the dialler looks at its address
		strings.Repeat("a", 63) + ".io": "https://" + strings.Repeat("a", 63) + ".io",
	} {
		got, err := connections.BaseURL(connector.Environment{}, domain)
		require.NoError(t, err, domain)
		require.Equal(t, want, got)
	}
}

// refused holds hostile and mistaken spellings, and the host that the message proposes.
var refused = []struct{ domain, proposed string }{
	// What people paste.
	{"http://acme.okta.com", "acme.okta.com"},
	{"https://acme-admin.okta.com", "acme.okta.com"},
	{"acme-admin.oktapreview.com", "acme.oktapreview.com"},
	{"https://acme-admin.okta.com/admin/dashboard", "acme.okta.com"},
	{"ACME-ADMIN.OKTA.COM", "acme.okta.com"},
	{"https://acme.okta.com/api/v1", "acme.okta.com"},
	{"https://acme.okta.com/oauth2/default", "acme.okta.com"},
	{"https://acme.okta.com//", "acme.okta.com"},
	{"https://acme.okta.com?x=1", "acme.okta.com"},
	{"https://acme.okta.com/?", "acme.okta.com"},
	{"acme.okta.com#top", "acme.okta.com"},
	{"//acme.okta.com", "acme.okta.com"},
	{"https:acme.okta.com", "acme.okta.com"},
	{"https:///acme.okta.com", "acme.okta.com"},
	{"https://https://acme.okta.com", "acme.okta.com"},
	{"acme.okta.com:443", "acme.okta.com"},
	{"https://acme.okta.com:8443/", "acme.okta.com"},
	{"acme.okta.com:", "acme.okta.com"},
	{"acme.okta.com.", "acme.okta.com"},
	{" acme.okta.com", "acme.okta.com"},
	{"acme.okta.com\n", "acme.okta.com"},
	{"acme.okta.com.okta.com", "acme.okta.com"},
	{"acme.okta.com.com", "acme.okta.com"},
	{"acme.oktapreview.com.okta.com", "acme.oktapreview.com"},
	{"login.acme.com.com", "login.acme.com"},
	{"{yourOktaDomain}", ""},
	{"https://{yourOktaDomain}/", ""},
	{"${OKTA_DOMAIN}", ""},
	{"<acme>.okta.com", ""},
	{"yourOktaDomain.okta.com", ""},
	{"your-domain.okta.com", ""},
	{"okta.com", ""},
	{"https://okta.com.okta.com", ""},
	{"developer.okta.com", ""},
	{"login.okta.com", ""},
	{"acme", ""},
	{"", ""},
	{".", ""},
	{"..", ""},
	{"https://", ""},

	// Somewhere else in disguise.
	{"acme.okta.com.evil.example", "acme.okta.com"},
	{"ada:secret@acme.okta.com", ""},
	{"https://acme.okta.com@evil.example", ""},
	{"acme.okta.com@127.0.0.1", ""},
	{`acme.okta.com\@evil.example`, ""},
	{`https:\\acme.okta.com`, ""},
	{`acme.okta.com\evil.example`, ""},
	{"acme.okta.com%2f.evil.example", ""},
	{"acme%2eokta.com", ""},
	{"acme.okta.com%00.evil.example", ""},
	{"acme.okta.com\x00.evil.example", ""},
	{"acme.okta.com\r\nHost: evil.example", ""},
	{"acme.okta.com\tevil.example", ""},
	{"acme .okta.com", ""},
	{"acme.okta.com,evil.example", ""},
	{"acme.okta.com;evil.example", ""},
	{"acme..okta.com", ""},
	{".okta.com", ""},
	{"-acme.okta.com", ""},
	{"acme-.okta.com", ""},
	{"ac_me.okta.com", ""},
	{"*.okta.com", ""},
	{strings.Repeat("a", 64) + ".okta.com", ""},
	{strings.Repeat("a.", 127) + "okta.com", ""},
	{"acme.c0m", ""},
	{"acme.c", ""},
	{"ftp://acme.okta.com", ""},
	{"file:///etc/passwd", ""},
	{"javascript:alert(1)", ""},
	{"gopher://acme.okta.com/_x", ""},

	// Not ASCII: look-alikes, full-width forms, other dots, marks that are not seen.
	{"\u0430cme.okta.com", ""},               // Cyrillic a
	{"acme.o\u03bata.com", ""},               // Greek kappa
	{"acme.o\u212ata.com", ""},               // Kelvin sign, whose lower case is an ASCII k
	{"acme\u3002okta\u3002com", ""},          // ideographic full stops
	{"\uff41cme.okta.com", ""},               // full width
	{"\uff11\uff12\uff17.0.0.1", ""},         // full width digits
	{"bücher.example", ""},                   // right, but to be written as xn--
	{"acme\u200b.okta.com", ""},              // zero width space
	{"\ufeffacme.okta.com", ""},              // byte order mark
	{"acme.okta.com\u202e", ""},              // right-to-left override
	{"acme\u00ad.okta.com", ""},              // soft hyphen
	{"acme.okta.com\u00a0", "acme.okta.com"}, // no-break space at the end
	{"acme.okta.com\xff", ""},                // not UTF-8
	{"acme.okta.com\u2044ev", ""},            // fraction slash

	// This machine and addresses, in every spelling.
	{"localhost", ""},
	{"LOCALHOST", ""},
	{"localhost.", ""},
	{"localhost:8080", ""},
	{"http://localhost:8080", ""},
	{"acme.localhost", ""},
	{"localhost.localdomain", ""},
	{"127.0.0.1", ""},
	{"http://127.0.0.1:9090", ""},
	{"https://127.0.0.1", ""},
	{"127.0.0.1.", ""},
	{"127.1", ""},
	{"127.0.1", ""},
	{"2130706433", ""},
	{"https://2130706433/", ""},
	{"0x7f000001", ""},
	{"0x7f.0.0.1", ""},
	{"0x7f.1", ""},
	{"127.0x0.0x0.0x1", ""},
	{"0X7F.0X1", ""},
	{"acme.0x", ""},
	{"0177.0.0.1", ""},
	{"017700000001", ""},
	{"127.0.0.01", ""},
	{"0", ""},
	{"0.0.0.0", ""},
	{"10.0.0.1", ""},
	{"192.168.1.1", ""},
	{"169.254.169.254", ""},
	{"https://169.254.169.254/latest/meta-data", ""},
	{"8.8.8.8", ""},
	{"999.999.999.999", ""},
	{"1.2.3.4.5", ""},
	{"acme.okta.1", ""},
	{"::1", ""},
	{"[::1]", ""},
	{"http://[::1]:9090", ""},
	{"https://[::ffff:127.0.0.1]/", ""},
	{"[::ffff:7f00:1]", ""},
	{"[fe80::1%25eth0]", ""},
	{"[64:ff9b::7f00:1]", ""},
	{"fd00:ec2::254", ""},
	{"[acme.okta.com]", ""},

	// Names that exist only inside a network.
	{"okta.corp", ""},
	{"metadata.google.internal", ""},
	{"okta.acme.local", ""},
	{"vault.svc.cluster.local", ""},
	{"router.home.arpa", ""},
}

func TestBaseURL_RefusesWhatIsNoOrgsDomain(t *testing.T) {
	t.Parallel()
	require.GreaterOrEqual(t, len(refused), 60)
	for _, tt := range refused {
		base, err := connections.BaseURL(connector.Environment{}, tt.domain)
		var wrong *connections.DomainError
		require.ErrorAs(t, err, &wrong, "%q became %q", tt.domain, base)
		require.Equal(t, tt.proposed, wrong.Host, "%q: %v", tt.domain, err)
		require.Empty(t, base)
	}
}

func TestBaseURL_SaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	for domain, want := range map[string]string{
		"https://acme-admin.okta.com": "is the Admin Console, the API is at the org's own domain: write acme.okta.com",
		"http://acme.okta.com":        "is reached over https only: write acme.okta.com",
		"acme.okta.com.okta.com":      "has a domain's end twice: write acme.okta.com",
		"10.0.0.1":                    "must be a host name, such as acme.okta.com, and not an address",
		"{yourOktaDomain}":            "is still a placeholder: write your org's domain, such as acme.okta.com",
		"ada:hunter2@acme.okta.com":   "must not contain a user name or an e-mail address: write the host alone",
		"okta.com":                    "is a site of Okta's own: write your org's domain, such as acme.okta.com",
		"okta.corp":                   "is a name inside a network: such orgs are reached only with --allow-private-orgs",
	} {
		_, err := connections.BaseURL(connector.Environment{}, domain)
		require.EqualError(t, err, want)
	}
}

func TestBaseURL_DevReachesThisMachineOverHTTP(t *testing.T) {
	t.Parallel()
	dev := connector.Environment{Dev: true}
	for domain, want := range map[string]string{
		"http://127.0.0.1:9090":  "http://127.0.0.1:9090",
		"http://127.0.0.1:9090/": "http://127.0.0.1:9090",
		"HTTP://LocalHost:9090":  "http://localhost:9090",
		"http://[::1]:9090":      "http://[::1]:9090",
		"http://127.0.0.1":       "http://127.0.0.1",
		"acme.okta.com":          "https://acme.okta.com",
	} {
		got, err := connections.BaseURL(dev, domain)
		require.NoError(t, err, domain)
		require.Equal(t, want, got)
	}
	for _, domain := range []string{
		"http://10.0.0.1:9090", "http://169.254.169.254", "http://0.0.0.0:9090", "http://acme.okta.com",
		"http://127.0.0.1.evil.example:9090", "http://localhost.evil.example", "http://ada:x@127.0.0.1:9090",
		"http://127.0.0.1:9090/api", "http://127.0.0.1:9090?x", "http://127.0.0.1:9090#", "http://127.0.0.1:",
		"http://127.0.0.1:0", "http://127.0.0.1:99999", "http://127.1:80", "http://2130706433",
		"http://[::ffff:127.0.0.1]:80", "http://[::1%25lo]:80", "http://localhost@evil.example",
		"127.0.0.1:9090", "localhost", "https://localhost:9090", "http://127.0.0.1:9090\n",
	} {
		base, err := connections.BaseURL(dev, domain)
		require.Error(t, err, "%q became %q", domain, base)
	}
}

func TestBaseURL_PrivateOrgsMayHaveInsideNames(t *testing.T) {
	t.Parallel()
	private := connector.Environment{AllowPrivateOrgs: true}
	got, err := connections.BaseURL(private, "okta.acme.internal")
	require.NoError(t, err)
	require.Equal(t, "https://okta.acme.internal", got)
	for _, domain := range []string{"10.0.0.1", "okta", "localhost", "http://okta.acme.internal"} {
		_, err := connections.BaseURL(private, domain)
		require.Error(t, err, domain)
	}
}

func FuzzDomain(f *testing.F) {
	for _, tt := range refused {
		f.Add(tt.domain)
	}
	f.Add("https://Acme.Okta.com/")
	f.Fuzz(func(t *testing.T, domain string) {
		base, err := connections.BaseURL(connector.Environment{}, domain)
		if err != nil {
			var wrong *connections.DomainError
			require.ErrorAs(t, err, &wrong)
			if wrong.Host != "" {
				proposed, err := connections.BaseURL(connector.Environment{}, wrong.Host)
				require.NoError(t, err, "the proposal itself is refused")
				require.Equal(t, "https://"+wrong.Host, proposed)
			}
			return
		}
		u, err := url.Parse(base)
		require.NoError(t, err)
		host := u.Hostname()
		require.Equal(t, url.URL{Scheme: "https", Host: host}, *u)
		require.Contains(t, host, ".")
		require.Empty(t, strings.Trim(host, "abcdefghijklmnopqrstuvwxyz0123456789-."))
		_, err = netip.ParseAddr(host)
		require.Error(t, err, "an address")
		last := host[strings.LastIndexByte(host, '.')+1:]
		require.NotContains(t, "0123456789", last[:1], "read as an address elsewhere")
		again, err := connections.BaseURL(connector.Environment{}, base)
		require.NoError(t, err)
		require.Equal(t, base, again)
	})
}
