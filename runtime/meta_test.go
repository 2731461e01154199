package runtime_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/okta-connector/okta-connector/runtime"
	"github.com/okta-connector/okta-connector/runtime/connector"
)

// A header of the org is not ours to trust: it must not cost the answer of a call that worked.
func TestMeta_RequestIDOfBytes(t *testing.T) {
	t.Parallel()
	for name, meta := range map[string]runtime.Meta{
		"usual":         {Requests: 1, OktaRequestIDs: []string{"a\xff\"b"}},
		"with warnings": {Requests: 1, OktaRequestIDs: []string{"a\xff\"b"}, Warnings: []connector.Warning{{Code: "c"}}},
	} {
		raw, err := json.Marshal(meta)
		require.NoError(t, err, name)
		var read struct{ OktaRequestIDs []string }
		require.NoError(t, json.Unmarshal(raw, &read), name)
		require.Equal(t, []string{"a\uFFFD\"b"}, read.OktaRequestIDs, name)
	}
}
