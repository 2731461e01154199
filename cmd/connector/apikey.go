package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
)

// apiKeys returns the keys that callers must give: those of CONNECTOR_API_KEYS, or, where CONNECTOR_MAKE_API_KEY asks
// for it as the image does, one that is made on the first start, kept beside the embedded database, and printed once.
func (p *program) apiKeys(database string) ([]string, error) {
	if keys := p.env("CONNECTOR_API_KEYS"); keys != "" {
		return strings.Split(keys, ","), nil
	}
	if p.env("CONNECTOR_MAKE_API_KEY") != "true" {
		return nil, nil
	}
	file, embedded := strings.CutPrefix(database, "sqlite:")
	if !embedded {
		return nil, usagef("replicas must agree on their API keys: set CONNECTOR_API_KEYS")
	}
	file = strings.TrimPrefix(file, "//") + ".apikey"
	raw, err := os.ReadFile(file)
	if err == nil {
		return []string{strings.TrimSpace(string(raw))}, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("API key: %w", err)
	}
	key := rand.Text()
	if err := os.WriteFile(file, []byte(key+"\n"), 0o600); err != nil {
		return nil, fmt.Errorf("API key: %w", err)
	}
	fmt.Fprintf(p.stdout, "The API key of this server, printed this once and kept in %s:\n\n  %s\n\n", file, key)
	return []string{key}, nil
}
