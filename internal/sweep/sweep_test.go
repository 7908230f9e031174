package sweep

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"cnntrain/internal/runs"
	"cnntrain/internal/spec"
)

func parse(t *testing.T, text string) *Config {
	t.Helper()
	var problems spec.Problems
	c := Parse("x.yaml", []byte(text), &problems)
	if problems.Err() != nil {
		t.Fatal(problems.Err())
	}
	return c
}

func settings(t *testing.T, c *Config) (all []string) {
	t.Helper()
	var problems spec.Problems
	for _, m := range c.Members(&problems) {
		var words []string
		for _, v := range m {
			words = append(words, spec.Text(v))
		}
		all = append(all, strings.Join(words, " "))
	}
	if problems.Err() != nil {
		t.Fatal(problems.Err())
	}
	return all
}

func TestEveryProblemHasItsPlace(t *testing.T) {
	const text = `spec: tiny.yaml
parms: 3
name: a/b
params:
  a.rate: {min: 2, max: 0.1}
  a.log: {min: 0, max: 1, log: true}
  a.n: {min: 0.2, max: 0.8, integer: true}
  a.list: []
  a.twice: [1, 2, 1]
  a..b: 3
  a.half: {min: 3, mox: 4}
search: {random: 0}
mode: up
parallel: many
`
	want := `x.yaml:2:1: sweep: unknown option "parms"; did you mean "params"?
x.yaml:3:7: name: must be letters, digits, '-', '_' and '.', since it names the folder; got "a/b"
x.yaml:5:11: a.rate: "max" must be at least "min"
x.yaml:6:10: a.log: "min" must be greater than 0 where "log" is true
x.yaml:7:8: a.n: no whole number lies in it
x.yaml:8:11: a.list: needs a value at least
x.yaml:9:19: a.twice: 1 is in the list already
x.yaml:10:3: params: "a..b" is not a dotted path such as train.epochs
x.yaml:11:20: a.half: unknown option "mox"; did you mean "max"?
x.yaml:12:18: random: "runs" must be from 1 to 10000, got 0
x.yaml:13:7: sweep: "mode" cannot be "up"; known: auto, min, max
x.yaml:14:11: sweep: "parallel" must be a whole number, got many`
	var problems spec.Problems
	Parse("x.yaml", []byte(text), &problems)
	if err := problems.Err(); err == nil || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
	problems = spec.Problems{}
	Parse("x.yaml", []byte("{}"), &problems)
	if err := problems.Err(); err == nil || !strings.Contains(err.Error(), `missing "spec"`) || !strings.Contains(err.Error(), `missing "params"`) {
		t.Errorf("got %v", err)
	}
}

