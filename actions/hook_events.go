package actions

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/okta-connector/okta-connector/schemas"
)

// maxHookItems is how many event types one hook can have.
const maxHookItems = 300

// HookEvents are the inputs that say what an event hook sends. Creating a hook and the Event Hook trigger share them.
type HookEvents struct {
	Items     []string          `json:"eventHookItems" title:"Event Hook Items" example:"user.lifecycle.create,user.lifecycle.deactivate" doc:"The types of events that the hook sends, at most 300 together with the dynamic ones. The list offers what Okta is known to send to hooks; others may be typed."`
	ItemsCode json.RawMessage   `json:"eventHookItemsCode" title:"Dynamic Event Hook Items" example:"[\"group.user_membership.add\"]" doc:"More event types, as a JSON list that an expression can make. They are joined with Event Hook Items; one that stands in both counts once."`
	Headers   schemas.KeyValues `json:"eventHookUrlHeaders" title:"Event Hook URL Headers" example:"{\"X-Source\": \"okta\"}" doc:"Headers that Okta sends with each event."`
	Filter    json.RawMessage   `json:"eventHookFilter" title:"Event Hook Filters" example:"[{\"event\": \"group.user_membership.add\", \"condition\": {\"expression\": \"event.target.?[type eq 'UserGroup'].size()>0\"}}]" doc:"Conditions on single event types, as Okta's filter object or just its eventFilterMap: a list of {\"event\", \"condition\": {\"expression\"}}. Each event must be among the items. The org needs Okta's event hook filters switched on."`
}

// Suggestions offers the event types that Okta is known to send to hooks.
func (HookEvents) Suggestions() map[string][]string {
	return map[string][]string{"eventHookItems": EventTypes()}
}

// filterEntry is one condition of a filter.
type filterEntry struct {
	Event     string `json:"event"`
	Condition struct {
		Expression string `json:"expression"`
	} `json:"condition"`
}

// CheckEach holds the two inputs that are JSON against the shapes Okta has for them.
func (in HookEvents) CheckEach() schemas.Invalid {
	var bad schemas.Invalid
	if _, err := in.dynamic(); err != nil {
		bad.Add("/eventHookItemsCode", `must be a list of event types such as ["user.lifecycle.create"]`)
	}
	for i, row := range in.Headers {
		if detail := unfitHeader(row); detail != "" {
			bad.Add(rowPointer("eventHookUrlHeaders", i), detail)
		}
	}
	if in.Filter == nil {
		return bad
	}
	entries, at := in.filterEntries()
	if len(entries) == 0 {
		bad.Add("/eventHookFilter", `must be a list such as [{"event": "...", "condition": {"expression": "..."}}]`)
	}
	for i, entry := range entries {
		if entry.Event == "" || entry.Condition.Expression == "" {
			bad.Add(at+schemas.Pointer(strconv.Itoa(i)), "must have an event and a condition.expression")
		}
	}
	return bad
}

// Check holds the event types and the filter against each other and against Okta's limits.
func (in HookEvents) Check() schemas.Invalid {
	var bad schemas.Invalid
	types := in.Types()
	switch {
	case len(types) == 0:
		bad.Add("/eventHookItems", "needs at least one event type, here or in Dynamic Event Hook Items")
	case len(types) > maxHookItems:
		bad.Add("/eventHookItems", fmt.Sprintf("must not be more than %d with the dynamic ones", maxHookItems))
		return bad
	}
	entries, at := in.filterEntries()
	for i, entry := range entries {
		if !slices.Contains(types, entry.Event) {
			bad.Add(at+schemas.Pointer(strconv.Itoa(i), "event"), "is not among the items")
		}
	}
	return bad
}

// Types returns the event types of both inputs in the order given, each once.
func (in HookEvents) Types() []string {
	dynamic, _ := in.dynamic() // CheckEach has seen to it
	var types []string
	met := make(map[string]bool)
	for _, t := range slices.Concat(in.Items, dynamic) {
		if !met[t] {
			met[t] = true
			types = append(types, t)
		}
	}
	return types
}

func (in HookEvents) dynamic() ([]string, error) {
	if in.ItemsCode == nil {
		return nil, nil
	}
	var types []string
	if err := json.Unmarshal(in.ItemsCode, &types); err != nil {
		return nil, err
	}
	if slices.Contains(types, "") {
		return nil, errors.New("an event type is empty")
	}
	return types, nil
}

// OktaFilter returns the filter in Okta's form, nil when there is none.
func (in HookEvents) OktaFilter() json.RawMessage {
	if in.Filter == nil {
		return nil
	}
	list, _ := in.filterMap()
	return slices.Concat(
		json.RawMessage(`{"type":"EXPRESSION_LANGUAGE","eventFilterMap":`), list, json.RawMessage(`}`))
}

// filterMap returns the list of conditions, which may be given bare, and the pointer to it.
func (in HookEvents) filterMap() (list json.RawMessage, at string) {
	var whole struct {
		Map json.RawMessage `json:"eventFilterMap"`
	}
	if json.Unmarshal(in.Filter, &whole) == nil {
		return whole.Map, "/eventHookFilter/eventFilterMap"
	}
	return in.Filter, "/eventHookFilter"
}

// filterEntries reads the conditions, none where they are not a list of them, and the pointer to that list.
func (in HookEvents) filterEntries() (entries []filterEntry, at string) {
	list, at := in.filterMap()
	if json.Unmarshal(list, &entries) != nil {
		return nil, at
	}
	return entries, at
}
