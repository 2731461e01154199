package okta

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPage_LinesHoldOneItemEach(t *testing.T) {
	t.Parallel()
	page := Page{Items: []json.RawMessage{[]byte("{\r\n  \"a\": \"x\\ny\"\n}"), []byte(`{"b":"ü"}`), []byte("7")}}
	require.Equal(t, "before\n{  \"a\": \"x\\ny\"}\n{\"b\":\"ü\"}\n7\n", string(page.AppendLines([]byte("before\n"))))
}

func TestWithStats_CountsInTheOuterOnesToo(t *testing.T) {
	t.Parallel()
	ctx, outer := WithStats(t.Context())
	ctx, inner := WithStats(ctx)
	statsOf(ctx).answered("one")
	statsOf(ctx).stoodStill(3)
	require.Equal(t, 1, inner.Requests())
	require.Equal(t, 1, outer.Requests())
	require.Equal(t, inner.Waited(), outer.Waited())
	require.Equal(t, []string{"one"}, outer.RequestIDs())
}
