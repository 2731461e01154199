package main

import (
	"encoding/json"
	"path"
	"slices"
	"strconv"

	"github.com/okta-connector/okta-connector/runtime"
	"github.com/okta-connector/okta-connector/runtime/connector"
	"github.com/okta-connector/okta-connector/runtime/httpapi"
	"github.com/okta-connector/okta-connector/schemas"
)

// declaredKey is an API key of the file.
type declaredKey struct {
	Name  string         `json:"name" title:"Name" required:"true" doc:"What the audit trail and the log call the caller."`
	Key   schemas.Secret `json:"key" title:"Key" required:"true" doc:"The bearer token: env:NAME or file:PATH."`
	Role  string         `json:"role" title:"Role" options:"read,invoke,admin" default:"read" doc:"read looks and performs what changes nothing, invoke performs every action and keeps subscriptions, admin keeps connections too."`
	Allow []string       `json:"allow" title:"Allow" doc:"Keys of actions and triggers, or patterns such as get*. Everything the role allows when not set."`
	Deny  []string       `json:"deny" title:"Deny" doc:"Likewise; a denied one is refused even where allow has it."`
}

var declaredKeySchema = schemas.For[declaredKey]()

// withKeys returns the keys of the file together with given ones; nil when there are none of either.
func (c *config) withKeys(keys *httpapi.Keys) *httpapi.Keys {
	var list []json.RawMessage
	if c.Keys != nil && json.Unmarshal(c.Keys, &list) != nil {
		c.fault("/keys", "must be a list")
	}
	c.lists = map[string][]string{}
	for i, raw := range list {
		pointer := schemas.Pointer("keys", strconv.Itoa(i))
		var key declaredKey
		if err := declaredKeySchema.Decode(raw, &key); err != nil {
			c.check(pointer, err)
			continue
		}
		more, err := keys.With(httpapi.Key{
			Name: key.Name, Secret: key.Key.Reveal(), Role: runtime.Role(key.Role), Allow: key.Allow, Deny: key.Deny,
		})
		if err != nil {
			c.fault(pointer, err.Error())
			continue
		}
		keys = more
		c.lists[pointer+"/allow"], c.lists[pointer+"/deny"] = key.Allow, key.Deny
	}
	return keys
}

// checkLists wants every entry of the keys' lists to be about something that there is: a denied action that is spelt
// wrong would be allowed.
func (c *config) checkLists(index *connector.Index) {
	known := slices.Concat(actionKeys(index), triggerKeys(index))
	for pointer, patterns := range c.lists {
		for i, pattern := range patterns {
			if !slices.ContainsFunc(known, func(key string) bool { return matches(pattern, key) }) {
				c.fault(pointer+schemas.Pointer(strconv.Itoa(i)), "is no action or trigger"+didYouMean(pattern, known))
			}
		}
	}
}

func matches(pattern, key string) bool {
	matched, err := path.Match(pattern, key)
	return matched && err == nil
}
