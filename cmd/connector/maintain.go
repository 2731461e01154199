package main

import (
	"context"
	"fmt"

	"github.com/okta-connector/okta-connector/runtime/store"
)

// backup copies the embedded database to a new file while the server runs.
func backup(ctx context.Context, p *program, args []string) error {
	var s settings
	f := p.newFlags("backup", "FILE")
	s.register(f)
	positional, err := p.parse(f, args)
	if err != nil {
		return err
	}
	file, err := one("backup", "FILE", positional)
	if err != nil {
		return err
	}
	opened, err := p.openStore(ctx, s.database, false)
	if err != nil {
		return &startError{err}
	}
	defer opened.Close()
	if err := opened.Backup(ctx, file); err != nil {
		return err
	}
	fmt.Fprintf(p.stderr, "%s holds a copy of the database. What is sealed stays sealed: keep the key too.\n", file)
	return nil
}

// rotateKey seals everything anew. With CONNECTOR_SECRET_KEY the first of several keys takes the place of the others,
// while all replicas run that have been given them. A key file gets a fresh key; its one server must not be running.
func rotateKey(ctx context.Context, p *program, args []string) error {
	var s settings
	f := p.newFlags("rotate-key", "")
	s.register(f)
	positional, err := p.parse(f, args)
	if err != nil {
		return err
	}
	if len(positional) > 0 {
		return usagef("rotate-key takes no arguments")
	}
	if s.database == "" {
		if s.database, err = p.embedded(); err != nil {
			return &startError{err}
		}
	}
	file := ""
	if p.env("CONNECTOR_SECRET_KEY") == "" {
		if file, err = keyFile(s.database); err != nil {
			return &startError{err}
		}
		if err := p.freshKey(ctx, s.database, file); err != nil {
			return err
		}
	}
	opened, err := p.openStore(ctx, s.database, file != "")
	if err != nil {
		return &startError{err}
	}
	defer opened.Close()
	resealed, err := opened.Rotate(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(p.stderr, "%d values sealed anew\n", resealed)
	if file != "" {
		return store.KeepFirstKey(file)
	}
	return nil
}

// freshKey adds a key to the file once it is sure that no server is running that does not know it.
func (p *program) freshKey(ctx context.Context, database, file string) error {
	opened, err := p.openStore(ctx, database, true)
	if err != nil {
		return &startError{err}
	}
	defer opened.Close()
	return store.PrependKey(file)
}
