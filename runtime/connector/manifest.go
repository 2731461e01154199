package connector

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
)

// SchemaVersion is the version of the manifest's own format. It changes only when a reader of the old one would break.
const SchemaVersion = "1.0"

// Manifest lists everything a component offers, in the order in which people see it.
type Manifest struct {
	Key         string
	Label       string
	Description string
	Version     string
	Connections []*Connection
	Triggers    []*Trigger
	Actions     []*Action
	DataSources []*DataSource
}

// Index is a manifest made ready for use: looked up by key, rendered once.
type Index struct {
	*Manifest
	json        []byte
	etag        string
	connections map[string]*Connection
	triggers    map[string]*Trigger
	actions     map[string]*Action
	dataSources map[string]*DataSource
}

// NewIndex renders m and indexes its components. It panics when a key is listed twice.
func NewIndex(m *Manifest) *Index {
	raw, err := json.Marshal(m)
	if err != nil {
		panic(fmt.Sprintf("connector: manifest %s: %v", m.Key, err))
	}
	raw = append(raw, '\n')
	sum := sha256.Sum256(raw)
	return &Index{
		Manifest:    m,
		json:        raw,
		etag:        `"` + hex.EncodeToString(sum[:12]) + `"`,
		connections: index("connection", m.Connections, func(k *Connection) string { return k.Key }),
		triggers:    index("trigger", m.Triggers, func(t *Trigger) string { return t.Key }),
		actions:     index("action", m.Actions, func(a *Action) string { return a.Key }),
		dataSources: index("data source", m.DataSources, func(d *DataSource) string { return d.Key }),
	}
}

func index[T any](kind string, list []*T, key func(*T) string) map[string]*T {
	m := make(map[string]*T, len(list))
	for _, v := range list {
		k := key(v)
		if _, twice := m[k]; twice {
			panic(fmt.Sprintf("connector: %s %s is listed twice", kind, k))
		}
		m[k] = v
	}
	return m
}

// JSON returns the manifest document, a line of its own: the same bytes for the same build.
func (x *Index) JSON() []byte { return x.json }

// ETag returns the strong entity tag of [Index.JSON], quotes included.
func (x *Index) ETag() string { return x.etag }

// Connection returns the connection with the given key, nil when there is none.
func (x *Index) Connection(key string) *Connection { return x.connections[key] }

// Trigger returns the trigger with the given key, nil when there is none.
func (x *Index) Trigger(key string) *Trigger { return x.triggers[key] }

// Action returns the action with the given key, nil when there is none.
func (x *Index) Action(key string) *Action { return x.actions[key] }

// DataSource returns the data source with the given key, nil when there is none.
func (x *Index) DataSource(key string) *DataSource { return x.dataSources[key] }

// MarshalJSON writes the manifest document.
func (m *Manifest) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		SchemaVersion string        `json:"schemaVersion"`
		Key           string        `json:"key"`
		Label         string        `json:"label"`
		Description   string        `json:"description"`
		Version       string        `json:"version"`
		Connections   []*Connection `json:"connections"`
		Triggers      []*Trigger    `json:"triggers"`
		Actions       []*Action     `json:"actions"`
		DataSources   []*DataSource `json:"dataSources"`
	}{
		SchemaVersion, m.Key, m.Label, m.Description, m.Version,
		m.Connections, m.Triggers, m.Actions, m.DataSources,
	})
}
