package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"cnntrain/internal/data"
	"cnntrain/internal/data/check"
	"cnntrain/internal/data/dataset"
	"cnntrain/internal/experiment"
	"cnntrain/internal/plot"
	"cnntrain/internal/spec"
	"cnntrain/internal/table"
	"cnntrain/internal/trained"
	"cnntrain/internal/words"

	"github.com/spf13/cobra"
)

type dataOptions struct {
	name    string
	dataDir string
	strict  bool
	json    bool
	out     string // file of a contact sheet, for data info
	plain   bool   // --insecure
}

func newData(s *streams) *cobra.Command {
	o := &dataOptions{}
	cmd := &cobra.Command{Use: "data", Short: "List, download and describe datasets"}
	named := func(use, short string, run func(context.Context, *dataOptions, *streams) error) *cobra.Command {
		c := &cobra.Command{
			Use: use + " DATASET", Short: short, Args: exactly(1),
			RunE: func(cmd *cobra.Command, args []string) error {
				o.name = args[0]
				return run(cmd.Context(), o, s)
			},
		}
		addDataDirFlag(c, &o.dataDir)
		addJSONFlag(c, &o.json)
		return c
	}
	list := &cobra.Command{
		Use: "list", Short: "List the built-in datasets", Args: exactly(0),
		RunE: func(*cobra.Command, []string) error { return runDataList(o, s) },
	}
	addJSONFlag(list, &o.json)
	info := named("info", "Show the images and classes of a dataset", runDataInfo)
	addPictureFlag(info, &o.out)
	addStrictFlag(info, &o.strict)
	fetch := named("fetch", "Download a dataset unless it is present, and verify it", runDataFetch)
	fetch.Flags().BoolVar(&o.plain, "insecure", false, "allow a download without encryption; the checksum must still match")
	cmd.AddCommand(list, fetch, info, newDataCheck(o, named))
	return cmd
}

type listedDataset struct {
	Name    string   `json:"name"`
	Shape   []int    `json:"shape"` // null: the spec's input
	Classes []string `json:"classes"`
	What    string   `json:"description"`
}

func runDataList(o *dataOptions, s *streams) error {
	var all []listedDataset
	for _, name := range dataset.Datasets.Names() {
		what, _, _ := strings.Cut(dataset.Datasets.Info(name).Doc, "\n")
		d := listedDataset{Name: name, What: what}
		if set, err := decodeDataset(name, "data"); err == nil {
			d.Shape, d.Classes = set.Shape(), set.Classes()
		}
		all = append(all, d)
	}
	if o.json {
		return s.printJSON(all)
	}
	t := table.New(s.out)
	for _, d := range all {
		t.Printf("%s\t%s\n", d.Name, d.What)
	}
	return t.Flush()
}

// decodeDataset returns the dataset for a name or a path. Errors begin with where.
func decodeDataset(name, where string) (dataset.Dataset, error) {
	var problems spec.Problems
	d, _ := dataset.Datasets.Decode(&spec.Item{Name: name, Pos: spec.Pos{File: where}}, &problems)
	return d, problems.Err()
}

// loadDataset loads the dataset of o, and downloads missing files. What is decoded for that is
// added to seen, if it is not nil.
func loadDataset(ctx context.Context, o *dataOptions, seen *check.Seen, s *streams) (set dataset.Dataset, d *dataset.Data, src experiment.Source, err error) {
	src = source(o.dataDir, o.strict, s)
	if set, err = decodeDataset(o.name, "data"); err != nil {
		return nil, nil, src, err
	}
	if src.Dir, err = experiment.DataDirOf(set, src.Dir); err != nil {
		return nil, nil, src, err
	}
	if src.Images, err = experiment.ImageCache(); err != nil {
		return nil, nil, src, err
	}
	src.Insecure = o.plain
	if seen != nil {
		src.Seen = seen.Add
	}
	if o.out != "" && dataset.Resizes(set) {
		src.Input = sheetShape
	}
	d, err = set.Load(ctx, src.Source)
	return set, d, src, err
}

// openDataset loads the dataset of o, downloads missing files, and describes it.
func openDataset(ctx context.Context, o *dataOptions, s *streams) (*datasetJSON, error) {
	set, d, src, err := loadDataset(ctx, o, nil, s)
	if err != nil {
		return nil, err
	}
	if err := src.Skipped(d.Skipped); err != nil {
		return nil, err
	}
	for _, w := range d.Warnings {
		src.Warn(w)
	}
	if o.out != "" {
		if err := saveSheet(ctx, o, d, s); err != nil {
			return nil, err
		}
	}
	shape := d.Shape
	if dataset.Resizes(set) {
		shape = nil
	}
	return newDatasetJSON(o.name, shape, d), nil
}

// connectTimeout is the timeout for connecting to a server.
const connectTimeout = 10 * time.Second

// source returns where data is read from: dir is --data-dir. strict is --strict.
func source(dir string, strict bool, s *streams) experiment.Source {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.DialContext = (&net.Dialer{Timeout: connectTimeout}).DialContext
	return experiment.Source{
		Source: dataset.Source{
			Dir: dir, Client: &http.Client{Transport: transport},
			Progress: newDownloadProgress(s), Checked: newCheckProgress(s, time.Now),
		},
		Skipped: func(images []string) error { return s.showSkipped(images, len(images), strict) },
		Warn:    func(what string) { s.logf("%s", what) },
	}
}

// maxSkipped is the number of skipped images that are named.
const maxSkipped = 10