func TestGridIsEveryCombination(t *testing.T) {
	got := settings(t, parse(t, "spec: s\nparams: {a: [1, {b: 2}], c: x, d: [3, 4]}\n"))
	want := []string{"1 x 3", "1 x 4", "{b: 2} x 3", "{b: 2} x 4"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	for _, params := range []string{"{a: {min: 1, max: 2}}", "{a: [1, 2, 3], b: [" + strings.Join(numbers(5000), ", ") + "]}"} {
		var problems spec.Problems
		if m := parse(t, "spec: s\nparams: "+params).Members(&problems); m != nil || problems.Len() != 1 {
			t.Errorf("%d members, problems %v", len(m), problems.Err())
		}
	}
}

func TestExamplesAreUnderstood(t *testing.T) {
	for _, name := range Searches.Names() {
		item := Searches.Info(name).Example
		if strings.Contains(item, ":") {
			item = "{" + item + "}"
		}
		c := parse(t, "spec: s\nparams: {a: [1, 2]}\nsearch: "+item+"\n")
		if len(settings(t, c)) != 2*max(1, c.Folds()) {
			t.Errorf("%s does not try both settings", name)
		}
	}
}

func numbers(n int) (all []string) {
	for i := range n {
		all = append(all, strconv.Itoa(i))
	}
	return all
}

func TestRandomDrawsEachOnceAndTheSameForASeed(t *testing.T) {
	const text = "spec: s\nseed: 3\nsearch: {random: 20}\nparams: {a: {min: 1, max: 8, integer: true}, b: {min: 0.001, max: 1, log: true}, c: [x, y]}\n"
	got := settings(t, parse(t, text))
	if len(got) != 20 || len(slices.Compact(slices.Sorted(slices.Values(got)))) != 20 {
		t.Errorf("got %q", got)
	}
	if !slices.Equal(got, settings(t, parse(t, text))) || slices.Equal(got, settings(t, parse(t, strings.Replace(text, "seed: 3", "seed: 4", 1)))) {
		t.Error("the seed does not decide")
	}
	small := 0
	for _, s := range got {
		words := strings.Fields(s)
		a, err1 := strconv.Atoi(words[0])
		b, err2 := strconv.ParseFloat(words[1], 64)
		if err1 != nil || err2 != nil || a < 1 || a > 8 || b < 0.001 || b > 1 {
			t.Errorf("drew %q", s)
		}
		if b < 0.03 {
			small++
		}
	}
	if small < 5 || small > 15 {
		t.Errorf("%d of 20 lie in the lower half of the factors", small)
	}
	if got := settings(t, parse(t, "spec: s\nsearch: {random: 20}\nparams: {a: [1, 2], b: [3, 4]}\n")); len(got) != 4 {
		t.Errorf("of four settings %q are drawn", got)
	}
}

func TestRangesReachBothEnds(t *testing.T) {
	for _, c := range []struct {
		r         Range
		low, high string
	}{
		{Range{Min: 1, Max: 8, Integer: true}, "1", "8"},
		{Range{Min: 1, Max: 8, Integer: true, Log: true}, "1", "8"},
		{Range{Min: -2, Max: 3}, "-2", "3"},
		{Range{Min: 1e-5, Max: 0.1, Log: true}, "1e-05", "0.1"},
		{Range{Min: 5, Max: 5}, "5", "5"},
	} {
		if low, high := c.r.at(0), c.r.at(1-1e-16); low != c.low || high != c.high {
			t.Errorf("%+v is from %s to %s", c.r, low, high)
		}
	}
}

func TestHalvingStages(t *testing.T) {
	for _, c := range []struct {
		h               halving
		members, epochs int
		want            []Stage
	}{
		{halving{factor: 3, epochs: 1}, 9, 9, []Stage{{9, 1}, {3, 3}, {1, 9}}},
		{halving{factor: 3, epochs: 1}, 9, 20, []Stage{{9, 1}, {3, 3}, {1, 20}}},
		{halving{factor: 2, epochs: 2}, 9, 5, []Stage{{9, 2}, {4, 4}, {2, 5}}},
		{halving{factor: 2, epochs: 7}, 9, 5, []Stage{{9, 5}}},
		{halving{factor: 2, epochs: 1}, 1, 5, []Stage{{1, 5}}},
	} {
		if got := c.h.Stages(c.members, c.epochs); !slices.Equal(got, c.want) {
			t.Errorf("%+v of %d members and %d epochs: %v, want %v", c.h, c.members, c.epochs, got, c.want)
		}
	}
}

// trainer replaces the processes that train: the result of member i is i.
type trainer struct {
	mu       sync.Mutex
	jobs     []string
	now, top int
	status   func(Job) runs.Status
}

func (f *trainer) train(_ context.Context, j Job) (err error) {
	f.mu.Lock()
	f.jobs = append(f.jobs, filepath.Base(j.Dir))
	f.now++
	f.top = max(f.top, f.now)
	f.mu.Unlock()
	var r *runs.Run
	if j.Resume {
		if r, err = runs.Resume(j.Dir); err == nil {
			r.Info.Resumed, r.Info.Epochs = 1, nil
		}
	} else {
		r, err = runs.CreateAt(j.Dir)
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Unlock()) }()
	r.Info.Status = f.status(j)
	for range j.Epochs {
		r.Info.Epochs = append(r.Info.Epochs, runs.Figures{{Name: "val_accuracy", Value: float64(j.Member)}})
	}
	f.mu.Lock()
	f.now--
	f.mu.Unlock()
	return r.SaveInfo()
}

func finished(Job) runs.Status { return runs.Finished }

