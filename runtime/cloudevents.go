package runtime

import (
	"encoding/json"
	"time"

	"github.com/okta-connector/okta-connector/runtime/connector"
)

// BatchContentType is the media type of a delivery: the JSON batch format of CloudEvents 1.0.
const BatchContentType = "application/cloudevents-batch+json"

// AppendCloudEvent appends event, of the org with the given host, in the JSON format of CloudEvents 1.0: specversion,
// id, source (https://{org}), type, time (RFC 3339), subject, datacontenttype and data. Data goes in byte for byte.
func AppendCloudEvent(dst []byte, org string, e connector.Event) []byte {
	dst = append(dst, `{"specversion":"1.0","id":`...)
	dst = appendString(dst, e.ID)
	dst = append(dst, `,"source":`...)
	dst = appendString(dst, "https://"+org)
	dst = append(dst, `,"type":`...)
	dst = appendString(dst, e.Type)
	dst = append(dst, `,"time":"`...)
	dst = e.Time.UTC().AppendFormat(dst, time.RFC3339Nano)
	dst = append(dst, '"')
	if e.Subject != "" {
		dst = append(dst, `,"subject":`...)
		dst = appendString(dst, e.Subject)
	}
	dst = append(dst, `,"datacontenttype":"application/json","data":`...)
	if len(e.Data) == 0 {
		dst = append(dst, "null"...)
	}
	dst = append(dst, e.Data...)
	return append(dst, '}')
}

// eventOverhead is what an event has around its data, and a little more: a batch that grew would be copied.
const eventOverhead = 512

func cloudEventBatch(org string, events []connector.Event) []byte {
	size := 2
	for _, e := range events {
		size += len(e.Data) + eventOverhead
	}
	body := append(make([]byte, 0, size), '[')
	for i, e := range events {
		if i > 0 {
			body = append(body, ',')
		}
		body = AppendCloudEvent(body, org, e)
	}
	return append(body, ']')
}

func appendString(dst []byte, s string) []byte {
	b, _ := json.Marshal(s) // a string always marshals
	return append(dst, b...)
}
