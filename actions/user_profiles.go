package actions

import (
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/okta-connector/okta-connector/connections/okta"
	"github.com/okta-connector/okta-connector/runtime/connector"
	"github.com/okta-connector/okta-connector/schemas"
)

type employmentInputs struct {
	Department     string `json:"department" title:"Department" example:"Engineering" doc:"The department the user works in."`
	EmployeeNumber string `json:"employeeNumber" title:"Employee Number" example:"1815" doc:"The number the organisation knows the user by."`
}

type personInputs struct {
	FirstName   string `json:"firstName" title:"First Name" example:"Ada" doc:"The given name. Most orgs want one for a new user."`
	LastName    string `json:"lastName" title:"Last Name" example:"Lovelace" doc:"The family name. Most orgs want one for a new user."`
	MobilePhone string `json:"mobilePhone" title:"Mobile Phone" example:"+1-555-415-1337" doc:"The number of the mobile phone."`
}

type realmInput struct {
	RealmID string `json:"realmId" title:"Realm ID" source:"selectRealm" doc:"The realm the user belongs to, in orgs that have realms."`
}

type extraProfileInput struct {
	ProfileExtraInputs schemas.Object `json:"profileExtraInputs" title:"Profile Extra Attributes" example:"{\"title\": \"Analyst\", \"costCenter\": \"CC-42\"}" doc:"More profile attributes by their variable names, the org's custom ones included, each of the type it has in Okta: text, number, true or false, a list. null empties an attribute. What is set in an input of its own must not be here too."`
}

// checkExtra refuses attributes that an input has set too.
func (in extraProfileInput) checkExtra(profile map[string]any) schemas.Invalid {
	var bad schemas.Invalid
	for name := range profile {
		if _, twice := in.ProfileExtraInputs[name]; twice {
			bad.Add(schemas.Pointer("profileExtraInputs", name), "is set by the input of that name already")
		}
	}
	slices.SortFunc(bad, func(a, b schemas.FieldError) int { return strings.Compare(a.Pointer, b.Pointer) })
	return bad
}

// with adds the extra attributes to a profile and returns it.
func (in extraProfileInput) with(profile map[string]any) map[string]any {
	for name, value := range in.ProfileExtraInputs {
		profile[name] = value
	}
	return profile
}

// setOnly makes an object of name, value pairs, without those that are not set.
func setOnly(pairs ...string) map[string]any {
	object := make(map[string]any)
	for pair := range slices.Chunk(pairs, 2) {
		if pair[1] != "" {
			object[pair[0]] = pair[1]
		}
	}
	return object
}

const defaultLocale = "en_US"

type createUser struct {
	Login string `json:"login" title:"Login" required:"true" example:"ada@example.com" doc:"The name to sign in with, unique in the org. An e-mail address unless the org says otherwise."`
	Email string `json:"email" title:"Email" required:"true" example:"ada@example.com" doc:"The primary e-mail address."`
	employmentInputs
	Locale string `json:"locale" title:"Locale" default:"en_US" doc:"Language and region for dates, numbers and currency: a two-letter ISO 639-1 language, an underscore, a two-letter ISO 3166-1 country."`
	personInputs
	credentialInputs
	ProviderName string   `json:"providerName" title:"Provider Name" example:"corp.example.com" doc:"The name of the provider of Provider Type, such as the directory's domain."`
	ProviderType string   `json:"providerType" title:"Provider Type" options:"ACTIVE_DIRECTORY=Active Directory,FEDERATION=Federation,IMPORT=Import,LDAP=LDAP,OKTA=Okta,SOCIAL=Social" doc:"Who checks the user's password. Takes effect together with Provider; Okta itself when not set."`
	GroupIDs     []string `json:"groupIds" title:"Group IDs" source:"selectGroup" example:"00g1emaKYZTWRYYRRTSK" doc:"Groups to make the user a member of from the start, at most 20."`
	realmInput
	Type      string `json:"type" title:"Type" source:"selectUserType" example:"oty1rae7kVbUuO1Xk0h8" doc:"The id of the user type, which decides the profile's attributes; the org's default type when not set. Not the profile's userType."`
	NextLogin string `json:"nextLogin" title:"Next Login" options:"changePassword=Change password" showWhen:"activate=true" doc:"Make the password expired, so that the user must choose a new one at the first sign-in. Needs Activate and a password."`
	Provider  *bool  `json:"provider" title:"Provider" default:"false" doc:"Create the user with the authentication provider of Provider Type and Provider Name."`
	Activate  *bool  `json:"activate" title:"Activate" default:"true" doc:"Activate the user at once: with a password the account is ready, without one Okta mails the user an activation link. Off leaves the user STAGED and sends no mail."`
	extraProfileInput
}

