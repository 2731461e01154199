package actions

import (
	"net/url"
	"path"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"
)

// TestDecodeFully also holds the time: taken off layer by layer, five million escapes would take days.
func TestDecodeFully(t *testing.T) {
	t.Parallel()
	for escaped, want := range map[string]string{
		"": "", "%": "%", "%2": "%2", "%zz": "%zz", "a%2": "a%2", "%41": "A", "%2541": "A", "%2%35": "%", "%%3235": "#5",
		"%25%32%65": ".", "%c3%bc": "\u00fc", "%+1": "%+1", "%" + strings.Repeat("25", 5_000_000) + "2e": ".",
	} {
		require.Equal(t, want, decodeFully(escaped))
	}
}

// FuzzRawTarget: what is not refused stays below /api/v1, also for a server that decodes the path once more before it
// resolves dots.
func FuzzRawTarget(f *testing.F) {
	for _, input := range []string{
		"/users", "/users?limit=5&q=a%26b", "/users/a%2Fb/groups", "//evil.example", "/../oauth2", "/%252e%252e/x",
		"/a%2f..%2f..%2fb", "/..;a=b/x", "/users/\uff0e\uff0e\uff0f", "/users/%00", "/\\evil", "/users/@evil:80",
	} {
		f.Add(input)
	}
	f.Fuzz(func(t *testing.T, input string) {
		target, query, err := rawTarget(input)
		if err != nil {
			require.NotContains(t, err.Error(), "\n")
			return
		}
		sent := target.String()
		require.True(t, strings.HasPrefix(sent, "/api/v1/"), sent)
		require.False(t, strings.ContainsFunc(sent, func(r rune) bool { return unicode.IsControl(r) || r > 0x7e }), sent)
		u, err := url.Parse("https://acme.okta.com" + sent + "?" + query.Encode())
		require.NoError(t, err)
		require.Equal(t, "acme.okta.com", u.Host)
		require.Equal(t, sent, u.EscapedPath(), "nothing in it is read as a query or a fragment")
		segments := strings.Count(sent, "/")
		for decoded := sent; ; {
			clean := path.Clean(decoded)
			require.True(t, strings.HasPrefix(clean, "/api/v1/"), "%q becomes %q", sent, clean)
			require.GreaterOrEqual(t, strings.Count(clean, "/"), segments, "%q becomes %q", sent, clean)
			next, err := url.PathUnescape(decoded)
			if err != nil || next == decoded {
				return
			}
			decoded = next
		}
	})
}