// showSkipped names n images that are left out, of which skipped has the first at least; with
// strict that is an error.
func (s *streams) showSkipped(skipped []string, n int, strict bool) error {
	for _, what := range skipped[:min(len(skipped), maxSkipped)] {
		s.logf("%s", what)
	}
	if left := n - maxSkipped; left > 0 {
		s.logf("and %s more; --json of data info or predict names all", words.Commas(left))
	}
	switch {
	case n == 0:
		return nil
	case strict && n == 1:
		return errors.New("1 image cannot be read; fix or remove it, or omit --strict to leave it out")
	case strict:
		return fmt.Errorf("%s cannot be read; fix or remove them, or omit --strict to leave them out", words.Count(n, "image"))
	}
	s.logf("%s left out that cannot be read", words.Count(n, "image"))
	return nil
}

func runDataFetch(ctx context.Context, o *dataOptions, s *streams) error {
	d, err := openDataset(ctx, o, s)
	if err != nil {
		return err
	}
	if o.json {
		return s.printJSON(d)
	}
	where := "complete in " + d.Path
	if d.Path == "" {
		where = "drawn by the program, nothing to fetch"
	}
	err = s.printf("%s: %s\n", o.name, where)
	return err
}

type datasetJSON struct {
	Name    string      `json:"name"`
	Path    string      `json:"path,omitempty"` // absolute path of its folder
	Shape   []int       `json:"shape"`          // null: the spec's input
	Digest  string      `json:"sha256"`
	Train   int         `json:"train"`
	Val     int         `json:"validation,omitempty"` // for a dataset with validation images of its own
	Test    int         `json:"test"`
	Classes []countJSON `json:"classes"`
	Skipped []string    `json:"skipped,omitempty"` // images that cannot be read, with reasons
	Warning []string    `json:"warnings,omitempty"`
}

type countJSON struct {
	Name  string `json:"name"`
	Train int    `json:"train"`
	Val   int    `json:"validation,omitempty"`
	Test  int    `json:"test"`
}

func newDatasetJSON(name string, shape []int, d *dataset.Data) *datasetJSON {
	j := &datasetJSON{Name: name, Path: d.Dir, Shape: shape, Digest: d.Digest, Skipped: d.Skipped, Warning: d.Warnings}
	for _, class := range d.Classes {
		j.Classes = append(j.Classes, countJSON{Name: class})
	}
	for i, n := range data.Counts(d.Train, len(d.Classes), d.Labels) {
		j.Classes[i].Train = n
	}
	j.Train = d.Train.Len()
	if d.Val != nil {
		for i, n := range data.Counts(d.Val, len(d.Classes), d.Labels) {
			j.Classes[i].Val = n
		}
		j.Val = d.Val.Len()
	}
	if d.Test != nil {
		for i, n := range data.Counts(d.Test, len(d.Classes), d.Labels) {
			j.Classes[i].Test = n
		}
		j.Test = d.Test.Len()
	}
	return j
}

// The number of images of each class in the sheet of data info, and the image size for
// datasets without one.
const sheetImages = 10

var sheetShape = []int{64, 64, 3}

// balanceWidth is the length of the bar of the largest class.
const balanceWidth = 20

// saveSheet draws the first images of each class.
func saveSheet(ctx context.Context, o *dataOptions, d *dataset.Data, s *streams) error {
	sheet := &plot.Sheet{Title: o.name}
	for class, examples := range firstOfEach(d.Train, len(d.Classes), d.Labels, sheetImages) {
		row := plot.SheetRow{Label: []string{d.Classes[class]}}
		for _, k := range examples {
			img, err := trained.ExampleImage(d.Train, k, d.Shape)
			if err != nil {
				return err
			}
			row.Images = append(row.Images, img)
		}
		sheet.Rows = append(sheet.Rows, row)
	}
	return savePicture(ctx, o.out, plot.Contact(sheet), s)
}

func runDataInfo(ctx context.Context, o *dataOptions, s *streams) error {
	if o.out != "" {
		if err := checkPicture(o.out); err != nil {
			return err
		}
	}
	d, err := openDataset(ctx, o, s)
	if err != nil {
		return err
	}
	if o.json {
		return s.printJSON(d)
	}
	size := "resized to the input of the spec"
	if d.Shape != nil {
		size = fmt.Sprint(d.Shape)
	}
	validation := ""
	if d.Val > 0 {
		validation = words.Commas(d.Val) + " for validation, "
	}
	s.printf("%s: %s for training, %s%s for testing, %s\n", o.name, words.Count(d.Train, "image"), validation, words.Commas(d.Test), size)
	if d.Path != "" {
		s.printf("in %s\n", d.Path)
	}
	s.printf("sha256 %s\n\n", d.Digest)
	t := table.New(s.out)
	row := func(class string, train, val, test any, share string) {
		t.Printf("%s\t%v\t", class, train)
		if d.Val > 0 {
			t.Printf("%v\t", val)
		}
		t.Printf("%v\t%s\n", test, share)
	}
	row("class", "train", "val", "test", "share of train")
	most := slices.MaxFunc(d.Classes, func(a, b countJSON) int { return cmp.Compare(a.Train, b.Train) }).Train
	for _, c := range d.Classes {
		bar := strings.Repeat("━", int(math.Round(balanceWidth*(float64(c.Train)/float64(max(most, 1))))))
		row(c.Name, c.Train, c.Val, c.Test, fmt.Sprintf("%5.1f%% %s", 100*(float64(c.Train)/float64(max(d.Train, 1))), bar))
	}
	return t.Flush()
}
