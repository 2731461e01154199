package actions

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/okta-connector/okta-connector/connections/okta"
	"github.com/okta-connector/okta-connector/runtime/connector"
)

type selectPolicy struct {
	Type string `json:"type" title:"Type" example:"PASSWORD" doc:"The type of policy, such as PASSWORD. Not set, all types that the org has are searched, one after the other."`
}

// SelectPolicy offers policies by the beginning of their name.
var SelectPolicy = connector.NewDataSource(
	connector.DataSourceInfo{
		Key:         "selectPolicy",
		Label:       "Policies",
		Description: "Policies by the beginning of their name, of one type or of all.",
	},
	func(ctx context.Context, c *okta.Client, in selectPolicy, s connector.Search) (connector.Options, error) {
		if in.Type != "" {
			return policiesOf(ctx, c, in.Type, s)
		}
		return policiesOfAllTypes(ctx, c, s)
	},
)

func policiesOf(ctx context.Context, c *okta.Client, policyType string, s connector.Search) (connector.Options, error) {
	query := queryOf("type", policyType, "q", strings.TrimSpace(s.Query), "after", s.Cursor, "limit", pickerLimit)
	return choose(c.ListPolicies(ctx, query), policyOption)
}

// policiesOfAllTypes searches type by type, since Okta lists policies of one type only. Where a type has more than a
// page it stops there: its cursor is that type, and Okta's own cursor within it.
func policiesOfAllTypes(ctx context.Context, c *okta.Client, s connector.Search) (connector.Options, error) {
	types := policyTypes()
	at, after, _ := strings.Cut(s.Cursor, " ")
	types = types[max(0, slices.Index(types, at)):]
	found := connector.Options{Items: []connector.Option{}}
	for _, policyType := range types {
		options, err := policiesOf(ctx, c, policyType, connector.Search{Query: s.Query, Cursor: after})
		if err != nil && !lacksPolicyType(err) {
			return connector.Options{}, err
		}
		after = ""
		found.Items = append(found.Items, options.Items...)
		if options.NextCursor != "" {
			found.NextCursor = policyType + " " + options.NextCursor
			break
		}
	}
	return found, nil
}

// lacksPolicyType tells whether Okta refused because the org has no policies of a type.
func lacksPolicyType(err error) bool {
	return okta.HasStatus(err, http.StatusBadRequest) || okta.HasStatus(err, http.StatusNotFound) ||
		okta.HasCode(err, okta.CodeFeatureOff)
}

// policyTypes are the types that List Policies offers.
func policyTypes() []string {
	for _, field := range ListPolicies.Input.Fields() {
		if field.Name == "type" {
			types := make([]string, len(field.Options))
			for i, option := range field.Options {
				types[i] = option.Value
			}
			return types
		}
	}
	return nil
}

type pickedPolicy struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Type   string `json:"type"`
	Status string `json:"status"`
}

func policyOption(p pickedPolicy) connector.Option {
	return connector.Option{Key: p.ID, Label: withStatus(p.Name+" ("+p.Type+")", p.Status)}
}
