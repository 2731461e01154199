package store

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// KeySize is the length of a sealing key in bytes: AES-256.
const KeySize = 32

const (
	sealVersion = 1
	keyIDSize   = 4
	sealHeader  = 1 + keyIDSize
)

// ErrUnsealable is returned for a sealed value that none of the keys opens, or that was sealed for another place.
var ErrUnsealable = errors.New("sealed value cannot be opened with the present keys")

// A Sealer encrypts what must not be readable in the database file or its backups: AES-256-GCM with a random nonce.
// A sealed value is a version byte, the first four bytes of the key's SHA-256, the nonce, and the ciphertext with its
// tag. It is safe for concurrent use. One key seals at most 2^32 values (NIST SP 800-38D); rotate it before.
type Sealer struct {
	keys []sealKey // the first seals, all open
}

type sealKey struct {
	id   [keyIDSize]byte
	aead cipher.AEAD
}

// NewSealer makes a Sealer whose first key seals and whose every key opens. It refuses an empty list and keys that are
// not [KeySize] bytes.
func NewSealer(keys ...[]byte) (*Sealer, error) {
	if len(keys) == 0 {
		return nil, errors.New("store: a sealing key is required")
	}
	s := &Sealer{}
	for i, key := range keys {
		if len(key) != KeySize {
			return nil, fmt.Errorf("store: sealing key %d has %d bytes, want %d", i+1, len(key), KeySize)
		}
		block, err := aes.NewCipher(key)
		if err != nil {
			return nil, fmt.Errorf("store: sealing key %d: %w", i+1, err)
		}
		aead, err := cipher.NewGCMWithRandomNonce(block)
		if err != nil {
			return nil, fmt.Errorf("store: sealing key %d: %w", i+1, err)
		}
		sum := sha256.Sum256(key)
		s.keys = append(s.keys, sealKey{id: [keyIDSize]byte(sum[:keyIDSize]), aead: aead})
	}
	return s, nil
}

// ParseKeys reads sealing keys from a setting: one or more, separated by commas, each 32 bytes in base64 (standard or
// URL alphabet, padded or not) or in hexadecimal. Its errors do not repeat the setting.
func ParseKeys(setting string) ([][]byte, error) {
	var keys [][]byte
	for part := range strings.SplitSeq(setting, ",") {
		key, ok := parseKey(strings.TrimSpace(part))
		if !ok {
			return nil, fmt.Errorf("sealing key %d is not %d bytes in base64 or hexadecimal; "+
				"`openssl rand -base64 %[2]d` makes one", len(keys)+1, KeySize)
		}
		if slices.ContainsFunc(keys, func(k []byte) bool { return string(k) == string(key) }) {
			return nil, fmt.Errorf("sealing key %d is given twice", len(keys)+1)
		}
		keys = append(keys, key)
	}
	return keys, nil
}

func parseKey(text string) ([]byte, bool) {
	if key, err := hex.DecodeString(text); err == nil && len(key) == KeySize {
		return key, true
	}
	text = strings.TrimRight(text, "=")
	for _, encoding := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		if key, err := encoding.DecodeString(text); err == nil && len(key) == KeySize {
			return key, true
		}
	}
	return nil, false
}

// Seal encrypts plain for one place. The place is authenticated, not stored: a value copied to another row or column
// does not open there. A nil plain stays nil, so that "nothing stored" needs no decryption.
func (s *Sealer) Seal(place string, plain []byte) []byte {
	if plain == nil {
		return nil
	}
	key := &s.keys[0]
	out := make([]byte, 0, sealHeader+len(plain)+key.aead.Overhead())
	out = append(out, sealVersion)
	out = append(out, key.id[:]...)
	return key.aead.Seal(out, nil, plain, []byte(place)) //nolint:gosec // no nonce is given: it makes a random one
}

// Open decrypts what Seal made for the same place. It returns nil for nil, and [ErrUnsealable], naming the place, when
// no key fits or the value was altered.
func (s *Sealer) Open(place string, sealed []byte) ([]byte, error) {
	if sealed == nil {
		return nil, nil
	}
	if len(sealed) < sealHeader || sealed[0] != sealVersion {
		return nil, fmt.Errorf("%s: %w", place, ErrUnsealable)
	}
	for i := range s.keys {
		key := &s.keys[i]
		if string(key.id[:]) != string(sealed[1:sealHeader]) {
			continue
		}
		plain, err := key.aead.Open(make([]byte, 0, len(sealed)), nil, sealed[sealHeader:], []byte(place))
		if err == nil {
			return plain, nil
		}
	}
	return nil, fmt.Errorf("%s: %w", place, ErrUnsealable)
}

// place names a sealed value for [Sealer.Seal]: its table and column, and the primary key of its row, whose parts are
// strings or int64s.
func place(column string, key ...any) string {
	text := []byte(column)
	for _, part := range key {
		text = append(text, ' ')
		switch part := part.(type) {
		case int64:
			text = strconv.AppendInt(text, part, 10)
		case string:
			text = strconv.AppendQuote(text, part)
		default:
			panic(fmt.Sprintf("store: place of %s with a key of type %T", column, part))
		}
	}
	return string(text)
}

// header is what every value sealed with the first key begins with.
func (s *Sealer) header() []byte {
	return append([]byte{sealVersion}, s.keys[0].id[:]...)
}
