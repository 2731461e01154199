package console

import (
	"context"
	"encoding/json"
	"net/url"
	"strings"
	"time"

	"github.com/okta-connector/okta-connector/runtime"
	"github.com/okta-connector/okta-connector/schemas"
)

// previewTimeout bounds the reads that a question waits for: without their answers it is asked all the same.
const previewTimeout = 10 * time.Second

// preview is what a call would send and change, as a page shows it.
type preview struct {
	Requests []previewRequest
	Changes  []previewChange
	Current  node // what is there now
}

type previewRequest struct {
	Line string // "POST /api/v1/users?activate=true"
	Body codeBlock
	Note string
}

type previewChange struct{ Where, From, To string }

func (c *console) preview(ctx context.Context, prepared *runtime.Prepared) (*preview, *problem) {
	ctx, cancel := context.WithTimeout(ctx, previewTimeout)
	defer cancel()
	found, err := c.engine.Preview(ctx, prepared)
	if err != nil {
		return nil, problemOf(err)
	}
	p := &preview{}
	for i, request := range found.Requests {
		shown := previewRequest{Line: requestLine(request), Note: request.Note}
		if request.Body != nil {
			text, _ := indented(marshal(request.Body))
			shown.Body = codeBlock{ID: "body-" + plain(i+1), Label: "The body of request " + plain(i+1), Text: text}
		}
		p.Requests = append(p.Requests, shown)
	}
	for _, change := range found.Changes {
		p.Changes = append(p.Changes, previewChange{
			Where: where(change.Pointer), From: valueText(change.From), To: valueText(change.To),
		})
	}
	if found.Current != nil {
		p.Current = treeOf(marshal(found.Current))
	}
	return p, nil
}

func requestLine(r runtime.PreviewRequest) string {
	query := url.Values{}
	for name, value := range r.Query {
		var several []string
		if raw := marshal(value); json.Unmarshal(raw, &several) != nil {
			several = []string{textOf(raw)}
		}
		query[name] = several
	}
	line := r.Method + " " + r.Path
	if len(query) > 0 {
		line += "?" + query.Encode()
	}
	return line
}

// where says a JSON pointer as a person would: "profile, mobilePhone".
func where(pointer string) string {
	if pointer == "" {
		return "All of it"
	}
	return strings.Join(schemas.Tokens(pointer), ", ")
}

// valueText is a value in one line; an object by what it calls itself.
func valueText(v any) string {
	if v == nil {
		return "nothing"
	}
	raw := marshal(v)
	if tree := treeOf(raw); tree.Kind == "object" {
		return tree.Summary
	}
	return textOf(raw)
}
