package store

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// PrependKey puts a fresh key before the others of a key file: what is sealed from then on is sealed with it, and what
// the others sealed can still be opened.
func PrependKey(path string) error {
	key := make([]byte, KeySize)
	rand.Read(key) // never fails
	return rewriteKeys(path, func(lines []string) []string {
		return append([]string{base64.StdEncoding.EncodeToString(key)}, lines...)
	})
}

// KeepFirstKey drops all keys of a key file but the first, once [Store.Rotate] has sealed everything with that one.
func KeepFirstKey(path string) error {
	return rewriteKeys(path, func(lines []string) []string { return lines[:1] })
}

// rewriteKeys replaces the file in one step: at no moment is there half a file, or none.
func rewriteKeys(path string, change func([]string) []string) error {
	if _, err := loadKeyFile(path); err != nil {
		return err
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("key file: %w", err)
	}
	keys := strings.FieldsFunc(string(text), func(r rune) bool { return r == '\n' || r == ',' || r == '\r' || r == ' ' })
	file, err := os.CreateTemp(filepath.Dir(path), ".key-*") // made with mode 0600
	if err != nil {
		return fmt.Errorf("key file: %w", err)
	}
	defer os.Remove(file.Name())
	_, err = fmt.Fprintln(file, strings.Join(change(keys), "\n"))
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		return fmt.Errorf("key file: %w", err)
	}
	if err := os.Rename(file.Name(), path); err != nil {
		return fmt.Errorf("key file: %w", err)
	}
	return nil
}
