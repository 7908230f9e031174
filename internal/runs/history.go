package runs

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"cnntrain/internal/checkpoint"
)

// An Epoch is a completed epoch: one line of epochs.jsonl.
type Epoch struct {
	Number          int     `json:"epoch"` // from 1
	Figures         Figures `json:"figures"`
	LearningRate    float64 `json:"learning_rate"` // of its last step
	Seconds         float64 `json:"seconds"`       // including validation
	ImagesPerSecond float64 `json:"images_per_second"`
	Best            *Best   `json:"best,omitempty"` // of the run so far
	Total           float64 `json:"run_seconds"`    // of the run so far; 0: unknown
}

// A Past identifies the completed epochs of a training, whose figures are in epochs.jsonl.
type Past struct {
	Epochs int    `json:"epochs"`
	Digest string `json:"sha256"` // of everything but times; empty: no epochs
}

// Add adds the next epoch. Adding one is as much work as adding the first.
func (p *Past) Add(e *Epoch) {
	sum := sha256.Sum256([]byte(p.Digest + "\n" + strings.Join(slices.Concat(e.header(), e.reproducible()), ",")))
	p.Epochs, p.Digest = p.Epochs+1, hex.EncodeToString(sum[:])
}

// PastOf returns the Past of epochs that follow each other from the first.
func PastOf(epochs []Epoch) (p Past) {
	for i := range epochs {
		p.Add(&epochs[i])
	}
	return p
}

// A Log appends epochs to epochs.jsonl and metrics.csv.
type Log struct {
	lines, rows *os.File
	headed      bool // metrics.csv has its header
}

// OpenLog opens both files for appending.
func (r *Run) OpenLog() (*Log, error) {
	l := &Log{}
	var err error
	if l.lines, err = r.openToAppend(EpochsFile); err != nil {
		return nil, err
	}
	if l.rows, err = r.openToAppend(MetricsFile); err != nil {
		_ = l.lines.Close() // nothing was written
		return nil, err
	}
	at, err := l.rows.Stat()
	if err != nil {
		l.Close()
		return nil, err
	}
	l.headed = at.Size() > 0
	return l, nil
}

// openToAppend opens a file of the run, and creates it if there is none.
func (r *Run) openToAppend(file string) (*os.File, error) {
	path := r.Path(file)
	if err := regular(path); err != nil {
		return nil, err
	}
	return os.OpenFile(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o666)
}

// regular returns an error if path exists and is not a regular file.
func regular(path string) error {
	if at, err := os.Lstat(path); err == nil && !at.Mode().IsRegular() {
		return fmt.Errorf("%s: is not a regular file; a run writes nothing outside of its folder, delete it to resume", path)
	}
	return nil
}

// Add appends an epoch. Its line in epochs.jsonl is on the disk when Add returns, so a state
// that is saved later never knows more epochs than that file.
func (l *Log) Add(e *Epoch) error {
	var line, row bytes.Buffer
	if err := encodeLine(&line, e); err != nil {
		return err
	}
	if !l.headed {
		writeRow(&row, e.header())
	}
	writeRow(&row, e.row())
	if err := checkpoint.Append(l.lines, line.Bytes(), true); err != nil {
		return err
	}
	l.headed = true
	return checkpoint.Append(l.rows, row.Bytes(), false)
}

// Close closes both files.
func (l *Log) Close() {
	_ = l.lines.Close() // every line is on the disk
	_ = l.rows.Close()
}

func encodeLine(w io.Writer, e *Epoch) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(e); err != nil {
		return fmt.Errorf("epoch %d: %w", e.Number, err)
	}
	return nil
}

// parseLines reads epochs.jsonl: the whole lines that it can decode, by number. If a number
// occurs again, training went back, and the last one counts.
func parseLines(text []byte) map[int]Epoch {
	found := map[int]Epoch{}
	for line := range bytes.Lines(text) {
		var e Epoch
		if bytes.HasSuffix(line, []byte("\n")) && json.Unmarshal(line, &e) == nil && e.Number > 0 {
			found[e.Number] = e
		}
	}
	return found
}

// read returns the content of a text file of the run; empty if it cannot be read.
func (r *Run) read(file string) []byte {
	f, err := os.Open(r.Path(file))
	if err != nil {
		return nil
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxInfo))
	if err != nil {
		return nil
	}
	return text
}

// follow returns the epochs 1, 2, … up to most, each from the first source that has it; most
// below 0 means no limit.
func follow(most int, sources ...map[int]Epoch) (epochs []Epoch) {
	for n := 1; most < 0 || n <= most; n++ {
		i := slices.IndexFunc(sources, func(s map[int]Epoch) bool { _, ok := s[n]; return ok })
		if i < 0 {
			return epochs
		}
		epochs = append(epochs, sources[i][n])
	}
	return epochs
}

func allFigures(epochs []Epoch) []Figures {
	all := make([]Figures, len(epochs))
	for i, e := range epochs {
		all[i] = e.Figures
	}
	return all
}

// take sets what Info has of epochs.
func (r *Run) take(epochs []Epoch) {
	r.Info.Epochs = allFigures(epochs)
	for _, e := range epochs {
		if e.Total > 0 {
			r.Info.Best, r.Info.Seconds = e.Best, e.Total
		}
	}
}

// recall returns the epochs of past with their figures from the files of the run: of
// epochs.jsonl and metrics.csv one is enough, or for each epoch either. The error says which
// figures are lost or in doubt; the epochs are then as many as there are.
func (r *Run) recall(past Past) ([]Epoch, error) {
	lines, rows := parseLines(r.read(EpochsFile)), parseRows(r.read(MetricsFile))
	written := map[int]Epoch{}
	for i, f := range r.Info.Epochs {
		written[i+1] = Epoch{Number: i + 1, Figures: f}
	}
	epochs := follow(past.Epochs, lines, rows)
	if PastOf(epochs) == past {
		return epochs, nil
	}
	if other := follow(past.Epochs, rows, lines); PastOf(other) == past {
		return other, nil
	}
	epochs = follow(past.Epochs, lines, rows, written)
	for len(epochs) < past.Epochs {
		epochs = append(epochs, Epoch{Number: len(epochs) + 1, Figures: Figures{}})
	}
	return epochs, fmt.Errorf("%s and %s: both damaged; figures of the %d epochs before may be wrong or missing, the weights are not affected",
		r.Path(EpochsFile), MetricsFile, past.Epochs)
}

// Restore makes the history of the run that of a state from which it resumes: Info.Epochs,
// epochs.jsonl and metrics.csv have the epochs of past and no others. old is those of a state
// of an earlier version, which has them itself; nil otherwise. doubt says which figures are
// lost.
func (r *Run) Restore(past Past, old []Epoch) (doubt, err error) {
	epochs := withTimes(old, parseRows(r.read(MetricsFile)))
	if old == nil {
		epochs, doubt = r.recall(past)
	}
	for _, file := range []string{EpochsFile, MetricsFile} {
		if err := regular(r.Path(file)); err != nil {
			return doubt, err
		}
	}
	r.Info.Epochs = allFigures(epochs)
	err = r.Write(EpochsFile, func(w io.Writer) error {
		for i := range epochs {
			if err := encodeLine(w, &epochs[i]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return doubt, err
	}
	return doubt, r.Write(MetricsFile, func(w io.Writer) error {
		var b bytes.Buffer
		for i := range epochs {
			if i == 0 {
				writeRow(&b, epochs[i].header())
			}
			writeRow(&b, epochs[i].row())
		}
		_, err := w.Write(b.Bytes())
		return err
	})
}
