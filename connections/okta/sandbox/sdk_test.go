package sandbox_test

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/okta/okta-sdk-golang/v5/okta"
	"github.com/stretchr/testify/require"

	"github.com/okta-connector/okta-connector/connections/okta/sandbox"
)

// sdk is Okta's own Go SDK, unmodified, with the sandbox for its org.
type sdk struct {
	*okta.APIClient
	org *sandbox.Org
}

// serveToSDK starts an org and returns it with a transport that reaches it: the SDK loses the port of an org's URL, so
// its connections are led to the org whatever they are for.
func serveToSDK(t *testing.T) (*sandbox.Org, *http.Client) {
	t.Helper()
	org, err := sandbox.New(sandbox.Options{Users: 25, Groups: 3, Apps: 8, LogEvents: 20})
	require.NoError(t, err)
	server := httptest.NewServer(org)
	t.Cleanup(server.Close)
	transport := &http.Transport{DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, server.Listener.Addr().String())
	}}
	t.Cleanup(transport.CloseIdleConnections)
	return org, &http.Client{Transport: transport}
}

func newSDKClient(t *testing.T, client *http.Client, credential ...okta.ConfigSetter) *okta.APIClient {
	t.Helper()
	config, err := okta.NewConfiguration(append([]okta.ConfigSetter{
		okta.WithOrgUrl("http://larkspur.test"), okta.WithTestingDisableHttpsCheck(true),
		okta.WithHttpClientPtr(client), okta.WithCache(false),
	}, credential...)...)
	require.NoError(t, err)
	return okta.NewAPIClient(config)
}

// newSDK signs in with the administrator's API token.
func newSDK(t *testing.T) sdk {
	t.Helper()
	org, client := serveToSDK(t)
	return sdk{newSDKClient(t, client, okta.WithToken(org.Credentials().APIToken)), org}
}

// addUser creates an active user.
func (s sdk) addUser(t *testing.T, login string) *okta.User {
	t.Helper()
	profile := okta.NewUserProfile()
	profile.SetLogin(login)
	profile.SetEmail(login)
	profile.SetFirstName("Ada")
	profile.SetLastName("Lovelace")
	request := okta.NewCreateUserRequest(*profile)
	request.Credentials = okta.NewUserCredentials()
	request.Credentials.Password = okta.NewPasswordCredential()
	request.Credentials.Password.SetValue("Engine-No-1843")
	user, _, err := s.UserAPI.CreateUser(t.Context()).Body(*request).Execute()
	require.NoError(t, err)
	require.Equal(t, "ACTIVE", user.GetStatus())
	return user
}

// drain reads a list to its end, by the SDK's own paging.
func drain[T any](t *testing.T, execute func() ([]T, *okta.APIResponse, error)) (all []T, pages int) {
	t.Helper()
	all, response, err := execute()
	require.NoError(t, err)
	for pages = 1; response.HasNextPage(); pages++ {
		var page []T
		response, err = response.Next(&page)
		require.NoError(t, err)
		all = append(all, page...)
		require.Less(t, pages, 100, "the list does not end")
	}
	return all, pages
}

func requireSDKRefusal(t *testing.T, response *okta.APIResponse, err error, status int, code string) {
	t.Helper()
	require.Error(t, err)
	require.Equal(t, status, response.StatusCode)
	var envelope okta.Error
	require.NoError(t, json.NewDecoder(response.Body).Decode(&envelope))
	require.Equal(t, code, envelope.GetErrorCode())
	require.NotEmpty(t, envelope.GetErrorId())
}

