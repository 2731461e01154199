package schemas_test

import (
	"encoding/json"
	"fmt"

	"github.com/okta-connector/okta-connector/schemas"
)

func ExampleFor() {
	type activateUser struct {
		ID        string `json:"id" title:"ID" doc:"The user's id or login." required:"true" source:"selectUser"`
		SendEmail bool   `json:"sendEmail" title:"Send Email" doc:"Mail the activation link to the user." default:"false"`
	}
	schema := schemas.For[activateUser]()

	var in activateUser
	err := schema.Decode(json.RawMessage(`{"id":"ada@example.com","sendEmail":"true"}`), &in)
	fmt.Printf("%+v %v\n", in, err)

	err = schema.Decode(json.RawMessage(`{"sendEmail":"yes","ID":"ada@example.com"}`), &in)
	fmt.Println(err)
	// Output:
	// {ID:ada@example.com SendEmail:true} <nil>
	// /id: is required
	// /sendEmail: must be true or false
	// /ID: is not a known input; did you mean "id"?
}

func ExampleSchema_Redact() {
	type apiToken struct {
		Domain string         `json:"oktaDomain" title:"Okta Domain"`
		Token  schemas.Secret `json:"apiToken" title:"API Token"`
	}
	shown := schemas.For[apiToken]().Redact(json.RawMessage(`{"oktaDomain":"acme.okta.com","apiToken":"00abc"}`))
	fmt.Println(string(shown))
	// Output: {"oktaDomain":"acme.okta.com","apiToken":{"set":true}}
}

func ExampleStrict() {
	fmt.Println(schemas.Strict([]byte(`{"id":"a","id":"b"}`), schemas.MaxDepth))
	// Output: a name twice in one object, at byte 10
}
