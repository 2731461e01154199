package sandbox_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/okta-connector/okta-connector/connections/okta/sandbox"
)

func ExampleNew() {
	org, err := sandbox.New(sandbox.DefaultOptions())
	if err != nil {
		panic(err)
	}
	r := httptest.NewRequest(http.MethodGet, "https://acme.okta.com/api/v1/users?limit=50", nil)
	r.Header.Set("Authorization", "SSWS "+org.Credentials().APIToken)
	w := httptest.NewRecorder()
	org.ServeHTTP(w, r)
	fmt.Println(w.Code, len(w.Header().Values("Link")), "links")
	// Output: 200 2 links
}
