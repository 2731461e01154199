package httpapi

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/okta-connector/okta-connector/runtime"
	"github.com/okta-connector/okta-connector/runtime/connector"
	"github.com/okta-connector/okta-connector/schemas"
)

// An object is a JSON object of the OpenAPI document. encoding/json sorts its members, so that the same manifest always
// gives the same bytes.
type object = map[string]any

// OpenAPI returns the OpenAPI 3.1 document of a server that offers m: an operation for each action, with its own
// inputs, besides the other routes, and a webhook for each trigger.
func OpenAPI(m *connector.Manifest) json.RawMessage {
	d := apiDocument{manifest: m, schemas: object{}, claimed: object{}, paths: object{}}
	for _, r := range describedRoutes {
		d.add(r)
	}
	for _, a := range m.Actions {
		d.add(d.action(a))
	}
	webhooks := object{}
	for _, t := range m.Triggers {
		webhooks[t.Key] = object{"post": d.webhook(t)}
	}
	raw, err := json.Marshal(object{
		"openapi":           "3.1.0",
		"jsonSchemaDialect": schemas.Dialect,
		"info": object{
			"title": m.Label + " connector", "version": m.Version, "description": m.Description,
			"license": object{"name": "Apache 2.0", "identifier": "Apache-2.0"},
		},
		"servers":  []object{{"url": "/"}},
		"security": []object{{"apiKey": []string{}}},
		"paths":    d.paths,
		"webhooks": webhooks,
		"components": object{
			"securitySchemes": object{"apiKey": object{
				"type": "http", "scheme": "bearer", "description": "One of the server's API keys. Not needed on a server without keys.",
			}},
			"schemas": d.schemas, "responses": d.problems(), "parameters": parameters,
		},
	})
	if err != nil {
		panic(fmt.Sprintf("httpapi: OpenAPI of %s: %v", m.Key, err))
	}
	return raw
}

// apiDocument is an OpenAPI document in the making.
type apiDocument struct {
	manifest *connector.Manifest
	paths    object
	schemas  object
	claimed  object // by component: what it was made of
}

// A described is one operation as the document shows it.
type described struct {
	method, path string
	id, tag      string // operationId, group
	summary      string
	description  string
	parameters   []string                  // names of parameters besides those of the path
	body         func(*apiDocument) object // a schema; nil: there is none
	example      any                       // of the body
	answers      map[int]answer
	extensions   object
}

// An answer is what an operation answers when it worked.
type answer struct {
	description string
	mediaType   string                    // application/json when empty
	schema      func(*apiDocument) object // nil: no body
	example     any
}

func (d *apiDocument) add(r described) {
	operation := object{"operationId": r.id, "tags": []string{r.tag}, "summary": r.summary}
	if r.description != "" {
		operation["description"] = r.description
	}
	var params []object
	for part := range strings.SplitSeq(r.path, "/") {
		if strings.HasPrefix(part, "{") {
			params = append(params, object{
				"name": strings.Trim(part, "{}"), "in": "path", "required": true, "schema": object{"type": "string"},
			})
		}
	}
	for _, name := range r.parameters {
		params = append(params, object{"$ref": "#/components/parameters/" + name})
	}
	if params != nil {
		operation["parameters"] = params
	}
	responses := object{"default": object{"$ref": "#/components/responses/problem"}}
	for _, status := range problemsOf(r) {
		responses[strconv.Itoa(status)] = object{"$ref": "#/components/responses/problem" + strconv.Itoa(status)}
	}
	for status, a := range r.answers {
		responses[strconv.Itoa(status)] = d.answer(a)
	}
	operation["responses"] = responses
	if r.body != nil {
		media := object{"schema": r.body(d)}
		if r.example != nil {
			media["example"] = r.example
		}
		operation["requestBody"] = object{"required": true, "content": object{"application/json": media}}
	}
	if r.tag == tagProbes {
		operation["security"] = []object{}
	}
	for name, value := range r.extensions {
		operation[name] = value
	}
	item, _ := d.paths[r.path].(object)
	if item == nil {
		item = object{}
		d.paths[r.path] = item
	}
	item[strings.ToLower(r.method)] = operation
}

func (d *apiDocument) answer(a answer) object {
	response := object{"description": a.description}
	if a.schema == nil {
		return response
	}
	media := object{"schema": a.schema(d)}
	if a.example != nil {
		media["example"] = a.example
	}
	kind := a.mediaType
	if kind == "" {
		kind = "application/json"
	}
	response["content"] = object{kind: media}
	return response
}

