package schemas_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/okta-connector/okta-connector/schemas"
)

type userRef struct {
	ID string `json:"id" title:"ID" doc:"The user." required:"true" source:"selectUser" example:"ada@example.com"`
}

// everything has an input of every kind.
type everything struct {
	userRef
	Locale     string            `json:"locale" title:"Locale" doc:"Language and region." default:"en_US"`
	Note       *string           `json:"note" title:"Note" doc:"Free text." emptyOK:"true" widget:"longtext" maxLength:"5"`
	URL        string            `json:"url" title:"URL" doc:"All, if left out." nullRefused:"true" format:"uri"`
	Host       string            `json:"host" title:"Host" doc:"A host name." pattern:"^[a-z.]+$" hint:"must be a host name" minLength:"3" placeholder:"acme.okta.com"`
	Token      schemas.Secret    `json:"token" title:"Token" doc:"The token." maxLength:"20"`
	Key        schemas.Secret    `json:"key" title:"Key" doc:"In PEM." widget:"longtext"`
	Activate   bool              `json:"activate" title:"Activate" doc:"Whether to." default:"true" always:"true"`
	Provider   *bool             `json:"provider" title:"Provider" doc:"Whether to."`
	Limit      int               `json:"limit" title:"Limit" doc:"Of a page." default:"200" min:"1" max:"200"`
	Timeout    *int              `json:"timeout" title:"Timeout" doc:"In ms."`
	Since      string            `json:"since" title:"Since" doc:"From when." format:"date-time"`
	Order      string            `json:"sortOrder" title:"Sort Order" doc:"Which way." options:"asc=Ascending,desc=Descending"`
	Status     string            `json:"status" title:"Status" doc:"Which ones." options:"ACTIVE,INACTIVE" showWhen:"provider=true"`
	SortBy     string            `json:"sortBy" title:"Sort By" doc:"An attribute." suggest:"status,profile.login=Login" suggestion:"status"`
	FactorID   string            `json:"factorId" title:"Factor" doc:"The factor." source:"selectUserFactor(userId=id)"`
	Groups     []string          `json:"groupIds" title:"Groups" doc:"Their ids." example:"00g1,00g2"`
	Headers    schemas.KeyValues `json:"headers" title:"Headers" doc:"To send." example:"[{\"key\":\"a\",\"value\":\"b\"}]"`
	Profile    schemas.Object    `json:"profile" title:"Profile" doc:"Attributes."`
	Hash       schemas.Object    `json:"hash" title:"Hash" doc:"A hash." secret:"true"`
	Filter     json.RawMessage   `json:"filter" title:"Filter" doc:"Any JSON."`
	Data       json.RawMessage   `json:"data" title:"Data" doc:"Text or JSON." textOK:"true"`
	EventTypes []string          `json:"eventTypes" title:"Event Types" doc:"Which."`
}

func (everything) Suggestions() map[string][]string {
	return map[string][]string{"eventTypes": {"user.lifecycle.create", "user.session.start"}}
}

// full sets every input, each in a form that needs coercion where there is one.
const full = `{"id":42,"locale":"de_DE","note":"","url":"https://example.com/x","host":"acme.okta.com","token":"t0ken",
"key":"-----BEGIN\n","activate":"false","provider":"true","limit":"50","timeout":2e3,"since":"2026-01-31T09:00:00Z",
"sortOrder":"asc","status":"ACTIVE","sortBy":"created","factorId":"f1","groupIds":"[\"a\",2]",
"headers":{"X-A":"1","X-B":2.5},"profile":"{\"n\":1e1000000000}","hash":{"salt":"s"},"filter":"[1,2]",
"data":"plain text","eventTypes":["user.session.start"]}`

func TestSmoke(t *testing.T) {
	var in everything
	require.NoError(t, schemas.For[everything]().Decode(json.RawMessage(full), &in))
}
