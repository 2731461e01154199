package connections

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestProofURL_IsWhatOktaComparesWith(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"https://acme.okta.com/api/v1/users?limit=1#x":              "https://acme.okta.com/api/v1/users",
		"https://acme.okta.com/api/v1/users/ada%40example.com":      "https://acme.okta.com/api/v1/users/ada@example.com",
		"https://acme.okta.com/api/v1/users/a%20b%22c%23d%25e%2Ff":  "https://acme.okta.com/api/v1/users/a%20b%22c%23d%25e/f",
		"https://acme.okta.com/api/v1/users/%C3%BC":                 "https://acme.okta.com/api/v1/users/\u00fc",
		"http://127.0.0.1:9090/oauth2/v1/token":                     "http://127.0.0.1:9090/oauth2/v1/token",
		"https://acme.okta.com/api/v1/users/a+b%2Bc;d=e,f&g=h:i%3F": "https://acme.okta.com/api/v1/users/a+b+c;d=e,f&g=h:i?",
	} {
		u, err := url.Parse(raw)
		require.NoError(t, err)
		require.Equal(t, want, proofURL(u))
	}
}

func BenchmarkAuthorize_CachedToken(b *testing.B) {
	r, err := http.NewRequestWithContext(b.Context(), http.MethodGet, "https://acme.okta.com/api/v1/users/me", nil)
	require.NoError(b, err)
	for name, p := range map[string]*prover{"bearer": nil, "dpop": must(newProver())} {
		b.Run(name, func(b *testing.B) {
			var s source
			s.held.Store(&held{&tokens{access: "token", prover: p}, time.Now().Add(time.Hour)})
			b.ReportAllocs()
			for b.Loop() {
				if err := s.Authorize(b.Context(), r); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
