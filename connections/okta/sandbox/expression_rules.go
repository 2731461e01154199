package sandbox

import (
	"slices"
	"strings"
)

// rules are what an endpoint allows in its search or filter parameter.
type rules struct {
	attribute func(name string) bool // whether there is such an attribute; nil: any
	contains  []string               // those that take co; nil: all
	exact     bool                   // strings are compared with regard to case
	equalOnly []string               // those that take nothing but eq
	logs      bool                   // ne, not and ew too
}

// timestamps are the attributes that are compared with dates, whatever object has them.
var timestamps = []string{
	"created", "activated", "statusChanged", "lastUpdated", "lastLogin", "passwordChanged", "lastMembershipUpdated",
}

// filter reads a filter parameter.
func (r rules) filter(text string) (*expression, *apiError) {
	e, err := parseExpression(text)
	if err != nil {
		return nil, invalidFilter("Invalid filter: " + err.Error())
	}
	return e, r.check(e)
}

// search reads a search parameter.
func (r rules) search(text string) (*expression, *apiError) {
	e, err := parseExpression(text)
	if err != nil {
		return nil, invalidSearch(err.Error())
	}
	return e, r.check(e)
}

func (r rules) check(e *expression) *apiError {
	if !r.logs && e.negates() {
		return invalidSearch("The operator not is not supported.")
	}
	var refusal *apiError
	e.each(func(c *expression) bool {
		refusal = r.checkComparison(c)
		return refusal == nil
	})
	return refusal
}

func (r rules) checkComparison(c *expression) *apiError {
	unsupported := func(why string) *apiError { return invalidSearch(c.attribute + ": " + why) }
	switch {
	case r.attribute != nil && !r.attribute(c.attribute):
		return unsupported("The attribute is not supported here.")
	case !r.logs && (c.op == "ne" || c.op == "ew"),
		c.op == "co" && r.contains != nil && !slices.Contains(r.contains, c.attribute),
		c.op != "eq" && slices.Contains(r.equalOnly, c.attribute):
		return unsupported("The operator " + c.op + " is not supported.")
	case slices.Contains(timestamps, c.attribute) && c.op != "pr" && c.value.kind != '0' && c.value.when.IsZero():
		return unsupported("The value is not a date.")
	}
	return nil
}

func (e *expression) negates() bool {
	switch e.op {
	case "and", "or":
		return e.left.negates() || e.right.negates()
	}
	return e.op == "not"
}

// oneOf makes the attribute rule of a fixed list.
func oneOf(names ...string) func(string) bool {
	return func(name string) bool { return slices.Contains(names, name) }
}

// at finds the value of a dotted path in decoded JSON. Arrays on the way are looked through: the result is then the
// array of what their elements have there.
func at(value any, path string) any {
	if path == "" {
		return value
	}
	switch v := value.(type) {
	case map[string]any:
		name, rest, _ := strings.Cut(path, ".")
		return at(v[name], rest)
	case []any:
		found := make([]any, 0, len(v))
		for _, element := range v {
			if f := at(element, path); f != nil {
				found = append(found, f)
			}
		}
		return found
	}
	return nil
}
