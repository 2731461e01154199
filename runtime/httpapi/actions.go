package httpapi

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"github.com/okta-connector/okta-connector/runtime"
	"github.com/okta-connector/okta-connector/runtime/connector"
	"github.com/okta-connector/okta-connector/schemas"
)

const (
	ndjson         = "application/x-ndjson"
	minCallTimeout = time.Millisecond
	maxCallTimeout = time.Hour
)

func (s *server) invocation(r *http.Request) (runtime.Invocation, error) {
	inv := runtime.Invocation{Action: chi.URLParam(r, "key")}
	note(r, "action", inv.Action)
	if s.engine.Index().Action(inv.Action) == nil {
		return inv, &runtime.NotFoundError{Kind: "action", Name: inv.Action}
	}
	if err := runtime.CallerOf(r.Context()).CheckPerform(s.engine.Index().Action(inv.Action)); err != nil {
		return inv, err
	}
	members, err := readMembers(r)
	if err != nil {
		return inv, err
	}
	inv.Inputs = members["inputs"]
	inv.Connection, err = connectionRef(members["connection"])
	invalid, _ := err.(schemas.Invalid) //nolint:errorlint // made right there
	checkMembers(members, &invalid, "connection", "inputs")
	if len(invalid) == 0 {
		return inv, nil
	}
	// One answer for everything that is wrong: the inputs are checked as well.
	if _, err := s.engine.Index().Action(inv.Action).Bind(inv.Inputs); err != nil {
		if fields, ok := err.(schemas.Invalid); ok { //nolint:errorlint // Bind returns it bare
			invalid = append(invalid, fields.Under("/inputs")...)
		}
	}
	return inv, invalid
}

// checkMembers refuses what is none of the members that a body may have.
func checkMembers(members map[string]json.RawMessage, invalid *schemas.Invalid, names ...string) {
	for name := range members {
		if !slices.Contains(names, name) {
			invalid.Add(schemas.Pointer(name), "is not a member of this body: "+strings.Join(names, ", ")+" are")
		}
	}
}

// textMember is a member that is text; "" where it is missing or null.
func textMember(members map[string]json.RawMessage, invalid *schemas.Invalid, name string) (text string) {
	if raw := members[name]; raw != nil && json.Unmarshal(raw, &text) != nil {
		invalid.Add(schemas.Pointer(name), "must be text")
	}
	return text
}

func connectionRef(raw json.RawMessage) (runtime.ConnectionRef, error) {
	var ref runtime.ConnectionRef
	var invalid schemas.Invalid
	switch firstByte(raw) {
	case '"':
		_ = json.Unmarshal(raw, &ref.Name) // the body is strict JSON already
		if ref.Name == "" {
			invalid.Add("/connection", "is required: the name of a stored connection, or an object with key and inputs")
		}
	case '{':
		var members map[string]json.RawMessage
		_ = json.Unmarshal(raw, &members)
		if json.Unmarshal(members["key"], &ref.Key) != nil || ref.Key == "" {
			invalid.Add("/connection/key", "is required: which connection the inputs are for")
		}
		for name := range members {
			if name != "key" && name != "inputs" {
				invalid.Add("/connection"+schemas.Pointer(name), "is not a member of an inline connection: key and inputs are")
			}
		}
		ref.Inputs = members["inputs"]
	default:
		invalid.Add("/connection", "is required: the name of a stored connection, or an object with key and inputs")
	}
	if len(invalid) > 0 {
		return ref, invalid
	}
	return ref, nil
}

// validate answers 204 when an invocation of the same body would be sent to Okta.
func (s *server) validate(r *http.Request) (reply, error) {
	inv, err := s.invocation(r)
	if err != nil {
		return reply{}, err
	}
	_, err = s.engine.Prepare(r.Context(), inv)
	return noContent, err
}

// preview answers what an invocation of the same body would do. It writes nothing, so that a caller who goes away may
// stop it.
func (s *server) preview(r *http.Request) (reply, error) {
	c, err := s.newCall(r)
	if err != nil {
		return reply{}, err
	}
	ctx, cancel := context.WithTimeout(r.Context(), cmp.Or(c.timeout, s.CallTimeout))
	defer cancel()
	preview, err := s.engine.Preview(ctx, c.prepared)
	return ok(preview), err
}

// dataSource answers with one page of a picker's choices.
func (s *server) dataSource(r *http.Request) (reply, error) {
	members, err := readMembers(r)
	if err != nil {
		return reply{}, err
	}
	ref, err := connectionRef(members["connection"])
	invalid, _ := err.(schemas.Invalid) //nolint:errorlint // made right there
	checkMembers(members, &invalid, "connection", "inputs", "query", "cursor")
	search := connector.Search{
		Query: textMember(members, &invalid, "query"), Cursor: textMember(members, &invalid, "cursor"),
	}
	if len(invalid) > 0 {
		return reply{}, invalid
	}
	ctx, cancel := context.WithTimeout(r.Context(), s.CallTimeout)
	defer cancel()
	options, err := s.engine.Options(ctx, chi.URLParam(r, "key"), ref, members["inputs"], search)
	if err != nil {
		return reply{}, err
	}
	items := options.Items
	if items == nil {
		items = []connector.Option{}
	}
	return ok(list{Items: items, NextCursor: options.NextCursor}), nil
}
