package runs

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"cnntrain/internal/checkpoint"
	"cnntrain/internal/words"
)

// maxInfo limits the bytes read of a run.json: ten thousand epochs take a hundredth of it.
const maxInfo = 1 << 28

// Open reads the run folder dir. The status is the actual one: a run whose process has
// vanished was interrupted. The epochs of one that has not ended are those in epochs.jsonl. If run.json is damaged or gone, its content is rebuilt from
// last.safetensors, and Rebuilt says so. It is an error if that is damaged too, or if dir is not
// a run folder.
func Open(dir string) (*Run, error) {
	r := &Run{Dir: dir}
	file, err := os.Open(r.Path(InfoFile))
	switch info, statErr := os.Stat(dir); {
	case errors.Is(statErr, fs.ErrNotExist):
		return nil, fmt.Errorf("%s: no such run", dir)
	case statErr == nil && !info.IsDir():
		return nil, fmt.Errorf("%s: is a file, and a run is a folder", dir)
	case errors.Is(err, fs.ErrNotExist) && r.Has(LastFile):
		if err = r.rebuild(fmt.Errorf("%s: is gone", r.Path(InfoFile))); err == nil {
			r.Info.Status = r.standing()
		}
		return r.unless(err)
	case errors.Is(err, fs.ErrNotExist):
		few := Within(dir)
		if hasFile(dir, SweepFile) && few != "" {
			return nil, fmt.Errorf("%s: is a sweep; cnntrain sweep status %s shows its members; choose one: %s", dir, words.Shell(dir), few)
		}
		if few != "" {
			return nil, fmt.Errorf("%s: is a folder of runs; choose one: %s", dir, few)
		}
		return nil, fmt.Errorf("%s: not a run folder, which has a %s", dir, InfoFile)
	case err != nil:
		return nil, err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxInfo))
	if err != nil {
		return nil, err
	}
	if r.Info, err = decodeInfo(text); err != nil {
		if err = r.rebuild(fmt.Errorf("%s: damaged: %w", r.Path(InfoFile), err)); err != nil {
			return nil, err
		}
	} else if r.Info.Epochs == nil { // earlier versions wrote the epochs as training went on
		r.take(follow(-1, parseLines(r.read(EpochsFile)), parseRows(r.read(MetricsFile))))
	}
	r.Info.Status = r.standing()
	return r, nil
}

// unless returns r, or the error if there is one.
func (r *Run) unless(err error) (*Run, error) {
	if err != nil {
		return nil, err
	}
	return r, nil
}

// Is reports whether dir is a run folder.
func Is(dir string) bool { return hasFile(dir, InfoFile) }

func hasFile(dir, name string) bool {
	_, err := os.Stat(filepath.Join(dir, name))
	return err == nil
}

// Within names the run folders in dir, else those in its folders, for a message; empty if there are
// none.
func Within(dir string) string {
	found := Folders(dir, InfoFile)
	const most = 5
	if n := len(found); n > most {
		return strings.Join(found[:most-1], ", ") + fmt.Sprintf(" and %d more, up to %s", n-most, found[n-1])
	}
	return strings.Join(found, ", ")
}

// Folders returns the folders in dir, else those in its folders, that have a file of that name, in
// their natural order.
func Folders(dir, name string) (found []string) {
	if found = foldersWith(dir, name); len(found) == 0 {
		entries, _ := os.ReadDir(dir)
		for _, e := range entries {
			found = append(found, foldersWith(filepath.Join(dir, e.Name()), name)...)
		}
	}
	slices.SortFunc(found, words.Natural)
	return found
}

func foldersWith(dir, name string) (found []string) {
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		if folder := filepath.Join(dir, e.Name()); hasFile(folder, name) {
			found = append(found, folder)
		}
	}
	return found
}

// Resume opens the run folder dir to continue its training: it locks the folder and removes
// temporary files of a killed process.
func Resume(dir string) (*Run, error) {
	if info, err := os.Stat(filepath.Join(dir, InfoFile)); err == nil && info.Size() == 0 && !(&Run{Dir: dir}).Has(LastFile) {
		return nil, fmt.Errorf("%s: ended before its training began; delete it and start again", dir)
	}
	r, err := Open(dir)
	if err != nil {
		return nil, err
	}
	if err := r.Lock(); err != nil {
		return nil, err
	}
	lock := r.lock
	if err = checkpoint.RemoveTemps(dir); err == nil {
		r, err = Open(dir) // written by the process that was killed
	}
	if err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	r.lock = lock
	return r, nil
}