func newSweep(t *testing.T, text string, epochs int) *Sweep {
	t.Helper()
	c := parse(t, text)
	var problems spec.Problems
	s, err := Create(t.TempDir(), NewPlan(c, c.Members(&problems), epochs), []byte("spec"), []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	opened, err := Open(s.Dir)
	if err != nil || opened.Dir != s.Dir || fmt.Sprint(opened.Plan) != fmt.Sprint(s.Plan) {
		t.Fatalf("%v, %v, want %v", opened, err, s)
	}
	return s
}

func TestHalvingTrainsTheBestFurther(t *testing.T) {
	s := newSweep(t, "spec: s\nsearch: {halving: {runs: 4, factor: 2}}\nparams: {a: ["+strings.Join(numbers(4), ", ")+"]}\n", 4)
	f := &trainer{status: func(j Job) runs.Status {
		if j.Member == 3 {
			return runs.Failed
		}
		return runs.Finished
	}}
	if left := s.Left(); left != 7 {
		t.Errorf("%d trainings before the first", left)
	}
	if err := s.Run(t.Context(), 1, f.train, func(Result, error) {}); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"member-1-epochs-1", "member-2-epochs-1", "member-3-epochs-1", "member-4-epochs-1",
		"member-3-epochs-2", "member-2-epochs-2", "member-3-epochs-4",
	}
	if !slices.Equal(f.jobs, want) || s.Left() != 0 {
		t.Errorf("trained %q, %d left", f.jobs, s.Left())
	}
	var board []int
	for _, r := range s.Board() {
		board = append(board, r.Member)
	}
	if !slices.Equal(board, []int{3, 2, 1, 4}) {
		t.Errorf("ranked %v", board)
	}
}

func TestTasksOfAStageWaitForTheOneBefore(t *testing.T) {
	s := newSweep(t, "spec: s\nsearch: {halving: {runs: 4, factor: 2}}\nparams: {a: ["+strings.Join(numbers(4), ", ")+"]}\n", 4)
	f := &trainer{status: finished}
	train := func(stage, task int) {
		t.Helper()
		j, over, err := s.Task(stage, task)
		if err != nil || over {
			t.Fatalf("task %d of stage %d: over %v, %v", task, stage, over, err)
		}
		if err := f.train(t.Context(), j); err != nil {
			t.Fatal(err)
		}
	}
	for _, task := range []int{3, 0, 2} {
		train(0, task)
	}
	const want = ": stage 2 trains the best members of stage 1, in which members are still to be trained: 1; train them first"
	if _, _, err := s.Task(1, 0); err == nil || err.Error() != s.Dir+want {
		t.Errorf("got %v", err)
	}
	if _, known := s.Member(1, 0); known {
		t.Error("a member is chosen before the first stage is over")
	}
	train(0, 1)
	if member, known := s.Member(1, 1); !known || member != 3 {
		t.Errorf("the second task of the second stage trains member %d, known %v", member, known)
	}
	if _, known := s.Member(0, 4); known {
		t.Error("there is a fifth task")
	}
	if _, _, err := s.Task(2, 0); err == nil {
		t.Error("the third stage does not wait for the second")
	}
	train(1, 1)
	if left := s.Tasks(1); !slices.Equal(left, []int{0}) || len(s.Tasks(2)) != 1 {
		t.Errorf("tasks %v are left of the second stage, %v of the third", left, s.Tasks(2))
	}
	train(1, 0)
	train(2, 0)
	if _, over, err := s.Task(2, 0); err != nil || !over || s.Left() != 0 {
		t.Errorf("over %v, %v, %d left", over, err, s.Left())
	}
	members := []string{"member-4-epochs-1", "member-1-epochs-1", "member-3-epochs-1", "member-2-epochs-1", "member-3-epochs-2", "member-4-epochs-2", "member-4-epochs-4"}
	if !slices.Equal(f.jobs, members) {
		t.Errorf("trained %q", f.jobs)
	}
}

