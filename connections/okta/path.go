package okta

import (
	"net/url"
	"strings"
)

// Path addresses a resource: the template names the route for rate limits and metrics, the escaped form goes out.
type Path struct {
	Template string // "/api/v1/users/{id}/groups"
	escaped  string
}

// At fills each {placeholder} of template, in order, with one path segment. A value is always a single segment,
// whatever it holds: slashes, dots and percent signs are escaped.
func At(template string, segments ...string) Path {
	var b strings.Builder
	rest := template
	for _, s := range segments {
		i := strings.IndexByte(rest, '{')
		j := strings.IndexByte(rest, '}')
		if i < 0 || j < i {
			panic("okta: more segments than placeholders in " + template)
		}
		b.WriteString(rest[:i])
		b.WriteString(escapeSegment(s))
		rest = rest[j+1:]
	}
	if strings.IndexByte(rest, '{') >= 0 {
		panic("okta: a placeholder without a segment in " + template)
	}
	b.WriteString(rest)
	return Path{Template: template, escaped: b.String()}
}

// Raw takes an already escaped path, as a caller of rawRequest gives it. The template groups it for rate limits.
func Raw(escaped, template string) Path { return Path{Template: template, escaped: escaped} }

// String returns the escaped path.
func (p Path) String() string { return p.escaped }

func (p Path) url(base *url.URL, query string) (*url.URL, error) {
	path, err := url.PathUnescape(p.escaped)
	if err != nil {
		return nil, err
	}
	return &url.URL{Scheme: base.Scheme, Host: base.Host, Path: path, RawPath: p.escaped, RawQuery: query}, nil
}

// escapeSegment escapes dots of a segment that is only dots: unescaped they would be resolved on the way.
func escapeSegment(s string) string {
	if strings.Trim(s, ".") == "" {
		return strings.ReplaceAll(s, ".", "%2E")
	}
	return url.PathEscape(s)
}