func TestOktaSDK_Users(t *testing.T) {
	t.Parallel()
	s := newSDK(t)
	users := s.UserAPI
	id := s.addUser(t, "ada@example.com").GetId()

	profile := okta.NewUserProfile()
	profile.SetDepartment("Engines")
	profile.AdditionalProperties = map[string]any{"noSuchAttribute": 1}
	change := okta.NewUpdateUserRequest()
	change.Profile = profile
	_, response, err := users.UpdateUser(t.Context(), id).User(*change).Execute()
	requireSDKRefusal(t, response, err, http.StatusBadRequest, "E0000001")
	profile.AdditionalProperties = nil
	_, _, err = users.UpdateUser(t.Context(), id).User(*change).Execute()
	require.NoError(t, err)
	got, _, err := users.GetUser(t.Context(), "ada@example.com").Execute()
	require.NoError(t, err)
	require.Equal(t, id, got.GetId())
	require.Equal(t, "Engines", got.Profile.GetDepartment())
	require.Equal(t, "Ada", got.Profile.GetFirstName())

	passwords := okta.NewChangePasswordRequest()
	passwords.OldPassword, passwords.NewPassword = okta.NewPasswordCredential(), okta.NewPasswordCredential()
	passwords.OldPassword.SetValue("Engine-No-1843")
	passwords.NewPassword.SetValue("Engine-No-1871")
	_, _, err = users.ChangePassword(t.Context(), id).ChangePasswordRequest(*passwords).Execute()
	require.NoError(t, err)
	_, err = users.RevokeUserSessions(t.Context(), id).OauthTokens(true).Execute()
	require.NoError(t, err)

	_, err = users.SuspendUser(t.Context(), id).Execute()
	require.NoError(t, err)
	_, err = users.UnsuspendUser(t.Context(), id).Execute()
	require.NoError(t, err)
	_, err = users.DeactivateUser(t.Context(), id).Execute()
	require.NoError(t, err)
	activation, _, err := users.ActivateUser(t.Context(), id).SendEmail(false).Execute()
	require.NoError(t, err)
	require.NotEmpty(t, activation.GetActivationToken())

	for range 2 { // the first deactivates, the second deletes
		_, err = users.DeleteUser(t.Context(), id).Execute()
		require.NoError(t, err)
	}
	_, response, err = users.GetUser(t.Context(), id).Execute()
	requireSDKRefusal(t, response, err, http.StatusNotFound, "E0000007")
}

func TestOktaSDK_PagesThroughLists(t *testing.T) {
	t.Parallel()
	s := newSDK(t)
	list := s.UserAPI.ListUsers(t.Context())
	all, pages := drain(t, list.Search("status pr").Limit(7).Execute)
	require.Len(t, all, 25)
	require.Equal(t, 4, pages)
	seen := make(map[string]bool)
	for _, user := range all {
		seen[user.GetId()] = true
	}
	require.Len(t, seen, 25, "nobody twice")

	groups, pages := drain(t, s.GroupAPI.ListGroups(t.Context()).Limit(2).Execute)
	require.Len(t, groups, 3)
	require.Equal(t, 2, pages)
	apps, pages := drain(t, s.ApplicationAPI.ListApplications(t.Context()).Limit(3).Execute)
	require.Len(t, apps, 8)
	require.Equal(t, 3, pages)
}

func TestOktaSDK_Groups(t *testing.T) {
	t.Parallel()
	s := newSDK(t)
	groups := s.GroupAPI
	group := okta.NewGroup()
	group.Profile = okta.NewGroupProfile()
	group.Profile.SetName("Analysts")
	made, _, err := groups.CreateGroup(t.Context()).Group(*group).Execute()
	require.NoError(t, err)
	require.Equal(t, "OKTA_GROUP", made.GetType())
	_, response, err := groups.CreateGroup(t.Context()).Group(*group).Execute()
	requireSDKRefusal(t, response, err, http.StatusBadRequest, "E0000001")

	group.Profile.SetDescription("Of engines")
	_, _, err = groups.ReplaceGroup(t.Context(), made.GetId()).Group(*group).Execute()
	require.NoError(t, err)
	got, _, err := groups.GetGroup(t.Context(), made.GetId()).Execute()
	require.NoError(t, err)
	require.Equal(t, "Of engines", got.Profile.GetDescription())

	members := map[string]bool{}
	for _, login := range []string{"ada@example.com", "bob@example.com", "cyd@example.com"} {
		id := s.addUser(t, login).GetId()
		members[id] = true
		_, err = groups.AssignUserToGroup(t.Context(), made.GetId(), id).Execute()
		require.NoError(t, err)
	}
	listed, pages := drain(t, groups.ListGroupUsers(t.Context(), made.GetId()).Limit(2).Execute)
	require.Len(t, listed, 3)
	require.Equal(t, 2, pages)
	for _, member := range listed {
		require.True(t, members[member.GetId()])
		_, err = groups.UnassignUserFromGroup(t.Context(), made.GetId(), member.GetId()).Execute()
		require.NoError(t, err)
	}
	of, _, err := s.UserAPI.ListUserGroups(t.Context(), listed[0].GetId()).Execute()
	require.NoError(t, err)
	require.Len(t, of, 1)
	require.Equal(t, "BUILT_IN", of[0].GetType())
	_, err = groups.DeleteGroup(t.Context(), made.GetId()).Execute()
	require.NoError(t, err)
	_, response, err = groups.GetGroup(t.Context(), made.GetId()).Execute()
	requireSDKRefusal(t, response, err, http.StatusNotFound, "E0000007")
}

