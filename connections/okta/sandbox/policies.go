package sandbox

import (
	"slices"
	"strconv"
	"strings"
)

// policyTypes are those that Okta knows; the org has policies of most.
var policyTypes = []string{
	"ACCESS_POLICY", "ENTITY_RISK", "IDP_DISCOVERY", "MFA_ENROLL", "OKTA_SIGN_ON", "PASSWORD", "POST_AUTH_SESSION",
	"PROFILE_ENROLLMENT", "DEVICE_SIGNAL_COLLECTION", "SESSION_VIOLATION_DETECTION", "CLIENT_UPDATE",
	"IDENTITY_CLAIM_SOURCING",
}

// policy is a stored policy.
type policy struct {
	id, kind, status, name, description string
	resource                            string // of an ACCESS_POLICY: APP, or the id of an authorization server
	group                               string // name of the one that it is for; empty: Everyone, or no groups apply
	priority                            int
	system                              bool
	created                             stamp
}

// listPolicies is GET /api/v1/policies. Pages come only to who asks for them with a limit.
func (o *Org) listPolicies(c *call) *apiError {
	kind := c.query.Get("type")
	switch {
	case kind == "":
		return missingParameter("type")
	case !slices.Contains(policyTypes, kind):
		return invalid("type", "type: The value is not in the list of values")
	}
	limit, refusal := c.limit(o.policies.len()+1, maxApps)
	if refusal != nil {
		return refusal
	}
	after, refusal := c.cursor()
	if refusal != nil {
		return refusal
	}
	status, q, resource := c.query.Get("status"), strings.ToLower(c.query.Get("q")), c.query.Get("resourceId")
	rows := o.policies.rows
	byName := c.query.Get("sortBy") == "name"
	wanted := func(p *policy) bool {
		return p.kind == kind && (status == "" || p.status == status) && (resource == "" || p.resource == resource) &&
			strings.HasPrefix(strings.ToLower(p.name), q)
	}
	var page []*policy
	var next *cursor
	if byName {
		entries := o.policies.sorted("name", false, func(p *policy) string { return strings.ToLower(p.name) })
		page, next = pageOfSorted(entries, o.policies.idOf, after, false, limit, wanted)
	} else {
		page, next = pageOf(rows, o.policies.idOf, after, limit, wanted)
	}
	shown := -1
	if n, err := strconv.Atoi(c.query.Get("limit")); err == nil {
		shown = n
	}
	c.pageLinks(shown, next)
	all := make([]any, len(page))
	for i, p := range page {
		all[i] = o.policyJSON(c, p)
	}
	return c.json(all)
}

// getPolicy is GET /api/v1/policies/{policyId}.
func (o *Org) getPolicy(c *call) *apiError {
	p := o.policies.get(c.param("id"))
	if p == nil {
		return notFound(c.param("id"), "Policy")
	}
	return c.json(o.policyJSON(c, p))
}

// policyFor returns the first policy of a type, nil for none.
func (s *state) policyFor(kind string) *policy {
	for _, p := range s.policies.rows {
		if p.kind == kind {
			return p
		}
	}
	return nil
}

func (o *Org) policyJSON(c *call, p *policy) any {
	self := c.base() + "/api/v1/policies/" + p.id
	links := map[string]any{"self": linkTo(self, "GET", "PUT"), "rules": linkTo(self+"/rules", "GET", "POST")}
	if !p.system {
		links["self"] = linkTo(self, "GET", "PUT", "DELETE")
		links["deactivate"] = linkTo(self+"/lifecycle/deactivate", "POST")
		if p.status != statusActive {
			delete(links, "deactivate")
			links["activate"] = linkTo(self+"/lifecycle/activate", "POST")
		}
	}
	shown := map[string]any{
		"id": p.id, "status": p.status, "name": p.name, "priority": p.priority, "system": p.system,
		"conditions": o.policyConditions(p), "created": p.created, "lastUpdated": p.created, "_links": links, "type": p.kind,
	}
	if p.description != "" {
		shown["description"] = p.description
	}
	if settings := policySettings[p.kind]; settings != nil {
		shown["settings"] = settings
	}
	if p.kind == "ACCESS_POLICY" {
		links["mappings"] = linkTo(self+"/mappings", "GET", "POST")
		shown["_embedded"] = map[string]any{"resourceType": "APP"}
	}
	return shown
}

// policyConditions says whom a policy is for, nil where Okta has no conditions for its type.
func (s *state) policyConditions(p *policy) map[string]any {
	if p.kind != "OKTA_SIGN_ON" && p.kind != "PASSWORD" && p.kind != "MFA_ENROLL" {
		return nil
	}
	include := []string{}
	for _, g := range s.groups.rows {
		if name := g.name(); name == p.group || p.group == "" && g.id == s.everyone {
			include = append(include, g.id)
		}
	}
	conditions := map[string]any{"people": map[string]any{"groups": map[string]any{"include": include}}}
	if p.kind == "PASSWORD" {
		conditions["authProvider"] = map[string]any{"provider": "OKTA"}
	}
	return conditions
}

// policySettings are those of Okta's default policies, by type. Passwords are as [strongEnough] has them.
var policySettings = map[string]map[string]any{
	"PASSWORD": {
		"password": map[string]any{
			"complexity": map[string]any{
				"minLength": 8, "minLowerCase": 1, "minUpperCase": 1, "minNumber": 1, "minSymbol": 0, "excludeUsername": true,
				"dictionary": map[string]any{"common": map[string]any{"exclude": false}}, "excludeAttributes": []string{},
			},
			"age": map[string]any{"maxAgeDays": 0, "expireWarnDays": 0, "minAgeMinutes": 0, "historyCount": 1},
			"lockout": map[string]any{
				"maxAttempts": 10, "autoUnlockMinutes": 0, "userLockoutNotificationChannels": []string{},
				"showLockoutFailures": false,
			},
		},
		"recovery": map[string]any{"factors": map[string]any{
			"recovery_question": map[string]any{
				"status": "ACTIVE", "properties": map[string]any{"complexity": map[string]any{"minLength": 4}},
			},
			"okta_email": map[string]any{
				"status": "ACTIVE", "properties": map[string]any{"recoveryToken": map[string]any{"tokenLifetimeMinutes": 60}},
			},
			"okta_sms": map[string]any{"status": "INACTIVE"}, "okta_call": map[string]any{"status": "INACTIVE"},
		}},
		"delegation": map[string]any{"options": map[string]any{"skipUnlock": false}},
	},
	"MFA_ENROLL": {
		"type": "AUTHENTICATORS", "authenticators": []any{
			enrollment("okta_password", "REQUIRED"), enrollment("okta_verify", "OPTIONAL"),
			enrollment("phone_number", "OPTIONAL"), enrollment("security_question", "OPTIONAL"),
		},
	},
}

func enrollment(key, by string) map[string]any {
	return map[string]any{"key": key, "enroll": map[string]any{"self": by}}
}
