// Package spec reads the YAML document: its content and the position of each value.
//
// It knows the layout of the file (sections, layers, blocks, repeat, --set) but not the
// meaning of names: an Item is a name, a position and undecoded options. Package catalog
// decodes items.
package spec
