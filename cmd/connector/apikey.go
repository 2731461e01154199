package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/okta-connector/okta-connector/runtime/httpapi"
)

func (p *program) makesKey() bool { return p.env("CONNECTOR_MAKE_API_KEY") == "true" }

// makeKey makes an API key on the first start, keeps it beside the embedded database, and prints it this once. The
// image asks for it with CONNECTOR_MAKE_API_KEY, where nobody has said which keys there are.
func (p *program) makeKey(database string) (*httpapi.Keys, error) {
	file, embedded := strings.CutPrefix(database, "sqlite:")
	if !embedded {
		return nil, usagef("replicas must agree on their API keys: set CONNECTOR_API_KEYS")
	}
	file = strings.TrimPrefix(file, "//") + ".apikey"
	raw, err := os.ReadFile(file)
	if err == nil {
		return httpapi.NewKeys([]string{string(raw)}), nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, &startError{fmt.Errorf("API key: %w", err)}
	}
	key := rand.Text()
	if err := os.WriteFile(file, []byte(key+"\n"), 0o600); err != nil {
		return nil, &startError{fmt.Errorf("API key: %w", err)}
	}
	fmt.Fprintf(p.stdout, "The API key of this server, printed this once and kept in %s:\n\n  %s\n\n", file, key)
	return httpapi.NewKeys([]string{key}), nil
}
