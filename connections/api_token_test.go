package connections_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/okta-connector/okta-connector/connections"
	"github.com/okta-connector/okta-connector/connections/okta"
	"github.com/okta-connector/okta-connector/runtime/connector"
)

func tokenInputs(token string) inputs {
	return inputs{"oktaDomain": "acme.okta.com", "apiToken": token}
}

func TestAPIToken_IsSentWithOneScheme(t *testing.T) {
	t.Parallel()
	for _, token := range []string{"00canary", "SSWS 00canary", "ssws  00canary", " 00canary\n", "\tSSWS 00canary "} {
		env := answering(func(w http.ResponseWriter, r *http.Request) {
			assert.Equal(t, "https://acme.okta.com/api/v1/users/me", r.URL.String())
			assert.Equal(t, []string{"SSWS 00canary"}, r.Header["Authorization"])
			writeJSON(w, 200, `{"id":"00u1","profile":{"login":"ada@example.com"}}`)
		})
		id, err := try(t, connections.APIToken, env, tokenInputs(token), connector.Session{})
		require.NoError(t, err)
		id.LatencyMs = 0
		require.Equal(t, connector.Identity{OK: true, Org: "acme.okta.com", As: "ada@example.com", Scopes: []string{}}, id)
	}
}

func TestAPIToken_RefusesWhatIsNoToken(t *testing.T) {
	t.Parallel()
	for _, token := range []string{"00can ary", "00can\nary", "00can\r\nHost: x", "SSWS ", "00canäry"} {
		got := invalid(t, connections.APIToken, tokenInputs(token))
		require.Len(t, got, 1)
		require.Equal(t, "/apiToken", got[0].Pointer)
		require.Contains(t, got[0].Detail, "must be one line without spaces")
	}
	got := invalid(t, connections.APIToken, tokenInputs("Bearer eyJcanary"))
	require.Contains(t, got[0].Detail, "is an OAuth access token")
	secretless(t, got.Error())
}

func TestAPIToken_TellsOfAllFieldsAtOnce(t *testing.T) {
	t.Parallel()
	got := invalid(t, connections.APIToken, inputs{
		"oktaDomain": "https://acme-admin.okta.com", "apiToken": "a b",
	})
	require.Len(t, got, 2)
	require.Equal(t, "/oktaDomain", got[0].Pointer)
	require.Contains(t, got[0].Detail, "acme.okta.com")
	require.Equal(t, "/apiToken", got[1].Pointer)
}

// What a person reads when a test of a connection fails.
func TestAPIToken_TestExplainsRefusals(t *testing.T) {
	t.Parallel()
	page := func(status int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			w.Header().Set("Location", "https://evil.example/canary")
			w.WriteHeader(status)
			_, _ = w.Write([]byte("<html>canary</html>"))
		}
	}
	refusal := func(status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, status, body) }
	}
	for name, tt := range map[string]struct {
		answer http.HandlerFunc
		want   string
	}{
		"token refused": {refusal(401, `{"errorCode":"E0000011"}`), "was revoked, was not used for 30 days"},
		"no permission": {refusal(403, `{"errorCode":"E0000006"}`), "needs an admin role"},
		"feature off":   {refusal(401, `{"errorCode":"E0000015"}`), "does not have the feature"},
		"a page":        {page(200), "the host answered 200, but the answer is not JSON but text/html: is Okta Domain the"},
		"a 404 page":    {page(404), "there is probably no Okta org at this domain"},
		"a redirect":    {page(302), "a redirect (302), which Okta's API never does"},
		"a proxy":       {page(407), "a proxy on the way wants a user name"},
		"no user":       {refusal(200, `[]`), "the answer is not a user"},
	} {
		_, err := try(t, connections.APIToken, answering(tt.answer), tokenInputs("00canary"), connector.Session{})
		var failure *connections.Failure
		require.ErrorAs(t, err, &failure, name)
		require.Contains(t, failure.Detail, tt.want, name)
		var refused *okta.Error
		require.ErrorAs(t, err, &refused, "the cause is kept")
		secretless(t, err.Error())
	}
}

func TestAPIToken_TestExplainsNetworkErrors(t *testing.T) {
	t.Parallel()
	address := func(addr, kind string) error {
		return &net.OpError{Op: "dial", Err: &connections.AddressError{Addr: netip.MustParseAddr(addr), Kind: kind}}
	}
	for want, cause := range map[string]error{
		"check Okta Domain for typing errors":            &net.DNSError{Err: "no such host", IsNotFound: true},
		"could not be looked up":                         &net.DNSError{Err: "server misbehaving"},
		"--allow-private-orgs":                           address("10.0.0.1", "private"),
		"a loopback address":                             address("127.0.0.1", "loopback"),
		"is signed by nobody":                            x509.UnknownAuthorityError{},
		"is for another name":                            x509.HostnameError{Certificate: &x509.Certificate{}},
		"the host's certificate is not valid":            x509.CertificateInvalidError{Reason: x509.Expired},
		"does not speak TLS":                             tls.RecordHeaderError{Msg: "no TLS"},
		"no answer came from the host: refused for good": errors.New("refused for good"),
		strings.Repeat("x", 100) + "...":                 errors.New(strings.Repeat("x", 1<<20)),
	} {
		c := open(t, connections.APIToken, failing(cause), tokenInputs("00canary"), connector.Session{})
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond) // no time to try again
		_, err := connections.APIToken.Test(ctx, failing(cause), connector.Session{}, tokenInputs("00canary").json(), c)
		cancel()
		require.ErrorContains(t, err, want)
		require.ErrorIs(t, err, cause)
		secretless(t, err.Error())
	}
}
