package httpapi

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestKnownHost_RefusesNamesThatSomebodyElseMadeLeadHere(t *testing.T) {
	t.Parallel()
	open := &server{Config: Config{PublicURL: "https://connector.example"}}
	locked := &server{Config: Config{Keys: NewKeys([]string{"key"})}}
	for host, want := range map[string]int{
		"127.0.0.1:8080": 200, "localhost:8080": 200, "[::1]:8080": 200, "localhost": 200, "connector.example": 200,
		"evil.example:8080": 421, "127.0.0.1.evil.example": 421, "localhost.evil.example:8080": 421, "192.0.2.1": 421, "": 421,
	} {
		for s, want := range map[*server]int{open: want, locked: 200} {
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.Host = host
			w := httptest.NewRecorder()
			s.knownHost(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})).ServeHTTP(w, r)
			require.Equal(t, want, w.Code, host)
		}
	}
}
