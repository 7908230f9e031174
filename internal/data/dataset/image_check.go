package dataset

import (
	"context"
	"slices"
	"sync/atomic"

	"cnntrain/internal/data/picture"
)

// checkImages decodes all files completely and removes those that cannot be decoded, with
// the reason for each.
func checkImages(ctx context.Context, src Source, top string, files []imageFile) (readable []imageFile, skipped []string, err error) {
	faults := make([]error, len(files))
	var done atomic.Int64
	err = parallel(ctx, len(files), 1, func(from, _ int) {
		file := fileAt(top, files[from].name)
		if faults[from] = files[from].readSum(file); faults[from] == nil {
			var p *picture.Picture
			if p, faults[from] = picture.Open(file); p != nil {
				p.Close()
			}
		}
		if n := done.Add(1); src.Checked != nil {
			src.Checked(int(n), len(files))
		}
	})
	if err == nil {
		err = refusals(faults)
	}
	if err != nil {
		return nil, nil, err
	}
	readable = files[:0]
	for i, file := range files {
		if faults[i] == nil {
			readable = append(readable, file)
		} else {
			skipped = append(skipped, faults[i].Error())
		}
	}
	slices.Sort(skipped)
	return readable, skipped, nil
}
