package dataset

import (
	"fmt"
	"slices"
	"strings"
)

// several reports whether an image of a list has several labels.
func several(labels []string, separator string) bool {
	return separator != "" && slices.ContainsFunc(labels, func(l string) bool { return strings.Contains(l, separator) })
}

// labelsIn returns the labels of an image, split at separator, in alphabetical order. An empty
// separator means a single label.
func labelsIn(text, separator string) (labels []string) {
	if separator == "" {
		return []string{text}
	}
	for l := range strings.SplitSeq(text, separator) {
		if l = strings.TrimSpace(l); l != "" {
			labels = append(labels, l)
		}
	}
	slices.Sort(labels)
	return slices.Compact(labels)
}

// classesOfRows takes the classes from the rows of a list. If an image has several, l.labels
// becomes the sets of classes that images have.
func (l *listing) classesOfRows(rows []row, separator string) {
	all := make([]string, len(rows))
	for i, r := range rows {
		all[i] = r.label
	}
	slices.Sort(all)
	all = slices.Compact(all)
	if !several(all, separator) {
		l.classes = all
		return
	}
	for _, text := range all {
		l.classes = append(l.classes, labelsIn(text, separator)...)
	}
	slices.Sort(l.classes)
	l.classes = slices.Compact(l.classes)
	for _, text := range all {
		set := l.indices(labelsIn(text, separator))
		if !slices.ContainsFunc(l.labels, func(s []int) bool { return slices.Equal(s, set) }) {
			l.labels = append(l.labels, set)
		}
	}
}

// indices returns the indices of classes, not nil.
func (l *listing) indices(names []string) []int {
	set := []int{}
	for _, name := range names {
		c, _ := slices.BinarySearch(l.classes, name)
		set = append(set, c)
	}
	return set
}

// labelOf returns the label that a list writes as text.
func (l *listing) labelOf(text, separator string) int {
	if l.labels == nil {
		return l.indices([]string{text})[0]
	}
	set := l.indices(labelsIn(text, separator))
	return slices.IndexFunc(l.labels, func(s []int) bool { return slices.Equal(s, set) })
}

// classesOf returns the classes of images with a label.
func (l *listing) classesOf(label int) []int { return ClassesOf(l.labels, label) }

// stratum returns the class within which an image with a label is split, 0 where images can
// have several.
func (l *listing) stratum(label int) int {
	if l.labels != nil {
		return 0
	}
	return label
}

// labelText is a label in a digest.
func (l *listing) labelText(label int) string {
	if l.labels != nil {
		return fmt.Sprint(l.labels[label])
	}
	return fmt.Sprint(label)
}

// ClassesOf returns the classes of images with a label, given those of each label, nil if
// each label is a class.
func ClassesOf(labels [][]int, label int) []int {
	if labels != nil {
		return labels[label]
	}
	return []int{label}
}

// LabelText returns the names of the classes of images with a label, separated by "|".
func LabelText(classes []string, labels [][]int, label int) string {
	var names []string
	for _, c := range ClassesOf(labels, label) {
		names = append(names, classes[c])
	}
	return strings.Join(names, "|")
}
