package slurm

import (
	"os"
	"slices"
	"strings"
	"testing"
)

func TestScript(t *testing.T) {
	a := &Array{
		Resources: Resources{Account: "vision", Partition: "cpu", Time: "0-04:00", CPUs: 8, Memory: "8G"},
		Name:      "cnntrain-rates-1", Comment: "Trains the members of a sweep.", Tasks: []int{0, 1, 2, 4, 6, 7}, AtOnce: 2,
		Logs: `/data/my "100%" sweeps`, After: "17", Dir: "/home/it's me", Command: []string{"/usr/bin/cnntrain", "sweep", "member", "my sweeps/1", "--task"},
	}
	want, err := os.ReadFile("testdata/script.sh")
	if err != nil {
		t.Fatal(err)
	}
	if got := a.Script(); got != string(want) {
		t.Errorf("the script is\n%s\nnot that of testdata/script.sh", got)
	}
	if text := (&Array{Name: "x", Tasks: []int{3}, Command: []string{"x"}}).Script(); strings.Contains(text, "=\n") || strings.Contains(text, "cpus") {
		t.Errorf("what is not given is in the script:\n%s", text)
	}
}

func TestPathsThatNoScriptCanName(t *testing.T) {
	for _, a := range []*Array{{Logs: `/data/a\b`}, {Logs: "/data\n#SBATCH --wrap=rm"}, {Dir: "/a\nb"}, {Command: []string{"a\nb"}}} {
		if err := a.Check(); err == nil || !strings.Contains(err.Error(), "a backslash or a line break; rename it") {
			t.Errorf("%+v: %v", a, err)
		}
	}
	if err := (&Array{Logs: `/it's "a" #1, 100%`, Dir: "/"}).Check(); err != nil {
		t.Error(err)
	}
}

func TestTheEnvironmentDoesNotWinOverTheScript(t *testing.T) {
	env := []string{"HOME=/", "SBATCH_JOB_NAME=x", "SBATCH_PARTITION=long", "SBATCH_ACCOUNT=mine", "SBATCH_QOS=low", "PARTITION=x", "SBATCH_MEM_PER_CPU=1G", "SBATCH_WAIT=1", "SBATCH_ERROR=x"}
	a := &Array{Resources: Resources{Partition: "short", Memory: "8G"}}
	if got, want := a.Environ(env), []string{"HOME=/", "SBATCH_ACCOUNT=mine", "SBATCH_QOS=low", "PARTITION=x"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestResourcesThatSlurmDoesNotTake(t *testing.T) {
	for _, r := range []Resources{
		{Time: "5400"}, {Time: "90:00"}, {Time: "4:00:00"}, {Time: "1-12"}, {Time: "1-12:30"}, {Time: "1-12:30:00"}, {Time: "UNLIMITED"},
		{Memory: "500"}, {Memory: "8G"}, {Account: "a.b-c_d"}, {CPUs: 4}, {},
	} {
		if err := r.Check(); err != nil {
			t.Errorf("%+v: %v", r, err)
		}
	}
	for _, r := range []Resources{{Time: "4h"}, {Time: "1-"}, {Time: "-5"}, {Memory: "8GB"}, {Memory: "much"}, {Account: "a b"}, {Partition: "x\n#SBATCH --wrap=rm"}, {CPUs: -1}} {
		if err := r.Check(); err == nil {
			t.Errorf("%+v is taken", r)
		}
	}
}

func TestFlagsWinOverTheFile(t *testing.T) {
	file := Resources{Account: "a", Time: "10", CPUs: 2}
	if got := (Resources{Time: "20", Memory: "1G"}).Or(file); got != (Resources{Account: "a", Time: "20", CPUs: 2, Memory: "1G"}) {
		t.Errorf("%+v", got)
	}
}

func TestParseSubmitted(t *testing.T) {
	for answer, want := range map[string]string{"12\n": "12", "12;east\n": "12"} {
		if got, err := ParseSubmitted(answer); got != want || err != nil {
			t.Errorf("%q: %q, %v", answer, got, err)
		}
	}
	for _, answer := range []string{"", "Submitted batch job 12", "0", "-1", "99999999999999999999999"} {
		if got, err := ParseSubmitted(answer); err == nil {
			t.Errorf("%q is job %s", answer, got)
		}
	}
}

func TestParseQueue(t *testing.T) {
	got, err := ParseQueue("   5    0   RUNNING   1   cnntrain-a-1\n   5   3   PENDING   0   cnntrain-a-1\n\n")
	want := []Task{{"cnntrain-a-1", "5", 0, "RUNNING", 1}, {"cnntrain-a-1", "5", 3, "PENDING", 0}}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%v, %v", got, err)
	}
	for _, text := range []string{"a b", "5 N/A RUNNING 0 x", "5 1 RUNNING x x"} {
		if _, err := ParseQueue(text); err == nil {
			t.Errorf("%q is taken", text)
		}
	}
}

func FuzzParseQueue(f *testing.F) {
	f.Add("   5    0   RUNNING   1   cnntrain-a-1\n")
	f.Add("5 [0-3%2] PENDING 0 x")
	f.Fuzz(func(t *testing.T, text string) {
		tasks, err := ParseQueue(text)
		if err != nil && tasks != nil {
			t.Error("tasks beside an error")
		}
		if job, err := ParseSubmitted(text); err == nil && job == "" {
			t.Error("no job and no error")
		}
	})
}
