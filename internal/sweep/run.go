package sweep

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"cnntrain/internal/runs"
)

// Run trains what is not trained yet, up to parallel members at once: train creates the run
// folder of a job and returns when its process has ended. A failed member is a result; Run
// continues. It returns ctx's error if that ended it, or an error if a folder is in the
// way. done is called after each member, one at a time, with the result of train.
func (s *Sweep) Run(ctx context.Context, parallel int, train func(context.Context, Job) error, done func(Result, error)) error {
	for stage := range s.Stages {
		var jobs []Job
		for _, member := range s.chosen(stage) {
			j := s.job(member, stage)
			over, err := j.prepare()
			if err != nil {
				return err
			}
			if !over {
				jobs = append(jobs, j)
			}
		}
		var mu sync.Mutex
		var wg sync.WaitGroup
		free := make(chan struct{}, parallel)
		for _, j := range jobs {
			free <- struct{}{}
			if ctx.Err() != nil {
				break
			}
			wg.Go(func() {
				err := train(ctx, j)
				mu.Lock()
				defer mu.Unlock()
				if ctx.Err() == nil {
					done(s.result(j), err)
				}
				<-free
			})
		}
		wg.Wait()
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return nil
}

// Task returns job number task, from 0, of a stage; over says that there is nothing to do:
// the job is done, or the stage has fewer members. It is an error if an earlier stage is
// not over, since its results decide the members. So several processes, each with its
// number, can train a stage without communication.
func (s *Sweep) Task(stage, task int) (j Job, over bool, err error) {
	if n := s.waitsFor(stage); n > 0 {
		return j, false, fmt.Errorf("%s: stage %d trains the best members of stage %d, in which members are still to be trained: %d; train them first", s.Dir, stage+1, stage, n)
	}
	chosen := s.chosen(stage)
	if task >= len(chosen) {
		return Job{}, true, nil
	}
	j = s.job(chosen[task], stage)
	over, err = j.prepare()
	return j, over, err
}

// Tasks returns the numbers of the jobs of a stage that are still to be done: all of them
// if the members of the stage are not decided yet.
func (s *Sweep) Tasks(stage int) (left []int) {
	if s.waitsFor(stage) > 0 {
		for task := range s.Stages[stage].Members {
			left = append(left, task)
		}
		return left
	}
	for task, member := range s.chosen(stage) {
		if r := s.result(s.job(member, stage)); !settled(r.Status, r.Again) {
			left = append(left, task)
		}
	}
	return left
}

// settled reports whether nothing is left to do for a run. One that failed is over too, unless the machine was to
// blame: its training has said nothing about the setting yet.
func settled(status runs.Status, again bool) bool {
	return status == runs.Finished || status == runs.Failed && !again
}

// waitsFor returns the number of trainings of the previous stage that are still to be done;
// until then the members of this stage are undecided.
func (s *Sweep) waitsFor(stage int) int {
	if stage == 0 {
		return 0
	}
	return len(s.Tasks(stage - 1))
}

// Member returns the member, from 1, that a task of a stage trains; ok is false if that is
// undecided.
func (s *Sweep) Member(stage, task int) (member int, ok bool) {
	if s.waitsFor(stage) > 0 {
		return 0, false
	}
	chosen := s.chosen(stage)
	if task >= len(chosen) {
		return 0, false
	}
	return chosen[task] + 1, true
}

// Outcome returns the state of a job.
func (s *Sweep) Outcome(j Job) Result { return s.result(j) }

// memberWait is how long a member may still run when its sweep is resumed: the members of a
// sweep that was killed end shortly after it.
const memberWait = 5 * time.Second

// prepare reports whether the job is done. A run that was interrupted, by a request or by the machine, will be
// resumed; a folder in which training had not started is removed.
func (j *Job) prepare() (over bool, err error) {
	r, err := runs.Open(j.Dir)
	for end := time.Now().Add(memberWait); err == nil && r.Info.Status == runs.Running && time.Now().Before(end); {
		time.Sleep(memberWait / 100)
		r, err = runs.Open(j.Dir)
	}
	if err == nil {
		switch r.Info.Status {
		case runs.Running:
			return false, r.InUse()
		case runs.Finished, runs.Failed, runs.Interrupted:
			j.Resume = !settled(r.Info.Status, r.Info.Again)
			return !j.Resume, nil
		}
	}
	if entries, readErr := os.ReadDir(j.Dir); errors.Is(readErr, os.ErrNotExist) || readErr == nil && len(entries) == 0 {
		return false, nil
	}
	if file := runs.WeightsIn(j.Dir); file != "" {
		return false, fmt.Errorf("%w; the folder is not trained again, since it has %s: remove it if it is of no use", err, file)
	}
	return false, runs.Remove(j.Dir)
}

// chosen returns the members of a stage: the best of the previous stage, or all.
func (s *Sweep) chosen(stage int) []int {
	all := make([]int, len(s.Members))
	for i := range all {
		all[i] = i
	}
	for before := range stage {
		var results []Result
		for _, member := range all {
			results = append(results, s.result(s.job(member, before)))
		}
		s.rank(results)
		all = all[:0]
		for _, r := range results[:min(len(results), s.Stages[before+1].Members)] {
			if r.ranked() {
				all = append(all, r.Member-1)
			}
		}
	}
	return all
}
