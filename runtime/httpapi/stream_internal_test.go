package httpapi

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAcceptsNDJSON(t *testing.T) {
	t.Parallel()
	for accept, want := range map[string]bool{
		"": false, "*/*": false, "application/*": false, "application/json": false, "nonsense//": false,
		"application/x-ndjson": true, "APPLICATION/X-NDJSON; charset=utf-8": true, "application/x-ndjson, */*;q=0.1": true,
		"application/json, application/x-ndjson":             true,
		"application/x-ndjson;q=0":                           false,
		"application/x-ndjson;q=many":                        false,
		"application/json;q=0.1, application/x-ndjson;q=0.9": true,
		"application/json;q=0.9, application/x-ndjson;q=0.1": false,
	} {
		r := &http.Request{Header: http.Header{"Accept": {accept}}}
		require.Equal(t, want, acceptsNDJSON(r), accept)
	}
	r := &http.Request{Header: http.Header{"Accept": {"application/json", "application/x-ndjson"}}}
	require.True(t, acceptsNDJSON(r), "in two lines")
}
