package runtime

import (
	"encoding/json"
	"maps"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/okta-connector/okta-connector/connections/okta"
	"github.com/okta-connector/okta-connector/runtime/connector"
)

// Meta is what an answer tells besides its data.
type Meta struct {
	Requests       int   // to Okta, retries included
	WaitedMs       int64 // for rate limits, and between retries
	OktaRequestIDs []string
	Warnings       []connector.Warning // what worked only in part
	More           map[string]any      // what the action adds; nil for most
}

func metaOf(result connector.Result, stats *okta.Stats) Meta {
	return Meta{
		Requests: stats.Requests(), WaitedMs: stats.Waited().Milliseconds(), OktaRequestIDs: stats.RequestIDs(),
		Warnings: result.Warnings, More: result.Meta,
	}
}

// MarshalJSON writes {"requests","waitedMs","oktaRequestIds"}, "warnings" where there are any, and what the action
// adds. Every answer has one, so that the usual one is written by hand.
func (m Meta) MarshalJSON() ([]byte, error) {
	if len(m.Warnings) == 0 && len(m.More) == 0 {
		return m.appendUsual(make([]byte, 0, 128)), nil
	}
	all := map[string]any{"requests": m.Requests, "waitedMs": m.WaitedMs, "oktaRequestIds": m.OktaRequestIDs}
	maps.Copy(all, m.More)
	if len(m.Warnings) > 0 {
		all["warnings"] = m.Warnings
	}
	return json.Marshal(all)
}

func (m Meta) appendUsual(dst []byte) []byte {
	dst = strconv.AppendInt(append(dst, `{"requests":`...), int64(m.Requests), 10)
	dst = strconv.AppendInt(append(dst, `,"waitedMs":`...), m.WaitedMs, 10)
	dst = append(dst, `,"oktaRequestIds":[`...)
	for i, id := range m.OktaRequestIDs {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst, _ = jsontext.AppendQuote(dst, id) // its error is about invalid UTF-8, which it has replaced
	}
	return append(dst, ']', '}')
}
