package store_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/okta-connector/okta-connector/runtime/store"
	"github.com/okta-connector/okta-connector/runtime/store/storetest"
)

func TestSealer_OpensOnlyInItsPlace(t *testing.T) {
	t.Parallel()
	sealer := storetest.Sealer(t)
	sealed := sealer.Seal("connections.inputs prod", []byte("secret"))
	plain, err := sealer.Open("connections.inputs prod", sealed)
	require.NoError(t, err)
	require.Equal(t, []byte("secret"), plain)
	_, err = sealer.Open("connections.inputs test", sealed)
	require.ErrorIs(t, err, store.ErrUnsealable)
	require.ErrorContains(t, err, "connections.inputs test")
	require.NotEqual(t, sealed, sealer.Seal("connections.inputs prod", []byte("secret")), "nonces differ")
	require.False(t, bytes.Contains(sealed, []byte("secret")))
}

func TestSealer_EmptyIsNotNil(t *testing.T) {
	t.Parallel()
	sealer := storetest.Sealer(t)
	require.Nil(t, sealer.Seal("x", nil))
	none, err := sealer.Open("x", nil)
	require.NoError(t, err)
	require.Nil(t, none)
	empty, err := sealer.Open("x", sealer.Seal("x", []byte{}))
	require.NoError(t, err)
	require.NotNil(t, empty)
	require.Empty(t, empty)
}

func TestSealer_RefusesWhatWasAltered(t *testing.T) {
	t.Parallel()
	sealer := storetest.Sealer(t)
	sealed := sealer.Seal("x", []byte("secret"))
	for i := range sealed {
		altered := bytes.Clone(sealed)
		altered[i] ^= 1
		_, err := sealer.Open("x", altered)
		require.ErrorIs(t, err, store.ErrUnsealable, "byte %d", i)
	}
	for n := range sealed {
		_, err := sealer.Open("x", sealed[:n:n])
		require.ErrorIs(t, err, store.ErrUnsealable, "%d bytes", n)
	}
}

func TestSealer_SeveralKeysOpenTheFirstSeals(t *testing.T) {
	t.Parallel()
	sealed := storetest.Sealer(t, "old").Seal("x", []byte("secret"))
	both := storetest.Sealer(t, "new", "old")
	plain, err := both.Open("x", sealed)
	require.NoError(t, err)
	require.Equal(t, []byte("secret"), plain)
	_, err = storetest.Sealer(t, "old").Open("x", both.Seal("x", []byte("secret")))
	require.ErrorIs(t, err, store.ErrUnsealable)
}

func TestNewSealer_RefusesBadKeys(t *testing.T) {
	t.Parallel()
	_, err := store.NewSealer()
	require.ErrorContains(t, err, "required")
	_, err = store.NewSealer(make([]byte, 32), make([]byte, 16))
	require.ErrorContains(t, err, "key 2 has 16 bytes")
}

func TestParseKeys(t *testing.T) {
	t.Parallel()
	one, two := bytes.Repeat([]byte{0xfb}, 32), bytes.Repeat([]byte{0x0f}, 32)
	for setting, want := range map[string][][]byte{
		base64.StdEncoding.EncodeToString(one):                                         {one},
		base64.RawStdEncoding.EncodeToString(one):                                      {one},
		base64.URLEncoding.EncodeToString(one):                                         {one},
		base64.RawURLEncoding.EncodeToString(one):                                      {one},
		strings.ToUpper(hex.EncodeToString(one)):                                       {one},
		" " + hex.EncodeToString(one) + " , " + base64.StdEncoding.EncodeToString(two): {one, two},
	} {
		keys, err := store.ParseKeys(setting)
		require.NoError(t, err, setting)
		require.Equal(t, want, keys)
	}
	for _, setting := range []string{
		"", ",", "hunter2hunter2hunter2hunter2hunter2", hex.EncodeToString(one[:31]), hex.EncodeToString(one) + ",",
		hex.EncodeToString(one) + "," + base64.StdEncoding.EncodeToString(one), base64.StdEncoding.EncodeToString(one[:16]),
	} {
		_, err := store.ParseKeys(setting)
		require.Error(t, err, setting)
		require.NotContains(t, err.Error(), "hunter2")
	}
}

func BenchmarkSeal(b *testing.B) {
	sealer, plain := storetest.Sealer(b), bytes.Repeat([]byte("x"), 1500)
	b.SetBytes(int64(len(plain)))
	b.ReportAllocs()
	for b.Loop() {
		sealer.Seal("events.data 1 1", plain)
	}
}

func BenchmarkOpen(b *testing.B) {
	sealer, plain := storetest.Sealer(b), bytes.Repeat([]byte("x"), 1500)
	sealed := sealer.Seal("events.data 1 1", plain)
	b.SetBytes(int64(len(plain)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := sealer.Open("events.data 1 1", sealed); err != nil {
			b.Fatal(err)
		}
	}
}
