package console

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"

	"github.com/okta-connector/okta-connector/runtime"
)

// watcher is the subscription by which the sandbox's page shows what happens.
const (
	watcher         = "sandbox-live"
	watcherSchedule = "@every 1s"
	peopleShown     = 12
	groupsShown     = 8
)

// sandboxPage is the org in memory: its people and groups, and what happens in it.
type sandboxPage struct {
	Connection string
	Query      string
	People     []person
	Groups     []group
	Watching   bool
	Events     []eventItem
	Problem    *problem
}

type person struct {
	ID      string `json:"id"`
	Status  string `json:"status"`
	Profile struct {
		Login     string `json:"login"`
		FirstName string `json:"firstName"`
		LastName  string `json:"lastName"`
	} `json:"profile"`
}

// Moves are the buttons that make sense for somebody in this state.
func (p person) Moves() []move {
	switch p.Status {
	case "ACTIVE", "PASSWORD_EXPIRED", "RECOVERY":
		return []move{{"suspendUser", "Suspend"}, {"deactivateUser", "Deactivate"}}
	case "SUSPENDED":
		return []move{{"unsuspendUser", "Unsuspend"}, {"deactivateUser", "Deactivate"}}
	case "LOCKED_OUT":
		return []move{{"unlockUser", "Unlock"}}
	case "STAGED", "DEPROVISIONED":
		return []move{{"activateUser", "Activate"}, {"deleteUser", "Delete"}}
	case "PROVISIONED":
		return []move{{"reactivateUser", "Reactivate"}, {"deactivateUser", "Deactivate"}}
	}
	return nil
}

// move is an action that a button performs on somebody.
type move struct{ Action, Label string }

type group struct {
	ID      string `json:"id"`
	Profile struct {
		Name        string `json:"name"`
		Description string `json:"description"`
	} `json:"profile"`
	Type string `json:"type"`
}

func (c *console) sandbox(w http.ResponseWriter, r *http.Request) { c.showSandbox(w, r, nil) }

func (c *console) showSandbox(w http.ResponseWriter, r *http.Request, problem *problem) {
	p := sandboxPage{Connection: c.Sandbox, Query: strings.TrimSpace(r.FormValue("q")), Problem: problem}
	people := map[string]any{"limit": peopleShown}
	if p.Query != "" {
		people["q"] = p.Query
	} else {
		people["search"], people["sortBy"], people["sortOrder"] = "id pr", "lastUpdated", "desc"
	}
	err := c.inSandbox(r.Context(), "listUsers", people, &p.People)
	if err == nil {
		err = c.inSandbox(r.Context(), "listGroups", map[string]any{"limit": groupsShown}, &p.Groups)
	}
	if err == nil {
		err = c.watched(r.Context(), &p)
	}
	if err != nil {
		c.fail(w, r, err)
		return
	}
	c.render(w, r, http.StatusOK, "sandbox", page{Title: "Sandbox", Section: "sandbox", Data: p})
}

// watched fills in what the page's own subscription has seen, if there is one.
func (c *console) watched(ctx context.Context, p *sandboxPage) error {
	view, err := c.engine.Subscription(ctx, watcher)
	var none *runtime.NotFoundError
	if errors.As(err, &none) {
		return nil
	}
	if err != nil {
		return err
	}
	p.Watching = true
	p.Events, err = c.latestEvents(ctx, view, eventsShown)
	return err
}

// inSandbox performs an action on the org in memory and reads its answer.
func (c *console) inSandbox(ctx context.Context, action string, inputs map[string]any, into any) error {
	answer, err := c.engine.Invoke(ctx, runtime.Invocation{
		Action: action, Connection: runtime.ConnectionRef{Name: c.Sandbox}, Inputs: marshal(inputs),
	})
	if err != nil {
		return err
	}
	if into == nil {
		return nil
	}
	if err := json.Unmarshal(answer.Data, into); err != nil {
		return fmt.Errorf("sandbox: %s: %w", action, err)
	}
	return nil
}

// happen makes something happen in the org.
func (c *console) happen(w http.ResponseWriter, r *http.Request) {
	var err error
	notice := ""
	switch do := r.PostFormValue("do"); do {
	case "watch":
		_, _, err = c.engine.PutSubscription(r.Context(), watcher, marshal(map[string]any{
			"trigger": "newSystemLogs", "connection": c.Sandbox, "schedule": watcherSchedule,
		}), false)
	case "create":
		notice = "happened"
		err = c.inSandbox(r.Context(), "createUser", newPerson(), nil)
	case "join":
		notice = "happened"
		err = c.inSandbox(r.Context(), "addUserToGroup", map[string]any{
			"userId": r.PostFormValue("id"), "groupId": r.PostFormValue("group"),
		}, nil)
	case "suspendUser", "unsuspendUser", "unlockUser", "activateUser", "reactivateUser", "deactivateUser", "deleteUser":
		notice = "happened"
		err = c.inSandbox(r.Context(), do, map[string]any{"id": r.PostFormValue("id")}, nil)
	default:
		c.nothingHere(w, r)
		return
	}
	if err != nil {
		c.showSandbox(w, r, problemOf(err))
		return
	}
	done(w, r, "/sandbox", notice)
}

var (
	firstNames = strings.Fields("Ada Grace Alan Edsger Barbara Donald Margaret Dennis Frances Ken Radia Tim Hedy Joan")
	lastNames  = strings.Fields("Lovelace Hopper Turing Dijkstra Liskov Knuth Hamilton Ritchie Allen Thompson Clarke")
)

// newPerson makes somebody up.
func newPerson() map[string]any {
	first, last := firstNames[rand.IntN(len(firstNames))], lastNames[rand.IntN(len(lastNames))]
	login := fmt.Sprintf("%s.%s.%d@example.com", strings.ToLower(first), strings.ToLower(last), rand.IntN(100_000))
	return map[string]any{
		"login": login, "email": login, "firstName": first, "lastName": last,
		"password": fmt.Sprintf("Sand-%08d-box", rand.IntN(100_000_000)),
	}
}
