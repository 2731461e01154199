package schemas_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/okta-connector/okta-connector/schemas"
)

type userRef struct {
	ID string `json:"id" title:"ID" doc:"The user." required:"true" source:"selectUser"`
}

type everything struct {
	userRef
	SendEmail bool              `json:"sendEmail" title:"Send Email" default:"false" always:"true"`
	Limit     *int              `json:"limit" title:"Limit" min:"1" max:"200"`
	Order     string            `json:"sortOrder" title:"Sort Order" options:"asc=Ascending,desc=Descending"`
	Since     string            `json:"since" title:"Since" format:"date-time"`
	Password  schemas.Secret    `json:"password" title:"Password" maxLength:"5"`
	Groups    []string          `json:"groupIds" title:"Groups"`
	Headers   schemas.KeyValues `json:"headers" title:"Headers"`
	Profile   schemas.Object    `json:"profile" title:"Profile" secret:"true"`
	Data      json.RawMessage   `json:"data" title:"Data"`
	Provider  *bool             `json:"provider" title:"Provider"`
	Name      *string           `json:"name" title:"Name" showWhen:"provider=true" emptyOK:"true"`
}

func TestSmoke(t *testing.T) {
	s := schemas.For[everything]()
	t.Log(string(s.JSON()))
	var in everything
	require.NoError(t, s.Decode(json.RawMessage(`{"id":42,"limit":"7","sortOrder":"asc","groupIds":"[\"a\"]","headers":{"a":"b"},"profile":"{\"x\":1e1000000000}","data":3,"name":""}`), &in))
	t.Logf("%+v", in)
	err := s.Decode(json.RawMessage(`{"idd":42,"limit":"0","sortOrder":"up","since":"x","password":"canary","groupIds":["a",""],"headers":[{"a":"b"}],"profile":"[]","data":"x","provider":1,"name":3}`), &in)
	t.Log(err)
	t.Log(string(s.Redact(json.RawMessage(`{"password":"x","id":"a","profile":null,"zzz":"q"}`))))
}
