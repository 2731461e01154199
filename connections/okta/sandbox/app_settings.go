package sandbox

import "strings"

// linkName is what the application's one button on a dashboard is called: those of Okta's catalog say login.
func (a *app) linkName() string {
	if a.signOn == signOnOIDC || a.signOn == signOnAuto {
		return a.name + "_link"
	}
	return "login"
}

// universalLogout says that nobody has switched it on, where the application knows a protocol for it at all.
func (a *app) universalLogout() map[string]any {
	if a.signOn != signOnOIDC && a.signOn != signOnSAML {
		return map[string]any{"status": "UNSUPPORTED"}
	}
	return map[string]any{
		"status": "DISABLED", "supportType": "FULL", "identityStack": "NOT_SHARED", "protocol": "GLOBAL_TOKEN_REVOCATION",
	}
}

func (a *app) credentials() map[string]any {
	credentials := map[string]any{
		"userNameTemplate": map[string]any{"template": "${source.login}", "type": "BUILT_IN"}, "signing": map[string]any{},
	}
	if a.kid != "" {
		credentials["signing"] = map[string]any{"kid": a.kid}
	}
	switch a.signOn {
	case signOnOIDC:
		credentials["oauthClient"] = map[string]any{
			"autoKeyRotation": true, "client_id": a.id, "pkce_required": false,
			"token_endpoint_auth_method": "client_secret_basic",
		}
	case signOnAuto, signOnPlugin:
		credentials["scheme"], credentials["revealPassword"] = a.scheme, false
	}
	return credentials
}

func (a *app) allSettings() map[string]any {
	settings := map[string]any{
		"app": a.settings, "manualProvisioning": false, "implicitAssignment": false,
		"notifications": map[string]any{"vpn": map[string]any{
			"network": map[string]any{"connection": "DISABLED"}, "message": nil, "helpUrl": nil,
		}},
		"notes": map[string]any{"admin": nil, "enduser": nil}, "emOptInStatus": "NONE",
	}
	switch a.signOn {
	case signOnOIDC:
		site, _ := a.settings["url"].(string)
		settings["oauthClient"] = map[string]any{
			"client_uri": site, "logo_uri": nil, "redirect_uris": []string{site + "/oauth2/callback"},
			"response_types": []string{"code"}, "grant_types": []string{"authorization_code"}, "application_type": "web",
			"consent_method": "TRUSTED", "issuer_mode": "ORG_URL", "wildcard_redirect": "DISABLED", "participate_slo": false,
			"dpop_bound_access_tokens": false,
			"idp_initiated_login":      map[string]any{"mode": "DISABLED", "default_scope": []string{}},
		}
	case signOnSAML:
		settings["signOn"] = samlSignOn("https://" + strings.ReplaceAll(a.name, "_", "-") + "." + domain)
	case signOnAuto:
		settings["signOn"] = map[string]any{"loginUrl": "https://ports." + domain + "/login", "redirectUrl": ""}
	}
	return settings
}

// samlSignOn is how an administrator would fill in the form for an application at site.
func samlSignOn(site string) map[string]any {
	acs := site + "/saml/acs"
	return map[string]any{
		"defaultRelayState": nil, "ssoAcsUrlOverride": nil, "audienceOverride": nil, "recipientOverride": nil,
		"destinationOverride": nil, "attributeStatements": []any{},
		"ssoAcsUrl": acs, "recipient": acs, "destination": acs, "audience": site,
		"idpIssuer": "http://www.okta.com/${org.externalKey}", "spIssuer": nil,
		"subjectNameIdTemplate": "${user.userName}",
		"subjectNameIdFormat":   "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress",
		"authnContextClassRef":  "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport",
		"responseSigned":        true, "assertionSigned": true,
		"signatureAlgorithm": "RSA_SHA256", "digestAlgorithm": "SHA256",
		"honorForceAuthn": true, "requestCompressed": false, "samlSignedRequestEnabled": false,
		"assertionEncryption":       map[string]any{"enabled": false},
		"allowMultipleAcsEndpoints": false, "acsEndpoints": []any{}, "inlineHooks": []any{},
		"slo": map[string]any{"enabled": false},
	}
}
