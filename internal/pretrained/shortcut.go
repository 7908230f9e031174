package pretrained

import (
	"regexp"
	"slices"
	"strings"
)

// kerasShortcut matches the convolution and the normalization of a shortcut in ResNets of
// keras.applications: conv2_block1_0_conv, conv2_block1_0_bn.
var kerasShortcut = regexp.MustCompile(`^(.*_block[0-9]+_)0_(conv|bn)$`)

// torchShortcuts lists the names of shortcuts in blocks of PyTorch's models.
var torchShortcuts = []string{"downsample", "shortcut", "skip"}

// shortcutsLast moves the modules of a shortcut behind those of the block beside it, as
// interop.Model.WeightOrder does with layers.
func shortcutsLast(all []*module) (sorted []*module) {
	has := map[string]bool{}
	for _, m := range all {
		has[m.name] = true
		for at := strings.LastIndexByte(m.name, '.'); at >= 0; at = strings.LastIndexByte(m.name[:at], '.') {
			has[m.name[:at]] = true
		}
	}
	waiting := map[string][]*module{} // by the prefix of the names in their block
	place := func(prefix string) {
		sorted = append(sorted, waiting[prefix]...)
		delete(waiting, prefix)
	}
	for _, m := range all {
		for _, prefix := range sortedKeys(waiting) {
			if !strings.HasPrefix(m.name, prefix) {
				place(prefix)
			}
		}
		if prefix, ok := shortcutIn(m.name, has); ok {
			waiting[prefix] = append(waiting[prefix], m)
			continue
		}
		sorted = append(sorted, m)
	}
	for _, prefix := range sortedKeys(waiting) {
		place(prefix)
	}
	return sorted
}

// shortcutIn returns the prefix of the names in the block whose shortcut a module is part of.
// has tells which names modules and their parents have.
func shortcutIn(name string, has map[string]bool) (prefix string, ok bool) {
	if n := kerasShortcut.FindStringSubmatch(name); n != nil {
		return n[1], has[n[1]+"0_conv"] // in a DenseNet, 0_bn is the first layer of the block
	}
	parts := strings.Split(name, ".")
	for i, part := range parts {
		prefix := strings.Join(parts[:i], ".")
		beside := func(name string) bool { return has[strings.TrimPrefix(prefix+"."+name, ".")] }
		switch {
		case slices.Contains(torchShortcuts, part) && !beside("blocks"), // in ConvNeXt a downsample is not parallel to the blocks
			part == "proj" && beside("f"): // RegNet
			return strings.TrimPrefix(prefix+".", "."), true
		}
	}
	return "", false
}

// sortedKeys returns the keys with the longest first, which are those of inner blocks.
func sortedKeys(m map[string][]*module) (keys []string) {
	for key := range m {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(a, b string) int { return len(b) - len(a) })
	return keys
}
