package connector

import (
	"context"
	"encoding/json"
	"iter"

	"github.com/okta-connector/okta-connector/connections/okta"
	"github.com/okta-connector/okta-connector/schemas"
)

// ActionInfo is what people and engines read about an action.
type ActionInfo struct {
	Key         string
	Label       string
	Description string
	Group       string          // the resource it belongs to, for lists: "Users", "Event Hooks"
	Output      json.RawMessage // JSON Schema of data; one of the schemas of package schemas, or an array of it
	Example     Example
	Scopes      []string // OAuth scopes of Okta that the call needs, all of them
	Annotations Annotations
	Repeats     Repeats // "": RepeatsReads where Annotations.ReadOnly, otherwise RepeatsNever
}

// Repeats says when the requests of an action are sent again by themselves, after an answer that leaves open whether
// Okta carried them out: a lost one, or a 5xx. What Okta surely did not carry out is always sent again: a rate limit,
// and what never left this machine.
type Repeats string

// The classes of actions.
const (
	RepeatsReads      Repeats = "reads"      // it changes nothing: always
	RepeatsIdempotent Repeats = "idempotent" // always: twice is the same as once
	RepeatsReconciled Repeats = "reconciled" // only after a look at the org; what is found there is the answer
	RepeatsNever      Repeats = "never"      // the caller is told that the outcome is unknown
	RepeatsAsAsked    Repeats = "asked"      // as the inputs say
)

// Annotations say what an action does to the org, in the words of the Model Context Protocol's tool annotations.
type Annotations struct {
	ReadOnly    bool `json:"readOnly"`    // changes nothing
	Destructive bool `json:"destructive"` // takes away something that is hard to bring back
	Idempotent  bool `json:"idempotent"`  // twice is the same as once
}

// Example is one call with realistic values: the inputs, and the data it answers.
type Example struct {
	Inputs json.RawMessage `json:"inputs"`
	Data   json.RawMessage `json:"data"`
}

// Result is what an action answers. Exactly one of Data and Pages is set.
type Result struct {
	Data       any                         // marshals to the answer's data; json.RawMessage goes through untouched
	Pages      iter.Seq2[okta.Page, error] // a Fetch All: data is the items of all pages, read once as they arrive
	NextCursor string                      // for the after input of the next call; "" on the last page
	Warnings   []Warning                   // what worked only in part
	Meta       map[string]any              // more members of the answer's meta (rawRequest: status, headers)
}

// Warning tells of a part that did not work although the call did.
type Warning struct {
	Code   string `json:"code"`
	Detail string `json:"detail"`
}

// A PartialError is a call that failed after a part of it was done for good.
type PartialError struct {
	Done string // a sentence without its full stop: "the user is deactivated by now"
	Err  error
}

func (e *PartialError) Error() string { return e.Err.Error() + "; " + e.Done }
func (e *PartialError) Unwrap() error { return e.Err }

// Action is one step that an engine can run.
type Action struct {
	ActionInfo
	Input *schemas.Schema
	bind  func(json.RawMessage) (Call, error)
}

// Call is an action with checked inputs, ready to run any number of times.
type Call func(context.Context, *okta.Client) (Result, error)

// NewAction declares an action. In is a struct with the tags of package schemas; a bad one panics with its type and
// field.
func NewAction[In any](info ActionInfo, run func(context.Context, *okta.Client, In) (Result, error)) *Action {
	mustKey("action", info.Key, info.Label, info.Description)
	switch {
	case info.Repeats != "":
	case info.Annotations.ReadOnly:
		info.Repeats = RepeatsReads
	default:
		info.Repeats = RepeatsNever
	}
	a := &Action{ActionInfo: info, Input: schemas.For[In]()}
	a.bind = func(inputs json.RawMessage) (Call, error) {
		in, err := bind[In](a.Input, inputs)
		if err != nil {
			return nil, err
		}
		return func(ctx context.Context, c *okta.Client) (Result, error) { return run(ctx, c, in) }, nil
	}
	return a
}

// Bind checks inputs and returns the call they make. It never calls Okta; the error is a [schemas.Invalid].
func (a *Action) Bind(inputs json.RawMessage) (Call, error) { return a.bind(inputs) }

// MarshalJSON writes the action's entry of the manifest.
func (a *Action) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Key          string          `json:"key"`
		Label        string          `json:"label"`
		Description  string          `json:"description"`
		Group        string          `json:"group"`
		Connection   Access          `json:"connection"`
		InputSchema  json.RawMessage `json:"inputSchema"`
		OutputSchema json.RawMessage `json:"outputSchema"`
		Example      Example         `json:"example"`
		Scopes       []string        `json:"scopes"`
		Annotations  Annotations     `json:"annotations"`
		Repeats      Repeats         `json:"x-repeats"`
	}{
		a.Key, a.Label, a.Description, a.Group, access(), a.Input.JSON(), a.Output, a.Example, a.Scopes, a.Annotations,
		a.Repeats,
	})
}
