package httpapi

import (
	"net/http"

	"github.com/okta-connector/okta-connector/runtime"
	"github.com/okta-connector/okta-connector/runtime/connector"
	"github.com/okta-connector/okta-connector/schemas"
)

// Groups of operations.
const (
	tagManifest      = "Manifest"
	tagSteps         = "Steps"
	tagConnections   = "Connections"
	tagSubscriptions = "Subscriptions"
	tagDeliveries    = "Deliveries"
	tagOperation     = "Operation"
	tagProbes        = "Probes"
)

// parameters that several operations take.
var parameters = object{
	"after": object{
		"name": "after", "in": "query", "schema": text, "description": "The nextCursor of the page before.",
	},
	"limit": object{
		"name": "limit", "in": "query", "schema": object{"type": "integer", "minimum": 1, "maximum": 1000, "default": 100},
	},
	"status": object{
		"name": "status", "in": "query", "schema": object{"enum": []string{"pending", "delivered", "dead"}},
	},
	"force": object{
		"name": "force", "in": "query", "schema": object{"type": "boolean", "default": false},
		"description": "Remove it even if its event hook has to be left behind in Okta.",
	},
	"subscription": object{"name": "subscription", "in": "query", "schema": text, "description": "Its id."},
	"Idempotency-Key": object{
		"name": "Idempotency-Key", "in": "header", "schema": object{"type": "string", "minLength": 1, "maxLength": maxIdempotencyKey},
		"description": "The same key and body gets the stored answer, and no second call to Okta.",
	},
	"Connector-Timeout": object{
		"name": "Connector-Timeout", "in": "header", "schema": text, "example": "10s",
		"description": "Bounds the call; at most 1h.",
	},
	"Prefer": object{
		"name": "Prefer", "in": "header", "schema": text, "example": "respond-async",
		"description": "respond-async moves the call to the background.",
	},
	"traceparent": object{
		"name": "traceparent", "in": "header", "schema": text, "description": "W3C Trace Context. It is passed on.",
	},
	"If-None-Match": object{"name": "If-None-Match", "in": "header", "schema": text},
}

var paged = []string{"after", "limit"}

// none is the answer of what has nothing to say.
func none(description string) map[int]answer {
	return map[int]answer{http.StatusNoContent: {description: description}}
}

func okay(description string, schema func(*apiDocument) object) map[int]answer {
	return map[int]answer{http.StatusOK: {description: description, schema: schema}}
}

// saved are the answers of a PUT.
func saved(schema func(*apiDocument) object) map[int]answer {
	return map[int]answer{
		http.StatusCreated: {description: "It was made.", schema: schema},
		http.StatusOK:      {description: "It was changed.", schema: schema},
	}
}

// anyStep is the body of an invocation of whichever action.
func anyStep(d *apiDocument) object {
	return object{
		"type": "object", "required": []string{"connection"}, "additionalProperties": false,
		"properties": object{"connection": d.connection(), "inputs": object{"type": "object"}},
	}
}

// anyConnection is the body that stores a connection of whichever kind.
func anyConnection(d *apiDocument) object {
	var kinds []object
	for _, k := range d.manifest.Connections {
		kinds = append(kinds, object{
			"type": "object", "title": k.Label, "description": k.Description, "required": []string{"key", "inputs"},
			"additionalProperties": false,
			"properties": object{
				"key": object{"const": k.Key}, "inputs": d.component(upperFirst(k.Key)+"Inputs", k.Input.JSON()),
			},
		})
	}
	return object{"oneOf": kinds}
}

// anySubscription is the body that makes a subscription to whichever trigger.
func anySubscription(d *apiDocument) object {
	spec := embedded(schemas.For[runtime.SubscriptionSpec]().JSON())
	properties := spec["properties"].(object)
	properties["deliverTo"] = d.component("ReceiverRequest", schemas.For[runtime.Receiver]().JSON())
	var keys []string
	var inputs []object
	for _, t := range d.manifest.Triggers {
		keys = append(keys, t.Key)
		inputs = append(inputs, d.component(upperFirst(t.Key)+"Inputs", t.Input.JSON()))
	}
	if keys != nil {
		properties["trigger"].(object)["enum"] = keys
		properties["inputs"] = object{"anyOf": inputs}
	}
	return spec
}

