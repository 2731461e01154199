package actions

import (
	"context"
	"encoding/json"
	"net"
	"net/url"
	"strings"

	"github.com/okta-connector/okta-connector/connections/okta"
	"github.com/okta-connector/okta-connector/runtime/connector"
	"github.com/okta-connector/okta-connector/schemas"
)

const (
	hooksResource = "Event Hooks"
	hooksRead     = "okta.eventHooks.read"
	hooksManage   = "okta.eventHooks.manage"
)

// eventHookRef addresses an event hook.
type eventHookRef struct {
	EventHookID string `json:"eventHookId" title:"Event Hook ID" required:"true" pattern:"[^.]" hint:"must not be dots alone" source:"selectEventHook" example:"who8vt36qfNpCGz9H1e6" doc:"The event hook's id."`
}

// ActivateEventHook turns a hook on.
var ActivateEventHook = connector.NewAction(
	connector.ActionInfo{
		Key:   "activateEventHook",
		Label: "Activate Event Hook",
		Description: "Turns an event hook on. Okta sends it events once it is verified too, which activating does " +
			"not do.",
		Group:       hooksResource,
		Output:      schemas.EventHook(),
		Example:     example(`{"eventHookId": "who8vt36qfNpCGz9H1e6"}`, eventHookExample),
		Scopes:      []string{hooksManage},
		Annotations: connector.Annotations{Idempotent: true},
	},
	func(ctx context.Context, c *okta.Client, in eventHookRef) (connector.Result, error) {
		return answer(c.ActivateEventHook(ctx, in.EventHookID))
	},
)

// DeactivateEventHook turns a hook off.
var DeactivateEventHook = connector.NewAction(
	connector.ActionInfo{
		Key:   "deactivateEventHook",
		Label: "Deactivate Event Hook",
		Description: "Turns an event hook off. Okta sends it nothing more, and does not make up for it when the " +
			"hook is activated again.",
		Group:  hooksResource,
		Output: schemas.EventHook(),
		Example: example(
			`{"eventHookId": "who8vt36qfNpCGz9H1e6"}`,
			strings.Replace(eventHookExample, `"ACTIVE"`, `"INACTIVE"`, 1),
		),
		Scopes:      []string{hooksManage},
		Annotations: connector.Annotations{Idempotent: true},
	},
	func(ctx context.Context, c *okta.Client, in eventHookRef) (connector.Result, error) {
		return answer(c.DeactivateEventHook(ctx, in.EventHookID))
	},
)

// GetEventHook reads one hook.
var GetEventHook = connector.NewAction(
	connector.ActionInfo{
		Key:   "getEventHook",
		Label: "Get Event Hook",
		Description: "Reads one event hook: its URL, its event types and whether it is active and verified. Okta " +
			"never shows its secret.",
		Group:       hooksResource,
		Output:      schemas.EventHook(),
		Example:     example(`{"eventHookId": "who8vt36qfNpCGz9H1e6"}`, eventHookExample),
		Scopes:      []string{hooksRead},
		Annotations: connector.Annotations{ReadOnly: true, Idempotent: true},
	},
	func(ctx context.Context, c *okta.Client, in eventHookRef) (connector.Result, error) {
		return answer(c.GetEventHook(ctx, in.EventHookID))
	},
)

type listEventHooks struct{}

// ListEventHooks lists the org's hooks.
var ListEventHooks = connector.NewAction(
	connector.ActionInfo{
		Key:         "listEventHooks",
		Label:       "List Event Hooks",
		Description: "Lists all event hooks of the org, whoever made them. Okta has no pages here.",
		Group:       hooksResource,
		Output:      schemas.ListOf(schemas.EventHook()),
		Example:     example(`{}`, "["+eventHookExample+"]"),
		Scopes:      []string{hooksRead},
		Annotations: connector.Annotations{ReadOnly: true, Idempotent: true},
	},
	func(ctx context.Context, c *okta.Client, _ listEventHooks) (connector.Result, error) {
		return read(c.ListEventHooks(ctx), false)
	},
)

// VerifyEventHook has Okta challenge the hook's URL.
var VerifyEventHook = connector.NewAction(
	connector.ActionInfo{
		Key:   "verifyEventHook",
		Label: "Verify Event Hook",
		Description: "Asks Okta to verify that the hook's URL answers its one-time challenge. Okta waits 3 " +
			"seconds, tries once more, and refuses with the reason if that fails too.",
		Group:       hooksResource,
		Output:      schemas.EventHook(),
		Example:     example(`{"eventHookId": "who8vt36qfNpCGz9H1e6"}`, eventHookExample),
		Scopes:      []string{hooksManage},
		Annotations: connector.Annotations{Idempotent: true},
	},
	func(ctx context.Context, c *okta.Client, in eventHookRef) (connector.Result, error) {
		return answer(c.VerifyEventHook(ctx, in.EventHookID))
	},
)

