package actions_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/okta-connector/okta-connector/actions"
	"github.com/okta-connector/okta-connector/runtime/connector"
	"github.com/okta-connector/okta-connector/schemas"
)

// TestBind_HostileSizes: what a body can hold is checked in a time that grows with its length; in one that grew with
// the square of it these would take minutes. At most a hundred mistakes are told.
func TestBind_HostileSizes(t *testing.T) {
	t.Parallel()
	const many = 50_000
	list := func(form string) string {
		items := make([]string, many)
		for i := range items {
			items[i] = fmt.Sprintf(form, i)
		}
		return strings.Join(items, ",")
	}
	for name, tc := range map[string]struct {
		action *connector.Action
		inputs string
		errors int
	}{
		"event types": {
			actions.CreateEventHook, `{"eventHookName":"a","eventHookUrl":"https://a.example","eventHookItems":[` + list(`"%d"`) +
				`],"eventHookFilter":[` + list(`{"event":"x%d","condition":{"expression":"true"}}`) + `]}`, 1,
		},
		"conditions": {
			actions.CreateEventHook, `{"eventHookName":"a","eventHookUrl":"https://a.example","eventHookItems":["a"],` +
				`"eventHookFilter":[` + list(`{"event":"x%d","condition":{"expression":"true"}}`) + `]}`, 100,
		},
		"headers": {
			actions.RawRequest, `{"url":"/x","method":"GET","headers":{` + list(`"a b %d":"c"`) + `}}`, 100,
		},
		"file names": {
			actions.RawRequest, `{"url":"/x","method":"POST","fileData":{` + list(`"a%d":"c"`) + `},"fileDataFileNames":{` +
				list(`"b%d":"c"`) + `}}`, 100,
		},
		"escapes": {actions.RawRequest, `{"url":"/%` + strings.Repeat("25", many) + `2e","method":"GET"}`, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := tc.action.Bind(json.RawMessage(tc.inputs))
			var invalid schemas.Invalid
			require.ErrorAs(t, err, &invalid)
			require.Len(t, invalid, tc.errors)
		})
	}
}
