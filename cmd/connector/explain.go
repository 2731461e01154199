package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/okta-connector/okta-connector/runtime"
	"github.com/okta-connector/okta-connector/runtime/httpapi"
	"github.com/okta-connector/okta-connector/schemas"
)

// report is explain for a command whose result the field errors are: they go to stdout.
func (p *program) report(err error) error {
	var invalid schemas.Invalid
	if !errors.As(err, &invalid) {
		return p.explain(err)
	}
	printFields(p.stdout, invalid)
	return errReported
}

func printFields(w io.Writer, invalid schemas.Invalid) {
	for _, field := range invalid {
		fmt.Fprintf(w, "%s: %s\n", orRoot(field.Pointer), field.Detail)
	}
}

// explain prints a refusal the way a person at a shell reads it: a line per field, or Okta's answer with its causes.
func (p *program) explain(err error) error {
	var usage *usageError
	var missing *runtime.NotFoundError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &usage):
		return err
	case errors.As(err, &missing) && missing.Kind != "connection":
		return usagef("%v", missing)
	}
	var invalid schemas.Invalid
	if errors.As(err, &invalid) {
		printFields(p.stderr, invalid)
		return errReported
	}
	fmt.Fprintln(p.stderr, "connector:", httpapi.Describe(err))
	return errReported
}

func orRoot(pointer string) string {
	if pointer == "" {
		return "inputs"
	}
	return pointer
}

// checkInputs refuses what two readers of the JSON could understand differently.
func checkInputs(raw []byte) (json.RawMessage, error) {
	if err := schemas.Strict(raw, httpapi.MaxJSONDepth); err != nil {
		return nil, usagef("--input is not JSON: %v", err)
	}
	if !strings.HasPrefix(strings.TrimSpace(string(raw)), "{") {
		return nil, usagef("--input must be a JSON object")
	}
	return raw, nil
}
