package sandbox

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestExpression_Matches(t *testing.T) {
	t.Parallel()
	attributes := map[string]any{
		"status": "ACTIVE", "name": "Ada Lovelace", "created": stamp{time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)},
		"never": stamp{}, "badge": json.Number("42"), "remote": true, "skills": []any{"go", "sql"}, "none": []any{},
	}
	for text, want := range map[string]bool{
		`status eq "ACTIVE"`:                     true,
		`status eq "active"`:                     true,
		`status EQ "ACTIVE"`:                     true,
		`status ne "ACTIVE"`:                     false,
		`status lt "STAGED"`:                     true,
		`status gt "STAGED"`:                     false,
		`name sw "ada"`:                          true,
		`name sw "lovelace"`:                     false,
		`name ew "LACE"`:                         true,
		`name co "a L"`:                          true,
		`name pr`:                                true,
		`missing pr`:                             false,
		`missing eq "x"`:                         false,
		`missing eq null`:                        true,
		`missing ne "x"`:                         true,
		`name eq null`:                           false,
		`created gt "2026-03-01"`:                true,
		`created ge "2026-03-01T12:00Z"`:         false, // not a date, and greater as text
		`created eq "2026-03-01T12:00:00.000Z"`:  true,
		`created eq "2026-03-01T13:00:00+01:00"`: true,
		`created lt "2026-03-01T12:00:00.001Z"`:  true,
		`created le "2026-03-01T11:59:59.000Z"`:  false,
		`created pr`:                             true,
		`never pr`:                               false,
		`never gt "2000-01-01T00:00:00Z"`:        false,
		`badge eq 42`:                            true,
		`badge gt 41.5`:                          true,
		`badge le 41`:                            false,
		`badge eq "42"`:                          false,
		`remote eq true`:                         true,
		`remote eq false`:                        false,
		`skills eq "GO"`:                         true,
		`skills eq "rust"`:                       false,
		`skills pr`:                              true,
		`none pr`:                                false,
		`not (status eq "ACTIVE")`:               false,
		`status eq "ACTIVE" and badge eq 41`:     false,
		`status eq "STAGED" or badge eq 42 and remote eq true`:           true,
		`(status eq "STAGED" or badge eq 42) and remote eq false`:        false,
		`name eq "Ada \"Lovelace\""`:                                     false,
		`((((status eq "ACTIVE"))))`:                                     true,
		`status eq "ACTIVE" AND (name sw "Bob" OR name sw "Ada")`:        true,
		`status eq "ACTIVE"and(name sw "Ada")`:                           true,
		`created gt "2026-02-01T00:00:00Z" and created lt "2026-04-01"`:  true,
		`(status lt "ACTIVE" or status gt "ACTIVE") or skills eq "sql"`:  true,
		`status eq "ACTIVE" and not (remote eq true and skills eq "go")`: false,
	} {
		e, err := parseExpression(text)
		require.NoError(t, err, text)
		require.Equal(t, want, e.matches(func(name string) any { return attributes[name] }, false), text)
	}
}

func TestExpression_ExactMinds(t *testing.T) {
	t.Parallel()
	e, err := parseExpression(`status eq "active"`)
	require.NoError(t, err)
	require.False(t, e.matches(func(string) any { return "ACTIVE" }, true))
}

func TestParseExpression_Malformed(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		``, `status`, `status eq`, `status eq ACTIVE`, `status is "ACTIVE"`, `status eq "ACTIVE`, `(status pr`, `status pr)`,
		`status pr and`, `and status pr`, `"status" eq "x"`, `status eq "a" "b"`, `status pr status pr`, `()`, `not`,
		strings.Repeat("(", 100) + `status pr` + strings.Repeat(")", 100),
	} {
		_, err := parseExpression(text)
		require.Error(t, err, text)
	}
}

func TestAt_LooksThroughArrays(t *testing.T) {
	t.Parallel()
	var event map[string]any
	text := `{"actor":{"id":"1"},"target":[{"id":"2"},{"type":"User"},{"id":"3"}]}`
	require.NoError(t, json.Unmarshal([]byte(text), &event))
	require.Equal(t, "1", at(event, "actor.id"))
	require.Equal(t, []any{"2", "3"}, at(event, "target.id"))
	require.Nil(t, at(event, "actor.id.more"))
	require.Nil(t, at(event, "client.ipAddress"))
}

func FuzzParseExpression(f *testing.F) {
	f.Add(`status eq "ACTIVE" and (profile.skills eq "go" or not (created gt "2026-01-01T00:00:00Z"))`)
	f.Add(`a sw "\u00e9\\" or b pr`)
	f.Fuzz(func(_ *testing.T, text string) {
		e, err := parseExpression(text)
		if err == nil {
			e.matches(func(string) any { return "x" }, false)
		}
	})
}