func TestOktaSDK_Applications(t *testing.T) {
	t.Parallel()
	s := newSDK(t)
	apps, _, err := s.ApplicationAPI.ListApplications(t.Context()).Execute()
	require.NoError(t, err)
	kinds := map[string]string{}
	for _, app := range apps {
		var common okta.Application
		raw, err := json.Marshal(app)
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(raw, &common))
		kinds[common.GetSignOnMode()] = common.GetId()
		_, _, err = s.ApplicationAPI.GetApplication(t.Context(), common.GetId()).Execute()
		require.NoError(t, err, "an app that signs on by %s", common.GetSignOnMode())
	}
	require.GreaterOrEqual(t, len(kinds), 4, "apps of many kinds, each read into a type of its own: %v", kinds)

	user, app := s.addUser(t, "ada@example.com").GetId(), kinds["SAML_2_0"]
	require.NotEmpty(t, app)
	assignments := s.ApplicationUsersAPI
	made, _, err := assignments.AssignUserToApplication(t.Context(), app).
		AppUser(*okta.NewAppUserAssignRequest(user)).Execute()
	require.NoError(t, err)
	require.Equal(t, user, made.GetId())
	links, _, err := s.UserAPI.ListAppLinks(t.Context(), user).Execute()
	require.NoError(t, err)
	require.Len(t, links, 1)
	require.Equal(t, app, links[0].AdditionalProperties["appInstanceId"], "the SDK's type has no field for it")
	got, _, err := assignments.GetApplicationUser(t.Context(), app, user).Expand("user").Execute()
	require.NoError(t, err)
	require.Equal(t, "USER", got.GetScope())
	_, err = assignments.UnassignUserFromApplication(t.Context(), app, user).Execute()
	require.NoError(t, err)
	_, response, err := assignments.GetApplicationUser(t.Context(), app, user).Execute()
	requireSDKRefusal(t, response, err, http.StatusNotFound, "E0000007")
}

func TestOktaSDK_EventHooks(t *testing.T) {
	t.Parallel()
	s := newSDK(t)
	hooks := s.EventHookAPI
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = json.NewEncoder(w).Encode(map[string]string{
			"verification": r.Header.Get("X-Okta-Verification-Challenge"),
		})
	}))
	t.Cleanup(receiver.Close)
	made, _, err := hooks.CreateEventHook(t.Context()).EventHook(*okta.NewEventHook(
		*okta.NewEventHookChannel(*okta.NewEventHookChannelConfig(receiver.URL), "HTTP", "1.0.0"),
		*okta.NewEventSubscriptions([]string{"user.lifecycle.create"}, "EVENT_TYPE"), "Joiners",
	)).Execute()
	require.NoError(t, err)
	require.Equal(t, "UNVERIFIED", made.GetVerificationStatus())
	id := made.GetId()
	verified, _, err := hooks.VerifyEventHook(t.Context(), id).Execute()
	require.NoError(t, err)
	require.Equal(t, "VERIFIED", verified.GetVerificationStatus())
	all, _, err := hooks.ListEventHooks(t.Context()).Execute()
	require.NoError(t, err)
	require.Len(t, all, 1)
	_, err = hooks.DeleteEventHook(t.Context(), id).Execute()
	require.Error(t, err, "active hooks stay")
	_, _, err = hooks.DeactivateEventHook(t.Context(), id).Execute()
	require.NoError(t, err)
	_, _, err = hooks.ActivateEventHook(t.Context(), id).Execute()
	require.NoError(t, err)
	_, _, err = hooks.DeactivateEventHook(t.Context(), id).Execute()
	require.NoError(t, err)
	_, err = hooks.DeleteEventHook(t.Context(), id).Execute()
	require.NoError(t, err)
	_, response, err := hooks.GetEventHook(t.Context(), id).Execute()
	requireSDKRefusal(t, response, err, http.StatusNotFound, "E0000007")
}

