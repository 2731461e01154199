package okta

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"
)

// PretendID stands for the id that Okta would give to what a dry run did not create.
const PretendID = "new-id"

// A DryRun is what a client made by [Client.DryRun] was asked for. It is safe for concurrent use.
type DryRun struct {
	mu    sync.Mutex
	steps []DryStep
}

// A DryStep is one request of a dry run: a read that Okta answered, or a write that nobody saw.
type DryStep struct {
	Request *Request
	Answer  *Response // Okta's to a read; made up for a write
}

// Write reports whether the step would have changed something.
func (s DryStep) Write() bool { return !isRead(s.Request.Method) }

// Steps returns what was asked for so far, in order. Reads that failed are left out.
func (d *DryRun) Steps() []DryStep {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]DryStep{}, d.steps...)
}

func (d *DryRun) add(s DryStep) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.steps = append(d.steps, s)
}

// DryRun returns a client of the same org, credential and rate budget that reads but cannot write: a write is
// remembered in place of being sent, and answered as if it had worked, with what it carried and [PretendID] where that
// has no id. The credential's own requests, for a token, are made as ever.
//
// It is another client, not a mark on the context, so that no caller who forgets the context and nobody who shares it
// can write, or be kept from it.
func (c *Client) DryRun() (*Client, *DryRun) {
	dry, run := *c, new(DryRun)
	dry.dry = run
	dry.transport = readOnly{c.transport}
	return &dry, run
}

var errReadOnly = errors.New("a dry run does not write")

// readOnly is the second fence of a dry run: no write passes it, however it got there.
type readOnly struct{ next http.RoundTripper }

// RoundTrip implements [http.RoundTripper].
func (t readOnly) RoundTrip(r *http.Request) (*http.Response, error) {
	if isRead(r.Method) {
		return t.next.RoundTrip(r)
	}
	if r.Body != nil {
		_ = r.Body.Close()
	}
	return nil, errReadOnly
}

// pretend remembers a write, and refuses what [Client.Do] would have refused to send.
func (d *DryRun) pretend(c *Client, r *Request) (*Response, error) {
	if _, err := r.Path.url(c.base, ""); err != nil {
		return nil, fmt.Errorf("okta: %s %s: %w", r.Method, r.Path.Template, err)
	}
	resp := &Response{Status: http.StatusOK, Header: http.Header{}, Body: echo(r.Body)}
	if r.Method == http.MethodDelete {
		resp.Status, resp.Body = http.StatusNoContent, []byte{}
	}
	d.add(DryStep{r, resp})
	return resp, nil
}

// echo is a JSON object with an id: body where that is one.
func echo(body []byte) []byte {
	object := make(map[string]json.RawMessage)
	if json.Unmarshal(bytes.TrimSpace(body), &object) != nil || object == nil {
		return []byte("{}")
	}
	if object["id"] == nil {
		object["id"] = json.RawMessage(`"` + PretendID + `"`)
	}
	raw, err := json.Marshal(object)
	if err != nil {
		return []byte("{}") // its parts came from a parser
	}
	return raw
}
