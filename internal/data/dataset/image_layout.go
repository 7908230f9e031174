package dataset

import (
	"context"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// scanFolder lists the images of a folder according to its layout.
func scanFolder(ctx context.Context, top string, known []string) (*listing, error) {
	l := &listing{top: filepath.Clean(top), known: known}
	f, err := l.look("")
	if err != nil {
		return nil, err
	}
	bySplit := map[split][]string{}
	var alike []string // named exactly or nearly as splits
	for _, name := range f.folders {
		if p, ok := splitOf(name); ok {
			bySplit[p] = append(bySplit[p], name)
		}
		if _, ok := likeSplit(name); ok && !l.knows(name) {
			alike = append(alike, name)
		}
	}
	inside := bySplit[forTraining]
	if known != nil && len(inside) == 0 && !slices.ContainsFunc(f.folders, l.otherThanSplit) {
		inside = f.folders // nothing is trained on
	}
	for _, name := range inside {
		inner, err := l.peek(name)
		if err != nil {
			return nil, err
		}
		// Without a split for training, a class may be called train: the vehicle.
		if len(inner.folders) > 0 && !inner.forDetection(l) {
			return l, l.scanSplits(ctx, f, bySplit, name)
		}
	}
	no, err := l.notClasses(f, alike)
	switch {
	case err != nil:
		return nil, err
	case no != "":
		l.problem("%s", no)
		return l, nil
	}
	for _, name := range alike {
		beside := slices.DeleteFunc(slices.Clone(f.folders), func(n string) bool { return n == name })
		said := ""
		if p, _ := likeSplit(name); p != forTraining {
			said = fmt.Sprintf("; if it has %s images, put the others into %s", p, fileAt(l.top, forTraining.String()))
		}
		l.warn("%s is taken for a class, as are %s%s", fileAt(l.top, name), list(beside), said)
	}
	l.setClasses(f.folders)
	l.loose(f)
	return l, l.scanClasses(ctx, f, forTraining)
}

// otherThanSplit reports whether name is not that of a split, or that of a class too.
func (l *listing) otherThanSplit(name string) bool {
	_, ok := splitOf(name)
	return !ok || l.knows(name)
}

// knows reports whether the model that is evaluated has the class.
func (l *listing) knows(class string) bool {
	return slices.ContainsFunc(l.known, func(c string) bool { return norm.NFC.String(c) == norm.NFC.String(class) })
}

// setClasses takes the names of the class folders as names of the classes.
func (l *listing) setClasses(folders []string) {
	lower := map[string]string{}
	for _, name := range folders {
		l.classes = append(l.classes, norm.NFC.String(name))
	}
	slices.Sort(l.classes)
	l.classes = slices.Compact(l.classes)
	for _, c := range l.classes {
		folded := strings.ToLower(strings.TrimSpace(c))
		if other, ok := lower[folded]; ok {
			l.warn("%q and %q are two classes", other, c)
		}
		lower[folded] = c
	}
}

// loose warns about images beside class folders.
func (l *listing) loose(f *folder) {
	if n := len(f.images); n > 0 {
		l.warn("%s: %s beside the folders, of no class, not read", fileAt(l.top, f.name), count(n, "image"))
	}
}

// scanClasses lists the images in the class folders of f.
func (l *listing) scanClasses(ctx context.Context, f *folder, p split) error {
	switch n := len(l.classes); {
	case n == 0:
		l.problem("%s", l.missingClasses(f))
		return nil
	case n == 1 && p == forTraining && l.known == nil:
		no, err := l.onlyClass(f)
		if err != nil || no != "" {
			l.problem("%s", no)
			return err
		}
	}
	found := map[int]int{}
	for _, name := range f.folders {
		label := slices.Index(l.classes, norm.NFC.String(name))
		if label < 0 {
			l.problem("%s: class %q has no images in %s%s", fileAt(l.top, f.name), name, fileAt(l.top, l.train), l.sameButCase(name))
			continue
		}
		n, err := l.walk(ctx, path.Join(f.name, name), label, p)
		if err != nil {
			return err
		}
		found[label] += n
	}
	for label, class := range l.classes {
		if n, ok := found[label]; ok && n == 0 && p == forTraining {
			l.problem("%s: no images here; put some in, or remove the folder", fileAt(l.top, path.Join(f.name, class)))
		}
	}
	return nil
}

func (l *listing) sameButCase(name string) string {
	for _, c := range slices.Concat(l.known, l.classes) {
		if strings.EqualFold(strings.TrimSpace(c), strings.TrimSpace(norm.NFC.String(name))) {
			return fmt.Sprintf(", where it is called %q", c)
		}
	}
	return ""
}

// scanSplits lists the images of a folder with the split called first, which has class folders,
// and optional other splits.
func (l *listing) scanSplits(ctx context.Context, f *folder, bySplit map[split][]string, first string) error {
	l.given = true
	l.loose(f)
	for _, name := range f.folders {
		if _, ok := splitOf(name); ok {
			continue
		}
		where := fileAt(l.top, name)
		if p, ok := likeSplit(name); ok {
			l.problem("%s: rename it to %s, if that is what it is for, or move it away", where, p)
		} else if len(bySplit) == 1 {
			l.problem("%s: lies beside %s, which has folders in it; move it into %[2]s if it is a class, else away", where, first)
		} else {
			l.warn("%s: not read, since it lies beside %s", where, first)
		}
	}
	if l.known != nil {
		if err := l.classesOfSplits(bySplit); err != nil {
			return err
		}
	}
	for p := range splits {
		switch names := bySplit[p]; {
		case len(names) > 1:
			l.problem("%s: %s are all %s images; keep one", l.top, list(names), p)
		case len(names) == 1:
			if err := l.scanSplit(ctx, names[0], p); err != nil {
				return err
			}
			if len(l.classes) < 2 && l.known == nil {
				return nil // otherwise each class of the other splits would be reported
			}
		}
	}
	if !l.tested {
		l.warn("%s: no images for testing: there is no folder test with class folders", l.top)
	}
	return nil
}

// classesOfSplits takes the classes of all splits, as those that are only evaluated need not be
// in train.
func (l *listing) classesOfSplits(bySplit map[split][]string) error {
	var all []string
	for p, names := range bySplit {
		for _, name := range names {
			f, err := l.peek(name)
			if err != nil {
				return err
			}
			if !l.unlabelled(f, p) {
				all = append(all, f.folders...)
			}
		}
	}
	l.setClasses(all)
	return nil
}

// unlabelled reports whether f has images for testing without labels, directly or in a folder that
// is no class.
func (l *listing) unlabelled(f *folder, p split) bool {
	if p != forTesting || len(f.folders) != 1 {
		return p == forTesting && len(f.folders) == 0
	}
	class := norm.NFC.String(f.folders[0])
	return !l.knows(class) && !slices.Contains(l.classes, class) && l.sameButCase(class) == ""
}

func (l *listing) scanSplit(ctx context.Context, name string, p split) error {
	f, err := l.look(name)
	if err != nil {
		return err
	}
	if p == forTraining {
		l.train = name
		if l.known == nil {
			l.setClasses(f.folders)
		}
	}
	where := fileAt(l.top, name)
	switch {
	case l.unlabelled(f, p):
		others := &listing{top: l.top}
		n, err := others.walk(ctx, name, 0, p)
		if err == nil && n == 0 {
			l.problem("%s: no images here; put class folders in, or remove it", where)
		} else if err == nil {
			l.warn("%s: %s without labels, for predict alone", where, count(n, "image"))
		}
		return err
	case len(f.folders) == 0 && len(f.images) > 0:
		l.problem("%s: %s%s", where, withoutClasses, l.advice(f))
		return nil
	case len(f.folders) == 0:
		l.problem("%s: no images here; put class folders in, or remove it", where)
		return nil
	}
	l.loose(f)
	l.tested = l.tested || p == forTesting
	return l.scanClasses(ctx, f, p)
}
