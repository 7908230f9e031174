package main

import (
	"context"
	"io"

	"cnntrain/internal/checkpoint"
	"cnntrain/internal/data/dataset"
	"cnntrain/internal/plot"

	"github.com/spf13/cobra"
)

// Common functions of the commands that draw.

// addPictureFlag adds -o. An existing file is overwritten, as usual for such a flag: the
// extension, which must be that of a picture, protects specs and weights.
func addPictureFlag(cmd *cobra.Command, into *string) {
	cmd.Flags().VarP((*filePath)(into), "out", "o", "write the picture to `FILE`, which ends in .png or .svg")
}

// savePicture writes p to file atomically, in the format of its extension.
func savePicture(ctx context.Context, file string, p *plot.Picture, s *streams) error {
	format, err := plot.FormatOf(file)
	if err != nil {
		return usageError{err}
	}
	defer plot.TellMissing(s.logf)
	return checkpoint.WriteFile(file, func(w io.Writer) error { return p.Write(ctx, w, format) })
}

// checkPicture rejects a file that savePicture would not write, before any work is done.
func checkPicture(file string) error {
	if file == "" {
		return usagef("-o FILE is needed: the picture to write, a .png or .svg")
	}
	if _, err := plot.FormatOf(file); err != nil {
		return usageError{err}
	}
	return checkpoint.CheckFile(file)
}

// firstOfEach returns the positions of the first n examples of each class, class by class.
// An example with several labels is one of the first of them.
func firstOfEach(ex dataset.Examples, classes int, labels [][]int, n int) [][]int {
	found := make([][]int, classes)
	missing := classes
	for i := range ex.Len() {
		of := dataset.ClassesOf(labels, ex.Label(i))
		if len(of) == 0 {
			continue
		}
		if l := of[0]; len(found[l]) < n {
			if found[l] = append(found[l], i); len(found[l]) == n {
				if missing--; missing == 0 {
					break
				}
			}
		}
	}
	return found
}
