package actions_test

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/okta-connector/okta-connector/actions"
	"github.com/okta-connector/okta-connector/connections/okta"
	"github.com/okta-connector/okta-connector/connections/okta/oktatest"
	"github.com/okta-connector/okta-connector/schemas"
)

// answering serves one answer to whatever is asked.
func answering(t *testing.T, status int, header http.Header, body string) *oktatest.Server {
	t.Helper()
	return oktatest.Serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for name, values := range header {
			w.Header()[name] = values
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}))
}

func TestRawRequest_Headers(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"Authorization", "authorization", "AUTHORIZATION", "Host", "Cookie", "Proxy-Authorization", "proxy-anything",
		"Content-Length", "Transfer-Encoding", "Connection", "Keep-Alive", "TE", "Trailer", "Upgrade", "Expect",
		"Accept-Encoding", "DPoP", "dpop", "X-HTTP-Method-Override", "a b", "X:Y", "X\r\nY", "X-\u00fc", "Authorization ", " Authorization",
	} {
		inputs, err := json.Marshal(map[string]any{
			"url": "/users", "method": "GET", "headers": map[string]string{name: "value"},
		})
		require.NoError(t, err)
		want := []string{schemas.Pointer("headers", name)}
		require.Equal(t, want, refusedFields(t, actions.RawRequest, string(inputs)), "%q", name)
	}
	for _, value := range []string{"a\r\nAuthorization: b", "a\nb", "a\rb", "a\x01b"} {
		inputs, err := json.Marshal(map[string]any{
			"url": "/users", "method": "GET",
			"headers": []map[string]string{{"key": "X-A", "value": "b"}, {"key": "X-B", "value": value}},
		})
		require.NoError(t, err)
		require.Equal(t, []string{"/headers/1"}, refusedFields(t, actions.RawRequest, string(inputs)), "%q", value)
	}

	org := echo(t)
	mustInvoke(t, org.Client(t, "token"), actions.RawRequest, `{
		"url": "/users", "method": "GET", "queryParams": {"limit": 5, "q": "a&b"},
		"headers": [{"key": "User-Agent", "value": "curl/7.64.1"}, {"key": "accept", "value": "application/scim+json"},
			{"key": "X-Two", "value": "1"}, {"key": "x-two", "value": "2"}]
	}`)
	sent := org.Requests()[0]
	require.Equal(t, "GET /api/v1/users?limit=5&q=a%26b", sent.Line())
	require.Equal(t, "SSWS token", sent.Header.Get("Authorization"))
	require.Equal(t, "curl/7.64.1", sent.Header.Get("User-Agent"))
	require.Equal(t, "application/scim+json", sent.Header.Get("Accept"))
	require.Equal(t, []string{"1", "2"}, sent.Header.Values("X-Two"))
}

func TestRawRequest_Bodies(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ more, body, contentType string }{
		"object":           {`"data": {"a": [1, null], "b": 1.0}`, `{"a": [1, null], "b": 1.0}`, "application/json"},
		"list":             {`"data": [1,2]`, `[1,2]`, "application/json"},
		"text that is so":  {`"data": "{\"a\": 1}"`, `{"a": 1}`, "application/json"},
		"text":             {`"data": "a=b & c"`, `a=b & c`, "text/plain; charset=utf-8"},
		"text of a type":   {`"data": "a,b", "headers": {"content-type": "text/csv"}`, `a,b`, "text/csv"},
		"object of a type": {`"data": {"a": 1}, "headers": {"Content-Type": "a/b+json"}`, `{"a": 1}`, "a/b+json"},
		"nothing":          {`"data": null`, ``, "application/json"},
		"empty text":       {`"data": ""`, ``, "application/json"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			org := echo(t)
			mustInvoke(t, org.Client(t, "token"), actions.RawRequest, `{"url": "/groups", "method": "POST", `+c.more+`}`)
			sent := org.Requests()[0]
			require.Equal(t, c.body, string(sent.Body))
			require.Equal(t, c.contentType, sent.Header.Get("Content-Type"))
		})
	}
}

func TestRawRequest_Multipart(t *testing.T) {
	t.Parallel()
	org := echo(t)
	picture := base64.StdEncoding.EncodeToString([]byte{0x89, 'P', 'N', 'G', 0xff, 0x00})
	mustInvoke(t, org.Client(t, "token"), actions.RawRequest, `{
		"url": "/apps/0oa1/logo", "method": "POST", "formData": {"type": "logo"},
		"fileData": [{"key": "file", "value": "data:image/png;base64,`+picture+`"}, {"key": "notes", "value": "plain"},
			{"key": "page", "value": "<p>"}],
		"fileDataFileNames": {"file": "logo \"x\".png", "page": "page.html"}
	}`)
	sent := org.Requests()[0]
	kind, parameters, err := mime.ParseMediaType(sent.Header.Get("Content-Type"))
	require.NoError(t, err)
	require.Equal(t, "multipart/form-data", kind)
	form, err := multipart.NewReader(strings.NewReader(string(sent.Body)), parameters["boundary"]).ReadForm(1 << 20)
	require.NoError(t, err)
	require.Equal(t, map[string][]string{"type": {"logo"}}, form.Value)
	for field, want := range map[string]struct{ name, contentType, content string }{
		"file":  {`logo "x".png`, "image/png", "\x89PNG\xff\x00"},
		"notes": {"notes", "application/octet-stream", "plain"},
		"page":  {"page.html", "text/html; charset=utf-8", "<p>"},
	} {
		require.Len(t, form.File[field], 1, field)
		file := form.File[field][0]
		require.Equal(t, want.name, file.Filename)
		require.Equal(t, want.contentType, file.Header.Get("Content-Type"))
		opened, err := file.Open()
		require.NoError(t, err)
		content, err := io.ReadAll(opened)
		require.NoError(t, err)
		require.Equal(t, want.content, string(content))
	}
}

