package console

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/okta-connector/okta-connector/schemas"
)

// A snippet is the same call in another form, to be copied.
type snippet struct {
	Label string
	Block codeBlock
}

// secretHere stands where a secret was typed: it is not shown again.
const secretHere = "REPLACE_WITH_SECRET"

// snippets are a call as curl, as a command, and as the JSON that an engine sends.
func (c *console) snippets(
	origin, action, connection string, schema *schemas.Schema, inputs json.RawMessage,
) []snippet {
	shown := withoutSecrets(schema, inputs)
	body := marshal(map[string]any{"connection": connection, "inputs": shown})
	var engine bytes.Buffer
	_ = json.Indent(&engine, marshal(map[string]any{
		"action": action, "connection": connection, "inputs": shown,
	}), "", "  ") // marshalled a line above
	key := ""
	if c.Sessions.Needed() {
		key = " \\\n  -H \"Authorization: Bearer $CONNECTOR_API_KEY\""
	}
	curl := fmt.Sprintf("curl -s %s/v1/actions/%s/invoke%s \\\n  -H 'Content-Type: application/json' \\\n  -d %s",
		origin, action, key, quoted(string(body)))
	cli := fmt.Sprintf("connector invoke %s --connection %s \\\n  --input %s",
		action, quoted(connection), quoted(string(shown)))
	return []snippet{
		{"curl", codeBlock{"as-curl", "The call as curl", curl}},
		{"Command line", codeBlock{"as-cli", "The call as a command", cli}},
		{"JSON", codeBlock{"as-json", "The call as JSON", engine.String()}},
	}
}

// withoutSecrets puts a placeholder where a secret was typed.
func withoutSecrets(schema *schemas.Schema, inputs json.RawMessage) json.RawMessage {
	var given map[string]json.RawMessage
	if json.Unmarshal(inputs, &given) != nil {
		return inputs
	}
	for _, name := range schema.Secrets() {
		if _, ok := given[name]; ok {
			given[name] = json.RawMessage(`"` + secretHere + `"`)
		}
	}
	return marshal(given)
}

// quoted is text as one word of a POSIX shell.
func quoted(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }

// marshal leaves <, > and & as they are; what it gets always marshals.
func marshal(v any) json.RawMessage {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(v) // maps of strings and valid JSON
	return bytes.TrimSpace(b.Bytes())
}
