package dataset

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync/atomic"
)

// checkImages takes out the files that cannot be read, and says of each of these why.
func checkImages(ctx context.Context, src Source, top string, files []imageFile) (readable []imageFile, skipped []string, err error) {
	faults := make([]error, len(files))
	var done atomic.Int64
	err = parallel(ctx, len(files), 1, func(from, _ int) {
		file := fileAt(top, files[from].name)
		if faults[from] = files[from].readSum(file); faults[from] != nil {
			// which is not its content
		} else if src.Thorough {
			_, faults[from] = readImage(file)
		} else {
			faults[from] = checkImage(file)
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

// checkImage finds an image that cannot be read, without decoding it: its head must be
// right, and it must end as its format does, which finds what was cut off. One that ends
// otherwise is decoded. Damage in between is left for the moment when the image is used:
// to decode a million images takes an hour, to look at their ends a minute.
func checkImage(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	if _, err = decodeSize(file); err == nil && !complete(file) {
		if _, err = file.Seek(0, io.SeekStart); err == nil {
			_, err = decodeImage(file)
		}
	}
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// What PNG and JPEG files end in: an empty chunk with its sum, and a marker.
const (
	pngEnd  = "\x00\x00\x00\x00IEND\xae\x42\x60\x82"
	jpegEnd = "\xff\xd9"
)

// complete reports whether a file ends as an image does.
func complete(file io.ReadSeeker) bool {
	if _, err := file.Seek(-int64(len(pngEnd)), io.SeekEnd); err != nil {
		return false
	}
	end, err := io.ReadAll(file)
	return err == nil && (string(end) == pngEnd || strings.HasSuffix(string(end), jpegEnd))
}