func TestRawRequest_Contradictions(t *testing.T) {
	t.Parallel()
	for more, want := range map[string][]string{
		`"method": "POST", "data": "x", "formData": {"a": "b"}`:                        {"/data"},
		`"method": "POST", "data": {}, "fileData": {"a": "b"}`:                         {"/data"},
		`"method": "GET", "data": {}`:                                                  {"/data"},
		`"method": "HEAD", "formData": {"a": "b"}`:                                     {"/formData"},
		`"method": "POST", "fileData": {"a": "b"}, "fileDataFileNames": {"b": "c"}`:    {"/fileDataFileNames/b"},
		`"method": "POST", "fileDataFileNames": {"b": "c"}`:                            {"/fileDataFileNames/b"},
		`"method": "POST", "fileData": {"a": "data:image/png;base64,***"}`:             {"/fileData/a"},
		`"method": "POST", "fileData": {"a": "data:;;;base64,AAAA"}`:                   {"/fileData/a"},
		`"method": "POST", "fileData": {"a": "b"}, "headers": {"content-type": "a/b"}`: {"/headers/content-type"},
		`"method": "TRACE"`:                       {"/method"},
		`"method": "get"`:                         {"/method"},
		`"method": "GET", "responseType": "xml"`:  {"/responseType"},
		`"method": "GET", "timeout": -1`:          {"/timeout"},
		`"method": "GET", "maxRetries": "many"`:   {"/maxRetries"},
		`"method": "GET", "maxRetries": 1001`:     {"/maxRetries"},
		`"method": "GET", "retryDelayMS": "12ms"`: {"/retryDelayMS"},
	} {
		require.Equal(t, want, refusedFields(t, actions.RawRequest, `{"url": "/users", `+more+`}`), more)
	}
}

// TestRawRequest_AllAtOnce: what is wrong with one input is not told only once the others are right.
func TestRawRequest_AllAtOnce(t *testing.T) {
	t.Parallel()
	require.Equal(t, []string{"/url", "/method", "/fileData/0", "/headers/Host", "/timeout"},
		refusedFields(t, actions.RawRequest, `{
			"url": "//evil.example", "method": "TRACE", "headers": {"X-A": "a", "Host": "b"}, "timeout": -1,
			"data": "x", "fileData": [{"key": "a", "value": "data:;base64,*"}]
		}`))
}

func TestRawRequest_Answers(t *testing.T) {
	t.Parallel()
	type answer struct {
		status   int
		body     string
		inputs   string
		data     string
		encoding any
	}
	for name, c := range map[string]answer{
		"json":              {200, "{\"a\": 12345678901234567890}\n", `"method": "GET"`, `{"a": 12345678901234567890}`, nil},
		"json, not set":     {200, `[1]`, `"method": "GET", "responseType": null`, `[1]`, nil},
		"no content":        {204, ``, `"method": "DELETE"`, `null`, nil},
		"head":              {200, ``, `"method": "HEAD"`, `null`, nil},
		"options":           {200, ``, `"method": "OPTIONS", "responseType": "text"`, `""`, nil},
		"text":              {202, "<p>\"ü\"", `"method": "GET", "responseType": "text"`, `"<p>\"ü\""`, nil},
		"bytes":             {200, "\xff\x00\x01", `"method": "GET", "responseType": "arraybuffer"`, `"/wAB"`, "base64"},
		"json kept as text": {200, `{"a":1}`, `"method": "GET", "responseType": "text"`, `"{\"a\":1}"`, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			org := answering(t, c.status, http.Header{
				"X-Okta-Request-Id": {"abc"}, "Link": {"<a>; rel=self", "<b>; rel=next"}, "Set-Cookie": {"sid=secret"},
			}, c.body)
			reply := mustInvoke(t, org.Client(t, "token"), actions.RawRequest, `{"url": "/users", `+c.inputs+`}`)
			data := string(reply.Data)
			if data == "" {
				data = "null" // as the runtime writes an answer without a body
			}
			require.JSONEq(t, c.data, data)
			require.Equal(t, c.status, reply.Meta["status"])
			require.Equal(t, c.encoding, reply.Meta["encoding"])
			headers := reply.Meta["headers"].(map[string]string)
			require.Equal(t, "abc", headers["x-okta-request-id"])
			require.Equal(t, "<a>; rel=self, <b>; rel=next", headers["link"])
			require.NotContains(t, headers, "set-cookie")
		})
	}
}

// TestRawRequest_NotJSON: an answer that is not what was asked for is an error, not data.
func TestRawRequest_NotJSON(t *testing.T) {
	t.Parallel()
	org := answering(t, 200, http.Header{"Content-Type": {"text/html"}}, "<html>")
	_, err := invoke(t, org.Client(t, "token"), actions.RawRequest, rawGet(t, "/users"))
	var refusal *okta.Error
	require.ErrorAs(t, err, &refusal)
	require.Contains(t, refusal.Reason, "not JSON")
	require.NotContains(t, err.Error(), "<html>")
}

func TestRawRequest_Refusal(t *testing.T) {
	t.Parallel()
	org := answering(t, 403, nil, `{"errorCode": "E0000006", "errorSummary": "No permission", "errorCauses": []}`)
	_, err := invoke(t, org.Client(t, "token"), actions.RawRequest, rawGet(t, "/users"))
	requireRefusal(t, err, 403, okta.CodeNoPermission)
	require.Len(t, org.Requests(), 1)
}
