package sandbox

import (
	"cmp"
	"encoding/json"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"
)

// systemLog holds all events twice: in the order in which they became known, which polling queries follow, and in that
// of their published times, which bounded queries follow. Late events are why the two differ.
type systemLog struct {
	events      []*logEvent // events[i].seq == i
	byPublished []*logEvent
	grown       chan struct{} // closed and replaced when events are added
}

// logEvent is one event, in JSON as it is served.
type logEvent struct {
	seq             int
	uuid, eventType string
	persisted       time.Time
	published       stamp
	raw             json.RawMessage
}

// append adds an event that becomes known at persisted.
func (l *systemLog) append(e *logEvent) {
	e.seq = len(l.events)
	l.events = append(l.events, e)
	at, _ := slices.BinarySearchFunc(l.byPublished, e, (*logEvent).compare)
	l.byPublished = slices.Insert(l.byPublished, at, e)
	if l.grown != nil {
		close(l.grown)
		l.grown = nil
	}
}

// growth returns a channel that is closed when the next event is added.
func (l *systemLog) growth() <-chan struct{} {
	if l.grown == nil {
		l.grown = make(chan struct{})
	}
	return l.grown
}

// compare orders by published time, then by when the event became known.
func (e *logEvent) compare(other *logEvent) int {
	return cmp.Or(e.published.Compare(other.published.Time), cmp.Compare(e.seq, other.seq))
}

// happening is a change, or another thing that happened, for the System Log to tell.
type happening struct {
	event   string // type
	targets []target
	reason  string         // of a failure; empty: it succeeded
	debug   map[string]any // beside what comes from the request
	at      time.Time      // zero: now
}

// origin is who did something and from where.
type origin struct {
	who                               principal
	ip, userAgent, requestID, uri, by string // by: id of the API token
	place                             *place
}

// target is what an event was done to.
type target struct {
	ID          string         `json:"id"`
	Type        string         `json:"type"`
	AlternateID string         `json:"alternateId"`
	DisplayName string         `json:"displayName"`
	DetailEntry map[string]any `json:"detailEntry"`
}

func (u *user) target() target {
	return target{ID: u.id, Type: "User", AlternateID: u.login(), DisplayName: u.name()}
}

// origin describes the request for the System Log.
func (o *Org) origin(c *call) origin {
	ip, _, err := net.SplitHostPort(c.r.RemoteAddr)
	if err != nil {
		ip = c.r.RemoteAddr
	}
	from := origin{
		who: c.who, ip: ip, userAgent: c.r.UserAgent(), requestID: c.head.Get("X-Okta-Request-Id"), uri: c.r.URL.Path,
	}
	if c.who.ssws {
		from.by = o.tokenID()
	}
	return from
}

// tokenID is the id of the API token, which events name in place of the token.
func (o *Org) tokenID() string { return prefixAPIToken + o.orgID[len(prefixOrg):] }

// record writes h to the System Log.
func (o *Org) record(from origin, h happening) {
	at := h.at
	if at.IsZero() {
		at = time.Now()
	}
	at = at.UTC().Truncate(time.Millisecond)
	e := &logEvent{uuid: o.ids.uuid(), eventType: h.event, persisted: at, published: stamp{at}}
	var err error
	if e.raw, err = json.Marshal(newEventJSON(e, from, h)); err != nil {
		panic("sandbox: log event: " + err.Error()) // only strings and what was decoded from JSON
	}
	o.log.append(e)
}

// eventJSON is a LogEvent as Okta documents it.
type eventJSON struct {
	UUID            string         `json:"uuid"`
	Published       stamp          `json:"published"`
	EventType       string         `json:"eventType"`
	Version         string         `json:"version"`
	Severity        string         `json:"severity"`
	LegacyEventType *string        `json:"legacyEventType"`
	DisplayMessage  string         `json:"displayMessage"`
	Actor           target         `json:"actor"`
	Client          eventClient    `json:"client"`
	Outcome         eventOutcome   `json:"outcome"`
	Target          []target       `json:"target"`
	Transaction     map[string]any `json:"transaction"`
	DebugContext    map[string]any `json:"debugContext"`
	Authentication  map[string]any `json:"authenticationContext"`
	Security        map[string]any `json:"securityContext"`
	Request         map[string]any `json:"request"`
}

