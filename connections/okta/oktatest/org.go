package oktatest

import (
	"bytes"
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/okta-connector/okta-connector/connections/okta"
	"github.com/okta-connector/okta-connector/connections/okta/sandbox"
)

// Org is a served sandbox org, and a client of its administrator.
type Org struct {
	*Server
	Client  *okta.Client
	Sandbox *sandbox.Org
}

// New starts a sandbox org that stops when the test ends.
func New(t testing.TB, options sandbox.Options) *Org {
	t.Helper()
	org, err := sandbox.New(options)
	require.NoError(t, err)
	server := Serve(t, org)
	return &Org{Server: server, Sandbox: org, Client: server.Client(t, org.Credentials().APIToken)}
}

// Fault makes requests fail that the org would have answered. POST /_sandbox/faults of package sandbox says what each
// member means.
type Fault struct {
	Method      string          `json:"method,omitempty"`
	Path        string          `json:"path,omitempty"`
	Status      int             `json:"status,omitempty"`
	Times       int             `json:"times,omitempty"`
	ResetAfter  float64         `json:"resetAfter,omitempty"`
	Concurrency bool            `json:"concurrency,omitempty"`
	Delay       string          `json:"delay,omitempty"`
	Drop        bool            `json:"drop,omitempty"`
	Processed   bool            `json:"processed,omitempty"`
	Body        json.RawMessage `json:"body,omitempty"`
}

// Fault adds a fault.
func (o *Org) Fault(t testing.TB, fault Fault) {
	t.Helper()
	body, err := json.Marshal(fault)
	require.NoError(t, err)
	request, err := http.NewRequestWithContext(
		t.Context(), http.MethodPost, o.URL+"/_sandbox/faults", bytes.NewReader(body))
	require.NoError(t, err)
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Equal(t, http.StatusNoContent, response.StatusCode)
}
