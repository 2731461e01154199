package okta

import (
	"net/url"
	"strings"
)

// nextLink finds rel="next" (RFC 8288) among Link headers: several lines, as Okta sends them, or one joined by commas,
// as proxies make of them. It returns "" when there is none.
func nextLink(headers []string) Cursor {
	for _, h := range headers {
		for h != "" {
			var target, params string
			target, params, h = cutLink(h)
			if target == "" || !isNext(params) {
				continue
			}
			u, err := url.Parse(target)
			if err != nil || u.EscapedPath() == "" {
				return ""
			}
			if u.RawQuery == "" {
				return Cursor(u.EscapedPath())
			}
			return Cursor(u.EscapedPath() + "?" + u.RawQuery)
		}
	}
	return ""
}

// cutLink splits off the first <target>; params of a Link header. Commas and semicolons may stand inside the target,
// and inside quoted parameters.
func cutLink(h string) (target, params, rest string) {
	open := strings.IndexByte(h, '<')
	if open < 0 {
		return "", "", ""
	}
	end := strings.IndexByte(h[open:], '>')
	if end < 0 {
		return "", "", ""
	}
	target = h[open+1 : open+end]
	h = h[open+end+1:]
	quoted := false
	for i := range len(h) {
		switch {
		case h[i] == '"':
			quoted = !quoted
		case h[i] == ',' && !quoted:
			return target, h[:i], h[i+1:]
		}
	}
	return target, h, ""
}

func isNext(params string) bool {
	for p := range strings.SplitSeq(params, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(p), "=")
		if !strings.EqualFold(strings.TrimSpace(name), "rel") {
			continue
		}
		for rel := range strings.FieldsSeq(strings.Trim(strings.TrimSpace(value), `"`)) {
			if strings.EqualFold(rel, "next") {
				return true
			}
		}
	}
	return false
}
