package actions_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
	_ "github.com/okta/okta-sdk-golang/v5/okta" // Okta's document ships inside this module
	"github.com/stretchr/testify/require"
)

// readDocument reads Okta's own description of its API, once a test binary: it takes a second.
var readDocument = sync.OnceValues(func() (routers.Router, error) {
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/okta/okta-sdk-golang/v5").Output()
	if err != nil {
		return nil, fmt.Errorf("find Okta's document: %w", err)
	}
	text, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(dir)), "okta", "api", "openapi.yaml"))
	if err != nil {
		return nil, err
	}
	document, err := openapi3.NewLoader().LoadFromData(text)
	if err != nil {
		return nil, err
	}
	document.Servers = nil // a test's org is on loopback
	return gorillamux.NewRouter(document)
})

// contract is an org that fails the test when a request to it, or its answer, is not as Okta's document has it. With
// requestsOnly, answers are those of somebody who does not pretend to be Okta.
type contract struct {
	t            testing.TB
	org          http.Handler
	document     routers.Router
	requestsOnly bool
}

// held holds every request to org and every answer of it to Okta's document.
func held(t testing.TB, org http.Handler) http.Handler {
	t.Helper()
	document, err := readDocument()
	require.NoError(t, err)
	return contract{t: t, org: org, document: document}
}

// heldRequests is [held] without the answers.
func heldRequests(t testing.TB, org http.Handler) http.Handler {
	t.Helper()
	document, err := readDocument()
	require.NoError(t, err)
	return contract{t: t, org: org, document: document, requestsOnly: true}
}

func (c contract) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !strings.HasPrefix(r.URL.Path, "/api/v1/") {
		c.org.ServeHTTP(w, r)
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		c.t.Errorf("%s %s: %v", r.Method, r.URL.Path, err)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	answer := &teed{ResponseWriter: w, status: http.StatusOK}
	c.org.ServeHTTP(answer, r)
	for _, d := range c.deviations(r, body, answer) {
		if !d.known() {
			c.t.Errorf("not as in Okta's document: %s", d)
		}
	}
}

// teed keeps a copy of the answer that it passes on.
type teed struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

func (a *teed) WriteHeader(status int) {
	a.status = status
	a.ResponseWriter.WriteHeader(status)
}

func (a *teed) Write(b []byte) (int, error) {
	a.body.Write(b)
	return a.ResponseWriter.Write(b)
}

// deviations compares a request and its answer with the document.
func (c contract) deviations(r *http.Request, body []byte, answer *teed) deviations {
	route, parameters, err := c.document.FindRoute(r)
	if err != nil {
		return deviations{{"no operation", "", r.Method + " " + r.URL.Path}}
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	request := &openapi3filter.RequestValidationInput{
		Request: r, PathParams: parameters, Route: route, Options: &openapi3filter.Options{
			IncludeResponseStatus: true, RejectWhenRequestBodyNotSpecified: true, MultiError: true,
			SkipSettingDefaults: true, AuthenticationFunc: openapi3filter.NoopAuthenticationFunc,
		},
	}
	var found deviations
	where := route.Operation.OperationID + " request"
	found.add(where, openapi3filter.ValidateRequest(r.Context(), request))
	for name := range r.URL.Query() {
		if route.Operation.Parameters.GetByInAndName("query", name) == nil {
			found = append(found, deviation{where, "?" + name, noParameter})
		}
	}
	found = append(found, strangers(where, route.Operation.RequestBody, body)...)
	if c.requestsOnly {
		return found
	}
	response := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: request, Options: request.Options, Status: answer.status, Header: answer.Header(),
	}
	if answer.status >= 400 && route.Operation.Responses.Status(answer.status) == nil {
		// The document lists a few refusals of each operation; the others look the same.
		response.Status = http.StatusTooManyRequests
	}
	response.SetBodyBytes(answer.body.Bytes())
	where = route.Operation.OperationID + " " + strconv.Itoa(answer.status)
	found.add(where, openapi3filter.ValidateResponse(r.Context(), response))
	return found
}

// strangers lists the members of a JSON body whose names the document does not know.
func strangers(where string, declared *openapi3.RequestBodyRef, body []byte) deviations {
	var value any
	if declared == nil || len(body) == 0 || json.Unmarshal(body, &value) != nil {
		return nil // ValidateRequest says so
	}
	kind := declared.Value.Content.Get("application/json")
	if kind == nil {
		return nil
	}
	var found deviations
	for _, at := range undeclared(openapi3.Schemas{"": kind.Schema}, value, "") {
		found = append(found, deviation{where, at, "no such member"})
	}
	return found
}

