package actions

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/http/httpguts"

	"github.com/okta-connector/okta-connector/connections/okta"
	"github.com/okta-connector/okta-connector/runtime/connector"
	"github.com/okta-connector/okta-connector/schemas"
)

type rawRequest struct {
	URL                   string            `json:"url" title:"URL" required:"true" placeholder:"/users" example:"/users?limit=5" doc:"The path below /api/v1, with one slash first: /users stands for https://{yourOktaDomain}/api/v1/users. It may have a query. Another address cannot be called."`
	Method                string            `json:"method" title:"Method" required:"true" options:"GET,POST,PUT,PATCH,DELETE,HEAD,OPTIONS" example:"GET" doc:"The HTTP method."`
	Data                  json.RawMessage   `json:"data" title:"Data" textOK:"true" placeholder:"{\"profile\": {\"name\": \"Data Platform\"}}" doc:"The body. JSON is sent as JSON; a text is sent as it is, as text/plain unless it holds JSON or a header says otherwise. Excludes Form Data and File Data."`
	FormData              schemas.KeyValues `json:"formData" title:"Form Data" doc:"Fields of a multipart form."`
	FileData              schemas.KeyValues `json:"fileData" title:"File Data" doc:"Files of a multipart form, by field name. The value is the file's text, or for other files a data URL: data:image/png;base64,..."`
	FileDataFileNames     schemas.KeyValues `json:"fileDataFileNames" title:"File Data File Names" doc:"A file name for each field of File Data, by the same keys. Without one the field's name is used."`
	QueryParams           schemas.KeyValues `json:"queryParams" title:"Query Parameter" doc:"Query parameters, added to those in the URL. They are escaped for you."`
	Headers               schemas.KeyValues `json:"headers" title:"Header" doc:"Headers to send. Those that sign in or frame the request belong to the connection and are refused."`
	ResponseType          string            `json:"responseType" title:"Response Type" options:"json=JSON,text=Text,arraybuffer=Binary" default:"json" doc:"What the answer is taken for: JSON, text, or bytes, which come as Base64. An answer that is not JSON although JSON is expected is an error."`
	Timeout               int               `json:"timeout" title:"Timeout" min:"0" max:"3600000" placeholder:"45000" example:"10000" doc:"How long to wait for an answer, in milliseconds, each time the request is sent. Not set or 0, the connection's own limit of 45 seconds holds."`
	RetryDelayMS          int               `json:"retryDelayMS" title:"Retry Delay (ms)" min:"0" max:"3600000" default:"0" showWhen:"useExponentialBackoff=false" doc:"How long to wait before sending again, in milliseconds. Use Exponential Backoff takes its place."`
	RetryAllErrors        bool              `json:"retryAllErrors" title:"Retry On All Errors" default:"false" doc:"Sends again after any error, 4xx included. Otherwise only after 5xx and where no answer came."`
	MaxRetries            int               `json:"maxRetries" title:"Max Retry Count" min:"0" max:"1000" default:"0" doc:"How often to send again after an error, at most 1,000 times. A write is then sent again too, even where Okta may have done it already. A rate limit is waited out in any case and does not count."`
	UseExponentialBackoff bool              `json:"useExponentialBackoff" title:"Use Exponential Backoff" default:"false" doc:"Waits longer each time before sending again: a quarter of a second, then twice as long, with a random part."`
}

// CheckEach holds the URL, the files and the headers against what may be sent.
func (in rawRequest) CheckEach() schemas.Invalid {
	var bad schemas.Invalid
	if _, _, err := rawTarget(in.URL); err != nil {
		bad.Add("/url", err.Error())
	}
	for i, row := range in.FileData {
		if _, _, err := fileContent(row.Value); err != nil {
			bad.Add(rowPointer("fileData", i), err.Error())
		}
	}
	for i, row := range in.Headers {
		if detail := refusedHeader(row); detail != "" {
			bad.Add(rowPointer("headers", i), detail)
		}
	}
	return bad
}

// Check holds the request together before anything is sent.
func (in rawRequest) Check() schemas.Invalid {
	var bad schemas.Invalid
	if in.Data != nil && in.hasForm() {
		bad.Add("/data", "excludes Form Data and File Data")
	}
	if in.Method == http.MethodGet || in.Method == http.MethodHead {
		for _, body := range []struct {
			pointer string
			given   bool
		}{{"/data", in.Data != nil}, {"/formData", len(in.FormData) > 0}, {"/fileData", len(in.FileData) > 0}} {
			if body.given {
				bad.Add(body.pointer, "must not be given: "+in.Method+" sends no body")
			}
		}
	}
	files := make(map[string]bool)
	for _, row := range in.FileData {
		files[row.Key] = true
	}
	for i, row := range in.FileDataFileNames {
		if !files[row.Key] {
			bad.Add(rowPointer("fileDataFileNames", i), "has a key that File Data does not have")
		}
	}
	for i, row := range in.Headers {
		if in.hasForm() && strings.EqualFold(row.Key, "Content-Type") {
			bad.Add(rowPointer("headers", i), "Content-Type is set by the form")
		}
	}
	return bad
}

