package check

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"cnntrain/internal/data"
	"cnntrain/internal/data/dataset"
)

func (m Image) sized() Sized { return Sized{m, m.size.X, m.size.Y} }

// describe adds sizes, formats, and the images that are grayscale or small.
func (r *Report) describe(all []Image) {
	if len(all) == 0 {
		return
	}
	area := func(a, b Image) int {
		return cmp.Or(cmp.Compare(a.size.X*a.size.Y, b.size.X*b.size.Y), cmp.Compare(a.File, b.File))
	}
	bySize := slices.SortedFunc(slices.Values(all), area)
	smallest, largest := bySize[0].sized(), bySize[len(bySize)-1].sized()
	r.Smallest, r.Largest = &smallest, &largest
	median := bySize[len(bySize)/2].size
	r.Median = [2]int{median.X, median.Y}
	r.Small, r.Grey = []Sized{}, []Image{}
	grey := 0
	for _, m := range all {
		if m.format != "" {
			r.Formats[m.format]++
		}
		if m.print.Grey {
			grey++
		}
		// If all images are that small, it is a property of the dataset.
		if min(m.size.X, m.size.Y) < smallSide && min(median.X, median.Y) >= 2*smallSide {
			r.Small = append(r.Small, m.sized())
		}
	}
	if grey > 0 && 2*grey < len(all) {
		for _, m := range all {
			if m.print.Grey {
				r.Grey = append(r.Grey, m)
			}
		}
	}
}

// classes adds classes with few images, and formats that identify a class, which a model may learn.
func (r *Report) classes(all []Image, d *dataset.Data) {
	r.Tiny, r.Only = []Class{}, []string{}
	for c, n := range data.Counts(d.Train, len(d.Classes), d.Labels) {
		if n < Few {
			r.Tiny = append(r.Tiny, Class{d.Classes[c], n})
		}
	}
	formats := make([]map[string]int, len(d.Classes))
	for _, m := range all {
		for _, c := range dataset.ClassesOf(d.Labels, m.class) {
			if formats[c] == nil {
				formats[c] = map[string]int{}
			}
			formats[c][m.format]++
		}
	}
	for c, of := range formats {
		for _, format := range slices.Sorted(maps.Keys(of)) {
			if format != "" && len(r.Formats) > 1 && of[format] == r.Formats[format] && of[format] >= Few/4 {
				r.Only = append(r.Only, fmt.Sprintf("every %s image is of class %q", format, d.Classes[c]))
			}
		}
	}
}

// Sizes writes "120x80 (cat/1.jpg) to 4000x3000 (dog/7.jpg), median 800x600".
func (r *Report) Sizes() string {
	if r.Smallest == nil {
		return "no images"
	}
	a, b := r.Smallest, r.Largest
	if a.Width == b.Width && a.Height == b.Height {
		return fmt.Sprintf("all %dx%d", a.Width, a.Height)
	}
	return fmt.Sprintf("%dx%d (%s) to %dx%d (%s), median %dx%d", a.Width, a.Height, a.File, b.Width, b.Height, b.File, r.Median[0], r.Median[1])
}

// Kinds writes "3 JPEG, 1 PNG".
func (r *Report) Kinds() string {
	var said []string
	for _, format := range slices.Sorted(maps.Keys(r.Formats)) {
		said = append(said, fmt.Sprintf("%d %s", r.Formats[format], format))
	}
	return strings.Join(said, ", ")
}
