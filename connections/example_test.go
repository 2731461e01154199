package connections_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http/httptest"

	"github.com/okta-connector/okta-connector/connections"
	"github.com/okta-connector/okta-connector/connections/okta/sandbox"
	"github.com/okta-connector/okta-connector/runtime/connector"
)

// A service app calls an org: here the sandbox, which --dev lets be on loopback.
func ExampleNewEnvironment() {
	must := func(err error) {
		if err != nil {
			panic(err)
		}
	}
	org, err := sandbox.New(sandbox.Options{Seed: 1})
	must(err)
	server := httptest.NewServer(org)
	defer server.Close()
	in, err := json.Marshal(map[string]string{
		"oktaDomain": server.URL,
		"clientId":   org.Credentials().DPoPClientID,
		"privateKey": org.Credentials().PrivateKey,
		"scopes":     "okta.users.read okta.groups.read",
	})
	must(err)

	env := connections.NewEnvironment(connections.Config{Dev: true})
	open, err := connections.ClientCredentials.Bind(env, in)
	must(err)
	ctx, session := context.Background(), connector.Session{}
	client, err := open(ctx, session)
	must(err)
	id, err := connections.ClientCredentials.Test(ctx, env, session, in, client)
	must(err)
	fmt.Println(id.OK, id.Scopes)
	// Output: true [okta.users.read okta.groups.read]
}

func ExampleBaseURL() {
	for _, domain := range []string{"ACME.okta.com", "https://acme-admin.okta.com/", "10.0.0.1"} {
		base, err := connections.BaseURL(connector.Environment{}, domain)
		fmt.Println(base, err)
	}
	// Output:
	// https://acme.okta.com <nil>
	//  is the Admin Console, the API is at the org's own domain: write acme.okta.com
	//  must be a host name, such as acme.okta.com, and not an address
}
