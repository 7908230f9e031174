package sweep

import (
	"cmp"
	"slices"

	"cnntrain/internal/runs"
)

// A Result is the state of a member.
type Result struct {
	Member   int         `json:"member"` // from 1
	Run      string      `json:"run"`
	Values   []string    `json:"values"`           // values of the params
	Status   runs.Status `json:"status,omitempty"` // empty: not started
	Reason   string      `json:"reason,omitempty"`
	Again    bool        `json:"again,omitempty"` // failed for a reason that may be gone: it is resumed
	Epochs   int         `json:"epochs"`          // completed epochs
	Value    *float64    `json:"value"`           // value of the metric at the best epoch
	Epoch    int         `json:"epoch"`           // epoch of that value
	Accuracy *float64    `json:"test_accuracy"`
	Seconds  float64     `json:"seconds"`
}

func (s *Sweep) result(j Job) Result {
	r := Result{Member: j.Member + 1, Run: j.Dir, Values: s.Members[j.Member]}
	run, err := runs.Open(j.Dir)
	if err != nil {
		return r // not started, or interrupted before there were any results
	}
	r.Status, r.Reason, r.Again, r.Epochs, r.Seconds = run.Info.Status, run.Info.Reason, run.Info.Again, len(run.Info.Epochs), run.Info.Seconds
	if v, epoch := run.Info.BestOf(s.Metric, s.Max); epoch > 0 {
		r.Value, r.Epoch = &v, epoch
	}
	if v, ok := run.Info.Test.Get("accuracy"); ok {
		r.Accuracy = &v
	}
	return r
}

// rank sorts results of one stage, the best first and unfinished ones last.
func (s *Sweep) rank(results []Result) {
	slices.SortStableFunc(results, func(a, b Result) int {
		if a.ranked() != b.ranked() {
			if a.ranked() {
				return -1
			}
			return 1
		}
		if !a.ranked() {
			return 0
		}
		if s.Max {
			return cmp.Compare(*b.Value, *a.Value)
		}
		return cmp.Compare(*a.Value, *b.Value)
	})
}

func (r Result) ranked() bool { return r.Status == runs.Finished && r.Value != nil }

// Board returns the result of each member in the last stage it reached, the best first:
// later stages before earlier ones.
func (s *Sweep) Board() []Result {
	var board []Result
	seen := map[int]bool{}
	for stage := len(s.Stages) - 1; stage >= 0; stage-- {
		var results []Result
		for member := range s.Members {
			r := s.result(s.job(member, stage))
			if !seen[member] && (r.Status != "" || stage == 0) {
				seen[member] = true
				results = append(results, r)
			}
		}
		s.rank(results)
		board = append(board, results...)
	}
	return board
}

// Left returns the number of trainings still to be done.
func (s *Sweep) Left() (n int) {
	for stage := range s.Stages {
		n += len(s.Tasks(stage))
	}
	return n
}
