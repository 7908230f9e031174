package runs

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// place writes a run.json, or only creates the folder if text is empty.
func place(t *testing.T, dir, text string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	if text == "" {
		return
	}
	if err := os.WriteFile(filepath.Join(dir, InfoFile), []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

func TestListHasEveryFolderAndSaysWhatIsWrong(t *testing.T) {
	root := t.TempDir()
	place(t, filepath.Join(root, "a", "10"), `{"status": "finished"}`)
	place(t, filepath.Join(root, "a", "2"), `{"status": "failed"}`)
	place(t, filepath.Join(root, "a", "2", "deeper"), `{"status": "finished"}`)
	place(t, filepath.Join(root, "a", "3"), `{"status": "fini`)
	place(t, filepath.Join(root, "b", "1"), "")
	place(t, filepath.Join(root, ".git", "1"), `{"status": "finished"}`)
	place(t, filepath.Join(root, "c", "1"), `{"status": "asleep"}`)
	place(t, filepath.Join(root, "c", "2", InfoFile), "")
	if err := os.WriteFile(filepath.Join(root, "notes"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	all, err := List(root)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, l := range all {
		name, _ := filepath.Rel(root, l.Dir)
		line := filepath.ToSlash(name) + " " + string(l.Info.Status)
		if l.Err != nil {
			_, why, _ := strings.Cut(l.Err.Error(), ": ")
			line += why
		}
		got = append(got, line)
	}
	want := []string{
		"a/2 failed", "a/3 damaged: unexpected end of JSON input", "a/10 finished",
		"b/1 not a run folder, which has a run.json", `c/1 damaged: no status is called "asleep"`,
		"c/2 is a directory",
	}
	for i := range got {
		got[i] = strings.Replace(got[i], "read "+filepath.Join(root, "c", "2", InfoFile)+": ", "", 1)
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestARunWhoseProcessIsGoneWasInterrupted(t *testing.T) {
	r, err := CreateAt(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	r.Info = Info{Status: Running, Process: ThisProcess()}
	if err := r.SaveInfo(); err != nil {
		t.Fatal(err)
	}
	stands := func(want Status) *Run {
		t.Helper()
		r, err := Open(r.Dir)
		if err != nil || r.Info.Status != want {
			t.Fatalf("%v, %v, want %s", r, err, want)
		}
		return r
	}
	other := stands(Running)
	if err := other.Lock(); err == nil || !strings.Contains(err.Error(), "in use by process") {
		t.Errorf("locked twice: %v", err)
	}
	if err := r.Unlock(); err != nil { // as the system does when a process ends
		t.Fatal(err)
	}
	stands(Interrupted)
	if err := other.Lock(); err != nil {
		t.Fatal(err)
	}
	stands(Running)
}

func TestResumeTakesTheFolderAndTidiesIt(t *testing.T) {
	root := t.TempDir()
	if got := Next(root, "x"); got != filepath.Join(root, "x", "1") {
		t.Errorf("next %s", got)
	}
	r, err := Create(root, "x")
	if err != nil {
		t.Fatal(err)
	}
	r.Info = Info{Status: Running, Process: &Process{"host", 7}}
	temp := r.Path(".last.safetensors.tmp-3")
	if err := errors.Join(r.SaveInfo(), os.WriteFile(temp, nil, 0o666)); err != nil {
		t.Fatal(err)
	}
	if _, err := Resume(r.Dir); err == nil || !strings.Contains(err.Error(), "in use by process 7 of host") {
		t.Errorf("two at once: %v", err)
	}
	if err := r.Unlock(); err != nil {
		t.Fatal(err)
	}
	again, err := Resume(r.Dir)
	if err != nil || again.Info.Status != Running { // it holds the lock itself
		t.Fatalf("%+v, %v", again, err)
	}
	if _, err := os.Stat(temp); err == nil {
		t.Error("half a file is still there")
	}
	for text, want := range map[string]string{"": "ended before its training began", "x": "damaged"} {
		dir := filepath.Join(root, "y"+text)
		place(t, dir, "")
		if err := os.WriteFile(filepath.Join(dir, InfoFile), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		if _, err := Resume(dir); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

func TestRemoveTakesRunsThatAreOverAndNothingElse(t *testing.T) {
	root := t.TempDir()
	running, _ := json.Marshal(Info{Status: Running, Process: ThisProcess()})
	place(t, filepath.Join(root, "1"), `{"status": "finished"}`)
	place(t, filepath.Join(root, "2"), "damaged")
	place(t, filepath.Join(root, "3"), "")
	place(t, filepath.Join(root, "4"), string(running))
	if err := (&Run{Dir: filepath.Join(root, "4")}).Lock(); err != nil {
		t.Fatal(err)
	}
	for dir, want := range map[string]string{"1": "", "2": "", "3": "not a run folder", "4": "in use by process", "5": "no such run"} {
		err := Remove(filepath.Join(root, dir))
		_, stat := os.Stat(filepath.Join(root, dir))
		if want == "" && (err != nil || stat == nil) || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v, want %q", dir, err, want)
		}
	}
	if left, _ := os.ReadDir(root); len(left) != 2 {
		t.Errorf("left %v", left)
	}
}

func TestBestOfAnEpoch(t *testing.T) {
	info := Info{Epochs: []Figures{{{"loss", 3}}, {{"loss", 1}, {"accuracy", 0.5}}, {{"loss", 2}}}}
	if v, epoch := info.BestOf("loss", false); v != 1 || epoch != 2 {
		t.Errorf("least loss %v of epoch %d", v, epoch)
	}
	if v, epoch := info.BestOf("loss", true); v != 3 || epoch != 1 {
		t.Errorf("most loss %v of epoch %d", v, epoch)
	}
	if _, epoch := info.BestOf("f1", true); epoch != 0 {
		t.Errorf("an f1 of epoch %d", epoch)
	}
}

func TestFiguresOfTheBestWeights(t *testing.T) {
	info := Info{Epochs: []Figures{{{"loss", 3}}, {{"loss", 1}}, {{"loss", 2}}}}
	for _, c := range []struct {
		best *Best
		want int
	}{{nil, 3}, {&Best{Epoch: 2}, 2}, {&Best{Epoch: 9}, 3}} {
		info.Best = c.best
		if epoch, figures := info.AtBest(); epoch != c.want || figures[0] != info.Epochs[c.want-1][0] {
			t.Errorf("%v: epoch %d, %v", c.best, epoch, figures)
		}
	}
	if epoch, figures := (&Info{Best: &Best{Epoch: 1}}).AtBest(); epoch != 0 || figures != nil {
		t.Errorf("without epochs: %d, %v", epoch, figures)
	}
}

func TestCompareShowsWhatDiffers(t *testing.T) {
	var all []*Run
	for i, train := range []string{"{epochs: 3, optimizer: {adam: {learning_rate: 0.1}}}", "{epochs: 3, optimizer: sgd}"} {
		dir := t.TempDir()
		text := "name: x\ninput: [8, 8, 1]\ndata: {dataset: ./a}\nlayers: [flatten, dense: 4]\ntrain: " + train + "\n"
		if err := os.WriteFile(filepath.Join(dir, SpecFile), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		all = append(all, &Run{Dir: dir, Info: Info{Params: 7, Test: Figures{{"loss", float64(i)}}}})
	}
	options, figures, err := Compare(all)
	if err != nil {
		t.Fatal(err)
	}
	same := func(got, want []Row) bool {
		return slices.EqualFunc(got, want, func(a, b Row) bool { return a.Name == b.Name && slices.Equal(a.Values, b.Values) })
	}
	if want := []Row{{"train.optimizer.adam.learning_rate", []string{"0.1", ""}}, {"train.optimizer", []string{"", "sgd"}}}; !same(options, want) {
		t.Errorf("options %v", options)
	}
	if want := []Row{{"test_loss", []string{"0", "1"}}}; !same(figures, want) {
		t.Errorf("figures %v", figures)
	}
}

// For any input, reading run.json ends without a panic, and an accepted one survives a
// round trip.
func FuzzInfo(f *testing.F) {
	f.Add([]byte(`{"status": "finished", "epochs": [{"loss": 1.5, "accuracy": 0.2}], "best": {"epoch": 1}, "test": {"loss": 1}}`))
	f.Add([]byte(`{"status": "running", "process": {"host": "x", "id": -1}, "epochs": [null, {}]}`))
	f.Add([]byte(`{"status": "failed", "epochs": [{"loss": {}}], "best": {"epoch": 9}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		info, err := decodeInfo(text)
		if err != nil {
			return
		}
		r := &Run{Info: info}
		r.standing()
		r.figures()
		info.BestOf("loss", false)
		info.AtBest()
		first, err := json.Marshal(info)
		if err != nil {
			t.Fatal(err)
		}
		if info, err = decodeInfo(first); err != nil {
			t.Fatalf("%v in %s", err, first)
		}
		if second, _ := json.Marshal(info); !bytes.Equal(first, second) {
			t.Errorf("%s became %s", first, second)
		}
	})
}
