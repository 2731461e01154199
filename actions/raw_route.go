package actions

import "strings"

// rawRoute is the template of a path below /api/v1, which groups requests for rate limits and metrics: segments that
// are not words of Okta's own API stand for ids. The words bound how many templates there can be, and the templates of
// the operations come out as they are, so that both share what is known of a limit.
func rawRoute(segments []string) string {
	var route strings.Builder
	route.WriteString("/api/v1")
	for _, segment := range segments {
		route.WriteByte('/')
		if _, word := apiWords[segment]; !word {
			segment = "{id}"
		}
		route.WriteString(segment)
	}
	return route.String()
}

// apiWords are the fixed segments of the paths in Okta's OpenAPI document, save for me, which takes an id's place.
var apiWords = words(`
activate admin-notifications agentPools api-tokens app appLinks apps assignees associatedServers authenticators
authorizationServers background-image behaviors bindings blocks bounces brands bulk-delete bulk-upsert callback
captcha captchas catalog certificate change_password change_recovery_question claims clientPrivilegesSetting
clients clone configuration connections contacts credentials csrs current customizations customized deactivate
default default-content dependencies dependents device-assurances devices directories domains email
email-domains email-servers error eventHooks events execute expire_password expire_password_with_temp_password
extend factors favicon features first-party-app-settings forgot_password forgot_password_recovery_question
generate google grant grants group groups hideEndUserFooter hook-keys iam identity-sources idps inlineHooks ip
keyRotate keys layouts lifecycle linkedObjects logo logs logStream logStreams mappings members meta metadata
methods modify oauth2 office365 oktaCommunication oktaSupport operations optIn optOut org orgSettings owners
pages pause per-client permissions policies preferences preview principal-rate-limits privacy providers public
publish push-providers questions rate-limit-settings reactivate realm-assignments realms refresh remove-list
resend reset_factors reset_password resource-selectors resource-sets resources resume retry revoke risk roles
rules saml schemas scopes sections security-events-providers sessions settings showEndUserFooter sign-in
sign-out simulate sms ssf sso start-import stop stream subscribe subscriptions suspend targets templates test
themes thirdPartyAdminSetting threats tokens transactions trustedOrigins types uischemas unlock unsubscribe
unsuspend updates user users verify warning-threshold widget-versions zones
`)

func words(text string) map[string]struct{} {
	set := make(map[string]struct{})
	for word := range strings.FieldsSeq(text) {
		set[word] = struct{}{}
	}
	return set
}