// describedRoutes are the operations besides those of the actions. A test holds them against the router.
var describedRoutes = []described{
	{
		method: http.MethodGet, path: "/v1/manifest", id: "getManifest", tag: tagManifest,
		summary: "What there is to connect to, to watch and to do", parameters: []string{"If-None-Match"},
		description: "Everything that the key may use, each with a JSON Schema of its inputs. The same bytes for the same build and key.",
		answers: map[int]answer{
			http.StatusOK:          {description: "The manifest.", schema: constant(object{"type": "object"})},
			http.StatusNotModified: {description: "It is as it was."},
		},
	},
	{
		method: http.MethodGet, path: "/openapi.json", id: "getOpenAPI", tag: tagManifest,
		summary: "This document", parameters: []string{"If-None-Match"},
		answers: map[int]answer{
			http.StatusOK:          {description: "The document.", schema: constant(object{"type": "object"})},
			http.StatusNotModified: {description: "It is as it was."},
		},
	},
	{
		method: http.MethodPost, path: "/v1/actions/{key}/validate", id: "validateAction", tag: tagSteps,
		summary: "Check the inputs of an action", description: "Takes the body of invoke. Okta is not called.",
		body: anyStep, answers: none("They are good."),
	},
	{
		method: http.MethodPost, path: "/v1/actions/{key}/preview", id: "previewAction", tag: tagSteps,
		summary: "Show what an action would do", description: "Takes the body of invoke. Okta is read, never written.",
		body: anyStep, parameters: []string{"Connector-Timeout"},
		answers: okay("The requests it would make.", valueOf(runtime.Preview{})),
	},
	{
		method: http.MethodGet, path: "/v1/invocations/{id}", id: "getInvocation", tag: tagSteps,
		summary: "Ask how a call in the background gets on",
		answers: okay("Its progress, and then its answer or its problem.", valueOf(runtime.LongCall{})),
	},
	{
		method: http.MethodDelete, path: "/v1/invocations/{id}", id: "cancelInvocation", tag: tagSteps,
		summary: "Cancel a call in the background", answers: none("It will end. What it has changed stays changed."),
	},
	{
		method: http.MethodPost, path: "/v1/data-sources/{key}", id: "listOptions", tag: tagSteps,
		summary: "Offer the values of an input", description: "What x-dataSource of an input refers to. The search runs on Okta.",
		body: func(d *apiDocument) object {
			return object{"type": "object", "required": []string{"connection"}, "properties": object{
				"connection": d.connection(), "inputs": object{"type": "object"}, "query": text, "cursor": text,
			}}
		},
		answers: okay("A page of choices.", listOf(connector.Option{})),
	},
	{
		method: http.MethodGet, path: "/v1/connections", id: "listConnections", tag: tagConnections,
		summary: "List connections", parameters: paged, answers: okay("A page, by name.", listOf(runtime.ConnectionView{})),
	},
	{
		method: http.MethodPut, path: "/v1/connections/{name}", id: "putConnection", tag: tagConnections,
		summary: "Store a connection", description: `A secret given as {"set": true} stays as it is.`,
		body: anyConnection, answers: saved(valueOf(runtime.ConnectionView{})),
	},
	{
		method: http.MethodGet, path: "/v1/connections/{name}", id: "getConnection", tag: tagConnections,
		summary: "Show a connection, without its secrets",
		answers: okay("The connection.", valueOf(runtime.ConnectionView{})),
	},
	{
		method: http.MethodDelete, path: "/v1/connections/{name}", id: "deleteConnection", tag: tagConnections,
		summary: "Delete a connection that no subscription uses", answers: none("It is gone."),
	},
	{
		method: http.MethodPost, path: "/v1/connections/{name}/test", id: "testConnection", tag: tagConnections,
		summary: "Ask the org who we are there", answers: okay("It works.", valueOf(connector.Identity{})),
	},
	{
		method: http.MethodPost, path: "/v1/connections/{name}/authorize", id: "authorizeConnection", tag: tagConnections,
		summary: "Begin a person's sign-in at Okta",
		answers: okay("Where to send the browser, once.", constant(object{"type": "object", "properties": object{"url": text}})),
	},
	{
		method: http.MethodGet, path: "/v1/subscriptions", id: "listSubscriptions", tag: tagSubscriptions,
		summary: "List subscriptions", parameters: paged, answers: okay("A page, by id.", listOf(runtime.SubscriptionView{})),
	},
	{
		method: http.MethodPut, path: "/v1/subscriptions/{id}", id: "putSubscription", tag: tagSubscriptions,
		summary:     "Watch an org",
		description: "Again with the same id keeps the cursor. The signing secret is shown once, when it is made here.",
		body:        anySubscription, answers: saved(valueOf(runtime.SubscriptionView{})),
	},
	subscriptionRoute(http.MethodGet, "", "getSubscription", "Show a subscription"),
	{
		method: http.MethodDelete, path: "/v1/subscriptions/{id}", id: "deleteSubscription", tag: tagSubscriptions,
		summary: "End a subscription", parameters: []string{"force"},
		answers: none("It is gone, with its events and its event hook in Okta."),
	},
	subscriptionRoute(http.MethodPost, "/poll", "pollSubscription", "Poll now, and wait for the outcome"),
	subscriptionRoute(http.MethodPost, "/pause", "pauseSubscription", "Stop polls and deliveries"),
	subscriptionRoute(http.MethodPost, "/resume", "resumeSubscription", "Go on with polls and deliveries"),
	{
		method: http.MethodPost, path: "/v1/subscriptions/{id}/rewind", id: "rewindSubscription", tag: tagSubscriptions,
		summary: "Report events since a time once more",
		body:    func(d *apiDocument) object { return d.component("Rewind", rewindSchema.JSON()) },
		answers: okay("The subscription.", valueOf(runtime.SubscriptionView{})),
	},
	{
		method: http.MethodGet, path: "/v1/subscriptions/{id}/events", id: "listEvents", tag: tagSubscriptions,
		summary: "Pull kept events", parameters: paged,
		answers: okay("CloudEvents, oldest first.", func(*apiDocument) object {
			return object{"type": "object", "properties": object{
				"items": object{"type": "array", "items": object{"type": "object"}}, "nextCursor": text, "warnings": warnings,
			}}
		}),
	},
	{
		method: http.MethodGet, path: "/v1/subscriptions/{id}/runs", id: "listRuns", tag: tagSubscriptions,
		summary: "List past polls", parameters: paged, answers: okay("Newest first.", listOf(runtime.PollView{})),
	},
	{
		method: http.MethodPost, path: "/v1/subscriptions/{id}/retry", id: "retryDead", tag: tagSubscriptions,
		summary: "Send all dead deliveries again",
		answers: okay("How many there were.", constant(object{
			"type": "object", "properties": object{"retried": object{"type": "integer"}},
		})),
	},
	{
		method: http.MethodGet, path: "/v1/deliveries", id: "listDeliveries", tag: tagDeliveries,
		summary: "List deliveries", parameters: []string{"after", "limit", "status", "subscription"},
		answers: okay("Newest first.", listOf(runtime.DeliveryView{})),
	},
	{
		method: http.MethodPost, path: "/v1/deliveries/{id}/retry", id: "retryDelivery", tag: tagDeliveries,
		summary: "Send a delivery again", answers: okay("The delivery.", valueOf(runtime.DeliveryView{})),
	},
	{
		method: http.MethodPost, path: "/v1/form-tokens", id: "createFormToken", tag: tagOperation,
		summary: "Let a browser fill in one form",
		body:    func(d *apiDocument) object { return d.component("FormTokenRequest", formTokenSchema.JSON()) },
		answers: okay("A token, and the address of the form.", constant(object{
			"type": "object", "properties": object{"token": text, "url": text, "expiresAt": text},
		})),
	},
	{
		method: http.MethodGet, path: "/v1/audit", id: "listAudit", tag: tagOperation,
		summary: "List what was written to Okta, and by whom", parameters: paged,
		answers: okay("Newest first.", listOf(runtime.AuditView{})),
	},
	{
		method: http.MethodGet, path: "/metrics", id: "getMetrics", tag: tagOperation, summary: "Metrics for Prometheus",
		answers: map[int]answer{
			http.StatusOK: {description: "The metrics.", mediaType: "text/plain", schema: constant(text)},
		},
	},
	{
		method: http.MethodGet, path: "/healthz", id: "healthz", tag: tagProbes, summary: "Whether the process lives",
		answers: map[int]answer{http.StatusOK: {description: "It does.", mediaType: "text/plain", schema: constant(text)}},
	},
	{
		method: http.MethodGet, path: "/readyz", id: "readyz", tag: tagProbes, summary: "Whether the database answers",
		answers: okay("It does.", constant(object{"type": "object", "properties": object{"ready": object{"type": "boolean"}}})),
	},
}

func subscriptionRoute(method, path, id, summary string) described {
	return described{
		method: method, path: "/v1/subscriptions/{id}" + path, id: id, tag: tagSubscriptions, summary: summary,
		answers: okay("The subscription.", valueOf(runtime.SubscriptionView{})),
	}
}
