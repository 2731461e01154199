package runtime

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"time"

	"github.com/okta-connector/okta-connector/runtime/connector"
	"github.com/okta-connector/okta-connector/runtime/store"
	"github.com/okta-connector/okta-connector/schemas"
)

// ConnectionView is a stored connection as it may be shown: a secret input is {"set": true}.
type ConnectionView struct {
	Name      string          `json:"name"`
	Key       string          `json:"key"`
	Inputs    json.RawMessage `json:"inputs"`
	Declared  bool            `json:"declared,omitempty"` // by the configuration file: read-only here
	CreatedAt time.Time       `json:"createdAt"`
	UpdatedAt time.Time       `json:"updatedAt"`
}

// PutConnection checks and stores a connection, and reports whether it is new. A secret input given as {"set": true},
// as a view shows it, keeps the stored value.
func (e *Engine) PutConnection(
	ctx context.Context, name, key string, inputs json.RawMessage, declared bool,
) (view ConnectionView, created bool, err error) {
	if err := CallerOf(ctx).CheckConnect(); err != nil {
		return view, false, err
	}
	if invalid := checkName("/name", name); invalid != nil {
		return view, false, invalid
	}
	before, err := e.store.Connection(ctx, name)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return view, false, err
	}
	if before.Declared && !declared {
		return view, false, declaredError("connection", name)
	}
	if before.Key == key {
		var invalid schemas.Invalid
		if inputs, invalid = keepSecrets(inputs, before.Inputs); invalid != nil {
			return view, false, invalid
		}
	}
	if _, err := e.openClient(ctx, key, inputs, name, -1); err != nil {
		return view, false, err
	}
	sameOrg := before.Key == key && sameInputs(before.Inputs, inputs)
	created, err = e.store.PutConnection(ctx, store.Connection{
		Name: name, Key: key, Inputs: inputs, Declared: declared,
	}, sameOrg)
	if err != nil {
		return view, false, err
	}
	e.clients.forget(name)
	view, err = e.Connection(ctx, name)
	return view, created, err
}

// Connection returns a stored connection, or a [NotFoundError].
func (e *Engine) Connection(ctx context.Context, name string) (ConnectionView, error) {
	c, err := e.store.Connection(ctx, name)
	if errors.Is(err, store.ErrNotFound) {
		return ConnectionView{}, &NotFoundError{Kind: "connection", Name: name}
	}
	if err != nil {
		return ConnectionView{}, err
	}
	return e.viewConnection(c), nil
}

// Connections lists stored connections by name, after the given one.
func (e *Engine) Connections(ctx context.Context, after string, limit int) ([]ConnectionView, string, error) {
	stored, err := e.store.Connections(ctx, after, limit+1)
	if err != nil {
		return nil, "", err
	}
	views := make([]ConnectionView, 0, len(stored))
	for _, c := range stored {
		views = append(views, e.viewConnection(c))
	}
	views, next := cut(views, limit, func(v ConnectionView) string { return v.Name })
	return views, next, nil
}

// DeleteConnection removes a connection that no subscription uses.
func (e *Engine) DeleteConnection(ctx context.Context, name string) error {
	if err := CallerOf(ctx).CheckConnect(); err != nil {
		return err
	}
	c, err := e.store.Connection(ctx, name)
	if err == nil && c.Declared {
		return declaredError("connection", name)
	}
	if err == nil {
		err = e.store.DeleteConnection(ctx, name)
	}
	e.clients.forget(name)
	var used *store.InUseError
	switch {
	case errors.Is(err, store.ErrNotFound):
		return &NotFoundError{Kind: "connection", Name: name}
	case errors.As(err, &used):
		return &ConflictError{Code: "connection_in_use", Detail: used.Error()}
	}
	return err
}

func (e *Engine) viewConnection(c store.Connection) ConnectionView {
	view := ConnectionView{
		Name: c.Name, Key: c.Key, Declared: c.Declared, CreatedAt: c.CreatedAt, UpdatedAt: c.UpdatedAt,
		Inputs: json.RawMessage("{}"),
	}
	if kind := e.index.Connection(c.Key); kind != nil {
		view.Inputs = kind.Input.Redact(c.Inputs)
	}
	return view
}

