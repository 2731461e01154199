package schemas

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// tags is the closed set of struct tag keys, and what each does to a property. The name (json) is read before any of
// them, and what names other inputs (source, showWhen) is resolved once all are known.
var tags = map[string]func(*property, string) error{
	"json":        func(*property, string) error { return nil },
	"title":       words(func(p *property) *string { return &p.Title }),
	"doc":         words(func(p *property) *string { return &p.Doc }),
	"placeholder": words(func(p *property) *string { return &p.Placeholder }),
	"suggestion":  words(func(p *property) *string { return &p.Suggestion }),
	"hint":        words(func(p *property) *string { return &p.Hint }),

	"required":    flag(func(p *property) *bool { return &p.Required }),
	"always":      flag(func(p *property) *bool { return &p.always }),
	"emptyOK":     flag(func(p *property) *bool { return &p.EmptyOK }),
	"nullRefused": flag(func(p *property) *bool { return &p.nullRefused }),
	"textOK":      flag(func(p *property) *bool { return &p.textOK }),

	"secret": func(p *property, tag string) error {
		if p.shape < shapeKeyValues {
			return errors.New("is for rows and JSON: use type Secret")
		}
		return flag(func(p *property) *bool { return &p.Secret })(p, tag)
	},

	"minLength": count(func(p *property) *int { return &p.MinLength }),
	"maxLength": count(func(p *property) *int { return &p.MaxLength }),
	"min":       bound(func(p *property) **int { return &p.Min }),
	"max":       bound(func(p *property) **int { return &p.Max }),

	"default": func(p *property, tag string) (err error) { p.Default, err = p.literal(tag); return err },
	"example": func(p *property, tag string) (err error) { p.Example, err = p.example(tag); return err },
	"options": func(p *property, tag string) (err error) {
		p.closed = true
		p.Options, err = options(tag)
		return err
	},
	"suggest": func(p *property, tag string) (err error) {
		p.suggested = true
		p.Options, err = options(tag)
		return err
	},
	"source":   func(p *property, tag string) (err error) { p.Source, err = source(tag); return err },
	"showWhen": func(p *property, tag string) (err error) { p.ShowWhen, err = condition(tag); return err },
	"pattern": func(p *property, tag string) (err error) {
		p.Pattern = tag
		_, err = regexp.Compile(tag)
		return err
	},
	"format": oneOf(func(p *property) *string { return &p.Format }, "date-time", "uri"),
	"widget": oneOf(func(p *property) *string { return (*string)(&p.widget) }, string(KindLongText)),
}

func words(to func(*property) *string) func(*property, string) error {
	return func(p *property, tag string) error {
		if tag == "" {
			return errors.New("is empty")
		}
		*to(p) = tag
		return nil
	}
}

func oneOf(to func(*property) *string, allowed ...string) func(*property, string) error {
	return func(p *property, tag string) error {
		if !slices.Contains(allowed, tag) {
			return fmt.Errorf("is not one of %s", strings.Join(allowed, ", "))
		}
		*to(p) = tag
		return nil
	}
}

func flag(to func(*property) *bool) func(*property, string) error {
	return func(p *property, tag string) error {
		if tag != "true" {
			return errors.New(`is not "true"`)
		}
		*to(p) = true
		return nil
	}
}

func count(to func(*property) *int) func(*property, string) error {
	return func(p *property, tag string) error {
		n, err := strconv.Atoi(tag)
		if err == nil && n < 1 {
			err = errors.New("is less than 1")
		}
		*to(p) = n
		return err
	}
}

func bound(to func(*property) **int) func(*property, string) error {
	return func(p *property, tag string) error {
		n, err := strconv.Atoi(tag)
		*to(p) = &n
		return err
	}
}

// options reads "A,B" or "A=Title of A,B=Title of B".
func options(tag string) ([]Option, error) {
	var list []Option
	for entry := range strings.SplitSeq(tag, ",") {
		value, title, titled := strings.Cut(entry, "=")
		if !titled {
			title = value
		}
		if value == "" || title == "" {
			return nil, errors.New("has an empty value or title")
		}
		if slices.ContainsFunc(list, func(o Option) bool { return o.Value == value }) {
			return nil, fmt.Errorf("has %s twice", value)
		}
		list = append(list, Option{Value: value, Title: title})
	}
	return list, nil
}

var sourceForm = regexp.MustCompile(`^(\w+)(?:\((\w+=\w+(?:,\w+=\w+)*)\))?$`)

// source reads "selectUser" or "selectUserFactor(userId=userId)": input of the data source = field of this form.
func source(tag string) (*Source, error) {
	parts := sourceForm.FindStringSubmatch(tag)
	if parts == nil {
		return nil, errors.New("is not of the form key or key(input=field)")
	}
	s := &Source{Key: parts[1]}
	if parts[2] != "" {
		s.Inputs = make(map[string]string)
		for entry := range strings.SplitSeq(parts[2], ",") {
			input, field, _ := strings.Cut(entry, "=")
			s.Inputs[input] = field
		}
	}
	return s, nil
}

// condition reads "field=value".
func condition(tag string) (*Condition, error) {
	field, value, ok := strings.Cut(tag, "=")
	if !ok {
		return nil, errors.New("is not of the form field=value")
	}
	return &Condition{Field: field, Equals: value}, nil
}

// literal reads a tag's text as a value of a text, boolean or integer input.
func (p *property) literal(tag string) (any, error) {
	switch p.shape {
	case shapeText:
		return tag, nil
	case shapeBoolean:
		value, detail := boolean([]byte(tag))
		return value, asError(detail)
	case shapeInteger:
		value, err := strconv.Atoi(tag)
		return value, err
	default:
		return nil, errors.New("needs a text, boolean or integer field")
	}
}

func asError(detail string) error {
	if detail == "" {
		return nil
	}
	return errors.New(detail)
}

// example reads a literal, or JSON for the other shapes. A list may also be written a,b.
func (p *property) example(tag string) (any, error) {
	if p.shape < shapeList {
		return p.literal(tag)
	}
	raw := []byte(tag)
	if p.shape == shapeList && !strings.HasPrefix(tag, "[") {
		raw = marshal(strings.Split(tag, ","))
	}
	if err := Strict(raw, MaxDepth); err != nil {
		return nil, err
	}
	var bad Invalid
	canonical := p.given(raw, place{p.path, &bad})
	if len(bad) > 0 {
		return nil, bad
	}
	var value any
	err := json.Unmarshal(marshal(canonical), &value)
	return value, err
}

// readTag applies each key of a struct tag to p, json excepted.
func (p *property) readTag(tag reflect.StructTag) error {
	rest := string(tag)
	for rest != "" {
		key, quoted, ok := strings.Cut(rest, ":")
		if !ok {
			return errors.New(`tag is not of the form key:"value"`)
		}
		literal, err := strconv.QuotedPrefix(quoted)
		if err != nil {
			return fmt.Errorf("tag %s: value is not quoted", key)
		}
		value, err := strconv.Unquote(literal)
		if err != nil {
			return fmt.Errorf("tag %s: %w", key, err)
		}
		apply, known := tags[key]
		if !known {
			return fmt.Errorf("unknown tag %q", key)
		}
		if err := apply(p, value); err != nil {
			return fmt.Errorf("tag %s: %w", key, err)
		}
		rest = strings.TrimLeft(quoted[len(literal):], " ")
	}
	return nil
}