func TestASweepGoesOnWhereItWasCutShort(t *testing.T) {
	s := newSweep(t, "spec: s\nparams: {a: [1, 2, 3, 4]}\n", 2)
	ctx, cancel := context.WithCancel(t.Context())
	f := &trainer{status: func(j Job) runs.Status {
		if j.Member == 2 {
			cancel()
			return runs.Interrupted
		}
		return runs.Finished
	}}
	if err := s.Run(ctx, 1, f.train, func(Result, error) {}); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if left := s.Left(); left != 2 {
		t.Errorf("%d left", left)
	}
	f.jobs, f.status = nil, finished
	var done []int
	if err := s.Run(t.Context(), 1, f.train, func(r Result, err error) {
		done = append(done, r.Member)
		if err != nil {
			t.Error(err)
		}
		if run, err := runs.Open(s.job(2, 0).Dir); err != nil || run.Info.Resumed != 1 {
			t.Errorf("member 3 was not gone on with: %v, %v", run, err)
		}
	}); err != nil {
		t.Fatal(err)
	}
	if want := []string{"member-3", "member-4"}; !slices.Equal(f.jobs, want) || !slices.Equal(done, []int{3, 4}) {
		t.Errorf("trained %q, told of %v", f.jobs, done)
	}
}

func TestMembersAreTrainedAtOnce(t *testing.T) {
	s := newSweep(t, "spec: s\nparams: {a: ["+strings.Join(numbers(12), ", ")+"]}\n", 1)
	f := &trainer{status: finished}
	if err := s.Run(t.Context(), 3, f.train, func(Result, error) {}); err != nil {
		t.Fatal(err)
	}
	if f.top > 3 || len(f.jobs) != 12 {
		t.Errorf("%d at once, %d trained", f.top, len(f.jobs))
	}
}

// A member that a full disk or the like stopped is trained on; one that failed by itself is not.
func TestAMemberThatTheMachineStoppedGoesOn(t *testing.T) {
	s := newSweep(t, "spec: s\nparams: {a: [1, 2]}\n", 1)
	for member, again := range []bool{true, false} {
		r, err := runs.CreateAt(s.job(member, 0).Dir)
		if err != nil {
			t.Fatal(err)
		}
		r.Info.Status, r.Info.Again = runs.Failed, again
		if err := errors.Join(r.SaveInfo(), r.Unlock()); err != nil {
			t.Fatal(err)
		}
	}
	if left := s.Tasks(0); !slices.Equal(left, []int{0}) {
		t.Errorf("tasks %v are left", left)
	}
	f := &trainer{status: finished}
	if err := s.Run(t.Context(), 1, f.train, func(Result, error) {}); err != nil {
		t.Fatal(err)
	}
	if run, err := runs.Open(s.job(0, 0).Dir); err != nil || !slices.Equal(f.jobs, []string{"member-1"}) || run.Info.Resumed != 1 {
		t.Errorf("trained %q, %v, %v", f.jobs, run, err)
	}
}

func TestWhatIsInTheWayIsNotDeleted(t *testing.T) {
	s := newSweep(t, "spec: s\nparams: {a: [1, 2]}\n", 1)
	file := filepath.Join(s.job(0, 0).Dir, "letters")
	if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	f := &trainer{status: finished}
	if err := s.Run(t.Context(), 1, f.train, func(Result, error) {}); err == nil || !strings.Contains(err.Error(), "not a run folder") {
		t.Errorf("got %v", err)
	}
	if _, err := os.Stat(file); err != nil {
		t.Error(err)
	}
}

func TestASweepIsGoneOnWithByOneProcessAtATime(t *testing.T) {
	s := newSweep(t, "spec: s\nparams: {a: [1, 2]}\n", 1)
	if _, err := Resume(s.Dir); err == nil || !strings.Contains(err.Error(), "in use by another process") {
		t.Errorf("got %v", err)
	}
	if err := s.folder.Unlock(); err != nil {
		t.Fatal(err)
	}
	again, err := Resume(s.Dir)
	if err != nil || len(again.Members) != 2 {
		t.Errorf("%v, %v", again, err)
	}
	if _, err := Resume(t.TempDir()); err == nil || !strings.Contains(err.Error(), "not the folder of a sweep") {
		t.Errorf("got %v", err)
	}
}

