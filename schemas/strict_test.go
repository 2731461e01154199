package schemas_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/okta-connector/okta-connector/schemas"
)

func TestStrict(t *testing.T) {
	t.Parallel()
	for _, raw := range []string{
		`{}`, ` [1, "a", null] `, `"\ud83d\ude00"`, `{"a":{"a":1},"b":[{"a":2},{"a":3}]}`, `1e1000000000`, `"]]]]]\"]]]]]"`,
		"[[[[[]]]]]", `"\\u0000"`,
	} {
		require.NoError(t, schemas.Strict([]byte(raw), 5), raw)
	}
	for _, test := range []struct {
		raw    string
		kind   schemas.SyntaxKind
		offset int64
	}{
		{``, schemas.NotJSON, 0},
		{`  `, schemas.NotJSON, 2},
		{`{`, schemas.NotJSON, 1},
		{`{"a":1,}`, schemas.NotJSON, 7},
		{`{'a':1}`, schemas.NotJSON, 1},
		{`[01]`, schemas.NotJSON, 2},
		{`nan`, schemas.NotJSON, 1},
		{`"a`, schemas.NotJSON, 2},
		{"\"\n\"", schemas.NotJSON, 1},
		{"\"\x00\"", schemas.NotJSON, 1},
		{`"\x"`, schemas.NotJSON, 1},
		{"\xef\xbb\xbf{}", schemas.NotJSON, 0},
		{`{} x`, schemas.TrailingData, 3},
		{"{}\n{}", schemas.TrailingData, 3},
		{"1,", schemas.TrailingData, 1},
		{`{"a":1,"a":2}`, schemas.DuplicateName, 7},
		{`{"a":1,"\u0061":2}`, schemas.DuplicateName, 7},
		{`[{"b":{"a":1,"a":1}}]`, schemas.DuplicateName, 13},
		{"\"a\xff\"", schemas.InvalidUTF8, 2},
		{"{\"\xc3\x28\":1}", schemas.InvalidUTF8, 2},
		{"\"\xed\xa0\x80\"", schemas.InvalidUTF8, 1},
		{`"\ud800"`, schemas.InvalidUTF8, 1},
		{`"ab\udc00c"`, schemas.InvalidUTF8, 3},
		{`"\ud800\u0041"`, schemas.InvalidUTF8, 1},
		{`[[[[[[]]]]]]`, schemas.TooDeep, 5},
		{`{"a":{"a":{"a":{"a":{"a":[]}}}}}`, schemas.TooDeep, 25},
		{strings.Repeat("[", 1<<20), schemas.TooDeep, 5},
	} {
		err := schemas.Strict([]byte(test.raw), 5)
		var syntax *schemas.SyntaxError
		require.ErrorAs(t, err, &syntax, test.raw)
		require.Equal(t, schemas.SyntaxError{Kind: test.kind, Offset: test.offset}, *syntax, "%.40q", test.raw)
	}
}

func TestSyntaxError_QuotesNothing(t *testing.T) {
	t.Parallel()
	require.EqualError(t, schemas.Strict([]byte(`{"CANARY":1,"CANARY":2}`), 5), "a name twice in one object, at byte 12")
	require.EqualError(t, schemas.Strict([]byte(`CANARY`), 5), "not JSON, at byte 0")
}

func TestMembers_AsStrictAsStrict(t *testing.T) {
	t.Parallel()
	members, err := schemas.Members([]byte(` {"a": {"b": [1, 2]}, "c": null} `), 3)
	require.NoError(t, err)
	require.Len(t, members, 2)
	require.Equal(t, json.RawMessage(`{"b": [1, 2]}`), members["a"])
	require.Equal(t, `null`, string(members["c"]))
	for _, raw := range []string{
		``, `{`, `{"a":1`, `{"a":1}{}`, `{"a":1} x`, `{"a":1,"a":2}`, `{"a":{"b":1,"b":2}}`, "{\"a\":\"\xff\"}",
		`{"a":"\ud800"}`, `{"a":{"b":[[1]]}}`, `[1,]`, `7 8`,
	} {
		_, err := schemas.Members([]byte(raw), 3)
		strict := schemas.Strict([]byte(raw), 3)
		require.Error(t, err, raw)
		require.Equal(t, strict, err, raw)
	}
	for _, raw := range []string{`[]`, `"x"`, `7`, `null`, `true`} {
		_, err := schemas.Members([]byte(raw), 3)
		require.ErrorIs(t, err, schemas.ErrNotObject, raw)
	}
}
