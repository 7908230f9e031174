package main

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"cnntrain/internal/data/dataset"
	"cnntrain/internal/experiment"
	"cnntrain/internal/spec"
	"cnntrain/internal/words"
)

// size adapts the text of the seed spec to --input and --classes.
func (o *newOptions) size(ctx context.Context, text []byte, s *streams) ([]byte, error) {
	var z experiment.Sizing
	var err error
	if o.input != "" {
		if z.Input, err = parseInput(o.input); err != nil {
			return nil, err
		}
	}
	var found []string // names of classes
	switch n, notNumber := strconv.Atoi(o.classes); {
	case o.classes == "":
	case notNumber == nil && (n < 2 || n > maxClasses):
		return nil, usagef("--classes %s: must be from 2 to %d", o.classes, maxClasses)
	case notNumber == nil:
		z.Classes = n
	case strings.Contains(o.classes, ",") && !exists(o.classes):
		if found, err = parseNames(o.classes); err != nil {
			return nil, err
		}
		z.Classes, z.Dataset, z.Note = len(found), experiment.Photos, "a folder with the folders "+strings.Join(found, ", ")
	default:
		classes, err := o.findClasses(ctx, &z)
		if err != nil {
			return nil, err
		}
		found = classes.Names
		s.logf("%s in %s: %s", words.Count(len(found), "class"), z.Dataset, someOf(found))
	}
	sized, err := experiment.Size(o.from, text, z)
	if err != nil {
		return nil, usagef("%v; nothing was written", err)
	}
	return sized, nil
}

// maxClasses rejects mistyped numbers.
const maxClasses = 1_000_000

// parseInput reads HxWxC.
func parseInput(text string) ([]int, error) {
	parts := strings.Split(strings.ToLower(text), "x")
	input := make([]int, len(parts))
	for i, part := range parts {
		n, err := strconv.Atoi(part)
		if err != nil || n < 1 || n > spec.MaxSide || len(parts) != 3 {
			return nil, usagef("--input %s: must be height, width and channels of an image, whole numbers from 1 to %d, as 96x96x3", text, spec.MaxSide)
		}
		input[i] = n
	}
	return input, nil
}

// parseNames reads a,b,c.
func parseNames(text string) ([]string, error) {
	names := strings.Split(text, ",")
	for i, name := range names {
		names[i] = strings.TrimSpace(name)
		switch {
		case names[i] == "":
			return nil, usagef("--classes %s: a name is empty", text)
		case strings.ContainsFunc(name, unicode.IsControl):
			return nil, usagef("--classes: %q is not the name of a class", name)
		case slices.Contains(names[:i], names[i]):
			return nil, usagef("--classes %s: %s stands there twice", text, names[i])
		}
	}
	return names, nil
}

// findClasses reads the classes of the dataset that --classes names, as training does.
func (o *newOptions) findClasses(ctx context.Context, z *experiment.Sizing) (*dataset.Classes, error) {
	z.Dataset = o.classes
	if info, err := os.Stat(o.classes); err == nil && info.IsDir() {
		z.Dataset = strings.TrimRight(filepath.ToSlash(o.classes), "/")
		if !strings.Contains(z.Dataset, "/") && !strings.HasPrefix(z.Dataset, ".") {
			z.Dataset = "./" + z.Dataset
		}
	}
	set, err := decodeDataset(z.Dataset, "--classes")
	if err != nil {
		return nil, err
	}
	classes, err := dataset.FindClasses(ctx, set, dataset.Source{Offline: true})
	switch {
	case err != nil:
		return nil, err
	case classes.Several:
		return nil, usagef("%s: images have several labels, for which a model ends in sigmoid and has the loss binary_crossentropy; the seed specs are for one class an image", z.Dataset)
	case dataset.Resizes(set) && z.Input != nil && z.Input[2] != 1 && z.Input[2] != 3:
		return nil, usagef("--input %s: images have 3 channels, or 1 as grey ones", o.input)
	}
	z.Classes, z.Val = len(classes.Names), classes.Val
	return classes, nil
}

// someOf joins names, only the first ones if there are many.
func someOf(names []string) string {
	const most = 8
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return strings.Join(names[:most], ", ") + ", …"
}
