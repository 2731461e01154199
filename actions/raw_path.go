package actions

import (
	"errors"
	"net/url"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/okta-connector/okta-connector/connections/okta"
)

// What can be wrong with a path, as messages of the input URL.
var (
	errNotRelative  = errors.New("must be a path with one slash first, such as /users; the org and /api/v1 are added")
	errHasBase      = errors.New("must not begin with /api/v1, which stands before it already")
	errCharacter    = errors.New("must not hold a control character, a backslash or #")
	errEncoding     = errors.New("must be UTF-8, with a % only before two hexadecimal digits")
	errEmptySegment = errors.New("has nothing between two slashes or after the last one: is a variable without a value?")
	errDotSegment   = errors.New("must not hold . or .. as a segment, however they are written")
	errQuery        = errors.New("has a query that cannot be read")
)

// rawTarget reads a path below /api/v1 with its query. The path comes out escaped anew, segment by segment, so that
// nothing in it can mean to Okta, or to a proxy on the way, what it does not mean here.
func rawTarget(input string) (okta.Path, url.Values, error) {
	path, rawQuery, _ := strings.Cut(input, "?")
	switch {
	case !strings.HasPrefix(path, "/"), strings.HasPrefix(path, "//"):
		return okta.Path{}, nil, errNotRelative
	case strings.ContainsFunc(input, forbidden) || strings.Contains(input, "#"):
		return okta.Path{}, nil, errCharacter
	}
	segments := strings.Split(path[1:], "/")
	var escaped strings.Builder
	escaped.WriteString("/api/v1")
	for i, segment := range segments {
		decoded, err := rawSegment(segment)
		if err != nil {
			return okta.Path{}, nil, err
		}
		segments[i] = decoded
		escaped.WriteString("/" + url.PathEscape(decoded))
	}
	if len(segments) > 1 && segments[0] == "api" && segments[1] == "v1" {
		return okta.Path{}, nil, errHasBase
	}
	query, err := url.ParseQuery(rawQuery)
	if err != nil || !validQuery(query) {
		return okta.Path{}, nil, errQuery
	}
	return okta.Raw(escaped.String(), rawRoute(segments)), query, nil
}

// rawSegment decodes one segment and refuses what some server on the way might take for more than one, or for none.
func rawSegment(segment string) (string, error) {
	decoded, err := url.PathUnescape(segment)
	if err != nil {
		return "", errEncoding
	}
	bare := decodeFully(decoded)
	switch {
	case !utf8.ValidString(bare):
		return "", errEncoding
	case strings.ContainsFunc(bare, forbidden):
		return "", errCharacter
	}
	for part := range strings.SplitSeq(strings.Map(foldSlash, bare), "/") {
		part, _, _ = strings.Cut(part, ";") // servers drop path parameters before they look at dots
		switch part = strings.TrimSpace(part); {
		case part == "":
			return "", errEmptySegment
		case strings.Trim(part, dots) == "":
			return "", errDotSegment
		}
	}
	return decoded, nil
}

// dots are what a server that folds compatibility characters takes for dots.
const dots = ".\u2024\u2025\u2026\u3002\ufe52\uff0e"

// foldSlash returns / for what such a server takes for a slash or a backslash.
func foldSlash(r rune) rune {
	if strings.ContainsRune("\u2044\u2215\u2216\ufe68\uff0f\uff3c", r) {
		return '/'
	}
	return r
}

func forbidden(r rune) bool { return r == '\\' || unicode.IsControl(r) }

// decodeFully takes off escapes of escapes too, each as soon as its last digit is there, so that its time grows with
// the length alone. What is no escape stays.
func decodeFully(s string) string {
	decoded := make([]byte, 0, len(s))
	for i := range len(s) {
		decoded = append(decoded, s[i])
		for n := len(decoded); n >= 3 && decoded[n-3] == '%'; n = len(decoded) {
			b, err := strconv.ParseUint(string(decoded[n-2:]), 16, 8)
			if err != nil {
				break
			}
			decoded = append(decoded[:n-3], byte(b))
		}
	}
	return string(decoded)
}

func validQuery(query url.Values) bool {
	for name, values := range query {
		if !utf8.ValidString(name) || !utf8.ValidString(strings.Join(values, "")) {
			return false
		}
	}
	return true
}
