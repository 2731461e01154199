package schemas

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
)

const redacted = "[redacted]"

// Secret is text that shows itself only to [Secret.Reveal]: printing, logging and marshalling give "[redacted]", also
// for an empty one. Go looks past these methods in two places, so put no secret there: a struct's unexported field that
// fmt prints, and the key of a map that encoding/json writes.
type Secret string

// Reveal returns the text itself. Its callers are the places that hand the secret to Okta or to the sealed store.
func (s Secret) Reveal() string { return string(s) }

// String returns "[redacted]".
func (s Secret) String() string { return redacted }

// GoString returns "[redacted]".
func (s Secret) GoString() string { return redacted }

// Format writes "[redacted]" for every verb, also for those that bypass String, such as %x.
func (s Secret) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, redacted) }

// LogValue returns "[redacted]".
func (s Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText returns "[redacted]", for encoders other than JSON.
func (s Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// MarshalJSON returns "[redacted]" as a JSON string.
func (s Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + redacted + `"`), nil }

// Secrets returns the names of the secret inputs in declaration order.
func (s *Schema) Secrets() []string {
	var names []string
	for _, p := range s.properties {
		if p.Secret {
			names = append(names, p.Name)
		}
	}
	return names
}

// Redact returns the same object with {"set":true} in place of each secret that has a value. An input the schema does
// not know is treated as a secret, since nobody vouches for it. What is no JSON object becomes {}.
func (s *Schema) Redact(inputs json.RawMessage) json.RawMessage {
	members, err := split(inputs)
	if err != nil {
		return json.RawMessage(`{}`)
	}
	shown := []byte{'{'}
	for i, m := range members {
		if i > 0 {
			shown = append(shown, ',')
		}
		shown = append(append(shown, marshal(m.name)...), ':')
		p := s.byName[m.name]
		if (p == nil || p.Secret) && !unset(m.value) {
			shown = append(shown, `{"set":true}`...)
		} else {
			shown = append(shown, m.value...)
		}
	}
	return append(shown, '}')
}
