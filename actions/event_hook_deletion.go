package actions

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/okta-connector/okta-connector/connections/okta"
	"github.com/okta-connector/okta-connector/runtime/connector"
)

// eventHook is what a deletion needs to know of a hook.
type eventHook struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Status  string `json:"status"`
	Channel struct {
		Config struct {
			URI string `json:"uri"`
		} `json:"config"`
	} `json:"channel"`
}

func readHook(raw json.RawMessage) (eventHook, error) {
	var h eventHook
	if err := json.Unmarshal(raw, &h); err != nil {
		return h, fmt.Errorf("event hook: %w", err)
	}
	if h.ID == "" {
		return h, errors.New("event hook: the answer has no id")
	}
	return h, nil
}

func hookID(raw json.RawMessage) (string, error) {
	h, err := readHook(raw)
	return h.ID, err
}

// remove deletes the hook, which Okta allows for inactive ones only.
func (h eventHook) remove(ctx context.Context, c *okta.Client) error {
	if h.Status != "ACTIVE" {
		return c.DeleteEventHook(ctx, h.ID)
	}
	if _, err := c.DeactivateEventHook(ctx, h.ID); err != nil {
		return err
	}
	return after("the event hook is turned off by now", c.DeleteEventHook(ctx, h.ID))
}

// DeleteEventHook removes a hook, active or not.
var DeleteEventHook = connector.NewAction(
	connector.ActionInfo{
		Key:   "deleteEventHook",
		Label: "Delete Event Hook",
		Description: "Deletes an event hook for good. One that is active is deactivated first, since Okta deletes " +
			"no other.",
		Group:  hooksResource,
		Output: statusSchema("id"),
		Example: example(
			`{"eventHookId": "who8vt36qfNpCGz9H1e6"}`,
			`{"id": "who8vt36qfNpCGz9H1e6", "status": "DELETED"}`,
		),
		Scopes:      []string{hooksRead, hooksManage},
		Annotations: connector.Annotations{Destructive: true, Idempotent: true},
	},
	func(ctx context.Context, c *okta.Client, in eventHookRef) (connector.Result, error) {
		raw, err := c.GetEventHook(ctx, in.EventHookID)
		if err != nil {
			return connector.Result{}, err
		}
		hook, err := readHook(raw)
		if err != nil {
			return connector.Result{}, err
		}
		return became(hook.ID, "DELETED", hook.remove(ctx, c))
	},
)

type deleteAllEventHooks struct {
	URL *string `json:"eventHookUrl" title:"Event Hook URL" nullRefused:"true" placeholder:"https://" example:"https://engine.example.com/okta" doc:"Only hooks with exactly this URL are deleted; a slash at the end makes no difference. Left out altogether, all hooks are. Null and an empty text are refused, so that a variable without a value cannot empty the org."`
}

// find returns the hooks to delete.
func (in deleteAllEventHooks) find(ctx context.Context, c *okta.Client) ([]eventHook, error) {
	var hooks []eventHook
	for page, err := range c.ListEventHooks(ctx) {
		if err != nil {
			return nil, err
		}
		for _, raw := range page.Items {
			hook, err := readHook(raw)
			if err != nil {
				return nil, err
			}
			if in.URL == nil || strings.TrimSuffix(*in.URL, "/") == strings.TrimSuffix(hook.Channel.Config.URI, "/") {
				hooks = append(hooks, hook)
			}
		}
	}
	return hooks, nil
}

// deletedHook is what became of one hook.
type deletedHook struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	URL    string `json:"url"`
	Status string `json:"status"` // DELETED or FAILED
	Error  string `json:"error,omitempty"`
}

// deleteHooks deletes one hook after the other. A hook that somebody else deleted meanwhile is as good as deleted; the
// first failure is the call's when no hook could be deleted at all.
func deleteHooks(ctx context.Context, c *okta.Client, hooks []eventHook) (connector.Result, error) {
	var first error
	result, deleted := connector.Result{}, 0
	outcomes := make([]deletedHook, len(hooks))
	for i, hook := range hooks {
		outcomes[i] = deletedHook{ID: hook.ID, Name: hook.Name, URL: hook.Channel.Config.URI, Status: "DELETED"}
		err := hook.remove(ctx, c)
		if err == nil || okta.HasStatus(err, http.StatusNotFound) {
			deleted++
			continue
		}
		if first == nil {
			first = err
		}
		outcomes[i].Status, outcomes[i].Error = "FAILED", reason(err)
		result.Warnings = append(result.Warnings, connector.Warning{
			Code: "deletion_failed", Detail: "Event hook " + hook.ID + " could not be deleted: " + reason(err),
		})
	}
	if first != nil && deleted == 0 {
		return connector.Result{}, first
	}
	result.Data = outcomes
	return result, nil
}

// DeleteAllEventHooks removes the hooks of one URL, or every hook of the org.
var DeleteAllEventHooks = connector.NewAction(
	connector.ActionInfo{
		Key:   "deleteAllEventHooks",
		Label: "Delete All Event Hooks",
		Description: "Deletes the event hooks that send to one URL, or, without a URL, every event hook of the " +
			"org, those of other products included. It goes on when one fails, and tells what became of each.",
		Group:  hooksResource,
		Output: json.RawMessage(deletedHooksSchema),
		Example: example(
			`{"eventHookUrl": "https://engine.example.com/okta"}`,
			`[{
				"id": "who8vt36qfNpCGz9H1e6", "name": "Joiners and leavers", "url": "https://engine.example.com/okta",
				"status": "DELETED"
			}]`,
		),
		Scopes:      []string{hooksRead, hooksManage},
		Annotations: connector.Annotations{Destructive: true, Idempotent: true},
	},
	func(ctx context.Context, c *okta.Client, in deleteAllEventHooks) (connector.Result, error) {
		hooks, err := in.find(ctx, c)
		if err != nil {
			return connector.Result{}, err
		}
		return deleteHooks(ctx, c, hooks)
	},
)

const deletedHooksSchema = `{
	"$schema": "https://json-schema.org/draft/2020-12/schema",
	"type": "array",
	"items": {
		"type": "object",
		"properties": {
			"id": {"type": "string"}, "name": {"type": "string"}, "url": {"type": "string"},
			"status": {"enum": ["DELETED", "FAILED"]}, "error": {"type": "string"}
		},
		"required": ["id", "name", "url", "status"]
	}
}`