func TestOktaSDK_SystemLog(t *testing.T) {
	t.Parallel()
	s := newSDK(t)
	before := time.Now().Add(-time.Minute)
	id := s.addUser(t, "ada@example.com").GetId()
	events, _, err := s.SystemLogAPI.ListLogEvents(t.Context()).Since(before).Until(time.Now().Add(time.Minute)).
		Filter(`eventType eq "user.lifecycle.create"`).SortOrder("ASCENDING").Execute()
	require.NoError(t, err)
	created := events[len(events)-1]
	require.Equal(t, "user.lifecycle.create", created.GetEventType())
	require.Equal(t, id, created.GetTarget()[0].GetId())
	outcome := created.GetOutcome()
	require.Equal(t, "SUCCESS", outcome.GetResult())

	list := s.SystemLogAPI.ListLogEvents(t.Context()).Since(before.AddDate(0, 0, -7)).Until(time.Now())
	all, pages := drain(t, list.Limit(6).Execute)
	require.GreaterOrEqual(t, len(all), 20)
	require.GreaterOrEqual(t, pages, 4)
}

func TestOktaSDK_PoliciesRealmsTypes(t *testing.T) {
	t.Parallel()
	s := newSDK(t)
	for _, kind := range []string{"PASSWORD", "OKTA_SIGN_ON", "MFA_ENROLL", "ACCESS_POLICY", "PROFILE_ENROLLMENT"} {
		policies, _, err := s.PolicyAPI.ListPolicies(t.Context()).Type_(kind).Execute()
		require.NoError(t, err, kind)
		require.NotEmpty(t, policies, kind)
	}
	types, _, err := s.UserTypeAPI.ListUserTypes(t.Context()).Execute()
	require.NoError(t, err)
	require.Equal(t, "user", types[0].AdditionalProperties["name"])

	realm := okta.NewCreateRealmRequest()
	realm.Profile = okta.NewRealmProfile("Partners")
	made, _, err := s.RealmAPI.CreateRealm(t.Context()).Body(*realm).Execute()
	require.NoError(t, err)
	found, _, err := s.RealmAPI.ListRealms(t.Context()).Search(`profile.name eq "Partners"`).Execute()
	require.NoError(t, err)
	require.Len(t, found, 1)
	require.Equal(t, made.GetId(), found[0].GetId())
	_, err = s.RealmAPI.DeleteRealm(t.Context(), made.GetId()).Execute()
	require.NoError(t, err)
}

func TestOktaSDK_Factors(t *testing.T) {
	t.Parallel()
	s := newSDK(t)
	user := s.addUser(t, "ada@example.com").GetId()
	question := okta.NewUserFactorSecurityQuestion()
	question.FactorType = "question"
	question.SetProvider("OKTA")
	question.Profile = okta.NewUserFactorSecurityQuestionProfile()
	question.Profile.SetQuestion("favorite_toy")
	question.Profile.SetAnswer("difference engine")
	_, _, err := s.UserFactorAPI.EnrollFactor(t.Context(), user).
		Body(okta.UserFactorSecurityQuestionAsListFactors200ResponseInner(question)).Execute()
	require.NoError(t, err)
	factors, _, err := s.UserFactorAPI.ListFactors(t.Context(), user).Execute()
	require.NoError(t, err)
	require.Len(t, factors, 1)
	enrolled := factors[0].UserFactorSecurityQuestion
	require.NotNil(t, enrolled)
	_, err = s.UserFactorAPI.UnenrollFactor(t.Context(), user, enrolled.GetId()).Execute()
	require.NoError(t, err)
	factors, _, err = s.UserFactorAPI.ListFactors(t.Context(), user).Execute()
	require.NoError(t, err)
	require.Empty(t, factors)
}

// TestOktaSDK_ServiceApps: the SDK gets its tokens as it does from Okta, the DPoP handshake included, and signs each
// call with a proof of its own where the app demands it.
func TestOktaSDK_ServiceApps(t *testing.T) {
	t.Parallel()
	org, client := serveToSDK(t)
	credentials := org.Credentials()
	for _, id := range []string{credentials.ClientID, credentials.DPoPClientID} {
		service := newSDKClient(t, client,
			okta.WithAuthorizationMode("PrivateKey"), okta.WithClientId(id), okta.WithScopes([]string{"okta.users.read"}),
			okta.WithPrivateKey(credentials.PrivateKey), okta.WithPrivateKeyId(credentials.KeyID))
		for range 2 {
			users, _, err := service.UserAPI.ListUsers(t.Context()).Limit(5).Execute()
			require.NoError(t, err)
			require.Len(t, users, 5)
		}
		_, response, err := service.GroupAPI.ListGroups(t.Context()).Execute()
		require.Error(t, err, "a scope that the token has not")
		require.Equal(t, http.StatusForbidden, response.StatusCode)
	}
}
