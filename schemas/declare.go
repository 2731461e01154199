package schemas

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
)

var shapes = map[reflect.Type]shape{
	reflect.TypeFor[string]():          shapeText,
	reflect.TypeFor[Secret]():          shapeText,
	reflect.TypeFor[bool]():            shapeBoolean,
	reflect.TypeFor[int]():             shapeInteger,
	reflect.TypeFor[[]string]():        shapeList,
	reflect.TypeFor[KeyValues]():       shapeKeyValues,
	reflect.TypeFor[Object]():          shapeObject,
	reflect.TypeFor[json.RawMessage](): shapeJSON,
}

var jsonTypes = [...]string{
	shapeText: "string", shapeBoolean: "boolean", shapeInteger: "integer",
	shapeList: "array", shapeKeyValues: "array", shapeObject: "object", shapeJSON: "",
}

var nameForm = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]*$`)

// declare adds the fields of a struct, whose own index in T is given.
func (s *Schema) declare(t reflect.Type, index []int) {
	for i := range t.NumField() {
		field := t.Field(i)
		at := append(slices.Clip(index), i)
		if field.Anonymous && field.Type.Kind() == reflect.Struct && field.Tag == "" {
			s.declare(field.Type, at)
			continue
		}
		p, err := newProperty(field)
		if err == nil && s.byName[p.Name] != nil {
			err = fmt.Errorf("second input named %s", p.Name)
		}
		if err != nil {
			s.reject(t, field.Name, err)
		}
		p.index, p.position = at, len(s.properties)
		s.properties = append(s.properties, p)
		s.byName[p.Name] = p
	}
	for _, check := range []reflect.Type{reflect.TypeFor[checker](), reflect.TypeFor[eachChecker]()} {
		if reflect.PointerTo(t).Implements(check) && !reflect.PointerTo(s.goType).Implements(check) {
			panic(fmt.Sprintf("schemas: %s: several embedded structs have %s: declare one that calls them",
				s.goType, check.Method(0).Name))
		}
	}
}

func (s *Schema) reject(t reflect.Type, field string, err error) {
	panic(fmt.Sprintf("schemas: %s.%s: %v", t, field, err))
}

func newProperty(field reflect.StructField) (*property, error) {
	if !field.IsExported() {
		return nil, errors.New("is not exported")
	}
	p := &property{}
	t := field.Type
	if t.Kind() == reflect.Pointer {
		p.pointer, t = true, t.Elem()
	}
	shape, known := shapes[t]
	if !known || p.pointer && shape >= shapeList {
		return nil, fmt.Errorf("type %s is not supported", field.Type)
	}
	p.shape = shape
	p.Name = field.Tag.Get("json")
	if !nameForm.MatchString(p.Name) {
		return nil, fmt.Errorf("tag json: %q is not a plain name", p.Name)
	}
	p.path = Pointer(p.Name)
	p.JSONType = jsonTypes[p.shape]
	p.Secret = t == reflect.TypeFor[Secret]()
	if err := p.readTag(field.Tag); err != nil {
		return nil, err
	}
	return p, p.check()
}

// check finds tags that contradict each other or the type.
func (p *property) check() error {
	text := p.shape == shapeText
	bounds := p.Min != nil || p.Max != nil
	textOnly := p.MinLength > 0 || p.MaxLength > 0 || p.Pattern != "" || p.Format != "" || p.widget != "" ||
		p.Suggestion != "" || p.closed
	for _, rule := range []struct {
		broken bool
		says   string
	}{
		{textOnly && !text, "a tag that is for text only"},
		{bounds && p.shape != shapeInteger, "min and max are for integers"},
		{p.Options != nil && !text && p.shape != shapeList, "suggest is for text and lists"},
		{p.closed && p.suggested, "options and suggest exclude each other"},
		{(p.Pattern == "") != (p.Hint == ""), "pattern and hint need each other"},
		{p.Required && (p.Default != nil || p.nullRefused || p.EmptyOK), "required excludes default, nullRefused, emptyOK"},
		{p.always && p.Default == nil, "always needs a default"},
		{p.EmptyOK && (!p.pointer || !text), "emptyOK needs a *string"},
		{p.EmptyOK && p.nullRefused, "emptyOK and nullRefused exclude each other"},
		{p.nullRefused && !text, "nullRefused is for text"},
		{p.textOK && p.shape != shapeJSON, "textOK needs a json.RawMessage"},
		{p.Secret && p.Default != nil, "a secret has no default"},
		{p.closed && p.Default != nil && !p.offers(p.Default), "the default is not among the options"},
	} {
		if rule.broken {
			return errors.New(rule.says)
		}
	}
	return nil
}

func (p *property) offers(value any) bool {
	return slices.ContainsFunc(p.Options, func(o Option) bool { return o.Value == value })
}

type suggester interface{ Suggestions() map[string][]string }

// suggest adds the proposals that T, or a struct embedded in it, has a method for.
func (s *Schema) suggest(t reflect.Type) {
	for i := range t.NumField() {
		if field := t.Field(i); field.Anonymous && field.Type.Kind() == reflect.Struct {
			s.suggest(field.Type)
		}
	}
	from, ok := reflect.Zero(t).Interface().(suggester)
	if !ok {
		return
	}
	for name, values := range from.Suggestions() {
		p := s.byName[name]
		if p == nil || p.closed || p.shape != shapeText && p.shape != shapeList {
			s.reject(t, "Suggestions", fmt.Errorf("%s is not a text or list input that is open", name))
		}
		p.Options = make([]Option, len(values))
		for i, value := range values {
			p.Options[i] = Option{Value: value, Title: value}
		}
	}
}

type nuller interface{ Nulls() map[string][]string }

// null notes which inputs a null in another one empties, where T has a method that says so.
func (s *Schema) null() {
	from, ok := reflect.Zero(s.goType).Interface().(nuller)
	if !ok {
		return
	}
	for into, names := range from.Nulls() {
		if p := s.byName[into]; p == nil || p.shape != shapeObject {
			s.reject(s.goType, "Nulls", fmt.Errorf("%s is not an object input", into))
		}
		for _, name := range names {
			if p := s.byName[name]; p == nil || p.shape != shapeText || p.EmptyOK {
				s.reject(s.goType, "Nulls", fmt.Errorf("%s is not a text input that null leaves alone", name))
			}
			s.byName[name].NullIn = into
		}
	}
}

// resolve completes what depends on other inputs, once all are known.
func (s *Schema) resolve(p *property) {
	p.Kind = p.kind()
	if p.Source != nil {
		for _, field := range p.Source.Inputs {
			if s.byName[field] == nil {
				s.reject(s.goType, p.Name, fmt.Errorf("tag source: there is no input %s", field))
			}
		}
	}
	if p.ShowWhen == nil {
		return
	}
	other := s.byName[p.ShowWhen.Field]
	if other == nil {
		s.reject(s.goType, p.Name, fmt.Errorf("tag showWhen: there is no input %s", p.ShowWhen.Field))
	}
	value, err := other.literal(p.ShowWhen.Equals.(string))
	if err == nil && other.closed && !other.offers(value) {
		err = errors.New("is not among the options")
	}
	if err != nil {
		s.reject(s.goType, p.Name, fmt.Errorf("tag showWhen: %w", err))
	}
	p.ShowWhen.Equals = value
}

func (p *property) kind() Kind {
	switch {
	case p.shape == shapeBoolean:
		return KindBoolean
	case p.shape == shapeInteger:
		return KindInteger
	case p.shape == shapeList:
		return KindList
	case p.shape == shapeKeyValues:
		return KindKeyValue
	case p.shape > shapeKeyValues:
		return KindJSON
	case p.Secret && p.widget == KindLongText:
		return KindSecretText
	case p.Secret:
		return KindSecret
	case p.closed:
		return KindChoice
	case p.Options != nil:
		return KindCombo
	case p.Format == "date-time":
		return KindDateTime
	case p.widget != "":
		return p.widget
	default:
		return KindText
	}
}
