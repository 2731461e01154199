package sandbox

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"unicode/utf8"
)

// attribute is one that the org's user profile has.
type attribute struct {
	Title       string         `json:"title"`
	Description string         `json:"description,omitempty"`
	Type        string         `json:"type"` // string, boolean, integer, number, array
	Items       *attributeItem `json:"items,omitempty"`
	Format      string         `json:"format,omitempty"`
	Required    bool           `json:"required,omitempty"`
	MinLength   int            `json:"minLength,omitempty"`
	MaxLength   int            `json:"maxLength,omitempty"`
	Enum        []any          `json:"enum,omitempty"`
	Mutability  string         `json:"mutability,omitempty"`
	Scope       string         `json:"scope,omitempty"`
	Permissions []permission   `json:"permissions,omitempty"`

	custom bool
}

type attributeItem struct {
	Type string `json:"type"`
	Enum []any  `json:"enum,omitempty"`
}

type permission struct {
	Principal string `json:"principal"`
	Action    string `json:"action"`
}

// baseAttributes are Okta's default user profile, all strings.
var baseAttributes = []struct {
	name, title string
	most        int
}{
	{"login", "Username", 100},
	{"email", "Primary email", 100},
	{"secondEmail", "Secondary email", 100},
	{"firstName", "First name", 50},
	{"lastName", "Last name", 50},
	{"middleName", "Middle name", 0},
	{"honorificPrefix", "Honorific prefix", 0},
	{"honorificSuffix", "Honorific suffix", 0},
	{"title", "Title", 0},
	{"displayName", "Display name", 0},
	{"nickName", "Nickname", 0},
	{"profileUrl", "Profile Url", 0},
	{"primaryPhone", "Primary phone", 100},
	{"mobilePhone", "Mobile phone", 100},
	{"streetAddress", "Street address", 0},
	{"city", "City", 0},
	{"state", "State", 0},
	{"zipCode", "Zip code", 0},
	{"countryCode", "Country code", 0},
	{"postalAddress", "Postal Address", 0},
	{"preferredLanguage", "Preferred language", 0},
	{"locale", "Locale", 0},
	{"timezone", "Time zone", 0},
	{"userType", "User type", 0},
	{"employeeNumber", "Employee number", 0},
	{"costCenter", "Cost center", 0},
	{"organization", "Organization", 0},
	{"division", "Division", 0},
	{"department", "Department", 0},
	{"managerId", "ManagerId", 0},
	{"manager", "Manager", 0},
}

// customAttributes are this org's own, one or two of each type.
var customAttributes = map[string]attribute{
	"badgeNumber":      {Title: "Badge number", Type: "integer"},
	"fte":              {Title: "Full-time equivalent", Type: "number"},
	"contractor":       {Title: "Works on contract", Type: "boolean"},
	"startDate":        {Title: "First working day", Type: "string"},
	"shirtSize":        {Title: "Shirt size", Type: "string", Enum: []any{"S", "M", "L", "XL"}},
	"skills":           {Title: "Skills", Type: "array", Items: &attributeItem{Type: "string"}},
	"floors":           {Title: "Floors with access", Type: "array", Items: &attributeItem{Type: "integer"}},
	"emergencyContact": {Title: "Emergency contact", Type: "string", MaxLength: 200},
}

// newAttributes returns the profile that an org begins with.
func newAttributes() map[string]attribute {
	all := make(map[string]attribute, len(baseAttributes)+len(customAttributes))
	for _, base := range baseAttributes {
		a := attribute{
			Title: base.title, Type: "string", MaxLength: base.most, Mutability: "READ_WRITE", Scope: "NONE",
			Permissions: []permission{{"SELF", "READ_ONLY"}},
		}
		switch base.name {
		case "login":
			a.Required, a.MinLength = true, 5
		case "firstName", "lastName":
			a.Required, a.MinLength = true, 1
		case "email":
			a.Required, a.Format = true, "email"
		case "secondEmail":
			a.Format = "email"
		}
		all[base.name] = a
	}
	for name, a := range customAttributes {
		all[name] = a.asCustom()
	}
	return all
}

func (a attribute) asCustom() attribute {
	a.custom, a.Mutability, a.Scope = true, "READ_WRITE", "NONE"
	a.Permissions = []permission{{"SELF", "READ_ONLY"}}
	return a
}

// emailForm is what Okta asks of an e-mail address and, in an org with default settings, of a login.
var emailForm = regexp.MustCompile(`^[^\s@]+@[^\s@]+\.[^\s@]+$`)

