package sandbox

import (
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"
)

const (
	testOrg      = "http://acme.test"
	testToken    = testOrg + "/oauth2/v1/token"
	testCallback = "http://127.0.0.1:8080/oauth/callback"
	verifier     = "a-verifier-that-is-long-enough-to-be-taken-for-one"
)

var ada = oauthPerson{ID: "00uada", Login: "ada@example.com", Name: "Ada Lovelace", Email: "ada@example.com"}

// oauthFixture is an authorization server, the credentials of its clients and the people who may sign in.
type oauthFixture struct {
	*testing.T
	*oauthServer
	oauthCredentials
	key    crypto.Signer
	people map[string]oauthPerson // by id and login
}

func newOAuthFixture(t *testing.T) *oauthFixture {
	f := &oauthFixture{T: t, people: map[string]oauthPerson{ada.ID: ada, ada.Login: ada}}
	s, err := newOAuthServer(oauthConfig{
		Person:       func(idOrLogin string) (oauthPerson, bool) { p, ok := f.people[idOrLogin]; return p, ok },
		People:       func(int) []oauthPerson { return []oauthPerson{ada} },
		RedirectURIs: []string{"https://connector.example/oauth/callback?from=okta"},
	})
	require.NoError(t, err)
	f.oauthServer, f.oauthCredentials = s, s.credentials()
	block, rest := pem.Decode([]byte(f.privateKey))
	require.Empty(t, rest)
	require.Equal(t, "PRIVATE KEY", block.Type)
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	require.NoError(t, err)
	f.key = key.(crypto.Signer)
	return f
}

// in is the fixture for a subtest.
func (f *oauthFixture) in(t *testing.T) *oauthFixture {
	t.Parallel()
	of := *f
	of.T = t
	return &of
}

// elapse lets time pass in a synctest bubble.
func elapse(d time.Duration) { time.Sleep(d) } //nolint:forbidigo // virtual

// post sends a form; edits change the request before.
func (f *oauthFixture) post(target string, form url.Values, edits ...func(*http.Request)) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, target, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for _, edit := range edits {
		edit(r)
	}
	w := httptest.NewRecorder()
	f.ServeHTTP(w, r)
	return w
}

// steer sends a control request and decodes its answer into out.
func (f *oauthFixture) steer(method, path, body string, out any) {
	w := httptest.NewRecorder()
	f.control(w, httptest.NewRequest(method, "/_sandbox/oauth/"+path, strings.NewReader(body)))
	require.Less(f, w.Code, 300, w.Body)
	if out != nil {
		require.NoError(f, json.Unmarshal(w.Body.Bytes(), out))
	}
}

// call makes a request for a resource and returns who it was made by.
func (f *oauthFixture) call(authorization string, edits ...func(*http.Request)) (principal, *apiError) {
	r := httptest.NewRequest(http.MethodGet, testOrg+"/api/v1/users/ada%40example.com?expand=x", nil)
	r.Header.Set("Authorization", authorization)
	for _, edit := range edits {
		edit(r)
	}
	return f.authenticate(r)
}

// assertion signs a client assertion of the service app; edit changes claims and header first.
func (f *oauthFixture) assertion(edit func(claims, header map[string]any)) string {
	claims := jwt.MapClaims{
		"iss": f.clientID, "sub": f.clientID, "aud": testToken, "jti": rand.Text(),
		"iat": time.Now().Unix(), "exp": time.Now().Add(5 * time.Minute).Unix(),
	}
	t := jwt.NewWithClaims(jwt.SigningMethodRS256, claims)
	t.Header["kid"] = f.keyID
	if edit != nil {
		edit(claims, t.Header)
	}
	signed, err := t.SignedString(f.key)
	require.NoError(f, err)
	return signed
}

// credentialsForm asks for a service app's token.
func (f *oauthFixture) credentialsForm(clientID string) url.Values {
	return url.Values{
		"grant_type": {"client_credentials"}, "scope": {"okta.users.read okta.groups.read"},
		"client_assertion_type": {assertionType},
		"client_assertion": {f.assertion(func(claims, _ map[string]any) {
			claims["iss"], claims["sub"] = clientID, clientID
		})},
	}
}

// authorizeURL is a good request of the web client; edit changes it first.
func (f *oauthFixture) authorizeURL(edit func(url.Values)) string {
	sum := sha256.Sum256([]byte(verifier))
	q := url.Values{
		"client_id": {f.webClientID}, "response_type": {"code"}, "redirect_uri": {testCallback}, "state": {"the state"},
		"scope":          {"openid profile email offline_access okta.users.read okta.groups.read"},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}, "code_challenge_method": {"S256"},
		"nonce": {"the nonce"},
	}
	if edit != nil {
		edit(q)
	}
	return testOrg + "/oauth2/v1/authorize?" + q.Encode()
}

// code signs Ada in and returns the authorization code.
func (f *oauthFixture) code(edit func(url.Values)) string {
	w := f.post(f.authorizeURL(edit), url.Values{"login": {ada.Login}, "decision": {"allow"}})
	return f.sentBack(w).Get("code")
}

// sentBack returns the parameters that a redirect to the web client carries.
func (f *oauthFixture) sentBack(w *httptest.ResponseRecorder) url.Values {
	require.Equal(f, http.StatusFound, w.Code, w.Body)
	target, err := url.Parse(w.Header().Get("Location"))
	require.NoError(f, err)
	return target.Query()
}

func codeForm(code string) url.Values {
	return url.Values{
		"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {testCallback}, "code_verifier": {verifier},
	}
}

func refreshForm(token string) url.Values {
	return url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}}
}

// basic authenticates the web client.
func (f *oauthFixture) basic(r *http.Request) { r.SetBasicAuth(f.webClientID, f.webClientSecret) }

// signIn signs Ada in at the web client and returns her tokens.
func (f *oauthFixture) signIn(edits ...func(*http.Request)) tokenAnswer {
	return f.granted(f.post(testToken, codeForm(f.code(nil)), append(edits, f.basic)...))
}

func (f *oauthFixture) granted(w *httptest.ResponseRecorder) tokenAnswer {
	require.Equal(f, http.StatusOK, w.Code, w.Body)
	require.Equal(f, "no-cache, no-store", w.Header().Get("Cache-Control"))
	var answer tokenAnswer
	require.NoError(f, json.Unmarshal(w.Body.Bytes(), &answer))
	return answer
}

// refused checks a refusal; description may be its beginning.
func (f *oauthFixture) refused(w *httptest.ResponseRecorder, status int, code, description string) {
	f.Helper()
	var refusal struct {
		Error       string `json:"error"`
		Description string `json:"error_description"`
	}
	require.NoError(f, json.Unmarshal(w.Body.Bytes(), &refusal), w.Body)
	require.Equal(f, code, refusal.Error, refusal.Description)
	require.Equal(f, status, w.Code)
	require.Contains(f, refusal.Description, description)
}
