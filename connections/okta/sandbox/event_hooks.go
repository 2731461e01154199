package sandbox

import (
	_ "embed"
	"encoding/json"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
)

const (
	hookActive     = "ACTIVE"
	hookInactive   = "INACTIVE"
	hookVerified   = "VERIFIED"
	hookUnverified = "UNVERIFIED"

	maxHooks     = 25
	maxHookItems = 300
	maxHookName  = 255
)

// hookEvents are the types of events that hooks may be called for, a part of all that Okta has.
//
//go:embed hook_events.json
var hookEventsJSON []byte

var hookEvents = sync.OnceValue(func() map[string]bool {
	var names []string
	if err := json.Unmarshal(hookEventsJSON, &names); err != nil {
		panic("sandbox: hook_events.json: " + err.Error())
	}
	set := make(map[string]bool, len(names))
	for _, name := range names {
		set[name] = true
	}
	return set
})

// eventHook is a stored hook; it is never changed, only replaced.
type eventHook struct {
	id, name, description, status, verification, createdBy string
	created, updated                                       stamp
	events                                                 hookSubscription
	channel                                                hookChannel
	conditions                                             map[string]condition // by type of event
	home                                                   string               // the org's address, as the maker knew it
	from                                                   int                  // number of the first event to deliver
}

func (h *eventHook) delivers() bool { return h.status == hookActive && h.verification == hookVerified }

func (h *eventHook) target() target {
	return target{ID: h.id, Type: "EventHook", AlternateID: "unknown", DisplayName: h.name}
}

type hookSubscription struct {
	Type   string      `json:"type"`
	Items  []string    `json:"items"`
	Filter *hookFilter `json:"filter"`
}

type hookFilter struct {
	Type string `json:"type"`
	Map  []struct {
		Event     string `json:"event"`
		Condition struct {
			Expression string  `json:"expression"`
			Version    *string `json:"version"`
		} `json:"condition"`
	} `json:"eventFilterMap"`
}

type hookChannel struct {
	Type    string     `json:"type"`
	Version string     `json:"version"`
	Config  hookConfig `json:"config"`
}

type hookConfig struct {
	URI        string       `json:"uri"`
	Headers    []hookHeader `json:"headers"`
	Method     string       `json:"method"`
	AuthScheme *hookAuth    `json:"authScheme,omitempty"`
}

type hookHeader struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

type hookAuth struct {
	Type  string `json:"type"`
	Key   string `json:"key"`
	Value string `json:"value,omitempty"` // never told
}

type hookRequest struct {
	Name        string           `json:"name"`
	Description string           `json:"description"`
	Events      hookSubscription `json:"events"`
	Channel     hookChannel      `json:"channel"`
}

// readHook reads and checks the hook in a request; ownID is that of the hook which it replaces.
func (o *Org) readHook(c *call, ownID string) (*hookRequest, map[string]condition, *apiError) {
	var body hookRequest
	if refusal := c.decode(&body); refusal != nil {
		return nil, nil, refusal
	}
	var causes []string
	wrong := func(bad bool, cause string) {
		if bad {
			causes = append(causes, cause)
		}
	}
	wrong(strings.TrimSpace(body.Name) == "", "name: The field cannot be left blank")
	wrong(len([]rune(body.Name)) > maxHookName, "name: String is too long (maximum length 255)")
	wrong(body.Events.Type != "EVENT_TYPE", "events.type: The value must be EVENT_TYPE")
	wrong(len(body.Events.Items) == 0, "events.items: The field cannot be left blank")
	wrong(len(body.Events.Items) > maxHookItems, "events.items: There are too many event types (maximum 300)")
	for _, item := range body.Events.Items {
		wrong(!hookEvents()[item], "events.items: '"+item+"' is not an event type that event hooks can be called for")
	}
	wrong(body.Channel.Type != "HTTP", "channel.type: The value must be HTTP")
	wrong(body.Channel.Version == "", "channel.version: The field cannot be left blank")
	wrong(!hookAddress(body.Channel.Config.URI), "channel.config.uri: The URI must be absolute and use https")
	if scheme := body.Channel.Config.AuthScheme; scheme != nil {
		wrong(scheme.Type != "HEADER", "channel.config.authScheme.type: The value must be HEADER")
		wrong(scheme.Key == "", "channel.config.authScheme.key: The field cannot be left blank")
	}
	conditions, bad := hookConditions(body.Events)
	causes = append(causes, bad...)
	if len(causes) > 0 {
		return nil, nil, invalid("eventHook", causes...)
	}
	for _, h := range o.hooks.rows {
		if h.id != ownID && h.name == body.Name {
			return nil, nil, taken("name")
		}
	}
	body.Channel.Config.Method = http.MethodPost
	if body.Channel.Config.Headers == nil {
		body.Channel.Config.Headers = []hookHeader{}
	}
	return &body, conditions, nil
}

// hookAddress allows https everywhere and, as a real org does not, http on a loopback address.
func hookAddress(text string) bool {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.User != nil {
		return false
	}
	loopback := u.Hostname() == "localhost" || net.ParseIP(u.Hostname()).IsLoopback()
	return u.Scheme == "https" || u.Scheme == "http" && loopback
}

// listEventHooks is GET /api/v1/eventHooks. It has no pages.
func (o *Org) listEventHooks(c *call) *apiError {
	all := make([]any, o.hooks.len())
	for i, h := range o.hooks.rows {
		all[i] = h.json(c)
	}
	return c.json(all)
}

