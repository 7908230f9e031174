package experiment

import (
	"errors"
	"fmt"
	"os"
	"slices"

	"cnntrain/internal/data"
	"cnntrain/internal/runs"
)

// errWithin says that a state is within an epoch, whose steps depend on the earlier data.
var errWithin = errors.New("the saved state is within an epoch")

// Manifests returns the manifest of sets, and that of the data on which r was trained and
// tested.
func Manifests(r *runs.Run, sets *data.Sets) (now, before data.Manifest, err error) {
	file, err := os.Open(r.Path(runs.ImagesFile))
	if err != nil {
		return nil, nil, err
	}
	defer file.Close()
	if before, err = data.ReadManifest(file); err != nil {
		return nil, nil, fmt.Errorf("%s: %w", file.Name(), err)
	}
	return sets.Manifest(), before, nil
}

// otherData describes how the data differs from that of the run's start; it is an error
// unless that is accepted.
func (f *fit) otherData() error {
	r, info := f.run, &f.run.Info
	if info.Dataset.Digest == "" && slices.Equal(f.sets.Classes, info.Dataset.Classes) { // run.json was rebuilt
		changes := ""
		if now, before, err := Manifests(r, f.sets); err == nil {
			changes = now.Since(before).String()
		}
		if changes == "" {
			var err error
			info.Dataset, err = f.dataset()
			return err
		}
	}
	said := fmt.Sprintf("the digest of %s is %.12s, not %.12s", f.Data.Name, f.sets.Digest, info.Dataset.Digest)
	if f.sets.OfFiles() {
		now, before, err := Manifests(r, f.sets)
		switch {
		case errors.Is(err, os.ErrNotExist):
			said = "it was started by a version of cnntrain that split images by another rule and recorded only their names and sizes"
		case err != nil:
			return err
		default:
			said = now.Since(before).String()
		}
	}
	if !slices.Equal(f.sets.Classes, info.Dataset.Classes) {
		return fmt.Errorf("%s was started with other classes, %q, not %q: %s; start a new run", r.Dir, info.Dataset.Classes, f.sets.Classes, said)
	}
	if !f.options.Accept {
		return fmt.Errorf("%s was started with other data: %s; restore it, or resume with the current data: --accept-data", r.Dir, said)
	}
	f.options.Listener.Logf("resuming with other data: %s", said)
	accepted := append(info.Dataset.Accepted, said)
	var err error
	if info.Dataset, err = f.dataset(); err != nil {
		return err
	}
	info.Dataset.Accepted, f.accepted = accepted, true
	return nil
}
