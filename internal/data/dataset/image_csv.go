package dataset

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"syscall"

	"cnntrain/internal/catalog"

	"golang.org/x/text/unicode/norm"
)

var _ = Datasets.Add(catalog.Entry[Dataset]{
	Name:    "image_csv",
	Keras:   "ImageDataGenerator.flow_from_dataframe",
	Example: "image_csv: {path: ./labels.csv, test_split: 0.1}",
	Doc: `Your own images, listed in a .csv or .tsv file.

The path alone is enough: ` + "`dataset: ./labels.csv`" + `. The first line names the columns:
` + "`file,label`" + ` or ` + "`file,label,split`" + `; others are not read. A file is an absolute path or
one relative to the folder of the list; a split is train, val or test. Without splits the
images are split as in image_folder, by the names in the list.

Files are read as spreadsheets write them: UTF-8 or UTF-16, fields separated by commas,
semicolons or tabs, with quotes where needed, spaces around labels, backslashes in paths.
Missing files, a file with two labels, an empty label and a missing header are errors;
all of them are reported at once.

With several labels for an image, ` + "`red|blue`" + `, each class is a decision of its own, for which a
model ends in sigmoid and has the loss binary_crossentropy. An empty label then means that
the image has none of the classes, and the images are split without regard to classes.`,
	New: func(o *catalog.Options) Dataset {
		f := &imageCSV{imageFolder{testSplit: 0.2, dct: "accurate"}, "|"}
		o.Bind(&f.path, "path", "the file; relative to the folder that cnntrain is run in").Required()
		o.Bind(&f.separator, "label_separator", "what separates the labels of an image that has several; empty: nothing does")
		f.bind(o, "where the list has no splits")
		return f
	},
})

type imageCSV struct {
	imageFolder
	separator string // of the labels of an image
}

// maxList limits the size of a list in bytes, to about ten million images.
const maxList = 1 << 30

// Load reads the list and checks that the images can be decoded; see [listing.load].
func (f *imageCSV) Load(ctx context.Context, src Source) (*Data, error) {
	l, err := f.list(ctx)
	if err != nil {
		return nil, err
	}
	return l.load(ctx, src, &f.imageFolder)
}

// list reads the list.
func (f *imageCSV) list(ctx context.Context) (*listing, error) {
	file := ExpandHome(f.path)
	info, err := os.Stat(file)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s: %w; it should be a list of images, file,label or file,label,split", f.path, bare(err))
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s: not a file; a list of images is expected, file,label or file,label,split", f.path)
	case info.Size() > maxList:
		return nil, fmt.Errorf("%s: %d bytes are too long for a list of images", f.path, info.Size())
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	rows, given, problems := readList(text, f.separator)
	l := &listing{top: filepath.Dir(file), given: given, known: f.known}
	for _, p := range problems {
		l.problem("%s:%s", f.path, p)
	}
	if err := l.addRows(ctx, f.path, rows, f.separator); err != nil {
		return nil, err
	}
	if len(rows) == 0 && len(problems) == 0 {
		l.problem("%s: lists no images", f.path)
	}
	if len(l.problems) > 0 {
		l.files = nil // decoding everything takes long, and the list is wrong anyway
	}
	return l, nil
}

// addRows adds the images of a list's rows; where names the list.
func (l *listing) addRows(ctx context.Context, where string, rows []row, separator string) error {
	l.classesOfRows(rows, separator)
	if len(l.classes) == 1 && l.known == nil {
		l.problem("%s: only one class, %q; there is nothing to tell apart", where, l.classes[0])
	}
	seen := map[string]row{}
	trained := make([]bool, len(l.classes))
	for _, r := range rows {
		if err := ctx.Err(); err != nil {
			return err
		}
		label := l.labelOf(r.label, separator)
		for _, c := range l.classesOf(label) {
			trained[c] = trained[c] || r.split == forTraining
		}
		name, size, why, err := l.find(r.file)
		before, twice := seen[name]
		switch {
		case err != nil:
			return err
		case why != "":
			l.problem("%s:%d: %s: %s", where, r.line, r.file, why)
			continue
		case twice && before.label != r.label:
			l.problem("%s:%d: %s has two labels, %q and in line %d %q", where, r.line, r.file, r.label, before.line, before.label)
			continue
		case twice && before.split != r.split:
			l.problem("%s:%d: %s is for %s, and in line %d for %s", where, r.line, r.file, r.split, before.line, before.split)
			continue
		case twice:
			l.warn("%s:%d: %s stands in line %d already, and counts once", where, r.line, r.file, before.line)
			continue
		}
		seen[name] = r
		l.add(name, label, r.split, size)
	}
	for c, ok := range trained {
		if !ok && l.known == nil { // those that are only evaluated may all be for testing
			l.problem("%s: class %q has no images for training", where, l.classes[c])
		}
	}
	return nil
}

// find returns the name under which a file of a list exists, or the reason why it does not.
// err is a fatal error.
func (l *listing) find(file string) (name string, size int64, why string, err error) {
	slashed := path.Clean(strings.ReplaceAll(file, `\`, "/"))
	// A list from macOS may have é as one character and the disk as two, or vice versa.
	for _, name := range []string{slashed, file, norm.NFC.String(slashed), norm.NFD.String(slashed)} {
		info, err := os.Stat(fileAt(l.top, name))
		switch {
		case err == nil && info.Mode().IsRegular():
			return name, info.Size(), "", nil
		case err == nil:
			return name, 0, "not a file", nil
		case errors.Is(err, fs.ErrPermission):
			return name, 0, bare(err).Error(), nil
		case Refused(err) && !errors.Is(err, syscall.ENOTDIR) && !errors.Is(err, syscall.ENAMETOOLONG):
			return name, 0, "", err
		}
	}
	if strings.Contains(file, "://") {
		return "", 0, "an address on the network; download it and name the file", nil
	}
	return "", 0, "no such file", nil
}
