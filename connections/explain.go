package connections

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/okta-connector/okta-connector/connections/okta"
)

// Failure is a refusal in words that a person can act on.
type Failure struct {
	Detail string
	Err    error
}

func (e *Failure) Error() string { return e.Detail }
func (e *Failure) Unwrap() error { return e.Err }

// explained wraps err in the words for it, if there are any. The nil error stays nil.
func explained(err error, scopes []string) error {
	if detail := Explain(err, scopes); detail != "" {
		return &Failure{Err: err, Detail: detail}
	}
	return err
}

// Explain says why a call failed and what to do about it, where that is about the connection: its domain, the network,
// its credential, its permissions. It returns "" for what is not, and for nil. scopes are those that the call needs.
func Explain(err error, scopes []string) string {
	var (
		failure *Failure
		signIn  *NotAuthorizedError
		token   *TokenError
		refusal *okta.Error
		network *okta.NetworkError
		limited *okta.RateLimitError
	)
	switch {
	case errors.As(err, &limited):
		return "" // nothing is wrong
	case errors.As(err, &failure):
		return failure.Detail
	case errors.As(err, &signIn):
		return signIn.Detail
	case errors.As(err, &refusal) && refusal.Reason != "":
		return explainForeign(refusal)
	case errors.As(err, &token) && errors.As(token.Err, &refusal):
		return explainToken(refusal, token.Skew)
	case errors.As(err, &refusal):
		return explainRefusal(refusal, scopes)
	case errors.As(err, &network):
		return explainNetwork(network)
	}
	return ""
}

// explainForeign is about answers that cannot be Okta's.
func explainForeign(e *okta.Error) string {
	where := "is Okta Domain the org's own host, and is there a proxy on the way that answers itself?"
	switch {
	case e.Status >= 300 && e.Status < 400:
		return fmt.Sprintf("the host answered with a redirect (%d), which Okta's API never does: %s", e.Status, where)
	case e.Status == http.StatusNotFound:
		return "the host answered 404 with a page instead of Okta's JSON: there is probably no Okta org at this domain"
	case e.Status == http.StatusProxyAuthRequired:
		return "a proxy on the way wants a user name and password (407)"
	}
	return fmt.Sprintf("the host answered %d, but %s: %s", e.Status, e.Reason, where)
}

func explainRefusal(e *okta.Error, scopes []string) string {
	if named := challenge(e, "scope"); len(scopes) == 0 && named != "" {
		scopes = strings.Fields(named)
	}
	switch {
	case challenge(e, "error") == "insufficient_scope":
		return fmt.Sprintf("the connection's access token lacks a scope for this: %s. Grant it to the app in the Admin "+
			"Console (Applications, the app, Okta API Scopes), list it in the connection's Scopes%s",
			orUnknown(scopes), ", and sign in again if a person has to")
	case e.Status == http.StatusForbidden && (e.Code == okta.CodeNoPermission || e.Code == ""):
		return fmt.Sprintf("Okta refused for lack of permission. The token's owner, the signed-in person or the service "+
			"app needs an admin role that covers this; with OAuth 2.0 it also needs the scope %s", orUnknown(scopes))
	case e.Code == okta.CodeInvalidToken:
		return "Okta does not take the connection's credential any more: an API token ends when it is revoked, not used " +
			"for 30 days, or its owner is deactivated; a sign-in when it is revoked. Renew it, and test the connection"
	case e.Code == okta.CodeAuthentication:
		return "Okta refused the sign-in: test the connection"
	case e.Code == okta.CodeFeatureOff:
		return "the org does not have the feature that this needs, or it is not enabled; the credential is fine"
	case challenge(e, "error") == codeInvalidProof:
		return "Okta refused the DPoP proof of this call: is this machine's clock right?"
	}
	return ""
}

func orUnknown(scopes []string) string {
	if len(scopes) == 0 {
		return "of the operation"
	}
	return strings.Join(scopes, ", ")
}

