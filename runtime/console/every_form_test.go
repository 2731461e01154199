package console_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/okta-connector/okta-connector/runtime/connector"
	"github.com/okta-connector/okta-connector/schemas"
)

// TestEveryAction opens the form of each action, fills it from the manifest's example with ids that the org has, runs
// it, and reads the answer.
func TestEveryAction(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{})
	hooks := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = json.NewEncoder(w).Encode(map[string]string{"verification": r.Header.Get("X-Okta-Verification-Challenge")})
	}))
	t.Cleanup(hooks.Close)
	p := &props{site: s, hooks: hooks.URL}
	b := s.open()
	for _, action := range s.index.Actions {
		inputs := p.inputs(action)
		b.visit("/actions/" + action.Key + "?example=1&connection=sandbox")
		b.fillAll(action.Input.Fields(), inputs)
		b.click(`button.primary[value=run]`)
		if action.Annotations.Destructive {
			b.until(`document.querySelector('#confirm') || document.querySelector('.field.bad')`)
			require.Empty(t, b.text(".field.bad"), action.Key)
			b.click(`#confirm button.danger`)
		}
		b.until(`document.querySelector('#result [data-focus], .field.bad')`)
		require.Contains(t, b.text("#result h2"), "Done", "%s: %s", action.Key, b.text("main"))
	}
}

// props are what the examples need to exist.
type props struct {
	*site
	hooks string // answers Okta's one-time verification
	made  int
}

// inputs are the action's example, with what names something of the example's org replaced by something of this one.
func (p *props) inputs(action *connector.Action) map[string]any {
	var inputs map[string]any
	require.NoError(p.t, json.Unmarshal(action.Example.Inputs, &inputs))
	sources := map[string]string{}
	for _, f := range action.Input.Fields() {
		if f.Source != nil {
			sources[f.Name] = f.Source.Key
		}
	}
	user := p.person(action.Key)
	for name := range inputs {
		switch sources[name] {
		case "selectUser":
			inputs[name] = user
		case "selectGroup":
			id := p.group(action.Key, user)
			if _, list := inputs[name].([]any); list {
				inputs[name] = []any{id}
			} else {
				inputs[name] = id
			}
		case "selectApplication":
			inputs[name] = p.app(action.Key, user)
		case "selectEventHook":
			inputs[name] = p.hook(action.Key)
		case "selectUserFactor":
			inputs[name] = p.factor(user)
		case "selectRealm", "selectUserType", "selectPolicy":
			delete(inputs, name)
		}
	}
	p.special(action.Key, inputs)
	return inputs
}

// special replaces what an example says of its own org without a data source behind it.
func (p *props) special(key string, inputs map[string]any) {
	p.made++
	for _, name := range []string{"login", "email"} {
		if _, given := inputs[name]; given {
			inputs[name] = fmt.Sprintf("example-%d@example.com", p.made)
		}
	}
	switch key {
	case "createEventHook":
		inputs["eventHookUrl"] = p.hooks + "/new"
		delete(inputs, "eventHookFilter")
	case "deleteAllEventHooks":
		inputs["eventHookUrl"] = p.hooks + "/new"
	case "updateGroup":
		inputs["name"] = fmt.Sprintf("Renamed %d", p.made)
	case "createGroup":
		inputs["name"] = fmt.Sprintf("Made %d", p.made)
	case "getSystemLogs":
		delete(inputs, "since") // too long ago one day
	case "setUserPassword":
		inputs["oldPassword"], inputs["newPassword"] = "Sand-box-2026", "Other-box-2027"
	}
}

// person creates somebody in the state that an action needs.
func (p *props) person(key string) string {
	id := p.user()
	switch key {
	case "activateUser":
		p.invoke("deactivateUser", map[string]any{"id": id}, nil)
	case "reactivateUser":
		p.made++
		login := fmt.Sprintf("invited-%d@example.com", p.made)
		var user struct{ ID string }
		p.invoke("createUser", map[string]any{"login": login, "email": login, "firstName": "A", "lastName": "B"}, &user)
		return user.ID
	case "unsuspendUser":
		p.invoke("suspendUser", map[string]any{"id": id}, nil)
	case "unlockUser":
		var locked []struct{ ID string }
		p.invoke("listUsers", map[string]any{"search": `status eq "LOCKED_OUT"`}, &locked)
		require.NotEmpty(p.t, locked)
		return locked[0].ID
	}
	return id
}

func (p *props) group(key, user string) string {
	p.made++
	var group struct{ ID string }
	p.invoke("createGroup", map[string]any{"name": fmt.Sprintf("Group %d", p.made)}, &group)
	if key == "removeUserFromGroup" {
		p.invoke("addUserToGroup", map[string]any{"userId": user, "groupId": group.ID}, nil)
	}
	return group.ID
}

func (p *props) app(key, user string) string {
	var apps []struct{ ID string }
	p.invoke("listApplications", map[string]any{}, &apps)
	if strings.Contains(key, "ApplicationUserAssignment") {
		p.invoke("assignApplicationToUser", map[string]any{"applicationId": apps[0].ID, "userId": user}, nil)
	}
	return apps[0].ID
}

