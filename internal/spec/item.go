package spec

import "gopkg.in/yaml.v3"

// LoadItem reads a file that holds only the options of one entry, which is called name.
// Errors are added to problems; the item is nil if the file cannot be read or is not YAML.
func LoadItem(file, name string, problems *Problems) *Item {
	src, ok := read(file, name, problems)
	if !ok {
		return nil
	}
	return ParseItem(file, name, src, problems)
}

// ParseItem is LoadItem for a document in memory.
func ParseItem(file, name string, src []byte, problems *Problems) *Item {
	root := parse(file, src, problems)
	if root == nil {
		return nil
	}
	it := &Item{Name: name, Pos: Pos{file, 1, 1}, Options: root}
	if root.Kind != yaml.MappingNode {
		problems.Add(it.At(root), "%s: must be a mapping of options", name)
		return nil
	}
	return it
}
