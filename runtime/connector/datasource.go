package connector

import (
	"context"
	"encoding/json"

	"github.com/okta-connector/okta-connector/connections/okta"
	"github.com/okta-connector/okta-connector/schemas"
)

// DataSourceInfo is what engines read about a data source.
type DataSourceInfo struct {
	Key         string
	Label       string
	Description string
}

// Option is one choice of a picker: the value that goes into the input, and what a person reads.
type Option struct {
	Key   string `json:"key"`
	Label string `json:"label"`
}

// Options is one page of choices.
type Options struct {
	Items      []Option
	NextCursor string // opaque; "" on the last page
}

// Search is what a person typed into a picker, and where the next page begins.
type Search struct {
	Query  string // "" offers the first ones
	Cursor string
}

// DataSource offers the values that an input can take in this org, such as its users. The search runs on Okta.
type DataSource struct {
	DataSourceInfo
	Input *schemas.Schema
	bind  func(json.RawMessage) (Lookup, error)
}

// Lookup is a data source with checked inputs.
type Lookup func(context.Context, *okta.Client, Search) (Options, error)

// NewDataSource declares a data source. In holds what the choice depends on, such as the user whose factors to list.
func NewDataSource[In any](
	info DataSourceInfo, search func(context.Context, *okta.Client, In, Search) (Options, error),
) *DataSource {
	mustKey("data source", info.Key, info.Label, info.Description)
	d := &DataSource{DataSourceInfo: info, Input: schemas.For[In]()}
	d.bind = func(inputs json.RawMessage) (Lookup, error) {
		in, err := bind[In](d.Input, inputs)
		if err != nil {
			return nil, err
		}
		return func(ctx context.Context, c *okta.Client, s Search) (Options, error) { return search(ctx, c, in, s) }, nil
	}
	return d
}

// Bind checks inputs and returns the look-up they make. The error is a [schemas.Invalid].
func (d *DataSource) Bind(inputs json.RawMessage) (Lookup, error) { return d.bind(inputs) }

// MarshalJSON writes the data source's entry of the manifest.
func (d *DataSource) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Key         string          `json:"key"`
		Label       string          `json:"label"`
		Description string          `json:"description"`
		InputSchema json.RawMessage `json:"inputSchema"`
	}{d.Key, d.Label, d.Description, d.Input.JSON()})
}