// Options offers a page of a picker's choices.
func (e *Engine) Options(
	ctx context.Context, key string, ref ConnectionRef, inputs json.RawMessage, search connector.Search,
) (connector.Options, error) {
	source := e.index.DataSource(key)
	if source == nil {
		return connector.Options{}, &NotFoundError{Kind: "data source", Name: key}
	}
	lookup, inputErr := source.Bind(inputs)
	client, err := e.client(ctx, ref)
	if err := join("/connection", err, "/inputs", inputErr); err != nil {
		return connector.Options{}, err
	}
	return lookup(ctx, client, search)
}

// connectionState is the sealed document of one stored connection.
type connectionState struct {
	store *store.Store
	name  string
}

func (s *connectionState) Load(ctx context.Context) (json.RawMessage, int64, error) {
	c, err := s.store.Connection(ctx, s.name)
	if err != nil {
		return nil, 0, err
	}
	return c.State, c.Version, nil
}

func (s *connectionState) Save(ctx context.Context, version int64, state json.RawMessage) (bool, error) {
	_, err := s.store.UpdateConnectionState(ctx, s.name, version, state)
	if errors.Is(err, store.ErrConflict) {
		return false, nil
	}
	return err == nil, err
}

func (s *connectionState) Lock(ctx context.Context) (unlock func(), err error) {
	return lock(ctx, s.store, "connection/"+s.name)
}

// keepSecrets puts stored values where the new inputs say {"set": true}. A secret stays with its org: once the domain
// differs it must be given again.
func keepSecrets(inputs, before json.RawMessage) (json.RawMessage, schemas.Invalid) {
	now, old := members(inputs), members(before)
	if now == nil || old == nil {
		return inputs, nil
	}
	moved := !bytes.Equal(now["oktaDomain"], old["oktaDomain"])
	var invalid schemas.Invalid
	for name, raw := range now {
		value, ok := old[name]
		if !ok || !saysSet(raw) {
			continue
		}
		if moved {
			invalid.Add("/inputs"+schemas.Pointer(name), "must be given again, since the domain changes")
		}
		now[name] = value
	}
	if invalid != nil {
		return nil, invalid
	}
	merged, _ := json.Marshal(now) // members of JSON marshal
	return merged, nil
}

// members takes a JSON object apart; nil when it is none.
func members(object json.RawMessage) map[string]json.RawMessage {
	var m map[string]json.RawMessage
	if json.Unmarshal(object, &m) != nil {
		return nil
	}
	return m
}

// saysSet recognises how a view shows a secret.
func saysSet(raw json.RawMessage) bool {
	var shown struct {
		Set bool `json:"set"`
	}
	return json.Unmarshal(raw, &shown) == nil && shown.Set
}

func sameInputs(a, b json.RawMessage) bool {
	var x, y any
	return json.Unmarshal(a, &x) == nil && json.Unmarshal(b, &y) == nil && reflect.DeepEqual(x, y)
}

func declaredError(kind, name string) error {
	return &ConflictError{
		Code: "declared", Detail: "the " + kind + " " + name + " is declared in the configuration file and is changed there",
	}
}

// checkName accepts what stands in a path, a log line and a file without quoting.
func checkName(pointer, name string) schemas.Invalid {
	good := name != "" && len(name) <= 128
	for i, c := range []byte(name) {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		good = good && (letter || i > 0 && (c == '-' || c == '_' || c == '.' || c == ':'))
	}
	if good {
		return nil
	}
	return schemas.Invalid{{
		Pointer: pointer,
		Detail:  "must be 1 to 128 letters, digits, hyphens, underscores, dots or colons, beginning with a letter or digit",
	}}
}

// cut splits one item more than a page into the page and the cursor after it.
func cut[T any](items []T, limit int, cursor func(T) string) ([]T, string) {
	if len(items) <= limit {
		return items, ""
	}
	items = items[:limit]
	return items, cursor(items[limit-1])
}
