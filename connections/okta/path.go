package okta

import (
	"errors"
	"net/url"
	"strings"
)

// Path addresses a resource: the template names the route for rate limits and metrics, the escaped form goes out.
type Path struct {
	Template string // "/api/v1/users/{id}/groups"
	escaped  string
	empty    bool // a segment was empty: the path is another resource's
}

// At fills each {placeholder} of template, in order, with one path segment. A value is always a single segment,
// whatever it holds: slashes, dots and percent signs are escaped. A call with an empty value fails.
func At(template string, segments ...string) Path {
	p := Path{Template: template}
	var b strings.Builder
	rest := template
	for _, s := range segments {
		p.empty = p.empty || s == ""
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
	p.escaped = b.String()
	return p
}

// Raw takes an already escaped path, as a caller of rawRequest gives it. The template groups it for rate limits.
func Raw(escaped, template string) Path { return Path{Template: template, escaped: escaped} }

// String returns the escaped path.
func (p Path) String() string { return p.escaped }

// values returns what fills the placeholders of the template, in order.
func (p Path) values() []string {
	var values []string
	segments := strings.Split(p.escaped, "/")
	for i, word := range strings.Split(p.Template, "/") {
		if !strings.HasPrefix(word, "{") || i >= len(segments) {
			continue
		}
		if value, err := url.PathUnescape(segments[i]); err == nil {
			values = append(values, value)
		}
	}
	return values
}

func (p Path) url(base *url.URL, query string) (*url.URL, error) {
	if p.empty {
		return nil, errors.New("a value of the path is empty")
	}
	path, err := url.PathUnescape(p.escaped)
	if err != nil {
		return nil, err
	}
	return &url.URL{Scheme: base.Scheme, Host: base.Host, Path: path, RawPath: p.escaped, RawQuery: query}, nil
}

// escapeSegment also escapes the dots of a segment that would be resolved on the way.
func escapeSegment(s string) string {
	if s == "." || s == ".." {
		return strings.ReplaceAll(s, ".", "%2E")
	}
	return url.PathEscape(s)
}
