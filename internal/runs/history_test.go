package runs

import (
	"bytes"
	"os"
	"reflect"
	"strings"
	"testing"
)

// training is a run that has logged n epochs and is still training.
func training(t testing.TB, n int) (*Run, []Epoch) {
	t.Helper()
	r, err := CreateAt(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	r.Info = Info{Status: Running, Process: ThisProcess(), Epochs: []Figures{}}
	if err := r.SaveInfo(); err != nil {
		t.Fatal(err)
	}
	l, err := r.OpenLog()
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	var epochs []Epoch
	for i := range n {
		e := Epoch{Number: i + 1, Figures: Figures{{"loss", 1 / float64(i+3)}, {"a \"b\", c", -1e-300 * float64(i)}}, LearningRate: 0.1,
			Seconds: 0.125, ImagesPerSecond: 12.5, Best: &Best{i + 1, "loss", 1 / float64(i+3)}, Total: 0.5 * float64(i+1)}
		if err := l.Add(&e); err != nil {
			t.Fatal(err)
		}
		epochs = append(epochs, e)
	}
	return r, epochs
}

func figuresOf(epochs []Epoch) (all []Figures) {
	for _, e := range epochs {
		all = append(all, e.Figures)
	}
	return all
}

func TestARunThatTrainsHasTheEpochsOfItsLog(t *testing.T) {
	r, epochs := training(t, 5)
	got, err := Open(r.Dir)
	if err != nil || !reflect.DeepEqual(got.Info.Epochs, figuresOf(epochs)) {
		t.Fatalf("%v, %v", got, err)
	}
	if got.Info.Seconds != 2.5 || !reflect.DeepEqual(got.Info.Best, epochs[4].Best) {
		t.Errorf("%v seconds, best %v", got.Info.Seconds, got.Info.Best)
	}
	check(t, os.Remove(r.Path(EpochsFile)))
	if got, err = Open(r.Dir); err != nil || !reflect.DeepEqual(got.Info.Epochs, figuresOf(epochs)) {
		t.Errorf("without %s: %v, %v", EpochsFile, got, err)
	}
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// A run of many epochs writes as many bytes for the next one as a run of a few.
func TestAnEpochCostsAsMuchAsTheFirst(t *testing.T) {
	sizes := map[int][3]int64{}
	for _, n := range []int{5, 50} {
		r, epochs := training(t, n)
		at := func(file string) int64 {
			info, err := os.Stat(r.Path(file))
			check(t, err)
			return info.Size()
		}
		r.Info.Epochs = figuresOf(epochs)
		check(t, r.SaveInfo())
		past := PastOf(epochs)
		sizes[n] = [3]int64{at(EpochsFile) / int64(n), at(InfoFile), int64(len(past.Digest))}
	}
	if few, many := sizes[5], sizes[50]; many[0] > few[0]+30 || many[1] != few[1] || many[2] != few[2] {
		t.Errorf("%v, then %v bytes", few, many)
	}
}

// Either file, torn at any byte or changed, is restored from the other; both torn, what is left
// is kept and the rest named.
func TestTheHistoryOutlivesTornFiles(t *testing.T) {
	const n = 3
	r, epochs := training(t, n+1)
	past := PastOf(epochs[:n])
	lines, rows := r.read(EpochsFile), r.read(MetricsFile)
	put := func(file string, text []byte) { check(t, os.WriteFile(r.Path(file), text, 0o666)) }
	wantAll := func(what string) {
		t.Helper()
		got, doubt := r.recall(past)
		if doubt != nil || !reflect.DeepEqual(figuresOf(got), figuresOf(epochs[:n])) {
			t.Fatalf("%s: %v, %v", what, got, doubt)
		}
	}
	r.Info.Epochs = nil
	for _, file := range []string{EpochsFile, MetricsFile} {
		whole := r.read(file)
		for cut := range whole {
			put(file, whole[:cut])
			wantAll(file + " torn")
			put(file, append(append(bytes.Clone(whole[:cut]), whole[cut]^2), whole[cut+1:]...))
			wantAll(file + " changed")
		}
		put(file, whole)
	}

	put(EpochsFile, lines[:len(lines)/3])
	doubt, err := r.Restore(past, nil)
	if err != nil || doubt != nil || !bytes.HasPrefix(rows, r.read(MetricsFile)) || len(parseLines(r.read(EpochsFile))) != n || len(r.Info.Epochs) != n {
		t.Errorf("%v, %v, restored\n%s%s", doubt, err, r.read(EpochsFile), r.read(MetricsFile))
	}

	put(EpochsFile, lines[:len(lines)/3])
	put(MetricsFile, rows[:len(rows)/2])
	r.Info.Epochs = nil
	doubt, err = r.Restore(past, nil)
	if err != nil || doubt == nil || len(r.Info.Epochs) != n || len(r.Info.Epochs[0]) != 2 || len(r.Info.Epochs[n-1]) != 0 {
		t.Errorf("%v, %v, %v of what is left", doubt, err, r.Info.Epochs)
	}
	// A run that has ended has its epochs in run.json, too.
	put(EpochsFile, nil)
	put(MetricsFile, nil)
	r.Info.Epochs = figuresOf(epochs[:n])
	if _, err := r.Restore(past, nil); err != nil || !reflect.DeepEqual(r.Info.Epochs, figuresOf(epochs[:n])) {
		t.Errorf("%v, %v", r.Info.Epochs, err)
	}
}

// Training that goes back to an earlier epoch repeats its number.
func TestRepeatedEpochsCountOnce(t *testing.T) {
	found := parseLines([]byte("{\"epoch\":1,\"learning_rate\":1}\n{\"epoch\":2,\"learning_rate\":1}\n{\"epoch\":2,\"learning_rate\":0.5}\n{\"epoch\":3"))
	if got := follow(-1, found); len(got) != 2 || got[1].LearningRate != 0.5 {
		t.Errorf("%v", got)
	}
}

func TestFilesElsewhereAreNotWritten(t *testing.T) {
	for _, file := range []string{EpochsFile, MetricsFile} {
		r, epochs := training(t, 1)
		check(t, os.Remove(r.Path(file)))
		if err := os.Symlink(t.TempDir(), r.Path(file)); err != nil {
			t.Skip(err)
		}
		_, err := r.OpenLog()
		_, other := r.Restore(PastOf(epochs), nil)
		for _, err := range []error{err, other} {
			if err == nil || !strings.Contains(err.Error(), "not a regular file") {
				t.Errorf("%s: %v", file, err)
			}
		}
	}
}

// Reading any history ends without a panic, and what is restored is read again.
func FuzzHistory(f *testing.F) {
	r, _ := training(f, 3)
	f.Add(r.read(EpochsFile), r.read(MetricsFile), `{"callbacks":[[[["epoch","loss","learning_rate"],["1","2","0.1"]]],[1,true],[[{"loss":2}],null],null]}`)
	f.Add([]byte("{}\n"), []byte("epoch,learning_rate,seconds,images_per_second\n1,2,,\n"), `{"callbacks":[[{"epochs":1,"sha256":"x"},null]]}`)
	f.Fuzz(func(t *testing.T, lines, rows []byte, state string) {
		epochs := follow(-1, parseLines(lines), parseRows(rows))
		(&Run{}).take(epochs)
		var b bytes.Buffer
		for i := range epochs {
			if err := encodeLine(&b, &epochs[i]); err != nil {
				return // NaN in metrics.csv
			}
		}
		if again := follow(-1, parseLines(b.Bytes())); PastOf(again) != PastOf(epochs) {
			t.Errorf("%v became %v", epochs, again)
		}
		text, old, err := Modern(state)
		if err != nil {
			return
		}
		if again, none, err := Modern(text); err != nil || none != nil || old != nil && again != text {
			t.Errorf("%s became %s, then %s, %v", state, text, again, err)
		}
	})
}
