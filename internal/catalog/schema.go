package catalog

import (
	"strings"

	"cnntrain/internal/words"
)

// Schema returns the JSON Schema of an item of the catalog: its name, or its name with its
// main option or a mapping of options. Other catalogs are referred to as #/$defs/KIND.
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
	for _, a := range c.Aliases {
		forms = append(forms, a.schema(c.Info(a.Name).Fields))
	}
	if c.Together != "" {
		forms = append(forms, itemSchema(c.Info(c.Together)))
	}
	return map[string]any{"anyOf": forms}
}

// mustHaveOptions reports whether e has a required option other than the one called given.
func (e Info) mustHaveOptions(given string) bool {
	for _, f := range e.Fields {
		if f.required && f.Name != given {
			return true
		}
	}
	return false
}

var (
	// parameter is the schema of $name, which can replace any value inside a block.
	parameter = map[string]any{"type": "string", "pattern": `^\$`}
	// null leaves an option at its default.
	null = map[string]any{"type": "null"}
	// word is the schema of text that needs no quotes in YAML.
	word = map[string]any{"type": []string{"string", "number", "boolean"}}
)

// itemSchema is the schema of what follows "NAME:".
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
	if _, several := schema["anyOf"]; len(f.choices) > 0 && !several {
		schema["enum"] = f.choices
	}
	return schema
}

// fraction is the schema of the fractions that readNumber accepts.
var fraction = map[string]any{"type": "string", "pattern": `^\s*[-+0-9.eE]+\s*/\s*[-+0-9.eE]+\s*$`}

// number is the schema of a number within the option's limits.
func (f *Field) number(kind string) map[string]any {
	schema := map[string]any{"type": kind}
	f.limits.addTo(schema)
	return schema
}

func anyOf(forms ...any) map[string]any { return map[string]any{"anyOf": forms} }

// listOf is the schema of a list of two elements, or with a minimum length.
func listOf(items any, least int) map[string]any {
	return map[string]any{"type": "array", "items": items, "minItems": least, "maxItems": 2}
}

func (t *thing[T]) schema(*Field) map[string]any { return t.c.ref() }

// ref refers to the schema of an item in the definitions of the document.
func (c *Catalog[T]) ref() map[string]any { return map[string]any{"$ref": "#/$defs/" + c.kind} }

func (t *things[T]) schema(*Field) map[string]any {
	one := t.c.ref()
	return map[string]any{"anyOf": []any{map[string]any{"type": "array", "items": one}, one}}
}

func (t *optional[T]) schema(*Field) map[string]any {
	return itemSchema(t.c.Info(t.name))
}

// Kind describes the type of the option's value in a word or two.
func (f *Field) Kind() string { return strings.TrimPrefix(f.value.kind(), "a ") }

func (t *thing[T]) kind() string    { return t.c.kind }
func (t *things[T]) kind() string   { return "list of " + words.Plural(t.c.kind) }
func (t *optional[T]) kind() string { return t.c.kind }

func list(names []string) string { return strings.Join(names, ", ") }
