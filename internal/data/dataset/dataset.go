// Package dataset holds the datasets, one file each, and their common code: downloading,
// unpacking, decoding.
package dataset

import (
	"context"
	"net/http"
	"regexp"
	"runtime"
	"sync"

	"cnntrain/internal/catalog"
	"cnntrain/internal/data/imagecache"
	"cnntrain/internal/data/picture"
)

// Examples is labelled images of one size: one split of a dataset.
type Examples interface {
	// Len returns the number of examples.
	Len() int
	// Label returns the class of example i, or its index in Data.Labels.
	Label(i int) int
	// Image writes the pixels of example i, [H,W,C] from 0 to 255, to dst, which must have
	// that length. It may be called concurrently. The error names the file that could not
	// be read.
	Image(dst []float32, i int) error
}

// A Dataset is a source of labelled images that a spec can name.
type Dataset interface {
	// Shape returns the [H W C] of the images, nil if they are resized to the spec's input.
	Shape() []int
	// Classes returns the names of the classes, nil if only Load knows them.
	Classes() []string
	// Load reads or generates the images, and downloads missing files. It checks everything
	// before it returns, including the images of folders; an error names the file and the
	// fix.
	Load(ctx context.Context, src Source) (*Data, error)
}

// Data is a loaded dataset.
type Data struct {
	Train, Val, Test Examples // Val and Test are nil if there are none
	Classes          []string
	Labels           [][]int // the classes of each label, if images can have several; nil: each label is a class
	Shape            []int   // [H W C]
	Dir              string  // absolute path of its folder; empty for a generated dataset
	Digest           string  // SHA-256 of the content in a fixed order, in hexadecimal; see each dataset

	ByClass  bool     // validation data is a fraction of each class
	Skipped  []string // images left out because they cannot be read, "FILE: why"
	Warnings []string // warnings about how the images were interpreted
}

// Source is where Load looks for a dataset.
type Source struct {
	Dir     string // the data folder; empty: the current folder
	Input   []int  // [H W C] of the spec's input, nil without a spec
	Offline bool   // never download
	Client  *http.Client
	// Insecure allows downloads without TLS, which only their checksums protect.
	Insecure bool
	// Progress, if set, is called from one goroutine with the progress of a long operation,
	// in bytes: what names the file, total is -1 if unknown.
	Progress func(what string, done, total int64)
	// Images says where decoded images of files are kept.
	Images imagecache.Options
	// Seen, if set, is called concurrently with each image of a folder that is decoded in full,
	// which is so without Input and unless the file is known from before: the SHA-256 of the
	// file, its content and the picture, which is valid only during the call.
	Seen func(sum [32]byte, content []byte, p *picture.Picture)
	// Checked, if set, is called concurrently with the number of images of a folder that
	// have been test-decoded.
	Checked func(done, total int)
}

// Datasets is the catalog of datasets that a spec can name. A path means image_folder; the
// path of a file, the dataset for its extension.
var Datasets = newDatasets()

func newDatasets() *catalog.Catalog[Dataset] {
	c := catalog.New[Dataset]("dataset")
	c.Aliases = []*catalog.Alias{
		{Pattern: regexp.MustCompile(`\.([cC][sS][vV]|[tT][sS][vV])$`), Name: "image_csv", Option: "path"},
		{Pattern: regexp.MustCompile(`\.[nN][pP][zZ]$`), Name: "npz", Option: "path"},
		// Names contain no separators, so a string with one is a path; a folder in the
		// current folder is written ./photos.
		{Pattern: regexp.MustCompile(`[/\\]|^(\.\.?|~)$`), Name: "image_folder", Option: "path", Advice: "a folder is written ./%s"},
	}
	return c
}

// parallel calls do for ranges of 0 to n-1, on up to GOMAXPROCS goroutines, and returns
// when all calls have returned. It starts no new ones after ctx is done.
func parallel(ctx context.Context, n, part int, do func(from, to int)) error {
	var wg sync.WaitGroup
	parts := make(chan int)
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for from := range parts {
				do(from, min(from+part, n))
			}
		})
	}
	for from := 0; from < n && ctx.Err() == nil; from += part {
		parts <- from
	}
	close(parts)
	wg.Wait()
	return ctx.Err()
}
