package sandbox

import (
	"encoding/json"
	"hash/fnv"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
)

// The states of a user's life.
const (
	statusStaged          = "STAGED"
	statusProvisioned     = "PROVISIONED"
	statusActive          = "ACTIVE"
	statusRecovery        = "RECOVERY"
	statusPasswordExpired = "PASSWORD_EXPIRED"
	statusLockedOut       = "LOCKED_OUT"
	statusSuspended       = "SUSPENDED"
	statusDeprovisioned   = "DEPROVISIONED"
)

// user is a person of the org. A stored user is never changed: see [user.clone].
type user struct {
	userFields
	rendered atomic.Pointer[renderedUser]
}

type userFields struct {
	id, status, realmID, typeID                                                string
	created, activated, statusChanged, lastLogin, lastUpdated, passwordChanged stamp
	profile                                                                    map[string]any
	password                                                                   *password // nil: none
	question, answer                                                           string    // for recovery; empty: none
	providerType, providerName                                                 string
}

// renderedUser is a user in JSON as far as it is the same in every answer: links depend on the request.
type renderedUser struct {
	head        []byte // {"id":... up to the profile
	credentials []byte // ,"credentials":...
	etag        string
}

// clone returns a copy that may be changed and then put in place of u.
func (u *user) clone() *user {
	copied := &user{userFields: u.userFields}
	copied.profile = maps.Clone(u.profile)
	return copied
}

func (u *user) text(name string) string { s, _ := u.profile[name].(string); return s }
func (u *user) login() string           { return u.text("login") }
func (u *user) name() string {
	return strings.TrimSpace(u.text("firstName") + " " + u.text("lastName"))
}

func (u *user) maySignIn() bool { return u.status == statusActive || u.status == statusPasswordExpired }

func (u *user) person() oauthPerson {
	return oauthPerson{ID: u.id, Login: u.login(), Name: u.name(), Email: u.text("email")}
}

// attribute returns what u has under a name of the search syntax.
func (u *user) attribute(name string) any {
	if custom, ok := strings.CutPrefix(name, "profile."); ok {
		return u.profile[custom]
	}
	switch name {
	case "id":
		return u.id
	case "status":
		return u.status
	case "created":
		return u.created
	case "activated":
		return u.activated
	case "statusChanged":
		return u.statusChanged
	case "lastUpdated":
		return u.lastUpdated
	case "lastLogin":
		return u.lastLogin
	case "passwordChanged":
		return u.passwordChanged
	case "realmId":
		return u.realmID
	case "type.id":
		return u.typeID
	}
	return nil
}

// render returns u's JSON, made when it is first asked for.
func (u *user) render() *renderedUser {
	if r := u.rendered.Load(); r != nil {
		return r
	}
	profile := u.profile
	if _, has := profile["mobilePhone"]; !has || profile["secondEmail"] == nil { // Okta always names these two
		profile = maps.Clone(profile)
		for _, name := range []string{"mobilePhone", "secondEmail"} {
			if _, has := profile[name]; !has {
				profile[name] = nil
			}
		}
	}
	type id struct {
		ID string `json:"id"`
	}
	head, err := json.Marshal(struct {
		ID              string         `json:"id"`
		Status          string         `json:"status"`
		Created         stamp          `json:"created"`
		Activated       stamp          `json:"activated"`
		StatusChanged   stamp          `json:"statusChanged"`
		LastLogin       stamp          `json:"lastLogin"`
		LastUpdated     stamp          `json:"lastUpdated"`
		PasswordChanged stamp          `json:"passwordChanged"`
		RealmID         string         `json:"realmId,omitempty"`
		Type            id             `json:"type"`
		Profile         map[string]any `json:"profile"`
	}{
		u.id, u.status, u.created, u.activated, u.statusChanged, u.lastLogin, u.lastUpdated, u.passwordChanged,
		u.realmID,
		id{u.typeID},
		profile,
	})
	if err != nil {
		panic("sandbox: user: " + err.Error()) // only strings, stamps and what was decoded from JSON
	}
	r := &renderedUser{head: head[:len(head)-1], credentials: append([]byte(`,"credentials":`), u.credentialsJSON()...)}
	hash := fnv.New64a()
	_, _ = hash.Write(r.head)
	r.etag = `W/"` + strconv.FormatUint(hash.Sum64(), 16) + `"`
	u.rendered.Store(r)
	return r
}

