package okta

import (
	"net/url"
	"strings"
)

// nextLink finds rel="next" (RFC 8288) among Link headers: several lines, as Okta sends them, or one joined by commas,
// as proxies make of them. It returns "" when there is none. What it returns is not checked, see [Cursor.split].
func nextLink(headers []string) Cursor {
	for _, h := range headers {
		for {
			var target, rel string
			var ok bool
			if target, rel, h, ok = cutLink(h); !ok {
				break
			}
			if !isNext(rel) {
				continue
			}
			u, err := url.Parse(target)
			if err != nil || u.EscapedPath() == "" {
				return Cursor("<" + target + ">") // refused when it is followed: no list ends early without a word
			}
			if u.RawQuery == "" {
				return Cursor(u.EscapedPath())
			}
			return Cursor(u.EscapedPath() + "?" + u.RawQuery)
		}
	}
	return ""
}

func isNext(rel string) bool {
	for one := range strings.FieldsSeq(rel) {
		if strings.EqualFold(one, "next") {
			return true
		}
	}
	return false
}

// cutLink reads the first link of h: its target, and its rel parameter ("" without one). It is false at the end of h,
// or where nothing readable follows.
func cutLink(h string) (target, rel, rest string, ok bool) {
	_, h, ok = strings.Cut(h, "<")
	if !ok {
		return "", "", "", false
	}
	target, h, ok = strings.Cut(h, ">")
	if !ok {
		return "", "", "", false
	}
	found := false
	for {
		var name, value string
		var more bool
		if name, value, h, more = cutParam(h); !found && strings.EqualFold(name, "rel") {
			rel, found = value, true // RFC 8288 3.3: only the first counts
		}
		if !more {
			return strings.TrimSpace(target), rel, h, true
		}
	}
}

// cutParam reads one parameter up to the semicolon or comma after it; more is false when a comma or the end of h ends
// the link. Inside quotes both are text, and a backslash takes the next character as it is.
func cutParam(h string) (name, value, rest string, more bool) {
	var b strings.Builder
	quoted := false
	end := len(h)
	for i := 0; i < len(h); i++ {
		c := h[i]
		switch {
		case c == '"':
			quoted = !quoted
			continue
		case quoted && c == '\\' && i+1 < len(h):
			i++
			c = h[i]
		case !quoted && (c == ';' || c == ','):
			end = i
		}
		if end < len(h) {
			break
		}
		b.WriteByte(c)
	}
	name, value, _ = strings.Cut(b.String(), "=")
	name, value = strings.TrimSpace(name), strings.TrimSpace(value)
	if end == len(h) {
		return name, value, "", false
	}
	return name, value, h[end+1:], h[end] == ';'
}
