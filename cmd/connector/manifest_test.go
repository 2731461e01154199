package main_test

import (
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestManifest_IsWhatAServerServes: an engine may be given the manifest as a file or fetch it, and gets the same bytes.
func TestManifest_IsWhatAServerServes(t *testing.T) {
	t.Parallel()
	printed, err := io.ReadAll(start(t, nil, "manifest").stdout)
	require.NoError(t, err)
	res, err := http.Get(serve(t, nil, "--dev", "--database", "sqlite:"+t.TempDir()+"/c.db").url + "/v1/manifest")
	require.NoError(t, err)
	defer res.Body.Close()
	served, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	require.Equal(t, string(served), string(printed))
}