// ownHeaders are the connection's: they sign in, or say where the request goes, how long it is, and which method is
// really meant: a read that some server takes for a write would be repeated and previewed as a read.
var ownHeaders = []string{
	"Accept-Encoding", "Authorization", "Connection", "Content-Length", "Cookie", "Dpop", "Expect", "Host",
	"Keep-Alive", "Te", "Trailer", "Transfer-Encoding", "Upgrade",
	"X-Http-Method", "X-Http-Method-Override", "X-Method-Override",
}

// refusedHeader says why a header cannot be sent, "" when it can.
func refusedHeader(row schemas.KeyValue) string {
	if detail := unfitHeader(row); detail != "" {
		return detail
	}
	name := http.CanonicalHeaderKey(row.Key)
	if slices.Contains(ownHeaders, name) || strings.HasPrefix(name, "Proxy-") {
		return name + " is set by the connection"
	}
	return ""
}

// unfitHeader says why a row is no header at all, "" when it is one.
func unfitHeader(row schemas.KeyValue) string {
	switch {
	case !httpguts.ValidHeaderFieldName(row.Key):
		return "has a name that no header can have"
	case !httpguts.ValidHeaderFieldValue(row.Value):
		return "has a value that no header can have"
	}
	return ""
}

// request puts the inputs together.
func (in rawRequest) request() (*okta.Request, error) {
	path, query, err := rawTarget(in.URL)
	if err != nil {
		return nil, err
	}
	body, mediaType, err := in.body()
	if err != nil {
		return nil, err
	}
	header := make(http.Header)
	if !in.wantsJSON() {
		header.Set("Accept", "*/*")
	}
	for name, values := range headersOf(in.Headers) {
		header[name] = values
	}
	if header.Get("Content-Type") != "" {
		mediaType = ""
	}
	return &okta.Request{
		Method: in.Method, Path: path, Query: addExtra(query, in.QueryParams), Header: header,
		Body: body, ContentType: mediaType, Timeout: time.Duration(in.Timeout) * time.Millisecond, Retry: in.retry(),
	}, nil
}

func headersOf(rows schemas.KeyValues) http.Header {
	header := make(http.Header)
	for _, row := range rows {
		header.Add(row.Key, row.Value)
	}
	return header
}

// retry is the caller's own rule in place of the client's.
func (in rawRequest) retry() *okta.Retry {
	retry := &okta.Retry{Max: in.MaxRetries, Delay: okta.Backoff, When: in.worthRepeating}
	if !in.UseExponentialBackoff {
		retry.Delay = func(int) time.Duration { return time.Duration(in.RetryDelayMS) * time.Millisecond }
	}
	return retry
}

func (in rawRequest) worthRepeating(err error) bool {
	var refusal *okta.Error
	if in.RetryAllErrors || !errors.As(err, &refusal) {
		return true // what is no refusal is the network's
	}
	return refusal.Status >= http.StatusInternalServerError
}

func (in rawRequest) wantsJSON() bool { return in.ResponseType == "json" || in.ResponseType == "" }

// RawRequest sends any request to the org's Management API.
var RawRequest = connector.NewAction(
	connector.ActionInfo{
		Key:   "rawRequest",
		Label: "Raw Request",
		Description: "Sends a request of your own to the org's Management API, for what has no action. The answer's status and " +
			"headers are in meta. Which scopes it needs, and what it changes, is up to the request.",
		Group: "Raw Request",
		Output: json.RawMessage(`{
			"$schema": "https://json-schema.org/draft/2020-12/schema", "description": "The body of the answer."
		}`),
		Example: example(
			`{"url": "/groups", "method": "GET", "queryParams": [{"key": "q", "value": "Data"}]}`,
			"["+groupExample+"]",
		),
		Scopes:      []string{},
		Annotations: connector.Annotations{Destructive: true},
		Repeats:     connector.RepeatsAsAsked,
	},
	func(ctx context.Context, c *okta.Client, in rawRequest) (connector.Result, error) {
		request, err := in.request()
		if err != nil {
			return connector.Result{}, fmt.Errorf("raw request: %w", err)
		}
		response, err := c.Do(ctx, request)
		if err != nil {
			return connector.Result{}, err
		}
		return in.result(request, response)
	},
)

func (in rawRequest) result(request *okta.Request, response *okta.Response) (connector.Result, error) {
	meta := map[string]any{"status": response.Status, "headers": shownHeaders(response.Header)}
	switch in.ResponseType {
	case "text":
		return connector.Result{Data: string(response.Body), Meta: meta}, nil
	case "arraybuffer":
		meta["encoding"] = "base64"
		return connector.Result{Data: base64.StdEncoding.EncodeToString(response.Body), Meta: meta}, nil
	default:
		data, err := response.JSON(request)
		return connector.Result{Data: data, Meta: meta}, err
	}
}

// shownHeaders are the answer's headers by lower-case name, without the cookies of a session.
func shownHeaders(header http.Header) map[string]string {
	shown := make(map[string]string, len(header))
	for name, values := range header {
		if name != "Set-Cookie" {
			shown[strings.ToLower(name)] = strings.Join(values, ", ")
		}
	}
	return shown
}
