package actions

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"strings"

	"github.com/okta-connector/okta-connector/connections/okta"
	"github.com/okta-connector/okta-connector/runtime/connector"
)

// pickerLimit is how many choices a picker gets at a time: more than a person reads, few enough to come quickly.
const pickerLimit = "50"

// noInputs is for data sources that depend on nothing but the org.
type noInputs struct{}

// choose makes the first of pages a page of choices.
func choose[T any](pages iter.Seq2[okta.Page, error], option func(T) connector.Option) (connector.Options, error) {
	for page, err := range pages {
		if err != nil {
			return connector.Options{}, err
		}
		items, err := optionsOf(page.Items, option)
		return connector.Options{Items: items, NextCursor: page.Next.After()}, err
	}
	return connector.Options{}, nil
}

func optionsOf[T any](items []json.RawMessage, option func(T) connector.Option) ([]connector.Option, error) {
	options := make([]connector.Option, len(items))
	for i, raw := range items {
		var item T
		if err := json.Unmarshal(raw, &item); err != nil {
			return nil, fmt.Errorf("choices: %w", err)
		}
		options[i] = option(item)
	}
	return options, nil
}

// chooseFrom keeps the choices whose label or key holds the text, of a list that Okta neither searches nor pages.
func chooseFrom[T any](
	pages iter.Seq2[okta.Page, error], text string, option func(T) connector.Option,
) (connector.Options, error) {
	all, err := choose(pages, option)
	if err != nil {
		return connector.Options{}, err
	}
	found := connector.Options{Items: []connector.Option{}}
	for _, o := range all.Items {
		if strings.Contains(strings.ToLower(o.Label+"\n"+o.Key), strings.ToLower(text)) {
			found.Items = append(found.Items, o)
		}
	}
	return found, nil
}

// quote writes a string of Okta's expression language.
func quote(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text) + `"`
}

// withStatus adds a status to a label unless it is the one that goes without saying.
func withStatus(label, status string) string {
	if status == "" || status == "ACTIVE" {
		return label
	}
	return label + " [" + status + "]"
}

// SelectUser offers users by the beginning of their names, login or e-mail address.
var SelectUser = connector.NewDataSource(
	connector.DataSourceInfo{
		Key:   "selectUser",
		Label: "Users",
		Description: "Users by the beginning of first name, last name, login or e-mail address, several words together, or by id. " +
			"Deactivated users are found when searched for.",
	},
	func(ctx context.Context, c *okta.Client, _ noInputs, s connector.Search) (connector.Options, error) {
		query := queryOf("search", userSearch(s.Query), "after", s.Cursor, "limit", pickerLimit)
		return choose(c.ListUsers(ctx, query), userOption)
	},
)

// maxPickerWords bounds the search that a pasted text becomes.
const maxPickerWords = 5

// userSearch asks for users of whom every word begins one of their names.
func userSearch(text string) string {
	words := strings.Fields(text)
	words = words[:min(len(words), maxPickerWords)]
	for i, word := range words {
		w := quote(word)
		words[i] = "(profile.firstName sw " + w + " or profile.lastName sw " + w + " or profile.login sw " + w +
			" or profile.email sw " + w + " or id eq " + w + ")"
	}
	return strings.Join(words, " and ")
}

type pickedUser struct {
	ID      string `json:"id"`
	Status  string `json:"status"`
	Profile struct {
		FirstName string `json:"firstName"`
		LastName  string `json:"lastName"`
		Login     string `json:"login"`
	} `json:"profile"`
}

func userOption(u pickedUser) connector.Option {
	label := strings.TrimSpace(u.Profile.FirstName + " " + u.Profile.LastName)
	if label == "" {
		label = u.Profile.Login
	} else {
		label += " (" + u.Profile.Login + ")"
	}
	return connector.Option{Key: u.ID, Label: withStatus(label, u.Status)}
}

// SelectGroup offers groups by the beginning of their name.
var SelectGroup = connector.NewDataSource(
	connector.DataSourceInfo{
		Key:         "selectGroup",
		Label:       groupsResource,
		Description: "Groups by the beginning of their name, or by id. Groups that an app or Okta itself fills say so.",
	},
	func(ctx context.Context, c *okta.Client, _ noInputs, s connector.Search) (connector.Options, error) {
		query := queryOf("search", groupSearch(s.Query), "after", s.Cursor, "limit", pickerLimit)
		return choose(c.ListGroups(ctx, query), groupOption)
	},
)

// groupSearch asks for groups whose name begins so; "" for all.
func groupSearch(text string) string {
	if text = strings.TrimSpace(text); text == "" {
		return ""
	}
	return "profile.name sw " + quote(text) + " or id eq " + quote(text)
}

type pickedGroup struct {
	ID      string `json:"id"`
	Type    string `json:"type"`
	Profile struct {
		Name string `json:"name"`
	} `json:"profile"`
}

func groupOption(g pickedGroup) connector.Option {
	label := g.Profile.Name
	switch g.Type {
	case "APP_GROUP":
		label += " (from an app)"
	case "BUILT_IN":
		label += " (built in)"
	}
	return connector.Option{Key: g.ID, Label: label}
}

// SelectApplication offers app instances by the beginning of their name or label.
var SelectApplication = connector.NewDataSource(
	connector.DataSourceInfo{
		Key:         "selectApplication",
		Label:       appsResource,
		Description: "App instances by the beginning of their label or name.",
	},
	func(ctx context.Context, c *okta.Client, _ noInputs, s connector.Search) (connector.Options, error) {
		query := queryOf("q", strings.TrimSpace(s.Query), "after", s.Cursor, "limit", pickerLimit)
		return choose(c.ListApplications(ctx, query), appOption)
	},
)

type pickedApp struct {
	ID     string `json:"id"`
	Label  string `json:"label"`
	Status string `json:"status"`
}

func appOption(a pickedApp) connector.Option {
	return connector.Option{Key: a.ID, Label: withStatus(a.Label, a.Status)}
}

// SelectRealm offers realms by a part of their name.
var SelectRealm = connector.NewDataSource(
	connector.DataSourceInfo{
		Key:         "selectRealm",
		Label:       "Realms",
		Description: "Realms by a part of their name, in orgs that have realms.",
	},
	func(ctx context.Context, c *okta.Client, _ noInputs, s connector.Search) (connector.Options, error) {
		query := queryOf("after", s.Cursor, "limit", pickerLimit)
		if text := strings.TrimSpace(s.Query); text != "" {
			query.Set("search", "profile.name co "+quote(text))
		}
		return choose(c.ListRealms(ctx, query), realmOption)
	},
)

type pickedRealm struct {
	ID      string `json:"id"`
	Default bool   `json:"isDefault"`
	Profile struct {
		Name string `json:"name"`
	} `json:"profile"`
}

func realmOption(r pickedRealm) connector.Option {
	label := r.Profile.Name
	if r.Default {
		label += " (default)"
	}
	return connector.Option{Key: r.ID, Label: label}
}
