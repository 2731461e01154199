package runtime

import (
	"encoding/json"
	"fmt"
	"mime"
	"slices"
	"strconv"
	"strings"

	"github.com/okta-connector/okta-connector/connections/okta"
	"github.com/okta-connector/okta-connector/schemas"
)

const redacted = "[redacted]"

// A redactor hides secrets in what a preview shows: what the action's secret inputs hold, wherever it stands, and what
// stands under a name that means a secret.
type redactor struct{ secrets []string }

func newRedactor(schema *schemas.Schema, inputs json.RawMessage) *redactor {
	r := new(redactor)
	var members map[string]json.RawMessage
	if json.Unmarshal(inputs, &members) != nil {
		return r // checked before: there are none
	}
	for _, name := range schema.Secrets() {
		if v, err := decode(members[name]); err == nil {
			r.learn(v)
		}
	}
	return r
}

// learn takes the texts in v for secrets, and those in JSON that is written as text.
func (r *redactor) learn(v any) {
	switch v := v.(type) {
	case string:
		if v == "" {
			return
		}
		r.secrets = append(r.secrets, v)
		if inner, err := decode(json.RawMessage(v)); err == nil {
			if _, number := inner.(json.Number); !number {
				r.learn(inner)
			}
		}
	case []any:
		for _, item := range v {
			r.learn(item)
		}
	case map[string]any:
		for _, item := range v {
			r.learn(item)
		}
	}
}

// secretNames mean a secret wherever they are part of a name, in lower case without separators.
var secretNames = []string{
	"password", "secret", "authscheme", "hash", "salt", "answer", "passcode", "token", "privatekey", "apikey",
	"authorization", "cookie", "signature", "assertion",
}

func secretName(name string) bool {
	name = strings.ToLower(strings.NewReplacer("-", "", "_", "").Replace(name))
	return name != "passwordchanged" && // a date of Okta's user
		slices.ContainsFunc(secretNames, func(secret string) bool { return strings.Contains(name, secret) })
}

// value returns v with its secrets hidden.
func (r *redactor) value(v any) any {
	switch v := v.(type) {
	case string:
		return r.text(v)
	case []any:
		list := make([]any, len(v))
		for i, item := range v {
			list[i] = r.value(item)
		}
		return list
	case map[string]any:
		object := make(map[string]any, len(v))
		row, _ := v["key"].(string) // {"key","value"}: a header
		for name, item := range v {
			if secretName(name) || name == "value" && secretName(row) {
				object[name] = hidden(item)
			} else {
				object[name] = r.value(item)
			}
		}
		return object
	}
	return v
}

// shortest is the length from which a secret is also looked for inside other text.
const shortest = 4

func (r *redactor) text(s string) string {
	for _, secret := range r.secrets {
		switch {
		case s == secret:
			return redacted
		case len(secret) >= shortest:
			s = strings.ReplaceAll(s, secret, redacted)
		}
	}
	return s
}

// hidden keeps the shape of v and nothing it holds, save for a yes or no.
func hidden(v any) any {
	switch v := v.(type) {
	case nil, bool:
		return v
	case []any:
		list := make([]any, len(v))
		for i, item := range v {
			list[i] = hidden(item)
		}
		return list
	case map[string]any:
		object := make(map[string]any, len(v))
		for name, item := range v {
			object[name] = hidden(item)
		}
		return object
	}
	return redacted
}

// request shows a step. Its path is shown as it is: it holds ids, and hiding a part of it would tell what a secret is.
func (r *redactor) request(step okta.DryStep, note string) PreviewRequest {
	req := step.Request
	query := make(map[string]any, len(req.Query))
	for name, values := range req.Query {
		list := make([]any, len(values))
		for i, v := range values {
			list[i] = v
		}
		query[name] = list
		if len(list) == 1 {
			query[name] = flag(values[0])
		}
	}
	shown, _ := r.value(query).(map[string]any)
	for name, v := range shown {
		if yes, isFlag := v.(bool); isFlag {
			shown[name] = strconv.FormatBool(yes)
		}
	}
	return PreviewRequest{Method: req.Method, Path: req.Path.String(), Query: shown, Body: r.body(req), Note: note}
}

// flag returns a query's yes or no as a bool, which no name makes a secret: oauthTokens asks whether to revoke them.
func flag(text string) any {
	switch text {
	case "true":
		return true
	case "false":
		return false
	}
	return text
}

func (r *redactor) body(req *okta.Request) any {
	if len(req.Body) == 0 {
		return nil
	}
	if v, err := decode(req.Body); err == nil {
		return r.value(v)
	}
	if kind, _, err := mime.ParseMediaType(req.ContentType); err == nil && !strings.HasPrefix(kind, "text/") {
		return fmt.Sprintf("%d bytes of %s", len(req.Body), kind)
	}
	return r.text(string(req.Body))
}

// changes appends what o would change, with pointers below prefix. A secret that changes is a change like any other,
// told without the secret.
func (r *redactor) changes(list []Change, prefix string, o *object) []Change {
	for _, c := range diff(nil, "", o.before, o.after) {
		show := r.value
		if slices.ContainsFunc(strings.Split(c.Pointer, "/"), secretName) {
			show = hidden
		}
		list = append(list, Change{prefix + c.Pointer, show(c.From), show(c.To)})
	}
	return list
}
