package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/okta-connector/okta-connector/schemas"
)

// A config is what a configuration file says, and where.
type config struct {
	sections
	file   string
	lines  map[string]int      // by JSON pointer
	lists  map[string][]string // what keys allow and deny, by JSON pointer
	faults []fault
}

// sections are the top level of the file.
type sections struct {
	Server        schemas.Object  `json:"server" title:"Server" doc:"The flags of serve, in camel case."`
	Connections   schemas.Object  `json:"connections" title:"Connections" doc:"Connections by name: key and inputs, as PUT /v1/connections/{name} takes them."`
	Subscriptions schemas.Object  `json:"subscriptions" title:"Subscriptions" doc:"Subscriptions by id, as PUT /v1/subscriptions/{id} takes them."`
	Keys          json.RawMessage `json:"keys" title:"API keys" doc:"The keys that callers must give."`
}

var sectionsSchema = schemas.For[sections]()

// A fault is something wrong in the file. It never repeats a value: values are secrets.
type fault struct {
	line   int
	path   string // connections.prod.inputs.apiToken
	detail string
}

// A configError lists everything that is wrong with a configuration file.
type configError struct {
	file   string
	faults []fault
}

func (e *configError) Error() string {
	var b strings.Builder
	b.WriteString("the configuration file cannot be used:")
	for _, f := range e.faults {
		fmt.Fprintf(&b, "\n  %s:%d: ", e.file, f.line)
		if f.path != "" {
			b.WriteString(f.path + ": ")
		}
		b.WriteString(f.detail)
	}
	return b.String()
}

// readConfig reads a YAML file and puts what env:NAME and file:PATH refer to in their place. Only here are they more
// than text: who writes this file may read the environment and the files of this process.
func (p *program) readConfig(file string) (*config, error) {
	raw, err := os.ReadFile(file)
	if err != nil {
		return nil, usagef("--config: %v", err)
	}
	c := &config{file: file, lines: map[string]int{"": 1}}
	r := yamlReader{config: c, env: p.env}
	document, err := json.Marshal(r.document(raw))
	if err != nil {
		return nil, fmt.Errorf("configuration file: %w", err)
	}
	if len(c.faults) == 0 {
		c.check("", sectionsSchema.Decode(document, &c.sections))
	}
	return c, c.err()
}

// check notes what a schema found wrong below the value at pointer.
func (c *config) check(pointer string, err error) {
	var invalid schemas.Invalid
	if !errors.As(err, &invalid) {
		if err != nil {
			c.fault(pointer, err.Error())
		}
		return
	}
	for _, field := range invalid {
		c.fault(pointer+field.Pointer, field.Detail)
	}
}

// fault notes that something is wrong at pointer, or at what is nearest above it.
func (c *config) fault(pointer, detail string) {
	at := pointer
	for at != "" && c.lines[at] == 0 {
		at = at[:strings.LastIndexByte(at, '/')]
	}
	c.faults = append(c.faults, fault{c.lines[at], dotted(pointer), detail})
}

// err returns a [configError] when there are faults.
func (c *config) err() error {
	if len(c.faults) == 0 {
		return nil
	}
	slices.SortStableFunc(c.faults, func(a, b fault) int { return cmp.Compare(a.line, b.line) })
	return &configError{c.file, c.faults}
}

func dotted(pointer string) string { return strings.Join(schemas.Tokens(pointer), ".") }

// A yamlReader turns YAML into what its JSON would be.
type yamlReader struct {
	*config
	env func(string) string
}

func (r *yamlReader) document(raw []byte) any {
	var root, more yaml.Node
	dec := yaml.NewDecoder(bytes.NewReader(raw))
	switch err := dec.Decode(&root); {
	case errors.Is(err, io.EOF):
		return nil // an empty file declares nothing
	case err != nil:
		r.syntax(err)
		return nil
	}
	if err := dec.Decode(&more); !errors.Is(err, io.EOF) {
		r.faults = append(r.faults, fault{more.Line, "", "a second document begins here: there may be one"})
	}
	return r.value(root.Content[0], "")
}

// syntax notes an error of the parser, "yaml: line 3: did not find expected key".
func (r *yamlReader) syntax(err error) {
	line, detail := 1, strings.TrimPrefix(err.Error(), "yaml: ")
	if number, rest, ok := strings.Cut(strings.TrimPrefix(detail, "line "), ": "); ok {
		if n, err := strconv.Atoi(number); err == nil {
			line, detail = n, rest
		}
	}
	r.faults = append(r.faults, fault{line, "", "not YAML: " + detail})
}

func (r *yamlReader) value(n *yaml.Node, pointer string) any {
	r.lines[pointer] = n.Line
	switch n.Kind {
	case yaml.MappingNode:
		return r.mapping(n, pointer)
	case yaml.SequenceNode:
		list := make([]any, len(n.Content))
		for i, item := range n.Content {
			list[i] = r.value(item, pointer+"/"+strconv.Itoa(i))
		}
		return list
	case yaml.ScalarNode:
		return r.scalar(n, pointer)
	}
	r.fault(pointer, "aliases are not supported: write the value out")
	return nil
}

func (r *yamlReader) mapping(n *yaml.Node, pointer string) any {
	object := make(map[string]any, len(n.Content)/2)
	for i := 0; i < len(n.Content); i += 2 {
		key, at := n.Content[i], pointer+schemas.Pointer(n.Content[i].Value)
		switch _, twice := object[key.Value]; {
		case key.Kind != yaml.ScalarNode:
			r.faults = append(r.faults, fault{key.Line, dotted(pointer), "has a key that is not text"})
			continue
		case twice:
			r.faults = append(r.faults, fault{key.Line, dotted(at), "stands here twice"})
			continue
		}
		object[key.Value] = r.value(n.Content[i+1], at)
		r.lines[at] = key.Line
	}
	return object
}

func (r *yamlReader) scalar(n *yaml.Node, pointer string) any {
	switch n.ShortTag() {
	case "!!int", "!!float", "!!bool", "!!null":
		var v any
		if err := n.Decode(&v); err != nil {
			r.fault(pointer, "is not a value of its kind")
			return nil
		}
		if _, err := json.Marshal(v); err != nil {
			r.fault(pointer, "is not a number that JSON has")
			return nil
		}
		return v
	}
	text, err := r.resolve(n.Value)
	if err != nil {
		r.fault(pointer, err.Error())
	}
	return text
}

// resolve returns what a reference refers to, and other text as it is.
func (r *yamlReader) resolve(text string) (string, error) {
	if name, ok := strings.CutPrefix(text, "env:"); ok {
		value := r.env(name)
		if value == "" {
			return "", fmt.Errorf("the environment variable %s is not set", name)
		}
		return value, nil
	}
	path, ok := strings.CutPrefix(text, "file:")
	if !ok {
		return text, nil
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(filepath.Dir(r.file), path)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	return strings.TrimRight(string(raw), "\r\n"), nil
}