type eventClient struct {
	UserAgent *eventAgent `json:"userAgent"`
	Zone      *string     `json:"zone"`
	Device    string      `json:"device"`
	ID        *string     `json:"id"`
	IPAddress string      `json:"ipAddress"`
	Place     *place      `json:"geographicalContext"`
}

type eventAgent struct {
	Raw     string `json:"rawUserAgent"`
	OS      string `json:"os"`
	Browser string `json:"browser"`
}

type eventOutcome struct {
	Result string  `json:"result"`
	Reason *string `json:"reason"`
}

// place is where a client is.
type place struct {
	City        string             `json:"city"`
	State       string             `json:"state"`
	Country     string             `json:"country"`
	PostalCode  string             `json:"postalCode"`
	Geolocation map[string]float64 `json:"geolocation"`
}

func newEventJSON(e *logEvent, from origin, h happening) eventJSON {
	what := eventKinds[h.event]
	j := eventJSON{
		UUID: e.uuid, Published: e.published, EventType: e.eventType, Version: "0", Severity: "INFO",
		LegacyEventType: absent(what.legacy), DisplayMessage: what.message,
		Actor: target{
			ID: from.who.id, Type: from.who.kind, AlternateID: from.who.login, DisplayName: from.who.name,
		},
		Client: eventClient{
			UserAgent: newEventAgent(from.userAgent), Zone: absent("null"), Device: "Computer", IPAddress: from.ip, Place: from.place,
		},
		Outcome:        eventOutcome{Result: "SUCCESS"},
		Target:         h.targets,
		Transaction:    map[string]any{"type": "WEB", "id": from.requestID, "detail": map[string]any{}},
		Authentication: map[string]any{"authenticationStep": 0, "externalSessionId": "trs" + e.uuid[:8]},
		Security:       map[string]any{"asNumber": nil, "asOrg": nil, "isp": nil, "domain": nil, "isProxy": nil},
		Request: map[string]any{"ipChain": []any{map[string]any{
			"ip": from.ip, "geographicalContext": from.place, "version": "V4", "source": nil,
		}}},
	}
	if from.by != "" {
		j.Transaction["detail"] = map[string]any{"requestApiTokenId": from.by}
	}
	if h.reason != "" {
		j.Severity, j.Outcome = "WARN", eventOutcome{"FAILURE", &h.reason}
	}
	debug := map[string]any{"requestId": from.requestID, "requestUri": from.uri, "url": from.uri + "?"}
	for name, value := range h.debug {
		debug[name] = value
	}
	j.DebugContext = map[string]any{"debugData": debug}
	return j
}

