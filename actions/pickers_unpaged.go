package actions

import (
	"cmp"
	"context"

	"github.com/okta-connector/okta-connector/connections/okta"
	"github.com/okta-connector/okta-connector/runtime/connector"
)

// SelectEventHook offers event hooks by a part of their name or URL.
var SelectEventHook = connector.NewDataSource(
	connector.DataSourceInfo{
		Key:         "selectEventHook",
		Label:       hooksResource,
		Description: "Event hooks by a part of their name or URL.",
	},
	func(ctx context.Context, c *okta.Client, _ noInputs, s connector.Search) (connector.Options, error) {
		return chooseFrom(c.ListEventHooks(ctx), s.Query, func(h eventHook) connector.Option {
			return connector.Option{Key: h.ID, Label: withStatus(h.Name+" ("+h.Channel.Config.URI+")", h.Status)}
		})
	},
)

// SelectUserType offers user types by a part of their name.
var SelectUserType = connector.NewDataSource(
	connector.DataSourceInfo{
		Key:         "selectUserType",
		Label:       "User Types",
		Description: "User types by a part of their name.",
	},
	func(ctx context.Context, c *okta.Client, _ noInputs, s connector.Search) (connector.Options, error) {
		return chooseFrom(c.ListUserTypes(ctx), s.Query, func(t pickedUserType) connector.Option {
			label := t.DisplayName + " (" + t.Name + ")"
			if t.Default {
				label = t.DisplayName + " (default)"
			}
			return connector.Option{Key: t.ID, Label: label}
		})
	},
)

type pickedUserType struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	DisplayName string `json:"displayName"`
	Default     bool   `json:"default"`
}

// SelectUserFactor offers the factors of one user.
var SelectUserFactor = connector.NewDataSource(
	connector.DataSourceInfo{
		Key:         "selectUserFactor",
		Label:       "User Factors",
		Description: "The factors that a user has enrolled, by a part of their kind, phone number, address or device.",
	},
	func(ctx context.Context, c *okta.Client, in userIDRef, s connector.Search) (connector.Options, error) {
		return chooseFrom(c.ListFactors(ctx, in.UserID), s.Query, factorOption)
	},
)

type pickedFactor struct {
	ID       string `json:"id"`
	Type     string `json:"factorType"`
	Provider string `json:"provider"`
	Status   string `json:"status"`
	Profile  struct {
		PhoneNumber       string `json:"phoneNumber"`
		Email             string `json:"email"`
		QuestionText      string `json:"questionText"`
		Name              string `json:"name"`
		AuthenticatorName string `json:"authenticatorName"`
		CredentialID      string `json:"credentialId"`
	} `json:"profile"`
}

// factorNames are the factor types in a person's words.
var factorNames = map[string]string{
	"call":                "Voice call",
	"email":               "E-mail",
	"push":                "Okta Verify push",
	"question":            "Security question",
	"signed_nonce":        "Okta FastPass",
	"sms":                 "SMS",
	"token":               "Token",
	"token:hardware":      "Hardware token",
	"token:hotp":          "One-time code",
	"token:software:totp": "Authenticator app",
	"u2f":                 "Security key (U2F)",
	"web":                 "Duo",
	"webauthn":            "Security key or biometrics",
}

func factorOption(f pickedFactor) connector.Option {
	label := factorNames[f.Type]
	if label == "" {
		label = f.Type
	}
	if f.Type == "token:software:totp" && f.Provider == "GOOGLE" {
		label = "Google Authenticator"
	}
	p := f.Profile
	detail := cmp.Or(p.PhoneNumber, p.Email, p.QuestionText, p.Name, p.AuthenticatorName, p.CredentialID)
	if detail != "" {
		label += " (" + detail + ")"
	}
	return connector.Option{Key: f.ID, Label: withStatus(label, f.Status)}
}
