package connections_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/okta-connector/okta-connector/connections"
	"github.com/okta-connector/okta-connector/connections/okta/sandbox"
	"github.com/okta-connector/okta-connector/runtime/connector"
)

const callback = "http://127.0.0.1:8080/oauth/callback"

// org is a sandbox, and what was sent to it.
type org struct {
	*testing.T
	sandbox.Credentials
	url    string
	client *http.Client
	env    func() connector.Environment // a new one each time, as each replica has

	mu       sync.Mutex
	requests []*http.Request
}

// newOrg starts a sandbox on a port, to be reached as users of --dev do.
func newOrg(t *testing.T) *org {
	t.Helper()
	o, serve := newBox(t)
	server := httptest.NewServer(serve)
	t.Cleanup(server.Close)
	o.url, o.client = server.URL, server.Client()
	o.env = func() connector.Environment { return connections.NewEnvironment(connections.Config{Dev: true}) }
	return o
}

// newOrgInMemory makes a sandbox without a network, for tests that turn the clock.
func newOrgInMemory(t *testing.T) *org {
	t.Helper()
	o, serve := newBox(t)
	o.url = "https://acme.okta.com"
	o.env = func() connector.Environment { return answering(serve) }
	o.client = &http.Client{Transport: o.env().Transport}
	return o
}

func newBox(t *testing.T) (*org, http.HandlerFunc) {
	t.Helper()
	box, err := sandbox.New(sandbox.Options{Users: 5, Groups: 1, Seed: 1})
	require.NoError(t, err)
	o := &org{T: t, Credentials: box.Credentials()}
	return o, func(w http.ResponseWriter, r *http.Request) {
		o.mu.Lock()
		o.requests = append(o.requests, r.Clone(r.Context()))
		o.mu.Unlock()
		box.ServeHTTP(w, r)
	}
}

func (o *org) token() inputs { return inputs{"oktaDomain": o.url, "apiToken": o.APIToken} }

func (o *org) service(client string) inputs {
	return inputs{
		"oktaDomain": o.url, "clientId": client, "privateKey": o.PrivateKey, "keyId": o.KeyID,
		"scopes": "okta.users.read okta.groups.manage",
	}
}

func (o *org) web() inputs {
	return inputs{
		"oktaDomain": o.url, "clientId": o.WebClientID, "clientSecret": o.WebClientSecret,
		"scopes": "offline_access okta.users.read",
	}
}

// steer uses the sandbox's own controls.
func (o *org) steer(method, path, body string) []byte {
	o.Helper()
	r, err := http.NewRequestWithContext(o.Context(), method, o.url+"/_sandbox/oauth/"+path, strings.NewReader(body))
	require.NoError(o, err)
	res, err := o.client.Do(r)
	require.NoError(o, err)
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	require.NoError(o, err)
	require.Less(o, res.StatusCode, 300, string(answer))
	return answer
}

type tokenCount struct{ Granted, Refused int }

func (o *org) counts(grantType string) tokenCount {
	o.Helper()
	var counts map[string]tokenCount
	require.NoError(o, json.Unmarshal(o.steer("GET", "requests", ""), &counts))
	return counts[grantType]
}

// sent returns a header of all requests to a path, in their order.
func (o *org) sent(path, header string) []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	var values []string
	for _, r := range o.requests {
		if r.URL.Path == path {
			values = append(values, r.Header.Get(header))
		}
	}
	return values
}

// decide does what a person does at Okta, and returns what the browser brings back.
func (o *org) decide(address, decision string) url.Values {
	o.Helper()
	me, err := try(o.T, connections.APIToken, o.env(), o.token(), connector.Session{})
	require.NoError(o, err)
	client := *o.client
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	res, err := client.PostForm(address, url.Values{"login": {me.As}, "decision": {decision}})
	require.NoError(o, err)
	require.NoError(o, res.Body.Close())
	require.Equal(o, http.StatusFound, res.StatusCode)
	back, err := res.Location()
	require.NoError(o, err)
	require.Equal(o, callback, back.Scheme+"://"+back.Host+back.Path)
	return back.Query()
}

// signIn signs the administrator in at a stored connection.
func (o *org) signIn(env connector.Environment, in inputs, s connector.Session) {
	o.Helper()
	begun, err := connections.OAuthCode.BeginSignIn(env, in.json(), callback)
	require.NoError(o, err)
	back := o.decide(begun.URL, "allow")
	require.NoError(o, connections.OAuthCode.FinishSignIn(o.Context(), env, s, in.json(), begun.Flow, back))
}

func TestSandbox_APIToken(t *testing.T) {
	t.Parallel()
	o := newOrg(t)
	in := inputs{"oktaDomain": o.url + "/", "apiToken": "SSWS " + o.APIToken}
	id, err := try(t, connections.APIToken, o.env(), in, connector.Session{})
	require.NoError(t, err)
	require.Equal(t, strings.TrimPrefix(o.url, "http://"), id.Org)
	require.Contains(t, id.As, "@")

	_, err = try(t, connections.APIToken, o.env(), in.with("apiToken", "00canary"), connector.Session{})
	require.ErrorContains(t, err, "Okta does not take this API token")
	secretless(t, err.Error())
}

