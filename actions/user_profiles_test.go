package actions_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/okta-connector/okta-connector/actions"
	"github.com/okta-connector/okta-connector/connections/okta"
	"github.com/okta-connector/okta-connector/connections/okta/oktatest"
)

func TestCreateUser_Defaults(t *testing.T) {
	t.Parallel()
	org := newOrg(t)
	answer := mustInvoke(t, org.Client, actions.CreateUser,
		`{"login": "ada@example.com", "email": "ada@example.com", "firstName": "Ada", "lastName": "Lovelace"}`)
	require.Equal(t, []string{"POST /api/v1/users?activate=true&provider=false"}, org.Lines())
	require.JSONEq(t, `{"profile": {
		"login": "ada@example.com", "email": "ada@example.com", "firstName": "Ada", "lastName": "Lovelace", "locale": "en_US"
	}}`, string(org.Requests()[0].Body))
	require.Equal(t, "PROVISIONED", answer.object(t)["status"])
}

func TestCreateUser_EveryInput(t *testing.T) {
	t.Parallel()
	org := newOrg(t)
	group := mustInvoke(t, org.Client, actions.ListGroups, `{"filter": "type eq \"OKTA_GROUP\""}`).list(t)[0]["id"]
	realm := mustInvoke(t, org.Client, actions.ListRealms, `{}`).list(t)[0]["id"]
	userType := mustInvoke(t, org.Client, actions.ListUserTypes, `{}`).list(t)[0]["id"]
	org.Forget()
	answer := mustInvoke(t, org.Client, actions.CreateUser, fmt.Sprintf(`{
		"login": "ada@example.com", "email": "ada@example.com", "department": "Engineering", "employeeNumber": 1815,
		"locale": "en_GB", "firstName": "Ada", "lastName": "Lovelace", "mobilePhone": "+1-555-415-1337",
		"password": "Engine-No-1843", "question": "First computer?", "answer": "Analytical Engine",
		"providerType": "OKTA", "providerName": "OKTA", "groupIds": [%q], "realmId": %q, "type": %q,
		"nextLogin": "changePassword", "provider": "true", "activate": true,
		"profileExtraInputs": "{\"costCenter\": \"CC-42\", \"title\": null}"
	}`, group, realm, userType))
	require.Equal(t, []string{"POST /api/v1/users?activate=true&nextLogin=changePassword&provider=true"}, org.Lines())
	require.JSONEq(t, fmt.Sprintf(`{
		"profile": {
			"login": "ada@example.com", "email": "ada@example.com", "department": "Engineering", "employeeNumber": "1815",
			"locale": "en_GB", "firstName": "Ada", "lastName": "Lovelace", "mobilePhone": "+1-555-415-1337",
			"costCenter": "CC-42", "title": null
		},
		"credentials": {
			"password": {"value": "Engine-No-1843"},
			"recovery_question": {"question": "First computer?", "answer": "Analytical Engine"},
			"provider": {"type": "OKTA", "name": "OKTA"}
		},
		"groupIds": [%q], "realmId": %q, "type": {"id": %q}
	}`, group, realm, userType), string(org.Requests()[0].Body))
	require.Equal(t, "PASSWORD_EXPIRED", answer.object(t)["status"])
}

func TestCreateUser_DuplicateLogin(t *testing.T) {
	t.Parallel()
	org := newOrg(t)
	addUser(t, org, "ada@example.com")
	_, err := invoke(t, org.Client, actions.CreateUser,
		`{"login": "ada@example.com", "email": "ada@example.com", "firstName": "Ada", "lastName": "Lovelace"}`)
	requireRefusal(t, err, 400, okta.CodeValidation)
	require.Len(t, org.Lines(), 1, "a refusal is no reason to look the user up")
}

