package schemas

import (
	"fmt"
	"strings"
)

// What can be wrong with an input. No message repeats a value.
const (
	notInputs      = "must be a JSON object"
	isRequired     = "is required"
	isUnknown      = "is not a known input"
	notText        = "must be text"
	notShortNumber = "must be text, or a plain number of at most 32 characters"
	holdsNUL       = "must not contain the character U+0000"
	notBoolean     = "must be true or false"
	notInteger     = "must be a whole number"
	outOfRange     = "is out of range"
	notList        = `must be a list such as ["a", "b"], or text that holds one`
	notRows        = `must be a list of {"key", "value"} pairs or an object, or text that holds one`
	notPair        = `must be a pair such as {"key": "a", "value": "b"}`
	notPartOfPair  = `is not part of a pair, which has "key" and "value" only`
	emptyKey       = "must have a key that is not empty"
	notObject      = "must be a JSON object, or text that holds one"
	notJSON        = "must be JSON, or text that holds JSON"
	mustNotBeEmpty = "must not be empty"
	mustBeLeftOut  = "must not be null or empty: leave it out instead"
	notDateTime    = "must be a date and time such as 2026-01-31T09:00:00Z"
	notURI         = "must be a full URL such as https://example.com/path"
)

// violated says in our words that an input breaks a keyword of its schema.
func (p *property) violated(keyword string) string {
	switch keyword {
	case "enum", "oneOf":
		return "must be one of " + strings.Join(p.optionValues(), ", ")
	case "minLength":
		return "must be at least " + characters(p.MinLength)
	case "maxLength":
		return "must be at most " + characters(p.MaxLength)
	case "minimum":
		return fmt.Sprintf("must be at least %d", *p.Min)
	case "maximum":
		return fmt.Sprintf("must be at most %d", *p.Max)
	case "pattern":
		return p.Hint
	case "format":
		if p.Format == "uri" {
			return notURI
		}
		return notDateTime
	default:
		panic("schemas: no message for " + keyword)
	}
}

func characters(n int) string {
	if n == 1 {
		return "1 character"
	}
	return fmt.Sprintf("%d characters", n)
}

// unknown says that no input has this name, and which one was probably meant.
func (s *Schema) unknown(name string) string {
	if len(name) > 64 {
		return isUnknown
	}
	closest, best := "", 3
	for _, p := range s.properties {
		d := distance(strings.ToLower(name), strings.ToLower(p.Name))
		if d < best && d <= len(p.Name)/2 {
			closest, best = p.Name, d
		}
	}
	if closest == "" {
		return isUnknown
	}
	return fmt.Sprintf("%s; did you mean %q?", isUnknown, closest)
}

// distance is Levenshtein's: how many bytes to insert, delete or replace to get from a to b.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}
