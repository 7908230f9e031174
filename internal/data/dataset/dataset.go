// Package dataset holds the datasets, one file each, and what they share:
// downloading, unpacking, decoding.
package dataset

import (
	"context"
	"net/http"
	"regexp"
	"runtime"
	"sync"

	"cnntrain/internal/catalog"
)

// Examples is labelled images of one size: one split of a dataset.
type Examples interface {
	// Len returns the number of examples.
	Len() int
	// Label returns the class of example i.
	Label(i int) int
	// Image writes the pixels of example i, [H,W,C] from 0 to 255, to dst, which
	// has exactly that many values. It may be called from many goroutines. The
	// error names the file that could not be read.
	Image(dst []float32, i int) error
}

// A Dataset is labelled images that a spec can name.
type Dataset interface {
	// Shape returns the [H W C] of the images, nil where they take the shape of
	// the spec's input.
	Shape() []int
	// Classes returns the names of the classes, nil where only Load knows them.
	Classes() []string
	// Load finds or makes the images, and downloads them where they are missing.
	// Everything has been checked once it returns, images of your own too; an error
	// names the file and what to do.
	Load(ctx context.Context, src Source) (*Data, error)
}

// Data is a loaded dataset.
type Data struct {
	Train, Val, Test Examples // Val and Test are nil where there are none
	Classes          []string
	Shape            []int  // [H W C]
	Dir              string // absolute path of the folder it lies in; empty where the program makes it
	Digest           string // SHA-256 of the content in a fixed order, in hexadecimal; see each dataset

	ByClass  bool     // what is kept for validation is a fraction of each class
	Skipped  []string // images that are left out since they cannot be read, "FILE: why"
	Warnings []string // what people should know of how the images were understood
}

// Source says where a dataset comes from.
type Source struct {
	Dir     string // the data folder; empty is the current one
	Input   []int  // [H W C] that the spec wants, nil where there is no spec
	Offline bool   // never download
	Client  *http.Client
	// Insecure takes files that do not come encrypted, which their checksums guard alone.
	Insecure bool
	// Progress, if set, is told from one goroutine how far a long step is, in
	// bytes: what names the file, total is -1 where it is not known.
	Progress func(what string, done, total int64)
	// Checked, if set, is told from many goroutines how many of the images of a
	// folder have been decoded to see whether they can be.
	Checked func(done, total int)
}

// Datasets is every dataset a spec may name. A path stands for image_folder, that of a
// file for what its ending says.
var Datasets = newDatasets()

func newDatasets() *catalog.Catalog[Dataset] {
	c := catalog.New[Dataset]("dataset")
	c.Aliases = []*catalog.Alias{
		{Pattern: regexp.MustCompile(`\.([cC][sS][vV]|[tT][sS][vV])$`), Name: "image_csv", Option: "path"},
		{Pattern: regexp.MustCompile(`\.[nN][pP][zZ]$`), Name: "npz", Option: "path"},
		// Names have no separators, so what has is a path; a folder here is written ./photos.
		{Pattern: regexp.MustCompile(`[/\\]|^(\.\.?|~)$`), Name: "image_folder", Option: "path", Advice: "a folder is written ./%s"},
	}
	return c
}

// parallel calls do for parts of 0 to n-1, as many at a time as Go may use
// threads, and returns when all are done. Once ctx is done no more are started.
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
