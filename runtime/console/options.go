package console

import (
	"encoding/json"
	"net/http"

	"github.com/okta-connector/okta-connector/runtime"
	"github.com/okta-connector/okta-connector/runtime/connector"
)

// choices is what a picker's script reads.
type choices struct {
	Items      []connector.Option `json:"items"`
	NextCursor string             `json:"nextCursor,omitempty"`
	Problem    string             `json:"problem,omitempty"` // for the person, instead of choices
}

func (c *console) options(w http.ResponseWriter, r *http.Request) {
	c.choose(w, r, r.PostFormValue("connection"))
}

// choose searches a connection's org. It is a POST: what a person types into a picker belongs in no address.
func (c *console) choose(w http.ResponseWriter, r *http.Request, connection string) {
	source := c.index.DataSource(r.PathValue("source"))
	if source == nil {
		http.Error(w, "there is no such data source", http.StatusNotFound)
		return
	}
	given := make(map[string]string)
	for _, f := range source.Input.Fields() {
		if value := r.PostFormValue("in." + f.Name); value != "" {
			given[f.Name] = value
		}
	}
	found, err := c.engine.Options(r.Context(), source.Key, runtime.ConnectionRef{Name: connection}, marshal(given),
		connector.Search{Query: r.PostFormValue("query"), Cursor: r.PostFormValue("cursor")})
	answer := choices{Items: found.Items, NextCursor: found.NextCursor}
	if err != nil {
		answer.Problem = c.pickerProblem(source, err)
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(answer) // the browser has gone if this fails
}

// pickerProblem says what a picker lacks: the field it depends on, or what the org said.
func (c *console) pickerProblem(source *connector.DataSource, err error) string {
	invalid, problem := fieldErrors(err)
	if problem != nil {
		return problem.Detail
	}
	for _, f := range source.Input.Fields() {
		for _, e := range invalid {
			if e.Pointer == "/inputs/"+f.Name {
				return f.Title + " comes first."
			}
		}
	}
	return sentence(invalid[0].Detail)
}
