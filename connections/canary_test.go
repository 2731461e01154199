package connections_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/okta-connector/okta-connector/connections"
	"github.com/okta-connector/okta-connector/connections/okta"
	"github.com/okta-connector/okta-connector/runtime/connector"
)

// ledger collects what the package lets out: log lines, observations and errors.
type ledger struct {
	mu sync.Mutex
	bytes.Buffer
}

func (l *ledger) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.Buffer.Write(p)
}

func (l *ledger) note(v any) { fmt.Fprintf(l, "%v %+v %#v\n", v, v, v) }

func TestSecrets_AreInNoLogErrorOrObservation(t *testing.T) {
	t.Parallel()
	o := newOrg(t)
	var out ledger
	env := connections.NewEnvironment(connections.Config{
		Dev:     true,
		Logger:  slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Observe: func(_ context.Context, a okta.Attempt) { out.note(a) },
	})
	state := newSharedState()
	s := connector.Session{Name: "prod", State: state}
	token, service, bound, web := o.token(), o.service(o.ClientID), o.service(o.DPoPClientID), o.web()

	note := func(k *connector.Connection, in inputs) {
		id, err := try(t, k, env, in, s)
		out.note(id)
		out.note(err)
		out.note(connections.Explain(err, nil))
	}
	o.signIn(env, web, s)
	for range 2 {
		note(connections.APIToken, token)
		note(connections.ClientCredentials, service)
		note(connections.ClientCredentials, bound)
		note(connections.OAuthCode, web)
		expire(t, state)
	}
	refresh := state.member(t, "refresh")
	o.steer("DELETE", "tokens", "")
	expire(t, state)
	note(connections.OAuthCode, web)
	note(connections.APIToken, token.with("apiToken", "canary-token"))
	note(connections.ClientCredentials, service.with("keyId", "canary-kid"))
	for _, k := range []*connector.Connection{connections.APIToken, connections.ClientCredentials, connections.OAuthCode} {
		_, err := k.Bind(env, inputs{
			"oktaDomain": "ada:canary-password@acme.okta.com", "apiToken": "canary 1", "privateKey": "canary 2",
			"clientSecret": "canary 3", "clientId": "0oa",
		}.json())
		out.note(err)
	}

	let := out.String()
	require.Contains(t, let, "/oauth2/v1/token", "it was looked at")
	body := strings.Split(o.PrivateKey, "\n")[1]
	canaries := []string{"canary-token", "canary-password", "canary ", "eyJ"}
	for _, secret := range append(canaries, o.APIToken, o.WebClientSecret, body, refresh) {
		require.NotEmpty(t, secret)
		require.NotContains(t, let, secret)
	}
}

// Whoever prints a client or what it is made of, for lack of a better idea, prints no secret.
func TestSecrets_AreNotPrintedWithAClient(t *testing.T) {
	t.Parallel()
	o := newOrg(t)
	env := o.env()
	s := connector.Session{Name: "prod", State: newSharedState()}
	o.signIn(env, o.web(), s)
	var out ledger
	for k, in := range map[*connector.Connection]inputs{
		connections.APIToken: o.token(), connections.ClientCredentials: o.service(o.DPoPClientID), connections.OAuthCode: o.web(),
	} {
		c := open(t, k, env, in, s)
		require.NoError(t, users(t.Context(), c))
		out.note(c)
		out.note(*c)
		dry, run := c.DryRun()
		out.note(dry)
		out.note(run)
		opener, err := k.Bind(env, in.json())
		require.NoError(t, err)
		out.note(opener)
		out.note(k)
	}
	out.note(env)
	out.note(env.Memory)
	let := out.String()
	for name, secret := range map[string]string{
		"a token": "eyJ", "API Token": o.APIToken, "Client secret value": o.WebClientSecret,
		"Private Key": strings.Split(o.PrivateKey, "\n")[1],
	} {
		require.False(t, strings.Contains(let, secret), name)
	}
}
