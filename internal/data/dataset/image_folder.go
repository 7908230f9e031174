package dataset

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"cnntrain/internal/catalog"
	"cnntrain/internal/data/picture"
)

var _ = Datasets.Add(catalog.Entry[Dataset]{
	Name:    "image_folder",
	Keras:   "keras.utils.image_dataset_from_directory",
	Example: "image_folder: {path: ./photos, test_split: 0.1}",
	Doc: `Your own images: a folder that contains one folder of JPEG, PNG, WebP, BMP, GIF or TIFF files for each class.

The path alone is enough: ` + "`dataset: ./photos`" + `. A path is relative to the folder
that cnntrain is run in, not to that of the spec. The classes are the folders' names in
alphabetical order; files in subfolders belong to the class too. The format of a file
is detected from its content. All images are decoded once in advance; those that cannot
be decoded are listed and skipped, or are an error with ` + "`--strict`" + `. Hidden files
and system files (` + "`__MACOSX`, `@eaDir`, `Thumbs.db`" + `) are ignored.

Pixels equal those of libjpeg, libpng and libwebp, and so those of Pillow and PyTorch, and
with ` + "`jpeg_dct: fast`" + ` those of TensorFlow and of Keras's image_dataset_from_directory,
which differ by about 1 of 255. Unlike in Keras, images are rotated according to their EXIF
orientation. The first frame of an animation is used. HEIC and
AVIF files must be converted first.

Images are resized to the spec's input (bilinear, as in Keras). An image with another
aspect ratio than the input is stretched; with ` + "`crop_to_aspect_ratio`" + ` it is cropped to
the largest centred part with the input's aspect ratio. ` + "`predict`" + ` does the same. If the
input has 1 channel, images are converted to greyscale.

Decoded and resized images are kept in memory (128 MB) and in a cache folder, so that later
epochs and later runs do not decode them again, nor read files that have not changed. The
folder is ` + "`$CNNTRAIN_CACHE`" + `, by default one in the user's cache folder; ` + "`off`" + ` means none.
It takes up to ` + "`$CNNTRAIN_CACHE_SIZE`" + `, by default ` + "`10GB`" + `, and may be deleted at any time.
Images that do not fit are decoded in each epoch, so memory does not grow with their number.

If the folder contains a folder train, the class folders are in train and in val and
test, which are optional. The names training, valid, validation, dev and testing are
accepted too, regardless of case. Images in test without class folders are for
` + "`predict`" + `. Without train, each class is split by the order of a hash of the file names:
every class is in every split if it has enough images, and an image stays in its split
when others are added, except for those at the border. ` + "`validation_split`" + ` takes its
fraction of each class in the same way. Class names are compared in Unicode's composed
form (NFC). Other folder layouts are an error, which says what to rename.`,
	New: func(o *catalog.Options) Dataset {
		f := &imageFolder{testSplit: 0.2, dct: "accurate"}
		o.Bind(&f.path, "path", "the folder; relative to the one that cnntrain is run in").Required()
		f.bind(o, "where the folder has no train")
		return f
	},
})

// bind declares the options shared with image lists.
func (f *imageFolder) bind(o *catalog.Options, where string) {
	o.Bind(&f.testSplit, "test_split", "fraction of the images of each class for testing, "+where).Min(0).Below(1)
	o.Bind(&f.crop, "crop_to_aspect_ratio", "crop an image to the largest centred part with the input's aspect ratio, instead of stretching it")
	o.Bind(&f.dct, "jpeg_dct", "inverse DCT of JPEGs: accurate as in Pillow and PyTorch, or fast as in TensorFlow and Keras").OneOf("accurate", fastDCT)
}

// fastDCT is the word for [picture.Decoder.FastDCT].
const fastDCT = "fast"

type imageFolder struct {
	path      string
	testSplit float64
	crop      bool
	known     []string // classes of a model; see Like
	dct       string   // jpeg_dct
}

func (f *imageFolder) preparation() preparation {
	return preparation{picture.Decoder{FastDCT: f.dct == fastDCT}, f.crop}
}

func (*imageFolder) Shape() []int { return nil }

func (*imageFolder) Classes() []string { return nil }

// Load lists the images and checks that they can be decoded; see [listing.load].
func (f *imageFolder) Load(ctx context.Context, src Source) (*Data, error) {
	l, err := f.list(ctx)
	if err != nil {
		return nil, err
	}
	return l.load(ctx, src, f)
}

// list lists the images.
func (f *imageFolder) list(ctx context.Context) (*listing, error) {
	top := ExpandHome(f.path)
	if info, err := os.Stat(top); err != nil {
		return nil, fmt.Errorf("%s: %w; it should be a folder with a folder of images for each class", f.path, bare(err))
	} else if !info.IsDir() {
		return nil, fmt.Errorf("%s: not a folder; it should have a folder of images for each class", f.path)
	}
	return scanFolder(ctx, top, f.known)
}

// ExpandHome expands a leading ~ as a shell does. Shells do not within --out=~/run, in a file of
// variables or in a spec.
func ExpandHome(path string) string {
	rest, ok := strings.CutPrefix(path, "~")
	if home, err := os.UserHomeDir(); ok && err == nil && (rest == "" || os.IsPathSeparator(rest[0])) {
		return home + rest
	}
	return path
}

var errNoImages = errors.New("no images here")
