package runtime

import (
	"encoding/json"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/http/httpguts"

	"github.com/okta-connector/okta-connector/runtime/store"
	"github.com/okta-connector/okta-connector/schemas"
)

// ownHeaders are set by a delivery itself, or belong to the transport.
var ownHeaders = []string{
	"Content-Type", "Content-Length", "Content-Encoding", "Transfer-Encoding", "Connection", "Host", "Te", "Trailer",
	"Upgrade",
	"Webhook-Id", "Webhook-Timestamp", "Webhook-Signature",
}

// readReceiver checks deliverTo. What it leaves out, or gives as {"set": true}, stays as before; fresh is a signing
// secret that was made because there was none. Pointers begin at the request: "/deliverTo/url".
func readReceiver(
	in schemas.Object, before *store.Deliver,
) (to *store.Deliver, fresh string, invalid schemas.Invalid) {
	if in == nil {
		return nil, "", nil
	}
	kept := keepReceiver(in, before)
	raw, err := json.Marshal(in)
	if err != nil {
		return nil, "", schemas.Invalid{{Pointer: "/deliverTo", Detail: "must be an object"}}
	}
	var r Receiver
	if err := receiverSchema.Decode(raw, &r); err != nil {
		if bad, ok := err.(schemas.Invalid); ok { //nolint:errorlint // Decode returns it bare
			return nil, "", bad.Under("/deliverTo")
		}
		return nil, "", schemas.Invalid{{Pointer: "/deliverTo", Detail: "must be an object"}}
	}
	if detail := checkReceiverURL(r.URL); detail != "" {
		invalid.Add("/deliverTo/url", detail)
	}
	headers := map[string]string{}
	for _, h := range r.Headers {
		name := http.CanonicalHeaderKey(h.Key)
		pointer := "/deliverTo/headers" + schemas.Pointer(h.Key)
		switch {
		case !httpguts.ValidHeaderFieldName(h.Key):
			invalid.Add("/deliverTo/headers", "holds a name that is no HTTP header")
		case !httpguts.ValidHeaderFieldValue(h.Value):
			invalid.Add(pointer, "holds characters that no HTTP header may have")
		case slices.Contains(ownHeaders, name):
			invalid.Add(pointer, "is set by the delivery itself")
		}
		headers[name] = h.Value
	}
	secret := r.Secret.Reveal()
	if secret != "" {
		if _, err := parseWebhookSecret(secret); err != nil {
			invalid.Add("/deliverTo/secret", err.Error())
		}
	}
	if kept.secret && secret == "" {
		secret = before.Secret
	}
	if kept.headers {
		headers = before.Headers
		if !sameOrigin(r.URL, before.URL) && len(headers) > 0 {
			invalid.Add("/deliverTo/headers", "must be given again, since the receiver's host changes")
		}
	}
	if secret == "" {
		fresh = NewWebhookSecret()
		secret = fresh
	}
	return &store.Deliver{URL: r.URL, Secret: secret, Headers: headers}, fresh, invalid
}

type keptParts struct{ secret, headers bool }

// keepReceiver takes out of in what is to stay as it was.
func keepReceiver(in schemas.Object, before *store.Deliver) keptParts {
	var kept keptParts
	if before == nil {
		return kept
	}
	if raw, given := in["secret"]; !given || saysSet(raw) {
		kept.secret = true
		delete(in, "secret")
	}
	if raw, given := in["headers"]; given && saysSet(raw) {
		kept.headers = true
		delete(in, "headers")
	}
	return kept
}

func sameOrigin(a, b string) bool {
	x, errA := url.Parse(a)
	y, errB := url.Parse(b)
	return errA == nil && errB == nil && x.Scheme == y.Scheme && x.Host == y.Host
}

// checkReceiverURL says what is wrong with a receiver's address; "" when nothing is. A receiver may be a neighbour on a
// private address. Link-local addresses, where clouds keep their credentials, are refused here by name and again when a
// connection is made.
func checkReceiverURL(raw string) string {
	u, err := url.Parse(raw)
	switch {
	case err != nil || u.Host == "" || u.Hostname() == "":
		return "must be an absolute URL such as https://engine.example/hook/42"
	case u.Scheme != "https" && u.Scheme != "http":
		return "must begin with https:// or http://"
	case u.User != nil:
		return "must not hold a user name or password: give them as a header"
	case u.Fragment != "":
		return "must not hold a fragment"
	}
	host := strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
	if addr, err := netip.ParseAddr(host); err == nil && forbiddenReceiver(addr) || host == "metadata.google.internal" {
		return "must not be a link-local or metadata address"
	}
	return ""
}

func forbiddenReceiver(addr netip.Addr) bool {
	addr = addr.Unmap()
	return addr.IsLinkLocalUnicast() || addr.IsLinkLocalMulticast() || addr.IsMulticast() || addr.IsUnspecified() ||
		slices.Contains(metadataAddresses, addr)
}

// metadataAddresses are those that are not link-local.
var metadataAddresses = []netip.Addr{
	netip.MustParseAddr("fd00:ec2::254"),   // AWS
	netip.MustParseAddr("100.100.100.200"), // Alibaba Cloud
	netip.MustParseAddr("168.63.129.16"),   // Azure
}
