package catalog

import (
	"strings"

	"cnntrain/internal/words"
)

// Schema returns the JSON Schema of an item of the catalog: its name, or its
// name with its main option or a mapping of options. Of other catalogs it names the
// schema, #/$defs/KIND.
func (c *Catalog[T]) Schema() map[string]any {
	var forms []any
	for _, name := range c.Names() {
		e := c.Info(name)
		if !e.mustHaveOptions("") {
			title, _, _ := strings.Cut(e.Doc, "\n")
			forms = append(forms, map[string]any{"const": name, "description": title})
		}
		forms = append(forms, map[string]any{
			"type":                 "object",
			"properties":           map[string]any{name: itemSchema(e)},
			"required":             []string{name},
			"additionalProperties": false,
		})
	}
	if c.Alias != nil {
		forms = append(forms, c.Alias.schema(c.Info(c.Alias.Name).Fields))
	}
	if c.Together != "" {
		forms = append(forms, itemSchema(c.Info(c.Together)))
	}
	return map[string]any{"anyOf": forms}
}

// mustHaveOptions reports whether e needs an option besides the one called given.
func (e Info) mustHaveOptions(given string) bool {
	for _, f := range e.Fields {
		if f.required && f.Name != given {
			return true
		}
	}
	return false
}

var (
	// parameter is the schema of $name, which inside a block may stand for any value.
	parameter = map[string]any{"type": "string", "pattern": `^\$`}
	// null leaves an option at its default.
	null = map[string]any{"type": "null"}
	// word is the schema of text, which needs no quotes in YAML.
	word = map[string]any{"type": []string{"string", "number", "boolean"}}
)

// itemSchema is what may stand behind "NAME:".
func itemSchema(e Info) map[string]any {
	forms := []any{Object(e.Fields)}
	if !e.mustHaveOptions("") {
		forms = append(forms, null)
	}
	if main := (&Options{fields: e.Fields}).main(); main != nil && !e.mustHaveOptions(main.Name) {
		forms = append(forms, main.Schema(), parameter)
	}
	return map[string]any{"description": e.Doc, "anyOf": forms}
}

// Object returns the JSON Schema of a mapping of options.
func Object(fields []*Field) map[string]any {
	properties, required := map[string]any{}, []string{}
	for _, f := range fields {
		forms := []any{f.Schema(), parameter}
		if f.required {
			required = append(required, f.Name)
		} else {
			forms = append(forms, null)
		}
		properties[f.Name] = map[string]any{"anyOf": forms}
		if f.short != "" {
			properties[f.short] = properties[f.Name]
		}
	}
	schema := map[string]any{"type": "object", "properties": properties, "additionalProperties": false}
	if len(required) > 0 {
		schema["required"] = required
	}
	return schema
}

// Schema returns the JSON Schema of the option's value.
func (f *Field) Schema() map[string]any {
	schema := f.value.schema(f)
	schema["description"] = f.Doc
	if f.Default != "" {
		schema["description"] = f.Doc + " (default " + f.Default + ")"
	}
	if len(f.choices) > 0 {
		schema["enum"] = f.choices
	}
	return schema
}

// fraction matches what parseNumber reads besides numbers.
const fraction = `^\s*[-+0-9.eE]+\s*/\s*[-+0-9.eE]+\s*$`

func (p *plain) schema(f *Field) map[string]any {
	number := func(kind string) map[string]any {
		schema := map[string]any{"type": kind}
		f.limits.addTo(schema)
		return schema
	}
	switch p.into.(type) {
	case *int:
		return number("integer")
	case *float64:
		return map[string]any{"anyOf": []any{number("number"), map[string]any{"type": "string", "pattern": fraction}}}
	case *bool:
		return map[string]any{"type": "boolean"}
	case *Mapping:
		return map[string]any{"type": "object"}
	case *[]string:
		return map[string]any{"anyOf": []any{map[string]any{"type": "array", "items": word}, word}}
	case *Pair:
		side := map[string]any{"anyOf": []any{number("integer"), parameter}}
		return map[string]any{"anyOf": []any{number("integer"), listOf(side, 2)}}
	case *Sides:
		side := map[string]any{"anyOf": []any{number("integer"), parameter}}
		return map[string]any{"anyOf": []any{number("integer"), listOf(map[string]any{"anyOf": []any{number("integer"), parameter, listOf(side, 2)}}, 2)}}
	case *[]Number:
		one := map[string]any{"anyOf": []any{number("number"), map[string]any{"type": "string", "pattern": fraction}}}
		return map[string]any{"anyOf": []any{
			map[string]any{"type": "array", "items": one},
			map[string]any{"type": "object", "additionalProperties": one}}}
	case *Range:
		bound := map[string]any{"anyOf": []any{number("number"), parameter, map[string]any{"type": "string", "pattern": fraction}}}
		return map[string]any{"anyOf": []any{bound, listOf(bound, 1)}}
	}
	return map[string]any{"type": word["type"]}
}

// listOf is a list of two, or of at least so many.
func listOf(items any, least int) map[string]any {
	return map[string]any{"type": "array", "items": items, "minItems": least, "maxItems": 2}
}

func (t *thing[T]) schema(*Field) map[string]any { return t.c.ref() }

// ref names the schema of an item where a whole document defines it.
func (c *Catalog[T]) ref() map[string]any { return map[string]any{"$ref": "#/$defs/" + c.kind} }

func (t *things[T]) schema(*Field) map[string]any {
	one := t.c.ref()
	return map[string]any{"anyOf": []any{map[string]any{"type": "array", "items": one}, one}}
}

func (t *optional[T]) schema(*Field) map[string]any {
	return itemSchema(t.c.Info(t.name))
}

// Kind says in a word or two what the option's value is.
func (f *Field) Kind() string {
	switch v := f.value.(type) {
	case *plain:
		switch v.into.(type) {
		case *int:
			return "whole number"
		case *float64:
			return "number"
		case *bool:
			return "true or false"
		case *[]string:
			return "list of names"
		case *Pair:
			return "number or [height, width]"
		case *Sides:
			return "number, [height, width] or [[top, bottom], [left, right]]"
		case *Range:
			return "number or [lower, upper]"
		case *[]Number:
			return "list of numbers or {name: number}"
		case *Mapping:
			return "mapping"
		}
		return "text"
	case interface{ kind() string }:
		return v.kind()
	}
	return ""
}

func (t *thing[T]) kind() string    { return t.c.kind }
func (t *things[T]) kind() string   { return "list of " + words.Plural(t.c.kind) }
func (t *optional[T]) kind() string { return t.c.kind }

func list(names []string) string { return strings.Join(names, ", ") }
