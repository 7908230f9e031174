package dataset

import (
	"context"
	"crypto/sha256"
	"errors"
	"slices"
	"sync/atomic"

	"cnntrain/internal/data/imagecache"
	"cnntrain/internal/data/picture"
)

// checkImages computes the digests of all files and removes those that cannot be decoded
// completely, with the reason for each. It caches the pixels. Files that have not changed
// since an earlier check are not read.
func (r *imageReader) checkImages(ctx context.Context, src Source, l *listing) (readable []imageFile, skipped []string, err error) {
	known := r.cache.ReadSums(l.collection, decoderVersion)
	faults := make([]error, len(l.files))
	ids := make([]imagecache.ID, len(l.files)) // zero: not to be recorded
	var done, news atomic.Int64
	err = parallel(ctx, len(l.files), 1, func(i, _ int) {
		var isNew bool
		if ids[i], isNew, faults[i] = r.check(known, fileAt(l.top, l.files[i].name), &l.files[i]); isNew {
			news.Add(1)
		}
		if n := done.Add(1); src.Checked != nil {
			src.Checked(int(n), len(l.files))
		}
	})
	if n := int(done.Load()); news.Load() > 0 && n >= known.Len() || n > 0 && n == len(l.files) && n != known.Len() {
		r.cache.WriteSums(l.collection, decoderVersion, n, records(l.files, ids, faults))
	}
	if err == nil {
		err = refusals(faults)
	}
	if err != nil {
		return nil, nil, err
	}
	readable = l.files[:0]
	for i, file := range l.files {
		if faults[i] == nil {
			readable = append(readable, file)
		} else {
			skipped = append(skipped, faults[i].Error())
		}
	}
	slices.Sort(skipped)
	return readable, skipped, nil
}

// A damage is an error in the content of a file.
type damage struct{ file, why string }

func (d damage) Error() string { return d.file + ": " + d.why }

// check sets the digest of a file. The fault is a damage if it is in the file's content. id is
// zero if the file may have changed in the meantime; isNew says that it was read.
func (r *imageReader) check(known *imagecache.Sums, path string, f *imageFile) (id imagecache.ID, isNew bool, fault error) {
	id, settled, err := imagecache.Identify(path, f.name)
	if err != nil {
		return imagecache.ID{}, false, err
	}
	if k, ok := known.Find(f.hash, id); ok {
		f.sum = k.Sum
		if k.Fault != "" {
			fault = damage{path, k.Fault}
		}
		return id, false, fault
	}
	fault = r.checkContent(path, f)
	var of damage
	if fault != nil && !errors.As(fault, &of) {
		return imagecache.ID{}, false, fault
	}
	after, _, err := imagecache.Identify(path, f.name)
	if !settled || err != nil || after != id {
		return imagecache.ID{}, false, fault
	}
	return id, true, fault
}

// checkContent reads and decodes a file.
func (r *imageReader) checkContent(path string, f *imageFile) error {
	r.read.Add(1)
	data, err := picture.Read(path)
	if err != nil {
		return err
	}
	f.sum = sha256.Sum256(data)
	if r.shape == nil {
		r.decoded.Add(1)
		p, err := picture.Decode(data)
		if err != nil {
			return damage{path, err.Error()}
		}
		if r.seen != nil {
			r.seen(f.sum, data, p)
		}
		p.Close()
		return nil
	}
	pixels := r.buffer()
	defer r.buffers.Put(pixels)
	if r.cache.Get(r.key(f.sum), *pixels) {
		return nil
	}
	if err := r.decode(*pixels, data); err != nil {
		return damage{path, err.Error()}
	}
	r.cache.Put(r.key(f.sum), *pixels)
	return nil
}

// records yields what to record of files for the next check.
func records(files []imageFile, ids []imagecache.ID, faults []error) func(yield func(imagecache.Record) bool) {
	return func(yield func(imagecache.Record) bool) {
		for i, f := range files {
			if ids[i] == (imagecache.ID{}) {
				continue
			}
			r := imagecache.Record{Order: f.hash, ID: ids[i], Sum: f.sum}
			var of damage
			if errors.As(faults[i], &of) {
				r.Fault = of.why
			}
			if !yield(r) {
				return
			}
		}
	}
}
