package sandbox

import (
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// condition decides whether an event is delivered. Of Okta's expression language it knows the form in which Okta's own
// examples are written: how many elements of a list are such and such.
type condition struct {
	list  string // path of the list in the event
	of    *expression
	op    string
	count int
}

var conditionForm = regexp.MustCompile(`^event\.([A-Za-z.]+)\.\?\[(.+)\]\.size\(\)\s*(>=|==|>)\s*(\d+)$`)

// hookConditions reads the filter of a subscription, and what is wrong with it. An expression that the sandbox cannot
// evaluate has no condition, and lets every event pass.
func hookConditions(s hookSubscription) (conditions map[string]condition, causes []string) {
	if s.Filter == nil {
		return nil, nil
	}
	conditions = map[string]condition{}
	for _, entry := range s.Filter.Map {
		if !slices.Contains(s.Items, entry.Event) {
			causes = append(causes, "events.filter: '"+entry.Event+"' is not among the items")
		}
		if c, ok := parseCondition(entry.Condition.Expression); ok {
			conditions[entry.Event] = c
		}
	}
	return conditions, causes
}

func parseCondition(text string) (condition, bool) {
	m := conditionForm.FindStringSubmatch(strings.TrimSpace(text))
	if m == nil {
		return condition{}, false
	}
	inner := strings.NewReplacer("'", `"`, "&&", " and ", "||", " or ", "==", " eq ").Replace(m[2])
	e, err := parseExpression(inner)
	count, _ := strconv.Atoi(m[4])
	return condition{list: m[1], of: e, op: m[3], count: count}, err == nil
}

func (c condition) holds(e *logEvent) bool {
	var decoded map[string]any
	if err := json.Unmarshal(e.raw, &decoded); err != nil {
		panic("sandbox: log event: " + err.Error()) // was written by json.Marshal
	}
	list, _ := at(decoded, c.list).([]any)
	n := 0
	for _, element := range list {
		if c.of.matches(func(name string) any { return at(element, name) }, true) {
			n++
		}
	}
	switch c.op {
	case ">":
		return n > c.count
	case ">=":
		return n >= c.count
	}
	return n == c.count
}
