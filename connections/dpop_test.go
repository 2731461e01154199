package connections_test

import (
	"net/http"
	"sync/atomic"
	"testing"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/okta-connector/okta-connector/connections"
	"github.com/okta-connector/okta-connector/connections/okta"
)

// proving is an issuer that wants proofs, and gives tokens bound to them.
func proving(api http.HandlerFunc) *issuer {
	return &issuer{api: api, refuse: func(w http.ResponseWriter, r *http.Request, _ int64) bool {
		if r.Header.Get("DPoP") == "" {
			writeJSON(w, 400, `{"error":"invalid_dpop_proof","error_description":"The DPoP proof JWT header is missing."}`)
			return true
		}
		writeJSON(w, 200, `{"token_type":"DPoP","expires_in":3600,"access_token":"canary","scope":"okta.users.read"}`)
		return true
	}}
}

func proofClaims(t *testing.T, r *http.Request) jwt.MapClaims {
	claims := jwt.MapClaims{}
	_, _, err := jwt.NewParser().ParseUnverified(r.Header.Get("DPoP"), claims)
	require.NoError(t, err)
	return claims
}

// Okta's API asks for no nonce today; RFC 9449, section 9, says how it would.
func TestDPoP_NonceOfTheAPIIsLearned(t *testing.T) {
	t.Parallel()
	var refused atomic.Int64
	org := proving(func(w http.ResponseWriter, r *http.Request) {
		assert.Equal(t, "DPoP canary", r.Header.Get("Authorization"))
		if proofClaims(t, r)["nonce"] == "n1" {
			fine(w, r)
			return
		}
		refused.Add(1)
		w.Header().Set("WWW-Authenticate", `DPoP error="use_dpop_nonce", error_description="Resource server requires nonce"`)
		w.Header().Set("DPoP-Nonce", "n1")
		w.WriteHeader(http.StatusUnauthorized)
	})
	c := service(t, org)
	for range 3 {
		require.NoError(t, users(t.Context(), c))
	}
	require.EqualValues(t, 1, refused.Load())
	require.Zero(t, org.repeats.Load())
}

func TestDPoP_ProofIsForOneRequestAndToken(t *testing.T) {
	t.Parallel()
	org := proving(func(w http.ResponseWriter, r *http.Request) {
		claims := proofClaims(t, r)
		assert.Equal(t, "GET", claims["htm"])
		assert.Equal(t, "https://acme.okta.com/api/v1/users/ada/ü%20@example.com", claims["htu"])
		assert.Equal(t, "4QD7zgCMBOxAY3rwr5H7LwWu7cI_hWotPAsVgGJddV4", claims["ath"])
		fine(w, r)
	})
	require.NoError(t, users(t.Context(), service(t, org)))
}

func TestDPoP_ARefusedProofIsExplained(t *testing.T) {
	t.Parallel()
	org := proving(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("WWW-Authenticate", `DPoP error="invalid_dpop_proof", error_description="It is issued in the future."`)
		w.WriteHeader(http.StatusBadRequest)
	})
	err := users(t.Context(), service(t, org))
	require.Contains(t, connections.Explain(err, nil), "Okta refused the DPoP proof of this call")
}

func TestDPoP_NoncesThatNeverSatisfyEndTheRequest(t *testing.T) {
	t.Parallel()
	var n atomic.Int64
	org := &issuer{api: fine, refuse: func(w http.ResponseWriter, r *http.Request, _ int64) bool {
		if r.Header.Get("DPoP") == "" {
			writeJSON(w, 400, `{"error":"invalid_dpop_proof"}`)
			return true
		}
		w.Header().Set("DPoP-Nonce", string(rune('a'+n.Add(1))))
		writeJSON(w, 400, `{"error":"use_dpop_nonce","error_description":"It requires nonce in DPoP proof."}`)
		return true
	}}
	err := users(t.Context(), service(t, org))
	require.True(t, okta.HasCode(err, "use_dpop_nonce"))
	require.LessOrEqual(t, org.requests.Load(), int64(3))
	require.Contains(t, connections.Explain(err, nil), "again and again")
}
