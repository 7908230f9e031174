package dataset

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"cnntrain/internal/catalog"
)

var _ = Datasets.Add(catalog.Entry[Dataset]{
	Name:    "image_folder",
	Keras:   "keras.utils.image_dataset_from_directory",
	Example: "image_folder: {path: ./photos, test_split: 0.1}",
	Doc: `Your own images: a folder with a folder of PNG or JPEG files for each class.

The path alone will do: ` + "`dataset: ./photos`" + `. A path is relative to the folder
that cnntrain is run in, not to that of the spec. The classes are the folders' names in
alphabetical order; files in folders below belong to the class too. Images that
cannot be read, by their first and last bytes, are listed and left out; with
` + "`--strict`" + ` all are decoded first, and they are an error.

Images are resized to the spec's input (bilinear, as Keras does it) each time they
are used, so that memory does not grow with their number. What is not of the input's
proportions is stretched; with ` + "`crop_to_aspect_ratio`" + ` the largest centre part that
is of them is taken. ` + "`predict`" + ` does the same. With input channels 1 images
become grey.

Where the folder has train and test in it, these hold the class folders.
Otherwise a hash of the name decides which images are for testing, so an image
never moves from one split to the other when others are added.`,
	New: func(o *catalog.Options) Dataset {
		f := &imageFolder{testSplit: 0.2}
		o.Bind(&f.path, "path", "the folder; relative to the one that cnntrain is run in").Required()
		o.Bind(&f.testSplit, "test_split", "share of the images for testing, where the folder has no train and test").Min(0).Below(1)
		o.Bind(&f.crop, "crop_to_aspect_ratio", "take the largest centre part of the input's proportions, where an image is not of them, in place of stretching it")
		return f
	},
})

type imageFolder struct {
	path      string
	testSplit float64
	crop      bool
}

func (*imageFolder) Shape() []int { return nil }

func (*imageFolder) Classes() []string { return nil }

// Load lists the images and makes sure that they can be read. The digest is that of
// their names, classes and sizes in bytes. Training images come in the order of a hash of
// their names, so that the last of them, kept for validation, are of all classes.
func (f *imageFolder) Load(ctx context.Context, src Source) (*Data, error) {
	top := expandHome(f.path)
	if info, err := os.Stat(top); err != nil {
		return nil, fmt.Errorf("%s: %w; it should be a folder with a folder of images for each class", f.path, bare(err))
	} else if !info.IsDir() {
		return nil, fmt.Errorf("%s: not a folder; it should have a folder of images for each class", f.path)
	}
	if isFolder(top, "train") && isFolder(top, "test") {
		return f.loadSplits(ctx, src, top)
	}
	classes, files, skipped, err := readableClasses(ctx, src, top)
	if err != nil {
		return nil, err
	}
	var train, test []imageFile
	for _, file := range files {
		if file.share() < f.testSplit {
			test = append(test, file)
		} else {
			train = append(train, file)
		}
	}
	return f.newData(src, top, classes, train, test, skipped)
}

// loadSplits reads a folder that has train and test in it.
func (f *imageFolder) loadSplits(ctx context.Context, src Source, top string) (*Data, error) {
	classes, train, skipped, err := readableClasses(ctx, src, filepath.Join(top, "train"))
	if err != nil {
		return nil, err
	}
	others, test, more, err := readableClasses(ctx, src, filepath.Join(top, "test"))
	if err != nil {
		return nil, err
	}
	for _, c := range others {
		if !slices.Contains(classes, c) {
			return nil, fmt.Errorf("%s: class %q has no images in %s", filepath.Join(top, "test"), c, filepath.Join(top, "train"))
		}
	}
	for i := range train {
		train[i].name = "train/" + train[i].name
	}
	for i, file := range test {
		test[i].name, test[i].label = "test/"+file.name, slices.Index(classes, others[file.label])
	}
	return f.newData(src, top, classes, train, test, append(skipped, more...))
}

func (f *imageFolder) newData(src Source, top string, classes []string, train, test []imageFile, skipped []string) (*Data, error) {
	if len(train) == 0 {
		return nil, fmt.Errorf("%s: no images left to train on; lower test_split", top)
	}
	dir, err := filepath.Abs(top)
	if err != nil {
		return nil, err
	}
	d := &Data{Classes: classes, Shape: src.Input, Dir: dir, Digest: digestFiles(classes, train, test), Skipped: skipped}
	if d.Shape == nil {
		size, err := imageSize(filepath.Join(top, filepath.FromSlash(train[0].name)))
		if err != nil {
			return nil, err
		}
		d.Shape = []int{size.Y, size.X, 3}
	}
	if len(d.Shape) != 3 || d.Shape[2] != 1 && d.Shape[2] != 3 {
		return nil, fmt.Errorf("%s: images have 3 channels, or 1 as grey ones; the input %v asks for something else", top, d.Shape)
	}
	d.Train = &folderExamples{f, top, d.Shape, train}
	if len(test) > 0 {
		d.Test = &folderExamples{f, top, d.Shape, test}
	}
	return d, nil
}

func digestFiles(classes []string, splits ...[]imageFile) string {
	digest := sha256.New()
	fmt.Fprintf(digest, "%q\n", classes)
	for _, files := range splits {
		fmt.Fprintf(digest, "%d files\n", len(files))
		for _, f := range files {
			fmt.Fprintf(digest, "%q %d %d\n", f.name, f.label, f.size)
		}
	}
	return hex.EncodeToString(digest.Sum(nil))
}

// folderExamples is images that are read when they are asked for.
type folderExamples struct {
	set   *imageFolder
	top   string
	shape []int
	files []imageFile
}

func (e *folderExamples) Len() int { return len(e.files) }

func (e *folderExamples) Label(i int) int { return e.files[i].label }

func (e *folderExamples) Image(dst []float32, i int) error {
	return ReadImage(e.set, dst, e.shape, filepath.Join(e.top, filepath.FromSlash(e.files[i].name)))
}

func isFolder(dir, name string) bool {
	info, err := os.Stat(filepath.Join(dir, name))
	return err == nil && info.IsDir()
}

// expandHome replaces ~ at the start, as a shell would.
func expandHome(path string) string {
	rest, ok := strings.CutPrefix(path, "~")
	if home, err := os.UserHomeDir(); ok && err == nil && (rest == "" || os.IsPathSeparator(rest[0])) {
		return home + rest
	}
	return path
}

// missingImages says why a folder with no images in it is of no use.
func missingImages(dir string) error {
	return fmt.Errorf("%s: %w; each class needs a folder with its PNG or JPEG files", dir, errNoImages)
}

var errNoImages = errors.New("no images here")

// isImage reports whether a file is taken for an image, by its name. Of kinds that
// cannot be read nobody should think that they were.
func isImage(e fs.DirEntry) bool {
	switch strings.ToLower(filepath.Ext(e.Name())) {
	case ".png", ".jpg", ".jpeg", ".gif", ".bmp", ".webp", ".tif", ".tiff", ".heic", ".avif":
		return !isHidden(e)
	}
	return false
}

func isHidden(e fs.DirEntry) bool { return strings.HasPrefix(e.Name(), ".") }
