package connector_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/okta-connector/okta-connector/runtime/connector"
)

func TestMemory_ForgetsWhatWasNotAskedForTheLongest(t *testing.T) {
	t.Parallel()
	m := connector.NewMemory(2)
	made := 0
	ask := func(key string) int {
		return connector.Remember(m, key, func() int { made++; return made })
	}
	require.Equal(t, 1, ask("a"))
	require.Equal(t, 2, ask("b"))
	require.Equal(t, 1, ask("a"))
	require.Equal(t, 3, ask("c"))
	require.Equal(t, 1, ask("a"), "a was asked for after b")
	require.Equal(t, 4, ask("b"), "b was forgotten for c")
}

func TestMemory_KeysOfDifferentTypesNeverMeet(t *testing.T) {
	t.Parallel()
	type governor string
	m := connector.NewMemory(10)
	require.Equal(t, 1, connector.Remember(m, "acme.okta.com", func() int { return 1 }))
	require.Equal(t, "g", connector.Remember(m, governor("acme.okta.com"), func() string { return "g" }))
}

func TestMemory_NilRemembersNothing(t *testing.T) {
	t.Parallel()
	made := 0
	for range 2 {
		connector.Remember(nil, "a", func() int { made++; return made })
	}
	require.Equal(t, 2, made)
}