// Custom attributes keep their types on the way to Okta.
func TestCreateUser_ExtraAttributesAreSentAsTyped(t *testing.T) {
	t.Parallel()
	org := echoing(t)
	mustInvoke(t, org.Client(t, "token"), actions.CreateUser, `{
		"login": "a@example.com", "email": "a@example.com", "locale": "",
		"profileExtraInputs": {
			"text": "42", "number": 42.50, "big": 12345678901234567890, "flag": false, "list": ["a", "b"], "none": null
		}
	}`)
	var body struct{ Profile map[string]json.RawMessage }
	require.NoError(t, json.Unmarshal(org.Requests()[0].Body, &body))
	for name, literal := range map[string]string{
		"text": `"42"`, "number": `42.50`, "big": `12345678901234567890`,
		"flag": `false`, "list": `["a","b"]`, "none": `null`,
	} {
		require.Equal(t, literal, string(body.Profile[name]), name) // digit for digit
	}
}

// Null and an empty text say that an input is not set: the choice is left to Okta, whose defaults are the same.
func TestCreateUser_NullActivateIsNotSent(t *testing.T) {
	t.Parallel()
	org := echoing(t)
	mustInvoke(t, org.Client(t, "token"), actions.CreateUser, `{
		"login": "a@example.com", "email": "a@example.com", "activate": null, "provider": "",
		"password": "Tr0ub4dor&3", "nextLogin": "changePassword"
	}`)
	require.Equal(t, []string{"POST /api/v1/users?nextLogin=changePassword"}, org.Lines())
}

func TestCreateUser_Hash(t *testing.T) {
	t.Parallel()
	org := echoing(t)
	const hash = `{
		"algorithm": "BCRYPT", "workFactor": 10,
		"salt": "rwh3vH166HCH/NT9XV5FYu", "value": "qaMqvAPULkbiQzkTCWo5XDcvzpk8Tna"
	}`
	mustInvoke(t, org.Client(t, "token"), actions.CreateUser,
		`{"login": "a@example.com", "email": "a@example.com", "locale": null, "hashPassword": `+hash+`}`)
	require.JSONEq(t, `{
		"profile": {"login": "a@example.com", "email": "a@example.com"}, "credentials": {"password": {"hash": `+hash+`}}
	}`, string(org.Requests()[0].Body))
}

func TestCreateUser_Rules(t *testing.T) {
	t.Parallel()
	groups := strings.TrimSuffix(strings.Repeat(`"00g1", `, 21), ", ")
	for name, tt := range map[string]struct {
		inputs string
		fields []string
	}{
		"password and hash": {
			`"password": "x", "hashPassword": {"algorithm": "MD5", "value": "eA=="}`, []string{"/hashPassword"},
		},
		"a hash is an object":     {`"hashPassword": "$2a$10$abc"`, []string{"/hashPassword"}},
		"a hash has an algorithm": {`"hashPassword": {}`, []string{"/hashPassword/algorithm", "/hashPassword/value"}},
		"an unknown algorithm": {
			`"hashPassword": {"algorithm": "SCRYPT", "value": "x"}`, []string{"/hashPassword/algorithm"},
		},
		"what BCRYPT needs": {
			`"hashPassword": {"algorithm": "BCRYPT", "value": "x"}`, []string{"/hashPassword/workFactor", "/hashPassword/salt"},
		},
		"a BCRYPT salt": {
			`"hashPassword": {"algorithm": "BCRYPT", "value": "x", "salt": "short", "workFactor": 10}`,
			[]string{"/hashPassword/salt"},
		},
		"too much work": {
			`"hashPassword": {"algorithm": "BCRYPT", "value": "x", "salt": "rwh3vH166HCH/NT9XV5FYu", "workFactor": 21}`,
			[]string{"/hashPassword/workFactor"},
		},
		"what PBKDF2 needs": {
			`"hashPassword": {"algorithm": "PBKDF2", "value": "x", "iterationCount": 4095}`,
			[]string{"/hashPassword/iterationCount"},
		},
		"all that PBKDF2 needs": {
			`"hashPassword": {"algorithm": "PBKDF2", "value": "x"}`,
			[]string{
				"/hashPassword/salt", "/hashPassword/iterationCount", "/hashPassword/keySize", "/hashPassword/digestAlgorithm",
			},
		},
		"the order of a salt": {
			`"hashPassword": {"algorithm": "SHA-1", "value": "x", "salt": "y"}`, []string{"/hashPassword/saltOrder"},
		},
		"a question without answer":  {`"question": "Why?"`, []string{"/answer"}},
		"an answer without question": {`"answer": "Because"`, []string{"/question"}},
		"too many groups":            {`"groupIds": [` + groups + `]`, []string{"/groupIds"}},
		"a login without activation": {
			`"nextLogin": "changePassword", "password": "x", "activate": false`, []string{"/nextLogin"},
		},
		"a login without password": {`"nextLogin": "changePassword"`, []string{"/nextLogin"}},
		"an attribute twice": {
			`"department": "A", "profileExtraInputs": {"department": "B", "login": "c", "title": "D"}`,
			[]string{"/profileExtraInputs/department", "/profileExtraInputs/login"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inputs := `{"login": "a@example.com", "email": "a@example.com", ` + tt.inputs + `}`
			require.Equal(t, tt.fields, refusedFields(t, actions.CreateUser, inputs))
		})
	}
}