func TestSandbox_ClientCredentials(t *testing.T) {
	t.Parallel()
	o := newOrg(t)
	env := o.env()
	id, err := try(t, connections.ClientCredentials, env, o.service(o.ClientID), connector.Session{})
	require.NoError(t, err)
	require.Equal(t, o.ClientID, id.As)
	require.Equal(t, []string{"okta.users.read", "okta.groups.manage"}, id.Scopes)
	c := open(t, connections.ClientCredentials, env, o.service(o.ClientID), connector.Session{})
	require.NoError(t, users(t.Context(), c))
	require.Equal(t, tokenCount{Granted: 1}, o.counts("client_credentials"))
}

func TestSandbox_ClientCredentialsReplacesARevokedToken(t *testing.T) {
	t.Parallel()
	o := newOrg(t)
	c := open(t, connections.ClientCredentials, o.env(), o.service(o.ClientID), connector.Session{})
	require.NoError(t, users(t.Context(), c))
	o.steer("DELETE", "tokens", "")
	require.NoError(t, users(t.Context(), c))
	require.Equal(t, tokenCount{Granted: 2}, o.counts("client_credentials"))
}

func TestSandbox_DPoPIsSwitchedOnByOktasRefusal(t *testing.T) {
	t.Parallel()
	o := newOrg(t)
	c := open(t, connections.ClientCredentials, o.env(), o.service(o.DPoPClientID), connector.Session{})
	require.NoError(t, users(t.Context(), c))
	require.Equal(t, tokenCount{Granted: 1, Refused: 2}, o.counts("client_credentials"), "no proof, no nonce, both")

	require.NoError(t, users(t.Context(), c))
	proofs := o.sent(absentUser, "DPoP")
	require.Len(t, proofs, 2)
	require.NotEqual(t, proofs[0], proofs[1], "a proof is made for each call")

	o.steer("DELETE", "tokens", "")
	require.NoError(t, users(t.Context(), c))
	require.Equal(t, tokenCount{Granted: 2, Refused: 2}, o.counts("client_credentials"), "the nonce is known by now")

	o.steer("DELETE", "tokens", "")
	o.steer("POST", "nonce", `{"forget":true}`)
	require.NoError(t, users(t.Context(), c))
	require.Equal(t, tokenCount{Granted: 3, Refused: 3}, o.counts("client_credentials"), "the nonce was renewed")
}

func TestSandbox_DPoPOfManyCallersAtOnce(t *testing.T) {
	t.Parallel()
	o := newOrg(t)
	c := open(t, connections.ClientCredentials, o.env(), o.service(o.DPoPClientID), connector.Session{})
	var calls sync.WaitGroup
	for range 20 {
		calls.Go(func() {
			if err := users(t.Context(), c); err != nil {
				t.Error(err)
			}
		})
	}
	calls.Wait()
	require.Equal(t, tokenCount{Granted: 1, Refused: 2}, o.counts("client_credentials"))
}

func TestSandbox_ClientCredentialsRefusals(t *testing.T) {
	t.Parallel()
	o := newOrg(t)
	in := o.service(o.ClientID)
	for _, tt := range []struct {
		in   inputs
		want string
	}{
		{in.with("clientId", "0oaunknown"), "this org has no active app with this Client ID"},
		{in.with("clientId", o.WebClientID), "the app has no public key"},
		{in.with("keyId", "another"), "the app has no key with this Key ID"},
		{in.with("privateKey", serviceInputs()["privateKey"]), "Private Key is not one whose public half the app has"},
		{in.with("scopes", "okta.nonsense"), "check their spelling"},
		{in.with("scopes", "openid"), "are for people"},
	} {
		_, err := try(t, connections.ClientCredentials, o.env(), tt.in, connector.Session{})
		require.ErrorContains(t, err, tt.want)
		secretless(t, err.Error())
	}

	o.steer("POST", "clients/"+o.ClientID, `{"scopes":["okta.logs.read"]}`)
	_, err := try(t, connections.ClientCredentials, o.env(), in, connector.Session{})
	require.ErrorContains(t, err, "none of the Scopes is granted to the app")
	o.steer("POST", "clients/"+o.ClientID, `{"scopes":["okta.groups.manage"]}`)
	_, err = try(t, connections.ClientCredentials, o.env(), in, connector.Session{})
	require.ErrorContains(t, err, "not granted to the app: okta.users.read")
	o.steer("POST", "clients/"+o.ClientID, `{"status":"INACTIVE"}`)
	_, err = try(t, connections.ClientCredentials, o.env(), in, connector.Session{})
	require.ErrorContains(t, err, "whether the app is active")
}

func TestSandbox_ACallBeyondTheScopesNamesTheScope(t *testing.T) {
	t.Parallel()
	o := newOrg(t)
	for _, client := range []string{o.ClientID, o.DPoPClientID} {
		in := o.service(client).with("scopes", "okta.groups.read")
		err := users(t.Context(), open(t, connections.ClientCredentials, o.env(), in, connector.Session{}))
		require.Contains(t, connections.Explain(err, []string{"okta.users.read"}), "lacks a scope for this: okta.users.read")
		require.Contains(t, connections.Explain(err, nil), "lacks a scope for this: okta.users.read", "Okta names it")
	}
}
