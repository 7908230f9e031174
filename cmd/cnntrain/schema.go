package main

import (
	"cnntrain/internal/builder/layer"
	"cnntrain/internal/catalog"
	"cnntrain/internal/experiment"
	"cnntrain/internal/spec"

	"github.com/spf13/cobra"
)

// schemaFile is the name of a schema in the folder of the specs that name it.
const schemaFile = "cnntrain.schema.json"

//go:generate sh -c "go run . schema > schema.new && mv schema.new ../../specs/cnntrain.schema.json || { rm -f schema.new; exit 1; }"

func newSchema(s *streams) *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Write the JSON Schema of specs, for editors",
		Long: `Writes the JSON Schema (draft 2020-12) of spec files. Editors with the YAML
language server complete and explain options if a spec starts with this line:

  # yaml-language-server: $schema=` + schemaFile + `

The seed specs have it. In Neovim the server is yamlls, in VS Code it comes with the
extension YAML of Red Hat.`,
		Example: "  cnntrain schema > " + schemaFile,
		Args:    exactly(0),
		RunE:    func(*cobra.Command, []string) error { return s.printJSON(specSchema()) },
	}
}

// fieldsOf returns the options of a section of a spec.
func fieldsOf(section string) []*catalog.Field {
	for _, s := range experiment.Sections() {
		if s.Name == section {
			return s.Fields
		}
	}
	return nil
}

type object = map[string]any

// specSchema is the schema of a whole spec file.
func specSchema() object {
	scalar := []string{"string", "number", "boolean"} // text needs no quotes
	orNull := func(schema object) object {
		return object{"anyOf": []any{schema, object{"type": "null"}}}
	}
	layers := object{"$ref": "#/$defs/layers"}
	block := object{
		"type": "object",
		"properties": object{
			"params": orNull(object{"type": "array", "items": object{"type": scalar}, "description": "names that $name stands for in the layers"}),
			"layers": layers,
		},
		"required":             []string{"layers"},
		"additionalProperties": false,
	}
	times := object{"anyOf": []any{object{"type": "integer", "minimum": 1}, object{"type": "string", "pattern": `^\$`}}}
	repeat := object{
		"type":                 "object",
		"properties":           object{"repeat": times, "layers": layers, "trainable": trainableSchema},
		"required":             []string{"repeat", "layers"},
		"additionalProperties": false,
	}
	// The name of a block is used like that of a layer; the schema cannot know it.
	blockName := object{"type": "string", "not": object{"enum": append(layer.Layers.Names(), "repeat", "residual", "from", "trainable")}}
	call := object{"anyOf": []any{
		blockName,
		object{"type": "object", "minProperties": 1, "maxProperties": 1, "propertyNames": blockName},
	}}
	defs := object{
		"layers": object{"type": "array", "items": object{"$ref": "#/$defs/item"}},
		"item":   object{"anyOf": []any{object{"$ref": "#/$defs/layer"}, object{"$ref": "#/$defs/merge"}, repeat, call}},
		"path":   pathSchema(),
		"merge":  mergeSchema(),
	}
	for _, l := range listings {
		defs[l.Kind()] = l.Schema()
	}
	return object{
		"$schema": "https://json-schema.org/draft/2020-12/schema",
		"title":   "cnntrain spec",
		"type":    "object",
		"properties": object{
			"name": orNull(object{"type": scalar, "pattern": spec.NamePattern,
				"description": "names the run folder; made from the file's name unless given"}),
			"description": orNull(object{"type": scalar, "description": "what the model is"}),
			"input": object{"type": "array", "items": object{"type": "integer", "minimum": 1, "maximum": spec.MaxSide}, "minItems": 3, "maxItems": 3,
				"description": "height, width and channels of an image"},
			"data":    catalog.Object(fieldsOf("data")),
			"blocks":  orNull(object{"type": "object", "additionalProperties": block, "propertyNames": blockName, "description": "lists of layers with a name and parameters"}),
			"layers":  object{"$ref": "#/$defs/layers", "minItems": 1},
			"weights": object{"anyOf": []any{catalog.Object(fieldsOf("weights")), object{"type": []string{"string", "null"}}}},
			"train":   orNull(catalog.Object(fieldsOf("train"))),
		},
		"required":             []string{"input", "layers", "data"},
		"additionalProperties": false,
		"$defs":                defs,
	}
}

// trainableSchema is the schema of trainable of a block, a repeat or a path.
var trainableSchema = object{"type": []string{"boolean", "string"}, "description": "whether training updates the weights of the layers in it that say nothing else"}

// pathSchema is the schema of a path of a merging layer.
func pathSchema() object {
	from := object{
		"type":                 "object",
		"properties":           object{"from": object{"type": "string", "description": "the layer with whose output the path starts; input: the images"}},
		"required":             []string{"from"},
		"additionalProperties": false,
	}
	trainable := object{
		"type": "object", "properties": object{"trainable": trainableSchema}, "required": []string{"trainable"}, "additionalProperties": false,
	}
	return object{"type": "array", "items": object{"anyOf": []any{object{"$ref": "#/$defs/item"}, from, trainable}}}
}

// mergeSchema is the schema of a merging layer with its paths.
func mergeSchema() object {
	withOptions := func(list string, schema object, options object) object {
		options[list] = schema
		return object{"anyOf": []any{schema, object{
			"type": "object", "properties": options, "required": []string{list}, "additionalProperties": false,
		}}}
	}
	properties := object{}
	for _, name := range spec.Merging() {
		options := object{}
		for _, f := range layer.Layers.Info(name).Fields {
			options[f.Name] = f.Schema()
		}
		paths := object{"type": "array", "items": object{"$ref": "#/$defs/path"}, "minItems": 2}
		properties[name] = withOptions("paths", paths, options)
	}
	properties["residual"] = withOptions("layers", object{"$ref": "#/$defs/layers"}, object{"name": object{"type": "string"}, "trainable": trainableSchema})
	return object{"type": "object", "properties": properties, "minProperties": 1, "maxProperties": 1, "additionalProperties": false}
}