// appendTo writes u as an element of a list, which has no link but self.
func (u *user) appendTo(b []byte, c *call) []byte {
	r := u.render()
	b = append(b, r.head...)
	if !c.omitsCredentials() {
		b = append(b, r.credentials...)
	}
	b = append(b, `,"_links":{"self":{"href":"`...)
	b = append(append(b, c.base()...), "/api/v1/users/"...)
	return append(append(b, u.id...), `"}}}`...)
}

// answerUser answers with u as a single object, with links to all that can be done with it now.
func (o *Org) answerUser(c *call, u *user) *apiError {
	r := u.render()
	b := c.buffer
	b = append(b, r.head...)
	if !c.omitsCredentials() {
		b = append(b, r.credentials...)
	}
	if c.query.Get("expand") == "blocks" {
		b = append(b, `,"_embedded":{"blocks":[]}`...)
	}
	c.answer = append(o.appendUserLinks(b, c, u), '}')
	if c.r.Method == http.MethodGet {
		c.head.Set("Etag", r.etag)
	}
	return nil
}

// omitsCredentials reports whether the request asks for users without their credentials, in Okta's odd place for it.
func (c *call) omitsCredentials() bool { return c.omits("omitCredentials") }

// omits reports whether the request's Content-Type names part among what an answer should lack.
func (c *call) omits(part string) bool {
	_, parts, _ := strings.Cut(c.r.Header.Get("Content-Type"), "okta-response=")
	return slices.Contains(splitList(strings.Trim(parts, `"`)), part)
}

// nextSteps are the operations that Okta offers in each state, by the names of their links.
var nextSteps = map[string][]string{
	statusStaged:      {"activate", "resetFactors"},
	statusProvisioned: {"suspend", "resetPassword", "reactivate", "resetFactors", "deactivate"},
	statusActive: {
		"suspend", "resetPassword", "forgotPassword", "expirePassword", "changeRecoveryQuestion", "resetFactors",
		"changePassword", "deactivate",
	},
	statusPasswordExpired: {
		"suspend", "resetPassword", "forgotPassword", "expirePassword", "changeRecoveryQuestion", "resetFactors",
		"changePassword", "deactivate",
	},
	statusRecovery:      {"suspend", "resetPassword", "reactivate", "resetFactors", "changePassword", "deactivate"},
	statusLockedOut:     {"unlock", "resetPassword", "resetFactors", "deactivate"},
	statusSuspended:     {"unsuspend", "deactivate"},
	statusDeprovisioned: {"activate", "delete"},
}

// credentialsSteps are those whose links omitCredentialsLinks leaves out.
var credentialsSteps = []string{
	"changePassword", "changeRecoveryQuestion", "forgotPassword", "resetPassword", "resetFactors", "unlock",
}

var stepPaths = map[string]string{ //nolint:gosec // paths, no passwords
	"activate": "/lifecycle/activate", "reactivate": "/lifecycle/reactivate", "deactivate": "/lifecycle/deactivate",
	"suspend": "/lifecycle/suspend", "unsuspend": "/lifecycle/unsuspend", "unlock": "/lifecycle/unlock",
	"resetPassword": "/lifecycle/reset_password", "expirePassword": "/lifecycle/expire_password",
	"resetFactors": "/lifecycle/reset_factors", "forgotPassword": "/credentials/forgot_password",
	"changePassword": "/credentials/change_password", "changeRecoveryQuestion": "/credentials/change_recovery_question",
}

// appendUserLinks writes _links by hand: a map of them would take longer than all the rest of the answer. Nothing in
// them needs escaping, for net/http refuses hosts with quotes.
func (o *Org) appendUserLinks(b []byte, c *call, u *user) []byte {
	base, brief := c.base(), c.omits("omitCredentialsLinks")
	write := func(parts ...string) {
		for _, part := range parts {
			b = append(b, part...)
		}
	}
	write(`,"_links":{"self":{"href":"`, base, "/api/v1/users/", u.id, `"},"type":{"href":"`, base,
		"/api/v1/meta/types/user/", u.typeID, `"},"schema":{"href":"`, base, "/api/v1/meta/schemas/user/",
		o.types.get(u.typeID).schemaID, `"}`)
	for _, step := range nextSteps[u.status] {
		if brief && slices.Contains(credentialsSteps, step) {
			continue
		}
		method := "POST"
		if step == "delete" {
			method = "DELETE"
		}
		write(`,"`, step, `":{"href":"`, base, "/api/v1/users/", u.id, stepPaths[step], `","method":"`, method, `"}`)
	}
	return append(b, '}')
}
