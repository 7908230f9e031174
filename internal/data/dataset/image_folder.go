package dataset

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"cnntrain/internal/catalog"
)

var _ = Datasets.Add(catalog.Entry[Dataset]{
	Name:    "image_folder",
	Keras:   "keras.utils.image_dataset_from_directory",
	Example: "image_folder: {path: ./photos, test_split: 0.1}",
	Doc: `Your own images: a folder with a folder of JPEG, PNG, WebP, BMP, GIF or TIFF files for each class.

The path alone will do: ` + "`dataset: ./photos`" + `. A path is relative to the folder
that cnntrain is run in, not to that of the spec. The classes are the folders' names in
alphabetical order; files in folders below belong to the class too. The kind of a file
is told by its content. All images are decoded once beforehand; what cannot be is listed
and left out, or an error with ` + "`--strict`" + `. Hidden files and what systems leave
behind (` + "`__MACOSX`, `@eaDir`, `Thumbs.db`" + `) are passed over.

Pixels are those of libjpeg, libpng and libwebp, as Keras sees them, with two
differences: images are turned upright as their EXIF data says, which Keras does not
do, and JPEGs are decoded with libjpeg's accurate DCT, Pillow's choice, where TensorFlow
takes the fast one, which is about 1 of 255 away. Of an animation the first frame is taken. HEIC and AVIF have to be converted first.

Images are resized to the spec's input (bilinear, as Keras does it) each time they
are used, so that memory does not grow with their number. What is not of the input's
proportions is stretched; with ` + "`crop_to_aspect_ratio`" + ` the largest centre part that
is of them is taken. ` + "`predict`" + ` does the same. With input channels 1 images
become grey.

Where the folder has train in it, that holds the class folders, and so do val and test,
which may be missing. Training, valid, validation, dev and testing are understood too, in
any case of letters. Images in test without class folders are for ` + "`predict`" + `. Otherwise
each class is split by the order of a hash of the names: every class is in every split as
far as it has images, and an image stays on its side when others are added, but for
those at the border; ` + "`validation_split`" + ` takes its fraction of each class in the same way.
Names of classes are compared in Unicode's composed form. Folders that are laid out in
another way are refused with what to rename.`,
	New: func(o *catalog.Options) Dataset {
		f := &imageFolder{testSplit: 0.2}
		o.Bind(&f.path, "path", "the folder; relative to the one that cnntrain is run in").Required()
		f.bind(o, "where the folder has no train")
		return f
	},
})

// bind declares the options that lists of images have too.
func (f *imageFolder) bind(o *catalog.Options, where string) {
	o.Bind(&f.testSplit, "test_split", "fraction of the images of each class for testing, "+where).Min(0).Below(1)
	o.Bind(&f.crop, "crop_to_aspect_ratio", "take the largest centre part of the input's proportions, where an image is not of them, in place of stretching it")
}

type imageFolder struct {
	path      string
	testSplit float64
	crop      bool
}

func (f *imageFolder) crops() bool { return f.crop }

func (*imageFolder) Shape() []int { return nil }

func (*imageFolder) Classes() []string { return nil }

// Load lists the images and makes sure that they can be read; see [listing.load].
func (f *imageFolder) Load(ctx context.Context, src Source) (*Data, error) {
	top := expandHome(f.path)
	if info, err := os.Stat(top); err != nil {
		return nil, fmt.Errorf("%s: %w; it should be a folder with a folder of images for each class", f.path, bare(err))
	} else if !info.IsDir() {
		return nil, fmt.Errorf("%s: not a folder; it should have a folder of images for each class", f.path)
	}
	l, err := scanFolder(ctx, top)
	if err != nil {
		return nil, err
	}
	return l.load(ctx, src, f)
}

// expandHome replaces ~ at the start, as a shell would.
func expandHome(path string) string {
	rest, ok := strings.CutPrefix(path, "~")
	if home, err := os.UserHomeDir(); ok && err == nil && (rest == "" || os.IsPathSeparator(rest[0])) {
		return home + rest
	}
	return path
}

var errNoImages = errors.New("no images here")
