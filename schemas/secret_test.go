package schemas_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/okta-connector/okta-connector/schemas"
)

type credentials struct {
	Name  string            `json:"name"`
	Token schemas.Secret    `json:"token"`
	Hash  schemas.Object    `json:"hash" secret:"true"`
	Rows  schemas.KeyValues `json:"rows" secret:"true"`
}

func TestSecret_ShowsItselfOnlyToReveal(t *testing.T) {
	t.Parallel()
	in := credentials{
		Token: "CANARY",
		Hash:  schemas.Object{"value": json.RawMessage(`"CANARY"`)},
		Rows:  schemas.KeyValues{{"Authorization", "CANARY"}},
	}
	require.Equal(t, "CANARY", in.Token.Reveal())
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%10.3s", "%T %[1]v"} {
		for _, value := range []any{in.Token, &in.Token, in, &in, []any{in}, map[string]any{"a": in}} {
			require.NotContains(t, fmt.Sprintf(verb, value), "CANARY", verb)
			require.NotContains(t, fmt.Sprintf(verb, value), fmt.Sprintf("%x", "CANARY"), verb)
		}
	}
	require.Equal(t, "[redacted] [redacted] [redacted]", fmt.Sprintf("%s %v %x", in.Token, in.Token, in.Token))
	require.Equal(t, "[redacted]", in.Token.String())
	require.Equal(t, "[redacted]", in.Token.GoString())
	require.NotContains(t, fmt.Sprint(fmt.Errorf("sign in with %v: %w", in, fmt.Errorf("%v", in.Token))), "CANARY")

	var log bytes.Buffer
	for _, handler := range []slog.Handler{slog.NewTextHandler(&log, nil), slog.NewJSONHandler(&log, nil)} {
		slog.New(handler).Info("connect", "token", in.Token, "pointer", &in.Token, "hash", in.Hash, "rows", in.Rows,
			"group", slog.GroupValue(slog.Any("token", in.Token)))
	}
	require.Contains(t, log.String(), "[redacted]")
	require.NotContains(t, log.String(), "CANARY")

	raw, err := json.Marshal(credentials{Token: "CANARY"})
	require.NoError(t, err)
	require.JSONEq(t, `{"name":"","token":"[redacted]","hash":null,"rows":null}`, string(raw))
	raw, err = yaml.Marshal(map[string]any{"token": in.Token})
	require.NoError(t, err)
	require.Equal(t, "token: '[redacted]'\n", string(raw))
}

func TestSecrets(t *testing.T) {
	t.Parallel()
	require.Equal(t, []string{"token", "hash", "rows"}, schemas.For[credentials]().Secrets())
	require.Empty(t, schemas.For[listing]().Secrets())
}

func TestRedact(t *testing.T) {
	t.Parallel()
	s := schemas.For[credentials]()
	for inputs, want := range map[string]string{
		`{"token":"CANARY","name":"n","hash":{"a":"CANARY"}}`: `{"token":{"set":true},"name":"n","hash":{"set":true}}`,
		`{"token":null,"hash":""}`:                            `{"token":null,"hash":""}`,
		`{"tokn":"CANARY", "a\"b":null}`:                      `{"tokn":{"set":true},"a\"b":null}`,
		`{"name": {"a": 1}}`:                                  `{"name":{"a": 1}}`,
		``:                                                    `{}`,
		`null`:                                                `{}`,
		`"CANARY"`:                                            `{}`,
		`{"name":"CANARY`:                                     `{}`,
	} {
		require.Equal(t, want, string(s.Redact(json.RawMessage(inputs))), inputs)
	}
}
