package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// expression is a parsed search or filter, in the SCIM notation that Okta took over (RFC 7644, section 3.4.2.2).
type expression struct {
	op          string // and, or, not; eq, ne, co, sw, ew, gt, ge, lt, le, pr
	left, right *expression
	attribute   string // of a comparison
	value       operand
}

// operand is a literal, read once in every way in which it may be compared.
type operand struct {
	text   string // as written; folded: in lower case
	folded string
	when   time.Time // of a string that is a date; otherwise zero
	number float64
	kind   byte // 's' string, 'n' number, 'b' boolean, '0' null
}

var comparisons = map[string]bool{
	"eq": true, "ne": true, "co": true, "sw": true, "ew": true, "gt": true, "ge": true, "lt": true, "le": true, "pr": true,
}

// maxDepth bounds nesting: a search is written by a person or a form.
const maxDepth = 50

// parseExpression reads text; the error says in a few words where it is not well-formed.
func parseExpression(text string) (*expression, error) {
	tokens, err := scan(text)
	if err != nil {
		return nil, err
	}
	p := parser{tokens: tokens}
	e, err := p.or(0)
	if err != nil {
		return nil, err
	}
	if p.at < len(p.tokens) {
		return nil, fmt.Errorf("unexpected %q", p.tokens[p.at].text)
	}
	return e, nil
}

// token is a parenthesis, a word or a quoted string.
type token struct {
	text   string
	quoted bool
}

func scan(text string) ([]token, error) {
	var tokens []token
	for i := 0; i < len(text); {
		switch text[i] {
		case ' ', '\t', '\n', '\r':
			i++
		case '(', ')':
			tokens = append(tokens, token{text: text[i : i+1]})
			i++
		case '"':
			value, n, err := scanQuoted(text[i:])
			if err != nil {
				return nil, err
			}
			tokens = append(tokens, token{value, true})
			i += n
		default:
			end := strings.IndexAny(text[i:], " \t\n\r()\"")
			if end < 0 {
				end = len(text) - i
			}
			tokens = append(tokens, token{text: text[i : i+end]})
			i += end
		}
	}
	return tokens, nil
}

