package schemas_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v5"
	"github.com/stretchr/testify/require"

	"github.com/okta-connector/okta-connector/schemas"
)

// FuzzDecode holds that Decode never panics, refuses with field errors only, and that what it accepts is in the
// canonical form that the document describes: the whole of it validates, and decodes again to the same.
func FuzzDecode(f *testing.F) {
	s := schemas.For[everything]()
	whole, err := schemas.Compile(s.JSON())
	require.NoError(f, err)
	f.Add([]byte(full))
	f.Add([]byte(`{"id":"a","profile":"{\"a\":[1e1000000000,\"\\u0000\"]}","headers":[{"key":"a","value":null}]}`))
	f.Add([]byte(`{"id":" ","groupIds":"[\"\",null]","limit":"9223372036854775808","since":"2016-12-31T23:59:60Z"}`))
	f.Add([]byte(`{"id":1e99,"filter":"\"\\ud800\"","headers":{"a~/":"b"},"ID":0,"id":2}`))
	f.Fuzz(func(t *testing.T, inputs []byte) {
		var in everything
		if err := s.Decode(inputs, &in); err != nil {
			requireFieldErrors(t, s, err)
			return
		}
		canonical, err := s.Canonical(inputs)
		require.NoError(t, err)
		require.Equal(t, normal(t, in), normal(t, again(t, s, whole, canonical)))
	})
}

func requireFieldErrors(t *testing.T, s *schemas.Schema, err error) {
	t.Helper()
	bad, ok := errors.AsType[schemas.Invalid](err)
	require.True(t, ok, "%T", err)
	require.NotEmpty(t, bad)
	require.LessOrEqual(t, len(bad), 100)
	for _, e := range bad {
		require.NotEmpty(t, e.Detail)
		require.True(t, e.Pointer == "" || strings.HasPrefix(e.Pointer, "/"), "pointer %q", e.Pointer)
	}
	require.NotPanics(t, func() { _ = s.Redact(json.RawMessage(err.Error())) })
}

// again decodes inputs that are in canonical form, with null for those that are not set.
func again(t *testing.T, s *schemas.Schema, whole *jsonschema.Schema, canonical map[string]any) (in everything) {
	t.Helper()
	raw, err := json.Marshal(canonical)
	require.NoError(t, err)
	require.NoError(t, whole.Validate(decoded(t, raw)))
	for _, field := range s.Fields() {
		if canonical[field.Name] == nil && field.Name != "url" { // which refuses null
			canonical[field.Name] = nil
		}
	}
	if text, ok := canonical["filter"].(json.RawMessage); ok {
		canonical["filter"] = string(text) // a JSON value that is itself text needs to be held by text
	}
	raw, err = json.Marshal(canonical)
	require.NoError(t, err)
	require.NoError(t, s.Decode(raw, &in))
	return in
}

// normal rewrites the JSON inside, so that white space and escapes do not count.
func normal(t *testing.T, in everything) everything {
	t.Helper()
	for _, raw := range []*json.RawMessage{&in.Filter, &in.Data} {
		if *raw != nil {
			*raw = rewritten(t, *raw)
		}
	}
	for _, object := range []schemas.Object{in.Profile, in.Hash} {
		for name, raw := range object {
			object[name] = rewritten(t, raw)
		}
	}
	return in
}

func rewritten(t *testing.T, raw json.RawMessage) json.RawMessage {
	t.Helper()
	out, err := json.Marshal(decoded(t, raw))
	require.NoError(t, err)
	return out
}

// FuzzStrict holds that what Strict accepts the standard library reads too, and that it never panics.
func FuzzStrict(f *testing.F) {
	for _, raw := range []string{
		full, `{"a":[{"b":null}]}`, `"\ud800"`, "\"\xff\"", `{"a":1,"a":2}`, `[[[[[[]]]]]]`, `{} {}`,
	} {
		f.Add([]byte(raw))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		err := schemas.Strict(raw, 5)
		if err == nil {
			require.True(t, json.Valid(raw))
			return
		}
		syntax, ok := errors.AsType[*schemas.SyntaxError](err)
		require.True(t, ok, "%s", reflect.TypeOf(err))
		require.GreaterOrEqual(t, syntax.Offset, int64(0))
		require.LessOrEqual(t, syntax.Offset, int64(len(raw)))
	})
}