func TestASweepFileIsLoadedAndItsSettingsAreOverrides(t *testing.T) {
	file := filepath.Join(t.TempDir(), "rates.yaml")
	if err := os.WriteFile(file, []byte("spec: s.yaml\nparams:\n  train.epochs: 3\n  train.seed: [1, 2]\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	var problems spec.Problems
	c := Load(file, &problems)
	if problems.Err() != nil || c.Name != "rates" || c.SpecPos().Line != 1 {
		t.Fatalf("%+v, %v", c, problems.Err())
	}
	members := c.Members(&problems)
	o := c.Overrides(members[1])
	if len(members) != 2 || len(o) != 2 || o[1].Value.Value != "2" || o[1].Pos() != (spec.Pos{File: file, Line: 4, Column: 19}) {
		t.Errorf("%d members, the second %+v", len(members), o)
	}
	if varying := NewPlan(c, members, 1).Varying(); !slices.Equal(varying, []int{1}) {
		t.Errorf("params %v vary, want the second", varying)
	}
	if c := Load(file+"x", &problems); c != nil || problems.Len() != 1 {
		t.Errorf("%v, %v", c, problems.Err())
	}
}

func TestDamagedPlansAreErrors(t *testing.T) {
	for _, text := range []string{
		"", "{}", "[]", `{"params": ["a"], "members": [[]], "stages": [{"members": 1, "epochs": 1}], "parallel": 1}`,
		`{"members": [[]], "stages": [{"members": 2, "epochs": 1}], "parallel": 1}`,
		`{"members": [[]], "stages": [{"members": 1, "epochs": 0}], "parallel": 1}`,
		`{"members": [[]], "stages": [{"members": 1, "epochs": 1}], "parallel": 0}`,
		`{"members": [[]], "parallel": 1}`,
	} {
		if _, err := decodePlan([]byte(text)); err == nil {
			t.Errorf("taken: %s", text)
		}
	}
}

// For any input, reading a sweep file ends without a panic, and either reports problems or
// returns members whose values are valid for --set.
func FuzzParse(f *testing.F) {
	f.Add([]byte("spec: s\nparams: {a.b: [1, {c: [2, 3]}], d: x}\n"))
	f.Add([]byte("spec: s\nseed: 3\nsearch: {random: 5}\nparams: {a: {min: 1, max: 8, integer: true}, b: {min: 0.001, max: 1, log: true}}\n"))
	f.Add([]byte("name: n\nspec: s\nsearch: {halving: {runs: 9, min_epochs: 2}}\nmetric: loss\nmode: min\nparallel: 4\nparams: {a: ['x y', \"\\n\", null]}\n"))
	f.Fuzz(func(t *testing.T, src []byte) {
		var problems spec.Problems
		c := Parse("fuzz.yaml", src, &problems)
		if c == nil {
			if problems.Len() == 0 {
				t.Fatal("no config, and no problem")
			}
			return
		}
		members := c.Members(&problems)
		if problems.Len() > 0 {
			return
		}
		p := NewPlan(c, members, 5)
		for _, m := range p.Members {
			for i, v := range m {
				if _, err := spec.ParseOverride(p.Params[i] + "=" + v); err != nil {
					t.Fatalf("%q cannot be set: %v", p.Params[i]+"="+v, err)
				}
			}
		}
	})
}

// For any sweep.json, an accepted plan can be resumed.
func FuzzPlan(f *testing.F) {
	f.Add([]byte(`{"params": ["a"], "members": [["1"], ["2"]], "stages": [{"members": 2, "epochs": 1}, {"members": 1, "epochs": 3}], "parallel": 1}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := decodePlan(text)
		if err != nil {
			return
		}
		s := &Sweep{Dir: t.TempDir(), Plan: p}
		if s.Board(); s.Left() < 1 {
			t.Errorf("nothing is begun and %d trainings are left", s.Left())
		}
		p.Varying()
	})
}

func TestSpreadIsThatOfASample(t *testing.T) {
	if s := spreadOf([]float64{0.5, 0.7, 0.9}); math.Abs(s.Mean-0.7) > 1e-12 || math.Abs(s.Deviation-0.2) > 1e-12 {
		t.Errorf("%+v", s)
	}
	if s := spreadOf([]float64{0.5}); *s != (Spread{0.5, 0}) || spreadOf(nil) != nil {
		t.Errorf("of one: %+v", s)
	}
}
