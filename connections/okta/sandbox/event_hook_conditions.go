package sandbox

import (
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// condition decides whether an event is delivered. Of Okta's expression language it knows what Okta's own examples are
// made of: attributes of the event, and how many elements of a list are such and such.
type condition struct {
	whole  *expression // over attributes of the event (event.outcome.result) and the counts (#0)
	counts []count
}

// count is how many elements of a list an expression holds for.
type count struct {
	list string // its path in the event
	of   *expression
}

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

// signs are what the expression language writes with signs, and texts in quotes.
var signs = regexp.MustCompile(`'[^']*'|"[^"]*"|&&|\|\||[=!<>]=|[<>!]`)

var words = map[string]string{
	"&&": " and ", "||": " or ", "!": " not ", "==": " eq ", "!=": " ne ", ">=": " ge ", "<=": " le ", ">": " gt ",
	"<": " lt ",
}

// inWords writes text in the notation of searches.
func inWords(text string) string {
	return signs.ReplaceAllStringFunc(text, func(sign string) string {
		if word, ok := words[sign]; ok {
			return word
		}
		return strconv.Quote(sign[1 : len(sign)-1])
	})
}

var (
	countForm     = regexp.MustCompile(`event\.([A-Za-z.]+)\.\?\[([^\]]*)\]\.size\(\)`)
	attributeForm = regexp.MustCompile(`^(event(\.[A-Za-z]+)+|#\d+)$`)
)

func parseCondition(text string) (c condition, ok bool) {
	ok = true
	text = countForm.ReplaceAllStringFunc(inWords(text), func(found string) string {
		parts := countForm.FindStringSubmatch(found)
		of, err := parseExpression(parts[2])
		ok = ok && err == nil
		c.counts = append(c.counts, count{parts[1], of})
		return " #" + strconv.Itoa(len(c.counts)-1) + " "
	})
	var err error
	if c.whole, err = parseExpression(text); err != nil || !ok {
		return condition{}, false
	}
	ok = c.whole.each(func(one *expression) bool { return attributeForm.MatchString(one.attribute) })
	return c, ok
}

func (c condition) holds(e *logEvent) bool {
	var event map[string]any
	if err := json.Unmarshal(e.raw, &event); err != nil {
		panic("sandbox: log event: " + err.Error()) // was written by json.Marshal
	}
	return c.whole.matches(func(name string) any {
		if path, ok := strings.CutPrefix(name, "event."); ok {
			return at(event, path)
		}
		i, err := strconv.Atoi(name[1:])
		if err != nil || i >= len(c.counts) {
			return nil // #0 as the hook's owner wrote it
		}
		return c.counts[i].in(event)
	}, true)
}

func (c count) in(event map[string]any) float64 {
	list, _ := at(event, c.list).([]any)
	n := 0.0
	for _, element := range list {
		if c.of.matches(func(name string) any { return at(element, name) }, true) {
			n++
		}
	}
	return n
}