// createEventHook is POST /api/v1/eventHooks: the hook is active at once, and not verified by that.
func (o *Org) createEventHook(c *call) *apiError {
	body, conditions, refusal := o.readHook(c, "")
	if refusal != nil {
		return refusal
	}
	if o.activeHooks() >= maxHooks {
		return invalid("eventHook", "The org has as many active event hooks as it may have (25)")
	}
	h := &eventHook{
		id: o.ids.next(prefixHook), name: body.Name, description: body.Description, status: hookActive,
		verification: hookUnverified, created: now(), updated: now(), createdBy: c.who.id,
		events: body.Events, conditions: conditions, channel: body.Channel, home: c.base(),
	}
	o.hooks.put(h)
	o.tell(o.origin(c), "event_hook.created", h.target())
	return c.json(h.json(c))
}

func (o *Org) activeHooks() int {
	n := 0
	for _, h := range o.hooks.rows {
		if h.status == hookActive {
			n++
		}
	}
	return n
}

func (o *Org) hookOf(c *call) (*eventHook, *apiError) {
	if h := o.hooks.get(c.param("id")); h != nil {
		return h, nil
	}
	return nil, notFound(c.param("id"), "Webhook")
}

// getEventHook is GET /api/v1/eventHooks/{eventHookId}.
func (o *Org) getEventHook(c *call) *apiError {
	h, refusal := o.hookOf(c)
	if refusal != nil {
		return refusal
	}
	return c.json(h.json(c))
}

// replaceEventHook is PUT /api/v1/eventHooks/{eventHookId}. Another channel has to be verified again.
func (o *Org) replaceEventHook(c *call) *apiError {
	h, refusal := o.hookOf(c)
	if refusal != nil {
		return refusal
	}
	body, conditions, refusal := o.readHook(c, h.id)
	if refusal != nil {
		return refusal
	}
	changed := *h
	changed.name, changed.description, changed.updated = body.Name, body.Description, now()
	changed.events, changed.conditions, changed.channel = body.Events, conditions, body.Channel
	if auth := changed.channel.Config.AuthScheme; auth != nil && auth.Value == "" && h.channel.Config.AuthScheme != nil {
		auth.Value = h.channel.Config.AuthScheme.Value
	}
	if !sameChannel(h.channel, changed.channel) {
		changed.verification = hookUnverified
	}
	o.hooks.put(&changed)
	o.tell(o.origin(c), "event_hook.updated", changed.target())
	return c.json(changed.json(c))
}

func sameChannel(a, b hookChannel) bool {
	auth := func(c hookChannel) hookAuth {
		if c.Config.AuthScheme == nil {
			return hookAuth{}
		}
		return *c.Config.AuthScheme
	}
	return a.Config.URI == b.Config.URI && slices.Equal(a.Config.Headers, b.Config.Headers) && auth(a) == auth(b)
}

// deleteEventHook is DELETE /api/v1/eventHooks/{eventHookId}, for inactive ones.
func (o *Org) deleteEventHook(c *call) *apiError {
	h, refusal := o.hookOf(c)
	if refusal != nil {
		return refusal
	}
	if h.status == hookActive {
		return invalid("eventHook", "An event hook must be deactivated before it can be deleted")
	}
	o.hooks.remove(h.id)
	o.tell(o.origin(c), "event_hook.deleted", h.target())
	return c.nothing()
}

// activateEventHook is POST /api/v1/eventHooks/{eventHookId}/lifecycle/activate. It does not verify.
func (o *Org) activateEventHook(c *call) *apiError {
	return o.setHook(c, "event_hook.activated", func(h *eventHook) { h.status = hookActive })
}

// deactivateEventHook is POST /api/v1/eventHooks/{eventHookId}/lifecycle/deactivate.
func (o *Org) deactivateEventHook(c *call) *apiError {
	return o.setHook(c, "event_hook.deactivated", func(h *eventHook) { h.status = hookInactive })
}

func (o *Org) setHook(c *call, event string, change func(*eventHook)) *apiError {
	h, refusal := o.hookOf(c)
	if refusal != nil {
		return refusal
	}
	changed := *h
	change(&changed)
	if changed.updated = now(); changed.delivers() && !h.delivers() {
		changed.from = len(o.log.events)
	}
	o.hooks.put(&changed)
	o.tell(o.origin(c), event, changed.target())
	return c.json(changed.json(c))
}

func (h *eventHook) json(c *call) any {
	self := c.base() + "/api/v1/eventHooks/" + h.id
	links := map[string]link{"self": {Href: self}, "verify": linkTo(self+"/lifecycle/verify", "POST")}
	if h.status == hookActive {
		links["deactivate"] = linkTo(self+"/lifecycle/deactivate", "POST")
	} else {
		delete(links, "verify")
		links["activate"] = linkTo(self+"/lifecycle/activate", "POST")
		links["delete"] = linkTo(self, "DELETE")
	}
	channel := h.channel
	if auth := channel.Config.AuthScheme; auth != nil {
		channel.Config.AuthScheme = &hookAuth{Type: auth.Type, Key: auth.Key}
	}
	return struct {
		ID           string           `json:"id"`
		Status       string           `json:"status"`
		Verification string           `json:"verificationStatus"`
		Name         string           `json:"name"`
		Description  *string          `json:"description"`
		Created      stamp            `json:"created"`
		CreatedBy    string           `json:"createdBy"`
		Updated      stamp            `json:"lastUpdated"`
		Events       hookSubscription `json:"events"`
		Channel      hookChannel      `json:"channel"`
		Links        map[string]link  `json:"_links"`
	}{
		h.id, h.status, h.verification, h.name, absent(h.description), h.created, h.createdBy, h.updated,
		h.events, channel, links,
	}
}