// action describes what performs one action.
func (d *apiDocument) action(a *connector.Action) described {
	inputs := d.component(upperFirst(a.Key)+"Inputs", a.Input.JSON())
	body := object{
		"type": "object", "required": []string{"connection"}, "additionalProperties": false,
		"properties": object{"connection": d.connection(), "inputs": inputs},
	}
	if len(requiredOf(a.Input.JSON())) > 0 {
		body["required"] = []string{"connection", "inputs"}
	}
	example := object{"connection": "prod", "inputs": a.Example.Inputs}
	answered := func(d *apiDocument) object {
		return object{
			"type": "object", "required": []string{"data", "meta"}, "properties": object{
				"data":       d.named(a.Output),
				"nextCursor": object{"type": "string", "description": "Goes into after of the next call; absent on the last page."},
				"meta":       d.meta(),
			},
		}
	}
	return described{
		method: http.MethodPost, path: "/v1/actions/" + a.Key + "/invoke",
		id: a.Key, tag: a.Group, summary: a.Label, description: a.Description,
		parameters: []string{"Idempotency-Key", "Connector-Timeout", "Prefer", "traceparent"},
		body:       func(*apiDocument) object { return body }, example: example,
		answers: map[int]answer{
			http.StatusOK: {
				description: "What Okta answered.", schema: answered,
				example: object{"data": a.Example.Data, "meta": object{
					"requests": 1, "waitedMs": 0, "oktaRequestIds": []string{"aYWJj5wqWYb3QxvuT0M8tQAAB9M"},
				}},
			},
			http.StatusAccepted: {
				description: "Prefer: respond-async was given. Location says where the answer will be.",
				schema:      constant(object{"type": "object", "properties": object{"id": text, "location": text}}),
			},
		},
		extensions: object{"x-scopes": a.Scopes, "x-annotations": a.Annotations},
	}
}

// webhook describes the deliveries of one trigger.
func (d *apiDocument) webhook(t *connector.Trigger) object {
	event := object{
		"type": "object", "required": []string{"specversion", "id", "source", "type", "time", "data"},
		"properties": object{
			"specversion": object{"const": "1.0"}, "id": text, "source": text, "type": text, "subject": text,
			"time": object{"type": "string", "format": "date-time"}, "datacontenttype": text, "data": d.named(t.Event),
		},
	}
	header := func(name, description string) object {
		return object{"name": name, "in": "header", "required": true, "schema": text, "description": description}
	}
	return object{
		"operationId": t.Key, "tags": []string{"Deliveries"}, "summary": t.Label,
		"description": t.Description + " Signed as Standard Webhooks says; the same event always has the same id.",
		"parameters": []object{
			header("webhook-id", "The delivery's id."), header("webhook-timestamp", "Seconds since 1970."),
			header("webhook-signature", "v1, and the HMAC-SHA256 in base64."),
		},
		"requestBody": object{"required": true, "content": object{
			runtime.BatchContentType: object{"schema": object{"type": "array", "items": event}},
		}},
		"responses": object{
			"2XX":     object{"description": "Taken: it is not sent again."},
			"default": object{"description": "Anything else: it is sent again, for about a day."},
		},
		"security": []object{},
	}
}

// connection is the name of a stored connection, or an inline one.
func (d *apiDocument) connection() object {
	const name = "ConnectionRef"
	if d.claim(name, name) {
		kinds := []object{{"type": "string", "minLength": 1, "description": "The name of a stored connection."}}
		for _, k := range d.manifest.Connections {
			if k.Authorize {
				continue // a person must sign in once, so it is stored
			}
			kinds = append(kinds, object{
				"type": "object", "title": k.Label, "description": k.Description, "required": []string{"key", "inputs"},
				"additionalProperties": false,
				"properties": object{
					"key": object{"const": k.Key}, "inputs": d.component(upperFirst(k.Key)+"Inputs", k.Input.JSON()),
				},
			})
		}
		d.schemas[name] = object{"oneOf": kinds}
	}
	return ref(name)
}

// problemsOf are the statuses of an operation's problems that are worth a line of their own.
func problemsOf(r described) []int {
	if r.tag == tagProbes {
		return nil
	}
	statuses := []int{http.StatusUnauthorized, http.StatusForbidden}
	if strings.Contains(r.path, "{") {
		statuses = append(statuses, http.StatusNotFound)
	}
	if r.body != nil {
		statuses = append(statuses, http.StatusBadRequest, http.StatusRequestEntityTooLarge,
			http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity)
	}
	if r.answers[http.StatusAccepted].description != "" {
		statuses = append(statuses, http.StatusNotFound, http.StatusConflict, http.StatusFailedDependency,
			http.StatusTooManyRequests, http.StatusBadGateway, http.StatusGatewayTimeout)
	}
	return statuses
}

// problems are the responses that all operations share.
func (d *apiDocument) problems() object {
	words := map[int]string{
		http.StatusBadRequest:            "The body is not a JSON object, or a header is wrong.",
		http.StatusUnauthorized:          "No API key, or a wrong one.",
		http.StatusForbidden:             "The key, or this server, may not do this.",
		http.StatusNotFound:              "There is no such thing.",
		http.StatusConflict:              "What is asked for contradicts what is already so.",
		http.StatusRequestEntityTooLarge: "The body is too large.",
		http.StatusUnsupportedMediaType:  "The body is not application/json.",
		http.StatusUnprocessableEntity:   "Inputs are not valid: errors has every bad field with its pointer. Nothing was sent to Okta.",
		http.StatusFailedDependency:      "Okta refused: okta has its own words.",
		http.StatusTooManyRequests:       "The org's rate limit leaves no room within the time allowed.",
		http.StatusBadGateway:            "Okta failed, or could not be reached: retryable says whether the same call is safe to repeat.",
		http.StatusGatewayTimeout:        "Okta did not answer in time.",
	}
	content := object{"application/problem+json": object{"schema": d.typeOf(problem{})}}
	responses := object{"problem": object{"description": "Something went wrong.", "content": content}}
	for status, description := range words {
		responses["problem"+strconv.Itoa(status)] = object{"description": description, "content": content}
	}
	return responses
}
