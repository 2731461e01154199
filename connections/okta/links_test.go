package okta

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestNextLink(t *testing.T) {
	t.Parallel()
	const (
		self = `<https://acme.okta.com/api/v1/users?limit=2>; rel="self"`
		next = `<https://acme.okta.com/api/v1/users?after=x&limit=2>; rel="next"`
		want = "/api/v1/users?after=x&limit=2"
		y    = `, </api/v1/y>; rel="next"`
	)
	for name, test := range map[string]struct {
		headers []string
		want    Cursor
	}{
		"none":           {},
		"only self":      {headers: []string{self}},
		"two lines":      {[]string{self, next}, want},
		"the other way":  {[]string{next, self}, want},
		"joined":         {[]string{self + ", " + next}, want},
		"joined tightly": {[]string{`</api/v1/x>;rel=self,</api/v1/y>;rel=next`}, "/api/v1/y"},
		"kept as written": {
			[]string{`<https://a.example/api/v1/users?after=2%2Bx%3D&search=a+eq+%22O%27Brien%2C+A%22>; rel="next"`},
			"/api/v1/users?after=2%2Bx%3D&search=a+eq+%22O%27Brien%2C+A%22",
		},
		"escaped path":         {[]string{`</api/v1/groups/a%2Fb?c=%2f>; rel="next"`}, "/api/v1/groups/a%2Fb?c=%2f"},
		"commas in the target": {[]string{`</api/v1/logs?q=a,b;c>; rel="next"`}, "/api/v1/logs?q=a,b;c"},
		"commas in quotes":     {[]string{`</api/v1/x>; title="a, <b>; rel=next"; rel="self"` + y}, "/api/v1/y"},
		"escaped quotes":       {[]string{`</api/v1/x>; title="a\", <b>; rel=next"; rel=self` + y}, "/api/v1/y"},
		"several relations":    {[]string{`</api/v1/x>; rel="last NEXT"`}, "/api/v1/x"},
		"only the first rel":   {headers: []string{`</api/v1/x>; rel="self"; rel="next"`}},
		"not a part of a word": {headers: []string{`</api/v1/x>; rel="nextish"`}},
		"capitals":             {[]string{`</api/v1/x> ; REL = next`}, "/api/v1/x"},
		"relative":             {[]string{`</api/v1/x?after=1>; rel="next"`}, "/api/v1/x?after=1"},
		"another host":         {[]string{`<https://evil.example/api/v1/users?a=x>; rel="next"`}, "/api/v1/users?a=x"},
		"no scheme":            {[]string{`<//evil.example/api/v1/users>; rel="next"`}, "/api/v1/users"},
		"fragment":             {[]string{`</api/v1/users?a=1#top>; rel="next"`}, "/api/v1/users?a=1"},
		"not closed":           {headers: []string{`</api/v1/users; rel="next"`}},
		"quote not closed":     {[]string{`</api/v1/users>; rel="next`}, "/api/v1/users"},
		"no parameters":        {headers: []string{`</api/v1/users>`}},
		"garbage before it":    {[]string{`, ;; x` + y}, "/api/v1/y"},
		"no target":            {[]string{`<>; rel="next"`}, "<>"},
		"not a URL":            {[]string{`<https://a.example/api/v1/%zz>; rel="next"`}, "<https://a.example/api/v1/%zz>"},
		"no path":              {[]string{`<mailto:a@b.example>; rel="next"`}, "<mailto:a@b.example>"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, test.want, nextLink(test.headers))
		})
	}
}

func TestCursor_Split(t *testing.T) {
	t.Parallel()
	for _, good := range []Cursor{
		"/api/v1/users", "/api/v1/users?after=x", "/api/v1/groups/a%2Fb/users?after=x", "/api/v1/users?q=http://x/../y",
		"/api/v1/users?after=müller", "/api/v1/users?", "/api/v1/users/...",
	} {
		path, query, ok := good.split()
		require.True(t, ok, good)
		require.Equal(t, strings.TrimSuffix(string(good), "?"), strings.TrimSuffix(path+"?"+query, "?"))
	}
	for _, bad := range []Cursor{
		"", "/", "api/v1/users", "//evil.example/api/v1/users", "https://evil.example/api/v1/users", "@evil.example/api/v1/",
		"/oauth2/v1/token", "/api/v2/users", "/api/v1", "/API/v1/users", "/%61pi/v1/users",
		"/api/v1/../../oauth2/v1/revoke", "/api/v1/users/..", "/api/v1/./x", "/api/v1/%2e%2e/%2E%2E/oauth2",
		"/api/v1/..%2f..%2fx", "/api/v1/users\\..", "/api/v1/users#x", "/api/v1/users x", "/api/v1/users?a=\n",
		"/api/v1/users\r\nHost: evil.example",
		"/api/v1/users\x00", "/api/v1/users\x7f", "/api/v1/%zz", "<https://acme.okta.com/api/v1/users>",
	} {
		_, _, ok := bad.split()
		require.False(t, ok, bad)
	}
}

func TestCursor_After(t *testing.T) {
	t.Parallel()
	for cursor, want := range map[Cursor]string{
		"": "", "/api/v1/users": "", "/api/v1/users?limit=2": "",
		"/api/v1/users?after=200u-_.x&limit=2": "200u-_.x",
		"/api/v1/users?limit=2&after=a%2Bb%3D": "a+b=",
		"/api/v1/users?hereafter=x":            "",
		"/api/v1/users?after=%zz":              "",
		"/api/v1/users?after=a?b":              "a?b",
	} {
		require.Equal(t, want, cursor.After(), string(cursor))
	}
}

// Whatever a server sends as Link: what would be requested is a path of the API at the org's own host.
func FuzzNextLink(f *testing.F) {
	base := &url.URL{Scheme: "https", Host: "acme.okta.com"}
	f.Fuzz(func(t *testing.T, one, two string) {
		cursor := nextLink([]string{one, two})
		if cursor == "" {
			return
		}
		require.Contains(t, one+two, "<")
		escaped, query, ok := cursor.split()
		if !ok {
			return
		}
		u, err := Raw(escaped, "").url(base, query)
		require.NoError(t, err)
		require.Equal(t, "acme.okta.com", u.Host)
		again, err := url.Parse(u.String())
		require.NoError(t, err)
		require.Equal(t, "https", again.Scheme)
		require.Equal(t, "acme.okta.com", again.Host)
		require.True(t, strings.HasPrefix(again.Path, "/api/v1/"), again.Path)
		require.Equal(t, query, again.RawQuery)
		require.Empty(t, again.Fragment)
		for _, segment := range strings.Split(again.Path, "/") {
			require.NotContains(t, []string{".", ".."}, segment, "nothing to resolve")
		}
		_, err = http.NewRequest(http.MethodGet, u.String(), nil)
		require.NoError(t, err)
	})
}
