// Package spec reads the YAML document: what it says and where it says it.
//
// It knows the layout of the file (sections, layers, blocks, repeat, --set) and
// nothing of what the names in it mean: an Item is a name, a place and options
// not yet decoded. Package catalog turns items into things.
package spec