func (in *createUser) profile() map[string]any {
	profile := setOnly("login", in.Login, "email", in.Email,
		"department", in.Department, "employeeNumber", in.EmployeeNumber, "locale", in.Locale,
		"firstName", in.FirstName, "lastName", in.LastName, "mobilePhone", in.MobilePhone)
	if _, extra := in.ProfileExtraInputs["locale"]; extra && in.Locale == defaultLocale {
		delete(profile, "locale") // a default gives way to what somebody wrote
	}
	return profile
}

// CheckEach adds what Okta would refuse with E0000093.
func (in *createUser) CheckEach() schemas.Invalid {
	bad := in.credentialInputs.CheckEach()
	if len(in.GroupIDs) > 20 {
		bad.Add("/groupIds", "must have at most 20 items")
	}
	return bad
}

// Check holds the rules between the inputs that Okta would refuse with E0000001, E0000124 or E0000125.
func (in *createUser) Check() schemas.Invalid {
	bad := in.checkCredentials()
	if in.NextLogin != "" && in.Activate != nil && !*in.Activate {
		bad.Add("/nextLogin", "needs Activate: a user who is not activated cannot sign in")
	}
	if in.NextLogin != "" && in.Password == "" && in.HashPassword == nil {
		bad.Add("/nextLogin", "needs a password that can expire")
	}
	return append(bad, in.checkExtra(in.profile())...)
}

func (in *createUser) query() url.Values {
	query := queryOf("nextLogin", in.NextLogin)
	for name, choice := range map[string]*bool{"activate": in.Activate, "provider": in.Provider} {
		if choice != nil { // not set, Okta's default holds, which is ours
			query.Set(name, strconv.FormatBool(*choice))
		}
	}
	return query
}

func (in *createUser) body() map[string]any {
	body := setOnly("realmId", in.RealmID)
	body["profile"] = in.with(in.profile())
	credentials := in.credentials()
	if provider := setOnly("type", in.ProviderType, "name", in.ProviderName); len(provider) > 0 {
		credentials["provider"] = provider
	}
	if len(credentials) > 0 {
		body["credentials"] = credentials
	}
	if len(in.GroupIDs) > 0 {
		body["groupIds"] = in.GroupIDs
	}
	if in.Type != "" {
		body["type"] = map[string]string{"id": in.Type}
	}
	return body
}

// CreateUser creates a user.
var CreateUser = connector.NewAction(
	connector.ActionInfo{
		Key:   "createUser",
		Label: "Create User",
		Description: "Creates a user and, unless Activate is off, activates them. When the answer is lost on the way, the " +
			"user is looked up by login before an error is reported.",
		Group:  "Users",
		Output: schemas.User(),
		Example: example(`{
			"login": "ada@example.com",
			"email": "ada@example.com",
			"firstName": "Ada",
			"lastName": "Lovelace",
			"department": "Engineering",
			"employeeNumber": "1815",
			"groupIds": ["00g1emaKYZTWRYYRRTSK"],
			"profileExtraInputs": {"title": "Analyst"}
		}`, userExample),
		Scopes:  []string{usersManage},
		Repeats: connector.RepeatsReconciled,
	},
	func(ctx context.Context, c *okta.Client, in createUser) (connector.Result, error) {
		began := time.Now()
		user, err := c.CreateUser(ctx, in.query(), in.body())
		if err != nil && okta.OutcomeUnknown(err) {
			if created := createdSince(ctx, c, in.Login, began); created != nil {
				return connector.Result{Data: created}, nil
			}
		}
		return answer(user, err)
	},
)