// A default is not an input that somebody set: it gives way to an extra attribute.
func TestCreateUser_ExtraLocaleReplacesTheDefault(t *testing.T) {
	t.Parallel()
	org := echoing(t)
	mustInvoke(t, org.Client(t, "token"), actions.CreateUser,
		`{"login": "a@example.com", "email": "a@example.com", "profileExtraInputs": {"locale": "de_DE"}}`)
	require.JSONEq(t, `{"profile": {"login": "a@example.com", "email": "a@example.com", "locale": "de_DE"}}`,
		string(org.Requests()[0].Body))
	require.Equal(t, []string{"/profileExtraInputs/locale"}, refusedFields(t, actions.CreateUser,
		`{"login": "a@example.com", "email": "a@example.com", "locale": "fr_FR", "profileExtraInputs": {"locale": "de_DE"}}`))
}

// lossy is an org that creates a user and loses the answer. What it tells of the user afterwards is found.
func lossy(found string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			panic(http.ErrAbortHandler)
		}
		if found == "" {
			w.WriteHeader(http.StatusNotFound)
			_, _ = w.Write([]byte(`{"errorCode": "E0000007", "errorSummary": "Not found"}`))
			return
		}
		_, _ = w.Write([]byte(found))
	})
}

func TestCreateUser_LostAnswer(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		login string
		ago   time.Duration
		found string // where it is not a user
		ours  bool
	}{
		"the user was created just now":    {login: "Ada@example.com", ours: true},
		"the user was there before":        {login: "ada@example.com", ago: time.Minute},
		"a shortname finds somebody else":  {login: "ada@example.com.au"},
		"the user was not created":         {},
		"the look-up answers with no user": {found: `[]`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			found := tt.found
			if tt.login != "" {
				created := time.Now().Add(-tt.ago).UTC().Format("2006-01-02T15:04:05.000Z")
				found = fmt.Sprintf(`{"id":"00u1","created":%q,"profile":{"login":%q}}`, created, tt.login)
			}
			org := oktatest.Serve(t, lossy(found))
			answer, err := invoke(t, org.Client(t, "token"), actions.CreateUser,
				`{"login": "ada@example.com", "email": "ada@example.com"}`)
			require.Equal(t, []string{
				"POST /api/v1/users?activate=true&provider=false", "GET /api/v1/users/ada@example.com",
			}, org.Lines(), "a create is never repeated")
			if tt.ours {
				require.NoError(t, err)
				require.JSONEq(t, found, string(answer.Data))
				return
			}
			var lost *okta.NetworkError
			require.ErrorAs(t, err, &lost, "the first failure decides")
			require.Equal(t, http.MethodPost, lost.Method)
		})
	}
}

