package store

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	goruntime "runtime"
	"strings"
)

// LoadOrCreateKeyFile reads the sealing keys of a file in the form of [ParseKeys], a new line being as good as a comma.
// When there is no such file it makes one with a fresh key and mode 0600, in a folder made with mode 0700; of several
// processes that start at once one makes it and all read the same. A file that group or others may read is refused.
func LoadOrCreateKeyFile(path string) ([][]byte, error) {
	keys, err := loadKeyFile(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return keys, err
	}
	if err := createKeyFile(path); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("create key file: %w", err)
	}
	return loadKeyFile(path)
}

func loadKeyFile(path string) ([][]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("key file: %w", err)
	}
	if goruntime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("key file %s may be read by others (mode %04o); run: chmod 600 %[1]s",
			path, info.Mode().Perm())
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("key file: %w", err)
	}
	keys, err := ParseKeys(strings.ReplaceAll(strings.TrimSpace(string(text)), "\n", ","))
	if err != nil {
		return nil, fmt.Errorf("key file %s: %w", path, err)
	}
	return keys, nil
}

// PrependKey puts a fresh key before the others of a key file: what is sealed from then on is sealed with it, and what
// the others sealed can still be opened.
func PrependKey(path string) error {
	keys, err := loadKeyFile(path)
	if err != nil {
		return err
	}
	return replaceKeyFile(path, append([][]byte{freshKey()}, keys...))
}

// KeepFirstKey drops all keys of a key file but the first, once [Store.Rotate] has sealed everything with that one.
func KeepFirstKey(path string) error {
	keys, err := loadKeyFile(path)
	if err != nil {
		return err
	}
	return replaceKeyFile(path, keys[:1])
}

func freshKey() []byte {
	key := make([]byte, KeySize)
	rand.Read(key) // never fails
	return key
}

// createKeyFile links a file that is complete into place, which fails when there is one already: of several processes
// one wins, and nobody ever reads half a key.
func createKeyFile(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	temporary, err := writeKeys(filepath.Dir(path), [][]byte{freshKey()})
	if err != nil {
		return err
	}
	defer os.Remove(temporary)
	return os.Link(temporary, path)
}

// replaceKeyFile replaces the file in one step: at no moment is there half a file, or none.
func replaceKeyFile(path string, keys [][]byte) error {
	temporary, err := writeKeys(filepath.Dir(path), keys)
	if err == nil {
		err = os.Rename(temporary, path)
	}
	if err != nil {
		return fmt.Errorf("replace key file: %w", err)
	}
	return nil
}

// writeKeys makes a temporary file, with mode 0600, of one key a line.
func writeKeys(dir string, keys [][]byte) (name string, err error) {
	file, err := os.CreateTemp(dir, ".key-*")
	if err != nil {
		return "", err
	}
	for _, key := range keys {
		_, writeErr := fmt.Fprintln(file, base64.StdEncoding.EncodeToString(key))
		err = errors.Join(err, writeErr)
	}
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return "", errors.Join(err, os.Remove(file.Name()))
	}
	return file.Name(), nil
}
