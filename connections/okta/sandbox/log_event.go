package sandbox

import "strings"

// eventJSON is a LogEvent as Okta documents it.
type eventJSON struct {
	UUID            string           `json:"uuid"`
	Published       stamp            `json:"published"`
	EventType       string           `json:"eventType"`
	Version         string           `json:"version"`
	Severity        string           `json:"severity"`
	LegacyEventType *string          `json:"legacyEventType"`
	DisplayMessage  string           `json:"displayMessage"`
	Actor           target           `json:"actor"`
	Client          eventClient      `json:"client"`
	Device          *struct{}        `json:"device"` // none is known to the org
	Outcome         eventOutcome     `json:"outcome"`
	Target          []target         `json:"target"`
	Transaction     eventTransaction `json:"transaction"`
	Debug           eventDebug       `json:"debugContext"`
	Authentication  eventSignIn      `json:"authenticationContext"`
	Security        eventSecurity    `json:"securityContext"`
	Request         eventRequest     `json:"request"`
}

type eventClient struct {
	UserAgent eventAgent `json:"userAgent"`
	Zone      string     `json:"zone"`
	Device    string     `json:"device"`
	ID        *string    `json:"id"`
	IPAddress string     `json:"ipAddress"`
	Place     *place     `json:"geographicalContext"`
}

type eventAgent struct {
	Raw     string `json:"rawUserAgent"`
	OS      string `json:"os"`
	Browser string `json:"browser"`
}

// place is where a client is.
type place struct {
	City       string      `json:"city"`
	State      string      `json:"state"`
	Country    string      `json:"country"`
	PostalCode string      `json:"postalCode"`
	Position   coordinates `json:"geolocation"`
}

type coordinates struct {
	Lat float64 `json:"lat"`
	Lon float64 `json:"lon"`
}

type eventOutcome struct {
	Result string  `json:"result"`
	Reason *string `json:"reason"`
}

type eventTransaction struct {
	Type   string `json:"type"`
	ID     string `json:"id"`
	Detail struct {
		APITokenID string `json:"requestApiTokenId,omitempty"`
	} `json:"detail"`
}

type eventDebug struct {
	Data map[string]any `json:"debugData"`
}

// eventSignIn leaves out what Okta's document allows no null for.
type eventSignIn struct {
	Step          int    `json:"authenticationStep"`
	RootSessionID string `json:"rootSessionId"`
	SessionID     string `json:"externalSessionId"`
}

type eventSecurity struct {
	ASNumber *int    `json:"asNumber"`
	ASOrg    *string `json:"asOrg"`
	ISP      *string `json:"isp"`
	Domain   *string `json:"domain"`
	IsProxy  *bool   `json:"isProxy"`
}

type eventRequest struct {
	IPChain []eventIP `json:"ipChain"`
}

type eventIP struct {
	IP      string  `json:"ip"`
	Place   *place  `json:"geographicalContext"`
	Version string  `json:"version"`
	Source  *string `json:"source"`
}

func newEventJSON(e *logEvent, from origin, h happening) eventJSON {
	what := eventKinds[h.event]
	j := eventJSON{
		UUID: e.uuid, Published: e.published, EventType: e.eventType, Version: "0", Severity: "INFO",
		LegacyEventType: absent(what.legacy), DisplayMessage: what.message,
		Actor: target{ID: from.who.id, Type: from.who.kind, AlternateID: from.who.login, DisplayName: from.who.name},
		Client: eventClient{
			UserAgent: newEventAgent(from.userAgent), Zone: "null", Device: "Computer", IPAddress: from.ip, Place: from.place,
		},
		Outcome:        eventOutcome{Result: "SUCCESS"},
		Target:         h.targets,
		Transaction:    eventTransaction{Type: "WEB", ID: from.requestID},
		Authentication: eventSignIn{RootSessionID: "trs" + e.uuid[:8], SessionID: "trs" + e.uuid[:8]},
		Request:        eventRequest{[]eventIP{{IP: from.ip, Place: from.place, Version: "V4"}}},
	}
	j.Transaction.Detail.APITokenID = from.by
	if h.reason != "" {
		j.Severity, j.Outcome = "WARN", eventOutcome{"FAILURE", &h.reason}
	}
	j.Debug.Data = map[string]any{"requestId": from.requestID, "requestUri": from.uri, "url": from.uri + "?"}
	for name, value := range h.debug {
		j.Debug.Data[name] = value
	}
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
func newEventAgent(raw string) eventAgent {
	agent := eventAgent{Raw: raw, OS: "Unknown", Browser: "UNKNOWN"}
	switch {
	case strings.Contains(raw, "iPhone"):
		agent.OS = "iOS"
	case strings.Contains(raw, "Mac OS X"):
		agent.OS = "Mac OS X"
	case strings.Contains(raw, "Windows NT"):
		agent.OS = "Windows"
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
	"user.mfa.factor.activate":   {"Activate factor for user", "core.user.factor.activate"},
	"user.mfa.factor.deactivate": {"Reset factor for user", "core.user.factor.deactivate"},
	"user.mfa.factor.reset_all":  {"Reset all factors for user", "core.user.factor.reset_all"},
	"policy.evaluate_sign_on":    {"Evaluation of sign-on policy", ""},

	"group.lifecycle.create":       {"Create Okta group", "core.user_group.create"},
	"group.profile.update":         {"Okta group profile update", "core.user_group.update"},
	"group.lifecycle.delete":       {"Delete Okta group", "core.user_group.delete"},
	"group.user_membership.add":    {"Add user to group membership", "core.user_group_member.user_add"},
	"group.user_membership.remove": {"Remove user from group membership", "core.user_group_member.user_remove"},

	"group.application_assignment.add":    {"Add assigned application to group", "core.user_group.app_add"},
	"group.application_assignment.remove": {"Remove assigned application from group", "core.user_group.app_remove"},

	"application.lifecycle.create":       {"Create application", "app.generic.lifecycle.create"},
	"application.lifecycle.delete":       {"Delete application", "app.generic.lifecycle.delete"},
	"application.lifecycle.activate":     {"Activate application", "app.generic.lifecycle.activate"},
	"application.lifecycle.deactivate":   {"Deactivate application", "app.generic.lifecycle.deactivate"},
	"application.user_membership.add":    {"Add user to application membership", "app.generic.assign_user"},
	"application.user_membership.update": {"Change user application membership", "app.generic.config.app_updated"},
	"application.user_membership.remove": {"Remove user's application membership", "app.generic.unassign_user"},

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