// createdSince returns the user with the login if it was created since then, nil if not or if that cannot be told.
// Okta's timestamps and the clock difference both have a resolution of a second.
func createdSince(ctx context.Context, c *okta.Client, login string, began time.Time) json.RawMessage {
	raw, err := c.GetUser(ctx, login, "")
	if err != nil {
		return nil
	}
	var user struct {
		Created time.Time `json:"created"`
		Profile struct {
			Login string `json:"login"`
		} `json:"profile"`
	}
	if json.Unmarshal(raw, &user) != nil || !strings.EqualFold(user.Profile.Login, login) { // a shortname finds others
		return nil
	}
	skew, _ := c.Skew()
	if user.Created.Before(began.Add(skew - 2*time.Second)) {
		return nil
	}
	return raw
}

type updateUser struct {
	userRef
	Login string `json:"login" title:"Login" example:"ada.king@example.com" doc:"A new name to sign in with."`
	Email string `json:"email" title:"Email" example:"ada.king@example.com" doc:"A new primary e-mail address."`
	employmentInputs
	Locale string `json:"locale" title:"Locale" suggestion:"en_US" doc:"Language and region for dates, numbers and currency: a two-letter ISO 639-1 language, an underscore, a two-letter ISO 3166-1 country. Unchanged when not set."`
	personInputs
	credentialInputs
	realmInput
	extraProfileInput
}

// Nulls lists the attributes that a form can offer to empty. Those that every user has are not among them.
func (updateUser) Nulls() map[string][]string {
	return map[string][]string{
		"profileExtraInputs": {"department", "employeeNumber", "locale", "firstName", "lastName", "mobilePhone"},
	}
}

func (in *updateUser) profile() map[string]any {
	return setOnly("login", in.Login, "email", in.Email,
		"department", in.Department, "employeeNumber", in.EmployeeNumber, "locale", in.Locale,
		"firstName", in.FirstName, "lastName", in.LastName, "mobilePhone", in.MobilePhone)
}

// Check holds the rules between the inputs.
func (in *updateUser) Check() schemas.Invalid {
	return append(in.checkCredentials(), in.checkExtra(in.profile())...)
}

func (in *updateUser) body() map[string]any {
	body := setOnly("realmId", in.RealmID)
	if profile := in.with(in.profile()); len(profile) > 0 {
		body["profile"] = profile
	}
	if credentials := in.credentials(); len(credentials) > 0 {
		body["credentials"] = credentials
	}
	return body
}

// UpdateUser changes what is given and leaves the rest of the user alone: Okta's POST, never its PUT. It has no
// defaults, since a default would be written over what each user has.
var UpdateUser = connector.NewAction(
	connector.ActionInfo{
		Key:   "updateUser",
		Label: "Update User",
		Description: "Changes the profile, the credentials or the realm of a user. Only what is set is changed. To empty an " +
			"attribute, give it as null in Profile Extra Attributes.",
		Group:  "Users",
		Output: schemas.User(),
		Example: example(
			`{"id": "00ub0oNGTSWTBKOLGLNR", "department": "Engineering", "profileExtraInputs": {"mobilePhone": null}}`,
			userExample,
		),
		Scopes:      []string{usersManage},
		Annotations: connector.Annotations{Idempotent: true},
	},
	func(ctx context.Context, c *okta.Client, in updateUser) (connector.Result, error) {
		return answer(c.UpdateUser(ctx, in.ID, in.body()))
	},
)