func (p *props) hook(key string) string {
	p.made++
	var hook struct{ ID string }
	p.invoke("createEventHook", map[string]any{
		"eventHookName": fmt.Sprintf("Hook %d", p.made), "eventHookUrl": fmt.Sprintf("%s/%d", p.hooks, p.made),
		"eventHookItems": []string{"user.lifecycle.create"},
	}, &hook)
	if key == "activateEventHook" {
		p.invoke("deactivateEventHook", map[string]any{"eventHookId": hook.ID}, nil)
	}
	return hook.ID
}

func (p *props) factor(user string) string {
	var factor struct{ ID string }
	p.invoke("rawRequest", map[string]any{
		"method": "POST", "url": "/users/" + user + "/factors",
		"data": map[string]any{
			"factorType": "question", "provider": "OKTA",
			"profile": map[string]string{"question": "disliked_food", "answer": "mayonnaise"},
		},
	}, &factor)
	return factor.ID
}

// fillAll puts inputs into the controls of a form, each as its kind is filled in.
func (b *tab) fillAll(fields []schemas.Field, inputs map[string]any) {
	b.t.Helper()
	for _, f := range fields {
		value, given := inputs[f.Name]
		control := fmt.Sprintf(`[name="in.%s"]`, f.Name)
		switch f.Kind {
		case schemas.KindBoolean:
			if given {
				b.check(control+"[type=checkbox]", value == true)
			}
		case schemas.KindKeyValue: // as the example filled it in
		case schemas.KindList:
			if list, ok := value.([]any); ok {
				b.fill(fmt.Sprintf("#in-%s-field .row input", f.Name), fmt.Sprint(list[0]))
			}
		case schemas.KindJSON:
			text := ""
			if given {
				text = toText(value)
			}
			b.fill(control, text)
		case schemas.KindDateTime:
			if !given {
				b.fill(control, "")
			}
		default:
			text := ""
			if given {
				text = strings.Trim(toText(value), `"`)
				if s, ok := value.(string); ok {
					text = s
				}
			}
			b.fill(control, text)
		}
	}
}

// check turns a switch on or off.
func (b *tab) check(selector string, on bool) {
	b.t.Helper()
	eval[bool](b, fmt.Sprintf(`(() => {
		const box = document.querySelector(%s)
		if (box.checked !== %t) box.click()
		return true
	})()`, quote(selector), on))
}

// TestEveryTrigger subscribes to each trigger through its form.
func TestEveryTrigger(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{})
	b := s.open()
	for _, trigger := range s.index.Triggers {
		id := "watch-" + trigger.Key
		b.visit("/subscriptions/new?trigger=" + trigger.Key + "&connection=sandbox")
		b.fill("#id", id)
		if trigger.Kind == connector.Webhook {
			b.fill("#in-eventHookItems-field .row input", "user.lifecycle.create")
		} else {
			b.fill("#sub-schedule", "0 9 * * MON")
			b.until(`document.querySelector('#schedule').innerText.includes('On Monday at 09:00')`)
		}
		b.click(`#form button.primary`)
		b.arrive("/subscriptions/" + id)
		require.Contains(t, b.text("main"), "active", "%s: %s", trigger.Key, b.text("main"))
		_, err := s.engine.Subscription(t.Context(), id)
		require.NoError(t, err)
	}
}

// TestEveryConnection stores each kind of connection through its form and tests it. The one that a person signs in for
// goes through the org's own page.
func TestEveryConnection(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{empty: true})
	c := s.org.Sandbox.Credentials()
	scopes := "okta.users.read"
	filled := map[string]map[string]any{
		"apiToken": {"apiToken": c.APIToken},
		"oauth2AuthorizationCode": {
			"clientId": c.WebClientID, "clientSecret": c.WebClientSecret, "scopes": "offline_access " + scopes,
		},
		"oauth2ClientCredentials": {
			"clientId": c.ClientID, "privateKey": c.PrivateKey, "keyId": c.KeyID, "scopes": scopes,
		},
	}
	b := s.open()
	for _, kind := range s.index.Connections {
		inputs := filled[kind.Key]
		inputs["oktaDomain"] = s.org.URL
		b.visit("/connections/new?key=" + kind.Key)
		b.fill("#name", kind.Key)
		b.fillAll(kind.Input.Fields(), inputs)
		b.click(`#form button.primary`)
		b.arrive("/connections/" + kind.Key)
		require.Contains(t, b.text("main"), "Saved.", kind.Key)
		if kind.Authorize {
			b.click(`form[action$="/sign-in"] button`)
			b.until(`location.origin === ` + quote(s.org.URL) + ` && document.querySelector('#login')`)
			b.fill("#login", s.admin(c.APIToken))
			b.click(`button[value=allow]`)
			b.arrive("/oauth/callback")
			require.Contains(t, b.text("main"), "Signed in")
			b.click(`main a.button`)
			b.arrive("/connections/" + kind.Key)
		}
		b.click(`form[action$="/test"] button`)
		b.until(`document.querySelector('#test [data-focus]')`)
		require.Contains(t, b.text("#test"), "It works", kind.Key)
	}
}

// admin is the login of the org's administrator.
func (s *site) admin(token string) string {
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, s.org.URL+"/api/v1/users/me", nil)
	require.NoError(s.t, err)
	req.Header.Set("Authorization", "SSWS "+token)
	res, err := http.DefaultClient.Do(req)
	require.NoError(s.t, err)
	defer res.Body.Close()
	var me struct{ Profile struct{ Login string } }
	require.NoError(s.t, json.NewDecoder(res.Body).Decode(&me))
	return me.Profile.Login
}
