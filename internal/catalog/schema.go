package catalog

import "strings"

// Schema returns the JSON Schema of an item of the catalog: its name, or its
// name with its main option or a mapping of options.
func (c *Catalog[T]) Schema() map[string]any {
	var forms []any
	for _, name := range c.Names() {
		e := c.Info(name)
		title, _, _ := strings.Cut(e.Doc, "\n")
		forms = append(forms,
			map[string]any{"const": name, "description": title},
			map[string]any{
				"type":                 "object",
				"properties":           map[string]any{name: itemSchema(e)},
				"required":             []string{name},
				"additionalProperties": false,
			})
	}
	return map[string]any{"anyOf": forms}
}

// parameter is the schema of $name, which inside a block may stand for any value.
var parameter = map[string]any{"type": "string", "pattern": `^\$`}

// itemSchema is what may stand behind "NAME:".
func itemSchema(e Info) map[string]any {
	options := Object(e.Fields)
	properties := options["properties"].(map[string]any)
	for name, p := range properties {
		properties[name] = map[string]any{"anyOf": []any{p, parameter}}
	}
	forms := []any{options, map[string]any{"type": "null"}}
	if len(e.Fields) > 0 {
		forms = append(forms, properties[e.Fields[0].Name])
	}
	return map[string]any{"description": e.Doc, "anyOf": forms}
}

// Object returns the JSON Schema of a mapping of options.
func Object(fields []*Field) map[string]any {
	properties, required := map[string]any{}, []string{}
	for _, f := range fields {
		properties[f.Name] = f.Schema()
		if f.required {
			required = append(required, f.Name)
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
	schema := f.value.schema()
	schema["description"] = f.Doc
	if f.Default != "" {
		schema["description"] = f.Doc + " (default " + f.Default + ")"
	}
	if len(f.choices) > 0 {
		schema["enum"] = f.choices
	}
	f.limits.addTo(schema) // says nothing of values that are no numbers
	return schema
}

// fraction matches what parseNumber reads besides numbers.
const fraction = `^\s*[-+0-9.eE]+\s*/\s*[-+0-9.eE]+\s*$`

func (p *plain) schema() map[string]any {
	integer := map[string]any{"type": "integer"}
	numeric := map[string]any{"anyOf": []any{map[string]any{"type": "number"}, map[string]any{"type": "string", "pattern": fraction}}}
	switch p.into.(type) {
	case *int:
		return integer
	case *float64:
		return numeric
	case *bool:
		return map[string]any{"type": "boolean"}
	case *[]string:
		return map[string]any{"type": "array", "items": map[string]any{"type": "string"}}
	case *Pair:
		return map[string]any{"anyOf": []any{integer, map[string]any{"type": "array", "items": integer, "minItems": 2, "maxItems": 2}}}
	case *[]Number:
		return map[string]any{"anyOf": []any{
			map[string]any{"type": "array", "items": numeric},
			map[string]any{"type": "object", "additionalProperties": numeric}}}
	case *Range:
		return map[string]any{"anyOf": []any{numeric, map[string]any{"type": "array", "items": numeric, "minItems": 1, "maxItems": 2}}}
	}
	return map[string]any{"type": "string"}
}

func (t *thing[T]) schema() map[string]any { return t.c.Schema() }

func (t *things[T]) schema() map[string]any {
	one := t.c.Schema()
	return map[string]any{"anyOf": []any{map[string]any{"type": "array", "items": one}, one}}
}

func (t *optional[T]) schema() map[string]any {
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
		case *Range:
			return "number or [lower, upper]"
		case *[]Number:
			return "list of numbers or {name: number}"
		}
		return "text"
	case interface{ kind() string }:
		return v.kind()
	}
	return ""
}

func (t *thing[T]) kind() string    { return t.c.kind }
func (t *things[T]) kind() string   { return "list of " + t.c.kind + "s" }
func (t *optional[T]) kind() string { return t.c.kind }

func list(names []string) string { return strings.Join(names, ", ") }