// absent makes an empty text null.
func absent(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// newEventAgent makes out of a User-Agent header what Okta makes of it: for most programs, nothing.
func newEventAgent(raw string) *eventAgent {
	agent := &eventAgent{Raw: raw, OS: "Unknown", Browser: "UNKNOWN"}
	for mark, os := range map[string]string{"Mac OS X": "Mac OS X", "Windows NT": "Windows", "iPhone": "iOS"} {
		if strings.Contains(raw, mark) {
			agent.OS = os
		}
	}
	switch {
	case strings.Contains(raw, "Firefox/"):
		agent.Browser = "FIREFOX"
	case strings.Contains(raw, "Chrome/"):
		agent.Browser = "CHROME"
	case strings.Contains(raw, "Safari/"):
		agent.Browser = "SAFARI"
	}
	return agent
}

// eventKind is what the System Log says of a type of event.
type eventKind struct{ message, legacy string }

// eventKinds are the types that the org writes by itself.
var eventKinds = map[string]eventKind{
	"user.lifecycle.create":           {"Create okta user", "core.user.config.user_creation.success"},
	"user.lifecycle.activate":         {"Activate Okta user", "core.user.config.user_activated"},
	"user.lifecycle.reactivate":       {"Reactivate Okta user", ""},
	"user.lifecycle.deactivate":       {"Deactivate Okta user", "core.user.config.user_deactivated"},
	"user.lifecycle.suspend":          {"Suspend Okta user", "core.user.config.user_status.suspended"},
	"user.lifecycle.unsuspend":        {"Unsuspend Okta user", "core.user.config.user_status.unsuspended"},
	"user.lifecycle.delete.initiated": {"Delete Okta user initiated", "core.user.config.user_deletion.initiated"},
	"user.lifecycle.delete.completed": {"Delete Okta user completed", "core.user.config.user_deletion.completed"},

	"user.account.lock":                     {"Max sign in attempts exceeded", "core.user_auth.account_locked"},
	"user.account.unlock_by_admin":          {"Unlock user account by admin", "core.user.account.unlock.by_admin"},
	"user.account.update_profile":           {"Update user profile for Okta", "core.user.config.profile.update"},
	"user.account.update_password":          {"User update password for Okta", "core.user.config.password_update.success"},
	"user.account.reset_password":           {"User reset password for Okta", "core.user.config.password_reset.success"},
	"user.account.expire_password":          {"User expire password for Okta", ""},
	"user.account.update_secondary_email":   {"User update secondary email", ""},
	"user.account.update_recovery_question": {"User update recovery question", ""},

	"user.session.start":      {"User login to Okta", "core.user_auth.login_success"},
	"user.session.end":        {"User logout from Okta", "core.user_auth.logout_success"},
	"user.session.clear":      {"Clear user session", "core.user_auth.session_clear"},
	"user.authentication.sso": {"User single sign on to app", "app.auth.sso"},
	"user.authentication.auth_via_mfa": {
		"Authentication of user via MFA", "core.user.factor.attempt_success",
	},
	"user.mfa.factor.activate":   {"Activate factor or authenticator enrollment method for user", "core.user.factor.activate"},
	"user.mfa.factor.deactivate": {"Reset factor or authenticator enrollment method for user", "core.user.factor.deactivate"},
	"user.mfa.factor.reset_all":  {"Reset all factors for user", "core.user.factor.reset_all"},
	"policy.evaluate_sign_on":    {"Evaluation of sign-on policy", ""},

	"group.lifecycle.create":       {"Create Okta group", "core.user_group.create"},
	"group.profile.update":         {"Okta group profile update", "core.user_group.update"},
	"group.lifecycle.delete":       {"Delete Okta group", "core.user_group.delete"},
	"group.user_membership.add":    {"Add user to group membership", "core.user_group_member.user_add"},
	"group.user_membership.remove": {"Remove user from group membership", "core.user_group_member.user_remove"},

	"group.application_assignment.add":    {"Add assigned application to group", "core.user_group.app_assignment.add"},
	"group.application_assignment.remove": {"Remove assigned application from group", "core.user_group.app_assignment.remove"},

	"application.lifecycle.create":       {"Create application", "app.generic.lifecycle.create"},
	"application.lifecycle.delete":       {"Delete application", "app.generic.lifecycle.delete"},
	"application.lifecycle.activate":     {"Activate application", "app.generic.lifecycle.activate"},
	"application.lifecycle.deactivate":   {"Deactivate application", "app.generic.lifecycle.deactivate"},
	"application.user_membership.add":    {"Add user to application membership", "app.generic.provision.assign_user_to_app"},
	"application.user_membership.update": {"Change user application membership", "app.generic.config.app_updated"},
	"application.user_membership.remove": {"Remove user's application membership", "app.generic.provision.deassign_user_from_app"},

	"event_hook.created":     {"Event hook created", ""},
	"event_hook.updated":     {"Event hook updated", ""},
	"event_hook.activated":   {"Event hook activated", ""},
	"event_hook.deactivated": {"Event hook deactivated", ""},
	"event_hook.verified":    {"Event hook verified", ""},
	"event_hook.deleted":     {"Event hook deleted", ""},
	"realm.create":           {"Create realm", ""},
	"realm.update":           {"Update realm", ""},
	"realm.delete":           {"Delete realm", ""},
}

// injectEvents is POST /_sandbox/logs: an event or an array of them, kept as given and made whole where they are not.
// A published time in the past makes a late event: polling queries see it next, bounded ones in its place.
func (o *Org) injectEvents(w http.ResponseWriter, r *http.Request) {
	var body json.RawMessage
	if !readControl(w, r, &body) {
		return
	}
	given := make([]map[string]any, 1)
	var err error
	if len(body) > 0 && body[0] == '[' {
		err = json.Unmarshal(body, &given)
	} else {
		err = json.Unmarshal(body, &given[0])
	}
	if err != nil {
		refuseControl(w, err)
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	stored := make([]json.RawMessage, 0, len(given))
	for _, fields := range given {
		e, err := o.inject(fields)
		if err != nil {
			refuseControl(w, err)
			return
		}
		stored = append(stored, e.raw)
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(stored) // a client that has gone away needs no answer
}
