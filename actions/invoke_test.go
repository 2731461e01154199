package actions_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/okta-connector/okta-connector/connections/okta"
	"github.com/okta-connector/okta-connector/connections/okta/oktatest"
	"github.com/okta-connector/okta-connector/runtime/connector"
	"github.com/okta-connector/okta-connector/schemas"
)

// reply is what an action answers, as an engine gets it.
type reply struct {
	Data       json.RawMessage
	NextCursor string
	Warnings   []connector.Warning
	Meta       map[string]any
}

// read decodes the data.
func (r reply) read(t *testing.T, into any) {
	t.Helper()
	require.NoError(t, json.Unmarshal(r.Data, into), "%s", r.Data)
}

// object returns the data, which must be an object.
func (r reply) object(t *testing.T) map[string]any {
	t.Helper()
	var object map[string]any
	r.read(t, &object)
	return object
}

// list returns the data, which must be an array of objects.
func (r reply) list(t *testing.T) []map[string]any {
	t.Helper()
	var list []map[string]any
	r.read(t, &list)
	return list
}

// invoke runs an action with inputs in JSON. A Fetch All is read to the end.
func invoke(t *testing.T, c *okta.Client, action *connector.Action, inputs string) (reply, error) {
	t.Helper()
	call, err := action.Bind(json.RawMessage(inputs))
	require.NoError(t, err, "the inputs of %s", action.Key)
	result, err := call(t.Context(), c)
	if err != nil {
		return reply{}, err
	}
	r := reply{NextCursor: result.NextCursor, Warnings: result.Warnings, Meta: result.Meta}
	if result.Pages != nil {
		var items [][]byte
		for page, err := range result.Pages {
			if err != nil {
				return reply{}, err
			}
			for _, item := range page.Items {
				items = append(items, item)
			}
			r.NextCursor = page.Next.After()
		}
		result.Data = json.RawMessage("[" + string(bytes.Join(items, []byte(","))) + "]")
	}
	if raw, ok := result.Data.(json.RawMessage); ok {
		r.Data = raw
		return r, nil
	}
	r.Data, err = json.Marshal(result.Data)
	require.NoError(t, err)
	return r, nil
}

// mustInvoke is [invoke] for a call that works.
func mustInvoke(t *testing.T, c *okta.Client, action *connector.Action, inputs string) reply {
	t.Helper()
	r, err := invoke(t, c, action, inputs)
	require.NoError(t, err)
	return r
}

// refusedFields returns the pointers of the inputs that an action refuses, and that it does.
func refusedFields(t *testing.T, action *connector.Action, inputs string) []string {
	t.Helper()
	_, err := action.Bind(json.RawMessage(inputs))
	var invalid schemas.Invalid
	require.ErrorAs(t, err, &invalid)
	pointers := make([]string, len(invalid))
	for i, field := range invalid {
		pointers[i] = field.Pointer
	}
	return pointers
}

// echoing is an org that takes every user and answers with an id.
func echoing(t *testing.T) *oktatest.Server {
	t.Helper()
	return oktatest.Serve(t, heldRequests(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"id": "00u1"}`))
	})))
}

// empty is an org in which every list is empty.
func empty(t *testing.T) *oktatest.Server {
	t.Helper()
	return oktatest.Serve(t, heldRequests(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("[]"))
	})))
}
