package okta

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestNewError_Shapes(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		body string
		want Error
	}{
		"Okta's envelope": {
			`{"errorCode":"E0000001","errorSummary":"Api validation failed: login","errorLink":"E0000001","errorId":"oae1",
			  "errorCauses":[{"errorSummary":"login: taken"},{"errorSummary":"email: bad"}]}`,
			Error{
				Code: "E0000001", Summary: "Api validation failed: login", ID: "oae1",
				Causes: []string{"login: taken", "email: bad"},
			},
		},
		"no causes": {
			`{"errorCode":"E0000007","errorSummary":"Not found","errorCauses":[]}`,
			Error{Code: "E0000007", Summary: "Not found"},
		},
		"a cause that is an object": {
			`{"errorCode":"E0000041","errorSummary":"s","errorCauses":{"errorSummary":"one"}}`,
			Error{Code: "E0000041", Summary: "s", Causes: []string{"one"}},
		},
		"causes of all sorts": {
			`{"errorCode":"E0000001","errorCauses":[1,null,"x",{"errorSummary":7},{"other":"y"},{"errorSummary":"kept"}]}`,
			Error{Code: "E0000001", Causes: []string{"kept"}},
		},
		"members of other types": {
			`{"errorCode":"E0000001","errorSummary":{"text":"x"},"errorId":5,"errorCauses":"none"}`,
			Error{Code: "E0000001"},
		},
		"OAuth": {
			`{"error":"invalid_dpop_proof","error_description":"The DPoP proof JWT header is missing."}`,
			Error{Code: "invalid_dpop_proof", Summary: "The DPoP proof JWT header is missing."},
		},
		"another service": {`{"status":404,"message":"no such route"}`, Error{Summary: "no such route"}},
		"an error object": {`{"error":{"code":1}}`, Error{}},
		"HTML":            {"<html>", Error{Reason: "the answer is not Okta's"}},
		"a list":          {`["x"]`, Error{Reason: "the answer is not Okta's"}},
		"text":            {"upstream connect error", Error{Reason: "the answer is not Okta's"}},
		"cut off":         {`{"errorCode":"E00`, Error{Reason: "the answer is not Okta's"}},
		"nothing":         {"", Error{}},
		"null":            {"null", Error{}},
		"what a terminal obeys": {
			`{"errorCode":"E1","errorSummary":"a\u001b[2Jb\u009bc\r\nd\u0007"}`, Error{Code: "E1", Summary: "a [2Jb c  d "},
		},
		"not UTF-8": {"{\"errorCode\":\"E1\",\"errorSummary\":\"\xff\"}", Error{Code: "E1", Summary: "\ufffd"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := http.Header{headerRequestID: {"req1"}, "Www-Authenticate": {"DPoP"}}
			got := newError("GET", "/api/v1/x", 400, h, []byte(test.body))
			require.Equal(t, "DPoP", got.Header("WWW-Authenticate"))
			test.want.Status, test.want.Method, test.want.Route, test.want.RequestID = 400, "GET", "/api/v1/x", "req1"
			test.want.header = h
			require.Equal(t, &test.want, got)
		})
	}
}

func TestErrors_Texts(t *testing.T) {
	t.Parallel()
	for want, err := range map[string]error{
		"okta: POST /api/v1/users: 400 E0000001 Api validation failed: login login: taken": &Error{
			Method: "POST", Route: "/api/v1/users", Status: 400, Code: "E0000001", Summary: "Api validation failed: login",
			Causes: []string{"login: taken"},
		},
		"okta: GET /api/v1/x: 502 the answer is not Okta's": &Error{
			Method: "GET", Route: "/api/v1/x", Status: 502, Reason: "the answer is not Okta's",
		},
		"okta: /api/v1/x: the org's rate limit is used up for 12s": &RateLimitError{
			Route: "/api/v1/x", RetryAfter: 12*time.Second + 300*time.Millisecond,
		},
		"okta: GET /api/v1/x: EOF": &NetworkError{Method: "GET", Route: "/api/v1/x", Err: io.EOF},
		"no key":                   &CredentialError{Err: errors.New("no key")},
	} {
		require.EqualError(t, err, want)
	}
}

func TestErrors_AreRecognisedWhenWrapped(t *testing.T) {
	t.Parallel()
	refusal := &Error{Status: 404, Code: CodeNotFound}
	err := fmt.Errorf("look: %w", &RateLimitError{Refusal: refusal})
	require.True(t, HasCode(err, CodeNotFound))
	require.True(t, HasStatus(err, 404))
	require.False(t, HasCode(err, CodeInternal))
	require.False(t, HasStatus(err, 500))
	require.False(t, HasCode(errors.New("x"), ""))
	require.False(t, HasStatus(&RateLimitError{}, 0), "no refusal is inside")
	require.ErrorIs(t, &NetworkError{Err: context.Canceled}, context.Canceled)
}

func TestOutcomeUnknown(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		err  error
		want bool
	}{
		{nil, false},
		{errors.New("path: bad"), false},
		{&Error{Status: 400}, false},
		{&Error{Status: 302, Reason: "a redirect"}, false},
		{&Error{Status: 200, Reason: "not JSON"}, true},
		{&Error{Status: 500, Code: CodeInternal}, true},
		{&Error{Status: 502, Reason: "not Okta's"}, true},
		{&Error{Status: 503, Code: CodeReadOnly}, false},
		{&NetworkError{Sent: true}, true},
		{&NetworkError{Sent: true, Method: http.MethodPost}, true},
		{&NetworkError{Sent: true, Method: http.MethodGet}, false},
		{&Error{Status: 500, Method: http.MethodGet}, false},
		{&NetworkError{}, false},
		{&RateLimitError{}, false},
		{&RateLimitError{Refusal: &Error{Status: 429}}, false},
		{&CredentialError{Err: &NetworkError{Sent: true}}, false},
		{fmt.Errorf("delete: %w", &NetworkError{Sent: true}), true},
	} {
		require.Equal(t, test.want, OutcomeUnknown(test.err), "%v", test.err)
	}
}