// undeclared lists the pointers of what is in value and in none of the schemas, save where one leaves names open.
func undeclared(schemas openapi3.Schemas, value any, at string) []string {
	object, ok := value.(map[string]any)
	if !ok {
		return nil
	}
	var found []string
	for name, member := range object {
		known := openapi3.Schemas{}
		open := false
		for _, schema := range schemas {
			open = membersOf(schema.Value, name, known) || open
		}
		if len(known) == 0 && !open {
			found = append(found, at+"/"+name)
		}
		found = append(found, undeclared(known, member, at+"/"+name)...)
	}
	return found
}

// membersOf adds what the schema says about a member to known and reports whether it takes any name.
func membersOf(schema *openapi3.Schema, name string, known openapi3.Schemas) (open bool) {
	if member, ok := schema.Properties[name]; ok {
		known[strconv.Itoa(len(known))] = member
	}
	branches := append(append(schema.AllOf[:len(schema.AllOf):len(schema.AllOf)], schema.OneOf...), schema.AnyOf...)
	others := schema.AdditionalProperties
	open = others.Schema != nil || others.Has != nil && *others.Has || len(schema.Properties)+len(branches) == 0
	for _, branch := range branches {
		open = membersOf(branch.Value, name, known) || open
	}
	return open
}

// deviation is something that is not as the document has it.
type deviation struct {
	where string // "getUser request", "getUser 200"
	at    string // a JSON pointer, or "?name" of a query parameter
	says  string
}

// TestContract_SeesDeviations: a contract that nothing can break proves nothing.
func TestContract_SeesDeviations(t *testing.T) {
	t.Parallel()
	const link = `{"href": "https://acme.okta.com"}`
	for name, c := range map[string]struct {
		method, target, body string
		status               int
		answer               string
		want                 string
	}{
		"as it should be": {"GET", "/api/v1/groups", "", 200, `[]`, "[]"},
		"no operation":    {"GET", "/api/v1/gruops", "", 404, `{}`, "[no operation: : GET /api/v1/gruops]"},
		"a parameter":     {"GET", "/api/v1/groups?size=5", "", 200, `[]`, "[listGroups request: ?size: no such"},
		"a parameter's type": {
			"GET", "/api/v1/groups?limit=ten", "", 200, `[]`, "[listGroups request: ?limit: ",
		},
		"a member": {
			"POST", "/api/v1/groups", `{"profile": {"name": "a"}, "nom": "b"}`, 200, `{}`,
			"[createGroup request: /nom: no such member]",
		},
		"a member's type": {
			"POST", "/api/v1/groups", `{"profile": {"name": 1}}`, 200, `{}`,
			"[createGroup request: /profile/name: value must be a string]",
		},
		"an answer": {
			"GET", "/api/v1/groups/00g1", "", 200, `{"id": 1, "_links": {"self": ` + link + `}}`,
			"[getGroup 200: /id: value must be a string]",
		},
		"an answer's status": {"GET", "/api/v1/groups/00g1", "", 202, `{}`, "[getGroup 202: : status is not supported]"},
		"a refusal":          {"GET", "/api/v1/groups", "", 400, `{"errorCode": 1}`, "[listGroups 400: /errorCode: value"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			document, err := readDocument()
			require.NoError(t, err)
			r := httptest.NewRequestWithContext(t.Context(), c.method, c.target, strings.NewReader(c.body))
			r.Header.Set("Content-Type", "application/json")
			answer := &teed{ResponseWriter: httptest.NewRecorder(), status: c.status}
			answer.Header().Set("Content-Type", "application/json")
			answer.body.WriteString(c.answer)
			found := contract{t: t, document: document}.deviations(r, []byte(c.body), answer)
			require.Contains(t, fmt.Sprint([]deviation(found)), c.want)
			for _, d := range found {
				require.False(t, d.known())
			}
		})
	}
}

func (d deviation) String() string { return d.where + ": " + d.at + ": " + d.says }

// known tells whether the document is wrong there, not we.
func (d deviation) known() bool {
	for _, fault := range documentFaults {
		at, err := path.Match(fault.at, d.at)
		if err != nil {
			panic("actions: " + err.Error())
		}
		where, _ := path.Match(fault.where, d.where) // a literal, or one star
		if at && where && strings.HasPrefix(d.says, fault.says) {
			return true
		}
	}
	return false
}

type deviations []deviation

// add takes err apart into what it is made of.
func (d *deviations) add(where string, err error) {
	var many openapi3.MultiError
	var schema *openapi3.SchemaError
	var request *openapi3filter.RequestError
	switch {
	case err == nil:
	case errors.As(err, &many):
		for _, one := range many {
			d.add(where, one)
		}
	case errors.As(err, &request) && request.Parameter != nil:
		*d = append(*d, deviation{where, "?" + request.Parameter.Name, request.Reason + fmt.Sprint(request.Err)})
	case errors.As(err, &schema):
		*d = append(*d, deviation{where, "/" + strings.Join(schema.JSONPointer(), "/"), schema.Reason})
	default:
		*d = append(*d, deviation{where, "", err.Error()})
	}
}
