package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/okta-connector/okta-connector/runtime"
	"github.com/okta-connector/okta-connector/runtime/httpapi"
	"github.com/okta-connector/okta-connector/schemas"
)

// declaredConnection is a connection of the file.
type declaredConnection struct {
	Key    string         `json:"key" title:"Kind" required:"true" doc:"The key of a connection of the manifest."`
	Inputs schemas.Object `json:"inputs" title:"Inputs" required:"true" doc:"Its inputs. A secret may be env:NAME or file:PATH."`
}

var declaredConnectionSchema = schemas.For[declaredConnection]()

// fillFlags gives the flags that neither the command line nor the environment sets the values of the file.
func (c *config) fillFlags(f *flag.FlagSet) {
	given := map[string]bool{}
	f.Visit(func(fl *flag.Flag) { given[fl.Name] = true })
	names := map[string]string{}
	f.VisitAll(func(fl *flag.Flag) { names[camelCase(fl.Name)] = fl.Name })
	delete(names, "config")
	for key, raw := range c.Server {
		pointer := schemas.Pointer("server", key)
		name, known := names[key]
		if !known {
			c.fault(pointer, "is not a setting"+didYouMean(key, slices.Sorted(maps.Keys(names))))
			continue
		}
		value, single := plainText(raw)
		switch {
		case !single:
			c.fault(pointer, "must be a single value")
		case given[name] || value == "":
		default:
			if err := f.Set(name, value); err != nil {
				c.fault(pointer, refusal(f.Lookup(name), err))
			}
		}
	}
}

// plainText is a string, number or boolean as a flag takes it; null is no text.
func plainText(raw json.RawMessage) (text string, ok bool) {
	if err := json.Unmarshal(raw, &text); err == nil {
		return text, true
	}
	return string(raw), raw[0] != '{' && raw[0] != '['
}

// camelCase is how the file spells a flag: --public-url is publicUrl.
func camelCase(flagName string) string {
	upper := false
	return strings.Map(func(r rune) rune {
		if r == '-' {
			upper = true
			return -1
		}
		if upper {
			upper = false
			return unicode.ToUpper(r)
		}
		return r
	}, flagName)
}

// declaration is what the file declares, as far as it can be read without an engine.
func (c *config) declaration() runtime.Declaration {
	d := runtime.Declaration{
		Connections: map[string]runtime.ConnectionSpec{}, Subscriptions: map[string]json.RawMessage{},
	}
	for name, raw := range c.Connections {
		var spec declaredConnection
		if err := declaredConnectionSchema.Decode(raw, &spec); err != nil {
			c.check(schemas.Pointer("connections", name), err)
			continue
		}
		inputs, _ := json.Marshal(spec.Inputs) // it was JSON before
		d.Connections[name] = runtime.ConnectionSpec{Key: spec.Key, Inputs: inputs}
	}
	for id, raw := range c.Subscriptions {
		c.checkSecret(id, raw)
		d.Subscriptions[id] = raw
	}
	return d
}

// declare stores what the file declares. What the engine refuses is told with its place.
func (c *config) declare(ctx context.Context, engine *runtime.Engine, d runtime.Declaration) error {
	c.checkLists(engine.Index())
	faults, err := engine.Declare(ctx, d)
	if err != nil {
		return &startError{err}
	}
	for _, fault := range faults {
		if err := c.refused(fault); err != nil {
			return err
		}
	}
	return c.err()
}

// checkSecret wants the signing secret to be given: one that is made would be shown to nobody.
func (c *config) checkSecret(id string, raw json.RawMessage) {
	var spec struct {
		DeliverTo *struct {
			Secret string `json:"secret"`
		} `json:"deliverTo"`
	}
	if json.Unmarshal(raw, &spec) == nil && spec.DeliverTo != nil && spec.DeliverTo.Secret == "" {
		c.fault(schemas.Pointer("subscriptions", id, "deliverTo"),
			"needs a secret, whsec_ and 24 to 64 bytes in base64, such as env:WEBHOOK_SECRET")
	}
}

// refused notes what the engine says against a declared object, or returns an error that is not the file's.
func (c *config) refused(refusal *runtime.DeclarationError) error {
	var (
		invalid  schemas.Invalid
		missing  *runtime.NotFoundError
		conflict *runtime.ConflictError
	)
	pointer := schemas.Pointer(refusal.Kind+"s", refusal.Name)
	switch {
	case errors.As(refusal.Err, &invalid):
		c.check(pointer, invalid)
	case errors.As(refusal.Err, &missing):
		c.fault(pointer+"/"+missing.Kind, missing.Error())
	case errors.As(refusal.Err, &conflict):
		c.fault(pointer, conflict.Detail)
	default:
		return &startError{fmt.Errorf("%s %s: %s", refusal.Kind, refusal.Name, httpapi.Describe(refusal.Err))}
	}
	return nil
}
