package sandbox

import (
	"crypto/rsa"
	"crypto/x509"
	_ "embed"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
)

// oauthServer is the org authorization server: it registers three clients, lets people sign in, and issues, refreshes
// and checks access tokens with Okta API scopes. It refuses what Okta refuses, in Okta's words.
//
// Its two RSA keys are fixed and published with the source: nothing that they protect is real. Keys made at each start
// would cost a tenth of a second and, worse, end a stored connection whenever the sandbox is started again.
type oauthServer struct {
	config    oauthConfig
	mux       *http.ServeMux
	signing   *rsa.PrivateKey // of access and ID tokens
	signingID string          // key id of signing

	registered registeredClients

	clients clients
	grants  grants
	nonces  nonces
	replays replays
	counts  tokenCounts
}

// oauthConfig is what the authorization server asks of the org.
type oauthConfig struct {
	// Seed decides client ids and secrets: the same seed gives the same ones at each start.
	Seed uint64
	// Person finds, by id or login, one who may sign in. Whoever is not found any more has no valid tokens left.
	Person func(idOrLogin string) (oauthPerson, bool)
	// People names at most limit of those who may sign in, as suggestions on the sign-in page.
	People func(limit int) []oauthPerson
	// Missing answers what the authorization server does not have; nil for Okta's refusal of an unknown path.
	Missing http.HandlerFunc
	// RedirectURIs are registered for the web client, beside /oauth/callback on any loopback address.
	RedirectURIs []string
}

// oauthPerson is one who may sign in.
type oauthPerson struct {
	ID, Login, Name, Email string
}

// oauthCredentials is what the users of the sandbox need of its clients.
type oauthCredentials struct {
	clientID     string // service app, private_key_jwt
	dpopClientID string // a service app with the same key that demands DPoP
	keyID        string
	privateKey   string // PEM, PKCS#8

	webClientID, webClientSecret string
}

//go:embed oauth_keys.pem
var oauthKeysPEM []byte

// oauthKeys parses the embedded keys once: the service apps' and the authorization server's own.
var oauthKeys = sync.OnceValues(func() (keys [2]*rsa.PrivateKey, err error) {
	rest := oauthKeysPEM
	for i := range keys {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			return keys, errors.New("too few keys in oauth_keys.pem")
		}
		key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
		if err != nil {
			return keys, err
		}
		keys[i] = key.(*rsa.PrivateKey)
	}
	return keys, nil
})

func newOAuthServer(config oauthConfig) (*oauthServer, error) {
	if config.Person == nil || config.People == nil {
		return nil, errors.New("sandbox: oauth: Person and People are required")
	}
	keys, err := oauthKeys()
	if err != nil {
		return nil, fmt.Errorf("sandbox: oauth: %w", err)
	}
	if config.Missing == nil {
		config.Missing = refuseAlways(noSuchPath())
	}
	s := &oauthServer{
		config: config, mux: http.NewServeMux(),
		signing: keys[1], signingID: newRSAKey(&keys[1].PublicKey).Kid,
		registered: registerClients(config, newRSAKey(&keys[0].PublicKey)),
	}
	s.reset()
	s.mux.HandleFunc("/", config.Missing)
	s.route(map[string]http.HandlerFunc{
		"GET /.well-known/openid-configuration":       s.metadata,
		"GET /.well-known/oauth-authorization-server": s.metadata,
		"GET /oauth2/v1/keys":                         s.keys,
		"GET /oauth2/v1/authorize":                    s.authorizePage,
		"POST /oauth2/v1/authorize":                   s.authorizeDecision,
		"POST /oauth2/v1/token":                       s.token,
		"POST /oauth2/v1/revoke":                      s.revoke,
		"POST /oauth2/v1/introspect":                  s.introspect,
	})
	s.route(map[string]http.HandlerFunc{
		"GET /_sandbox/oauth/requests":      s.controlCounts,
		"DELETE /_sandbox/oauth/requests":   s.controlCounts,
		"POST /_sandbox/oauth/nonce":        s.controlNonce,
		"DELETE /_sandbox/oauth/tokens":     s.controlTokens,
		"POST /_sandbox/oauth/clients/{id}": s.controlClient,
	})
	return s, nil
}

// reset forgets all tokens and brings the clients' settings back to what they were at first.
func (s *oauthServer) reset() {
	s.clients.reset(s.registered)
	s.grants.reset()
	s.counts.reset()
}

// route registers handlers, and for each of their paths a refusal of all other methods.
func (s *oauthServer) route(handlers map[string]http.HandlerFunc) {
	known := map[string]bool{}
	for pattern, handler := range handlers {
		s.mux.HandleFunc(pattern, handler)
		if _, path, _ := strings.Cut(pattern, " "); !known[path] {
			known[path] = true
			s.mux.HandleFunc(path, refuseAlways(wrongMethod()))
		}
	}
}

func refuseAlways(refusal *apiError) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { refusal.write(w, "oae"+requestID()[:22]) }
}

// ServeHTTP answers below /oauth2/v1 and the two metadata documents below /.well-known.
func (s *oauthServer) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// credentials lists what clients need to use this server.
func (s *oauthServer) credentials() oauthCredentials {
	block, _ := pem.Decode(oauthKeysPEM) // without the words above it
	c := s.registered
	return oauthCredentials{
		clientID: c.service.id, dpopClientID: c.dpop.id,
		keyID: c.service.keys[0].Kid, privateKey: string(pem.EncodeToMemory(block)),
		webClientID: c.web.id, webClientSecret: c.web.secret,
	}
}

// issuer is the org's address as the client of r knows it. Nothing is written in advance: the sandbox is reached by
// whatever name and port it was given.
func issuer(r *http.Request) string {
	if r.TLS != nil {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}
