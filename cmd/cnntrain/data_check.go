package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"cnntrain/internal/data/check"
	"cnntrain/internal/words"

	"github.com/spf13/cobra"
)

// newDataCheck returns data check; named makes a subcommand that takes a dataset.
func newDataCheck(o *dataOptions, named func(use, short string, run func(context.Context, *dataOptions, *streams) error) *cobra.Command) *cobra.Command {
	c := named("check", "Find copies between splits, wrong labels and unusual images", runDataCheck)
	c.Long = `Looks at every image of a dataset, and lists

  copies of an image in several splits, which make a test look better than it is
  copies of an image in several classes, of whose labels one must be wrong
  other copies, classes with few images, classes that the file format gives away
  images that cannot be read, are small, or are grey in a set of colour images

Copies are exact, or nearly the same: scaled or saved again. Exit code 1 if there are
copies between splits or between classes. A folder without splits is split as fit splits it.`
	c.Example = `  cnntrain data check ./photos
  cnntrain data check ./photos --json | jq '.copies_between_splits[].images[].file'`
	return c
}

func runDataCheck(ctx context.Context, o *dataOptions, s *streams) error {
	var seen check.Seen
	_, d, _, err := loadDataset(ctx, o, &seen, s)
	if err != nil {
		return err
	}
	r, err := check.Dataset(ctx, d, &seen, newCheckProgress(s, time.Now))
	if err != nil {
		return err
	}
	if o.json {
		err = s.printJSON(r)
	} else {
		err = printCheck(r, o.name, s.out)
	}
	return errors.Join(err, leaked(r.Leaked()), contradicted(r.Contradictions()))
}

// leaked is the error if n images are copies of those of an earlier split.
func leaked(n int) error {
	switch n {
	case 0:
		return nil
	case 1:
		return errors.New("1 image for testing or validation is a copy of an image of an earlier split (train, val, test); remove it")
	}
	return fmt.Errorf("%s for testing or validation are copies of images of an earlier split (train, val, test); remove them", words.Count(n, "image"))
}

// contradicted is the error if n images are in several classes.
func contradicted(n int) error {
	switch n {
	case 0:
		return nil
	case 1:
		return errors.New("1 image is in several classes; remove its copies from all but one")
	}
	return fmt.Errorf("%s are in several classes; remove the copies of each from all but one", words.Count(n, "image"))
}

// mostFound is how many findings of a kind are printed; --json has all.
const mostFound = 10

// printCheck prints what was found as text.
func printCheck(r *check.Report, name string, w io.Writer) error {
	words.Fprintf(w, "%s: %s, %s", name, words.Count(r.Images, "image"), r.Sizes())
	if kinds := r.Kinds(); kinds != "" {
		words.Fprintf(w, "; %s", kinds)
	}
	words.Fprintf(w, "\n")
	found := false
	part := func(title string, lines []string) {
		if len(lines) == 0 {
			return
		}
		found = true
		words.Fprintf(w, "\n%s: %s\n", title, words.Commas(len(lines)))
		for _, line := range lines[:min(mostFound, len(lines))] {
			words.Fprintf(w, "  %s\n", line)
		}
		if more := len(lines) - mostFound; more > 0 {
			words.Fprintf(w, "  and %s more; --json has all\n", words.Commas(more))
		}
	}
	part("copies in several splits", copyLines(r.Leaks, func(m check.Image) string { return m.File + " (" + m.Split + ")" }))
	part("copies in several classes", copyLines(r.Labels, func(m check.Image) string { return m.File + " (" + m.Class + ")" }))
	part("copies within a class", copyLines(r.Repeated, func(m check.Image) string { return m.File }))
	part("images that cannot be read", r.Damaged)
	part("grey images in a set of colour images", lines(r.Grey, func(m check.Image) string { return m.File }))
	part("small images", lines(r.Small, func(m check.Sized) string { return fmt.Sprintf("%s (%dx%d)", m.File, m.Width, m.Height) }))
	part(fmt.Sprintf("classes with fewer than %d images for training", check.Few),
		lines(r.Tiny, func(c check.Class) string { return fmt.Sprintf("%s (%d)", c.Name, c.Train) }))
	part("formats that give a class away", r.Only)
	part("warnings", r.Warnings)
	if !found {
		words.Fprintf(w, "nothing found that is wrong with them\n")
	}
	return nil
}

func copyLines(all []check.Copies, say func(check.Image) string) []string {
	return lines(all, func(c check.Copies) string {
		kind := "nearly the same: "
		if c.Exact {
			kind = "the same: "
		}
		names := lines(c.Images[:min(mostFound, len(c.Images))], say)
		if more := len(c.Images) - mostFound; more > 0 {
			names = append(names, fmt.Sprintf("and %d more", more))
		}
		return kind + strings.Join(names, ", ")
	})
}

func lines[T any](all []T, say func(T) string) (said []string) {
	for _, one := range all {
		said = append(said, say(one))
	}
	return said
}