// scanQuoted returns the string that text begins with and how long its notation is.
func scanQuoted(text string) (value string, n int, err error) {
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			quoted := text[:i+1]
			if json.Unmarshal([]byte(quoted), &value) != nil { // an escape that JSON does not have
				value = strings.ReplaceAll(quoted[1:i], `\`, "")
			}
			return value, i + 1, nil
		}
	}
	return "", 0, errors.New("a quotation mark is missing")
}

type parser struct {
	tokens []token
	at     int
}

// word takes the next token when it is the unquoted word, in any case.
func (p *parser) word(word string) bool {
	if p.at >= len(p.tokens) || p.tokens[p.at].quoted || !strings.EqualFold(p.tokens[p.at].text, word) {
		return false
	}
	p.at++
	return true
}

func (p *parser) next() (token, error) {
	if p.at >= len(p.tokens) {
		return token{}, errors.New("unexpected end")
	}
	p.at++
	return p.tokens[p.at-1], nil
}

func (p *parser) or(depth int) (*expression, error)  { return p.chain("or", p.and, depth) }
func (p *parser) and(depth int) (*expression, error) { return p.chain("and", p.term, depth) }

func (p *parser) chain(op string, operand func(int) (*expression, error), depth int) (*expression, error) {
	left, err := operand(depth)
	for err == nil && p.word(op) {
		var right *expression
		right, err = operand(depth)
		left = &expression{op: op, left: left, right: right}
	}
	return left, err
}

func (p *parser) term(depth int) (*expression, error) {
	if depth > maxDepth {
		return nil, errors.New("nested too deep")
	}
	if p.word("not") {
		of, err := p.term(depth + 1)
		return &expression{op: "not", left: of}, err
	}
	if !p.word("(") {
		return p.comparison()
	}
	inner, err := p.or(depth + 1)
	if err != nil {
		return nil, err
	}
	if !p.word(")") {
		return nil, errors.New("a parenthesis is missing")
	}
	return inner, nil
}

func (p *parser) comparison() (*expression, error) {
	attribute, err := p.next()
	if err != nil {
		return nil, err
	}
	op, err := p.next()
	if err != nil {
		return nil, err
	}
	name := strings.ToLower(op.text)
	if attribute.quoted || attribute.text == ")" || op.quoted || !comparisons[name] {
		return nil, fmt.Errorf("%q is not followed by an operator", attribute.text)
	}
	e := &expression{op: name, attribute: attribute.text}
	if name == "pr" {
		return e, nil
	}
	literal, err := p.next()
	if err != nil {
		return nil, err
	}
	e.value, err = literal.operand()
	return e, err
}

func (t token) operand() (operand, error) {
	o := operand{text: t.text, folded: strings.ToLower(t.text)}
	if t.quoted {
		o.kind, o.when = 's', parseTime(t.text)
		return o, nil
	}
	number, err := strconv.ParseFloat(t.text, 64)
	switch {
	case err == nil:
		o.kind, o.number = 'n', number
	case o.folded == "true" || o.folded == "false":
		o.kind = 'b'
	case o.folded == "null":
		o.kind = '0'
	default:
		return o, fmt.Errorf("%q is not a value", t.text)
	}
	return o, nil
}

var timeLayouts = []string{
	time.RFC3339Nano, "2006-01-02T15:04:05.999999999Z0700", "2006-01-02T15:04:05.999999999", time.DateOnly,
}

// parseTime reads the forms of a date that Okta takes; zero for all else.
func parseTime(text string) time.Time {
	if len(text) < len("2006-01-02") || text[4] != '-' {
		return time.Time{}
	}
	for _, layout := range timeLayouts {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC()
		}
	}
	return time.Time{}
}

// each calls visit for every comparison until one returns false.
func (e *expression) each(visit func(*expression) bool) bool {
	switch e.op {
	case "and", "or":
		return e.left.each(visit) && e.right.each(visit)
	case "not":
		return e.left.each(visit)
	}
	return visit(e)
}

// matches evaluates e over an object whose attributes are had by name: a string, a bool, a number, a stamp, a slice of
// these, or nil for none. Strings are compared without regard to case unless exact.
func (e *expression) matches(attribute func(string) any, exact bool) bool {
	switch e.op {
	case "and":
		return e.left.matches(attribute, exact) && e.right.matches(attribute, exact)
	case "or":
		return e.left.matches(attribute, exact) || e.right.matches(attribute, exact)
	case "not":
		return !e.left.matches(attribute, exact)
	}
	return e.compare(attribute(e.attribute), exact)
}

func (e *expression) compare(value any, exact bool) bool {
	if null := e.value.kind == '0'; null || value == nil {
		return e.op == "eq" && null == (value == nil) || e.op == "ne" && null != (value == nil)
	}
	switch v := value.(type) {
	case []any:
		for _, element := range v {
			if e.compare(element, exact) {
				return true
			}
		}
		return e.op == "ne" && len(v) == 0
	case stamp:
		return e.compareTime(v)
	case string:
		return e.op == "pr" || e.compareText(v, exact)
	case bool:
		return e.op == "pr" || e.compareText(strconv.FormatBool(v), false)
	case json.Number:
		number, _ := v.Float64()
		return e.op == "pr" || e.compareNumber(number)
	case float64:
		return e.op == "pr" || e.compareNumber(v)
	}
	return e.op == "pr"
}

func (e *expression) compareTime(v stamp) bool {
	switch {
	case v.IsZero():
		return e.compare(nil, false)
	case e.op == "pr":
		return true
	case e.value.when.IsZero():
		return e.compareText(v.String(), false)
	}
	return e.ordered(v.Compare(e.value.when))
}

func (e *expression) compareNumber(v float64) bool {
	if e.value.kind != 'n' {
		return e.op == "ne"
	}
	switch {
	case v < e.value.number:
		return e.ordered(-1)
	case v > e.value.number:
		return e.ordered(1)
	}
	return e.ordered(0)
}

func (e *expression) compareText(v string, exact bool) bool {
	text := e.value.text
	if !exact {
		if e.op == "eq" {
			return strings.EqualFold(v, text)
		}
		v, text = strings.ToLower(v), e.value.folded
	}
	switch e.op {
	case "co":
		return strings.Contains(v, text)
	case "sw":
		return strings.HasPrefix(v, text)
	case "ew":
		return strings.HasSuffix(v, text)
	}
	return e.ordered(strings.Compare(v, text))
}

// ordered says what the comparison that came out as c means for the operator.
func (e *expression) ordered(c int) bool {
	switch e.op {
	case "eq":
		return c == 0
	case "ne":
		return c != 0
	case "gt":
		return c > 0
	case "ge":
		return c >= 0
	case "lt":
		return c < 0
	case "le":
		return c <= 0
	}
	return false
}