// checkProfile returns what is wrong with a whole profile, nil for nothing; null counts as absent.
func (s *state) checkProfile(profile map[string]any) []string {
	var causes []string
	for _, name := range slices.Sorted(maps.Keys(profile)) {
		a, known := s.attributes[name]
		if !known {
			causes = append(causes, fmt.Sprintf("Property name '%s' is not defined in profile", name))
			continue
		}
		if value := profile[name]; value != nil {
			causes = append(causes, a.check(name, value)...)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.attributes)) {
		if value := profile[name]; s.attributes[name].Required && (value == nil || value == "") {
			causes = append(causes, name+": The field cannot be left blank")
		}
	}
	return causes
}

func (a attribute) check(name string, value any) []string {
	if elements, ok := value.([]any); ok && a.Type == "array" {
		item := attribute{Type: a.Items.Type, Enum: a.Items.Enum}
		var causes []string
		for _, element := range elements {
			causes = append(causes, item.check(name, element)...)
		}
		return causes
	}
	if !hasType(value, a.Type) {
		return []string{fmt.Sprintf("%s: The value is not of type %s", name, a.Type)}
	}
	if len(a.Enum) > 0 && !slices.ContainsFunc(a.Enum, func(e any) bool { return fmt.Sprint(e) == fmt.Sprint(value) }) {
		return []string{name + ": The value is not in the list of values"}
	}
	text, ok := value.(string)
	if !ok || text == "" {
		return nil
	}
	size := utf8.RuneCountInString(text)
	switch {
	case a.MinLength > size:
		return []string{fmt.Sprintf("%s: String is too short (minimum length %d)", name, a.MinLength)}
	case a.MaxLength > 0 && a.MaxLength < size:
		return []string{fmt.Sprintf("%s: String is too long (maximum length %d)", name, a.MaxLength)}
	case name == "login" && !emailForm.MatchString(text):
		return []string{"login: Username must be in the form of an email address"}
	case a.Format == "email" && !emailForm.MatchString(text):
		return []string{name + ": Does not match required pattern"}
	}
	return nil
}

func hasType(value any, kind string) bool {
	switch v := value.(type) {
	case string:
		return kind == "string"
	case bool:
		return kind == "boolean"
	case json.Number:
		_, err := v.Int64()
		return kind == "number" || kind == "integer" && err == nil
	}
	return false
}

// getUserSchema is GET /api/v1/meta/schemas/user/{schemaId}; default names the one of the default type.
func (o *Org) getUserSchema(c *call) *apiError {
	t := o.typeOfSchema(c.param("id"))
	if t == nil {
		return notFound(c.param("id"), "Schema")
	}
	return c.json(o.userSchema(c, t))
}

// updateUserSchema is POST /api/v1/meta/schemas/user/{schemaId}: it adds, changes and, with null, removes custom
// attributes. All user types share one profile here.
func (o *Org) updateUserSchema(c *call) *apiError {
	t := o.typeOfSchema(c.param("id"))
	if t == nil {
		return notFound(c.param("id"), "Schema")
	}
	var body struct {
		Definitions struct {
			Custom struct {
				Properties map[string]*attribute `json:"properties"`
			} `json:"custom"`
		} `json:"definitions"`
	}
	if refusal := c.decode(&body); refusal != nil {
		return refusal
	}
	for name, a := range body.Definitions.Custom.Properties {
		known, exists := o.attributes[name]
		switch {
		case exists && !known.custom:
			return invalid("schema", name+": A base attribute cannot be defined anew")
		case a != nil && (a.Title == "" || a.Type == "" || a.Type == "array" && a.Items == nil):
			return invalid("schema", name+": title and type are required, and items of an array")
		}
	}
	for name, a := range body.Definitions.Custom.Properties {
		if a == nil {
			delete(o.attributes, name)
			continue
		}
		o.attributes[name] = a.asCustom()
	}
	return c.json(o.userSchema(c, t))
}

func (o *Org) userSchema(c *call, t *userType) any {
	definition := func(id string, custom bool) map[string]any {
		properties, required := map[string]attribute{}, []string{}
		for name, a := range o.attributes {
			if a.custom != custom {
				continue
			}
			properties[name] = a
			if a.Required {
				required = append(required, name)
			}
		}
		slices.Sort(required)
		return map[string]any{"id": id, "type": "object", "properties": properties, "required": required}
	}
	self := c.base() + "/api/v1/meta/schemas/user/" + t.schemaID
	return map[string]any{
		"id": self, "$schema": "http://json-schema.org/draft-04/schema#", "name": t.name, "title": t.displayName,
		"created": t.created, "lastUpdated": t.created, "type": "object",
		"definitions": map[string]any{"base": definition("#base", false), "custom": definition("#custom", true)},
		"properties": map[string]any{"profile": map[string]any{"allOf": []any{
			map[string]string{"$ref": "#/definitions/custom"}, map[string]string{"$ref": "#/definitions/base"},
		}}},
		"_links": map[string]any{"self": link{Href: self, Method: "GET"}, "type": link{
			Href: c.base() + "/api/v1/meta/types/user/" + t.id, Method: "GET",
		}},
	}
}
