package dataset

import (
	"fmt"
	"maps"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"
)

const withoutClasses = "images without class folders"

// notClasses reports that the folders in f are not class folders, and how to fix it. alike
// lists those named exactly or nearly as splits.
func (l *listing) notClasses(f *folder, alike []string) (string, error) {
	below := map[string]*folder{}
	for _, name := range f.folders {
		b, err := l.peek(path.Join(f.name, name))
		if err != nil {
			return "", err
		}
		below[name] = b
		if b.forDetection(l) {
			return detection(fileAt(l.top, name)), nil
		}
	}
	if f.forDetection(l) {
		return detection(l.top), nil
	}
	for _, name := range alike {
		if p, ok := splitOf(name); ok && p == forTraining && (len(alike) > 1 || len(f.folders) == 1) {
			return fmt.Sprintf("%s: %s%s", fileAt(l.top, name), withoutClasses, l.advice(below[name])), nil
		}
		if beside := below[name].folders; len(alike) < len(f.folders) && len(beside) > 0 && subset(beside, f.folders) {
			return fmt.Sprintf("%s has folders that lie beside it too (%s); put those beside it into %s",
				fileAt(l.top, name), list(beside), fileAt(l.top, forTraining.String())), nil
		}
	}
	if len(alike) > 1 || len(alike) > 0 && len(alike) == len(f.folders) {
		var want []string
		for _, name := range alike {
			p, _ := likeSplit(name)
			want = append(want, p.String())
		}
		if !slices.Contains(want, forTraining.String()) {
			return fmt.Sprintf("%s: %s, but no folder train with those to train on", l.top, list(alike)), nil
		}
		return fmt.Sprintf("%s: %s look like splits, not classes; rename them to %s, each with a folder for each class", l.top, list(alike), list(want)), nil
	}
	return l.sameNames(f, below), nil
}

// sameNames reports folders that contain only folders, with the same names in each: then
// those are the classes, or the outer folders are splits.
func (l *listing) sameNames(f *folder, below map[string]*folder) string {
	if len(f.folders) < 2 {
		return ""
	}
	first := below[f.folders[0]]
	for _, name := range f.folders {
		if b := below[name]; len(b.images) > 0 || len(b.folders) < 2 || !subset(b.folders, first.folders) || !subset(first.folders, b.folders) {
			return ""
		}
	}
	if allSplits := !slices.ContainsFunc(first.folders, func(n string) bool { _, ok := likeSplit(n); return !ok }); allSplits {
		return fmt.Sprintf("%s: each of %s has %s in it; it has to be the other way round, such as %s",
			l.top, list(f.folders), list(first.folders), fileAt(l.top, path.Join(first.folders[0], f.folders[0])))
	}
	return fmt.Sprintf("%s: %s hold folders of the same names (%s), so they are no classes; rename them to train, val and test, or move what is in them together",
		l.top, list(f.folders), list(first.folders))
}

// subset reports whether all names are in others.
func subset(names, others []string) bool {
	fold := func(s string) string { return strings.ToLower(norm.NFC.String(s)) }
	has := map[string]bool{}
	for _, n := range others {
		has[fold(n)] = true
	}
	return !slices.ContainsFunc(names, func(n string) bool { return !has[fold(n)] })
}

// forDetection reports whether f has the layout of object detection datasets: images and
// annotations.
func (f *folder) forDetection(l *listing) bool {
	var images, boxes bool
	for _, name := range f.folders {
		_, like := likeSplit(name)
		switch lower := strings.ToLower(name); {
		case like, lower == "images", lower == "jpegimages":
			images = true
		case lower == "labels", lower == "annotations":
			b, err := l.peek(path.Join(f.name, name))
			boxes = boxes || err == nil && len(b.images) == 0 && (len(b.folders) == 0 || b.allLike()) && len(b.folders)+len(b.others) > 0
		}
	}
	return images && boxes
}

func (f *folder) allLike() bool {
	return !slices.ContainsFunc(f.folders, func(n string) bool { _, ok := likeSplit(n); return !ok })
}

func detection(where string) string {
	return where + ": laid out for object detection, with labels in files of their own; a folder for each class is needed, or a .csv with the columns file,label"
}

// onlyClass reports that there is only one class. If that folder contains the class
// folders, it says so.
func (l *listing) onlyClass(f *folder) (string, error) {
	where := fileAt(l.top, f.name)
	said := fmt.Sprintf("%s: only one class, %q; there is nothing to tell apart", where, l.classes[0])
	inner, err := l.peek(path.Join(f.name, f.folders[0]))
	if err == nil && len(inner.folders) > 1 && len(f.folders) == 1 {
		said += fmt.Sprintf("; if its folders %s are the classes, ", list(inner.folders))
		if f.name == "" {
			said += "use " + dotted(fileAt(l.top, inner.name))
		} else {
			said += "move them up into " + where
		}
	}
	return said, err
}

// dotted writes a path in the form that a spec needs.
func dotted(path string) string {
	if filepath.IsAbs(path) || strings.HasPrefix(path, ".") {
		return path
	}
	return "./" + path
}

// missingClasses says why a folder without class folders cannot be used.
func (l *listing) missingClasses(f *folder) string {
	where := fileAt(l.top, f.name)
	if len(f.images) > 0 {
		return where + ": " + withoutClasses + l.advice(f)
	}
	return fmt.Sprintf("%s: %v; each class needs a folder with its images%s", where, errNoImages, l.lists(f))
}

// beginning matches the leading letters of a name, if a number follows.
var beginning = regexp.MustCompile(`^(\pL+)[-_. (]*[0-9]`)

// advice says what to do with images in f outside class folders.
func (l *listing) advice(f *folder) string {
	n := map[string]int{}
	for _, name := range f.images {
		m := beginning.FindStringSubmatch(name)
		if m == nil {
			n = nil
			break
		}
		n[m[1]]++
	}
	said := "; put those of each class into a folder of its own"
	if len(n) > 1 && len(n) <= len(f.images)/2 {
		said = fmt.Sprintf("; their names begin with %s: put them into folders called so", list(slices.Sorted(maps.Keys(n))))
	}
	return said + ", or write a .csv with the columns file,label" + l.lists(f)
}

// lists returns the name of a file in or beside f that may be an image list.
func (l *listing) lists(f *folder) string {
	for _, name := range f.others {
		if ext := strings.ToLower(filepath.Ext(name)); ext == ".csv" || ext == ".tsv" || ext == ".npz" {
			return fmt.Sprintf(" (for one that is there: dataset: %s)", dotted(fileAt(l.top, path.Join(f.name, name))))
		}
	}
	return ""
}

// list formats names as "a, b and c"; of many only the first.
func list(names []string) string {
	const most = 6
	switch n := len(names); {
	case n == 1:
		return names[0]
	case n > most:
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most-1], ", "), n-most+1)
	default:
		return strings.Join(names[:n-1], ", ") + " and " + names[n-1]
	}
}

// count writes "1 image", "2 images".
func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