// decodeInfo decodes run.json.
func decodeInfo(text []byte) (info Info, err error) {
	if len(text) == 0 {
		return info, errors.New("it is empty")
	}
	if err := json.Unmarshal(text, &info); err != nil {
		return Info{}, err
	}
	switch info.Status {
	case Running, Finished, Interrupted, Failed:
		return info, nil
	}
	return Info{}, fmt.Errorf("no status is called %q", info.Status)
}

// A Listed is a run, or a folder that looks like one.
type Listed struct {
	*Run
	Bytes int64 // bytes of all its files
	Err   error // why only the folder is known
}

// List returns every run below root, ordered by folder and number. A folder that is
// damaged, or that is not a run and has no subfolders, is listed with the reason.
func List(root string) ([]Listed, error) {
	var all []Listed
	if err := list(root, &all); err != nil {
		return nil, err
	}
	slices.SortFunc(all, func(a, b Listed) int { return words.Natural(a.Dir, b.Dir) })
	return all, nil
}

// list adds what is below dir, which is not a run. It returns an error only for dir itself.
func list(dir string, all *[]Listed) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		sub := filepath.Join(dir, e.Name())
		if !e.IsDir() || e.Name()[0] == '.' {
			continue
		}
		r, err := Open(sub)
		if err != nil && !hasInfo(sub) && hasFolders(sub) {
			if err = list(sub, all); err == nil {
				continue
			}
		}
		if err != nil {
			r = &Run{Dir: sub}
		}
		*all = append(*all, Listed{r, size(sub), err})
	}
	return nil
}

func hasInfo(dir string) bool {
	_, err := os.Lstat(filepath.Join(dir, InfoFile))
	return err == nil
}

func hasFolders(dir string) bool {
	entries, _ := os.ReadDir(dir)
	return slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return e.IsDir() && e.Name()[0] != '.' })
}

// size returns the number of bytes of the files in dir and its subfolders.
func size(dir string) (bytes int64) {
	_ = filepath.WalkDir(dir, func(_ string, e fs.DirEntry, err error) error {
		if err != nil {
			return nil // unreadable files are not counted
		}
		if info, err := e.Info(); err == nil && info.Mode().IsRegular() {
			bytes += info.Size()
		}
		return nil
	})
	return bytes
}

// CheckRemove returns the error that Remove would return: dir is not a run folder, or its
// run is still active.
func CheckRemove(dir string) error {
	r, err := Open(dir)
	switch {
	case err != nil && !hasInfo(dir):
		return err
	case err == nil && r.Info.Status == Running:
		return r.InUse()
	case err != nil:
		if unborn := (&Run{Dir: dir}); unborn.locked() { // its run.json is not written yet
			return unborn.InUse()
		}
	}
	return nil
}

// CheckTrim returns the error that Trim would return.
func CheckTrim(dir string) error {
	r, err := Open(dir)
	if err == nil && r.Info.Status != Finished {
		err = fmt.Errorf("%s: is %s: resuming it needs its state; only finished runs can do without", dir, r.Info.Status)
	}
	return err
}

// Trim deletes the training states of the finished run in dir, and returns their size in
// bytes. The best weights and all results stay.
func Trim(dir string) (freed int64, err error) {
	r, err := Resume(dir)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, r.Unlock()) }()
	if err := CheckTrim(dir); err != nil {
		return 0, err
	}
	before := size(dir)
	err = r.Delete(LastFile, BeforeFile)
	return before - size(dir), err
}

// WeightsIn returns the name of a file with weights in the run folder dir, also of a damaged one; "" if it has none.
func WeightsIn(dir string) string {
	for _, name := range []string{BestFile, LastFile, BeforeFile} {
		if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
			return name
		}
	}
	return ""
}

// Remove deletes the run folder dir with all its files, also a damaged one.
func Remove(dir string) error {
	if err := CheckRemove(dir); err != nil {
		return err
	}
	return os.RemoveAll(dir)
}
