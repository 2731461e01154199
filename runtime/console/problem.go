package console

import (
	"encoding/json"
	"errors"
	"net/http"

	"github.com/okta-connector/okta-connector/runtime/httpapi"
	"github.com/okta-connector/okta-connector/schemas"
)

// problem is a problem document as a page shows it.
type problem struct {
	Title      string               `json:"title"`
	Status     int                  `json:"status"`
	Detail     string               `json:"detail"`
	Retryable  bool                 `json:"retryable"`
	RetryAfter int                  `json:"retryAfter"`
	Errors     []schemas.FieldError `json:"errors"`
	Okta       *struct {
		ErrorCode    string `json:"errorCode"`
		ErrorSummary string `json:"errorSummary"`
		ErrorID      string `json:"errorId"`
		ErrorCauses  []struct {
			ErrorSummary string `json:"errorSummary"`
		} `json:"errorCauses"`
	} `json:"okta"`
}

// problemOf words err as the API does.
func problemOf(err error) *problem {
	_, raw := httpapi.Document(err)
	p := new(problem)
	_ = json.Unmarshal(raw, p) // written a line above
	p.Detail = sentence(p.Detail)
	if title := problemTitles[p.Status]; title != "" {
		p.Title = title
	}
	return p
}

// problemTitles say what HTTP's own titles do not.
var problemTitles = map[int]string{
	http.StatusForbidden:       "Not allowed",
	http.StatusNotFound:        "Not found",
	http.StatusConflict:        "Not possible now",
	http.StatusTooManyRequests: "The org’s rate limit is used up",
	http.StatusBadGateway:      "Okta gave no usable answer",
	http.StatusGatewayTimeout:  "It took too long",
}

// fieldErrors returns what is wrong with the inputs, and whatever else is wrong as a problem.
func fieldErrors(err error) (schemas.Invalid, *problem) {
	var invalid schemas.Invalid
	switch {
	case err == nil:
		return nil, nil
	case errors.As(err, &invalid):
		return invalid, nil
	}
	return nil, problemOf(err)
}

// fail shows an error on a page of its own.
func (c *console) fail(w http.ResponseWriter, r *http.Request, err error) {
	p := problemOf(err)
	if p.Status >= http.StatusInternalServerError {
		c.log.ErrorContext(r.Context(), "page failed", "error", err)
	}
	c.render(w, r, p.Status, "problem", page{Title: p.Title, Data: p})
}

// errorSummary is the list above a form whose inputs were refused.
type errorSummary struct {
	Count  int
	Fields []field
	Others schemas.Invalid // what no field of the form is to blame for
}

// lead puts an error before all others: that of a control which no schema draws.
func (s *errorSummary) lead(id, title, detail string) {
	if detail == "" {
		return
	}
	s.Count++
	s.Fields = append([]field{{ID: id, Field: schemas.Field{Title: title}, Error: detail}}, s.Fields...)
}

// summarize lists the fields with errors and gives the focus to the first.
func summarize(others schemas.Invalid, sections ...[]field) errorSummary {
	s := errorSummary{Others: others, Count: len(others)}
	for _, fields := range sections {
		for i := range fields {
			if fields[i].Error == "" {
				continue
			}
			fields[i].First = len(s.Fields) == 0
			s.Fields = append(s.Fields, fields[i])
			s.Count++
		}
	}
	return s
}