// tokenRefusals say what to do about an OAuth error of the token endpoint. The first entry wins whose code matches and
// whose word, if it has one, stands in Okta's description.
var tokenRefusals = []struct{ code, word, detail string }{
	{
		codeInvalidClient, "signature",
		"Okta does not accept the signature: Private Key is not one whose public half the app has. " +
			"Register it in the Admin Console (Applications, the app, General, Public keys)",
	},
	{
		codeInvalidClient, "kid",
		"the app has no key with this Key ID: copy it from the app's public keys, or leave Key ID empty if there is one key",
	},
	{
		codeInvalidClient, "JWKSet",
		"the app has no public key: set its client authentication to Public key / Private key, and add one",
	},
	{
		codeInvalidClient, "already been used",
		"Okta has seen this assertion before, which is made anew each time: is something repeating requests on the way?",
	},
	{
		codeInvalidClient, "private_key_jwt",
		"the app is set to a client secret: set its client authentication to Public key / Private key",
	},
	{
		codeInvalidClient, "secret",
		"Okta does not accept the client secret: copy it again from the app's General tab",
	},
	{
		codeInvalidClient, "audience",
		"the org calls itself by another name than Okta Domain: use the domain that the Admin Console shows",
	},
	{
		codeInvalidClient, "expir",
		"Okta takes the assertion for one of another time: is this machine's clock right?",
	},
	{
		codeInvalidClient, "issued",
		"Okta takes the assertion for one of another time: is this machine's clock right?",
	},
	{
		codeInvalidClient, "",
		"this org has no active app with this Client ID: check Client ID and Okta Domain, and whether the app is active",
	},
	{
		"unauthorized_client", "",
		"the app may not use this kind of connection: check the app's type and its grant types",
	},
	{
		"consent_required", "",
		"none of the Scopes is granted to the app: grant them in the Admin Console (Applications, the app, Okta API Scopes)",
	},
	{
		"invalid_scope", "openid",
		"Scopes such as openid are for people: a service app takes scopes that begin with okta. only",
	},
	{
		"invalid_scope", "",
		"Okta does not know one of the Scopes, or cannot give it to this app: check their spelling",
	},
	{
		codeInvalidGrant, "redirect_uri",
		"the address that Okta sent the browser to is not the one it was asked for: check the public URL of this runtime",
	},
	{
		codeInvalidGrant, "code",
		"the code that Okta gave the browser has expired or was used: begin to sign in again",
	},
	{
		codeInvalidGrant, "",
		"the sign-in is not valid any more: connect again",
	},
	{
		codeInvalidProof, "binding",
		"the app wants DPoP in another way than when the sign-in was made: connect again",
	},
	{
		codeInvalidProof, "",
		"Okta refused the DPoP proof of the request for a token: is this machine's clock right?",
	},
	{
		codeUseNonce, "",
		"Okta asks for a new DPoP nonce again and again: is something answering from a cache on the way?",
	},
	{
		"access_denied", "",
		"a policy of the org denies this app the token: look for the refusal in the System Log",
	},
	{
		okta.CodeNotFound, "",
		"there is no authorization server at this domain: is it the org's own?",
	},
}

// skewed is when clocks differ by so much that it may be why Okta refuses.
const skewed = time.Minute

func explainToken(e *okta.Error, skew time.Duration) string {
	detail := "Okta gave no access token"
	for _, r := range tokenRefusals {
		if r.code == e.Code && strings.Contains(e.Summary, r.word) {
			detail = r.detail
			break
		}
	}
	if words := strings.TrimSpace(strings.TrimSuffix(e.Summary, ".")); words != "" {
		detail += fmt.Sprintf(". Okta says: %s (%s)", words, e.Code)
	}
	if skew.Abs() < skewed {
		return detail
	}
	side := "behind"
	if skew < 0 {
		side = "ahead of"
	}
	return fmt.Sprintf("%s. This machine's clock is %s %s Okta's, too much for signed requests: set it",
		detail, skew.Abs().Round(time.Second), side)
}

const maxReason = 200

// explainNetwork is about answers that never came.
func explainNetwork(e *okta.NetworkError) string {
	var (
		address *AddressError
		dns     *net.DNSError
		unknown x509.UnknownAuthorityError
		name    x509.HostnameError
		invalid x509.CertificateInvalidError
		record  tls.RecordHeaderError
	)
	switch {
	case errors.As(e, &address) && address.Kind == private:
		return address.Error() + ": where that is meant, the operator can allow it with --allow-private-orgs"
	case errors.As(e, &address):
		return address.Error()
	case errors.As(e, &dns) && dns.IsNotFound:
		return "there is no host of this name: check Okta Domain for typing errors"
	case errors.As(e, &dns):
		return "the name of the host could not be looked up: is this machine's network up, and does it need a proxy?"
	case errors.As(e, &name):
		return "the host's certificate is for another name: is Okta Domain the org's own, and a custom domain set up?"
	case errors.As(e, &unknown):
		return "the host's certificate is signed by nobody whom this machine trusts: does a proxy on the way open TLS? " +
			"Its certificate belongs into the system's trusted ones, or into SSL_CERT_FILE"
	case errors.As(e, &invalid) && invalid.Reason == x509.Expired:
		return "the host's certificate is not valid now: is this machine's clock right?"
	case errors.As(e, &record):
		return "the host does not speak TLS: is Okta Domain the org's own host?"
	case e.TimedOut:
		return "the host did not answer in time: does a firewall block the way, and is a proxy needed?"
	}
	reason := strings.ToValidUTF8(e.Err.Error(), "?")
	if len(reason) > maxReason { // it may repeat what came in an answer's place
		reason = strings.ToValidUTF8(reason[:maxReason], "") + "..."
	}
	return "no answer came from the host: " + reason
}

// explainCallback says why Okta sent the browser back without a code.
func explainCallback(code, description string) string {
	detail := map[string]string{
		"access_denied": "you declined, or you are not assigned to the app, or a policy of the org stopped it",
		"invalid_scope": "Okta does not know one of the Scopes, or has not granted it to the app " +
			"(Applications, the app, Okta API Scopes)",
		"consent_required":          "the Scopes are not granted to the app (Applications, the app, Okta API Scopes)",
		"login_required":            "you were not signed in at Okta: try again",
		"unauthorized_client":       "the app may not use the Authorization Code grant: allow it on its General tab",
		"unsupported_response_type": "the app may not use the Authorization Code grant: allow it on its General tab",
		"server_error":              "something went wrong at Okta: try again later",
		"temporarily_unavailable":   "Okta is not available just now: try again later",
	}[code]
	if detail == "" {
		detail = "Okta ended it"
	}
	if description == "" {
		return detail
	}
	return detail + ". Okta says: " + strings.TrimSuffix(strings.ToValidUTF8(description[:min(len(description), 300)], ""), ".")
}
