package actions

import (
	"encoding/json"

	"github.com/okta-connector/okta-connector/runtime/connector"
)

func example(inputs, data string) connector.Example {
	return connector.Example{Inputs: json.RawMessage(inputs), Data: json.RawMessage(data)}
}

const userExample = `{
	"id": "00ub0oNGTSWTBKOLGLNR",
	"status": "ACTIVE",
	"created": "2026-03-02T09:15:27.000Z",
	"activated": "2026-03-02T09:15:28.000Z",
	"statusChanged": "2026-03-02T09:15:28.000Z",
	"lastLogin": "2026-05-11T07:58:03.000Z",
	"lastUpdated": "2026-04-20T14:30:11.000Z",
	"passwordChanged": "2026-03-02T09:15:28.000Z",
	"type": {"id": "oty1rae7kVbUuO1Xk0h8"},
	"profile": {
		"login": "ada@example.com",
		"email": "ada@example.com",
		"firstName": "Ada",
		"lastName": "Lovelace",
		"department": "Engineering",
		"employeeNumber": "1815",
		"locale": "en_US",
		"mobilePhone": null
	},
	"credentials": {"password": {}, "provider": {"type": "OKTA", "name": "OKTA"}},
	"_links": {"self": {"href": "https://acme.okta.com/api/v1/users/00ub0oNGTSWTBKOLGLNR"}}
}`
