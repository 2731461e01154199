package sandbox

// userType is one of the org's kinds of people.
type userType struct {
	id, schemaID, name, displayName, description string
	standard                                     bool // the default type
	created                                      stamp
	createdBy                                    string
}

// listUserTypes is GET /api/v1/meta/types/user. It has no pages.
func (o *Org) listUserTypes(c *call) *apiError {
	all := make([]any, 0, o.types.len())
	for _, t := range o.types.rows {
		all = append(all, t.json(c))
	}
	return c.json(all)
}

// getUserType is GET /api/v1/meta/types/user/{typeId}.
func (o *Org) getUserType(c *call) *apiError {
	id := c.param("id")
	if id == "default" {
		id = o.defaultType().id
	}
	t := o.types.get(id)
	if t == nil {
		return notFound(id, "UserType")
	}
	return c.json(t.json(c))
}

func (t *userType) json(c *call) any {
	schema := c.base() + "/api/v1/meta/schemas/user/" + t.schemaID
	return struct {
		ID            string `json:"id"`
		DisplayName   string `json:"displayName"`
		Name          string `json:"name"`
		Description   string `json:"description"`
		CreatedBy     string `json:"createdBy"`
		LastUpdatedBy string `json:"lastUpdatedBy"`
		Created       stamp  `json:"created"`
		LastUpdated   stamp  `json:"lastUpdated"`
		Default       bool   `json:"default"`
		Links         any    `json:"_links"`
	}{
		t.id, t.displayName, t.name, t.description, t.createdBy, t.createdBy, t.created, t.created, t.standard,
		map[string]link{
			"schema": {Href: schema, Method: "GET"},
			"self":   {Href: c.base() + "/api/v1/meta/types/user/" + t.id, Method: "GET"},
		},
	}
}

func (s *state) defaultType() *userType {
	for _, t := range s.types.rows {
		if t.standard {
			return t
		}
	}
	return nil
}

// typeOfSchema finds the user type that the schema belongs to, nil for none.
func (s *state) typeOfSchema(schemaID string) *userType {
	for _, t := range s.types.rows {
		if t.schemaID == schemaID || t.standard && schemaID == "default" {
			return t
		}
	}
	return nil
}