type createEventHook struct {
	Name          string `json:"eventHookName" title:"Event Hook Name" required:"true" maxLength:"255" example:"Joiners and leavers" doc:"The name, which no other hook of the org may have."`
	URL           string `json:"eventHookUrl" title:"Event Hook URL" required:"true" format:"uri" placeholder:"https://" example:"https://engine.example.com/okta" doc:"Where Okta sends events, over https."`
	DoNotActivate bool   `json:"doNotActivateOnCreate" title:"Do Not Activate on Create" default:"false" doc:"Leaves the hook turned off and unverified. Okta creates every hook active, so that it is deactivated right after."`
	HookEvents
	Description string `json:"eventHookDescription" title:"Event Hook Description" example:"Feeds the joiner and leaver workflows" doc:"What the hook is for, as administrators read it."`
}

// CheckEach adds to the rules of the events that the URL must be one Okta can trust.
func (in createEventHook) CheckEach() schemas.Invalid {
	bad := in.HookEvents.CheckEach()
	if u, err := url.Parse(in.URL); err != nil || u.Host == "" || u.Scheme != "https" && !isLoopback(u) {
		bad.Add("/eventHookUrl", "must be an https URL")
	}
	return bad
}

// isLoopback admits what only an org on this very machine can call: a sandbox.
func isLoopback(u *url.URL) bool {
	ip := net.ParseIP(u.Hostname())
	return u.Scheme == "http" && (u.Hostname() == "localhost" || ip != nil && ip.IsLoopback())
}

// hook puts the inputs together. A header named Authorization becomes the hook's secret, which Okta does not show.
func (in createEventHook) hook() okta.EventHook {
	hook := okta.EventHook{
		Name: in.Name, Description: in.Description, URL: in.URL, Items: in.Types(), Filter: in.OktaFilter(),
	}
	for _, row := range in.Headers {
		if strings.EqualFold(row.Key, "Authorization") {
			hook.Secret = row.Value
			continue
		}
		hook.Headers = append(hook.Headers, okta.EventHookHeader(row))
	}
	return hook
}

// finish takes the second step: Okta neither verifies a new hook by itself nor creates one that is turned off. Where
// it fails there is a hook all the same, and losing its id would leave it behind in the org.
func (in createEventHook) finish(ctx context.Context, c *okta.Client, hook json.RawMessage) (connector.Result, error) {
	id, err := hookID(hook)
	if err != nil {
		return connector.Result{}, err
	}
	step, code, detail := c.VerifyEventHook, "verification_failed", "The hook was created, but verifying it failed: "
	if in.DoNotActivate {
		step, code, detail = c.DeactivateEventHook, "deactivation_failed", "The hook was created, but turning it off failed: "
	}
	result := connector.Result{Data: hook}
	if finished, err := step(ctx, id); err != nil {
		result.Warnings = []connector.Warning{{Code: code, Detail: detail + reason(err)}}
	} else {
		result.Data = finished
	}
	return result, nil
}

// CreateEventHook registers a hook and verifies it, or leaves it turned off.
var CreateEventHook = connector.NewAction(
	connector.ActionInfo{
		Key:   "createEventHook",
		Label: "Create Event Hook",
		Description: "Registers a URL that Okta sends events to, and has Okta verify it at once, for which the URL " +
			"must already answer. A hook that fails verification is kept and returned with a warning.",
		Group:  hooksResource,
		Output: schemas.EventHook(),
		Example: example(
			`{
				"eventHookName": "Joiners and leavers", "eventHookUrl": "https://engine.example.com/okta",
				"eventHookItems": ["user.lifecycle.create", "user.lifecycle.deactivate"],
				"eventHookUrlHeaders": [{"key": "X-Source", "value": "okta"}]
			}`,
			eventHookExample,
		),
		Scopes: []string{hooksManage},
	},
	func(ctx context.Context, c *okta.Client, in createEventHook) (connector.Result, error) {
		hook, err := c.CreateEventHook(ctx, in.hook())
		if err != nil {
			return connector.Result{}, err
		}
		return in.finish(ctx, c, hook)
	},
)

const eventHookExample = `{
	"id": "who8vt36qfNpCGz9H1e6",
	"status": "ACTIVE",
	"verificationStatus": "VERIFIED",
	"name": "Joiners and leavers",
	"description": null,
	"created": "2026-02-04T08:12:09.000Z",
	"createdBy": "00u1emaK22TWRYd3TtG7",
	"lastUpdated": "2026-02-04T08:12:10.000Z",
	"events": {"type": "EVENT_TYPE", "items": ["user.lifecycle.create", "user.lifecycle.deactivate"], "filter": null},
	"channel": {
		"type": "HTTP", "version": "1.0.0",
		"config": {
			"uri": "https://engine.example.com/okta", "headers": [{"key": "X-Source", "value": "okta"}],
			"method": "POST", "authScheme": null
		}
	},
	"_links": {"self": {"href": "https://acme.okta.com/api/v1/eventHooks/who8vt36qfNpCGz9H1e6"}}
}`