func TestCreateUser_LostAnswerOfASandbox(t *testing.T) {
	t.Parallel()
	org := newOrg(t)
	org.Fault(t, oktatest.Fault{Method: http.MethodPost, Path: "/api/v1/users", Drop: true, Processed: true})
	answer := mustInvoke(t, org.Client, actions.CreateUser,
		`{"login": "ada@example.com", "email": "ada@example.com", "firstName": "Ada", "lastName": "Lovelace"}`).object(t)
	require.Equal(t, "ada@example.com", answer["profile"].(map[string]any)["login"])
	require.Len(t, org.Lines(), 2)
}

func TestUpdateUser_SendsOnlyWhatIsSet(t *testing.T) {
	t.Parallel()
	org := newOrg(t)
	id := addUser(t, org, "ada@example.com", `"locale": "en_GB"`, `"department": "Mathematics"`, `"mobilePhone": "+44"`)
	answer := mustInvoke(t, org.Client, actions.UpdateUser, fmt.Sprintf(
		`{"id": %q, "department": "Engineering", "employeeNumber": "", "profileExtraInputs": {"mobilePhone": null}}`, id))
	require.Equal(t, []string{"POST /api/v1/users/" + id}, org.Lines(), "a PUT would empty the rest")
	require.JSONEq(t, `{"profile": {"department": "Engineering", "mobilePhone": null}}`, string(org.Requests()[0].Body))
	profile := answer.object(t)["profile"].(map[string]any)
	require.Equal(t, "Engineering", profile["department"])
	require.Equal(t, "en_GB", profile["locale"], "the suggested locale is never applied")
	require.Nil(t, profile["mobilePhone"])
	require.Equal(t, "Ada", profile["firstName"])
}

func TestUpdateUser_EveryInput(t *testing.T) {
	t.Parallel()
	org := echoing(t)
	mustInvoke(t, org.Client(t, "token"), actions.UpdateUser, `{
		"id": "00u1", "login": "b@example.com", "email": "b@example.com", "department": "D", "employeeNumber": "7",
		"locale": "de_DE", "firstName": "F", "lastName": "L", "mobilePhone": "1", "password": "P", "question": "Q",
		"answer": "A", "realmId": "guo1", "profileExtraInputs": {"nickName": "N"}
	}`)
	require.JSONEq(t, `{
		"profile": {
			"login": "b@example.com", "email": "b@example.com", "department": "D", "employeeNumber": "7",
			"locale": "de_DE", "firstName": "F", "lastName": "L", "mobilePhone": "1", "nickName": "N"
		},
		"credentials": {"password": {"value": "P"}, "recovery_question": {"question": "Q", "answer": "A"}},
		"realmId": "guo1"
	}`, string(org.Requests()[0].Body))
}

func TestUpdateUser_ClashesOnlyWithWhatIsSet(t *testing.T) {
	t.Parallel()
	require.Equal(t, []string{"/profileExtraInputs/department"}, refusedFields(t, actions.UpdateUser,
		`{"id": "00u1", "department": "A", "profileExtraInputs": {"department": null}}`))
	_, err := actions.UpdateUser.Bind(json.RawMessage(
		`{"id": "00u1", "department": "", "profileExtraInputs": {"department": null}}`))
	require.NoError(t, err)
}

func TestUpdateUser_RefusedByOkta(t *testing.T) {
	t.Parallel()
	org := newOrg(t)
	id := addUser(t, org, "ada@example.com")
	_, err := invoke(t, org.Client, actions.UpdateUser,
		fmt.Sprintf(`{"id": %q, "profileExtraInputs": {"noSuchAttribute": 1}}`, id))
	requireRefusal(t, err, 400, okta.CodeValidation)
	require.Contains(t, err.Error(), "noSuchAttribute", "the cause says which")
}
